import { type Call, objectBody, queryInteger, type Refusal, type Reply, restError, type Route } from './exchange.ts';
import { isObject, type JsonObject } from './json.ts';
import type { Account, CustomProperty } from './model.ts';
import { liveAgent, type Org, putAccount } from './org.ts';
import { once } from './table.ts';

const DEFAULT_SIZE = 10;
const MOST = 65;
const PROPERTY_TYPES = new Set(
  ['STRING', 'EMAIL', 'NUMBER', 'PHONE', 'URL', 'DATE', 'DATETIME', 'ENUM', 'ENUMARRAY', 'LATLON', 'LAT', 'LON'].concat(
    'TEAMMEMBER',
  ),
);

const invalid = (message: string): Refusal => restError('validation_error', message);
const notFound = (): Refusal => restError('not_found', 'No account found with this id');

/** Accounts, the documented home of ownership (Drift API notes 2.5). */
export function accountRoutes(org: Org): readonly Route[] {
  const read = { scope: 'account_read' } as const;
  const write = { scope: 'account_write' } as const;
  return [
    { method: 'POST', path: '/accounts/create', ...write, handle: (call) => create(org, call) },
    { method: 'PATCH', path: '/accounts/update', ...write, handle: (call) => update(org, call) },
    { method: 'GET', path: '/accounts', ...read, handle: (call) => list(org, call) },
    { method: 'GET', path: '/accounts/:id', ...read, handle: (call) => get(org, call) },
    { method: 'DELETE', path: '/accounts/:id', ...write, handle: (call) => remove(org, call) },
  ];
}

const undeleted = once((accounts: readonly Account[]) => accounts.filter((account) => !account.deleted));

function list(org: Org, call: Call): Reply {
  const { applyDelayMs, listLagMs, repeatCursor } = org.settings();
  const index = queryInteger(call, 'index', 0, invalid);
  const size = queryInteger(call, 'size', DEFAULT_SIZE, invalid);
  if (size < 1 || size > MOST) throw invalid(`size must be 1 to ${MOST}`);
  const live = undeleted(org.store.accounts.list(applyDelayMs + listLagMs));
  const accounts = live.slice(index, index + size);
  const following = repeatCursor && call.query.has('index') ? index : index + size;
  const next = index + size < live.length ? { next: `/accounts?index=${following}&size=${size}` } : {};
  return { status: 200, body: { data: { accounts, total: live.length, ...next } } };
}

/** A deleted account stays readable by id. */
function get(org: Org, call: Call): Reply {
  const { applyDelayMs, getLagMs } = org.settings();
  const account = org.store.accounts.seen(call.params['id'] ?? '', applyDelayMs + getLagMs);
  if (account === undefined) throw notFound();
  return { status: 200, body: { data: account } };
}

function live(org: Org, accountId: string): Account {
  const account = org.store.accounts.latest(accountId);
  if (account === undefined || account.deleted) throw notFound();
  return account;
}

function create(org: Org, call: Call): Reply {
  const body = objectBody(call, invalid);
  const ownerId = checkedOwner(org, body);
  const domain = text(body, 'domain')?.toLowerCase();
  if (domain === undefined || domain === '') throw invalid('domain is required');
  refuseTakenDomain(org, domain, undefined);
  const account: Account = {
    accountId: `${org.store.next('account', 4_210_031n, 7n)}_${domain}`,
    ownerId,
    name: text(body, 'name'),
    domain,
    customProperties: properties(body) ?? [],
    targeted: flag(body, 'targeted') ?? false,
    deleted: false,
    createDateTime: call.now,
    updateDateTime: call.now,
  };
  putAccount(org, account, call.now);
  return { status: 200, body: { data: account }, effect: { kind: 'account.create', id: account.accountId } };
}

/** `accountId` and `ownerId` are always in the vendor's sample; without them the update is refused. */
function update(org: Org, call: Call): Reply {
  const body = objectBody(call, invalid);
  const accountId = text(body, 'accountId');
  if (accountId === undefined) throw invalid('accountId is required');
  const before = live(org, accountId);
  const ownerId = checkedOwner(org, body);
  const domain = text(body, 'domain')?.toLowerCase() ?? before.domain;
  refuseTakenDomain(org, domain, accountId);
  const account: Account = {
    ...before,
    ownerId,
    name: text(body, 'name') ?? before.name,
    domain,
    customProperties: properties(body) ?? before.customProperties,
    targeted: flag(body, 'targeted') ?? before.targeted,
    updateDateTime: Math.max(call.now, before.updateDateTime + 1),
  };
  putAccount(org, account, call.now);
  return { status: 200, body: { data: account }, effect: { kind: 'account.update', id: accountId } };
}

function remove(org: Org, call: Call): Reply {
  const account = live(org, call.params['id'] ?? '');
  const updateDateTime = Math.max(call.now, account.updateDateTime + 1);
  putAccount(org, { ...account, deleted: true, updateDateTime }, call.now);
  return {
    status: 200,
    body: { result: 'OK', ok: true },
    effect: { kind: 'account.delete', id: account.accountId },
  };
}

function checkedOwner(org: Org, body: JsonObject): number {
  const { ownerId } = body;
  if (typeof ownerId !== 'number' || !Number.isSafeInteger(ownerId))
    throw invalid('ownerId is required, as an integer');
  if (liveAgent(org, ownerId) === undefined) throw invalid('ownerId is not a known user');
  return ownerId;
}

function refuseTakenDomain(org: Org, domain: string, except: string | undefined): void {
  const taken = org.store.accounts.find('domain', domain).some((other) => !other.deleted && other.accountId !== except);
  if (taken) throw invalid(`an account for ${domain} exists`);
}

function text(body: JsonObject, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalid(`${name} must be a string`);
  return value;
}

function flag(body: JsonObject, name: string): boolean | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw invalid(`${name} must be a boolean`);
  return value;
}

function properties(body: JsonObject): readonly CustomProperty[] | undefined {
  const sent = body['customProperties'];
  if (sent === undefined || sent === null) return undefined;
  if (!Array.isArray(sent)) throw invalid('customProperties must be a list');
  return sent.map((item: unknown) => {
    const { label, name, value, type } = isObject(item) ? item : {};
    if (
      typeof label !== 'string' ||
      typeof name !== 'string' ||
      typeof type !== 'string' ||
      !PROPERTY_TYPES.has(type)
    ) {
      throw invalid('a custom property needs label, name, value and a known type');
    }
    return { label, name, value, type };
  });
}
