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

const isLive = (contact: Contact): boolean => contact.state === 'live';

function lagMs(org: Org): number {
  const { applyDelayMs, contactSearchLagMs } = org.settings();
  return applyDelayMs + contactSearchLagMs;
}

function byEmail(org: Org, call: Call, email: string): Reply {
  const found = org.store.contacts.findSeen('email', email.toLowerCase(), lagMs(org)).filter(isLive);
  const page = pageOf(org, call, (after) => found.filter(({ id }) => BigInt(id) > BigInt(after)));
  const data = page.contacts.map(shownContact);
  if (page.next === undefined) return { status: 200, body: { data } };
  const address = `/contacts?${new URLSearchParams({ email, limit: String(page.limit), next: page.next }).toString()}`;
  return { status: 200, body: { data }, headers: { link: `<${address}>; rel='next'` } };
}

function byExternalId(org: Org, call: Call): Reply {
  if (call.query.get('idType') !== 'external') throw contactError('CONTACT-4', 'idType must be external');
  const ids = new Set(call.query.getAll('id'));
  if (ids.size === 0) throw contactError('CONTACT-4', 'id is required');
  const found = [...ids].flatMap((id) => org.store.contacts.findSeen('externalId', id, lagMs(org))).filter(isLive);
  return { status: 200, body: { data: found.map(shownContact) } };
}

function listEverything(org: Org, call: Call): Reply {
  const { contactListing } = org.settings();
  if (contactListing === 'off') throw contactError('CONTACT-10', 'contacts cannot be listed');
  if (contactListing === 'empty') return { status: 200, body: { data: [] } };
  const page = pageOf(org, call, (after) => org.store.contacts.after(after, lagMs(org))?.filter(isLive));
  const pagination = { more: page.next !== undefined, ...(page.next !== undefined && { next: page.next }) };
  return { status: 200, body: { data: page.contacts.map(shownContact), pagination } };
}

interface Page {
  readonly contacts: readonly Contact[];
  readonly limit: number;
  readonly next: string | undefined;
}

/**
 * Cursors hold the last id given out, so that a walk neither repeats nor skips while contacts come and go. `from`: those
 * after this id, or all when it is empty.
 */
function pageOf(org: Org, call: Call, from: (after: string) => Iterable<Contact> | undefined): Page {
  const limit = queryInteger(call, 'limit', DEFAULT, (problem) => contactError('CONTACT-4', problem));
  if (limit < 1 || limit > MOST) throw contactError('CONTACT-4', `limit must be 1 to ${MOST}`);
  const cursor = call.query.get('next') ?? '';
  const after = cursor === '' ? '' : decode(cursor, call.now - org.settings().pageTokenLifeMs);
  const contacts = from(after);
  if (contacts === undefined) throw foreignCursor();
  const page: Contact[] = [];
  for (const contact of contacts) {
    const last = page.at(-1);
    if (page.length === limit && last !== undefined) {
      const repeated = org.settings().repeatCursor && cursor !== '';
      return { contacts: page, limit, next: repeated ? cursor : encode(last.id, call.now) };
    }
    page.push(contact);
  }
  return { contacts: page, limit, next: undefined };
}

function encode(id: string, now: number): string {
  return Buffer.from(`after:${id}:${now}`).toString('base64url');
}

const foreignCursor = () => contactError('CONTACT-11', 'next is not a cursor of this list, or has expired');

/** A foreign cursor is refused, and so is one that was given out at `expired` or before. */
function decode(cursor: string, expired: number): string {
  const [, id, issued] = /^after:(\d+):(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (id === undefined || Number(issued) <= expired) throw foreignCursor();
  return id;
}
