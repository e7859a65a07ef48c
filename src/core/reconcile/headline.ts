import type { MatchKind } from '../identity/matching.ts';
import type { Verdict } from './entry.ts';
import type { SeatPhase } from './lifecycle.ts';
import { SITUATIONS, type Situation } from './situation.ts';

/** The axes of an entry: link, lifecycle and attributes are judged apart, and one headline is derived from them. */
export interface Facts {
  readonly isProtected: boolean;
  readonly quarantined: boolean;
  readonly swapped: boolean;
  /** More than one live record claims the person, or two persons claim one userName. */
  readonly duplicateSource: boolean;
  readonly match: MatchKind;
  /** The account is held by links of more than one person. */
  readonly sharedAccount: boolean;
  /** Linked accounts that Drift shows. */
  readonly accounts: number;
  /** Linked, and Drift shows none of the accounts. */
  readonly gone: boolean;
  readonly tombstoned: boolean;
  readonly phase: SeatPhase;
  /** The lifecycle expects an active seat now. */
  readonly needed: boolean;
  readonly disagree: boolean;
  readonly accountActive: boolean;
  readonly verdicts: ReadonlySet<Verdict>;
}

const absent = ({ accounts, needed }: Facts): boolean => accounts === 0 && needed;

/**
 * One line a situation that a person can be in. ORPHAN_IN_TARGET belongs to accounts alone (`accountSituation`); REHIRE
 * needs the employment that came before, which a person does not keep in this release: who comes back within grace is
 * simply active again.
 */
const RULES: Readonly<Partial<Record<Situation, (facts: Facts) => boolean>>> = {
  PROTECTED: (f) => f.isProtected,
  UNDECIDED_SOURCE: (f) => f.phase === 'undecided',
  QUARANTINED: (f) => f.quarantined,
  IDENTIFIER_SWAP: (f) => f.swapped,
  DUPLICATE_SOURCE: (f) => f.duplicateSource,
  AMBIGUOUS: (f) => f.match === 'ambiguous',
  DISPUTED: (f) => f.match === 'disputed' || f.sharedAccount,
  MATCH_ALREADY_LINKED: (f) => f.match === 'taken',
  DUPLICATE_TARGET: (f) => f.accounts > 1,
  UNLINKED_MATCH: (f) => f.match === 'auto',
  WEAK_MATCH: (f) => f.match === 'weak',
  REPROVISION_REFUSED: (f) => absent(f) && f.tombstoned,
  MISSING_IN_TARGET: (f) => absent(f) && f.gone,
  ABSENT_IN_TARGET: (f) => absent(f) && f.phase === 'wanted',
  SCHEDULED_JOINER: (f) => f.phase === 'joiner',
  SCHEDULED_LEAVER: (f) => f.phase === 'scheduled_leaver',
  IN_GRACE: (f) => f.phase === 'grace' && f.accounts > 0,
  SOURCE_VANISHED: (f) => f.phase === 'vanished',
  OUT_OF_SCOPE: (f) => f.phase === 'due' && f.accounts > 0,
  SOURCES_DISAGREE: (f) => f.disagree && f.accounts === 0 && !f.gone,
  ACTIVE_MISMATCH: (f) => f.accounts > 0 && !f.accountActive,
  ATTRIBUTE_CONFLICT: (f) => f.verdicts.has('conflict'),
  ATTRIBUTE_DRIFT: (f) => f.verdicts.has('drift'),
  ATTRIBUTE_PENDING: (f) => f.verdicts.has('pending') || f.verdicts.has('unattributed'),
  IN_SYNC: (f) => f.accounts > 0,
  NOT_REQUIRED: (f) => !f.gone,
};

/** The headline of a person. Total: who has no account, needs none and has lost none is LINK_ONLY by its dead link. */
export function personSituation(facts: Facts): Situation {
  return SITUATIONS.find((situation) => RULES[situation]?.(facts) === true) ?? 'LINK_ONLY';
}

const BY_MATCH: Readonly<Record<MatchKind, Situation>> = {
  ambiguous: 'AMBIGUOUS',
  disputed: 'DISPUTED',
  taken: 'MATCH_ALREADY_LINKED',
  auto: 'UNLINKED_MATCH',
  weak: 'WEAK_MATCH',
  none: 'ORPHAN_IN_TARGET',
};

/** The headline of an account that no person is linked to. */
export function accountSituation(isProtected: boolean, match: MatchKind): Situation {
  return isProtected ? 'PROTECTED' : BY_MATCH[match];
}
