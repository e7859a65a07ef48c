import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import { type Capabilities, readCapabilities, unknownCapabilities } from '../../src/core/capabilities.ts';
import { DomainError } from '../../src/core/errors.ts';
import type { DriftTarget } from '../../src/flows/drift-port.ts';
import type { Job } from '../../src/flows/job-port.ts';
import { createProbeDrift, type ProbeDrift } from '../../src/flows/probe-drift.ts';
import type { Database } from '../../src/storage/database.ts';
import { openFlowWorld, type FlowWorld } from '../support/flow-world.ts';
import { eachDatabase } from '../support/store.ts';

eachDatabase('the probe job', (testStore) => {
  let database: Database;
  let world: FlowWorld;
  let logged: { readonly level: string; readonly code: string; readonly data: unknown }[];
  beforeAll(async () => {
    database = await testStore.open();
  });
  beforeEach(async () => {
    world = await openFlowWorld(database);
    logged = [];
  });

  function probeWith(answer: Partial<Capabilities> | Error): ProbeDrift {
    return createProbeDrift({
      store: world.store,
      clock: world.clock,
      log: (level, code, data) => void logged.push({ level, code, data }),
      driftFor: async (): Promise<DriftTarget> => {
        if (answer instanceof Error) throw answer;
        return {
          ...world.drift,
          probe: async () => ({ ...unknownCapabilities(world.clock.now(), 'no answer'), ...answer }),
        };
      },
    });
  }

  const job = (payload: Job['payload'] = {}): Job => ({
    id: 'job-1',
    tenantId: world.tenantId,
    kind: 'probe',
    payload,
    attempts: 1,
    fence: 1,
  });
  const stored = async (): Promise<Capabilities | null> =>
    readCapabilities(await world.tenant.settings.get('drift.capabilities'));

  it('stores what was measured, and logs a line per problem', async () => {
    expect(await probeWith({ orgId: '7', scimEntitled: false, scimPath: '/scim', unknown: {} }).probe(job())).toEqual({
      again: null,
    });
    expect(await stored()).toMatchObject({ orgId: '7', scimEntitled: false, probedAt: world.clock.now() });
    const lines = logged.filter(({ code }) => code === 'drift.capability');
    expect(lines).toContainEqual({
      level: 'error',
      code: 'drift.capability',
      data: { tenant: world.tenantId, check: 'drift.scim', state: 'fail' },
    });
    expect(lines.every(({ level }) => level !== 'info')).toBe(true);
  });

  it('keeps what it knew when Drift does not answer, unless the credentials are others', async () => {
    await probeWith({ orgId: '7', unknown: {} }).probe(job());
    world.clock.forward(1000);
    await probeWith({ filter: 'honoured', unknown: { orgId: 'timeout' } }).probe(job());
    expect(await stored()).toMatchObject({ orgId: '7', filter: 'honoured', probedAt: world.clock.now() });
    await probeWith({ filter: 'ignored', unknown: { orgId: 'timeout' } }).probe(job({ fresh: true }));
    expect(await stored()).toMatchObject({ orgId: null, filter: 'ignored' });
  });

  it('says why nothing is known where there are no credentials, and fails on what is a bug', async () => {
    await probeWith(new DomainError('drift.not_configured', 'No Drift credentials')).probe(job());
    expect((await stored())?.unknown['orgId']).toBe('Drift was not asked (drift.not_configured)');
    expect(logged.filter(({ code }) => code === 'drift.capability')).toHaveLength(1);
    await expect(probeWith(new Error('a bug')).probe(job())).rejects.toThrow('a bug');
  });

  it('is let go of when the bridge stops, and is queued again', async () => {
    let answer: (error: Error) => void = () => undefined;
    const probe = createProbeDrift({
      ...world,
      log: () => undefined,
      driftFor: () => new Promise((_resolve, reject) => (answer = reject)),
    });
    const result = probe.probe(job());
    probe.stop();
    expect(await result).toEqual({ again: world.clock.now() });
    answer(new Error('too late'));
    expect(await stored()).toBeNull();
  });

  it('is queued once for every tenant at start', async () => {
    const probe = probeWith({});
    await probe.atStart();
    await probe.atStart();
    const jobs = await database.read
      .selectFrom('job')
      .selectAll()
      .where('tenant_id', '=', world.tenantId)
      .where('kind', '=', 'probe')
      .execute();
    expect(jobs).toHaveLength(1);
  });
});
