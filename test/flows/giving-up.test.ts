import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { DomainError } from '../../src/core/errors.ts';
import type { DriftTarget } from '../../src/flows/drift-port.ts';
import { createPipeline, type Pipeline } from '../../src/jobs/pipeline.ts';
import { createWorker, type Worker } from '../../src/jobs/worker.ts';
import type { Database } from '../../src/storage/database.ts';
import { createJobWork } from '../../src/storage/jobs.ts';
import { type FlowWorld, HOUR_MS, openFlowWorld } from '../support/flow-world.ts';
import { eachDatabase } from '../support/store.ts';

/** So often an unexpected error is tried again. */
const ATTEMPTS = 20;
/** An idle worker looks for work this often. */
const POLL_MS = 200;

eachDatabase('a job', (testStore) => {
  let database: Database;
  let world: FlowWorld;
  let worker: Worker | null = null;
  beforeAll(async () => {
    database = await testStore.open();
  });
  beforeEach(async () => {
    await database.write.deleteFrom('job').execute();
    world = await openFlowWorld(database);
    await world.joins('jo@example.com');
  });
  afterEach(async () => {
    await worker?.stop(1000);
    worker = null;
  });

  const pending = () => createJobWork(database).pending();

  /** Lets time pass, minute by minute, until it is so; no time passes while the worker has something in hand. */
  async function passes(isSo: () => Promise<boolean>, atMost = 400): Promise<boolean> {
    for (let minute = 0; minute < atMost; minute += 1) {
      while (!world.clock.isAwaited(POLL_MS)) await setImmediate();
      if (await isSo()) return true;
      world.clock.forward(60_000);
    }
    return false;
  }

  function begin(driftFor: () => Promise<DriftTarget>, handlers: Partial<Pipeline['handlers']> = {}): void {
    const { store, clock, make, observe, apply } = world;
    const ports = { store, clock, log: () => undefined };
    const pipeline = createPipeline({ ...ports, observeDrift: observe, makePlan: make, applyPlan: apply, driftFor });
    worker = createWorker({
      ...ports,
      jobs: createJobWork(database),
      owner: 'w',
      handlers: { ...pipeline.handlers, ...handlers },
      gaveUp: (job) => pipeline.gaveUp(job),
    });
    worker.start();
  }

  it('may rest as often as it needs: only errors count as attempts', async () => {
    await world.queueRun();
    let calls = 0;
    const attempts: number[] = [];
    begin(async () => world.drift, {
      run: async (job) => {
        calls += 1;
        attempts.push(job.attempts);
        if (calls === 60) return { again: null };
        if (calls === 50) throw new Error('one hiccup');
        return { again: world.clock.now() };
      },
    });
    expect(await passes(async () => calls === 60)).toBe(true);
    expect(await passes(async () => (await pending())['queued'] === 0)).toBe(true);
    expect(await pending()).toEqual({ queued: 0, leased: 0, failed: 0 });
    expect(Math.max(...attempts)).toBe(2);
  });

  it('is not ended by a Drift that cannot be reached for days, and goes on when it can', async () => {
    const plan = await world.run();
    await database.write.deleteFrom('job').where('kind', '=', 'run').execute();
    let refusals = 0;
    begin(async () => {
      refusals += 1;
      if (refusals <= 3 * ATTEMPTS) throw new DomainError('drift.unreachable', 'Drift does not answer.');
      return world.drift;
    });
    expect(await passes(async () => (await world.state(plan)) === 'done')).toBe(true);
    expect(await world.changes(plan)).toEqual(['create verified done']);
    expect((await pending())['failed']).toBe(0);
  });

  it('is not ended by a Drift that answers no read in the middle of a plan', async () => {
    const plan = await world.run();
    await database.write.deleteFrom('job').where('kind', '=', 'run').execute();
    let reads = 0;
    world.drift.during.findAccounts = world.drift.during.readAccount = async () => {
      reads += 1;
      if (reads <= 3 * ATTEMPTS) throw new DomainError('drift.unreachable', 'Drift does not answer.');
    };
    begin(async () => world.drift);
    expect(await passes(async () => (await world.state(plan)) === 'done')).toBe(true);
    expect(await world.changes(plan)).toEqual(['create verified done']);
    expect(world.drift.writes).toEqual(['POST jo@example.com']);
    expect((await pending())['failed']).toBe(0);
  });

  it('pauses its plan when it is given up; resuming begins anew', async () => {
    const plan = await world.run();
    await database.write.deleteFrom('job').where('kind', '=', 'run').execute();
    let calls = 0;
    begin(async () => {
      calls += 1;
      if (calls <= ATTEMPTS) throw new Error('a bug');
      return world.drift;
    });
    expect(await passes(async () => (await world.state(plan)) === 'paused')).toBe(true);
    expect(await passes(async () => (await pending())['failed'] === 1)).toBe(true);
    expect(calls).toBe(ATTEMPTS);
    expect(await world.changes(plan)).toEqual(['create approved']);

    await world.approve.resume(plan.id, world.omar);
    expect(await passes(async () => (await world.state(plan)) === 'done')).toBe(true);
    expect(await world.changes(plan)).toEqual(['create verified done']);
  });

  it('fails its run, with a reason, when it is given up', async () => {
    const { id } = await world.queueRun();
    begin(() => Promise.reject(new Error('a bug')));
    const run = () => world.tenant.runs.get(id);
    expect(await passes(async () => (await run())?.state === 'failed')).toBe(true);
    expect((await run())?.error).toContain('again and again');
    expect(Date.parse((await run())?.endedAt ?? '') - Date.parse((await run())?.createdAt ?? '')).toBeLessThan(HOUR_MS);
  });
});
