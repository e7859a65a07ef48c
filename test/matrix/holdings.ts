import { createTokenDesk } from '../../src/auth/token-desk.ts';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import type { Clock } from '../../src/flows/ports.ts';
import { createStore } from '../../src/storage/store.ts';
import { createTenants } from '../../src/storage/tenants.ts';
import { createTokenStore } from '../../src/storage/tokens.ts';
import type { Database } from '../../src/storage/database.ts';
import { createCrypto } from '../../src/storage/node-crypto.ts';
import { account, change, draft, entry, operationBatch, plan, run, snapshot } from '../contract/building.ts';
import { type BridgeApp, PEPPER } from './bridge-app.ts';

/** What an id in a path, a query or a body may be of. */
export type Kind =
  'run' | 'plan' | 'change' | 'import' | 'person' | 'agent' | 'token' | 'tenant' | 'feed' | 'batch' | 'user' | 'group';

/** A tenant with something of each kind, and tokens to ask with. */
export interface Holdings {
  readonly tenantId: string;
  readonly api: string;
  readonly scim: string;
  /** Ids as the outside writes them; what a request uses up is taken from the end. */
  readonly ids: Readonly<Record<Kind, string[]>>;
  /** What was there once. */
  readonly deleted: Readonly<Partial<Record<Kind, string>>>;
  readonly planHash: (planId: string) => string;
}

export const API = ['read', 'plan', 'approve', 'admin'];
export const SCIM = ['scim:read', 'scim:write'];
/** The same people in every tenant. */
export const PEOPLE = Array.from({ length: 14 }, (_, at) => `person${at}@example.com`);
const DAY = 86_400_000;
const crypto = createCrypto({ pepper: PEPPER });

export function clockAt(offsetMs = 0): Clock {
  return { now: () => new Date(Date.now() + offsetMs).toISOString(), sleep: async () => undefined };
}

interface TokenWanted {
  readonly audience: 'api' | 'scim';
  readonly scopes: readonly string[];
  /** It was made so many days ago, and lasts one day. */
  readonly daysAgo?: number;
}

/** Makes tokens as the desk does; nothing of what is made is told to the app. */
export function tokenMaker(database: Database, tenantId: string) {
  const tokens = createTokenStore({ database, clock: clockAt(), crypto });
  return async ({
    audience,
    scopes,
    daysAgo = 0,
  }: TokenWanted): Promise<{ readonly id: string; readonly text: string }> => {
    const desk = createTokenDesk({ tokens, clock: clockAt(-daysAgo * DAY), pepper: PEPPER });
    const by = { tenantId, tokenId: 'setup', subject: 'setup', audience: 'api' as const, scopes: ['admin'] };
    const made = await desk.create({ by, audience, scopes, subject: 'matrix', name: 'matrix', expiresInDays: 1 });
    return { id: made.record.id, text: made.token };
  };
}

export async function ensureTenant(database: Database, tenantId: string): Promise<void> {
  const tenants = createTenants({ database, clock: clockAt(), crypto });
  if ((await tenants.get(tenantId)) === null) await tenants.create({ id: tenantId, name: tenantId }, 'setup');
}

export async function pauseTenant(database: Database, tenantId: string): Promise<void> {
  await createTenants({ database, clock: clockAt(), crypto }).pause(tenantId, 'setup');
}

const HR = [
  'Employee ID,First Name,Last Name,Work Email,Status,Hire Date,Termination Date',
  '1,Alex,Example,alex@example.com,Active,2020-01-15,',
  '2,Kim,Person,kim@example.com,Active,2020-13-99,',
  '',
].join('\n');

/** `salt` is all that tells one tenant's things from another's: ids that Drift gave, and a feed of its own. */
export async function fill(app: BridgeApp, database: Database, tenantId: string, salt: number): Promise<Holdings> {
  await ensureTenant(database, tenantId);
  const token = tokenMaker(database, tenantId);
  const api = (await token({ audience: 'api', scopes: API })).text;
  const scim = (await token({ audience: 'scim', scopes: SCIM })).text;
  const made = (path: string, body: unknown): Promise<string> => post(app, path, scim, JSON.stringify(body));

  const users: string[] = [];
  for (const [at, userName] of PEOPLE.entries()) {
    users.push(
      await made('/scim/v2/Users', { userName, externalId: `e${at}`, emails: [{ value: userName, primary: true }] }),
    );
  }
  await made('/scim/v2/Users', { userName: `only-in-${tenantId}@example.org`, externalId: `only-${tenantId}` });
  const groups: string[] = [];
  for (let at = 0; at < 10; at += 1) {
    const members = users.slice(0, 3).map((value) => ({ value }));
    groups.push(await made('/scim/v2/Groups', { displayName: `Group ${at}`, externalId: `g${at}`, members }));
  }
  const goneUser = await made('/scim/v2/Users', { userName: 'gone@example.com' });
  const goneGroup = await made('/scim/v2/Groups', { displayName: 'Gone' });
  for (const path of [`/scim/v2/Users/${goneUser}`, `/scim/v2/Groups/${goneGroup}`]) await remove(app, path, scim);

  const store = createStore({ database, clock: clockAt(), crypto, basePolicy: DEFAULT_POLICY }).tenant(tenantId);
  const feed = `feed-of-${tenantId}`;
  const imported = await post(app, '/api/v1/feeds/hr/imports', api, HR, 'text/csv');
  const { policy } = await store.policy.current();
  const { hr } = policy.sources.feeds;
  if (hr === undefined) throw new Error('the default policy has a feed of HR');
  const feeds = { ...policy.sources.feeds, [feed]: hr };
  await store.write((tx) => tx.policy.put({ ...policy, sources: { ...policy.sources, feeds } }, 'setup', 0));

  const people = (await store.people.list(null, 100)).map(({ id }) => id);
  const [own = 'nobody'] = people;
  const [agent, gone] = [String(4200 + salt), String(5200 + salt)];
  await store.write(async (tx) => {
    await tx.accounts.putSnapshot(snapshot(crypto.uuid(), { accounts: 2 }), {
      accounts: [account(agent), account(gone)],
      companies: [{ id: `c${salt}`, ownerId: agent, deleted: false }],
      contacts: [],
    });
    await tx.accounts.putSnapshot(snapshot(crypto.uuid(), { accounts: 1, startedAt: clockAt().now() }), {
      accounts: [account(agent)],
      companies: [{ id: `c${salt}`, ownerId: agent, deleted: false }],
      contacts: [],
    });
  });
  await store.write(async (tx) => {
    const hints = { orgIds: [], marks: [{ kind: 'agent' as const, by: 'id' as const, key: agent }] };
    const said = { type: 'user_availability_updated', object: `agent:${agent}`, receivedAt: clockAt().now(), hints };
    const freshAfter = clockAt().now();
    await tx.events.add({ ...said, freshAfter, id: crypto.uuid(), contentHash: `availability of ${agent}` });
    await tx.marks.add(hints.marks, clockAt().now());
  });
  const planned: { readonly run: string; readonly plan: string; readonly change: string }[] = [];
  for (let at = 0; at < 10; at += 1) {
    const ids = { run: crypto.uuid(), plan: crypto.uuid(), change: crypto.uuid() };
    const paused = at === 9 ? ('paused' as const) : ('ready' as const);
    const planOf = plan(ids.plan, {
      runId: ids.run,
      state: paused,
      createdAt: clockAt().now(),
      expiresAt: clockAt(DAY).now(),
    });
    const what = draft({ op: 'update', personId: own, accountId: agent, after: { displayName: 'Agent' } });
    await store.write(async (tx) => {
      await tx.runs.create(run(ids.run, { state: 'awaiting_approval', planId: ids.plan, population: 1 }));
      await tx.runs.addEntries(ids.run, [{ n: 1, entry: entry({ personId: own }), changes: [ids.change] }]);
      await tx.plans.create(planOf, [change(ids.change, ids.plan, 1, { draft: what, state: 'planned' })]);
    });
    planned.push(ids);
  }
  const batches: string[] = [];
  for (let at = 0; at < 4; at += 1) {
    const id = crypto.uuid();
    const line = { line: 1, hash: 'h', work: { kind: 'call' as const, input: { params: {}, query: {} } } };
    await store.write(async (tx) => {
      await tx.operations.create(operationBatch(id, { createdAt: clockAt().now() }));
      await tx.operations.receive(id, 'receipt');
      await tx.operations.append(id, 'receipt', [line], clockAt().now());
      await tx.operations.release(id, 'receipt', { line: 1, lines: 1 });
    });
    batches.push(id);
  }
  const tokens: string[] = [];
  for (let at = 0; at < 10; at += 1) tokens.push((await token({ audience: 'api', scopes: ['read'] })).id);
  const dead = tokens.pop() ?? '';
  await remove(app, `/api/v1/tokens/${dead}`, api);

  return {
    ...{ tenantId, api, scim, planHash: (id) => `hash of ${id.replace(/^pln_/, '')}` },
    ids: {
      run: planned.map((each) => `run_${each.run}`),
      plan: planned.map((each) => `pln_${each.plan}`),
      change: planned.map((each) => `chg_${each.change}`),
      import: [imported],
      person: people.map((id) => `per_${id}`),
      agent: [agent],
      token: tokens,
      tenant: [tenantId],
      feed: [feed],
      batch: batches.map((id) => `opb_${id}`),
      user: users,
      group: groups,
    },
    deleted: { user: goneUser, group: goneGroup, token: dead, agent: gone },
  };
}

async function post(
  app: BridgeApp,
  path: string,
  token: string,
  body: string,
  type = 'application/json',
): Promise<string> {
  const headers = [
    ['authorization', `Bearer ${token}`],
    ['content-type', type],
  ] as const;
  const got = await app.send({ method: 'POST', path, headers, body });
  if (got.status !== 201) throw new Error(`${path} ${got.status} ${got.text}`);
  return (JSON.parse(got.text) as { id: string }).id;
}

async function remove(app: BridgeApp, path: string, token: string): Promise<void> {
  const got = await app.send({ method: 'DELETE', path, headers: [['authorization', `Bearer ${token}`]] });
  if (got.status !== 204) throw new Error(`${path} ${got.status} ${got.text}`);
}
