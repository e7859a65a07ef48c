import type { Capabilities } from '../core/capabilities.ts';
import { DomainError } from '../core/errors.ts';
import { fold } from '../core/fold.ts';
import type { Called, DriftClient } from './client.ts';
import { listAccounts, type DriftAccount } from './operations/accounts.ts';
import { listContacts, type Contact } from './operations/contacts.ts';
import { listScimUsers, type ScimUser } from './operations/scim.ts';
import { listUsers, type RestUser } from './operations/users.ts';

// Whole listings: complete, or DomainError `drift.unreachable`. What is missing here would look like somebody who is gone.

const SCIM_PAGE = 100;
const ACCOUNT_PAGE = 65;
const CONTACT_PAGE = 100;
const MOST_PAGES = 20_000;
/** A list that changed while it was walked is walked again, so often. */
const WALKS = 3;

export function unreachable(what: string, why: string): DomainError {
  return new DomainError('drift.unreachable', `Drift could not be read (${what}): ${why}.`);
}

/** The value of a read, or DomainError. */
export function answered<T>(what: string, called: Called<T>): T {
  if (called.kind === 'ok') return called.value;
  if (called.kind === 'refused' && called.code === 'credential_dead')
    throw new DomainError('drift.credential_dead', called.detail);
  throw unreachable(what, called.detail.replace(/\.$/, ''));
}

/** The value of a read by id; null for a plain 404. A 401 CONTACT-2 hides as much as it says, and is no answer. */
export function answeredOrNull<T>(what: string, called: Called<T>): T | null {
  return called.kind === 'refused' && called.status === 404 ? null : answered(what, called);
}

/**
 * Every SCIM user, or those with one userName: the filter may be ignored, so it is applied again here (Drift API notes 4.5);
 * one that is known not to be honoured is not even asked for.
 */
export async function allScimUsers(
  client: DriftClient,
  only?: { readonly userName: string; readonly filter?: Capabilities['filter'] },
): Promise<readonly ScimUser[]> {
  let query = {};
  const isAsked = only !== undefined && (only.filter ?? 'honoured') === 'honoured';
  if (isAsked) {
    query = { filter: `userName eq ${JSON.stringify(only.userName)}` };
    const first = await client.call(listScimUsers, { query: { ...query, startIndex: 1, count: SCIM_PAGE } });
    if (first.kind === 'refused' && first.status === 400) {
      // No filters at all: then everybody is read.
      query = {};
    } else {
      const { totalResults, Resources: users } = answered(listScimUsers.name, first);
      if (users.length >= totalResults) return users.filter((user) => sameName(user.userName, only.userName));
    }
  }
  for (let walk = 1; walk <= WALKS; walk += 1) {
    const users = await walkScimUsers(client, query);
    if (users === null) continue;
    return only === undefined ? users : users.filter((user) => sameName(user.userName, only.userName));
  }
  throw unreachable(listScimUsers.name, 'the list changes faster than it can be read');
}

/** Pages by what was received, never by itemsPerPage, which is 0 in the sample. Null when the list moved underneath. */
async function walkScimUsers(
  client: DriftClient,
  query: { readonly filter?: string },
): Promise<readonly ScimUser[] | null> {
  const found = new Map<string, ScimUser>();
  let total: number | null = null;
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const called = await client.call(listScimUsers, {
      query: { ...query, startIndex: found.size + 1, count: SCIM_PAGE },
    });
    const { totalResults, Resources: users } = answered(listScimUsers.name, called);
    const before = found.size;
    for (const user of users) found.set(user.id, user);
    // An agent that came or went shifts the rest: somebody was seen twice, or skipped.
    if (total !== null && totalResults !== total) return null;
    if (found.size - before !== users.length) {
      if (found.size === before) throw unreachable(listScimUsers.name, 'the list repeats itself');
      return null;
    }
    total = totalResults;
    if (found.size >= total) return [...found.values()];
    if (users.length === 0) throw unreachable(listScimUsers.name, 'the list ends before its total');
  }
  throw unreachable(listScimUsers.name, 'the list does not end');
}

export function sameName(left: string | null | undefined, right: string): boolean {
  return typeof left === 'string' && fold(left.trim()) === fold(right.trim());
}

/** Every REST user; all of one organisation, which is the expected one where one is expected. */
export async function allRestUsers(client: DriftClient, orgId?: string): Promise<readonly RestUser[]> {
  const { data } = answered(listUsers.name, await client.call(listUsers));
  const orgs = new Set(data.flatMap((user) => (user.orgId == null ? [] : [user.orgId])));
  if (orgId !== undefined) orgs.add(orgId);
  if (orgs.size > 1) throw unreachable(listUsers.name, 'it answers for another organisation');
  return data;
}

/**
 * Every live account, or null where the organisation has none to show: 404, or 403 although the token may read them, since
 * accounts are part of paid plans (Drift API notes 2.5). `mayRead` is asked only then. `next` is relative by the sources; of
 * any URL only its index is taken, and goes to the configured base.
 */
export async function allAccounts(
  client: DriftClient,
  mayRead: () => Promise<boolean>,
): Promise<readonly DriftAccount[] | null> {
  for (let walk = 1; walk <= WALKS; walk += 1) {
    const accounts = await walkAccounts(client, mayRead);
    if (accounts !== 'moved') return accounts;
  }
  throw unreachable(listAccounts.name, 'the list changes faster than it can be read');
}

/** `moved`: an account that came or went shifts the rest, so that one is seen twice, or skipped. */
async function walkAccounts(
  client: DriftClient,
  mayRead: () => Promise<boolean>,
): Promise<readonly DriftAccount[] | null | 'moved'> {
  const found = new Map<string, DriftAccount>();
  let index = 0;
  let before: number | null | undefined;
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const called = await client.call(listAccounts, { query: { index, size: ACCOUNT_PAGE } });
    if (index === 0 && called.kind === 'refused' && called.status === 404) return null;
    if (index === 0 && called.kind === 'refused' && called.status === 403) {
      if (await mayRead()) return null;
      throw unreachable(
        listAccounts.name,
        'it answers 403, and the token is not known to have the scope account_read; add it to the app and install it again',
      );
    }
    const { accounts, total, next } = answered(listAccounts.name, called).data;
    if (page > 1 && total !== before) return 'moved';
    before = total;
    const known = found.size;
    for (const account of accounts) found.set(account.accountId, account);
    const following = next == null || next === '' ? null : queryOf(next).get('index');
    if (next == null || next === '') {
      if (total != null && found.size < total) throw unreachable(listAccounts.name, 'the list ends before its total');
      return [...found.values()];
    }
    if (following === null || !/^\d{1,9}$/.test(following) || Number(following) <= index) {
      throw unreachable(listAccounts.name, 'its next page is no later page');
    }
    if (found.size - known !== accounts.length) return 'moved';
    index = Number(following);
  }
  throw unreachable(listAccounts.name, 'the list does not end');
}

/**
 * Every contact, or null where the organisation cannot list them: refused, or nothing at all, which says as little
 * (Drift API notes 3, "contact list").
 */
export async function allContacts(client: DriftClient): Promise<readonly Contact[] | null> {
  const found = new Map<string, Contact>();
  const seen = new Set<string>();
  let next: string | undefined;
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const called = await client.call(listContacts, {
      query: { limit: CONTACT_PAGE, ...(next === undefined ? {} : { next }) },
    });
    if (next === undefined && isUnlistable(called)) return null;
    const { data, next: cursor, pagination } = answered(listContacts.name, called);
    for (const contact of data) found.set(contact.id, contact);
    const link = called.kind === 'ok' ? called.nextLink : null;
    const following = pagination?.next ?? cursor ?? link;
    if (following == null || following === '') {
      if (pagination?.more === true) throw unreachable(listContacts.name, 'it has more, but no cursor for it');
      return [...found.values()];
    }
    const token = isAddress(following) ? queryOf(following).get('next') : following;
    if (token === null || token === '') throw unreachable(listContacts.name, 'its next page has no cursor');
    if (seen.has(token)) throw unreachable(listContacts.name, 'the list repeats a cursor');
    seen.add(token);
    next = token;
  }
  throw unreachable(listContacts.name, 'the list does not end');
}

/** The first page says whether there is a list at all. */
export function isUnlistable(called: Called<{ readonly data: readonly unknown[] }>): boolean {
  if (called.kind === 'ok') return called.value.data.length === 0;
  return called.kind === 'refused' && called.code !== 'credential_dead' && called.status >= 400 && called.status < 429;
}

const isAddress = (text: string): boolean => /^(https?:)?\//i.test(text);

/** Of an address found in an answer nothing but its query is believed: the bearer never goes to a host named there. */
function queryOf(address: string): URLSearchParams {
  const cut = address.indexOf('?');
  return new URLSearchParams(cut < 0 ? '' : address.slice(cut + 1).split('#', 1)[0]);
}
