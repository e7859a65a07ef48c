import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { ChangeState } from '../../src/core/reconcile/plan.ts';
import type { ProvisioningView } from '../../src/flows/scim-port.ts';
import type { TenantStore } from '../../src/flows/ports.ts';
import { eachDatabase } from '../support/store.ts';
import {
  account,
  change,
  draft,
  entry,
  freshTenant,
  idpSays,
  later,
  openWorld,
  plan,
  run,
  snapshot,
  START,
  type World,
} from './building.ts';

eachDatabase('provisioning views', (testStore) => {
  let world: World;
  let tenant: TenantStore;
  let ann: string;
  beforeAll(async () => {
    world = await openWorld(testStore);
  });
  beforeEach(async () => {
    tenant = world.store.tenant(await freshTenant(world));
    ann = (await tenant.write((tx) => tx.people.accept(idpSays('u1')))).personId;
  });

  async function view(personId = ann): Promise<ProvisioningView | undefined> {
    return (await tenant.scim.views([personId])).get(personId);
  }

  /** A run that looked at the person, and one change that came of it. */
  async function found(state: ChangeState, more: { code?: string; at?: string; op?: 'create' | 'deprovision' } = {}) {
    const runId = world.crypto.uuid();
    const planned = plan(world.crypto.uuid(), { runId });
    const made = change(world.crypto.uuid(), planned.id, 1, {
      state,
      updatedAt: later(100),
      draft: draft({ op: more.op ?? 'create', personId: ann }),
      ...(more.code === undefined ? {} : { outcome: { code: more.code, detail: '' } }),
    });
    await tenant.write(async (tx) => {
      await tx.runs.create(run(runId, { startedAt: more.at ?? later(50) }));
      await tx.runs.addEntries(runId, [
        { n: 1, entry: entry({ situation: 'MISSING_IN_TARGET', personId: ann }), changes: [made.id] },
      ]);
      await tx.plans.create(planned, [made]);
    });
  }

  const link = (personId = ann, accountId = '42') =>
    tenant.write((tx) =>
      tx.people.link({
        personId,
        accountId,
        confidence: 1,
        rule: 'r',
        pinned: false,
        evidence: [],
        decidedBy: 'x',
        at: START,
      }),
    );

  it('is "accepted" before any run looked at the person', async () => {
    expect(await view()).toEqual({
      state: 'accepted',
      since: START,
      detail: 'waits for the next run',
      ownedContacts: 0,
      ownedAccounts: 0,
    });
    expect(await tenant.scim.views([])).toEqual(new Map());
    expect(await tenant.scim.views(['nobody'])).toEqual(new Map());
  });

  it.each([
    ['planned', 'waiting_approval'],
    ['held', 'held'],
    ['approved', 'planned'],
    ['leased', 'planned'],
    ['done', 'applied'],
    ['verified', 'verified'],
    ['failed', 'failed'],
    ['stale', 'accepted'],
  ] as const)('shows a change that is %s as "%s"', async (state, shown) => {
    await found(state);
    expect(await view()).toMatchObject({ state: shown, situation: 'MISSING_IN_TARGET' });
  });

  it('shows a refusal by Drift with its code', async () => {
    await found('failed', { code: 'refused.reprovision' });
    expect(await view()).toMatchObject({ state: 'refused', since: later(100), detail: 'refused.reprovision' });
  });

  it('goes by the latest run, and by what was said since', async () => {
    await found('held');
    await found('verified');
    expect(await view()).toMatchObject({ state: 'verified', since: later(100) });
    await tenant.write((tx) => tx.people.accept(idpSays('u1', { userName: 'new@example.com', at: later(200) })));
    expect(await view()).toMatchObject({ state: 'accepted', since: later(200) });
  });

  it('counts what the linked agent owns', async () => {
    await link();
    await tenant.write((tx) =>
      tx.accounts.putSnapshot(snapshot(world.crypto.uuid()), {
        accounts: [account('42')],
        companies: [
          { id: 'c1', ownerId: '42', deleted: false },
          { id: 'c2', ownerId: '42', deleted: true },
        ],
        contacts: [
          { id: '1', ownerId: '42' },
          { id: '2', ownerId: '42' },
          { id: '3', ownerId: '43' },
        ],
      }),
    );
    expect(await view()).toMatchObject({ accountId: '42', ownedContacts: 2, ownedAccounts: 1 });
  });

  it('shows a leaver at once, and the end of the road', async () => {
    await found('verified');
    await link();
    await tenant.write((tx) => tx.people.accept(idpSays('u1', { state: 'inactive', at: later(200) })));
    expect(await view()).toMatchObject({ state: 'leaving', since: later(200) });
    await found('planned', { op: 'deprovision', at: later(300) });
    expect(await view()).toMatchObject({ state: 'waiting_approval' });
    await found('approved', { op: 'deprovision', at: later(400) });
    expect(await view()).toMatchObject({ state: 'leaving' });
    await tenant.write(async (tx) => {
      await tx.people.endLink('42', later(500));
      await tx.people.addTombstone({
        accountId: '42',
        personId: ann,
        userNameHash: 'h',
        at: later(500),
        changeId: 'c',
      });
    });
    expect(await view()).toMatchObject({ state: 'removed', since: later(500) });
    await tenant.write((tx) => tx.people.accept(idpSays('u1', { state: 'active', at: later(600) })));
    expect(await view()).toMatchObject({ state: 'refused', since: later(600) });
  });

  it('answers for many people at once', async () => {
    const people = await tenant.write(async (tx) => {
      const ids: string[] = [];
      for (let n = 0; n < 30; n += 1) ids.push((await tx.people.accept(idpSays(`many-${String(n)}`))).personId);
      return ids;
    });
    expect([...(await tenant.scim.views(people)).keys()].sort()).toEqual([...people].sort());
  });
});
