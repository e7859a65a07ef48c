import { DomainError } from '../core/errors.ts';
import type { ChangeOp, PlanState } from '../core/reconcile/plan.ts';
import { applyPriority, type Change, type Override, type Plan } from './plan-port.ts';
import type { Aggregates, Clock, Crypto, Store, TenantStore } from './ports.ts';
import type { Principal } from './principal.ts';

const HOUR = 3_600_000;
const ALL = 1_000_000;

export interface ApprovePlan {
  /**
   * Approves changes of a plan by its hash: those named, those of the classes named, or all that no gate holds. A held
   * change needs an override of each of its gates with the number that the gate shows.
   */
  approve(input: {
    planId: string;
    by: Principal;
    hash: string;
    classes?: readonly ChangeOp[];
    changes?: readonly string[];
    reason: string;
    apply: boolean;
    overrides: readonly Override[];
  }): Promise<Plan>;
  apply(planId: string, by: Principal): Promise<Plan>;
  reject(planId: string, by: Principal, reason: string): Promise<Plan>;
  pause(planId: string, by: Principal): Promise<Plan>;
  resume(planId: string, by: Principal): Promise<Plan>;
  cancel(planId: string, by: Principal): Promise<Plan>;
}

export function createApprovePlan(ports: {
  readonly store: Store;
  readonly clock: Clock;
  readonly crypto: Crypto;
}): ApprovePlan {
  const { clock, crypto } = ports;

  async function load(planId: string, by: Principal): Promise<{ readonly store: TenantStore; readonly plan: Plan }> {
    const store = ports.store.tenant(by.tenantId);
    const plan = await store.plans.get(planId);
    if (plan === null) throw new DomainError('not_found', 'No such plan.');
    return { store, plan };
  }

  async function approve(input: Parameters<ApprovePlan['approve']>[0]): Promise<Plan> {
    const { store, plan } = await load(input.planId, input.by);
    const now = clock.now();
    if (plan.kind === 'speculative')
      throw new DomainError('plan.state', 'A speculative plan cannot be approved; start a run without "speculative".');
    if (input.hash !== plan.hash) {
      throw new DomainError(
        'plan.hash_mismatch',
        'The hash is not that of this plan; read the plan again and approve what it says now.',
      );
    }
    if (['rejected', 'expired', 'cancelled'].includes(plan.state))
      throw new DomainError('plan.state', `The plan is ${plan.state}; start a new run.`);
    const { policy } = await store.policy.current();
    const all = await store.plans.changes(plan.id, { after: 0, limit: ALL });
    const chosen = choose(all, plan, input);
    const irreversible = chosen.some((change) => change.draft.reversibility === 'irreversible');
    const hours = irreversible ? policy.approval.irreversibleExpiresHours : policy.approval.expiresHours;
    const expiresAt = new Date(
      Math.min(Date.parse(plan.createdAt) + hours * HOUR, Date.parse(plan.expiresAt)),
    ).toISOString();
    if (now >= expiresAt)
      throw new DomainError('plan.expired', `The time to approve this plan ended at ${expiresAt}; start a new run.`);
    needSecondSubject(all, chosen, plan, input.by, policy.approval.secondSubject.deprovisionsOver);
    const approvalId = crypto.uuid();
    const ids = chosen.map((change) => change.id);
    await store.write(async (tx) => {
      // First, because it holds the plan's row until commit: a worker that ends the plan waits, or has ended it.
      const from: readonly PlanState[] = ['ready', 'held', 'approved', ...(input.apply ? (['applying'] as const) : [])];
      if (!(await tx.plans.setState(plan.id, from, input.apply ? 'applying' : 'approved'))) {
        throw new DomainError('plan.state', await whyNot(tx, plan.id));
      }
      await tx.plans.addApproval({
        id: approvalId,
        planId: plan.id,
        hash: plan.hash,
        subject: input.by.subject,
        reason: input.reason,
        overrides: input.overrides,
        changes: ids,
        createdAt: now,
        expiresAt,
      });
      await tx.plans.moveChanges(plan.id, ids, ['planned', 'held'], 'approved', now, approvalId);
      if (input.apply) await begin(tx, plan, now);
      await tx.audit.append({
        actor: input.by.tokenId,
        kind: 'plan.approved',
        subject: plan.id,
        data: {
          hash: plan.hash,
          approval: approvalId,
          changes: ids.length,
          overrides: input.overrides.map(({ gate, count }) => ({ gate, count })),
        },
      });
    });
    return reload(store, plan.id);
  }

  async function apply(planId: string, by: Principal): Promise<Plan> {
    const { store, plan } = await load(planId, by);
    const now = clock.now();
    if (['ready', 'held'].includes(plan.state) && now >= plan.expiresAt) {
      throw new DomainError('plan.expired', `This plan expired at ${plan.expiresAt}; start a new run.`);
    }
    if (plan.state !== 'approved' && plan.state !== 'applying') {
      throw new DomainError('plan.not_approved', `The plan is ${plan.state}; approve its hash first.`);
    }
    await store.write(async (tx) => {
      if (!(await tx.plans.setState(plan.id, ['approved', 'applying'], 'applying'))) {
        throw new DomainError('plan.state', await whyNot(tx, plan.id));
      }
      if ((await begin(tx, plan, now)) === 0 && plan.state === 'approved') {
        throw new DomainError('plan.expired', 'Every approval of this plan has expired; start a new run.');
      }
      await tx.audit.append({ actor: by.tokenId, kind: 'plan.apply', subject: plan.id, data: { hash: plan.hash } });
    });
    return reload(store, plan.id);
  }

  /** In the transaction that makes the plan `applying`: live approvals start, the worker is called. Gives what is left to do. */
  async function begin(tx: Aggregates, plan: Plan, now: string): Promise<number> {
    await tx.plans.startApprovals(plan.id, now);
    await tx.runs.update(plan.runId, { state: 'applying', stage: 'applying' });
    const counts = await tx.plans.counts(plan.id);
    await tx.jobs.enqueue({
      kind: 'apply',
      dedupeKey: `apply:${plan.id}`,
      payload: { planId: plan.id },
      priority: applyPriority(counts),
    });
    return Object.values(counts).reduce(
      (sum, of) => sum + (of['approved'] ?? 0) + (of['unknown'] ?? 0) + (of['leased'] ?? 0),
      0,
    );
  }

  async function move(
    planId: string,
    by: Principal,
    from: readonly PlanState[],
    to: PlanState,
    kind: string,
    reason?: string,
  ): Promise<Plan> {
    const { store, plan } = await load(planId, by);
    if (!from.includes(plan.state))
      throw new DomainError('plan.state', `The plan is ${plan.state}; this needs it to be ${from.join(' or ')}.`);
    await store.write(async (tx) => {
      if (!(await tx.plans.setState(plan.id, from, to))) throw new DomainError('plan.state', await whyNot(tx, plan.id));
      if (to === 'applying') await begin(tx, plan, clock.now());
      if (to === 'rejected' || to === 'cancelled')
        await tx.runs.update(plan.runId, { state: 'cancelled', stage: to, endedAt: clock.now() });
      await tx.audit.append({
        actor: by.tokenId,
        kind,
        subject: plan.id,
        data: { hash: plan.hash, ...(reason === undefined ? {} : { reason: crypto.keyedHash(by.tenantId, reason) }) },
      });
    });
    return reload(store, plan.id);
  }

  const open: readonly PlanState[] = ['ready', 'held', 'approved'];
  return {
    approve,
    apply,
    reject: (planId, by, reason) => move(planId, by, open, 'rejected', 'plan.rejected', reason),
    pause: (planId, by) => move(planId, by, ['applying', 'approved'], 'paused', 'plan.paused'),
    resume: (planId, by) => move(planId, by, ['paused'], 'applying', 'plan.resumed'),
    cancel: (planId, by) => move(planId, by, [...open, 'applying', 'paused'], 'cancelled', 'plan.cancelled'),
  };
}

/** In words, for whoever came second. */
async function whyNot(tx: Aggregates, planId: string): Promise<string> {
  const state = (await tx.plans.get(planId))?.state ?? 'gone';
  return state === 'applying'
    ? 'The plan is being applied right now; approve with "apply", or wait until it rests.'
    : `The plan is ${state} now.`;
}

async function reload(store: TenantStore, planId: string): Promise<Plan> {
  const plan = await store.plans.get(planId);
  if (plan === null) throw new DomainError('not_found', 'No such plan.');
  return plan;
}

function choose(
  all: readonly Change[],
  plan: Plan,
  input: {
    readonly classes?: readonly ChangeOp[];
    readonly changes?: readonly string[];
    readonly overrides: readonly Override[];
  },
): readonly Change[] {
  const overridden = new Set<string>();
  for (const override of input.overrides) {
    const gates = plan.gates.filter((gate) => gate.code === override.gate);
    if (gates.length === 0)
      throw new DomainError('approval.override_count', `No gate "${override.gate}" holds anything in this plan.`);
    // One gate may have tripped over several windows: the number has to be that of each of them.
    if (!gates.every((gate) => gate.held === override.count || gate.value === override.count)) {
      throw new DomainError(
        'approval.override_count',
        `The override of "${override.gate}" says ${String(override.count)}; the gate holds ${String(gates[0]?.held ?? 0)}. Type the number that you mean to let through.`,
      );
    }
    overridden.add(override.gate);
  }
  const free = (change: Change): boolean => change.gates.every((gate) => overridden.has(gate));
  const waiting = all.filter((change) => change.state === 'planned' || change.state === 'held');
  if (input.classes === undefined && input.changes === undefined) {
    const chosen = waiting.filter(free);
    if (chosen.length === 0)
      throw new DomainError(
        'plan.held',
        'Nothing is left to approve that no gate holds; name the gate in "override" with its number.',
      );
    return chosen;
  }
  const unknown = (input.changes ?? []).filter((id) => !all.some((change) => change.id === id));
  if (unknown.length > 0)
    throw new DomainError('not_found', `The plan has no change ${unknown.slice(0, 3).join(', ')}.`);
  const chosen = waiting.filter(
    (change) => input.classes?.includes(change.op) === true || input.changes?.includes(change.id) === true,
  );
  const held = chosen.find((change) => !free(change));
  if (held !== undefined) {
    throw new DomainError(
      'plan.held',
      `Gate "${held.gates.find((gate) => !overridden.has(gate)) ?? ''}" holds ${held.op} changes of this selection; override it with its number, or leave them out.`,
    );
  }
  if (chosen.length === 0) throw new DomainError('plan.state', 'None of the chosen changes waits for an approval.');
  return chosen;
}

/** Two-person rule: it counts subjects, so a second token of the same person does not help. */
function needSecondSubject(
  all: readonly Change[],
  chosen: readonly Change[],
  plan: Plan,
  by: Principal,
  over: number,
): void {
  const deprovisions = all.filter((change) => change.op === 'deprovision').length;
  if (deprovisions <= over || !chosen.some((change) => change.op === 'deprovision')) return;
  if (by.subject === plan.requestedBy) {
    throw new DomainError(
      'approval.second_subject',
      `This plan removes ${String(deprovisions)} seats; above ${String(over)} the approver must not be the one who asked for the run. Create a token with another subject (bridge token create --subject …) and approve with it; a new token counts as its creator for 24 hours.`,
    );
  }
}
