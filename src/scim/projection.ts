import type { Attribute } from './attribute.ts';
import { type ResourceDefinition, resolvePlace, schemaNamed } from './schema.ts';
import { type JsonObject, isObject } from './value.ts';

/**
 * Which attributes an answer holds (RFC 7644 3.9). `schemas` and `id` are always there, the password never is;
 * `attributes` wins where a client sends both parameters.
 */
export interface Projection {
  readonly mode: 'all' | 'only' | 'without';
  /** Names as `attribute`, `urn` or `urn:attribute`; a set of sub-attributes, or null for the whole. */
  readonly named: ReadonlyMap<string, ReadonlySet<string> | null>;
}

export const WHOLE: Projection = { mode: 'all', named: new Map() };

/** Names that the schema lacks select nothing. */
export function readProjection(
  definition: ResourceDefinition,
  attributes: readonly string[],
  excluded: readonly string[],
): Projection {
  if (attributes.length > 0) return { mode: 'only', named: names(definition, attributes) };
  return excluded.length > 0 ? { mode: 'without', named: names(definition, excluded) } : WHOLE;
}

function names(definition: ResourceDefinition, texts: readonly string[]): Projection['named'] {
  const named = new Map<string, Set<string> | null>();
  for (const text of texts) {
    const schema = schemaNamed(definition, text);
    if (schema === definition.core) for (const each of definition.attributes) named.set(each.name, null);
    else if (schema !== undefined) named.set(schema.id, null);
    const place = resolvePlace(definition, text);
    if (place === undefined) continue;
    const { path } = place;
    const key = path.schema === undefined ? path.attribute : `${path.schema}:${path.attribute}`;
    const known = named.get(key);
    if (path.sub === undefined) named.set(key, null);
    else if (known !== null) named.set(key, (known ?? new Set<string>()).add(path.sub));
  }
  return named;
}

/** Whether an attribute, or anything in an extension, can be in the answer: what is not need not be loaded. */
export function isWanted({ mode, named }: Projection, key: string): boolean {
  if (mode === 'all') return true;
  if (mode === 'without') return named.get(key) !== null;
  return named.has(key) || Array.from(named.keys()).some((name) => name.startsWith(`${key}:`));
}

export function project(definition: ResourceDefinition, projection: Projection, document: JsonObject): JsonObject {
  if (projection.mode === 'all') return document;
  const entries = Object.entries(document).flatMap(([name, value]): [string, unknown][] => {
    const schema = definition.extensions.find(({ id }) => id === name);
    const kept =
      schema === undefined
        ? select(projection, definition.attributes, name, name, value)
        : extension(projection, schema.id, schema.attributes, value);
    return kept === undefined ? [] : [[name, kept]];
  });
  return Object.fromEntries(entries);
}

function extension(projection: Projection, urn: string, attributes: readonly Attribute[], value: unknown): unknown {
  const { mode, named } = projection;
  if (named.get(urn) === null) return mode === 'only' ? value : undefined;
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value).flatMap(([name, each]): [string, unknown][] => {
    const kept = select(projection, attributes, name, `${urn}:${name}`, each);
    return kept === undefined ? [] : [[name, kept]];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function select(
  { mode, named }: Projection,
  attributes: readonly Attribute[],
  name: string,
  key: string,
  value: unknown,
): unknown {
  if (attributes.find((each) => each.name === name)?.returned === 'always') return value;
  const subs = named.get(key);
  if (subs === undefined) return mode === 'only' ? undefined : value;
  if (subs === null) return mode === 'only' ? value : undefined;
  const keeps = (sub: string): boolean => subs.has(sub) === (mode === 'only');
  const parts = (Array.isArray(value) ? value : [value]).flatMap((element: unknown) => {
    if (!isObject(element)) return [element];
    const entries = Object.entries(element).filter(([sub]) => keeps(sub));
    return entries.length === 0 ? [] : [Object.fromEntries(entries)];
  });
  if (Array.isArray(value)) return parts.length === 0 ? undefined : parts;
  return parts[0];
}
