import type { ChangeOp, ChangeState, DraftChange, Gate, GateCode, PlanState } from '../core/reconcile/plan.ts';

export interface Override {
  readonly gate: GateCode;
  /** The number that the gate shows, typed by a person. */
  readonly count: number;
  readonly reason: string;
}

export interface Approval {
  readonly id: string;
  readonly planId: string;
  readonly hash: string;
  readonly subject: string;
  readonly reason: string;
  readonly overrides: readonly Override[];
  /** Ids of the changes that it approves. */
  readonly changes: readonly string[];
  readonly createdAt: string;
  /** Bounds the start of the work, not its end. */
  readonly expiresAt: string;
  readonly startedAt?: string;
}

export interface Plan {
  readonly id: string;
  readonly runId: string;
  /** `operation`: asked for directly, one change past what the sources say. */
  readonly kind: 'reconcile' | 'speculative' | 'operation';
  /** SHA-256 of `doc`. */
  readonly hash: string;
  readonly state: PlanState;
  readonly summary: string;
  /** Canonical text: snapshot id, policy version, every change in order. Never changes. */
  readonly doc: string;
  readonly gates: readonly Gate[];
  readonly requestedBy: string;
  readonly createdAt: string;
  readonly expiresAt: string;
}

/** A plan with somebody to remove goes before the others: a seat that should be gone is worse than one that comes late. */
export function applyPriority(counts: Readonly<Record<string, Readonly<Record<string, number>>>>): number {
  const due = ['handover', 'deprovision', 'erase'].some((op) =>
    ['approved', 'leased', 'unknown'].some((state) => (counts[op]?.[state] ?? 0) > 0),
  );
  return due ? 10 : 0;
}

export type StepOutcome = 'ok' | 'refused' | 'unknown' | 'absent';

/** The committed intent of one Drift call, and what came of it. */
export interface Attempt {
  readonly id: string;
  readonly changeId: string;
  /** `create`, `replace`, … or `company:<id>`, `contact:<id>` within a handover. */
  readonly step: string;
  readonly fence: number;
  readonly intentAt: string;
  readonly outcome?: StepOutcome;
  readonly finishedAt?: string;
}

export interface ChangeOutcome {
  /** Stable code: `done`, `stale.account_changed`, `refused.uniqueness`, … */
  readonly code: string;
  readonly detail: string;
  readonly accountId?: string;
}

export interface Change {
  readonly id: string;
  readonly planId: string;
  readonly seq: number;
  readonly op: ChangeOp;
  readonly state: ChangeState;
  readonly draft: DraftChange;
  readonly gates: readonly GateCode[];
  readonly approvalId?: string;
  readonly fence: number;
  readonly leaseUntil?: string;
  readonly calls: number;
  readonly outcome?: ChangeOutcome;
  readonly updatedAt: string;
}

/** The changes of a new plan, in the order of its drafts. */
export function plannedChanges(input: {
  readonly planId: string;
  readonly drafts: readonly DraftChange[];
  readonly at: string;
  readonly newId: () => string;
}): readonly Change[] {
  const { planId, drafts, at, newId } = input;
  return drafts.map((draft, index) => ({
    id: newId(),
    planId,
    seq: index + 1,
    op: draft.op,
    state: draft.gates.length > 0 ? 'held' : 'planned',
    draft,
    gates: draft.gates,
    fence: 0,
    calls: 0,
    updatedAt: at,
  }));
}

export interface PlanStore {
  create(plan: Plan, changes: readonly Change[]): Promise<void>;
  get(planId: string): Promise<Plan | null>;
  list(after: string | null, limit: number): Promise<readonly Plan[]>;
  /** Compare-and-set; false when the plan is in none of those states (any more). Holds the plan's row until commit. */
  setState(planId: string, from: readonly PlanState[], to: PlanState): Promise<boolean>;
  /** Work begins: stamps live approvals; what an expired, never started one approved is skipped. */
  startApprovals(planId: string, at: string): Promise<void>;
  /** Ordered by seq; `after` is the last seq seen, 0 to begin. */
  changes(
    planId: string,
    query: {
      readonly op?: string;
      readonly state?: string;
      readonly gate?: string;
      readonly after: number;
      readonly limit: number;
    },
  ): Promise<readonly Change[]>;
  change(changeId: string): Promise<Change | null>;
  /** {op: {state: n}} */
  counts(planId: string): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>>;
  addApproval(approval: Approval): Promise<void>;
  approvals(planId: string): Promise<readonly Approval[]>;
  /** Moves changes of a plan from one state to another, and says which moved. */
  moveChanges(
    planId: string,
    ids: readonly string[],
    from: readonly ChangeState[],
    to: ChangeState,
    at: string,
    approvalId?: string,
  ): Promise<readonly string[]>;
  /**
   * Takes the next change in seq order that is approved, unknown (and rested), or leased by a lease that ran out,
   * unless another change of the same person is leased. Raises its fence. Null when nothing can be taken now.
   */
  claim(
    planId: string,
    input: { readonly at: string; readonly leaseUntil: string; readonly unknownBefore: string },
  ): Promise<{ readonly change: Change; readonly from: ChangeState } | null>;
  /** False when the fence is no longer the change's own: the lease was lost, and nothing may be written. */
  renew(changeId: string, fence: number, leaseUntil: string): Promise<boolean>;
  /** Records that all preconditions were re-read under this fence. */
  checked(changeId: string, fence: number): Promise<boolean>;
  /** Fenced write of the result. */
  finish(
    changeId: string,
    fence: number,
    state: ChangeState,
    outcome: ChangeOutcome,
    calls: number,
    at: string,
  ): Promise<boolean>;
  /** Commits the intent of a call; false when the fence is stale. */
  intend(attempt: Attempt): Promise<boolean>;
  settle(attemptId: string, outcome: StepOutcome, at: string): Promise<void>;
  attempts(changeId: string): Promise<readonly Attempt[]>;
  /** True while the change is an approved, unexpired, leased deprovision of this account, checked under this fence. */
  mayDeprovision(input: {
    readonly changeId: string;
    readonly fence: number;
    readonly accountId: string;
    readonly at: string;
  }): Promise<boolean>;
  /** The same for an erase of exactly this e-mail. */
  mayErase(input: {
    readonly changeId: string;
    readonly fence: number;
    readonly email: string;
    readonly at: string;
  }): Promise<boolean>;
  /** E-mails whose erasure was asked of Drift since the instant, or may have been. */
  erasedSince(at: string): Promise<readonly string[]>;
  /** Deprovisions done since the instant, for rolling gates. */
  deprovisionedSince(at: string): Promise<number>;
  /** Plans with work left: approved, applying. */
  unfinished(): Promise<readonly Plan[]>;
}
