import type { Account } from '../../core/identity/account.ts';
import type { AttributeName, AttributeValues } from '../../core/identity/attributes.ts';
import { fold } from '../../core/fold.ts';
import { baselineAfter } from '../../core/reconcile/outcome.ts';
import type { ChangeState, DraftChange } from '../../core/reconcile/plan.ts';
import type { DriftTarget, Effect } from '../drift-port.ts';
import type { Attempt, Change, ChangeOutcome, Plan } from '../plan-port.ts';
import type { Aggregates, Clock, Crypto, TenantStore } from '../ports.ts';
import type { OwnedListing } from './owned-listing.ts';

/** How one change ended, or that its lease was lost and nothing may be written any more. */
export type Ending = { readonly state: ChangeState; readonly outcome: ChangeOutcome; readonly calls: number } | 'lost';

/** One claimed change and what its steps need. */
export interface Work {
  readonly store: TenantStore;
  readonly drift: DriftTarget;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly plan: Plan;
  readonly change: Change;
  readonly attempts: readonly Attempt[];
  readonly owned: OwnedListing;
  /** `list`: one listing at the end reads everything back, which is cheaper than a call for each. */
  readonly readBack: 'call' | 'list';
  /** What a plan made now, from the stored facts, would do for the same person with the same operation. */
  readonly confirm: (...ops: readonly DraftChange['op'][]) => Promise<DraftChange | null>;
  /** Fenced: writes the ending and whatever belongs to it in one transaction. */
  readonly finish: (
    state: ChangeState,
    outcome: ChangeOutcome,
    also?: (tx: Aggregates) => Promise<void>,
  ) => Promise<Ending>;
}

/** True when an earlier call of this step may have taken effect: then it is read back before anything else. */
export function mayHaveHappened(work: Work, step: string): boolean {
  return work.attempts.some(
    (attempt) => attempt.step === step && attempt.outcome !== 'refused' && attempt.outcome !== 'absent',
  );
}

/** Refusals aside, calls of this step so far. */
export function triesOf(work: Work, step: string): number {
  return work.attempts.filter((attempt) => attempt.step === step).length;
}

/**
 * The one way to change Drift: the intent is committed before the call, and the outcome after it. A process that dies
 * between the two leaves an open attempt, which is read back after the settle window and never repeated blind.
 */
export async function callOnce<T>(
  work: Work,
  step: string,
  call: () => Promise<Effect<T>>,
): Promise<Effect<T> | 'lost'> {
  const { store, clock, crypto, change } = work;
  const attempt: Attempt = { id: crypto.uuid(), changeId: change.id, step, fence: change.fence, intentAt: clock.now() };
  const mine = await store.write(async (tx) => {
    const intended = await tx.plans.intend(attempt);
    if (intended) {
      await tx.audit.append({
        actor: 'system',
        kind: 'drift.intent',
        subject: change.id,
        data: { plan: change.planId, op: change.op, step, fence: change.fence, attempt: attempt.id },
      });
    }
    return intended;
  });
  if (!mine) return 'lost';
  const effect = await call();
  await store.write(async (tx) => {
    await tx.plans.settle(attempt.id, effect.kind, clock.now());
    await tx.audit.append({
      actor: 'system',
      kind: `drift.${effect.kind}`,
      subject: change.id,
      data: { attempt: attempt.id, ...(effect.kind === 'ok' ? {} : { code: effect.code }) },
    });
  });
  return effect;
}

/** So long after an erasure nobody gets its address: Drift erases in its own time, and takes agents who have it by then. */
const ERASING_MS = 30 * 86_400_000;

/** Why nobody may get this address now; null for any other. */
export async function beingErased(
  { store, clock }: Work,
  address: string,
): Promise<[ChangeState, ChangeOutcome] | null> {
  const since = new Date(Date.parse(clock.now()) - ERASING_MS).toISOString();
  const erased = (await store.plans.erasedSince(since)).map((email) => fold(email.trim()));
  return erased.includes(fold(address.trim()))
    ? [
        'skipped',
        {
          code: 'skipped.erasing',
          detail:
            'An erasure of this address was asked for within 30 days; Drift may take whoever has it. Use another address, or wait.',
        },
      ]
    : null;
}

/** The plan, or its whole tenant. */
export async function isPaused({ store, plan }: Work): Promise<boolean> {
  return (await store.plans.get(plan.id))?.state === 'paused' || (await store.events.isTenantPaused());
}

/** A gate that holds this change by now and that its approval does not override: many small plans pass one by one. */
export async function heldByNow(work: Work, draft: DraftChange): Promise<[ChangeState, ChangeOutcome] | null> {
  const approval = (await work.store.plans.approvals(work.plan.id)).find(({ id }) => id === work.change.approvalId);
  const overridden = new Set(approval?.overrides.map(({ gate }) => gate));
  const held = draft.gates.find((gate) => !overridden.has(gate));
  if (held === undefined) return null;
  return [
    'skipped',
    {
      code: 'skipped.gate',
      detail: `Gate "${held}" holds it by now; plan again, and override the gate if it is meant.`,
    },
  ];
}

export function stale(code: string, detail: string): [ChangeState, ChangeOutcome] {
  return ['stale', { code: `stale.${code}`, detail }];
}

export function rest(detail: string): [ChangeState, ChangeOutcome] {
  return ['unknown', { code: 'unknown', detail }];
}

/** Not sent at all: nothing was decided about the change itself, so it rests and is looked at again. */
const NOT_SENT: ReadonlySet<string> = new Set(['rate_limit', 'credential_dead', 'credential_renewed', 'circuit_open']);

export function refused(effect: {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
}): [ChangeState, ChangeOutcome] {
  if (NOT_SENT.has(effect.code)) return ['unknown', { code: `unknown.${effect.code}`, detail: effect.detail }];
  return [
    'failed',
    { code: `refused.${effect.code}`, detail: `Drift refused with ${String(effect.status)}: ${effect.detail}` },
  ];
}

/**
 * Stores an account as just read back. What was sent has a new baseline, as Drift shows it (the echo, where it changed a
 * value); a drift of another attribute stays one.
 */
export async function keep(tx: Aggregates, account: Account, sent: AttributeValues, at: string): Promise<void> {
  const known = await tx.accounts.find(account.id);
  await tx.accounts.putAccount(account, baselineAfter(account, sent, known?.baseline ?? undefined), at);
}

/** A change that would do something else by now is not the change that was approved. */
export function sameValues(left: AttributeValues, right: AttributeValues): boolean {
  const names = new Set<AttributeName>([...Object.keys(left), ...Object.keys(right)] as AttributeName[]);
  return [...names].every((name) => left[name] === right[name]);
}
