import { DomainError } from '../core/errors.ts';
import { FILTER_LIMITS, type Filter } from '../core/query.ts';
import type { Attribute, SchemaDefinition } from './attribute.ts';
import { parseElementFilter } from './filter.ts';
import { LexicalError, type Token, tokenise } from './lexer.ts';
import {
  type Place,
  type ResourceDefinition,
  isForeignUrn,
  resolvePlace,
  schemaNamed,
  subAttribute,
} from './schema.ts';

/** What the path of a PATCH operation points at (RFC 7644 3.5.2). */
export type PatchTarget =
  | { readonly kind: 'attribute'; readonly place: Place }
  /** `emails[type eq "work"]` and `emails[type eq "work"].value`. */
  | { readonly kind: 'elements'; readonly place: Place; readonly where: Filter; readonly sub?: Attribute }
  /** A whole extension, named by its URN. */
  | { readonly kind: 'schema'; readonly schema: SchemaDefinition }
  /** An extension of somebody else: tolerated, not kept. */
  | { readonly kind: 'foreign' };

/** Undefined when the schema has no such attribute; throws `scim.invalid_path` where the text is no path at all. */
export function parsePath(definition: ResourceDefinition, path: string): PatchTarget | undefined {
  if (path.length > FILTER_LIMITS.length) throw invalidPath(`it is longer than ${FILTER_LIMITS.length} characters`);
  const [name, second, ...rest] = readTokens(path);
  if (name?.kind !== 'word' || second === undefined) throw invalidPath('it does not begin with an attribute');
  if (second.kind === 'end') return plainTarget(definition, name.text);
  if (second.kind !== '[') throw invalidPath(`unexpected text at character ${second.at + 1}`);
  if (isForeignUrn(definition, name.text)) return { kind: 'foreign' };
  const place = resolvePlace(definition, name.text);
  if (place === undefined) return undefined;
  if (place.parent !== undefined || !place.attribute.multiValued || place.attribute.type !== 'complex') {
    throw invalidPath(`${place.attribute.name} has no list of values to select from`);
  }
  const closing = rest.findIndex((token) => token.kind === ']');
  const bracket = rest[closing];
  if (bracket === undefined) throw invalidPath('a bracket is not closed');
  const where = parseElementFilter(definition, [...rest.slice(0, closing), { kind: 'end', at: bracket.at }], place);
  const sub = selectedSub(place, rest.slice(closing + 1));
  return sub === undefined ? { kind: 'elements', place, where } : { kind: 'elements', place, where, sub };
}

function plainTarget(definition: ResourceDefinition, name: string): PatchTarget | undefined {
  const place = resolvePlace(definition, name);
  if (place !== undefined) return { kind: 'attribute', place };
  const schema = schemaNamed(definition, name);
  if (schema !== undefined) return { kind: 'schema', schema };
  return isForeignUrn(definition, name) ? { kind: 'foreign' } : undefined;
}

function selectedSub(place: Place, after: readonly Token[]): Attribute | undefined {
  const [first, second] = after;
  if (first?.kind === 'end') return undefined;
  if (first?.kind !== 'word' || !first.text.startsWith('.') || second?.kind !== 'end') {
    throw invalidPath(`unexpected text after the bracket of ${place.attribute.name}`);
  }
  const sub = subAttribute(place.attribute, first.text.slice(1));
  if (sub === undefined) throw invalidPath(`${place.attribute.name} has no sub-attribute of this name`);
  return sub;
}

function readTokens(path: string): readonly Token[] {
  try {
    return tokenise(path);
  } catch (error) {
    if (error instanceof LexicalError) throw invalidPath(`${error.message}, at character ${error.at + 1}`);
    throw error;
  }
}

export function invalidPath(message: string): DomainError {
  return new DomainError('scim.invalid_path', `The path is not valid: ${message}.`, {
    places: [{ path: 'path', code: 'invalid_path', message }],
  });
}
