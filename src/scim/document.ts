import { DomainError } from '../core/errors.ts';
import type { Attribute, SchemaDefinition } from './attribute.ts';
import { type ResourceDefinition, schemaNamed } from './schema.ts';
import { type JsonObject, invalid, isObject, isUnassigned, ordered, readValue, uniqueEntries } from './value.ts';

/**
 * A document as it is stored: what the client may write, by canonical name, without `schemas`, `id`, `meta`, members,
 * groups and the drift extension, which are added when it is rendered.
 */
export type Document = Readonly<JsonObject>;

/** Attributes of a document: the client writes them and they are kept in it. */
export function isKept(attribute: Attribute): boolean {
  return attribute.mutability !== 'readOnly' && attribute.mutability !== 'writeOnly' && attribute.name !== 'members';
}

/**
 * The body of POST or PUT as a document (RFC 7644 3.3, 3.5.1). Read-only attributes are ignored, `password` is checked
 * and dropped, unknown attributes and extensions are dropped, a missing URN in `schemas` is inferred.
 * Throws DomainError `scim.invalid_syntax` or `scim.invalid_value`.
 */
export function readDocument(definition: ResourceDefinition, body: unknown): Document {
  if (!isObject(body)) throw new DomainError('scim.invalid_syntax', 'The body is not a JSON object.');
  const found = new Map<string, unknown>();
  for (const [name, raw] of uniqueEntries(body, definition.type)) {
    if (name.toLowerCase() === 'schemas') {
      checkSchemas(raw);
      continue;
    }
    const schema = schemaNamed(definition, name);
    if (schema === undefined) readInto(found, definition.attributes, name, raw, '');
    else if (schema !== definition.core) readExtension(found, schema, raw);
  }
  return complete(definition, found);
}

/**
 * Required attributes are there, keys stand in the order of the schema, and of lists only what says something is left.
 * Throws `scim.invalid_value`.
 */
export function complete(definition: ResourceDefinition, values: ReadonlyMap<string, unknown>): Document {
  for (const each of definition.attributes) {
    if (each.required && !values.has(each.name)) throw invalid(each.name, 'is required');
  }
  const names = [
    ...definition.attributes.filter(isKept).map((each) => each.name),
    ...definition.extensions.map((schema) => schema.id),
  ];
  return ordered(names, new Map([...values].flatMap(withoutHusks))) ?? {};
}

function withoutHusks([name, value]: [string, unknown]): [string, unknown][] {
  if (!Array.isArray(value)) return [[name, value]];
  const list = (value as readonly unknown[]).filter((element) => !isHusk(element));
  return list.length === 0 ? [] : [[name, list]];
}

/** `{"type": "work", "primary": true}` without a value says nothing (RFC 7643 2.5): templates send it, clearing leaves it. */
function isHusk(element: unknown): boolean {
  return isObject(element) && Object.keys(element).every((name) => name === 'type' || name === 'primary');
}

function readInto(
  found: Map<string, unknown>,
  attributes: readonly Attribute[],
  name: string,
  raw: unknown,
  prefix: string,
): void {
  const key = name.toLowerCase();
  const attribute = attributes.find((each) => each.name.toLowerCase() === key);
  // Members are rows, as many as there are: `readMembers` reads them.
  if (attribute === undefined || attribute.mutability === 'readOnly' || attribute.name === 'members') return;
  const value = readValue(attribute, raw, prefix + attribute.name);
  if (value !== undefined && isKept(attribute)) found.set(attribute.name, value);
}

function readExtension(found: Map<string, unknown>, schema: SchemaDefinition, raw: unknown): void {
  if (isUnassigned(raw)) return;
  if (!isObject(raw)) throw invalid(schema.id, 'takes an object');
  const values = new Map<string, unknown>();
  for (const [name, each] of uniqueEntries(raw, schema.id))
    readInto(values, schema.attributes, name, each, `${schema.id}:`);
  const extension = ordered(
    schema.attributes.map((each) => each.name),
    values,
  );
  if (extension !== undefined) found.set(schema.id, extension);
}

function checkSchemas(raw: unknown): void {
  if (isUnassigned(raw) || (Array.isArray(raw) && raw.every((urn) => typeof urn === 'string'))) return;
  throw new DomainError('scim.invalid_syntax', 'schemas is a list of URNs.');
}

/** The attribute of the raw body by its name in any case, for parts that are not kept in the document. */
export function rawAttribute(body: unknown, name: string): unknown {
  if (!isObject(body)) return undefined;
  const wanted = name.toLowerCase();
  return Object.entries(body).find(([key]) => key.toLowerCase() === wanted)?.[1];
}
