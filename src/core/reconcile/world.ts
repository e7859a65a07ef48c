import { fold } from '../fold.ts';
import type { Account, Baseline, OwnedCounts } from '../identity/account.ts';
import { emailKey } from '../identity/email.ts';
import { type Matching, matchPeople } from '../identity/matching.ts';
import type { Link, PersonState } from '../identity/person.ts';
import { createProtection } from '../identity/protection.ts';
import { createCalendar } from './calendar.ts';
import { desiredUserName } from './desired.ts';
import type { SeatRule } from './lifecycle.ts';
import type { ReconcileInput } from './input.ts';

/** The input as look-ups, made once a run. */
export interface World {
  readonly input: ReconcileInput;
  readonly seatRule: SeatRule;
  readonly matching: Matching;
  readonly votes: (source: string) => boolean;
  /** Why nothing may touch the account; null for any other. */
  readonly protectionOf: (account: Account) => string | null;
  readonly linksOf: (personId: string) => readonly Link[];
  /** Persons with a link to the account. */
  readonly holdersOf: (accountId: string) => readonly string[];
  /** Linked accounts of a person that Drift shows. */
  readonly liveOf: (personId: string) => readonly Account[];
  /** Accounts that have the name as userName or e-mail. */
  readonly named: (name: string) => readonly Account[];
  readonly account: (accountId: string) => Account | undefined;
  readonly person: (personId: string) => PersonState | undefined;
  readonly baselineOf: (accountId: string) => Baseline | undefined;
  readonly ownedOf: (account: Account) => OwnedCounts;
  readonly isTombstoned: (personId: string, userName: string | undefined) => boolean;
  /** More than one person that may have a seat signs in with this name. */
  readonly isClaimedTwice: (userName: string) => boolean;
}

const NOTHING_OWNED: OwnedCounts = { accounts: 0, contacts: 0, contactsListable: true };

export function createWorld(input: ReconcileInput): World {
  const { policy, tombstones } = input;
  const protection = createProtection(policy.protected);
  const protectedBy = new Map(input.accounts.map((account) => [account.id, protection(account)]));
  const buried = new Set(tombstones.map((tombstone) => tombstone.accountId));
  const buriedPersons = new Set(tombstones.flatMap(({ personId }) => (personId === undefined ? [] : [personId])));
  const buriedNames = new Set(tombstones.map((tombstone) => tombstone.userNameHash));
  const byId = new Map(input.accounts.map((account) => [account.id, account]));
  const persons = new Map(input.persons.map((person) => [person.id, person]));
  const byPerson = Map.groupBy(input.links, (link) => link.personId);
  const byAccount = Map.groupBy(input.links, (link) => link.accountId);
  const byName = new Map<string, Account[]>();
  for (const account of input.accounts) {
    const names = [account.values.userName, account.values.email].filter((name) => name !== undefined).map(nameOf);
    for (const name of new Set(names)) byName.set(name, [...(byName.get(name) ?? []), account]);
  }
  // Health is told of HR feeds; the identity provider pushes and votes unless the caller says otherwise.
  const health = new Map(input.sources.map(({ source, votes }) => [source, votes]));
  const votes = (source: string): boolean => health.get(source) ?? source === 'idp';
  const claims = claimsOf(input.persons);
  const { userNameHash } = input;

  return {
    input,
    votes,
    seatRule: {
      now: input.now,
      policy,
      calendar: createCalendar(policy.sources.companyTimeZone),
      hrFeed: input.hrFeed,
      hrHealthy: input.sources.some((source) => source.source.startsWith('hr:') && source.votes),
      votes,
    },
    matching: matchPeople({
      persons: input.persons,
      accounts: input.accounts.filter(({ id }) => protectedBy.get(id) === null && !buried.has(id)),
      links: input.links,
      cannotLinks: input.cannotLinks,
      verifiedDomains: policy.verifiedDomains,
      thresholds: policy.matching,
    }),
    protectionOf: (account) => protectedBy.get(account.id) ?? null,
    linksOf: (personId) => byPerson.get(personId) ?? [],
    holdersOf: (accountId) => [...new Set((byAccount.get(accountId) ?? []).map((link) => link.personId))],
    liveOf: (personId) =>
      [...new Set((byPerson.get(personId) ?? []).map((link) => link.accountId))].flatMap((accountId) => {
        const account = byId.get(accountId);
        return account === undefined || buried.has(accountId) ? [] : [account];
      }),
    named: (name) => byName.get(nameOf(name)) ?? [],
    account: (accountId) => byId.get(accountId),
    person: (personId) => persons.get(personId),
    baselineOf: (accountId) => input.baselines.get(accountId),
    ownedOf: ({ id }) => input.owned.get(id) ?? NOTHING_OWNED,
    isTombstoned: (personId, userName) =>
      buriedPersons.has(personId) ||
      (byPerson.get(personId) ?? []).some((link) => buried.has(link.accountId)) ||
      (buriedNames.size > 0 && userName !== undefined && buriedNames.has(userNameHash(userName))),
    isClaimedTwice: (userName) => (claims.get(nameOf(userName)) ?? 0) > 1,
  };
}

/** Addresses by which a person could hold an account: sign-in name, primary address, the one that HR knows. */
export function namesOf(person: PersonState): readonly string[] {
  const { idp, hr } = person;
  return [idp?.userName, idp?.emails[0], hr?.record.workEmail]
    .map(emailKey)
    .filter((name): name is string => name !== undefined);
}

function claimsOf(persons: readonly PersonState[]): ReadonlyMap<string, number> {
  const claims = new Map<string, number>();
  for (const { idp } of persons) {
    if (idp?.state !== 'active') continue;
    const userName = desiredUserName(idp);
    if (userName !== undefined) claims.set(nameOf(userName), (claims.get(nameOf(userName)) ?? 0) + 1);
  }
  return claims;
}

function nameOf(name: string): string {
  return fold(name.trim());
}
