import type { Agent } from './model.ts';
import type { SimulatorSettings } from './settings.ts';

const DIFFERENT_SPACE = 70_000_003;

/** SCIM ids are the REST id's digits, or of a space of their own (Drift API notes 4.4). */
export function scimIdOf(agent: Agent, settings: SimulatorSettings): string {
  return String(settings.scimIdSpace === 'same' ? agent.id : agent.id + DIFFERENT_SPACE);
}

/** The REST id that a SCIM id stands for, as a key of the agents; undefined when it is no id at all. */
export function restIdOf(scimId: string, settings: SimulatorSettings): string | undefined {
  if (!/^[1-9]\d{0,14}$/.test(scimId)) return undefined;
  return settings.scimIdSpace === 'same' ? scimId : String(Number(scimId) - DIFFERENT_SPACE);
}

/**
 * A user as Drift's SCIM answers it: every attribute of the schema is there, mostly null, and lists hold an element
 * without a value where there is nothing. `locale` is missing from list answers (Drift API notes 2.1).
 */
export function scimUser(agent: Agent, settings: SimulatorSettings, form: 'list' | 'single'): unknown {
  const deleted = agent.deletedAt !== undefined;
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    id: scimIdOf(agent, settings),
    externalId: null,
    meta: null,
    userName: agent.userName,
    name: {
      formatted:
        [agent.givenName, agent.familyName].filter((part) => part !== undefined).join(' ') || agent.displayName,
      givenName: agent.givenName ?? '',
      familyName: agent.familyName ?? '',
      middleName: null,
      honorificPrefix: null,
      honorificSuffix: null,
    },
    displayName: agent.displayName,
    nickName: null,
    profileUrl: null,
    title: null,
    userType: null,
    preferredLanguage: null,
    ...(form === 'single' && { locale: agent.locale ?? null }),
    timezone: null,
    active: !deleted,
    password: null,
    emails: [{ value: agent.userName, primary: true }],
    phoneNumbers: [agent.phone === undefined ? { primary: true } : { value: agent.phone, primary: true }],
    ims: null,
    photos: [agent.avatarUrl === undefined ? {} : { value: agent.avatarUrl, display: '', primary: true }],
    addresses: null,
    groups: null,
    entitlements: null,
    roles: [{ value: agent.role, display: agent.role, type: null, primary: true }],
    x509Certificates: null,
  };
}

/** The list of the vendor sample: nulls at the top and an `itemsPerPage` of 0. */
export function scimList(resources: readonly unknown[], totalResults: number, startIndex: number): unknown {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    id: null,
    externalId: null,
    meta: null,
    totalResults,
    Resources: resources,
    startIndex,
    itemsPerPage: 0,
  };
}
