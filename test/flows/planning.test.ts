import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import { createMakePlan, type MakePlan } from '../../src/flows/make-plan.ts';
import type { Plan } from '../../src/flows/plan-port.ts';
import type { Store } from '../../src/flows/ports.ts';
import type { StoredEntry } from '../../src/flows/run-port.ts';
import { createPipeline } from '../../src/jobs/pipeline.ts';
import type { Database } from '../../src/storage/database.ts';
import { dyingAt, type FlowWorld, openFlowWorld } from '../support/flow-world.ts';
import { eachDatabase } from '../support/store.ts';

eachDatabase('planning a run', (testStore) => {
  let database: Database;
  let world: FlowWorld;
  beforeAll(async () => {
    database = await testStore.open();
  });
  beforeEach(async () => {
    world = await openFlowWorld(database);
    for (let n = 1; n <= 5; n += 1) await world.joins(`a${n}@example.com`);
  });

  const entries = (runId: string): Promise<readonly StoredEntry[]> => world.tenant.runs.entries(runId, {}, 0, 100);
  const observed = () => world.observe.observe(world.tenantId, world.drift, async () => undefined);
  /** Another process. */
  const planner = (store: Store): MakePlan => createMakePlan({ ...world, store, log: () => undefined });

  /** Every change that an entry names is in the plan, and every change of the plan is named. */
  async function agree(runId: string, plan: Plan): Promise<void> {
    const changes = await world.tenant.plans.changes(plan.id, { after: 0, limit: 1000 });
    const named = (await entries(runId)).flatMap((entry) => entry.changes);
    expect(named.sort()).toEqual(changes.map(({ id }) => id).sort());
  }

  it('leaves nothing of a planning that a crash cut off: entries are the population of the plan that stands', async () => {
    world.drift.seed('orphan@example.com');
    const { id } = await world.queueRun();
    await observed();
    await expect(planner(dyingAt(world.store, 'create')).plan(world.tenantId, id)).rejects.toThrow('the process died');

    // The population is smaller by the time the run begins again.
    world.drift.seats.pop();
    await observed();
    const { run, plan } = await world.make.plan(world.tenantId, id);
    const after = await entries(id);
    expect(after.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(run.population).toBe(after.length);
    expect(Object.values(run.situations).reduce((sum, n) => sum + n, 0)).toBe(after.length);
    await agree(id, plan);
  });

  it('gives a run one plan when two workers plan it at once', async () => {
    const { id } = await world.queueRun();
    await observed();
    const plannings = await Promise.allSettled([
      world.make.plan(world.tenantId, id),
      planner(world.store).plan(world.tenantId, id),
    ]);
    expect(plannings.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(plannings.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'conflict' } });
    const plans = (await world.tenant.plans.list(null, 10)).filter(({ runId }) => runId === id);
    const run = await world.tenant.runs.get(id);
    expect(plans.map((plan) => plan.id)).toEqual([run?.planId]);
    expect(await entries(id)).toHaveLength(run?.population ?? 0);
    for (const plan of plans) await agree(id, plan);
  });

  it('keeps plan and entries as they are when a worker that lost its lease plans the same run again', async () => {
    const { id } = await world.queueRun();
    await observed();
    const { plan } = await world.make.plan(world.tenantId, id);
    const before = await entries(id);
    await expect(planner(world.store).plan(world.tenantId, id)).rejects.toMatchObject({ code: 'conflict' });
    expect(await entries(id)).toEqual(before);
    await agree(id, plan);
    expect((await world.tenant.runs.get(id))?.planId).toBe(plan.id);
  });

  it('does not call a run failed that another worker planned meanwhile', async () => {
    const { id } = await world.queueRun();
    const { run } = createPipeline({
      ...{ store: world.store, clock: world.clock, log: () => undefined },
      ...{ observeDrift: world.observe, makePlan: world.make, applyPlan: world.apply },
      driftFor: async () => world.drift,
    }).handlers;
    world.drift.during.listContacts = async () => {
      delete world.drift.during.listContacts;
      await observed();
      await world.make.plan(world.tenantId, id);
    };
    const job = {
      id: 'j',
      tenantId: world.tenantId,
      kind: 'run',
      payload: { runId: id },
      attempts: 1,
      fence: 1,
    } as const;
    expect(await run(job)).toEqual({ again: null });
    const found = await world.tenant.runs.get(id);
    expect(found).toMatchObject({ state: 'applying' });
    expect(found?.error).toBeUndefined();
  });

  it('ties nobody to an agent whose evidence is gone by the time the link is approved', async () => {
    world = await openFlowWorld(database, { approval: { ...DEFAULT_POLICY.approval, auto: ['create'] } });
    const seat = world.drift.seed('jo@example.com');
    const user = await world.joins('jo@example.com');
    const plan = await world.run();
    expect(await world.changes(plan)).toEqual(['link planned']);
    await world.says(user, {
      userName: 'jo.doe@example.com',
      emails: [{ value: 'jo.doe@example.com', primary: true }],
    });
    seat.values = { ...seat.values, userName: 'somebody@example.com', email: 'somebody@example.com' };
    await world.approved(plan);
    await world.work(plan);
    expect(await world.changes(plan)).toEqual(['link stale stale.no_longer_a_match']);
    expect(await world.tenant.people.links()).toEqual([]);
  });

  it('ties nobody to an agent that was removed from Drift since', async () => {
    world = await openFlowWorld(database, { approval: { ...DEFAULT_POLICY.approval, auto: ['create'] } });
    world.drift.seed('jo@example.com');
    await world.joins('jo@example.com');
    const plan = await world.run();
    world.drift.seats.pop();
    await observed();
    await world.approved(plan);
    await world.work(plan);
    expect((await world.changes(plan)).join()).toMatch(/^link stale stale\./);
    expect(await world.tenant.people.links()).toEqual([]);
  });
});
