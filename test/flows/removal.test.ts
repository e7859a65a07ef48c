import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Plan } from '../../src/flows/plan-port.ts';
import type { StoredResource } from '../../src/flows/scim-port.ts';
import type { Database } from '../../src/storage/database.ts';
import { createTenants } from '../../src/storage/tenants.ts';
import { type FlowWorld, HOUR_MS, openFlowWorld, SETTLE_MS, type Seat } from '../support/flow-world.ts';
import { eachDatabase } from '../support/store.ts';

eachDatabase('a removal', (testStore) => {
  let database: Database;
  let world: FlowWorld;
  beforeAll(async () => {
    database = await testStore.open();
  });
  beforeEach(async () => {
    world = await openFlowWorld(database);
  });

  const deletes = (): readonly string[] => world.drift.writes.filter((write) => write.startsWith('DELETE'));

  describe('of one leaver', () => {
    let user: StoredResource;
    let seat: Seat;
    let plan: Plan;
    beforeEach(async () => {
      ({ user, seat } = await world.leaver('leo@example.com'));
      plan = await world.run();
      await world.approved(plan);
    });

    /** `work` happens while the bridge lists what the leaver owns, the last long step before the call. */
    function whileListingOwned(work: () => Promise<void>): void {
      const { during } = world.drift;
      during.listContacts = async () => {
        delete during.listContacts;
        await work();
      };
    }

    it('is done, proven and remembered', async () => {
      await world.work(plan);
      expect(deletes()).toEqual([`DELETE ${seat.id}`]);
      expect(await world.changes(plan)).toEqual(['deprovision verified done']);
      expect(await world.tenant.people.tombstones()).toHaveLength(1);
      expect(await world.tenant.people.links()).toEqual([]);
    });

    it('is not sent when the person comes back while the bridge lists what they own', async () => {
      whileListingOwned(() => world.says(user, { active: true }));
      await world.work(plan);
      expect(deletes()).toEqual([]);
      expect(await world.changes(plan)).toEqual(['deprovision stale stale.no_longer_leaving']);
    });

    it('is not sent when the agent becomes the owner of the organisation meanwhile', async () => {
      whileListingOwned(async () => {
        seat.values = { ...seat.values, role: 'OWNER' };
      });
      await world.work(plan);
      expect(deletes()).toEqual([]);
      expect(await world.changes(plan)).toEqual(['deprovision failed failed.protected']);
    });

    it('is not sent while it is not proven which id the agent has as an owner', async () => {
      world.drift.faults.unprovenIds = true;
      await world.observe.observe(world.tenantId, world.drift, async () => undefined);
      await world.work(plan);
      expect(deletes()).toEqual([]);
      expect(await world.changes(plan)).toEqual(['deprovision stale stale.owner_unproven']);
    });

    it('is not sent while its tenant is paused, and waits, still approved', async () => {
      const tenants = createTenants({ ...world, database });
      whileListingOwned(async () => {
        await tenants.pause(world.tenantId, 'maya');
      });
      await world.work(plan);
      expect(deletes()).toEqual([]);
      expect(await world.changes(plan)).toEqual(['deprovision approved waiting.paused']);
      await tenants.resume(world.tenantId, 'maya');
      await world.work(plan);
      expect(deletes()).toEqual([`DELETE ${seat.id}`]);
    });

    it('is not sent when Drift does not list any more what agents own, though it did for the plan', async () => {
      world.drift.faults.hidesCompanies = true;
      await world.work(plan);
      expect(deletes()).toEqual([]);
      expect(await world.changes(plan)).toEqual(['deprovision stale stale.not_listable']);
    });

    it('is not sent to an agent that a handover of another plan is giving something right now', async () => {
      await database.write
        .updateTable('change')
        .set({
          op: 'handover',
          state: 'leased',
          draft: `{"handover":{"from":"9","to":"${seat.id}"}}`,
          lease_until: '9',
        })
        .where('tenant_id', '=', world.tenantId)
        .where('plan_id', '!=', plan.id)
        .execute();
      await world.work(plan);
      expect(deletes()).toEqual([]);
    });

    it('is not proven by a Drift that answers 404 to everything after the answer of the delete was lost', async () => {
      world.drift.faults.lostDeletes = 1;
      await world.work(plan);
      world.drift.faults.hidesById = true;
      world.clock.forward(SETTLE_MS);
      await world.work(plan);
      expect(await world.changes(plan)).toEqual(['deprovision unknown unknown']);
      expect(await world.tenant.people.tombstones()).toEqual([]);
    });

    it('waits, still approved, when the plan is paused while the bridge lists what they own', async () => {
      whileListingOwned(async () => {
        await world.approve.pause(plan.id, world.omar);
      });
      await world.work(plan);
      expect(deletes()).toEqual([]);
      expect(await world.changes(plan)).toEqual(['deprovision approved waiting.paused']);

      await world.approve.resume(plan.id, world.omar);
      await world.work(plan);
      expect(deletes()).toEqual([`DELETE ${seat.id}`]);
      expect(await world.changes(plan)).toEqual(['deprovision verified done']);
    });

    it('waits, still approved, when the plan is paused between the last check and the call', async () => {
      world.drift.during.removeAccount = async () => {
        delete world.drift.during.removeAccount;
        await world.approve.pause(plan.id, world.omar);
      };
      await world.work(plan);
      expect(deletes()).toEqual([]);
      expect(await world.changes(plan)).toEqual(['deprovision approved waiting.paused']);

      await world.approve.resume(plan.id, world.omar);
      await world.work(plan);
      expect(deletes()).toEqual([`DELETE ${seat.id}`]);
    });

    it('is over, with a tombstone, when the seat is gone and REST still shows the agent', async () => {
      world.drift.faults.restKeepsRemoved = true;
      expect(await world.work(plan)).toEqual({ again: null });
      expect(await world.changes(plan)).toEqual(['deprovision verified done']);
      expect((await world.tenant.people.tombstones()).map(({ accountId }) => accountId)).toEqual([seat.id]);
      expect(await world.tenant.people.links()).toEqual([]);
      expect(await world.state(plan)).toBe('done');
    });

    it('is over as well when the process died after the call and REST still shows the agent', async () => {
      world.drift.faults.restKeepsRemoved = true;
      world.drift.during.readAccount = async () => {
        if (deletes().length > 0) throw new Error('the process died');
      };
      await expect(world.work(plan)).rejects.toThrow('the process died');
      delete world.drift.during.readAccount;
      world.clock.forward(10_000);
      await world.work(plan);
      world.clock.forward(SETTLE_MS);
      await world.work(plan);
      expect(await world.changes(plan)).toEqual(['deprovision verified done']);
      expect(deletes()).toEqual([`DELETE ${seat.id}`]);
      expect(await world.tenant.people.tombstones()).toHaveLength(1);
    });
  });

  describe('with a handover', () => {
    let user: StoredResource;
    let seat: Seat;
    let plan: Plan;
    beforeEach(async () => {
      ({ user, seat } = await world.leaver('leo@example.com'));
      for (let n = 1; n <= 30; n += 1) world.drift.companies.push({ id: `c${n}`, ownerId: seat.id, deleted: false });
      plan = await world.run();
      await world.approved(plan);
    });

    const moved = (): number => world.drift.writes.filter((write) => write.startsWith('ASSIGN')).length;

    /** `work` happens while the third record is given away. */
    function inTheMiddle(work: () => Promise<unknown>): void {
      let calls = 0;
      world.drift.during.assignCompany = async () => {
        calls += 1;
        if (calls === 3) await work();
      };
    }

    it('moves everything first', async () => {
      await world.work(plan);
      expect(moved()).toBe(30);
      expect(deletes()).toEqual([`DELETE ${seat.id}`]);
      expect(await world.changes(plan)).toEqual(['handover verified done', 'deprovision verified done']);
    });

    it('stops within 20 records and removes nothing when the person comes back in the middle', async () => {
      inTheMiddle(() => world.says(user, { active: true }));
      await world.work(plan);
      expect(moved()).toBeLessThanOrEqual(20);
      expect(deletes()).toEqual([]);
      const [handover, removal] = await world.changes(plan);
      expect(handover).toBe('handover stale stale.no_longer_leaving');
      expect(removal).toMatch(/^deprovision (skipped|stale) /);
    });

    it('stops within 20 records when the plan is cancelled in the middle', async () => {
      inTheMiddle(() => world.approve.cancel(plan.id, world.omar));
      await world.work(plan);
      world.clock.forward(SETTLE_MS);
      await world.work(plan);
      expect(moved()).toBeLessThanOrEqual(20);
      expect(deletes()).toEqual([]);
    });

    it('goes on where it stopped when it was paused in the middle and resumed', async () => {
      inTheMiddle(() => world.approve.pause(plan.id, world.omar));
      await world.work(plan);
      expect(moved()).toBeLessThanOrEqual(20);
      expect(deletes()).toEqual([]);
      await world.approve.resume(plan.id, world.omar);
      for (let pass = 0; pass < 2; pass += 1) {
        world.clock.forward(SETTLE_MS);
        await world.work(plan);
      }
      expect(moved()).toBe(30);
      expect(deletes()).toEqual([`DELETE ${seat.id}`]);
    });
  });

  describe('of more people than a day may lose', () => {
    let people: readonly StoredResource[];
    beforeEach(async () => {
      const names = Array.from({ length: 5 }, (_, n) => `leo${n}@example.com`);
      for (const name of names) world.drift.seed(name);
      people = await Promise.all(names.map((name) => world.joins(name)));
      await world.work(await world.run());
      for (const user of people) await world.says(user, { active: false });
    });

    const planFor = (from: number, to: number): Promise<Plan> =>
      world.run({ people: people.slice(from, to).map(({ personId }) => personId ?? '') });

    it('is looked at again when it is applied: what exceeds the limit by then keeps its seat', async () => {
      const first = await planFor(0, 2);
      const second = await planFor(2, 4);
      expect([...first.gates, ...second.gates]).toEqual([]);
      for (const plan of [first, second]) {
        await world.approved(plan);
        await world.work(plan);
      }
      expect(await world.changes(first)).toEqual(['deprovision verified done', 'deprovision verified done']);
      expect(await world.changes(second)).toEqual(['deprovision verified done', 'deprovision skipped skipped.gate']);
      expect(deletes()).toHaveLength(3);
      expect(await world.state(second)).toBe('done');
    });

    it('moves no customer for a removal that the gate holds by the time the plan is applied', async () => {
      const leaver = world.drift.seats.find(({ values }) => values.userName === 'leo4@example.com');
      world.drift.companies.push({ id: 'c1', ownerId: leaver?.id ?? '', deleted: false });
      const first = await planFor(0, 3);
      const second = await planFor(4, 5);
      await world.work(await world.approved(first));
      await world.work(await world.approved(second));
      expect(await world.changes(second)).toEqual([
        'handover skipped skipped.gate',
        'deprovision skipped skipped.handover',
      ]);
      expect(world.drift.writes.filter((write) => write.startsWith('ASSIGN'))).toEqual([]);
      expect(deletes()).toHaveLength(3);
    });

    it('is let through by an override of that gate', async () => {
      await world.work(await world.approved(await planFor(0, 3)));
      const plan = await planFor(3, 5);
      expect(plan.gates.map(({ code, window }) => [code, window])).toEqual([['deprovisions', '24h']]);
      const count = plan.gates[0]?.value ?? 0;
      await world.approved(plan, { overrides: [{ gate: 'deprovisions', count, reason: 'the team moved' }] });
      await world.work(plan);
      expect(deletes()).toHaveLength(5);
    });

    it('fits again once the window has passed', async () => {
      await world.work(await world.approved(await planFor(0, 3)));
      world.clock.forward(25 * HOUR_MS);
      const plan = await planFor(3, 5);
      await world.work(await world.approved(plan));
      expect(await world.changes(plan)).toEqual(['deprovision verified done', 'deprovision verified done']);
    });
  });
});
