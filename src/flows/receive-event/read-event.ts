import { DomainError } from '../../core/errors.ts';
import { emailKey } from '../../core/identity/email.ts';
import type { EventHints } from '../event-port.ts';
import type { Mark } from '../mark-port.ts';
import { EVENT_TYPES, type EventType } from './catalogue.ts';

export type Payload = Readonly<Record<string, unknown>>;

export interface ReadEvent {
  readonly type: string;
  readonly object: string | null;
  readonly hints: EventHints;
}

/** Objects that one event may mark: nothing that Drift sends names more than a handful. */
const MOST_MARKS = 50;

const TYPE = /^[\w.:-]{1,64}$/;
/** A 64-bit id, as text. */
const ID = /^[1-9]\d{0,18}$/;
/** Octets of an address (RFC 5321 4.5.3.1). */
const MOST_EMAIL = 320;

const CONTACT_NAMES = ['contactId', 'endUserId'];
const AGENT_NAMES = ['agentId', 'userId', 'participantId', 'schedulerId', 'participants', 'participantIds'];

/**
 * Takes from a payload what the bridge can use of it, and nothing else. Throws DomainError `request.invalid` for what is
 * no event of Drift. `hashed` makes of an e-mail what may be shown and kept.
 */
export function readEvent(payload: Payload, hashed: (email: string) => string): ReadEvent {
  const { type, data: given } = payload;
  if (typeof type !== 'string' || !TYPE.test(type)) {
    throw invalid('body.type', 'must be the name of an event: 1 to 64 letters, digits and _ . : -');
  }
  const data = given ?? {};
  if (!isObject(data)) throw invalid('body.data', 'must be an object');
  const orgIds = [...new Set([orgId(payload['orgId'], 'body.orgId'), orgId(data['orgId'], 'body.data.orgId')])].filter(
    (id) => id !== null,
  );
  const known = EVENT_TYPES.get(type);
  if (known === undefined) return { type, object: null, hints: { orgIds, marks: [] } };
  const named = namesIn(data, known);
  const usable = known.effect === 'mark' || known.effect === 'erasure';
  return {
    type,
    object: objectOf(known, named, orgIds, hashed),
    hints: { orgIds, marks: usable ? marksOf(known, named).slice(0, MOST_MARKS) : [] },
  };
}

interface Named {
  readonly contacts: readonly string[];
  readonly agents: readonly string[];
  readonly conversation: string | undefined;
  readonly email: string | undefined;
}

/** A pushed conversation is nested twice: `data.data` (Drift API notes 5.2). */
function namesIn(data: Payload, { subject, email }: EventType): Named {
  const parts = [data, data['data']].filter(isObject);
  const under = (names: readonly string[]): readonly string[] => [
    ...new Set(parts.flatMap((part) => names.flatMap((name) => idsIn(part[name])))),
  ];
  const own = (kind: EventType['subject'], names: readonly string[]): readonly string[] =>
    under(subject === kind ? [...names, 'id'] : names);
  const address = parts
    .flatMap((part) => [part['email'], isObject(part['attributes']) ? part['attributes']['email'] : undefined])
    .find((value) => typeof value === 'string' && value.length <= MOST_EMAIL && isStorable(value));
  return {
    contacts: own('contact', CONTACT_NAMES),
    agents: own('agent', AGENT_NAMES),
    conversation: own('conversation', ['conversationId'])[0],
    email: email === true && typeof address === 'string' ? emailKey(address) : undefined,
  };
}

/** No store keeps half a character, and PostgreSQL no NUL; neither is in the address of anybody. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && Array.from(text).every((character) => (character.codePointAt(0) ?? 0) > 0x1f);
}

function marksOf({ effect }: EventType, { contacts, agents, email }: Named): readonly Mark[] {
  const marks: Mark[] = [
    ...contacts.map((key) => ({ kind: 'contact' as const, by: 'id' as const, key })),
    ...agents.map((key) => ({ kind: 'agent' as const, by: 'id' as const, key })),
  ];
  // Who is named by id needs no other name; an erasure takes everybody with the address, agents too (Drift API notes 2.8).
  if (email !== undefined && (contacts.length === 0 || effect === 'erasure')) {
    marks.push({ kind: 'contact', by: 'email', key: email });
    if (effect === 'erasure') marks.push({ kind: 'agent', by: 'email', key: email });
  }
  return marks;
}

function objectOf(
  { subject }: EventType,
  { contacts, agents, conversation, email }: Named,
  orgIds: readonly string[],
  hashed: (email: string) => string,
): string | null {
  const of = { contact: contacts[0], agent: agents[0], conversation, org: orgIds[0] }[subject];
  if (of !== undefined) return `${subject}:${of}`;
  if (email !== undefined) return `email:${hashed(email)}`;
  return null;
}

/** Ids in a value: one, several, or objects that have one. */
function idsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.slice(0, MOST_MARKS).flatMap((item: unknown) => idIn(item) ?? []);
  return [idIn(value)].flatMap((id) => id ?? []);
}

function idIn(value: unknown): string | null {
  if (isObject(value)) return idOf(value['id']);
  return idOf(value);
}

function idOf(value: unknown): string | null {
  const text = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
  return ID.test(text) ? text : null;
}

/** 0 and nothing say nothing: the vendor's own example of `contact_updated` has a 0 there (Drift API notes 5.2). */
function orgId(value: unknown, path: string): string | null {
  if (value === undefined || value === null || value === 0 || value === '0') return null;
  const id = idOf(value);
  if (id === null) throw invalid(path, 'must be the id of an organisation');
  return id;
}

export function isObject(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function invalid(path: string, message: string): DomainError {
  return new DomainError('request.invalid', `${path}: ${message}.`, {
    places: [{ path, code: 'invalid_event', message }],
  });
}
