import { unknownCapabilities, withCarrier, type Capabilities, type MissingScope } from '../core/capabilities.ts';
import { DomainError } from '../core/errors.ts';
import type { Clock } from '../flows/ports.ts';
import type { Called, DriftClient } from './client.ts';
import { isUnlistable, sameName } from './listing.ts';
import { getAccount, listAccounts, updateAccount } from './operations/accounts.ts';
import {
  findContacts,
  findContactsByExternalId,
  getContact,
  listContactAttributes,
  listContacts,
  updateContact,
  type Contact,
} from './operations/contacts.ts';
import type { Operation } from './operations/operation.ts';
import { listScimUsers, type ScimUser } from './operations/scim.ts';
import { getUser, listUsers, updateUser } from './operations/users.ts';

/** What reconciliation calls beside SCIM, whose scope no source names (Drift API notes 1.4). */
const USED: readonly Operation[] = [
  listUsers,
  getUser,
  updateUser,
  listAccounts,
  getAccount,
  updateAccount,
  listContacts,
  getContact,
  findContacts,
  findContactsByExternalId,
  updateContact,
  listContactAttributes,
];

/** Nobody can have it: the domain is reserved (RFC 2606 2). */
const NOBODY = 'nobody@bridge-probe.example';
const OWNER_ID = 'ownerId';
const USERS_SEEN = 25;
const CONTACTS_SEEN = 25;
/** So many known contacts are read where the list shows none. */
const KNOWN_CONTACTS_READ = 3;

export interface ProbeInput {
  readonly client: DriftClient;
  readonly clock: Pick<Clock, 'now'>;
  /** The contact attribute that policy says carries owners. */
  readonly carrier?: string | undefined;
  /** Ids of contacts that the bridge knows of. */
  readonly contactIds: readonly string[];
}

/** A part of the facts, or null with the reason. */
type Part = Partial<Omit<Capabilities, 'probedAt' | 'carrier' | 'unknown'>> & {
  readonly unknown?: Readonly<Record<string, string>>;
};

/**
 * Measures what the organisation's Drift can do, with GETs and the description of the token alone. Never throws for what
 * Drift answers or does not: each part stands for itself, and what could not be learned says why.
 */
export async function probeCapabilities(input: ProbeInput): Promise<Capabilities> {
  const { client, clock, carrier } = input;
  const probedAt = clock.now();
  // One after the other: the probe must not compete with a run for the budget of calls.
  const parts = [
    await tokenPart(client),
    await scimPart(client),
    await attributePart(client),
    await accountPart(client),
  ];
  // An attribute of that name that was declared is kept, whoever has been given one.
  const declaresOwner = parts.some(({ attributes }) => attributes?.some(({ name }) => name === OWNER_ID) === true);
  parts.push(await contactPart(client, input.contactIds, declaresOwner));
  const facts: Capabilities = Object.assign({}, unknownCapabilities(probedAt, 'not probed'), ...parts) as Capabilities;
  const unknown = Object.assign({}, ...parts.map((part) => part.unknown ?? {})) as Record<string, string>;
  return withCarrier({ ...facts, unknown }, carrier);
}

async function tokenPart(client: DriftClient): Promise<Part> {
  const called = await safely(() => client.tokenInfo());
  if (called.kind !== 'ok') return missing(called, 'orgId', 'scopes');
  const org = /^orgId:(\d+)$/.exec(called.value.authenticated_userid ?? '')?.[1];
  const granted = called.value.scope?.split(/[\s,]+/).filter((scope) => scope !== '');
  const unknown = {
    ...(org === undefined ? { orgId: 'the description of the token names no organisation' } : {}),
    ...(granted === undefined ? { scopes: 'the description of the token names no scopes' } : {}),
  };
  return { orgId: org ?? null, scopes: granted === undefined ? null : compared(granted), unknown };
}

function compared(granted: readonly string[]): Capabilities['scopes'] {
  const needed = new Map<string, string[]>();
  for (const { scope, name } of USED) {
    if (scope !== null) needed.set(scope, [...(needed.get(scope) ?? []), name]);
  }
  const has = new Set(granted);
  return {
    granted: [...has].toSorted(),
    missing: [...needed].flatMap(([scope, operations]): MissingScope[] =>
      has.has(scope) ? [] : [{ scope, operations }],
    ),
    excess: [...has].filter((scope) => !needed.has(scope)).toSorted(),
  };
}

async function scimPart(client: DriftClient): Promise<Part> {
  let service;
  try {
    service = await client.scim({ again: true });
  } catch (error) {
    return missing(reasonOf(error), 'scimPath', 'scimEntitled', 'filter', 'activeName');
  }
  const found = { scimPath: service.path, scimEntitled: service.entitled };
  if (!service.entitled) return { ...found, ...because('SCIM does not answer', 'filter', 'activeName') };
  const page = await safely(() => client.call(listScimUsers, { query: { startIndex: 1, count: USERS_SEEN } }));
  if (page.kind !== 'ok') return { ...found, ...missing(page, 'filter', 'activeName') };
  const users = page.value.Resources;
  const known = users.find(({ userName }) => !/["\\]/.test(userName));
  if (known === undefined) return { ...found, ...because('SCIM shows nobody', 'filter', 'activeName') };
  const names = activeNames(users);
  const filter = await filterOf(client, known.userName);
  const unknown = {
    ...(typeof filter === 'string' ? {} : because(filter.why, 'filter').unknown),
    ...(names === null ? because('no SCIM user shows either name', 'activeName').unknown : {}),
  };
  return { ...found, filter: typeof filter === 'string' ? filter : null, activeName: names, unknown };
}

function activeNames(users: readonly ScimUser[]): Capabilities['activeName'] {
  const shows = (name: string): boolean => users.some((user) => user[name] !== undefined && user[name] !== null);
  const [active, isActive] = [shows('active'), shows('isActive')];
  return active && isActive ? 'both' : active ? 'active' : isActive ? 'isActive' : null;
}

/** A filter is honoured when it finds who is there, alone, and nobody where nobody is (Drift API notes 4.5). */
async function filterOf(
  client: DriftClient,
  userName: string,
): Promise<NonNullable<Capabilities['filter']> | { readonly why: string }> {
  const ask = (
    name: string,
  ): Promise<Called<{ readonly totalResults: number; readonly Resources: readonly ScimUser[] }>> =>
    safely(() =>
      client.call(listScimUsers, {
        query: { filter: `userName eq ${JSON.stringify(name)}`, startIndex: 1, count: 2 },
      }),
    );
  const none = await ask(NOBODY);
  if (none.kind === 'refused' && none.status === 400) return 'refused';
  if (none.kind !== 'ok') return { why: whyOf(none) };
  if (none.value.Resources.length > 0 || none.value.totalResults > 0) return 'ignored';
  const one = await ask(userName);
  if (one.kind !== 'ok') return { why: whyOf(one) };
  const { Resources: found } = one.value;
  return found.length > 0 && found.every((user) => sameName(user.userName, userName)) ? 'honoured' : 'wrong';
}

async function attributePart(client: DriftClient): Promise<Part> {
  const called = await safely(() => client.call(listContactAttributes));
  if (called.kind !== 'ok') return missing(called, 'attributes');
  const attributes = called.value.data.properties.map((property) => {
    const type = property['type'];
    return { name: property.name, type: typeof type === 'string' ? type : null };
  });
  return { attributes };
}

async function accountPart(client: DriftClient): Promise<Part> {
  const called = await safely(() => client.call(listAccounts, { query: { index: 0, size: 1 } }));
  if (called.kind === 'ok') return { accountListing: 'listed' };
  const isRefused = called.kind === 'refused' && (called.status === 403 || called.status === 404);
  return isRefused ? { accountListing: 'refused' } : missing(called, 'accountListing');
}

async function contactPart(client: DriftClient, contactIds: readonly string[], declaresOwner: boolean): Promise<Part> {
  const called = await safely(() => client.call(listContacts, { query: { limit: CONTACTS_SEEN } }));
  if (called.kind === 'ok' && called.value.data.length > 0) {
    return { contactListing: 'listed', contactOwnerId: declaresOwner || called.value.data.some(carriesOwner) };
  }
  const seen: Contact[] = [];
  for (const contactId of declaresOwner ? [] : contactIds.slice(0, KNOWN_CONTACTS_READ)) {
    const one = await safely(() => client.call(getContact, { params: { contactId } }));
    if (one.kind === 'ok') seen.push(one.value.data);
  }
  const owner: Part =
    seen.length === 0 && !declaresOwner
      ? because('no contact can be seen', 'contactOwnerId')
      : { contactOwnerId: declaresOwner || seen.some(carriesOwner) };
  if (called.kind === 'ok') return { contactListing: 'empty', ...owner };
  if (isUnlistable(called)) return { contactListing: 'refused', ...owner };
  const unknown = { ...owner.unknown, ...missing(called, 'contactListing').unknown };
  return { ...owner, unknown };
}

const carriesOwner = ({ attributes }: Contact): boolean =>
  attributes[OWNER_ID] !== undefined && attributes[OWNER_ID] !== null;

type Failed = Exclude<Called<never>, { readonly kind: 'ok' }>;

/** What cannot even be asked is an answer like any other here. */
async function safely<T>(call: () => Promise<Called<T>>): Promise<Called<T>> {
  try {
    return await call();
  } catch (error) {
    return reasonOf(error);
  }
}

function reasonOf(error: unknown): Failed {
  if (!(error instanceof DomainError)) throw error;
  return { kind: 'unknown', code: error.code, detail: error.message };
}

/** Codes and statuses only: a detail may quote what Drift said of somebody. */
const whyOf = (called: Failed): string =>
  called.kind === 'refused'
    ? `Drift refused with ${String(called.status)} (${called.code})`
    : `Drift gave no answer (${called.code})`;

type Fact = Exclude<keyof Part, 'unknown'>;

const missing = (called: Failed, ...facts: readonly Fact[]): Part => because(whyOf(called), ...facts);

const because = (why: string, ...facts: readonly Fact[]): { readonly unknown: Readonly<Record<string, string>> } => ({
  unknown: Object.fromEntries(facts.map((fact) => [fact, why])),
});
