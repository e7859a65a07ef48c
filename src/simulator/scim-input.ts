import { type Refusal, scimError, isEmail } from './exchange.ts';
import { isObject, type JsonObject } from './json.ts';
import type { Role } from './model.ts';

/** What a SCIM body says about a user: absent = not mentioned, null = to be cleared. */
export interface UserInput {
  readonly userName?: string | null;
  readonly displayName?: string | null;
  readonly givenName?: string | null;
  readonly familyName?: string | null;
  readonly phone?: string | null;
  readonly email?: string | null;
  readonly locale?: string | null;
  readonly role?: Role | null;
  readonly active?: boolean;
  readonly isActive?: boolean;
}

const ACCEPTED_SCHEMAS = new Set([
  'urn:ietf:params:scim:schemas:core:2.0:user',
  // What Drift's own samples send (Drift API notes 2.1).
  'urn:scim:schemas:core:2.0',
]);
export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

const invalid = (detail: string): Refusal => scimError(400, detail, 'invalidValue');

/** Reads the attributes that Drift documents and ignores all others. Wrong types and unknown roles are refused with 400. */
export function readUser(body: JsonObject, roleIds: readonly number[]): UserInput {
  checkSchemas(body['schemas']);
  const name = body['name'];
  if (name !== undefined && name !== null && !isObject(name)) throw invalid('name must be an object');
  const userName = text(body, 'userName');
  if (typeof userName === 'string' && !isEmail(userName)) throw invalid('userName must be an e-mail address');
  return defined({
    userName,
    displayName: text(body, 'displayName'),
    locale: text(body, 'locale'),
    givenName: name === null ? null : name && text(name, 'givenName'),
    familyName: name === null ? null : name && text(name, 'familyName'),
    phone: firstValue(body, 'phoneNumbers'),
    email: firstValue(body, 'emails'),
    role: role(firstValue(body, 'roles'), roleIds),
    active: flag(body, 'active'),
    isActive: flag(body, 'isActive'),
  });
}

function defined(input: { readonly [K in keyof UserInput]: UserInput[K] | undefined }): UserInput {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}

function checkSchemas(schemas: unknown): void {
  if (schemas === undefined || schemas === null) return;
  const names = Array.isArray(schemas) ? (schemas as unknown[]) : [];
  const known = names.some((name) => typeof name === 'string' && ACCEPTED_SCHEMAS.has(name.toLowerCase()));
  if (!known) throw scimError(400, 'schemas must name the core User schema', 'invalidSyntax');
}

function text(body: JsonObject, name: string): string | null | undefined {
  const value = body[name];
  if (value === undefined || value === null) return value;
  if (typeof value !== 'string') throw invalid(`${name} must be a string`);
  return value === '' ? null : value;
}

function flag(body: JsonObject, name: string): boolean | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw invalid(`${name} must be a boolean`);
  return value;
}

/** The `value` of the primary element, else of the first. */
function firstValue(body: JsonObject, name: string): string | null | undefined {
  const list = body[name];
  if (list === undefined || list === null) return list;
  if (!Array.isArray(list) || !list.every(isObject)) throw invalid(`${name} must be a list of objects`);
  const chosen = list.find((element) => element['primary'] === true) ?? list[0];
  return chosen === undefined ? null : (text(chosen, 'value') ?? null);
}

function role(value: string | null | undefined, roleIds: readonly number[]): Role | null | undefined {
  if (value === undefined || value === null) return value;
  if (value === 'ADMIN' || value === 'MEMBER' || value === 'OWNER') return value;
  const id = /^role-ids=\[(\d{1,9})\]$/.exec(value)?.[1];
  if (id === undefined || !roleIds.includes(Number(id))) throw invalid('roles holds a value that is not known');
  return `role-ids=[${Number(id)}]`;
}

/** Turns the operations of a PatchOp into the partial resource they amount to. */
export function patchOpToPartial(body: JsonObject): JsonObject {
  const operations = body['Operations'];
  if (!Array.isArray(operations) || operations.length === 0) {
    throw scimError(400, 'Operations must be a list', 'invalidSyntax');
  }
  const partial: Record<string, unknown> = {};
  for (const operation of operations) {
    if (!isObject(operation)) throw scimError(400, 'an operation must be an object', 'invalidSyntax');
    applyOperation(operation, partial);
  }
  return partial;
}

function applyOperation(operation: JsonObject, partial: Record<string, unknown>): void {
  const op = typeof operation['op'] === 'string' ? operation['op'].toLowerCase() : '';
  if (op !== 'add' && op !== 'replace' && op !== 'remove') {
    throw scimError(400, 'op must be add, replace or remove', 'invalidSyntax');
  }
  const { path } = operation;
  const value = op === 'remove' ? null : operation['value'];
  if (value === undefined) throw scimError(400, `${op} needs a value`, 'invalidValue');
  if (path === undefined || path === null) {
    if (!isObject(value)) throw scimError(400, 'an operation without path needs an object as value', 'noTarget');
    Object.assign(partial, value);
    return;
  }
  if (typeof path !== 'string') throw scimError(400, 'path must be a string', 'invalidPath');
  const local = path.replace(/^urn:ietf:params:scim:schemas:core:2\.0:User:/i, '');
  const match = /^([A-Za-z]+)(?:\[[^\]]*(?:\][^\]]*)?\])?(?:\.([A-Za-z]+))?$/.exec(local);
  const attribute = match?.[1];
  if (attribute === undefined) throw scimError(400, `path ${path} is not understood`, 'invalidPath');
  const sub = match?.[2];
  if (sub === undefined) {
    // `phoneNumbers[primary eq true]` addresses one element, which an object may replace.
    partial[attribute] = isObject(value) && attribute !== 'name' ? [value] : value;
  } else if (attribute === 'name') {
    partial['name'] = { ...(isObject(partial['name']) ? partial['name'] : {}), [sub]: value };
  } else if (sub === 'value') {
    partial[attribute] = value === null ? null : [{ value, primary: true }];
  } else {
    // Other sub-attributes (display, type, primary) are not kept.
    partial[attribute] ??= undefined;
  }
}
