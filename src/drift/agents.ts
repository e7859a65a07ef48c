import type { Capabilities } from '../core/capabilities.ts';
import type { Account } from '../core/identity/account.ts';
import type { AttributeValues } from '../core/identity/attributes.ts';
import { isOwner } from '../core/identity/protection.ts';
import type { DeprovisionPermit, Effect } from '../flows/drift-port.ts';
import type { Called, DriftClient } from './client.ts';
import { allRestUsers, allScimUsers, answeredOrNull, unreachable } from './listing.ts';
import { mergeKnown, mergeListings, mergeViews, restByMail, type Views } from './mapping.ts';
import { createScimUser, deleteScimUser, getScimUser, replaceScimUser, type ScimUser } from './operations/scim.ts';
import { getUser, updateUser, type RestUser } from './operations/users.ts';
import { refused } from './ownership.ts';
import { createBody, replaceBody, wireRole, type WireRole } from './scim-body.ts';

export interface Agents {
  list(): Promise<readonly Account[]>;
  /** With `known` one call, where that says enough. */
  read(accountId: string, known?: Account): Promise<Account | null>;
  find(userName: string): Promise<readonly Account[]>;
  create(values: AttributeValues): Promise<Effect<Account>>;
  replace(accountId: string, values: AttributeValues, seen?: Account): Promise<Effect<Account>>;
  setRole(accountId: string, role: string, seen?: Account): Promise<Effect<Account>>;
  rename(accountId: string, email: string, seen?: Account): Promise<Effect<Account>>;
  remove(accountId: string, permit: DeprovisionPermit): Promise<Effect<null>>;
}

/** Agents in both views. Every write is exactly one call, after the reads that it needs. */
export function createAgents(options: {
  readonly client: DriftClient;
  readonly schemas: readonly string[];
  readonly orgId: string | undefined;
  readonly filter: Capabilities['filter'];
}): Agents {
  const { client, schemas, orgId, filter } = options;
  /** The SCIM resource that an account was read from: what a write on top of that account begins with. */
  const resources = new WeakMap<Account, ScimUser>();

  function remembered(account: Account, scim: ScimUser | null): Account {
    if (scim !== null) resources.set(account, scim);
    return account;
  }

  async function scimUser(userId: string): Promise<ScimUser | null> {
    return answeredOrNull(getScimUser.name, await client.call(getScimUser, { params: { userId } }));
  }

  async function restUser(userId: string): Promise<RestUser | null> {
    const called = await client.call(getUser, { params: { userId } });
    const user = answeredOrNull(getUser.name, called)?.data ?? null;
    if (orgId !== undefined && user?.orgId != null && user.orgId !== orgId) {
      throw unreachable(getUser.name, 'it answers for another organisation');
    }
    return user;
  }

  /** Of another space of ids, the REST user is known by the e-mail that is its alone (Drift API notes 4.4). */
  async function restOf(scim: ScimUser): Promise<RestUser | null> {
    // REST ids are numbers; anything else is a SCIM id of another space.
    const rest = /^\d+$/.test(scim.id) ? await restUser(scim.id) : null;
    return rest ?? restByMail(await allRestUsers(client, orgId), scim.userName);
  }

  async function views(accountId: string): Promise<Views> {
    const [scim, rest] = await Promise.all([scimUser(accountId), /^\d+$/.test(accountId) ? restUser(accountId) : null]);
    if (scim === null || rest !== null) return { scim, rest };
    return { scim, rest: restByMail(await allRestUsers(client, orgId), scim.userName) };
  }

  async function read(accountId: string, known?: Account): Promise<Account | null> {
    if (known?.views.scim !== true) {
      const seen = await views(accountId);
      const account = mergeViews(seen);
      return account === null ? null : remembered(account, seen.scim);
    }
    const scim = await scimUser(accountId);
    if (scim === null) return gone(known);
    const account = mergeKnown(scim, known) ?? mergeViews({ scim, rest: await restOf(scim) });
    return account === null ? null : remembered(account, scim);
  }

  /** One agent that may be changed: there in SCIM, active, neither bot nor OWNER. */
  async function changeable(accountId: string, seen?: Account): Promise<Changeable> {
    const isBehind = seen !== undefined && seen.id === accountId && resources.has(seen);
    const account = isBehind ? seen : await read(accountId);
    const scim = account === null ? undefined : resources.get(account);
    if (account === null || scim === undefined) return refused('not_found', 'the agent is not there', 404);
    if (account.bot || isOwner(account)) return refused('protected', 'bots and the OWNER are never changed');
    // What is sent carries active: true, and nobody can be brought back (Drift API notes 4.3).
    if (!account.active) return refused('account_inactive', 'the agent is not active');
    return { kind: 'ok', account, scim };
  }

  /** PUT of the whole resource; what SCIM does not show but REST does is laid under, so that PUT does not clear it. */
  async function put(
    accountId: string,
    values: AttributeValues,
    seen: Account | undefined,
    role?: WireRole,
  ): Promise<Effect<Account>> {
    const found = await changeable(accountId, seen);
    if (found.kind !== 'ok') return found;
    const { account, scim } = found;
    const under = account.restOnly ?? [];
    const laid = {
      ...(under.includes('phone') && account.values.phone !== undefined ? { phone: account.values.phone } : {}),
      ...(under.includes('locale') && account.values.locale !== undefined ? { locale: account.values.locale } : {}),
      ...values,
    };
    const body = replaceBody(scim, laid, { schemas, ...(role === undefined ? {} : { role }) });
    const called = await client.call(replaceScimUser, {
      params: { userId: accountId },
      body: body as { userName: string; displayName: string; active: true },
    });
    return accountOf(called, account);
  }

  /** The agent after a write, as the answer shows it. An answer that shows none, or another one, is read back later. */
  function accountOf(called: Called<ScimUser | undefined>, before: Account | null): Effect<Account> {
    if (called.kind !== 'ok') return called;
    const scim = called.value;
    if (scim === undefined || (before !== null && scim.id !== before.id)) return notShown('the agent');
    const account = (before === null ? null : mergeKnown(scim, before)) ?? mergeViews({ scim, rest: null });
    return account === null ? notShown('the agent') : { kind: 'ok', value: remembered(account, scim) };
  }

  return {
    async list() {
      return mergeListings(await allScimUsers(client), await allRestUsers(client, orgId));
    },
    read,
    async find(userName) {
      const users = await allScimUsers(client, { userName, filter });
      const found: Account[] = [];
      for (const scim of users) {
        const account = mergeViews({ scim, rest: await restOf(scim) });
        if (account !== null) found.push(remembered(account, scim));
      }
      return found;
    },
    async create(values) {
      const { userName } = values;
      if (userName === undefined) return refused('user_name_missing', 'an agent needs a userName');
      const role = values.role === undefined ? undefined : wireRole(values.role);
      if (role === null) return refused('role_unknown', 'the role cannot be given in Drift');
      const body = createBody({ ...values, userName }, { schemas, ...(role === undefined ? {} : { role }) });
      const called = await client.call(createScimUser, { body: body as { userName: string; displayName: string } });
      return accountOf(called, null);
    },
    async replace(accountId, values, seen) {
      const { userName, email, role } = values;
      if (userName !== undefined || email !== undefined || role !== undefined) {
        return refused('not_a_profile', 'userName and e-mail are changed by a rename, roles by a change of role');
      }
      return put(accountId, values, seen);
    },
    async setRole(accountId, role, seen) {
      const wire = wireRole(role);
      return wire === null
        ? refused('role_unknown', 'the role cannot be given in Drift')
        : put(accountId, {}, seen, wire);
    },
    async rename(accountId, email, seen) {
      const found = await changeable(accountId, seen);
      if (found.kind !== 'ok') return found;
      const { account } = found;
      const { restId } = account;
      // Where the e-mail is all that ties the two views, changing it in one of them would lose the other.
      if (restId === undefined || restId !== accountId) {
        return refused('rest_id_unproven', 'no REST user of this id has the same e-mail');
      }
      const called = await client.call(updateUser, { query: { userId: restId }, body: { email } });
      if (called.kind !== 'ok') return called;
      const now = called.value.data.email;
      if (called.value.data.id !== restId || now == null) return notShown('the renamed agent');
      // As the REST view answers it; whether SCIM follows is for the read-back to say.
      return { kind: 'ok', value: { ...account, values: { ...account.values, userName: now, email: now } } };
    },
    async remove(accountId, permit) {
      const called = await client.call(deleteScimUser, { params: { userId: accountId }, permit });
      return called.kind === 'ok' ? { kind: 'ok', value: null } : called;
    },
  };
}

type Changeable =
  { readonly kind: 'ok'; readonly account: Account; readonly scim: ScimUser } | ReturnType<typeof refused>;

/** A known agent without a seat; whether REST still shows it was not asked. */
function gone({ id, restId, bot, views }: Account): Account {
  return {
    id,
    ...(restId === undefined ? {} : { restId }),
    values: {},
    active: false,
    bot,
    roles: [],
    views: { scim: false, rest: views.rest },
    disagreements: [],
  };
}

function notShown(what: string): Effect<never> {
  return { kind: 'unknown', code: 'not_shown', detail: `Drift answered with success, but does not show ${what}.` };
}
