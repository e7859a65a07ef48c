import {
  accepted,
  declaredAttributes,
  raiseContactUpdated,
  shownContact,
  withAttributes,
} from './contact-attributes.ts';
import { searchContacts } from './contact-search.ts';
import {
  type Call,
  contactError,
  isEmail,
  jsonBody,
  objectBody,
  type Refusal,
  type Reply,
  restError,
  type Route,
} from './exchange.ts';
import { isObject, type JsonObject } from './json.ts';
import type { Contact } from './model.ts';
import { nextContactId, type Org, putContact } from './org.ts';
import { externalIdOf } from './store.ts';

/** Contacts (Drift API notes 2.4, 6.5). */
export function contactRoutes(org: Org): readonly Route[] {
  const read = { scope: 'contact_read' } as const;
  const write = { scope: 'contact_write' } as const;
  return [
    { method: 'POST', path: '/contacts', ...write, handle: strict((call) => create(org, call)) },
    { method: 'GET', path: '/contacts', ...read, handle: (call) => searchContacts(org, call) },
    { method: 'GET', path: '/contacts/attributes', scope: 'all_contact_read', handle: strict(() => attributes(org)) },
    { method: 'POST', path: '/contacts/timeline', ...write, handle: strict((call) => timeline(org, call)) },
    { method: 'PATCH', path: '/contacts/normalize', ...write, handle: (call) => normalize(org, call) },
    { method: 'GET', path: '/contacts/by_email', ...read, handle: (call) => byEmail(org, call) },
    { method: 'GET', path: '/contacts/:id', ...read, handle: strict((call) => get(org, call)) },
    {
      method: 'PATCH',
      path: '/contacts/:id',
      ...write,
      handle: strict((call) => update(org, call, indexedContact(org, call))),
    },
    { method: 'DELETE', path: '/contacts/:id', ...write, handle: strict((call) => remove(org, call)) },
    { method: 'POST', path: '/emails/unsubscribe', ...write, handle: (call) => unsubscribe(org, call) },
  ];
}

const malformed = (message: string): Refusal => contactError('CONTACT-4', message);
const notFound = (): Refusal => contactError('CONTACT-1', 'contact not found, or not allowed to see it');

function attributes(org: Org): Reply {
  return { status: 200, body: { data: { properties: declaredAttributes(org) } } };
}

/** A contact to write to: the truth, and only while it is in the index. */
export function indexedContact(org: Org, call: Call): Contact {
  const contact = org.store.contacts.latest(call.params['id'] ?? '');
  if (contact?.state !== 'live') throw notFound();
  return contact;
}

/** Reading by id still answers for a deleted contact. */
function get(org: Org, call: Call): Reply {
  const { applyDelayMs, getLagMs } = org.settings();
  const contact = org.store.contacts.seen(call.params['id'] ?? '', applyDelayMs + getLagMs);
  if (contact === undefined || contact.state === 'gone') throw notFound();
  return { status: 200, body: { data: shownContact(contact) } };
}

function byEmail(org: Org, call: Call): Reply {
  if (!org.settings().contactByEmailPath) throw notFound();
  const reply = searchContacts(org, call);
  const found = isObject(reply.body) && Array.isArray(reply.body['data']) ? (reply.body['data'] as unknown[]) : [];
  if (found.length === 0) throw notFound();
  return { status: 200, body: { data: found[0] } };
}

/** A route of contacts that takes no parameters (Drift API notes 1.5, CONTACT-10). */
export function strict(handle: Route['handle']): Route['handle'] {
  return (call) => {
    refuseUnknownParameters(call, []);
    return handle(call);
  };
}

function refuseUnknownParameters(call: Call, known: readonly string[]): void {
  const unknown = [...call.query.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw contactError('CONTACT-10', `unrecognised query parameter ${unknown}`);
}

function attributesOf(call: Call): JsonObject {
  const sent = objectBody(call, malformed)['attributes'];
  if (sent === undefined || sent === null) throw contactError('CONTACT-8', 'attributes are required');
  if (!isObject(sent)) throw malformed('attributes must be an object');
  const { email } = sent;
  if (email !== undefined && email !== null && (typeof email !== 'string' || !isEmail(email))) {
    throw malformed('attributes.email must be a valid e-mail address');
  }
  const { externalId } = sent;
  if (typeof externalId === 'object' && externalId !== null) throw malformed('attributes.externalId must be a string');
  return sent;
}

/** The first in the index with this folded e-mail or this external id. */
function liveContact(org: Org, index: 'email' | 'externalId', key: string): Contact | undefined {
  return org.store.contacts.find(index, key).find((contact) => contact.state === 'live');
}

/** An externalId, where given, is the key; otherwise the e-mail is (Drift API notes 2.4). */
function create(org: Org, call: Call): Reply {
  const sent = attributesOf(call);
  const { email } = sent;
  if (typeof email !== 'string') throw contactError('CONTACT-7', 'attributes.email is required');
  const externalId = externalIdOf(sent);
  const existing =
    externalId === undefined
      ? liveContact(org, 'email', email.toLowerCase())
      : liveContact(org, 'externalId', externalId);
  if (existing !== undefined) {
    if (org.settings().duplicateContact === 'upsert' && externalId === undefined) return update(org, call, existing);
    throw contactError('CONTACT-6', `a contact with this ${externalId === undefined ? 'email' : 'externalId'} exists`);
  }
  const empty: Contact = { id: nextContactId(org), createdAt: call.now, attributes: {}, version: 0, state: 'live' };
  const { kept, declared } = accepted(org, sent);
  if (declared.length > 0) org.declareAttributes(declared);
  const contact = withAttributes(org, empty, kept);
  putContact(org, contact, call.now);
  return { status: 200, body: { data: shownContact(contact) }, effect: { kind: 'contact.create', id: contact.id } };
}

function update(org: Org, call: Call, before: Contact): Reply {
  const sent = attributesOf(call);
  const externalId = externalIdOf(sent);
  const holders = externalId === undefined ? [] : org.store.contacts.find('externalId', externalId);
  if (holders.some((one) => one.state === 'live' && one.id !== before.id)) {
    throw contactError('CONTACT-6', 'a contact with this externalId exists');
  }
  const { kept, declared } = accepted(org, sent);
  if (declared.length > 0) org.declareAttributes(declared);
  const contact = withAttributes(org, before, kept);
  putContact(org, contact, call.now);
  if (org.settings().contactUpdatedByApi) raiseContactUpdated(org, before, contact, call.now);
  return { status: 200, body: { data: shownContact(contact) }, effect: { kind: 'contact.update', id: contact.id } };
}

function normalize(org: Org, call: Call): Reply {
  refuseUnknownParameters(call, ['idType', 'id']);
  const id = call.query.get('id');
  if (id === null || id === '') throw malformed('id is required');
  switch (call.query.get('idType')) {
    case 'drift':
    case 'internal':
      return update(org, call, indexedContact(org, { ...call, params: { id } }));
    case 'external': {
      const contact = liveContact(org, 'externalId', id);
      if (contact === undefined) throw notFound();
      return update(org, call, contact);
    }
    default:
      throw malformed('idType must be drift, external or internal');
  }
}

/** Takes the contact out of the index only; erasure is a matter of the privacy endpoint (Drift API notes 3, "delete contact"). */
function remove(org: Org, call: Call): Reply {
  const contact = indexedContact(org, call);
  const hard = org.settings().contactDelete === 'hard';
  putContact(org, { ...contact, state: hard ? 'gone' : 'hidden', version: contact.version + 1 }, call.now);
  const effect = { kind: 'contact.delete', id: contact.id } as const;
  return hard
    ? { status: 200, body: { data: { id: BigInt(contact.id) } }, effect }
    : { status: 202, body: { result: 'OK', ok: true }, effect };
}

function timeline(org: Org, call: Call): Reply {
  const invalid = (message: string): Refusal => restError('validation_error', message);
  const body = objectBody(call, invalid);
  const { contactId, externalId, event, createdAt } = body;
  if (typeof event !== 'string' || event === '') throw invalid('event is required');
  if (createdAt !== undefined && !Number.isSafeInteger(createdAt))
    throw invalid('createdAt must be epoch milliseconds');
  let contact: Contact | undefined;
  if (contactId !== undefined) {
    if (typeof contactId !== 'bigint' && typeof contactId !== 'number') throw invalid('contactId must be a long');
    const known = org.store.contacts.latest(String(contactId));
    contact = known?.state === 'live' ? known : undefined;
  } else {
    if (typeof externalId !== 'string') throw invalid('contactId or externalId is required');
    contact = liveContact(org, 'externalId', externalId);
  }
  if (contact === undefined) throw notFound();
  const sent = isObject(body['attributes']) ? body['attributes'] : {};
  const stored = {
    id: org.store.next('timeline', 1n, 1n).toString(),
    contactId: contact.id,
    event,
    createdAt: typeof createdAt === 'number' ? createdAt : call.now,
    attributes: Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, String(value)])),
  };
  org.store.timeline.put(stored.id, stored, call.now);
  const shown = { ...stored, id: undefined, contactId: BigInt(contact.id) };
  return { status: 200, body: { data: shown }, effect: { kind: 'contact.timeline', id: contact.id } };
}

function unsubscribe(org: Org, call: Call): Reply {
  const invalid = (message: string): Refusal => restError('validation_error', message);
  const emails = jsonBody(call, invalid);
  if (
    !Array.isArray(emails) ||
    !emails.every((email): email is string => typeof email === 'string' && isEmail(email))
  ) {
    throw invalid('the body must be a list of e-mail addresses');
  }
  for (const email of emails) org.raise({ type: 'user_unsubscribed', data: { email } });
  return {
    status: 200,
    body: { result: 'OK', ok: true },
    effect: { kind: 'contact.unsubscribe', id: emails.join(' ') },
  };
}
