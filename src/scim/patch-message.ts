import { DomainError } from '../core/errors.ts';
import { type Dialect, refuseUnknownSubs } from './dialect.ts';
import { rawAttribute } from './document.ts';
import { isName } from './lexer.ts';
import { type PatchTarget, invalidPath, parsePath } from './patch-path.ts';
import { type ResourceDefinition, schemaNamed } from './schema.ts';
import { invalid, isObject, uniqueEntries } from './value.ts';

const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:patchop';

/** Operations of one request; each may carry many values. */
export const PATCH_LIMIT = 100;

export type PatchOp = 'add' | 'replace' | 'remove';

export interface PatchOperation {
  readonly op: PatchOp;
  readonly target: PatchTarget;
  readonly value: unknown;
  /** For messages. */
  readonly where: string;
  /** It was a key of a value without a path: what a client merely repeats is passed over. */
  readonly pathless: boolean;
}

/**
 * The operations of a PATCH body, each with a path: the keys of a path-less value become operations of their own, be
 * they names, dotted names, URNs or value paths. Throws DomainError.
 */
export function readPatch(definition: ResourceDefinition, body: unknown, dialect: Dialect): readonly PatchOperation[] {
  if (!isObject(body)) throw new DomainError('scim.invalid_syntax', 'The body is not a JSON object.');
  const schemas = rawAttribute(body, 'schemas');
  if (
    !Array.isArray(schemas) ||
    !schemas.some((urn) => typeof urn === 'string' && urn.toLowerCase() === PATCH_SCHEMA)
  ) {
    throw new DomainError(
      'scim.invalid_syntax',
      'schemas of a PATCH names urn:ietf:params:scim:api:messages:2.0:PatchOp.',
    );
  }
  const operations: unknown = rawAttribute(body, 'Operations');
  if (!Array.isArray(operations) || operations.length === 0) {
    throw new DomainError('scim.invalid_syntax', 'Operations is a list of at least one operation.');
  }
  if (operations.length > PATCH_LIMIT) {
    throw new DomainError('request.too_large', `One PATCH holds at most ${PATCH_LIMIT} operations.`);
  }
  const read = operations.flatMap((raw, at) => readOperation(definition, raw, `Operations[${at}]`, dialect));
  if (dialect.unknownAttributes === 'refuse') for (const operation of read) refuseUnknownParts(operation);
  return read;
}

/** What is not ours in an operation is refused, where the connection wants to be told. */
function refuseUnknownParts({ op, target, value, where }: PatchOperation): void {
  if (target.kind === 'foreign') throw unknownAttribute();
  if (op === 'remove' || (target.kind === 'elements' && target.sub !== undefined)) return;
  if (target.kind === 'attribute' || target.kind === 'elements') {
    refuseUnknownSubs(target.place.attribute, value, `${where}.value`);
  }
}

function readOperation(
  definition: ResourceDefinition,
  raw: unknown,
  where: string,
  dialect: Dialect,
): readonly PatchOperation[] {
  if (!isObject(raw)) throw new DomainError('scim.invalid_syntax', `${where} is not a JSON object.`);
  uniqueEntries(raw, where);
  const op = readOp(rawAttribute(raw, 'op'), where);
  const path = rawAttribute(raw, 'path');
  const value = rawAttribute(raw, 'value');
  if (path !== undefined && path !== null && typeof path !== 'string') throw invalidPath('it is not a text');
  if (typeof path === 'string' && path.trim() !== '') {
    const target = parsePath(definition, path.trim());
    if (target === undefined) {
      if (dialect.unknownPath === 'ignore') return [];
      throw unknownAttribute();
    }
    if (op !== 'remove' && value === undefined) throw invalid(`${where}.value`, 'is required');
    return expandSchema(definition, { op, target, value, where, pathless: false }, dialect);
  }
  if (op === 'remove') throw new DomainError('scim.no_target', `${where} removes without a path.`);
  if (!isObject(value)) throw invalid(`${where}.value`, 'takes an object where there is no path');
  return expandKeys(definition, op, value, where, dialect);
}

function expandKeys(
  definition: ResourceDefinition,
  op: PatchOp,
  value: Record<string, unknown>,
  where: string,
  dialect: Dialect,
): readonly PatchOperation[] {
  return uniqueEntries(value, where).flatMap(([key, each]) => {
    const target = keyTarget(definition, key, dialect);
    const operation = { op, value: each, where: `${where}.value`, pathless: true };
    return target === undefined ? [] : expandSchema(definition, { ...operation, target }, dialect);
  });
}

/** A name that the schema lacks is no reason to refuse the rest, whatever it is made of; a broken filter is. */
function keyTarget(definition: ResourceDefinition, key: string, dialect: Dialect): PatchTarget | undefined {
  const target = key.includes('[') || isName(key.trim()) ? parsePath(definition, key) : undefined;
  if (target === undefined && dialect.unknownAttributes === 'refuse') throw unknownAttribute();
  return target;
}

/** `{"urn:…:User": {"department": "X"}}` becomes one operation for each attribute; others of the schema stay. */
function expandSchema(
  definition: ResourceDefinition,
  operation: PatchOperation,
  dialect: Dialect,
): readonly PatchOperation[] {
  const { target, op, value, where } = operation;
  if (target.kind !== 'schema' || op === 'remove') return [operation];
  if (value === null || value === '') return [{ ...operation, op: 'remove' }];
  if (!isObject(value)) throw invalid(`${where}.value`, 'takes an object');
  return uniqueEntries(value, where).flatMap(([key, each]) => {
    const name = `${target.schema.id}:${key}`;
    const inner = schemaNamed(definition, key) === undefined ? keyTarget(definition, name, dialect) : undefined;
    return inner === undefined ? [] : [{ ...operation, target: inner, value: each, pathless: true }];
  });
}

function readOp(raw: unknown, where: string): PatchOp {
  const op = typeof raw === 'string' ? raw.toLowerCase() : '';
  if (op === 'add' || op === 'replace' || op === 'remove') return op;
  throw new DomainError('scim.invalid_syntax', `${where}.op is add, replace or remove.`);
}

function unknownAttribute(): DomainError {
  return invalidPath('the schema has no such attribute');
}
