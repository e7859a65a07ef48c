import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createPlanOperation } from '../../src/flows/plan-operation.ts';
import type { Plan } from '../../src/flows/plan-port.ts';
import type { Database } from '../../src/storage/database.ts';
import { type FlowWorld, openFlowWorld } from '../support/flow-world.ts';
import { eachDatabase } from '../support/store.ts';

eachDatabase('a Drift operation that is planned', (testStore) => {
  let database: Database;
  let world: FlowWorld;
  beforeAll(async () => {
    database = await testStore.open();
  });
  beforeEach(async () => {
    world = await openFlowWorld(database, { protected: ['founder@example.com'] });
  });

  async function planned(operation: string, input: Record<string, unknown>): Promise<Plan> {
    const { tenantId, maya, tenant } = world;
    const { planId } = await createPlanOperation(world).plan({
      tenantId,
      by: maya,
      operation,
      input,
      reason: 'a ticket',
    });
    const plan = await tenant.plans.get(planId);
    if (plan === null) throw new Error('the plan was not stored');
    return plan;
  }

  const removal = (userId: string): Promise<Plan> => planned('delete-scim-user', { params: { userId } });
  const change = (userId: string, body: Record<string, unknown>): Promise<Plan> =>
    planned('patch-scim-user', { params: { userId }, body });

  it('removes a seat that nobody is linked to, after an approval by its hash and once', async () => {
    const seat = world.drift.seed('contractor@example.com');
    await world.run();
    const plan = await removal(seat.id);
    expect(plan).toMatchObject({
      kind: 'operation',
      state: 'ready',
      summary: 'Plan: 1 to deprovision (irreversible).',
    });
    await world.work(plan);
    expect(world.drift.writes).toEqual([]);
    await world.approved(plan);
    await world.work(plan);
    expect(world.drift.writes).toEqual([`DELETE ${seat.id}`]);
    expect(await world.changes(plan)).toEqual(['deprovision verified done']);
    expect(await world.state(plan)).toBe('done');
    expect(await world.tenant.people.tombstones()).toMatchObject([{ accountId: seat.id }]);
  });

  it('hands over first what the seat owns', async () => {
    const seat = world.drift.seed('owning@example.com');
    world.drift.companies.push({ id: 'c1', ownerId: seat.id, deleted: false });
    await world.run();
    const plan = await removal(seat.id);
    await world.approved(plan);
    await world.work(plan);
    expect(world.drift.writes).toEqual(['ASSIGN c1', `DELETE ${seat.id}`]);
    expect(await world.changes(plan)).toEqual(['handover verified done', 'deprovision verified done']);
  });

  it('says why in the change: who asked, and for what reason', async () => {
    const seat = world.drift.seed('contractor@example.com');
    await world.run();
    const plan = await removal(seat.id);
    const [only] = await world.tenant.plans.changes(plan.id, { after: 0, limit: 10 });
    expect(only?.draft.reasons[0]).toBe('asked for directly by maya (delete-scim-user): a ticket');
  });

  it('counts in the rolling gates: the fourth removal of a day is held', async () => {
    const seats = ['a', 'b', 'c', 'd'].map((name) => world.drift.seed(`${name}@example.com`));
    await world.run();
    for (const { id } of seats.slice(0, 3)) {
      const plan = await removal(id);
      await world.approved(plan);
      await world.work(plan);
    }
    const plan = await removal(seats[3]?.id ?? '');
    expect(plan).toMatchObject({ state: 'held', gates: [{ code: 'deprovisions', window: '24h', value: 4 }] });
    await expect(world.approved(plan)).rejects.toMatchObject({ code: 'plan.held' });
  });

  it('is not applied when the agent was changed after the plan was made', async () => {
    const seat = world.drift.seed('contractor@example.com');
    await world.run();
    const plan = await removal(seat.id);
    await world.approved(plan);
    seat.values = { ...seat.values, displayName: 'Somebody Else' };
    await world.work(plan);
    expect(await world.changes(plan)).toEqual(['deprovision stale stale.account_changed']);
    expect(world.drift.writes).toEqual([]);
  });

  it.each(['owner@example.com', 'founder@example.com'])('touches nobody protected: %s', async (userName) => {
    const seat = world.drift.seats.find(({ values }) => values.userName === userName) ?? world.drift.seed(userName);
    await world.run();
    await expect(removal(seat.id)).rejects.toMatchObject({ code: 'conflict' });
    await expect(change(seat.id, { displayName: 'New' })).rejects.toMatchObject({ code: 'conflict' });
  });

  it('changes values, name and role of an agent, one change for each kind of write', async () => {
    const seat = world.drift.seed('ann@example.com');
    await world.run();
    const plan = await change(seat.id, {
      displayName: 'Ann Example',
      userName: 'ann.new@example.com',
      roles: [{ value: 'ADMIN', primary: true }],
    });
    expect(await world.changes(plan)).toEqual(['update planned', 'rename planned', 'role held']);
    expect(plan.gates).toMatchObject([{ code: 'privileged', op: 'role' }]);
    await world.approved(plan, { overrides: [{ gate: 'privileged', count: 1, reason: 'a new administrator' }] });
    await world.work(plan);
    expect(seat.values).toMatchObject({
      displayName: 'Ann Example',
      userName: 'ann.new@example.com',
      role: 'ADMIN',
    });
  });

  it('reads a PatchOp as the values that it sets', async () => {
    const seat = world.drift.seed('ann@example.com');
    await world.run();
    const plan = await change(seat.id, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [
        { op: 'replace', path: 'name.givenName', value: 'Ann' },
        { op: 'add', value: { locale: 'de-DE' } },
      ],
    });
    const [only] = await world.tenant.plans.changes(plan.id, { after: 0, limit: 10 });
    expect(only?.draft.after).toEqual({ givenName: 'Ann', locale: 'de-DE' });
  });

  it.each([
    [{ title: 'Boss' }, 'body.title'],
    [{ name: { middleName: 'Q' } }, 'body.name'],
    [{ userName: 'a@example.com', emails: [{ value: 'b@example.com' }] }, 'body.emails'],
    [{ phoneNumbers: [{ value: '1' }, { value: '2' }] }, 'body.phoneNumbers'],
    [{ Operations: [{ op: 'remove', path: 'locale' }] }, 'body.Operations[0].op'],
  ])('refuses what no plan carries, and names the place: %j', async (body, path) => {
    const seat = world.drift.seed('ann@example.com');
    await world.run();
    await expect(change(seat.id, body)).rejects.toMatchObject({ code: 'request.invalid', places: [{ path }] });
  });

  it.each([
    { active: false },
    { isActive: false },
    { Operations: [{ op: 'replace', path: 'active', value: false }] },
    { Operations: [{ op: 'replace', value: { active: 'False' } }] },
  ])('never makes an agent inactive: %j', async (body) => {
    const seat = world.drift.seed('ann@example.com');
    await world.run();
    await expect(change(seat.id, body)).rejects.toMatchObject({ code: 'drift.firewall' });
  });

  it('plans nothing where nothing would change, and nothing for an agent that nobody has seen', async () => {
    const seat = world.drift.seed('ann@example.com');
    await world.run();
    await expect(change(seat.id, { displayName: 'ann@example.com' })).rejects.toMatchObject({ code: 'conflict' });
    await expect(removal('999999')).rejects.toMatchObject({ code: 'conflict' });
    await expect(change(seat.id, { userName: 'holding@example.com' })).rejects.toMatchObject({ code: 'conflict' });
  });

  it('erases an e-mail once, after an approval', async () => {
    await world.run();
    const plan = await planned('gdpr-delete', { body: { email: 'visitor@example.com' } });
    expect(plan.summary).toBe('Plan: 1 to erase (irreversible).');
    await world.approved(plan);
    await world.work(plan);
    await world.work(plan);
    expect(world.drift.writes).toEqual(['ERASE visitor@example.com']);
    expect(await world.changes(plan)).toEqual(['erase done done']);
  });

  it('never erases the e-mail of an agent, in whatever case, nor one that became an agent meanwhile', async () => {
    world.drift.seed('ann@example.com');
    await world.run();
    await expect(planned('gdpr-delete', { body: { email: ' ANN@Example.com ' } })).rejects.toMatchObject({
      code: 'conflict',
    });
    const plan = await planned('gdpr-delete', { body: { email: 'visitor@example.com' } });
    await world.approved(plan);
    world.drift.seed('visitor@example.com');
    await world.observe.observe(world.tenantId, world.drift, async () => undefined);
    await world.work(plan);
    expect(world.drift.writes).toEqual([]);
    expect(await world.changes(plan)).toEqual(['erase stale stale.agent_email']);
  });

  it('asks once and no more when the answer of an erasure is lost, and does not call it done', async () => {
    await world.run();
    const plan = await planned('gdpr-delete', { body: { email: 'visitor@example.com' } });
    await world.approved(plan);
    world.drift.faults.lostErasures = 1;
    await world.work(plan);
    await world.work(plan);
    expect(world.drift.writes).toEqual(['ERASE visitor@example.com']);
    expect(await world.changes(plan)).toEqual(['erase failed failed.unknown_erasure']);
  });

  it('gives nobody an address that Drift is erasing', async () => {
    await world.run();
    const erasure = await planned('gdpr-delete', { body: { email: 'visitor@example.com' } });
    await world.approved(erasure);
    await world.work(erasure);
    await world.joins('visitor@example.com');
    const plan = await world.run();
    await world.work(plan);
    expect(await world.changes(plan)).toEqual(['create skipped skipped.erasing']);
    expect(world.drift.writes).toEqual(['ERASE visitor@example.com']);
  });

  it.each(['\u0001', '\u001f', '\u200b', '\u00ad'])(
    'erases no address with a sign that nobody sees: %j',
    async (sign) => {
      await world.run();
      await expect(planned('gdpr-delete', { body: { email: `holding@example.com${sign}x` } })).rejects.toMatchObject({
        code: 'conflict',
      });
    },
  );

  it('hands nothing to somebody who is leaving', async () => {
    world = await openFlowWorld(database, { handover: { to: 'rita@example.com', successors: {} } });
    await world.leaver('rita@example.com');
    const owner = world.drift.seed('owning@example.com');
    world.drift.companies.push({ id: 'c1', ownerId: owner.id, deleted: false });
    await world.run();
    await expect(removal(owner.id)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('leaves an audit entry without the e-mail', async () => {
    await world.run();
    await planned('gdpr-delete', { body: { email: 'visitor@example.com' } });
    const rows = await database.read.selectFrom('audit').selectAll().where('tenant_id', '=', world.tenantId).execute();
    expect(JSON.stringify(rows)).toContain('gdpr-delete');
    expect(JSON.stringify(rows)).not.toContain('visitor@example.com');
  });
});
