import { isDeepStrictEqual } from 'node:util';

import type { Attribute, Contact } from './model.ts';
import type { Org } from './org.ts';

type Attributes = Readonly<Record<string, unknown>>;

/** Attributes every org has (Drift API notes 2.4). */
const BUILT_IN: readonly Attribute[] = [
  ['email', 'Email', 'STRING'],
  ['name', 'Name', 'STRING'],
  ['first_name', 'First name', 'STRING'],
  ['last_name', 'Last name', 'STRING'],
  ['display_name', 'Display name', 'STRING'],
  ['phone', 'Phone', 'STRING'],
  ['externalId', 'External id', 'STRING'],
  ['avatar_url', 'Avatar', 'STRING'],
  ['city', 'City', 'STRING'],
  ['state', 'State', 'STRING'],
  ['country', 'Country', 'STRING'],
  ['timezone', 'Time zone', 'STRING'],
  ['employment_name', 'Company', 'STRING'],
  ['employment_title', 'Job title', 'STRING'],
  ['employment_domain', 'Company domain', 'STRING'],
  ['linkedin_handle', 'LinkedIn', 'STRING'],
  ['last_active', 'Last active', 'DATETIME'],
  ['last_contacted', 'Last contacted', 'DATETIME'],
].map(([name = '', displayName = '', type]) => ({ name, displayName, type: type as Attribute['type'] }));

const BUILT_IN_NAMES = new Set(BUILT_IN.map((attribute) => attribute.name));

/** Kept by Drift itself; what a client sends under these names is ignored. */
const KEPT_BY_DRIFT = new Set([
  'external_id',
  'tags',
  'events',
  'socialProfiles',
  'start_date',
  '_END_USER_VERSION',
  '_end_user_version',
  '_calculated_version',
]);

export function declaredAttributes(org: Org): readonly Attribute[] {
  return [...BUILT_IN, ...org.attributes()];
}

/**
 * What of the sent attributes sticks, and which names have to be declared for that. Undeclared names and a native
 * `ownerId` are ignored without a word, unless the settings say otherwise (Drift API notes 3.1, 6.5).
 */
export function accepted(
  org: Org,
  sent: Attributes,
): { readonly kept: Attributes; readonly declared: readonly Attribute[] } {
  const { undeclaredAttribute, contactOwnerId } = org.settings();
  const custom = new Set(org.attributes().map((attribute) => attribute.name));
  const declared: Attribute[] = [];
  const kept = Object.entries(sent).filter(([name, value]) => {
    if (KEPT_BY_DRIFT.has(name)) return false;
    if (BUILT_IN_NAMES.has(name) || custom.has(name)) return true;
    if (name === 'ownerId') return contactOwnerId === 'stored' && (value === null || Number.isSafeInteger(value));
    if (undeclaredAttribute === 'ignored' || value === null) return false;
    declared.push({ name, displayName: name, type: typeOf(value) });
    return true;
  });
  return { kept: Object.fromEntries(kept), declared };
}

function typeOf(value: unknown): Attribute['type'] {
  if (typeof value === 'number') return 'NUMERIC';
  return typeof value === 'boolean' ? 'BOOLEAN' : 'STRING';
}

/** The contact after these attributes were written; its version counters grow on every write. */
export function withAttributes(org: Org, before: Contact, kept: Attributes): Contact {
  const attributes: Record<string, unknown> = { ...before.attributes };
  const { nullAttribute } = org.settings();
  for (const [name, value] of Object.entries(kept)) {
    if (value !== null) attributes[name] = value;
    else if (nullAttribute === 'cleared' && name !== 'email') Reflect.deleteProperty(attributes, name);
  }
  return { ...before, attributes, version: before.version + 1 };
}

/** Tells what changed; an attribute that was or is unset is null (Drift API notes 5). */
export function raiseContactUpdated(org: Org, before: Contact, after: Contact, timestamp: number): void {
  const names = new Set([...Object.keys(before.attributes), ...Object.keys(after.attributes)]);
  const diff = [...names].flatMap((name) => {
    const previous = before.attributes[name] ?? null;
    const updated = after.attributes[name] ?? null;
    return isDeepStrictEqual(previous, updated) ? [] : [{ name: `attributes.${name}`, previous, updated }];
  });
  if (diff.length === 0) return;
  org.raise({ type: 'contact_updated', data: { endUserId: BigInt(after.id), timestamp, diff } });
}

/** A contact as the API answers it: the 64-bit id as a JSON number. */
export function shownContact(contact: Contact): unknown {
  const { externalId } = contact.attributes;
  return {
    id: BigInt(contact.id),
    createdAt: contact.createdAt,
    attributes: {
      ...contact.attributes,
      ...(externalId !== undefined && { external_id: externalId }),
      tags: (contact.tags ?? []).map((name) => ({ name })),
      events: {},
      socialProfiles: {},
      start_date: contact.createdAt,
      _END_USER_VERSION: contact.version,
      _end_user_version: contact.version,
      _calculated_version: contact.version,
    },
  };
}
