import type { Candidate } from '../reconcile/entry.ts';
import type { Account } from './account.ts';
import { ATTRIBUTE_RULES } from './attributes.ts';
import { domainOf, emailKey, localPart } from './email.ts';
import { nameKey, nameParts } from './names.ts';
import type { PersonState } from './person.ts';

/** What of a person can speak for an account. All keys are folded. */
export interface PersonTraits {
  readonly person: PersonState;
  /** Work addresses: the sign-in name, the primary address, the one that HR knows. */
  readonly mails: readonly string[];
  /** Further addresses that the identity provider gives. */
  readonly aliases: readonly string[];
  readonly names: readonly string[];
  readonly family: string | undefined;
}

export interface AccountTraits {
  readonly account: Account;
  readonly mails: readonly string[];
  readonly names: readonly string[];
  readonly family: string | undefined;
}

export interface Weighed {
  readonly candidate: Candidate;
  /** Rests on an address in a verified domain: nothing less may ever link by itself. */
  readonly proven: boolean;
  readonly refused: boolean;
}

export interface Scales {
  readonly isVerified: (domain: string) => boolean;
  /** Accounts that carry a name: a name that only one of them has is worth more (term frequency). */
  readonly bearers: (name: string) => number;
  readonly cannotLink: (personId: string, accountId: string) => boolean;
}

export function traitsOfPerson(person: PersonState): PersonTraits {
  const { idp, hr } = person;
  const mails = keysOf([idp?.userName, idp?.emails[0], hr?.record.workEmail]);
  return {
    person,
    mails,
    aliases: keysOf(idp?.emails.slice(1) ?? []).filter((mail) => !mails.includes(mail)),
    names: nameKeys([
      idp?.displayName,
      full(idp?.given, idp?.family),
      hr?.record.display,
      full(hr?.record.given, hr?.record.family),
      full(hr?.record.preferred, hr?.record.family),
    ]),
    family: familyKey(idp?.family ?? hr?.record.family),
  };
}

export function traitsOfAccount(account: Account): AccountTraits {
  const { values } = account;
  return {
    account,
    mails: keysOf([values.userName, values.email]),
    names: nameKeys([values.displayName, full(values.givenName, values.familyName)]),
    family: familyKey(values.familyName ?? lastWord(values.displayName)),
  };
}

export function familyKey(family: string | undefined): string | undefined {
  const key = family === undefined ? '' : nameParts(family).join(' ');
  return key === '' ? undefined : key;
}

/**
 * Evidence in hundredths, strongest tier first; tiers do not add up with each other, what supports or contradicts them
 * does. Drift keeps no identifier of ours, so the tier of immutable ids is the link itself.
 * Null when nothing speaks for the pair.
 */
export function weigh(person: PersonTraits, account: AccountTraits, scales: Scales): Weighed | null {
  const evidence: { feature: string; weight: number; note: string }[] = [];
  const add = (feature: string, hundredths: number, note: string): void => {
    evidence.push({ feature, weight: hundredths / 100, note });
  };
  const sameFamily = person.family !== undefined && person.family === account.family;
  const shared = person.mails.filter((mail) => account.mails.includes(mail));
  const proven = shared.some((mail) => scales.isVerified(domainOf(mail)));
  const names = person.names.filter((name) => account.names.includes(name));
  let total: number;
  if (proven) {
    total = 95;
    add('email_verified', 95, 'a work e-mail is equal, in a verified domain');
  } else if (shared.length > 0) {
    total = 80;
    add('email_unverified', 80, 'a work e-mail is equal, but no one has proven to own its domain: review only');
  } else if (person.aliases.some((mail) => account.mails.includes(mail))) {
    total = 70;
    add('alias_email', 70, 'a further e-mail of the person is equal');
  } else if (sameFamily && sharesLocalPart(person, account, scales)) {
    total = 70;
    add('alias_domain', 70, 'the same local part in another verified domain');
  } else if (names.length > 0) {
    total = 35;
    add('full_name', 35, 'the full name is equal');
    if (names.some((name) => scales.bearers(name) === 1)) {
      total += 20;
      add('unique_name', 20, 'only one account carries this name');
    }
  } else {
    return null;
  }
  const tier = evidence[0]?.feature ?? '';
  const support = (feature: string, hundredths: number, note: string): void => {
    total += hundredths;
    add(feature, hundredths, note);
  };
  if (tier.startsWith('alias')) {
    if (sameFamily) support('family_name', 20, 'the family name is equal');
  } else if (tier.startsWith('email') && names.length > 0) support('full_name', 3, 'the full name is equal');
  if (samePhone(person.person, account.account)) {
    support('phone', tier === 'full_name' ? 20 : 1, 'the phone number is equal');
  }
  if (tier !== 'full_name' && nothingInCommon(person, account)) {
    support('no_name_in_common', -30, 'no part of the name is equal: the address may have been given to somebody else');
  }
  const refused = scales.cannotLink(person.person.id, account.account.id);
  if (refused) support('cannot_link', -total, 'somebody decided that these two are not the same');
  return {
    candidate: { accountId: account.account.id, confidence: total / 100, rule: tier, evidence },
    proven,
    refused,
  };
}

const phone = ATTRIBUTE_RULES.find((rule) => rule.name === 'phone');

function samePhone(person: PersonState, account: Account): boolean {
  const there = account.values.phone;
  if (there === undefined || phone === undefined) return false;
  const key = phone.normalise(there);
  return [person.idp?.phone, person.hr?.record.phone].some(
    (here) => here !== undefined && key.length > 5 && phone.normalise(here) === key,
  );
}

function sharesLocalPart(person: PersonTraits, account: AccountTraits, scales: Scales): boolean {
  return account.mails.some(
    (there) =>
      scales.isVerified(domainOf(there)) &&
      person.mails.some((here) => scales.isVerified(domainOf(here)) && localPart(here) === localPart(there)),
  );
}

/** True only where both sides have a name of two parts or more: a nickname or a team name says nothing. */
function nothingInCommon(person: PersonTraits, account: AccountTraits): boolean {
  if (person.names.length === 0 || account.names.length === 0) return false;
  const parts = new Set(person.names.flatMap((name) => name.split(' ')));
  return !account.names.some((name) => name.split(' ').some((part) => parts.has(part)));
}

function keysOf(values: readonly (string | undefined)[]): readonly string[] {
  return distinct(values.map(emailKey));
}

/** Each text is folded once: display name and parts are mostly the same words. */
function nameKeys(texts: readonly (string | undefined)[]): readonly string[] {
  return distinct(distinct(texts).map(nameKey));
}

function full(given: string | undefined, family: string | undefined): string | undefined {
  if (given === undefined || family === undefined) return given ?? family;
  return `${given} ${family}`;
}

function distinct(values: readonly (string | undefined)[]): readonly string[] {
  const found: string[] = [];
  for (const value of values) if (value !== undefined && !found.includes(value)) found.push(value);
  return found;
}

function lastWord(text: string | undefined): string | undefined {
  return text?.trim().split(/\s+/).at(-1);
}
