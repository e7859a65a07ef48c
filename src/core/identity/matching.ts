import type { Candidate } from '../reconcile/entry.ts';
import type { Policy } from '../reconcile/policy.ts';
import { fold } from '../fold.ts';
import type { Account } from './account.ts';
import { localPart } from './email.ts';
import {
  type AccountTraits,
  type PersonTraits,
  type Scales,
  traitsOfAccount,
  traitsOfPerson,
  weigh,
} from './evidence.ts';
import type { CannotLink, Link, PersonState } from './person.ts';

/** `taken`: the best candidate is linked to somebody else. */
export type MatchKind = 'none' | 'auto' | 'weak' | 'ambiguous' | 'disputed' | 'taken';

export interface PersonMatch {
  readonly kind: MatchKind;
  /** Set for `auto`: the account to link. */
  readonly accountId?: string;
  /** Ranked, best first; those below review only when something speaks against them. */
  readonly candidates: readonly Candidate[];
}

export interface AccountMatch {
  readonly kind: MatchKind;
  /** Persons that could hold the account. */
  readonly personIds: readonly string[];
}

export interface Matching {
  ofPerson(personId: string): PersonMatch;
  ofAccount(accountId: string): AccountMatch;
}

interface Pair {
  readonly personId: string;
  readonly candidate: Candidate;
  readonly proven: boolean;
  readonly refused: boolean;
  /** The account is linked to another person. */
  readonly taken: boolean;
}

/** The contract's floor: a policy may ask for more, never for less. */
const AUTO_FLOOR = 0.95;
/** A name that more accounts carry than this is no evidence worth scoring. */
const NAME_BEARERS = 50;

const NO_PERSON_MATCH: PersonMatch = { kind: 'none', candidates: [] };
const NO_ACCOUNT_MATCH: AccountMatch = { kind: 'none', personIds: [] };

/**
 * Candidates between persons without a link and accounts without one. `accounts` are those that may be matched at all:
 * the caller leaves out bots, the OWNER, protected and tombstoned ones. Indexed; linear in persons plus accounts.
 */
export function matchPeople(input: {
  readonly persons: readonly PersonState[];
  readonly accounts: readonly Account[];
  readonly links: readonly Link[];
  readonly cannotLinks: readonly CannotLink[];
  readonly verifiedDomains: readonly string[];
  readonly thresholds: Policy['matching'];
}): Matching {
  const { autoLink, runnerUp, review } = input.thresholds;
  const auto = Math.max(autoLink, AUTO_FLOOR);
  const index = indexAccounts(input.accounts.map(traitsOfAccount));
  const holder = new Map(input.links.map((link) => [link.accountId, link.personId]));
  const linked = new Set(input.links.map((link) => link.personId));
  const verified = new Set(input.verifiedDomains.map((domain) => fold(domain.trim())));
  const refusals = new Set(input.cannotLinks.map(({ personId, accountId }) => pairKey(personId, accountId)));
  const scales: Scales = {
    isVerified: (domain) => verified.has(domain),
    bearers: (name) => index.byName.get(name)?.length ?? 0,
    cannotLink: (personId, accountId) => refusals.has(pairKey(personId, accountId)),
  };

  const byPerson = new Map<string, readonly Pair[]>();
  const rivals = new Map<string, Pair[]>();
  const heldElsewhere = new Map<string, string[]>();
  for (const person of input.persons) {
    const traits = traitsOfPerson(person);
    if (linked.has(person.id)) {
      // A linked person's second seat is worth a report, by its address only: names would accuse namesakes.
      for (const { account } of index.withMail(traits.mails)) {
        if (!holder.has(account.id)) push(heldElsewhere, account.id, person.id);
      }
      continue;
    }
    const pairs = index
      .near(traits)
      .flatMap((account): readonly Pair[] => {
        const weighed = weigh(traits, account, scales);
        if (weighed === null) return [];
        const taken = holder.has(account.account.id);
        // Somebody else's account is no candidate for having the same name.
        if (taken && !traits.mails.some((mail) => account.mails.includes(mail))) return [];
        return [{ personId: person.id, ...weighed, taken }];
      })
      .filter((pair) => pair.refused || pair.candidate.confidence >= review)
      .sort(byConfidence);
    if (pairs.length === 0) continue;
    byPerson.set(person.id, pairs);
    for (const pair of pairs) if (!pair.refused && !pair.taken) push(rivals, pair.candidate.accountId, pair);
  }

  const rivalOf = (pair: Pair): number =>
    Math.max(
      0,
      ...(rivals.get(pair.candidate.accountId) ?? [])
        .filter((other) => other.personId !== pair.personId)
        .map((other) => other.candidate.confidence),
    );
  const winners = new Map<string, string>();
  for (const [personId, pairs] of byPerson) {
    const [best, second] = pairs.filter((pair) => !pair.refused);
    if (best === undefined || best.taken || !best.proven || best.candidate.confidence < auto) continue;
    if ((second?.candidate.confidence ?? 0) <= runnerUp && rivalOf(best) <= runnerUp) {
      winners.set(best.candidate.accountId, personId);
    }
  }

  const persons = new Map<string, PersonMatch>();
  const accounts = new Map<string, { kind: MatchKind; personIds: string[] }>();
  for (const [personId, pairs] of byPerson) {
    const match = resolve(pairs, winners, rivalOf);
    persons.set(personId, match);
    for (const pair of pairs) {
      const { accountId } = pair.candidate;
      if (pair.refused || pair.taken || (winners.get(accountId) ?? personId) !== personId) continue;
      const known = accounts.get(accountId);
      if (known === undefined) accounts.set(accountId, { kind: match.kind, personIds: [personId] });
      else accounts.set(accountId, { kind: 'disputed', personIds: [...known.personIds, personId] });
    }
  }
  for (const [accountId, personIds] of heldElsewhere) {
    if (!accounts.has(accountId)) accounts.set(accountId, { kind: 'taken', personIds });
  }

  return {
    ofPerson: (personId) => persons.get(personId) ?? NO_PERSON_MATCH,
    ofAccount: (accountId) => accounts.get(accountId) ?? NO_ACCOUNT_MATCH,
  };
}

function resolve(
  pairs: readonly Pair[],
  winners: ReadonlyMap<string, string>,
  rivalOf: (pair: Pair) => number,
): PersonMatch {
  const candidates = pairs.map((pair) => pair.candidate);
  // What goes to a clear winner in this run is no candidate of anybody else any more.
  const open = pairs.filter(
    (pair) => !pair.refused && (winners.get(pair.candidate.accountId) ?? pair.personId) === pair.personId,
  );
  const [best, second] = open;
  if (best === undefined) return { kind: 'none', candidates };
  if (winners.get(best.candidate.accountId) === best.personId) {
    return { kind: 'auto', accountId: best.candidate.accountId, candidates };
  }
  if (best.taken) return { kind: 'taken', candidates };
  if (second !== undefined) return { kind: 'ambiguous', candidates };
  return { kind: rivalOf(best) > 0 ? 'disputed' : 'weak', candidates };
}

function indexAccounts(accounts: readonly AccountTraits[]): {
  readonly byName: ReadonlyMap<string, readonly AccountTraits[]>;
  /** Accounts that share an address. */
  readonly withMail: (mails: readonly string[]) => readonly AccountTraits[];
  /** Accounts for which anything may speak, each once. */
  readonly near: (person: PersonTraits) => readonly AccountTraits[];
} {
  const byMail = new Map<string, AccountTraits[]>();
  const byLocal = new Map<string, AccountTraits[]>();
  const byName = new Map<string, AccountTraits[]>();
  for (const account of accounts) {
    for (const mail of account.mails) {
      push(byMail, mail, account);
      if (account.family !== undefined) push(byLocal, `${localPart(mail)} ${account.family}`, account);
    }
    for (const name of account.names) push(byName, name, account);
  }
  const withMail = (mails: readonly string[]): readonly AccountTraits[] => [
    ...new Set(mails.flatMap((mail) => byMail.get(mail) ?? [])),
  ];
  return {
    byName,
    withMail,
    near: ({ mails, aliases, names, family }) => {
      const found = new Set<AccountTraits>(withMail([...mails, ...aliases]));
      for (const mail of family === undefined ? [] : mails) {
        for (const account of byLocal.get(`${localPart(mail)} ${family ?? ''}`) ?? []) found.add(account);
      }
      for (const name of names) {
        const bearers = byName.get(name) ?? [];
        if (bearers.length <= NAME_BEARERS) for (const account of bearers) found.add(account);
      }
      return [...found];
    },
  };
}

function byConfidence(left: Pair, right: Pair): number {
  return (
    right.candidate.confidence - left.candidate.confidence ||
    (left.candidate.accountId < right.candidate.accountId ? -1 : 1)
  );
}

function pairKey(personId: string, accountId: string): string {
  return `${personId}\u0000${accountId}`;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
