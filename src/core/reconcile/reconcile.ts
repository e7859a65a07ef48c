import type { Baseline } from '../identity/account.ts';
import { type Assessment, assessAccount, assessPerson, leavingAccounts } from './assess.ts';
import { planChanges } from './changes.ts';
import type { Disposition, Entry } from './entry.ts';
import { baselineByAgreement } from './outcome.ts';
import { evaluateGates } from './gates.ts';
import type { ReconcileInput, SourceHealth } from './input.ts';
import type { ChangeOp, DraftChange, Gate } from './plan.ts';
import type { Planned } from './removal.ts';
import type { Situation } from './situation.ts';
import { summarise } from './summary.ts';
import { type World, createWorld } from './world.ts';

export type { ReconcileInput, SourceHealth };

export interface ReconcileResult {
  readonly entries: readonly Entry[];
  readonly situations: Readonly<Partial<Record<Situation, number>>>;
  /** Persons in scope plus unlinked accounts: exactly the number of entries. */
  readonly population: number;
  readonly changes: readonly DraftChange[];
  readonly gates: readonly Gate[];
  /**
   * Baselines to store though nothing is written: on these accounts Drift shows what is wanted, so from now on a change of
   * either side can be told from one of the other.
   */
  readonly agreed: readonly Baseline[];
  /** One line, as plain as Terraform's. */
  readonly summary: string;
}

/**
 * Compares what the sources say with what Drift shows, and plans. Pure: the same input gives the same result, in the same
 * order. Entries come in the order of persons, then of unlinked accounts; changes in the order of entries.
 */
export function reconcile(input: ReconcileInput): ReconcileResult {
  const world = createWorld(input);
  const only = input.only === undefined ? null : new Set(input.only);
  const all = input.persons.map((person) => assessPerson(world, person));
  const leaving = leavingAccounts(world, all);
  const looked = only === null ? all : all.filter(({ person }) => only.has(person.id));
  const planned = looked.map((assessment) => planChanges(world, assessment, (id) => leaving.has(id)));
  const { drafts, gates } = evaluateGates(
    input,
    planned.flatMap((plan) => plan.drafts),
    all,
  );
  const draftsOf = Map.groupBy(drafts, (draft) => draft.personId ?? '');
  const entries = looked.map((assessment, index) =>
    personEntry(assessment, planned[index], draftsOf.get(assessment.person.id) ?? [], input.policy.approval.auto),
  );
  for (const account of only === null ? input.accounts : []) {
    if (world.holdersOf(account.id).length > 0) continue;
    entries.push({
      ...assessAccount(world, account),
      accountId: account.id,
      lifecycle: { expected: 'undecided', rule: 'No person is linked to this account.' },
      attributes: [],
      candidates: [],
      disposition: 'none',
    });
  }
  const situations: Partial<Record<Situation, number>> = {};
  for (const { situation } of entries) situations[situation] = (situations[situation] ?? 0) + 1;
  return {
    entries,
    situations,
    population: entries.length,
    changes: drafts,
    gates,
    agreed: looked.flatMap((assessment) => agreementOf(world, assessment)),
    summary: summarise(drafts),
  };
}

function agreementOf(world: World, { account, attributes, situation }: Assessment): readonly Baseline[] {
  if (account === undefined || situation === 'PROTECTED') return [];
  const values = baselineByAgreement(attributes, world.baselineOf(account.id)?.values);
  return values === null ? [] : [{ accountId: account.id, values, at: world.input.now }];
}

function personEntry(
  assessment: Assessment,
  planned: Planned | undefined,
  drafts: readonly DraftChange[],
  auto: readonly ChangeOp[],
): Entry {
  const { person, situation, flags, account, seat, attributes, match } = assessment;
  const blocked = planned?.blocked ?? [];
  const codes = [...new Set(drafts.flatMap(({ gates }) => gates))];
  return {
    situation,
    flags,
    personId: person.id,
    ...(account === undefined ? {} : { accountId: account.id }),
    lifecycle: seat.lifecycle,
    attributes,
    candidates: match.candidates,
    disposition: dispositionOf(situation, drafts, blocked, auto),
    reasons: [...blocked, ...codes.map((code) => `Held by gate ${code}.`), ...assessment.reasons],
  };
}

const BY_SITUATION: Readonly<Partial<Record<Situation, Disposition>>> = {
  UNDECIDED_SOURCE: 'blocked',
  QUARANTINED: 'blocked',
  IDENTIFIER_SWAP: 'blocked',
  DUPLICATE_SOURCE: 'blocked',
  AMBIGUOUS: 'blocked',
  DISPUTED: 'blocked',
  MATCH_ALREADY_LINKED: 'blocked',
  DUPLICATE_TARGET: 'blocked',
  WEAK_MATCH: 'blocked',
  REPROVISION_REFUSED: 'blocked',
  MISSING_IN_TARGET: 'blocked',
  SOURCES_DISAGREE: 'blocked',
  ACTIVE_MISMATCH: 'blocked',
  ATTRIBUTE_CONFLICT: 'blocked',
  SCHEDULED_JOINER: 'not_due',
  SCHEDULED_LEAVER: 'not_due',
  IN_GRACE: 'not_due',
  SOURCE_VANISHED: 'not_due',
};

function dispositionOf(
  situation: Situation,
  drafts: readonly DraftChange[],
  blocked: readonly string[],
  auto: readonly ChangeOp[],
): Disposition {
  if (drafts.some(({ gates }) => gates.length > 0)) return 'held';
  if (drafts.some(({ op }) => !auto.includes(op))) return 'needs_approval';
  if (drafts.length > 0) return 'ready';
  return blocked.length > 0 ? 'blocked' : (BY_SITUATION[situation] ?? 'none');
}
