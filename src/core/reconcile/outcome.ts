import { fold } from '../fold.ts';
import type { Account } from '../identity/account.ts';
import { ATTRIBUTE_RULES, type AttributeName, type AttributeValues } from '../identity/attributes.ts';
import { actualOf } from './compare.ts';
import type { AttributeEntry } from './entry.ts';
import type { ChangeState, PlanState } from './plan.ts';

/** What the call itself answered: `unknown` covers a timeout, a cut connection, a 5xx and a process that died. */
export type Answered = 'ok' | 'unknown';

/** What was done, and what Drift showed when it was read back. */
export type ReadBack = { readonly answered: Answered; readonly settled: boolean } & (
  | {
      readonly op: 'create';
      readonly sent: AttributeValues;
      /** Every account that the look-up by userName gave; others are sorted out here (filters may be ignored). */
      readonly found: readonly Account[];
    }
  | {
      readonly op: 'update' | 'rename' | 'role';
      readonly before: AttributeValues;
      readonly sent: AttributeValues;
      readonly account: Account | null;
      /** The baseline so far, which stays for whatever was not sent. */
      readonly previous?: AttributeValues;
    }
  | { readonly op: 'deprovision'; readonly account: Account | null }
);

export type Outcome =
  /** `baseline`: what is now known to be there, as Drift shows it; null after a removal. */
  | { readonly kind: 'done'; readonly accountId?: string; readonly baseline: AttributeValues | null }
  /** The settle window has passed and nothing of it is there: the one case in which the call may be made again. */
  | { readonly kind: 'absent-safe-to-retry' }
  /** Too early to say, or nothing to say it by: rest, then read again. */
  | { readonly kind: 'still-unknown' }
  /** More than one account has the userName: for a person to look at, never cleaned up by itself. */
  | { readonly kind: 'duplicate'; readonly accountIds: readonly string[] }
  /** Drift shows something else than was sent. */
  | {
      readonly kind: 'diverged';
      readonly accountId?: string;
      readonly attributes: readonly AttributeName[];
      readonly baseline: AttributeValues | null;
    };

/**
 * Judges a Drift call by what is there afterwards. `settled`: the settle window has passed since the intent was
 * committed; only then does absence mean that the call had no effect.
 */
export function judgeOutcome(read: ReadBack): Outcome {
  switch (read.op) {
    case 'create': {
      const wanted = fold((read.sent.userName ?? '').trim());
      const found = read.found.filter(({ values }) => fold((values.userName ?? '').trim()) === wanted);
      const [account] = found;
      if (account === undefined) return missing(read);
      if (found.length > 1) return { kind: 'duplicate', accountIds: found.map(({ id }) => id) };
      return shown(account, read.sent);
    }
    case 'deprovision':
      if (read.account === null) return { kind: 'done', baseline: null };
      if (!read.settled) return { kind: 'still-unknown' };
      return read.answered === 'unknown'
        ? { kind: 'absent-safe-to-retry' }
        : { kind: 'diverged', accountId: read.account.id, attributes: [], baseline: null };
    case 'update':
    case 'rename':
    case 'role': {
      if (read.account === null) {
        return read.settled ? { kind: 'diverged', attributes: [], baseline: null } : { kind: 'still-unknown' };
      }
      const judged = shown(read.account, read.sent, read.previous);
      if (judged.kind !== 'diverged') return judged;
      if (!read.settled) return { kind: 'still-unknown' };
      const untouched = differing(read.account, read.before).length === 0;
      return untouched && read.answered === 'unknown' ? { kind: 'absent-safe-to-retry' } : judged;
    }
  }
}

/**
 * The baseline to store: every value as Drift shows it (echo adoption: a lower-cased address is no drift), and what was
 * sent but is not shown, so that an attribute which Drift keeps to itself is not sent again on every run. Where there was
 * a baseline, only what was sent moves: a drift of another attribute must not become our own doing.
 */
export function baselineAfter(account: Account, sent: AttributeValues, previous?: AttributeValues): AttributeValues {
  const baseline: Partial<Record<AttributeName, string>> = { ...previous, ...sent };
  for (const { name } of ATTRIBUTE_RULES) {
    const actual = actualOf(account, name);
    if (actual !== undefined && (previous === undefined || sent[name] !== undefined)) baseline[name] = actual;
  }
  return baseline;
}

/**
 * The baseline that a comparison alone gives: where Drift shows what is wanted, that is known to both sides from now on,
 * whoever wrote it. Null when it says nothing new.
 */
export function baselineByAgreement(
  attributes: readonly AttributeEntry[],
  previous: AttributeValues | undefined,
): AttributeValues | null {
  const agreed: Partial<Record<AttributeName, string>> = {};
  for (const { name, verdict, actual, baseline } of attributes) {
    const isNew = verdict === 'converged' || (verdict === 'in_sync' && baseline === undefined);
    if (isNew && actual !== undefined) agreed[name] = actual;
  }
  return Object.keys(agreed).length === 0 ? null : { ...previous, ...agreed };
}

function shown(account: Account, sent: AttributeValues, previous?: AttributeValues): Outcome {
  const baseline = baselineAfter(account, sent, previous);
  const attributes = differing(account, sent);
  return attributes.length === 0
    ? { kind: 'done', accountId: account.id, baseline }
    : { kind: 'diverged', accountId: account.id, attributes, baseline };
}

/** A call that was answered and left nothing is not safe to make again: it may still come. */
function missing({ settled, answered }: ReadBack): Outcome {
  return settled && answered === 'unknown' ? { kind: 'absent-safe-to-retry' } : { kind: 'still-unknown' };
}

/** Names of values that the account shows otherwise; what Drift shows in no view is not held against it. */
function differing(account: Account, values: AttributeValues): readonly AttributeName[] {
  return ATTRIBUTE_RULES.filter(({ name, normalise, strength }) => {
    const wanted = values[name];
    const actual = actualOf(account, name);
    if (wanted === undefined || strength === 'initial_only') return false;
    if (actual === undefined) return strength === 'enforce';
    return normalise(actual) !== normalise(wanted);
  }).map(({ name }) => name);
}

export type Transitions<S extends string> = Readonly<Record<S, readonly S[]>>;

/** A lease that ran out is taken over (`leased` to `leased`); what is unknown is read back under a new lease. */
export const CHANGE_TRANSITIONS: Transitions<ChangeState> = {
  planned: ['approved', 'excluded', 'skipped'],
  held: ['approved', 'excluded', 'skipped'],
  approved: ['leased', 'excluded', 'skipped'],
  leased: ['leased', 'approved', 'done', 'verified', 'stale', 'failed', 'unknown', 'skipped'],
  unknown: ['leased'],
  done: ['verified', 'failed'],
  excluded: [],
  verified: [],
  stale: [],
  failed: [],
  skipped: [],
};

/** A plan of which a part was applied waits again for the rest (`applying` to `ready` or `held`). */
export const PLAN_TRANSITIONS: Transitions<PlanState> = {
  ready: ['approved', 'rejected', 'expired', 'cancelled'],
  held: ['approved', 'rejected', 'expired', 'cancelled'],
  approved: ['applying', 'paused', 'rejected', 'expired', 'cancelled'],
  applying: ['ready', 'held', 'paused', 'done', 'cancelled'],
  paused: ['applying', 'cancelled', 'expired'],
  done: [],
  rejected: [],
  expired: [],
  cancelled: [],
};

export function mayTransition<S extends string>(transitions: Transitions<S>, from: S, to: S): boolean {
  return transitions[from].includes(to);
}

/** States that nothing leads out of. */
export function terminalStates<S extends string>(transitions: Transitions<S>): readonly S[] {
  return (Object.keys(transitions) as S[]).filter((state) => transitions[state].length === 0);
}
