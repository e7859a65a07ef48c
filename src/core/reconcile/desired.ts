import { ATTRIBUTE_RULES, type AttributeName, type AttributeValues } from '../identity/attributes.ts';
import { isEmail } from '../identity/email.ts';
import type { HrStatement, IdpStatement, PersonState } from '../identity/person.ts';
import type { Policy } from './policy.ts';

export interface Desired {
  readonly values: AttributeValues;
  /** Which source gave each value: `idp`, `hr:<feed>`. */
  readonly origins: Readonly<Partial<Record<AttributeName, string>>>;
}

type Reader<S> = (statement: S, policy: Policy) => string | undefined;

const IDP: Readonly<Record<AttributeName, Reader<IdpStatement>>> = {
  userName: desiredUserName,
  email: (idp) => idp.emails.find(isEmail) ?? desiredUserName(idp),
  displayName: (idp) => text(idp.displayName) ?? joined(idp.given, idp.family),
  givenName: (idp) => idp.given,
  familyName: (idp) => idp.family,
  phone: (idp) => idp.phone,
  locale: (idp) => idp.locale,
  role: (idp, policy) => mappedRole(idp.groups, policy),
};

const HR: Readonly<Partial<Record<AttributeName, Reader<HrStatement>>>> = {
  email: ({ record }) => record.workEmail,
  displayName: ({ record }) => text(record.display) ?? joined(record.preferred ?? record.given, record.family),
  givenName: ({ record }) => text(record.preferred) ?? record.given,
  familyName: ({ record }) => record.family,
  phone: ({ record }) => record.phone,
  locale: ({ record }) => record.locale,
};

/**
 * What the sources want the account to say now: per attribute the first source in its order of authority that has an
 * opinion and a vote. An attribute without one is left to Drift.
 */
export function desiredOf(person: PersonState, policy: Policy, votes: (source: string) => boolean): Desired {
  const values: Partial<Record<AttributeName, string>> = {};
  const origins: Partial<Record<AttributeName, string>> = {};
  const { idp, hr } = person;
  const hrSource = hr === undefined ? undefined : `hr:${hr.feed}`;
  for (const { name, authority } of ATTRIBUTE_RULES) {
    for (const source of authority) {
      let value: string | undefined;
      if (source === 'idp' && idp !== undefined && votes('idp')) value = IDP[name](idp, policy);
      if (source === 'hr' && hr !== undefined && hrSource !== undefined && votes(hrSource)) {
        value = HR[name]?.(hr, policy);
      }
      const cleaned = text(value);
      if (cleaned === undefined) continue;
      values[name] = cleaned;
      origins[name] = source === 'hr' ? (hrSource ?? source) : source;
      break;
    }
  }
  return { values, origins };
}

/** Drift signs in with an e-mail address: the IdP's userName if it is one, otherwise its primary address. */
export function desiredUserName(idp: IdpStatement): string | undefined {
  return [idp.userName, ...idp.emails].map((value) => value.trim()).find(isEmail);
}

/** What a create sends: Drift asks for a display name, and a new seat needs a role (Drift API notes 2.1). */
export function valuesToCreate(desired: Desired, policy: Policy): AttributeValues {
  const { values } = desired;
  return {
    ...values,
    displayName: values.displayName ?? joined(values.givenName, values.familyName) ?? values.userName ?? '',
    role: values.role ?? (isWritableRole(policy.roles.default) ? policy.roles.default.trim() : 'MEMBER'),
  };
}

/**
 * The most privileged role that the person's groups are mapped to; undefined when none is. A mapping to OWNER, or to a
 * word that Drift does not take, is no opinion.
 */
export function mappedRole(groups: readonly string[], policy: Policy): string | undefined {
  const mapped = groups
    .filter((group) => Object.hasOwn(policy.roles.groups, group))
    .map((group) => policy.roles.groups[group]?.trim() ?? '')
    .filter(isWritableRole);
  return mapped.sort((left, right) => privilege(right) - privilege(left) || (left < right ? -1 : 1))[0];
}

/** `ADMIN`, `MEMBER`, `role-ids=[N]` in any case (Drift API notes 4.2). */
function isWritableRole(role: string): boolean {
  return /^(?:ADMIN|MEMBER|ROLE-IDS=\[\d+(?:,\d+)*\])$/i.test(role.trim());
}

export function isAdminRole(role: string | undefined): boolean {
  return role !== undefined && role.trim().toUpperCase() === 'ADMIN';
}

function privilege(role: string): number {
  return isAdminRole(role) ? 2 : role.toUpperCase() === 'MEMBER' ? 0 : 1;
}

function text(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === '' ? undefined : trimmed;
}

function joined(...parts: readonly (string | undefined)[]): string | undefined {
  return text(parts.map((part) => text(part) ?? '').join(' '));
}
