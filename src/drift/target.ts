import { DomainError } from '../core/errors.ts';
import type { Account } from '../core/identity/account.ts';
import { isOwner } from '../core/identity/protection.ts';
import type { AttributeValues } from '../core/identity/attributes.ts';
import type { Capabilities, DriftTarget, Effect } from '../flows/drift-port.ts';
import type { Called, DriftClient } from './client.ts';
import {
  allAccounts,
  allContacts,
  allRestUsers,
  allScimUsers,
  answered,
  answeredOrNull,
  isUnlistable,
  sameName,
  unreachable,
} from './listing.ts';
import { mergeListings, mergeViews, type Views } from './mapping.ts';
import { getAccount } from './operations/accounts.ts';
import { getContact, listContacts } from './operations/contacts.ts';
import { createScimUser, deleteScimUser, getScimUser, replaceScimUser, type ScimUser } from './operations/scim.ts';
import { getUser, updateUser } from './operations/users.ts';
import { createOwnership, refused } from './ownership.ts';
import { createBody, replaceBody, USER_SCHEMAS, wireRole, type WireRole } from './scim-body.ts';

export interface DriftTargetOptions {
  readonly client: DriftClient;
  /** Declared contact attribute that names the owner by id or e-mail; absent: the native `ownerId`. */
  readonly contactOwnerAttribute?: string;
  /** `schemas` of created users; default the RFC's URN. */
  readonly schemas?: readonly string[];
  /** Where given, answers of any other organisation are refused. */
  readonly orgId?: string;
}

/** Drift as the flows see it. Every mutating method makes exactly one write call, after the reads that it needs. */
export function createDriftTarget(options: DriftTargetOptions): DriftTarget {
  const { client, contactOwnerAttribute, schemas = USER_SCHEMAS, orgId } = options;
  const ownership = createOwnership({
    client,
    ...(contactOwnerAttribute === undefined ? {} : { carrier: contactOwnerAttribute }),
  });
  let capabilities: Promise<Capabilities> | null = null;
  let listable = false;

  async function views(accountId: string): Promise<Views> {
    const params = { userId: accountId };
    const [scim, rest] = await Promise.all([
      client.call(getScimUser, { params }),
      // REST ids are numbers; anything else is a SCIM id of another space.
      /^\d+$/.test(accountId) ? client.call(getUser, { params }) : null,
    ]);
    const user = rest === null ? null : (answeredOrNull(getUser.name, rest)?.data ?? null);
    if (orgId !== undefined && user?.orgId != null && user.orgId !== orgId) {
      throw unreachable(getUser.name, 'it answers for another organisation');
    }
    return { scim: answeredOrNull(getScimUser.name, scim), rest: user };
  }

  async function measure(): Promise<Capabilities> {
    const { path, entitled } = await client.scim();
    const contacts = await client.call(listContacts, { query: { limit: 1 } });
    const unlistable = isUnlistable(contacts);
    if (!unlistable) answered(listContacts.name, contacts);
    const info = await client.tokenInfo();
    const org = info.kind === 'ok' ? /^orgId:(\d+)$/.exec(info.value.authenticated_userid ?? '')?.[1] : undefined;
    return {
      scimPath: path,
      scimEntitled: entitled,
      contactsListable: !unlistable,
      ...(org === undefined ? {} : { orgId: org }),
    };
  }

  /** One agent that may be changed: there in SCIM, active, neither bot nor OWNER. */
  async function changeable(accountId: string): Promise<Changeable> {
    const seen = await views(accountId);
    const account = mergeViews(seen);
    if (account === null || seen.scim === null) return refused('not_found', 'the agent is not there', 404);
    if (account.bot || isOwner(account)) return refused('protected', 'bots and the OWNER are never changed');
    // What is sent carries active: true, and nobody can be brought back (Drift API notes 4.3).
    if (!account.active) return refused('account_inactive', 'the agent is not active');
    return { kind: 'ok', account, scim: seen.scim, views: seen };
  }

  /** PUT of the whole resource; what SCIM does not show but REST does is laid under, so that PUT does not clear it. */
  async function replace(accountId: string, values: AttributeValues, role?: WireRole): Promise<Effect<Account>> {
    const found = await changeable(accountId);
    if (found.kind !== 'ok') return found;
    const shown = mergeViews({ scim: found.scim, rest: null })?.values ?? {};
    const known = found.account.restId === undefined ? shown : found.account.values;
    const laid = {
      ...(shown.phone === undefined && known.phone !== undefined ? { phone: known.phone } : {}),
      ...(shown.locale === undefined && known.locale !== undefined ? { locale: known.locale } : {}),
      ...values,
    };
    const body = replaceBody(found.scim, laid, { schemas, ...(role === undefined ? {} : { role }) });
    const called = await client.call(replaceScimUser, {
      params: { userId: accountId },
      body: body as { userName: string; displayName: string; active: true },
    });
    return accountOf(called, found.views, accountId);
  }

  return {
    capabilities() {
      capabilities ??= measure().catch((error: unknown) => {
        capabilities = null;
        throw error;
      });
      return capabilities;
    },
    async listAccounts() {
      return mergeListings(await allScimUsers(client), await allRestUsers(client, orgId));
    },
    async listCompanies() {
      return (await allAccounts(client)).map(ownership.company);
    },
    async listContacts() {
      const contacts = await allContacts(client);
      // Once it could be listed: then a refusal is no reason to prove "nothing owned" by what is known alone.
      if (contacts === null && listable) throw unreachable(listContacts.name, 'the list was there before');
      listable = contacts !== null;
      return contacts === null ? null : ownership.contacts(contacts);
    },
    readAccount: async (accountId) => mergeViews(await views(accountId)),
    async findAccounts(userName) {
      const scim = await allScimUsers(client, userName);
      const rest = (await allRestUsers(client, orgId)).filter(
        ({ id, email }) => sameName(email, userName) || scim.some((user) => user.id === id),
      );
      return mergeListings(scim, rest);
    },
    async readCompany(companyId) {
      const called = await client.call(getAccount, { params: { accountId: companyId } });
      const account = answeredOrNull(getAccount.name, called)?.data ?? null;
      return account === null ? null : ownership.company(account);
    },
    async readContact(contactId) {
      const contact = answeredOrNull(getContact.name, await client.call(getContact, { params: { contactId } }));
      return contact === null ? null : ((await ownership.contacts([contact.data]))[0] ?? null);
    },
    createAccount: (values) =>
      guarded(async () => {
        const { userName } = values;
        if (userName === undefined) return refused('user_name_missing', 'an agent needs a userName');
        const role = values.role === undefined ? undefined : wireRole(values.role);
        if (role === null) return refused('role_unknown', 'the role cannot be given in Drift');
        const body = createBody({ ...values, userName }, { schemas, ...(role === undefined ? {} : { role }) });
        const called = await client.call(createScimUser, { body: body as { userName: string; displayName: string } });
        return accountOf(called, { scim: null, rest: null }, null);
      }),
    replaceAccount: (accountId, values) =>
      guarded(async () => {
        const { userName, email, role } = values;
        if (userName !== undefined || email !== undefined || role !== undefined) {
          return refused('not_a_profile', 'userName and e-mail are changed by a rename, roles by a change of role');
        }
        return replace(accountId, values);
      }),
    setRole: (accountId, role) =>
      guarded(async () => {
        const wire = wireRole(role);
        return wire === null
          ? refused('role_unknown', 'the role cannot be given in Drift')
          : replace(accountId, {}, wire);
      }),
    renameAccount: (accountId, email) =>
      guarded<Account>(async () => {
        const found = await changeable(accountId);
        if (found.kind !== 'ok') return found;
        const { account } = found;
        const { restId } = account;
        if (restId === undefined) {
          return refused('rest_id_unproven', 'the REST user of this id has another e-mail, or there is none');
        }
        const called = await client.call(updateUser, { query: { userId: restId }, body: { email } });
        if (called.kind !== 'ok') return called;
        const now = called.value.data.email;
        if (called.value.data.id !== restId || now == null) return notShown('the renamed agent');
        // As the REST view answers it; whether SCIM follows is for the read-back to say.
        return { kind: 'ok', value: { ...account, values: { ...account.values, userName: now, email: now } } };
      }),
    removeAccount: (accountId, permit) =>
      guarded<null>(async () => {
        const called = await client.call(deleteScimUser, { params: { userId: accountId }, permit });
        return called.kind === 'ok' ? { kind: 'ok', value: null } : called;
      }),
    assignCompany: (companyId, ownerRestId) => guarded(() => ownership.assignCompany(companyId, ownerRestId)),
    assignContact: (contactId, ownerRestId) => guarded(() => ownership.assignContact(contactId, ownerRestId)),
    takeCallCount: () => client.takeCallCount(),
  };
}

type Changeable =
  | {
      readonly kind: 'ok';
      readonly account: Account;
      readonly scim: NonNullable<Views['scim']>;
      readonly views: Views;
    }
  | ReturnType<typeof refused>;

/** The agent after a write, as the answer shows it. An answer that shows none, or another one, is read back later. */
function accountOf(called: Called<ScimUser | undefined>, before: Views, accountId: string | null): Effect<Account> {
  if (called.kind !== 'ok') return called;
  const scim = called.value ?? null;
  if (scim === null || (accountId !== null && scim.id !== accountId)) return notShown('the agent');
  const account = mergeViews({ scim, rest: before.rest });
  return account === null ? notShown('the agent') : { kind: 'ok', value: account };
}

function notShown(what: string): Effect<never> {
  return { kind: 'unknown', code: 'not_shown', detail: `Drift answered with success, but does not show ${what}.` };
}

/**
 * What the firewall or the table of operations stopped was not sent: a refusal, like any other. A read that could not be
 * answered, before or after the write, leaves its outcome open.
 */
async function guarded<T>(write: () => Promise<Effect<T>>): Promise<Effect<T>> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof DomainError && error.code === 'drift.firewall')
      return refused('firewall', stem(error.message));
    if (error instanceof DomainError && error.code === 'drift.unreachable') {
      return { kind: 'unknown', code: 'unreachable', detail: error.message };
    }
    if (error instanceof DomainError && error.code === 'request.invalid') {
      const fields = error.places.map(({ path }) => path).join(', ');
      return refused('invalid', fields === '' ? stem(error.message) : `${stem(error.message)} (${fields})`);
    }
    throw error;
  }
}

const stem = (sentence: string): string => sentence.replace(/\.$/, '');
