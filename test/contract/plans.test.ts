import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Change, Plan } from '../../src/flows/plan-port.ts';
import type { TenantStore } from '../../src/flows/ports.ts';
import { eachDatabase } from '../support/store.ts';
import { approval, change, draft, freshTenant, later, openWorld, plan, START, type World } from './building.ts';

const LEASE = { at: START, leaseUntil: later(1000), unknownBefore: later(-1000) };

eachDatabase('plans', (testStore) => {
  let world: World;
  let second: World;
  let tenant: TenantStore;
  let planned: Plan;
  beforeAll(async () => {
    world = await openWorld(testStore);
    second = await openWorld(testStore);
  });
  beforeEach(async () => {
    tenant = world.store.tenant(await freshTenant(world));
    planned = plan(world.crypto.uuid());
  });

  async function store(...changes: readonly Change[]): Promise<void> {
    await tenant.write((tx) => tx.plans.create(planned, changes));
  }

  const claim = (input = LEASE, of = tenant, planId = planned.id) => of.write((tx) => tx.plans.claim(planId, input));

  it('gives back what was planned, in order, by op, state and gate', async () => {
    const held = change('c2', planned.id, 2, {
      state: 'held',
      gates: ['creates'],
      draft: draft({ op: 'create', personId: 'p', after: { userName: 'ann@example.com' }, gates: ['creates'] }),
      op: 'create',
    });
    const free = change('c1', planned.id, 1);
    await store(held, free);
    const { plans } = tenant;
    expect(await plans.get(planned.id)).toEqual(planned);
    expect(await plans.changes(planned.id, { after: 0, limit: 10 })).toEqual([free, held]);
    expect(await plans.changes(planned.id, { after: 1, limit: 10 })).toEqual([held]);
    expect(await plans.changes(planned.id, { after: 0, limit: 1 })).toEqual([free]);
    expect(await plans.changes(planned.id, { op: 'create', after: 0, limit: 10 })).toEqual([held]);
    expect(await plans.changes(planned.id, { state: 'approved', after: 0, limit: 10 })).toEqual([free]);
    expect(await plans.changes(planned.id, { gate: 'creates', after: 0, limit: 10 })).toEqual([held]);
    expect(await plans.changes(planned.id, { gate: 'create_', after: 0, limit: 10 })).toEqual([]);
    expect(await plans.counts(planned.id)).toEqual({ create: { held: 1 }, update: { approved: 1 } });
    expect(await plans.change('c2')).toEqual(held);
    expect(await plans.change('c9')).toBeNull();
  });

  it('lists plans newest first in pages, and those with work left', async () => {
    const ids = [world.crypto.uuid(), world.crypto.uuid(), world.crypto.uuid()];
    await tenant.write(async (tx) => {
      for (const id of ids) await tx.plans.create(plan(id, { state: 'ready' }), []);
      await tx.plans.setState(ids[1] ?? '', ['ready'], 'applying');
    });
    const first = await tenant.plans.list(null, 2);
    expect(first.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    expect((await tenant.plans.list(ids[1] ?? '', 2)).map(({ id }) => id)).toEqual([ids[0]]);
    expect((await tenant.plans.unfinished()).map(({ id }) => id)).toEqual([ids[1]]);
  });

  it('moves only changes that are in the expected state, and says which', async () => {
    await store(change('c1', planned.id, 1, { state: 'planned' }), change('c2', planned.id, 2, { state: 'held' }));
    const moved = await tenant.write((tx) =>
      tx.plans.moveChanges(planned.id, ['c1', 'c2', 'c9'], ['planned'], 'approved', later(5), 'a1'),
    );
    expect(moved).toEqual(['c1']);
    expect(await tenant.plans.change('c1')).toMatchObject({ state: 'approved', approvalId: 'a1', updatedAt: later(5) });
    expect(await tenant.plans.change('c2')).toMatchObject({ state: 'held' });
  });

  it('gives each change to one worker only, whatever the race', async () => {
    await store(...Array.from({ length: 6 }, (_, n) => change(`c${String(n)}`, planned.id, n + 1)));
    const views = [tenant, second.store.tenant(tenant.tenantId)];
    const claims = await Promise.all(Array.from({ length: 14 }, (_, n) => claim(LEASE, views[n % 2])));
    const ids = claims.flatMap((claimed) => (claimed === null ? [] : [claimed.change.id]));
    expect(ids.sort()).toEqual(['c0', 'c1', 'c2', 'c3', 'c4', 'c5']);
  });

  it('has one change of a person under way, over all plans', async () => {
    const ofPerson = (id: string, planId: string, seq: number): Change =>
      change(id, planId, seq, { draft: draft({ personId: 'ann', accountId: `account of ${id}` }) });
    await store(ofPerson('c1', planned.id, 1), ofPerson('c2', planned.id, 2));
    const other = plan(world.crypto.uuid());
    await tenant.write((tx) => tx.plans.create(other, [ofPerson('c3', other.id, 1)]));
    const [one, two] = await Promise.all([claim(), claim(LEASE, second.store.tenant(tenant.tenantId), other.id)]);
    expect([one, two].filter((claimed) => claimed !== null)).toHaveLength(1);
    expect(await claim()).toBeNull();
    const under = (one ?? two)?.change;
    await tenant.write((tx) =>
      tx.plans.finish(under?.id ?? '', under?.fence ?? 0, 'done', { code: 'done', detail: '' }, 1, START),
    );
    expect(await claim()).not.toBeNull();
  });

  it('refuses a stale fence everything, after the lease ran out and another took over', async () => {
    await store(change('c1', planned.id, 1));
    const first = (await claim())?.change;
    expect(first).toMatchObject({ id: 'c1', fence: 1, state: 'leased' });
    expect(await claim({ ...LEASE, at: later(999) })).toBeNull();
    const again = await claim({ at: later(1000), leaseUntil: later(9000), unknownBefore: START });
    expect(again).toMatchObject({ from: 'leased', change: { fence: 2 } });
    const results = await tenant.write(async (tx) => [
      await tx.plans.renew('c1', 1, later(99_000)),
      await tx.plans.checked('c1', 1),
      await tx.plans.intend({ id: 'x1', changeId: 'c1', step: 'update', fence: 1, intentAt: later(1001) }),
      await tx.plans.finish('c1', 1, 'done', { code: 'done', detail: '' }, 1, later(1001)),
    ]);
    expect(results).toEqual([false, false, false, false]);
    expect(await tenant.plans.attempts('c1')).toEqual([]);
    const mine = await tenant.write(async (tx) => [
      await tx.plans.renew('c1', 2, later(10_000)),
      await tx.plans.checked('c1', 2),
      await tx.plans.intend({ id: 'x2', changeId: 'c1', step: 'update', fence: 2, intentAt: later(1001) }),
      await tx.plans.finish('c1', 2, 'done', { code: 'done', detail: 'applied', accountId: '7' }, 3, later(1002)),
      await tx.plans.finish('c1', 2, 'failed', { code: 'failed', detail: '' }, 3, later(1003)),
    ]);
    expect(mine).toEqual([true, true, true, true, false]);
    expect(await tenant.plans.change('c1')).toMatchObject({ state: 'done', calls: 3, outcome: { accountId: '7' } });
  });

  it('commits no intent under a lease that has run out', async () => {
    await store(change('c1', planned.id, 1));
    await claim();
    const late = { id: 'x1', changeId: 'c1', step: 'update', fence: 1, intentAt: later(1000) };
    expect(await tenant.write((tx) => tx.plans.intend(late))).toBe(false);
  });

  it('shows the open intent of a process that died between the call and its outcome', async () => {
    await store(change('c1', planned.id, 1));
    await claim();
    const open = { id: 'x1', changeId: 'c1', step: 'create', fence: 1, intentAt: later(10) };
    await tenant.write((tx) => tx.plans.intend(open));
    const heir = second.store.tenant(tenant.tenantId);
    expect(await claim({ ...LEASE, at: later(5000), leaseUntil: later(6000) }, heir)).toMatchObject({ from: 'leased' });
    expect(await heir.plans.attempts('c1')).toEqual([open]);
    await heir.write((tx) => tx.plans.settle('x1', 'unknown', later(5001)));
    expect(await heir.plans.attempts('c1')).toEqual([{ ...open, outcome: 'unknown', finishedAt: later(5001) }]);
  });

  it('lets an unknown outcome rest before it is taken again', async () => {
    await store(change('c1', planned.id, 1, { state: 'unknown', updatedAt: START }));
    expect(await claim({ ...LEASE, unknownBefore: later(-1) })).toBeNull();
    expect(await claim({ ...LEASE, unknownBefore: START })).toMatchObject({ from: 'unknown' });
  });

  it('gives nothing of a plan that is not to be applied', async () => {
    await store(change('c1', planned.id, 1));
    for (const state of ['ready', 'held', 'approved', 'paused', 'rejected', 'cancelled', 'expired', 'done'] as const) {
      expect(await tenant.write((tx) => tx.plans.setState(planned.id, ['applying'], state))).toBe(true);
      expect(await claim()).toBeNull();
      await tenant.write((tx) => tx.plans.setState(planned.id, [state], 'applying'));
    }
  });

  it('counts the removals of a window', async () => {
    const removal = (id: string, seq: number, more: Partial<Change>): Change =>
      change(id, planned.id, seq, { draft: draft({ op: 'deprovision', personId: id, accountId: id }), ...more });
    await store(
      removal('c1', 1, { state: 'done', updatedAt: later(-10) }),
      removal('c2', 2, { state: 'verified', updatedAt: START }),
      removal('c3', 3, { state: 'failed', updatedAt: START }),
      change('c4', planned.id, 4, { state: 'done' }),
    );
    expect(await tenant.plans.deprovisionedSince(later(-10))).toBe(2);
    expect(await tenant.plans.deprovisionedSince(later(-9))).toBe(1);
  });

  it('changes the state of a plan only from a state that was expected', async () => {
    await store();
    expect(await tenant.write((tx) => tx.plans.setState(planned.id, ['ready', 'held'], 'approved'))).toBe(false);
    expect((await tenant.plans.get(planned.id))?.state).toBe('applying');
    expect(await tenant.write((tx) => tx.plans.setState(planned.id, ['applying'], 'paused'))).toBe(true);
    expect((await tenant.plans.get(planned.id))?.state).toBe('paused');
  });

  it('starts approvals that are live, and skips what an expired one approved', async () => {
    await store(
      change('c1', planned.id, 1, { approvalId: 'a1' }),
      change('c2', planned.id, 2, { approvalId: 'a2', draft: draft({ personId: 'bo' }) }),
    );
    const unstarted = (id: string, ids: readonly string[], expiresAt: string) => {
      const { startedAt, ...rest } = approval(id, planned, ids, { expiresAt });
      expect(startedAt).toBe(START);
      return rest;
    };
    await tenant.write(async (tx) => {
      await tx.plans.addApproval(unstarted('a1', ['c1'], later(9)));
      await tx.plans.addApproval(unstarted('a2', ['c2'], later(10)));
      await tx.plans.startApprovals(planned.id, later(9));
    });
    expect((await tenant.plans.approvals(planned.id)).map(({ startedAt }) => startedAt)).toEqual([undefined, later(9)]);
    expect(await tenant.plans.change('c1')).toMatchObject({ state: 'skipped', outcome: { code: 'skipped.expired' } });
    expect(await tenant.plans.change('c2')).toMatchObject({ state: 'approved' });
  });

  it('gives no create while another create of the same person may still show up', async () => {
    const other = plan(world.crypto.uuid());
    const create = draft({ op: 'create', personId: 'ann' });
    await tenant.write((tx) =>
      tx.plans.create(other, [
        change('o1', other.id, 1, { op: 'create', draft: create, state: 'unknown', updatedAt: START }),
      ]),
    );
    await store(change('c1', planned.id, 1, { op: 'create', draft: create }));
    expect(await claim({ ...LEASE, unknownBefore: later(-1) })).toBeNull();
    expect(await claim({ ...LEASE, unknownBefore: START })).toMatchObject({ change: { id: 'c1' } });
  });

  async function leasedRemoval(approved: readonly string[] = ['c1']): Promise<void> {
    await store(
      change('c1', planned.id, 1, {
        draft: draft({ op: 'deprovision', personId: 'ann', accountId: '42', reversibility: 'irreversible' }),
        approvalId: 'a1',
      }),
    );
    await tenant.write(async (tx) => {
      await tx.plans.addApproval(approval('a1', planned, approved));
      await tx.plans.claim(planned.id, LEASE);
      await tx.plans.checked('c1', 1);
    });
  }

  const ASKED = { changeId: 'c1', fence: 1, accountId: '42', at: later(500) };

  it('permits a removal that is approved, leased and checked', async () => {
    await leasedRemoval();
    expect(await tenant.plans.mayDeprovision(ASKED)).toBe(true);
    expect(await tenant.plans.approvals(planned.id)).toEqual([approval('a1', planned, ['c1'])]);
  });

  it('permits no removal of another account, change or fence, nor after the lease', async () => {
    await leasedRemoval();
    const { plans } = tenant;
    expect(await plans.mayDeprovision({ ...ASKED, accountId: '43' })).toBe(false);
    expect(await plans.mayDeprovision({ ...ASKED, changeId: 'c2' })).toBe(false);
    expect(await plans.mayDeprovision({ ...ASKED, fence: 0 })).toBe(false);
    expect(await plans.mayDeprovision({ ...ASKED, fence: 2 })).toBe(false);
    expect(await plans.mayDeprovision({ ...ASKED, at: later(1000) })).toBe(false);
  });

  it('permits no removal that the approval does not name', async () => {
    await leasedRemoval(['c7']);
    expect(await tenant.plans.mayDeprovision(ASKED)).toBe(false);
  });

  it('permits an erase of exactly the e-mail that was approved, checked under this lease, and no removal with it', async () => {
    const erase = draft({ op: 'erase', before: { email: 'visitor@example.com' }, reversibility: 'irreversible' });
    await store(change('c1', planned.id, 1, { op: 'erase', draft: erase, approvalId: 'a1' }));
    const meant = { changeId: 'c1', fence: 1, email: 'visitor@example.com', at: later(500) };
    await tenant.write(async (tx) => {
      await tx.plans.addApproval(approval('a1', planned, ['c1']));
      await tx.plans.claim(planned.id, LEASE);
    });
    expect(await tenant.plans.mayErase(meant)).toBe(false);
    await tenant.write((tx) => tx.plans.checked('c1', 1));
    expect(await tenant.plans.mayErase(meant)).toBe(true);
    expect(await tenant.plans.mayErase({ ...meant, email: 'Visitor@example.com' })).toBe(false);
    expect(await tenant.plans.mayErase({ ...meant, fence: 2 })).toBe(false);
    expect(await tenant.plans.mayErase({ ...meant, at: later(1000) })).toBe(false);
    expect(await tenant.plans.mayDeprovision(ASKED)).toBe(false);
  });

  const SPOILERS: Readonly<Record<string, (changeId: string) => Promise<unknown>>> = {
    'whose preconditions were not re-read under this lease': () =>
      world.database.write.updateTable('change').set({ checked_fence: null }).where('id', '=', 'c1').execute(),
    'that is another operation': () =>
      world.database.write.updateTable('change').set({ op: 'update' }).where('id', '=', 'c1').execute(),
    'that is not leased': () =>
      world.database.write.updateTable('change').set({ state: 'approved' }).where('id', '=', 'c1').execute(),
    'whose plan was rewritten': () =>
      world.database.write.updateTable('plan').set({ hash: 'other' }).where('id', '=', planned.id).execute(),
    'whose plan was cancelled': () => tenant.write((tx) => tx.plans.setState(planned.id, ['applying'], 'cancelled')),
    'whose plan was rejected': () => tenant.write((tx) => tx.plans.setState(planned.id, ['applying'], 'rejected')),
    'whose plan is paused': () => tenant.write((tx) => tx.plans.setState(planned.id, ['applying'], 'paused')),
    'whose work began more than seven days ago': () =>
      world.database.write
        .updateTable('approval')
        .set({ started_at: later(-7 * 24 * 3_600_000) })
        .where('id', '=', 'a1')
        .execute(),
    'whose approval was never started': () =>
      world.database.write.updateTable('approval').set({ started_at: null }).where('id', '=', 'a1').execute(),
    'whose approval had expired when the work began': () =>
      world.database.write
        .updateTable('approval')
        .set({ started_at: later(4 * 3_600_000) })
        .where('id', '=', 'a1')
        .execute(),
    'without an approval': () => world.database.write.deleteFrom('approval').where('id', '=', 'a1').execute(),
  };

  it.each(Object.keys(SPOILERS))('permits no removal %s', async (name) => {
    // Ids are per tenant; the statements of this test are not.
    for (const table of ['change', 'approval'] as const) await world.database.write.deleteFrom(table).execute();
    await leasedRemoval();
    expect(await tenant.plans.mayDeprovision(ASKED)).toBe(true);
    await SPOILERS[name]?.('c1');
    expect(await tenant.plans.mayDeprovision(ASKED)).toBe(false);
  });
});
