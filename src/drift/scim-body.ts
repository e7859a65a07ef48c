import type { AttributeValues } from '../core/identity/attributes.ts';
import { letters } from './firewall-words.ts';
import { isJsonObject, type JsonObject } from './lossless-json.ts';
import type { ScimUser } from './operations/scim.ts';

/** The RFC's name of the schema. */
export const USER_SCHEMAS: readonly string[] = ['urn:ietf:params:scim:schemas:core:2.0:User'];
/** What Drift's own request sample sends (Drift API notes 2.1). */
export const VENDOR_SCHEMAS: readonly string[] = ['urn:scim:schemas:core:2.0'];

export interface WireRole {
  readonly value: string;
  readonly display: string;
  readonly type: null;
  readonly primary: true;
}

/** A role in the form that Drift documents for writing; null for OWNER and for what is no role (Drift API notes 4.2). */
export function wireRole(role: string): WireRole | null {
  const word = role.trim().toUpperCase();
  const ids = /^ROLE-IDS=\[(\d{1,9})\]$/.exec(word.replaceAll(' ', ''))?.[1];
  const value = word === 'ADMIN' || word === 'MEMBER' ? word : ids === undefined ? null : `role-ids=[${ids}]`;
  return value === null ? null : { value, display: value, type: null, primary: true };
}

/** Body of a create: everything known, in the shape of Drift's sample; userName, displayName and an e-mail always. */
export function createBody(
  values: AttributeValues & { readonly userName: string },
  options: { readonly schemas: readonly string[]; readonly role?: WireRole },
): JsonObject {
  const { userName, email, displayName, phone, locale } = values;
  const name = nameOf(values);
  return {
    schemas: options.schemas,
    userName,
    displayName: displayName ?? (name.formatted || userName),
    emails: [{ value: email ?? userName, primary: true }],
    ...(name.formatted === '' ? {} : { name }),
    ...(phone === undefined ? {} : { phoneNumbers: [{ value: phone, primary: true }] }),
    ...(locale === undefined ? {} : { locale }),
    ...(options.role === undefined ? {} : { roles: [options.role] }),
  };
}

function nameOf({ givenName, familyName }: AttributeValues): { readonly formatted: string } & JsonObject {
  return {
    ...(givenName === undefined ? {} : { givenName }),
    ...(familyName === undefined ? {} : { familyName }),
    formatted: [givenName, familyName].filter((part) => part !== undefined).join(' '),
  };
}

/** Never sent back: Drift's own, or read-only (RFC 7643 3.1, 4.1). */
const READ_ONLY: ReadonlySet<string> = new Set(['id', 'meta', 'groups', 'password']);

/**
 * Body of a replacement: the resource as just read, with `values` laid over it. PUT clears what it omits (Drift API notes
 * 4.3), so what we do not know of is kept; nulls and elements without a value say nothing and are left out. Always
 * `active: true`, and the roles as read unless `role` is given. Names and addresses of sign-in are as read: those change by
 * a rename in place.
 */
export function replaceBody(
  current: ScimUser,
  values: AttributeValues,
  options: { readonly schemas: readonly string[]; readonly role?: WireRole },
): JsonObject {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(current)) {
    if (READ_ONLY.has(key) || letters(key).includes('activ')) continue;
    const filled = key === 'roles' ? value : withoutBlanks(value);
    if (filled !== undefined && filled !== null) kept[key] = filled;
  }
  const { displayName, givenName, familyName, phone, locale } = values;
  const named = givenName !== undefined || familyName !== undefined;
  return {
    ...kept,
    schemas: schemasOf(kept['schemas'], options.schemas),
    userName: current.userName,
    displayName: displayName ?? (current.displayName?.trim() ? current.displayName : current.userName),
    ...(named ? { name: renamed(kept['name'], values) } : {}),
    ...(phone === undefined ? {} : { phoneNumbers: withPrimary(kept['phoneNumbers'], phone) }),
    ...(locale === undefined ? {} : { locale }),
    ...(options.role === undefined ? {} : { roles: [options.role] }),
    active: true,
  };
}

const CORE: ReadonlySet<unknown> = new Set([...USER_SCHEMAS, ...VENDOR_SCHEMAS]);

/** As read, with the name of the core schema that requests take: those of requests and answers differ (Drift API notes 2.1). */
function schemasOf(read: unknown, core: readonly string[]): readonly unknown[] {
  const others = Array.isArray(read) ? (read as unknown[]).filter((urn) => !CORE.has(urn)) : [];
  return [...core, ...others];
}

function renamed(name: unknown, { givenName, familyName }: AttributeValues): JsonObject {
  const before = isJsonObject(name) ? name : {};
  const parts = {
    ...before,
    ...(givenName === undefined ? {} : { givenName }),
    ...(familyName === undefined ? {} : { familyName }),
  } as { readonly givenName?: unknown; readonly familyName?: unknown };
  const formatted = [parts.givenName, parts.familyName].filter((part) => typeof part === 'string').join(' ');
  return { ...parts, formatted };
}

/** The list with this value as its primary element; the others stay. */
function withPrimary(list: unknown, value: string): readonly JsonObject[] {
  const elements = (Array.isArray(list) ? (list as unknown[]) : []).filter(isJsonObject);
  const at = elements.findIndex((element) => element['primary'] === true);
  const chosen = at < 0 ? 0 : at;
  // What is displayed was the old number.
  const rest = Object.fromEntries(Object.entries(elements[chosen] ?? {}).filter(([key]) => key !== 'display'));
  return elements.length === 0
    ? [{ value, primary: true }]
    : elements.map((element, index) => (index === chosen ? { ...rest, value, primary: true } : element));
}

/** Without nulls, empty texts and objects, and elements that hold nothing but flags (`photos: [{}]`); undefined if nothing is left. */
function withoutBlanks(value: unknown): unknown {
  if (value === null || value === '') return undefined;
  if (Array.isArray(value)) {
    const filled = value.map(withoutBlanks).filter((one) => one !== undefined);
    const said = filled.filter(
      (one) => !isJsonObject(one) || Object.values(one).some((inner) => typeof inner !== 'boolean'),
    );
    return said.length === 0 ? undefined : said;
  }
  if (!isJsonObject(value)) return value;
  const filled = Object.entries(value)
    .map(([key, inner]) => [key, withoutBlanks(inner)] as const)
    .filter(([, inner]) => inner !== undefined);
  return filled.length === 0 ? undefined : Object.fromEntries(filled);
}
