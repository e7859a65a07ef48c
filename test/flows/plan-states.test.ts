import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import { type ApprovePlan, createApprovePlan } from '../../src/flows/approve-plan.ts';
import type { Plan } from '../../src/flows/plan-port.ts';
import type { Database } from '../../src/storage/database.ts';
import { type FlowWorld, HOUR_MS, openFlowWorld, SETTLE_MS, type Seat, withReads } from '../support/flow-world.ts';
import { createTenants } from '../../src/storage/tenants.ts';
import { eachDatabase } from '../support/store.ts';

eachDatabase('the state of a plan', (testStore) => {
  let database: Database;
  let world: FlowWorld;
  beforeAll(async () => {
    database = await testStore.open();
  });
  beforeEach(async () => {
    world = await openFlowWorld(database);
  });

  const runOf = async (plan: Plan) => world.tenant.runs.get(plan.runId);
  const deletes = (): readonly string[] => world.drift.writes.filter((write) => write.startsWith('DELETE'));

  /** Runs at the first read of the verification: every change has ended, the plan has not. */
  function whileVerifying(plan: Plan, ended: string, work: () => Promise<void>): void {
    const { during } = world.drift;
    during.listAccounts = async () => {
      if (!(await world.changes(plan)).includes(ended)) return;
      delete during.listAccounts;
      await work();
    };
  }

  describe('when two people decide at once', () => {
    /** Two people whose requests have both read the plan before either writes. */
    function bothReadFirst(): ApprovePlan {
      let readers = 0;
      let go: () => void = () => undefined;
      const both = new Promise<void>((resolve) => (go = resolve));
      const store = withReads(world.store, (own) => ({
        get: async (planId) => {
          const plan = await own.get(planId);
          readers += 1;
          if (readers === 2) go();
          await both;
          return plan;
        },
      }));
      return createApprovePlan({ ...world, store });
    }

    it('is rejected or applied, never both: a rejected removal is not sent', async () => {
      const { omar } = world;
      await world.leaver('leo@example.com');
      const plan = await world.run();
      await world.approved(plan, { apply: false });
      const decide = bothReadFirst();
      const answers = await Promise.allSettled([decide.reject(plan.id, omar, 'not him'), decide.apply(plan.id, omar)]);
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(answers.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'plan.state' } });
      const isRejected = (await world.state(plan)) === 'rejected';
      await world.work(plan);
      expect(deletes()).toHaveLength(isRejected ? 0 : 1);
      expect(await world.state(plan)).toBe(isRejected ? 'rejected' : 'done');
      expect((await runOf(plan))?.state).toBe(isRejected ? 'cancelled' : 'done');
    });

    it('stays cancelled whatever is approved at the same time', async () => {
      const { omar } = world;
      await world.leaver('leo@example.com');
      const plan = await world.run();
      const decide = bothReadFirst();
      const approval = { planId: plan.id, by: omar, hash: plan.hash, reason: 'reviewed', apply: true, overrides: [] };
      await Promise.allSettled([decide.cancel(plan.id, omar), decide.approve(approval)]);
      expect(await world.state(plan)).toBe('cancelled');
      await world.work(plan);
      expect(deletes()).toEqual([]);
      await expect(world.approved(plan)).rejects.toMatchObject({ code: 'plan.state' });
    });

    it('sends nothing more once it was cancelled after the first look of a worker', async () => {
      const { drift, approve, omar } = world;
      await world.leaver('leo@example.com');
      const plan = await world.run();
      await world.approved(plan);
      drift.during.listContacts = async () => {
        delete drift.during.listContacts;
        await approve.cancel(plan.id, omar);
      };
      await world.work(plan);
      expect(deletes()).toEqual([]);
      expect(await world.state(plan)).toBe('cancelled');
      expect((await runOf(plan))?.state).toBe('cancelled');
    });
  });

  describe('while it is applied', () => {
    let plan: Plan;
    beforeEach(async () => {
      await world.leaver('leo@example.com');
      await world.joins('a1@example.com');
      await world.joins('a2@example.com');
      plan = await world.run();
    });

    /** What `work` does right before the first of the two creates. */
    async function whileCreating(work: () => Promise<void>): Promise<void> {
      const { during } = world.drift;
      during.findAccounts = async () => {
        delete during.findAccounts;
        await work();
      };
      await world.work(plan);
    }

    it('cannot be taken back to "approved" by an approval that does not apply', async () => {
      await whileCreating(async () => {
        await expect(world.approved(plan, { apply: false })).rejects.toMatchObject({ code: 'plan.state' });
      });
      expect(await world.state(plan)).toBe('ready');
      expect(await world.changes(plan)).toEqual([
        'create verified done',
        'create verified done',
        'deprovision planned',
      ]);
      expect(await world.tenant.plans.approvals(plan.id)).toHaveLength(1);
    });

    it('stays paused whatever is approved meanwhile, and goes on when it is resumed', async () => {
      await whileCreating(async () => {
        await world.approve.pause(plan.id, world.omar);
        await expect(world.approved(plan, { apply: false })).rejects.toMatchObject({ code: 'plan.state' });
        await expect(world.approved(plan)).rejects.toMatchObject({ code: 'plan.state' });
      });
      expect(await world.state(plan)).toBe('paused');
      expect(await world.changes(plan)).toEqual(['create verified done', 'create approved', 'deprovision planned']);
      await world.work(plan);
      expect(world.drift.writes).toEqual(['POST a1@example.com']);

      await world.approve.resume(plan.id, world.omar);
      await world.work(plan);
      expect(world.drift.writes).toEqual(['POST a1@example.com', 'POST a2@example.com']);
    });
  });

  it('sends nothing more once its tenant is paused, and waits', async () => {
    await world.joins('a1@example.com');
    await world.joins('a2@example.com');
    const plan = await world.run();
    const { during } = world.drift;
    during.createAccount = async () => {
      delete during.createAccount;
      await createTenants({ ...world, database }).pause(world.tenantId, 'maya');
    };
    expect((await world.work(plan)).again).not.toBeNull();
    expect(world.drift.writes).toEqual(['POST a1@example.com']);
    expect(await world.changes(plan)).toEqual(['create verified done', 'create approved']);
    await createTenants({ ...world, database }).resume(world.tenantId, 'maya');
    await world.work(plan);
    expect(world.drift.writes).toEqual(['POST a1@example.com', 'POST a2@example.com']);
  });

  describe('while it is verified', () => {
    /** So many that one listing reads them back, at the end. */
    async function manyJoin(): Promise<void> {
      for (const n of [1, 2, 3, 4, 5]) await world.joins(`a${String(n)}@example.com`);
    }

    it('stays cancelled when it was cancelled then', async () => {
      await manyJoin();
      const plan = await world.run();
      whileVerifying(plan, 'create done done', async () => {
        await world.approve.cancel(plan.id, world.omar);
      });
      expect(await world.work(plan)).toEqual({ again: null });
      expect(await world.state(plan)).toBe('cancelled');
      expect((await runOf(plan))?.state).toBe('cancelled');
    });

    it('stays cancelled, and so does its run, when it was cancelled right before', async () => {
      await world.joins('a1@example.com');
      const plan = await world.run();
      // The first thing a worker counts once it finds nothing more to claim.
      let cancelled = false;
      const store = withReads(world.store, (own) => ({
        counts: async (planId) => {
          const counts = await own.counts(planId);
          if (cancelled || counts['create']?.['verified'] !== 1) return counts;
          cancelled = true;
          await world.approve.cancel(planId, world.omar);
          return counts;
        },
      }));
      await world.work(plan, store);
      expect(await world.state(plan)).toBe('cancelled');
      expect((await runOf(plan))?.state).toBe('cancelled');
    });

    it('loses no approval that was given then', async () => {
      const { seat } = await world.leaver('leo@example.com');
      await manyJoin();
      const plan = await world.run();
      whileVerifying(plan, 'create done done', async () => {
        expect((await world.approved(plan)).state).toBe('applying');
      });
      const { again } = await world.work(plan);
      expect(again).not.toBeNull();
      expect(await world.state(plan)).toBe('applying');
      await world.work(plan);
      expect(deletes()).toEqual([`DELETE ${seat.id}`]);
      expect(await world.state(plan)).toBe('done');
      expect((await runOf(plan))?.state).toBe('done');
    });
  });

  describe('when an approval expired before it was used', () => {
    let seat: Seat;
    let plan: Plan;
    async function planOf(policy: Parameters<typeof openFlowWorld>[1] = {}): Promise<void> {
      world = await openFlowWorld(database, policy);
      ({ seat } = await world.leaver('leo@example.com'));
      await world.joins('a1@example.com');
      plan = await world.run();
    }
    const byHand = { approval: { ...DEFAULT_POLICY.approval, auto: ['link'] as const } };

    it('starts nothing by resuming a paused plan', async () => {
      await planOf(byHand);
      await world.approved(plan, { apply: false });
      await world.approve.pause(plan.id, world.omar);
      world.clock.forward(6 * 24 * HOUR_MS);
      await world.approve.resume(plan.id, world.omar);
      await world.work(plan);
      expect(world.drift.writes).toEqual([]);
      expect(await world.changes(plan)).toEqual([
        'create skipped skipped.expired',
        'deprovision skipped skipped.expired',
      ]);
      expect(await world.state(plan)).toBe('done');
    });

    it('starts what the live approvals hold, and nothing of the expired ones', async () => {
      await planOf(byHand);
      await world.approved(plan, { apply: false, classes: ['deprovision'] });
      await world.approved(plan, { apply: false, classes: ['create'] });
      world.clock.forward(20 * HOUR_MS);
      await world.approve.apply(plan.id, world.omar);
      await world.work(plan);
      expect(world.drift.writes).toEqual(['POST a1@example.com']);
      expect(await world.changes(plan)).toEqual(['create verified done', 'deprovision skipped skipped.expired']);
    });

    it('refuses to start where every approval expired, and says so', async () => {
      await planOf(byHand);
      await world.approved(plan, { apply: false });
      world.clock.forward(5 * HOUR_MS);
      await expect(world.approve.apply(plan.id, world.omar)).rejects.toMatchObject({ code: 'plan.expired' });
      await world.work(plan);
      expect(world.drift.writes).toEqual([]);
      expect(await world.state(plan)).toBe('approved');
    });

    it('lets a removal that was started in time end after that time', async () => {
      await planOf();
      world.clock.forward(4 * HOUR_MS - 1000);
      await world.approved(plan);
      world.clock.forward(SETTLE_MS);
      await world.work(plan);
      expect(deletes()).toEqual([`DELETE ${seat.id}`]);
    });
  });
});
