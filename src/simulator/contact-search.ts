import { shownContact } from './contact-attributes.ts';
import { type Call, contactError, queryInteger, type Reply } from './exchange.ts';
import type { Contact } from './model.ts';
import type { Org } from './org.ts';

const MOST = 100;
const DEFAULT = 25;

/**
 * `GET /contacts` in its three meanings: by `email`, by `idType=external&id=…`, and, where the org can list at all, everything by cursor.
 * An unknown parameter is refused (Drift API notes 1.5, CONTACT-10).
 */
export function searchContacts(org: Org, call: Call): Reply {
  const { query } = call;
  for (const name of query.keys()) {
    if (!['email', 'limit', 'idType', 'id', 'next'].includes(name)) {
      throw contactError('CONTACT-10', `unrecognised query parameter ${name}`);
    }
  }
  if (query.has('email')) return byEmail(org, call, query.get('email') ?? '');
  if (query.has('idType') || query.has('id')) return byExternalId(org, call);
  return listEverything(org, call);
}

function* indexed(org: Org): Generator<Contact> {
  const { applyDelayMs, contactSearchLagMs } = org.settings();
  for (const contact of org.store.contacts.list(applyDelayMs + contactSearchLagMs)) {
    if (contact.state === 'live') yield contact;
  }
}

function* matching(org: Org, matches: (contact: Contact) => boolean): Generator<Contact> {
  for (const contact of indexed(org)) if (matches(contact)) yield contact;
}

/** The folded e-mail, where it has the wanted length: folding all of 100,000 contacts takes its time. */
function foldedEmail({ attributes: { email } }: Contact, length: number): string | undefined {
  return typeof email === 'string' && email.length === length ? email.toLowerCase() : undefined;
}

function byEmail(org: Org, call: Call, email: string): Reply {
  const wanted = email.toLowerCase();
  const page = pageOf(
    org,
    call,
    matching(org, (contact) => foldedEmail(contact, wanted.length) === wanted),
  );
  const data = page.contacts.map(shownContact);
  if (page.next === undefined) return { status: 200, body: { data } };
  const address = `/contacts?${new URLSearchParams({ email, limit: String(page.limit), next: page.next }).toString()}`;
  return { status: 200, body: { data }, headers: { link: `<${address}>; rel='next'` } };
}

function byExternalId(org: Org, call: Call): Reply {
  if (call.query.get('idType') !== 'external') throw contactError('CONTACT-4', 'idType must be external');
  const ids = new Set(call.query.getAll('id'));
  if (ids.size === 0) throw contactError('CONTACT-4', 'id is required');
  const data = [...indexed(org)].filter((one) => ids.has(String(one.attributes['externalId']))).map(shownContact);
  return { status: 200, body: { data } };
}

function listEverything(org: Org, call: Call): Reply {
  const { contactListing } = org.settings();
  if (contactListing === 'off') throw contactError('CONTACT-10', 'contacts cannot be listed');
  if (contactListing === 'empty') return { status: 200, body: { data: [] } };
  const page = pageOf(org, call, indexed(org));
  const pagination = { more: page.next !== undefined, ...(page.next !== undefined && { next: page.next }) };
  return { status: 200, body: { data: page.contacts.map(shownContact), pagination } };
}

interface Page {
  readonly contacts: readonly Contact[];
  readonly limit: number;
  readonly next: string | undefined;
}

/**
 * Cursors hold the last id given out, so that a walk neither repeats nor skips while contacts come and go. Contacts come in
 * the order of their ids.
 */
function pageOf(org: Org, call: Call, contacts: Iterable<Contact>): Page {
  const limit = queryInteger(call, 'limit', DEFAULT, (problem) => contactError('CONTACT-4', problem));
  if (limit < 1 || limit > MOST) throw contactError('CONTACT-4', `limit must be 1 to ${MOST}`);
  const cursor = call.query.get('next') ?? '';
  const after = cursor === '' ? '' : decode(cursor, call.now - org.settings().pageTokenLifeMs);
  const page: Contact[] = [];
  for (const contact of contacts) {
    if (!isAfter(contact.id, after)) continue;
    const last = page.at(-1);
    if (page.length === limit && last !== undefined) {
      const repeated = org.settings().repeatCursor && cursor !== '';
      return { contacts: page, limit, next: repeated ? cursor : encode(last.id, call.now) };
    }
    page.push(contact);
  }
  return { contacts: page, limit, next: undefined };
}

/** Compares two numbers given as digits. */
function isAfter(id: string, other: string): boolean {
  return id.length === other.length ? id > other : id.length > other.length;
}

function encode(id: string, now: number): string {
  return Buffer.from(`after:${id}:${now}`).toString('base64url');
}

/** A foreign cursor is refused, and so is one that was given out at `expired` or before. */
function decode(cursor: string, expired: number): string {
  const [, id, issued] = /^after:(\d+):(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (id === undefined || Number(issued) <= expired) {
    throw contactError('CONTACT-11', 'next is not a cursor of this list, or has expired');
  }
  return id;
}
