import type { Account } from '../../core/identity/account.ts';
import type { PersonState } from '../../core/identity/person.ts';
import type { AccountStore } from '../account-port.ts';
import type { PeopleStore } from '../people-port.ts';

/** Who it is, in as few words as a report needs. */
export interface PersonBrief {
  readonly id: string;
  readonly name: string | null;
  readonly userName: string | null;
  readonly emails: readonly string[];
}

export interface AccountBrief {
  readonly id: string;
  readonly userName: string | null;
  readonly email: string | null;
}

export function personBrief(person: PersonState): PersonBrief {
  const { idp, hr } = person;
  const idpName = idp?.displayName ?? joined(idp?.given, idp?.family);
  const hrName = hr?.record.display ?? joined(hr?.record.preferred ?? hr?.record.given, hr?.record.family);
  const hrEmail = hr?.record.workEmail;
  return {
    id: person.id,
    name: idpName ?? hrName ?? null,
    userName: idp?.userName ?? null,
    emails: idp !== undefined && idp.emails.length > 0 ? idp.emails : hrEmail === undefined ? [] : [hrEmail],
  };
}

function joined(given: string | undefined, family: string | undefined): string | undefined {
  const parts = [given, family].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(' ');
}

export function accountBrief(account: Account): AccountBrief {
  return { id: account.id, userName: account.values.userName ?? null, email: account.values.email ?? null };
}

/** Above this many it is cheaper to read all accounts than each by itself. */
const SINGLY = 20;

export interface Names {
  person(id: string | undefined): PersonBrief | null;
  account(id: string | undefined): AccountBrief | null;
}

/** People and accounts by id, loaded in sets. An id that is known no more still gives its id. */
export async function loadNames(
  store: { readonly people: Pick<PeopleStore, 'states'>; readonly accounts: Pick<AccountStore, 'find' | 'present'> },
  personIds: readonly string[],
  accountIds: readonly string[],
): Promise<Names> {
  const wantedPeople = [...new Set(personIds)];
  const states = wantedPeople.length === 0 ? [] : await store.people.states(wantedPeople);
  const people = new Map(states.map((state) => [state.id, personBrief(state)]));
  const wanted = new Set(accountIds);
  const present = wanted.size > SINGLY ? await store.accounts.present() : [];
  const accounts = new Map(present.filter(({ id }) => wanted.has(id)).map((one) => [one.id, accountBrief(one)]));
  for (const id of wanted) {
    if (accounts.has(id)) continue;
    const found = await store.accounts.find(id);
    if (found !== null) accounts.set(id, accountBrief(found.account));
  }
  return {
    person: (id) => (id === undefined ? null : (people.get(id) ?? { id, name: null, userName: null, emails: [] })),
    account: (id) => (id === undefined ? null : (accounts.get(id) ?? { id, userName: null, email: null })),
  };
}
