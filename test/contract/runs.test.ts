import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { TenantStore } from '../../src/flows/ports.ts';
import type { StoredEntry } from '../../src/flows/run-port.ts';
import { eachDatabase } from '../support/store.ts';
import { change, draft, entry, freshTenant, later, openWorld, plan, run, type World } from './building.ts';

eachDatabase('runs', (testStore) => {
  let world: World;
  let tenant: TenantStore;
  beforeAll(async () => {
    world = await openWorld(testStore);
  });
  beforeEach(async () => {
    tenant = world.store.tenant(await freshTenant(world));
  });

  it('gives back what was stored, and changes only what a patch names', async () => {
    const queued = run(world.crypto.uuid(), { scope: { people: ['p1'] }, speculative: true, refresh: false });
    await tenant.write((tx) => tx.runs.create(queued));
    expect(await tenant.runs.get(queued.id)).toEqual(queued);
    const patch = {
      state: 'planning',
      stage: 'comparing',
      progress: { done: 2, total: 3 },
      situations: { IN_SYNC: 3 },
      population: 3,
      startedAt: later(1),
      snapshotId: 's1',
    } as const;
    await tenant.write((tx) => tx.runs.update(queued.id, patch));
    expect(await tenant.runs.get(queued.id)).toEqual({ ...queued, ...patch });
    expect(await tenant.runs.get('unknown')).toBeNull();
  });

  it('lists runs newest first in pages', async () => {
    expect(await tenant.runs.latest()).toBeNull();
    const ids = [world.crypto.uuid(), world.crypto.uuid(), world.crypto.uuid()];
    await tenant.write(async (tx) => {
      for (const id of ids) await tx.runs.create(run(id));
    });
    expect((await tenant.runs.list(null, 2)).map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    expect((await tenant.runs.list(ids[1] ?? '', 2)).map(({ id }) => id)).toEqual([ids[0]]);
    expect((await tenant.runs.latest())?.id).toBe(ids[2]);
  });

  it('pages entries, by situation, by attribute that is not in sync, and by gate', async () => {
    const runId = world.crypto.uuid();
    const planned = plan(world.crypto.uuid(), { runId });
    const entries: readonly StoredEntry[] = [
      { n: 1, entry: entry({ personId: 'p1' }), changes: [] },
      {
        n: 2,
        entry: entry({
          situation: 'ATTRIBUTE_PENDING',
          personId: 'p2',
          accountId: '2',
          attributes: [
            { name: 'phone', desired: '+1', verdict: 'pending' },
            { name: 'displayName', verdict: 'in_sync' },
          ],
        }),
        changes: ['c1'],
      },
      { n: 3, entry: entry({ situation: 'ORPHAN_IN_TARGET', accountId: '3' }), changes: [] },
    ];
    await tenant.write(async (tx) => {
      await tx.runs.create(run(runId));
      await tx.runs.addEntries(runId, entries);
      await tx.plans.create(planned, [
        change('c1', planned.id, 1, { draft: draft({ personId: 'p2', accountId: '2', gates: ['mass_attribute'] }) }),
      ]);
    });
    const { runs } = tenant;
    expect(await runs.entries(runId, {}, 0, 10)).toEqual(entries);
    expect(await runs.entries(runId, {}, 1, 1)).toEqual([entries[1]]);
    expect(await runs.entries(runId, { situation: 'ORPHAN_IN_TARGET' }, 0, 10)).toEqual([entries[2]]);
    expect(await runs.entries(runId, { attribute: 'phone' }, 0, 10)).toEqual([entries[1]]);
    expect(await runs.entries(runId, { attribute: 'displayName' }, 0, 10)).toEqual([]);
    expect(await runs.entries(runId, { attribute: '%' }, 0, 10)).toEqual([]);
    expect(await runs.entries(runId, { gate: 'mass_attribute' }, 0, 10)).toEqual([entries[1]]);
    expect(await runs.entries(runId, { gate: 'creates' }, 0, 10)).toEqual([]);
    expect(await runs.entries('unknown', {}, 0, 10)).toEqual([]);
  });

  it('takes the entries of a run that began again for the same', async () => {
    const runId = world.crypto.uuid();
    const add = (situation: 'IN_SYNC' | 'IN_GRACE') =>
      tenant.write((tx) => tx.runs.addEntries(runId, [{ n: 1, entry: entry({ situation }), changes: [] }]));
    await add('IN_SYNC');
    await add('IN_GRACE');
    expect((await tenant.runs.entries(runId, {}, 0, 10)).map((stored) => stored.entry.situation)).toEqual(['IN_GRACE']);
  });

  it('finds the entry of a person in the latest run that looked at it', async () => {
    const first = world.crypto.uuid();
    const last = world.crypto.uuid();
    const one = { n: 1, entry: entry({ personId: 'p1' }), changes: [] };
    await tenant.write(async (tx) => {
      await tx.runs.addEntries(first, [one]);
      await tx.runs.addEntries(last, [{ n: 1, entry: entry({ personId: 'p2' }), changes: [] }]);
    });
    expect(await tenant.runs.latestEntry('p1')).toEqual({ runId: first, entry: one });
    await tenant.write((tx) => tx.runs.addEntries(last, [{ ...one, n: 2 }]));
    expect(await tenant.runs.latestEntry('p1')).toMatchObject({ runId: last });
    expect(await tenant.runs.latestEntry('p9')).toBeNull();
  });
});
