import { fold, isConfusable } from '../core/fold.ts';
import { DomainError } from '../core/errors.ts';
import type { Attribute } from './attribute.ts';
import { instant } from './instant.ts';
import { isStorable } from './lexer.ts';
import { GROUP, USER, resolvePlace, subAttribute } from './schema.ts';
import { ENTERPRISE_SCHEMA } from './schema-user.ts';

export type JsonObject = Record<string, unknown>;

/** UTF-16 units of one text; longer ones are refused. */
export const TEXT_LIMIT = 65_536;

/** Bytes of a text that people are found by: an index entry of PostgreSQL has room for 2,704, its other columns with it. */
const KEY_LIMIT = 2000;

/** The attributes that stand in an index, as they are or folded. */
const KEYS: ReadonlySet<Attribute> = new Set(
  [
    ...['userName', 'externalId', 'displayName', 'emails.value', `${ENTERPRISE_SCHEMA.id}:employeeNumber`].map((name) =>
      resolvePlace(USER, name),
    ),
    resolvePlace(GROUP, 'displayName'),
  ].flatMap((place) => place?.attribute ?? []),
);

/** Values of one attribute. Members of a group are rows, and not counted here. */
export const VALUES_LIMIT = 1000;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** null, "", [] and {} are unassigned (RFC 7643 2.5). */
export function isUnassigned(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** Entries of an object that differ in no more than case mean the same attribute twice: refused. */
export function uniqueEntries(value: JsonObject, where: string): readonly (readonly [string, unknown])[] {
  const seen = new Set<string>();
  const entries = Object.entries(value);
  for (const [name] of entries) {
    const key = name.toLowerCase();
    if (seen.has(key)) {
      throw new DomainError('scim.invalid_syntax', `${where} holds the attribute ${name.slice(0, 64)} twice.`);
    }
    seen.add(key);
  }
  return entries;
}

/**
 * What a client sent for an attribute, in the attribute's own type and with canonical names; undefined = unassigned.
 * Takes what IdPs are known to send instead: text for a boolean, a bare text or a list of one for a complex value, one
 * object for a list. Read-only and unknown sub-attributes are dropped.
 * Throws DomainError `scim.invalid_value`.
 */
export function readValue(attribute: Attribute, raw: unknown, where: string): unknown {
  if (isUnassigned(raw)) return undefined;
  if (!attribute.multiValued) return readSingle(attribute, raw, where);
  const list: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
  if (list.length > VALUES_LIMIT) throw invalid(where, `holds more than ${VALUES_LIMIT} values`);
  const values = new Map<string, unknown>();
  for (const [at, each] of list.entries()) {
    const value = readElement(attribute, each, `${where}[${at}]`);
    if (value !== undefined) values.set(JSON.stringify(value), value);
  }
  const elements = [...values.values()];
  if (elements.filter(isPrimary).length > 1) throw invalid(where, 'more than one value is primary');
  return elements.length === 0 ? undefined : elements;
}

/** One element of a multi-valued attribute; undefined = unassigned. */
export function readElement(attribute: Attribute, raw: unknown, where: string): unknown {
  return isUnassigned(raw) ? undefined : readSingle({ ...attribute, multiValued: false }, raw, where);
}

export function isPrimary(element: unknown): boolean {
  return isObject(element) && element['primary'] === true;
}

function readSingle(attribute: Attribute, raw: unknown, where: string): unknown {
  if (attribute.type === 'complex') return readComplex(attribute, raw, where);
  if (Array.isArray(raw)) {
    if (raw.length === 1) return readValue(attribute, raw[0], where);
    throw invalid(where, 'takes one value, not a list');
  }
  switch (attribute.type) {
    case 'boolean': {
      if (typeof raw === 'boolean') return raw;
      const word = typeof raw === 'string' ? raw.trim().toLowerCase() : '';
      if (word === 'true') return true;
      if (word === 'false') return false;
      throw invalid(where, 'takes true or false');
    }
    case 'integer':
      if (Number.isSafeInteger(raw)) return raw;
      throw invalid(where, 'takes an integer');
    case 'decimal':
      if (typeof raw === 'number') return raw;
      throw invalid(where, 'takes a number');
    case 'dateTime': {
      const parsed = typeof raw === 'string' ? instant(raw) : undefined;
      if (parsed !== undefined) return parsed;
      throw invalid(where, 'takes an instant such as 2024-01-31T09:00:00Z');
    }
    case 'string':
    case 'reference':
    case 'binary':
      return readText(attribute, raw, where);
  }
}

function readText(attribute: Attribute, raw: unknown, where: string): string {
  if (typeof raw !== 'string') throw invalid(where, 'takes a text');
  if (raw.length > TEXT_LIMIT) throw invalid(where, `is longer than ${TEXT_LIMIT} characters`);
  if (!isStorable(raw)) throw invalid(where, 'holds NUL or half of a surrogate pair');
  if (attribute.uniqueness === 'server') {
    if (raw.trim() === '') throw invalid(where, 'is blank');
    if (isConfusable(raw)) throw invalid(where, 'holds a character that would be taken for another letter');
  }
  if (KEYS.has(attribute) && Math.max(bytesOf(raw), bytesOf(fold(raw))) > KEY_LIMIT) {
    throw invalid(where, `is longer than ${KEY_LIMIT} bytes`);
  }
  return raw;
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

function readComplex(attribute: Attribute, raw: unknown, where: string): JsonObject | undefined {
  const value = wrapped(attribute, raw, where);
  const found = new Map<string, unknown>();
  for (const [name, each] of uniqueEntries(value, where)) {
    const sub = subAttribute(attribute, name);
    if (sub === undefined || sub.mutability === 'readOnly') continue;
    const read = readValue(sub, each, `${where}.${sub.name}`);
    if (read !== undefined) found.set(sub.name, read);
  }
  return ordered(
    attribute.subAttributes.map((sub) => sub.name),
    found,
  );
}

/** A bare text stands for `{value}`; a list of one for its element. */
function wrapped(attribute: Attribute, raw: unknown, where: string): JsonObject {
  if (isObject(raw)) return raw;
  if (Array.isArray(raw) && raw.length === 1) return wrapped(attribute, raw[0], where);
  if (typeof raw === 'string' && subAttribute(attribute, 'value') !== undefined) return { value: raw };
  throw invalid(where, 'takes an object');
}

/** An object with its keys in the order of the schema; undefined when it would be empty. */
export function ordered(names: readonly string[], values: ReadonlyMap<string, unknown>): JsonObject | undefined {
  const entries = names.flatMap((name): [string, unknown][] => (values.has(name) ? [[name, values.get(name)]] : []));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

export function invalid(where: string, message: string): DomainError {
  return new DomainError('scim.invalid_value', `${where} ${message}.`, {
    places: [{ path: where, code: 'invalid_value', message }],
  });
}
