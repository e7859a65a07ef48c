import { isMachinery, isOwnerWord, letters, saysSeatIsGone, saysSeatIsThere, speaksOfState } from './firewall-words.ts';
import { isJsonObject, parseJson, writeJson, type JsonObject } from './lossless-json.ts';

const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const DEEPEST = 24;

/** Attributes of a person that may be written; `active` is judged apart. */
const PERSONAL = [
  'userName',
  'displayName',
  'name',
  'nickName',
  'profileUrl',
  'title',
  'preferredLanguage',
  'locale',
  'timezone',
  'emails',
  'phoneNumbers',
  'ims',
  'photos',
  'addresses',
] as const;
const WRITABLE: ReadonlySet<string> = new Set([...PERSONAL, 'userType', 'externalId', 'roles', 'active']);
/** May stand in a resource that is sent back whole. */
const KNOWN: ReadonlySet<string> = new Set([
  ...WRITABLE,
  'schemas',
  'id',
  'meta',
  'isActive',
  'groups',
  'entitlements',
  'x509Certificates',
]);
/** Here a text may be anything, even the word OWNER. */
const FREE_TEXT: ReadonlySet<string> = new Set([...PERSONAL, 'schemas', 'id', 'externalId', 'meta']);
/** Without these there is no user left worth the name. */
const NEVER_REMOVED: ReadonlySet<string> = new Set(['active', 'userName', 'displayName', 'roles', 'emails']);
const FILTERED: ReadonlySet<string> = new Set(['emails', 'phoneNumbers', 'ims', 'photos', 'addresses']);
/** An attribute, with or without the URN of the core schema, a filter, a sub-attribute (RFC 7644 figure 7). */
const PATH = /^(?:urn:ietf:params:scim:schemas:core:2\.0:User:)?([A-Za-z0-9]+)(\[[^[\]\\]*\])?(?:\.([A-Za-z]+))?$/;

/**
 * Why a body must not reach a SCIM user, or null. Nothing may say anything of `active` or `isActive` but `true`, and
 * nobody is made OWNER; shapes that are not known are refused, since nobody can say what Drift makes of them.
 */
export function judgeUserBody(form: 'create' | 'replace' | 'patch', text: string | undefined): string | null {
  const body = plainObject(text);
  if (body === null) return 'the body must be one JSON object, without doubled names';
  const schemas = body['schemas'];
  const message = Object.keys(body).some((key) => letters(key) === 'operations') || names(schemas, PATCH_OP);
  if (message) return form === 'patch' ? judgePatchMessage(body) : 'a PatchOp belongs into a PATCH';
  if (schemas !== undefined && !isListOfSchemas(schemas)) return 'schemas must be a list of resource schemas';
  if (form !== 'replace') {
    const odd = Object.keys(body).find((key) => !WRITABLE.has(key) && key !== 'schemas');
    if (odd !== undefined) return 'the body names an attribute that is not known to be harmless';
  }
  if (form === 'replace' && body['active'] !== true) return 'a replacement must say active: true';
  if (form !== 'patch' && !(isText(body['userName']) && isText(body['displayName']))) {
    return 'userName and displayName are required';
  }
  return judgeResource(body);
}

/** The object that a text holds, if writing it again gives the very same text: then no reader can see another one in it. */
export function plainObject(text: string | undefined): JsonObject | null {
  try {
    const value = text === undefined ? undefined : parseJson(text);
    return isJsonObject(value) && writeJson(value) === text ? value : null;
  } catch {
    return null;
  }
}

function judgeResource(body: JsonObject): string | null {
  for (const [key, value] of Object.entries(body)) {
    if (key === 'active' || key === 'isActive') {
      if (value !== true) return 'active must be true: anything else removes the agent for good';
      continue;
    }
    const reason = KNOWN.has(key) ? judgeKnown(key, value) : judgeUnknown(key, value);
    if (reason !== null) return reason;
  }
  const roles = body['roles'];
  return roles === undefined ? null : judgeRoles(roles);
}

function judgeKnown(key: string, value: unknown): string | null {
  return isSwitch(value) ? SWITCH : judgeValue(value, FREE_TEXT.has(key), 1);
}

/**
 * What Drift showed and nobody knows goes back as it is, since a replacement clears what it omits; but nothing in it may be a
 * switch: no flag, nothing empty, no name and no word of a state, unless it is plain that it says that the seat is there.
 */
function judgeUnknown(key: string, value: unknown): string | null {
  if ([...KNOWN].some((known) => letters(known) === letters(key))) {
    return 'the body spells a known attribute in another way';
  }
  if (isMachinery(key)) return MACHINERY;
  if (saysSeatIsThere(key, value)) return null;
  if (speaksOfState(key)) return STATE;
  return isSwitch(value) || isEmpty(value) ? SWITCH : judgeValue(value, false, 1);
}

const SWITCH = 'the body switches something that is not known to be harmless';
const MACHINERY = 'the body holds a name of the machinery, or a patch inside a resource';
const STATE = 'the body speaks of a state of the agent under another name, or in another place';

/** Whatever is nested: no name that speaks of a state, no OWNER but in free text, and no depth that hides something. */
function judgeValue(value: unknown, freeText: boolean, depth: number): string | null {
  if (depth > DEEPEST) return 'the body is nested too deep';
  if (typeof value === 'string') return freeText ? null : judgeWord(value);
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
    const reason = Array.isArray(value) ? null : judgeName(key, inner, freeText);
    const nested = reason ?? judgeValue(inner, freeText, depth + 1);
    if (nested !== null) return nested;
  }
  return null;
}

function judgeName(key: string, value: unknown, freeText: boolean): string | null {
  if (isMachinery(key)) return MACHINERY;
  if (speaksOfState(key)) return STATE;
  if (!freeText && isOwnerWord(key)) return OWNER;
  // Which of several is the first one is the only thing that a flag says in a resource.
  return !freeText && isSwitch(value) && key !== 'primary' ? SWITCH : null;
}

const OWNER = 'nobody is made OWNER';

function judgeWord(text: string): string | null {
  if (isOwnerWord(text)) return OWNER;
  return saysSeatIsGone(text) ? STATE : null;
}

const isSwitch = (value: unknown): boolean => typeof value === 'boolean' || value === 0 || value === 0n;
const isEmpty = (value: unknown): boolean => ['null', '""', '[]', '{}'].includes(writeJson(value));

/** At least one: an empty list strips the agent of its role. */
function judgeRoles(roles: unknown): string | null {
  if (!Array.isArray(roles) || roles.length === 0) return 'roles must be a list of at least one role';
  const plain = roles.every((role) => isJsonObject(role) && isText(role['value']));
  if (!plain) return 'roles must be a list of roles with a value';
  return letters(JSON.stringify(roles)).includes('owner') ? OWNER : null;
}

function judgePatchMessage(body: JsonObject): string | null {
  const { schemas, Operations: operations } = body;
  if (Object.keys(body).some((key) => key !== 'schemas' && key !== 'Operations'))
    return 'a PatchOp holds Operations only';
  if (!Array.isArray(schemas) || schemas.length !== 1 || schemas[0] !== PATCH_OP)
    return 'schemas must name PatchOp alone';
  if (!Array.isArray(operations) || operations.length === 0) return 'Operations must be a list';
  for (const operation of operations as unknown[]) {
    const reason = isJsonObject(operation) ? judgeOperation(operation) : 'an operation must be an object';
    if (reason !== null) return reason;
  }
  return null;
}

function judgeOperation(operation: JsonObject): string | null {
  if (Object.keys(operation).some((key) => key !== 'op' && key !== 'path' && key !== 'value')) {
    return 'an operation holds op, path and value only';
  }
  const { op, path, value } = operation;
  const verb = typeof op === 'string' && /^(add|replace|remove)$/i.test(op) ? op.toLowerCase() : null;
  if (verb === null) return 'op must be add, replace or remove';
  if (path === undefined) {
    if (verb === 'remove' || !isJsonObject(value)) return 'an operation without path sets an object';
    return Object.keys(value).every((key) => WRITABLE.has(key))
      ? judgeResource(value)
      : 'an operation names an attribute that is not known to be harmless';
  }
  const [, attribute, filter, sub] = (typeof path === 'string' ? PATH.exec(path) : null) ?? [];
  if (attribute === undefined || !WRITABLE.has(attribute)) return 'the path is not known to be harmless';
  if (filter !== undefined && (!FILTERED.has(attribute) || speaksOfState(filter.replaceAll(/"[^"]*"/g, '')))) {
    return 'the path selects by something that is not known to be harmless';
  }
  if (verb === 'remove') {
    return value !== undefined || NEVER_REMOVED.has(attribute) ? 'this attribute is not removed' : null;
  }
  if (value === undefined) return 'the operation has no value';
  if (sub === undefined && filter === undefined) return judgeResource({ [attribute]: value });
  if (attribute === 'active' || attribute === 'roles') return 'roles and active are set as a whole';
  const free = FREE_TEXT.has(attribute);
  return judgeName(sub ?? '', value, free) ?? judgeValue(value, free, 1);
}

function isListOfSchemas(schemas: unknown): boolean {
  return Array.isArray(schemas) && schemas.every((one) => typeof one === 'string' && !/:api:|messages/i.test(one));
}

function names(schemas: unknown, urn: string): boolean {
  return JSON.stringify(schemas ?? null)
    .toLowerCase()
    .includes(urn.toLowerCase());
}

const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '';
