import type { Account } from '../identity/account.ts';
import { fold } from '../fold.ts';
import type { MatchKind, PersonMatch } from '../identity/matching.ts';
import type { PersonState } from '../identity/person.ts';
import { compareAttributes } from './compare.ts';
import { type Desired, desiredOf, desiredUserName, isAdminRole } from './desired.ts';
import type { AttributeEntry } from './entry.ts';
import { accountSituation, personSituation } from './headline.ts';
import { type SeatDecision, decideSeat } from './lifecycle.ts';
import type { Situation } from './situation.ts';
import { type World, namesOf } from './world.ts';

/** A person as this run sees it, before anything is planned. */
export interface Assessment {
  readonly person: PersonState;
  readonly situation: Situation;
  readonly seat: SeatDecision;
  readonly match: PersonMatch;
  readonly desired: Desired;
  /** The one linked account that Drift shows. */
  readonly account?: Account;
  readonly attributes: readonly AttributeEntry[];
  readonly flags: readonly string[];
  readonly reasons: readonly string[];
}

const NO_MATCH: PersonMatch = { kind: 'none', candidates: [] };
const NO_OPINION: Desired = { values: {}, origins: {} };

export function assessPerson(world: World, person: PersonState): Assessment {
  const links = world.linksOf(person.id);
  const live = world.liveOf(person.id);
  const match = links.length === 0 ? world.matching.ofPerson(person.id) : NO_MATCH;
  const seat = decideSeat(person, links.length > 0 || match.kind === 'auto', world.seatRule);
  const needed = seat.lifecycle.expected === 'active';
  // Most people of a company have no seat and need none: their attributes are nobody's business here.
  const desired = live.length > 0 || needed ? desiredOf(person, world.input.policy, world.votes) : NO_OPINION;
  const userName = desired.values.userName;
  const [account] = live.length === 1 ? live : [];
  const attributes =
    account === undefined
      ? []
      : compareAttributes({
          desired: desired.values,
          origins: desired.origins,
          baseline: world.baselineOf(account.id)?.values,
          account,
        });
  const protection = protectionFor(world, person, live, links.length > 0);
  const situation = personSituation({
    isProtected: protection !== null,
    quarantined: person.hr?.state === 'quarantined',
    swapped: account !== undefined && userName !== undefined && isSwapped(world, account, userName),
    duplicateSource:
      person.duplicates.length > 0 || (needed && userName !== undefined && world.isClaimedTwice(userName)),
    match: match.kind,
    sharedAccount: live.some(({ id }) => world.holdersOf(id).length > 1),
    accounts: live.length,
    gone: links.length > 0 && live.length === 0,
    tombstoned: needed && live.length === 0 && world.isTombstoned(person.id, userName),
    phase: seat.phase,
    needed,
    disagree: seat.disagree,
    accountActive: live.every(({ active }) => active),
    verdicts: new Set(needed ? attributes.map(({ verdict }) => verdict) : []),
  });
  return {
    person,
    situation,
    seat,
    match,
    desired,
    ...(account === undefined ? {} : { account }),
    attributes,
    flags: [...seat.flags, ...(account === undefined ? [] : accountFlags(world, account))],
    reasons: [...(protection === null ? [] : [protection]), ...EXPLAINED[situation], seat.lifecycle.rule],
  };
}

/** What is true of an account that no person is linked to. */
export function assessAccount(
  world: World,
  account: Account,
): { readonly situation: Situation; readonly flags: readonly string[]; readonly reasons: readonly string[] } {
  const protection = world.protectionOf(account);
  const match = world.matching.ofAccount(account.id);
  return {
    situation: accountSituation(protection !== null, match.kind),
    flags: accountFlags(world, account),
    reasons: protection !== null ? [protection] : [accountReason(match.kind, match.personIds)],
  };
}

function accountReason(kind: MatchKind, personIds: readonly string[]): string {
  const who = personIds.slice(0, 5).join(', ');
  switch (kind) {
    case 'auto':
      return `It is the one clear match of person ${who}; that person's entry has the link.`;
    case 'weak':
      return `It could belong to person ${who}, but not surely enough to link by itself.`;
    case 'ambiguous':
      return `Person ${who} has more than one candidate, and this is one of them.`;
    case 'disputed':
      return `More than one person could hold it: ${who}.`;
    case 'taken':
      return `It looks like a second seat, or somebody else's: ${who} is linked elsewhere.`;
    case 'none':
      return 'No person is linked to it and none fits; nothing is done with it.';
  }
}

/** A linked account under protection, or an address that a protected account has: then a create would collide with it. */
function protectionFor(world: World, person: PersonState, live: readonly Account[], linked: boolean): string | null {
  for (const account of live) {
    const why = world.protectionOf(account);
    if (why !== null) return why;
  }
  if (linked) return null;
  for (const account of namesOf(person).flatMap((name) => world.named(name))) {
    const why = world.protectionOf(account);
    if (why !== null) return `${why} It has this person's address, so no seat is planned (account ${account.id}).`;
  }
  return null;
}

/** Two linked persons want each other's userName: their keys were crossed in the source. */
function isSwapped(world: World, account: Account, userName: string): boolean {
  const mine = account.values.userName;
  if (mine === undefined || fold(mine) === fold(userName)) return false;
  return world
    .named(userName)
    .filter(({ id }) => id !== account.id)
    .flatMap(({ id }) => world.holdersOf(id))
    .some((personId) => {
      const other = world.person(personId)?.idp;
      const wanted = other === undefined ? undefined : desiredUserName(other);
      return wanted !== undefined && fold(wanted) === fold(mine);
    });
}

function accountFlags(world: World, account: Account): readonly string[] {
  const owned = world.ownedOf(account);
  return [
    ...(owned.accounts > 0 ? [`OWNS_ACCOUNTS(${String(owned.accounts)})`] : []),
    ...(owned.contacts > 0 ? [`OWNS_CONTACTS(${String(owned.contacts)})`] : []),
    ...(account.roles.some(isAdminRole) ? ['PRIVILEGED'] : []),
    ...(account.disagreements.length > 0 ? ['VIEW_DISAGREEMENT'] : []),
  ];
}

const NOTHING: readonly string[] = [];
const EXPLAINED: Readonly<Record<Situation, readonly string[]>> = {
  PROTECTED: NOTHING,
  UNDECIDED_SOURCE: NOTHING,
  QUARANTINED: [
    'The HR row of this person is bad: it counts as present and nothing is changed until it is good again.',
  ],
  IDENTIFIER_SWAP: ['Two people would exchange userNames: their keys look crossed, so both wait for a person.'],
  DUPLICATE_SOURCE: ['More than one live record or person claims the same identity; none of them is acted on.'],
  AMBIGUOUS: ['More than one account could be this person; somebody has to choose.'],
  DISPUTED: ['The account could belong to more than one person; somebody has to choose.'],
  MATCH_ALREADY_LINKED: ['The account that fits best is linked to somebody else.'],
  DUPLICATE_TARGET: ['More than one account is linked to this person; none of them is changed.'],
  UNLINKED_MATCH: ['Exactly one account fits; it is linked now and compared from the next run on.'],
  WEAK_MATCH: ['One account could be this person, but not surely enough to link by itself.'],
  REPROVISION_REFUSED: ['The seat was removed for good: Drift does not provision the same user again.'],
  MISSING_IN_TARGET: ['The linked account is not in Drift any more; it is never created again by itself.'],
  ABSENT_IN_TARGET: ['A seat is required, there is none, and no account could be this person.'],
  SCHEDULED_JOINER: NOTHING,
  SCHEDULED_LEAVER: NOTHING,
  IN_GRACE: ['The seat is to be removed when grace ends; nothing is done in Drift until then.'],
  REHIRE: NOTHING,
  SOURCE_VANISHED: NOTHING,
  OUT_OF_SCOPE: ['Grace is over: handover, then removal.'],
  SOURCES_DISAGREE: ['The sources do not agree about this person; a seat needs both.'],
  ORPHAN_IN_TARGET: NOTHING,
  ACTIVE_MISMATCH: ['Drift shows the account inactive, and an account cannot be activated again; nothing is written.'],
  ATTRIBUTE_CONFLICT: ['The sources and Drift both changed a value since it was last written; somebody has to choose.'],
  ATTRIBUTE_DRIFT: ['drift, reported: a value was changed in Drift, outside of the bridge; nothing is written.'],
  ATTRIBUTE_PENDING: NOTHING,
  IN_SYNC: NOTHING,
  NOT_REQUIRED: NOTHING,
  LINK_ONLY: ['Both ends are gone; the link is history.'],
};

/** Accounts of people who leave, now or when their grace is over: such an account receives nothing. */
export function leavingAccounts(world: World, all: readonly Assessment[]): ReadonlySet<string | undefined> {
  return new Set(
    all
      .filter(({ seat }) => seat.phase === 'grace' || seat.phase === 'due')
      .flatMap(({ person, match }) => [...world.liveOf(person.id).map(({ id }) => id), match.accountId]),
  );
}
