import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import { DomainError } from '../../src/core/errors.ts';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import type { Database } from '../../src/storage/database.ts';
import { dyingAt, type FlowWorld, openFlowWorld, SETTLE_MS } from '../support/flow-world.ts';
import { eachDatabase } from '../support/store.ts';

const JO = 'jo@example.com';
const RENAMED = {
  userName: 'jo.doe@example.com',
  emails: [{ value: 'jo.doe@example.com', primary: true, type: 'work' }],
};

eachDatabase('one person, one seat', (testStore) => {
  let database: Database;
  let world: FlowWorld;
  beforeAll(async () => {
    database = await testStore.open();
  });
  beforeEach(async () => {
    world = await openFlowWorld(database);
  });

  const posts = (): readonly string[] => world.drift.writes.filter((write) => write.startsWith('POST'));

  it('creates nothing for a person whose create by another run rests with an unknown outcome', async () => {
    const { drift, clock } = world;
    await world.joins(JO);
    const first = await world.run();
    Object.assign(drift.faults, { lostCreates: 1, showsAfterMs: 30_000 });
    await world.work(first);
    expect(await world.changes(first)).toEqual(['create unknown unknown']);

    clock.forward(1000);
    const second = await world.run();
    expect((await world.work(second)).again).not.toBeNull();
    expect(await world.changes(second)).toEqual(['create approved']);
    expect(posts()).toEqual([`POST ${JO}`]);

    // By now the seat shows: whoever comes first, nobody creates it again.
    clock.forward(SETTLE_MS);
    await world.work(second);
    expect(await world.changes(second)).toEqual(['create stale stale.account_exists']);
    await world.work(first);
    expect(await world.changes(first)).toEqual(['create verified done']);
    expect(posts()).toEqual([`POST ${JO}`]);
    expect(drift.seatsOf(JO)).toBe(1);
  });

  it('creates nothing while the create of another run is under way, nor within the settle window of a dead one', async () => {
    const { drift, clock } = world;
    await world.joins(JO);
    const first = await world.run();
    const second = await world.run();
    drift.faults.showsAfterMs = 30_000;
    drift.during.createAccount = async () => {
      await world.work(second);
      expect(await world.changes(second)).toEqual(['create approved']);
    };
    await expect(world.work(first, dyingAt(world.store, 'finish'))).rejects.toThrow('the process died');

    // The lease ran out long ago, and the seat does not show yet.
    clock.forward(20_000);
    await world.work(second);
    expect(await world.changes(second)).toEqual(['create approved']);
    expect(posts()).toEqual([`POST ${JO}`]);
  });

  it('rests the settle window after a crash between the answer of a create and its ending', async () => {
    const { drift, clock } = world;
    await world.joins(JO);
    const plan = await world.run();
    drift.faults.showsAfterMs = 30_000;
    await expect(world.work(plan, dyingAt(world.store, 'finish'))).rejects.toThrow('the process died');

    clock.forward(10_000);
    await world.work(plan);
    expect(await world.changes(plan)).toEqual(['create unknown unknown']);
    expect(posts()).toEqual([`POST ${JO}`]);

    clock.forward(SETTLE_MS);
    await world.work(plan);
    expect(await world.changes(plan)).toEqual(['create verified done']);
    expect(posts()).toEqual([`POST ${JO}`]);
  });

  it('rests as long after a lost answer whose own ending was never written', async () => {
    const { drift, clock } = world;
    await world.joins(JO);
    const plan = await world.run();
    Object.assign(drift.faults, { lostCreates: 1, showsAfterMs: 30_000 });
    await expect(world.work(plan, dyingAt(world.store, 'finish'))).rejects.toThrow('the process died');
    clock.forward(10_000);
    await world.work(plan);
    clock.forward(SETTLE_MS);
    await world.work(plan);
    expect(await world.changes(plan)).toEqual(['create verified done']);
    expect(posts()).toEqual([`POST ${JO}`]);
  });

  it('sends nothing for a person who was renamed after the plan was made', async () => {
    world = await openFlowWorld(database, { approval: { ...DEFAULT_POLICY.approval, auto: ['link'] } });
    const user = await world.joins(JO);
    const plan = await world.run();
    await world.says(user, RENAMED);
    await world.approved(plan);
    await world.work(plan);
    expect(await world.changes(plan)).toEqual(['create stale stale.no_longer_wanted']);
    expect(world.drift.writes).toEqual([]);
  });

  it('sends nothing for a person who would get another role by now', async () => {
    world = await openFlowWorld(database, { roles: { default: 'MEMBER', groups: { Admins: 'ADMIN' } } });
    const user = await world.joins(JO);
    const plan = await world.run();
    await world.accept.createGroup(world.maya, { schemas: [], displayName: 'Admins' }, [user.id]);
    await world.work(plan);
    expect(await world.changes(plan)).toEqual(['create stale stale.no_longer_wanted']);
    expect(world.drift.writes).toEqual([]);
  });

  it('ends a lost create that another run linked to the same person as done', async () => {
    await world.joins(JO);
    const first = await world.run();
    world.drift.faults.lostCreates = 1;
    await world.work(first);
    const second = await world.run();
    await world.work(second);
    expect(await world.changes(second)).toEqual(['link verified done']);

    world.clock.forward(SETTLE_MS);
    expect(await world.work(first)).toEqual({ again: null });
    expect(await world.changes(first)).toEqual(['create verified done']);
    expect((await world.tenant.people.links()).map(({ accountId }) => accountId)).toEqual([world.drift.seats[2]?.id]);
  });

  it('ends a lost create whose seat is linked to somebody else as failed, not as unknown for ever', async () => {
    await world.joins(JO);
    const other = await world.joins('kim@example.com', { active: false });
    const plan = await world.run();
    world.drift.faults.lostCreates = 1;
    await world.work(plan);
    const seat = world.drift.seats.at(-1);
    await world.tenant.write((tx) =>
      tx.people.link({
        personId: other.personId ?? '',
        accountId: seat?.id ?? '',
        confidence: 1,
        rule: 'pin',
        pinned: true,
        evidence: [],
        decidedBy: 'omar',
        at: world.clock.now(),
      }),
    );
    world.clock.forward(SETTLE_MS);
    expect(await world.work(plan)).toEqual({ again: null });
    expect(await world.changes(plan)).toEqual(['create failed failed.linked_elsewhere']);
    expect(await world.state(plan)).toBe('done');
  });

  it('lets a create rest while Drift cannot be read, and goes on with the next', async () => {
    const { during } = world.drift;
    await world.joins(JO);
    await world.joins('kim@example.com');
    const plan = await world.run();
    during.findAccounts = async () => {
      delete during.findAccounts;
      throw new DomainError('drift.unreachable', 'Drift does not answer.');
    };
    await world.work(plan);
    expect(await world.changes(plan)).toEqual(['create unknown unknown.interrupted', 'create verified done']);
    world.clock.forward(SETTLE_MS);
    await world.work(plan);
    expect(await world.changes(plan)).toEqual(['create verified done', 'create verified done']);
  });

  it('asks again after the settle window when Drift says conflict and shows nobody', async () => {
    await world.joins(JO);
    const plan = await world.run();
    world.drift.faults.conflicts = 1;
    await world.work(plan);
    expect(await world.changes(plan)).toEqual(['create unknown unknown']);
    expect(await world.tenant.people.tombstones()).toEqual([]);

    world.clock.forward(SETTLE_MS);
    await world.work(plan);
    expect(await world.changes(plan)).toEqual(['create verified done']);
    expect(await world.tenant.people.tombstones()).toEqual([]);
  });

  it('takes a conflict that stands after the settle window as final, and never plans that userName again', async () => {
    await world.joins(JO);
    const plan = await world.run();
    world.drift.faults.conflicts = 2;
    await world.work(plan);
    world.clock.forward(SETTLE_MS);
    await world.work(plan);
    expect(await world.changes(plan)).toEqual(['create failed refused.reprovision']);
    expect(await world.tenant.people.tombstones()).toHaveLength(1);
    expect(await world.changes(await world.run())).toEqual([]);
    expect(posts()).toHaveLength(2);
  });
});
