import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { mintToken } from '../../src/auth/tokens.ts';
import type { Database } from '../../src/storage/database.ts';
import { type BridgeApp, type Got, type Sent, differing, dump, eachStore, openApp } from './bridge-app.ts';
import { API, type Holdings, SCIM, ensureTenant, fill, pauseTenant, tokenMaker } from './holdings.ts';
import type { MountedRoute } from './mounted-routes.ts';
import { bearer, pathIds, requestOf, unknownId } from './requests.ts';

// Several hundred requests in a row, on a machine that has other things to do.
jest.setTimeout(60_000);

type Verdict = 'admitted' | 401 | 403;

/** One way to ask: what a request carries, and what each route has to say to it. */
interface Row {
  readonly name: string;
  /** Texts that must never come back, in an answer or in the log. */
  readonly secrets: readonly string[];
  readonly carry: (request: Sent, route: MountedRoute) => Sent;
  readonly expected: (route: MountedRoute) => Verdict;
  /** The answer hangs on what is stored: these rows are tried on every database. */
  readonly asksStore?: true;
  /** Known, and refused until it is resumed: no other token would help, so none is asked for. */
  readonly isPaused?: true;
}

const withHeaders = (request: Sent, ...more: readonly (readonly [string, string])[]): Sent => ({
  ...request,
  headers: [...(request.headers ?? []), ...more],
});

/** Headers that prove nothing. */
function unproven(
  name: string,
  tokens: Pair,
  headers: (token: string) => readonly string[] = (text) => [`Bearer ${text}`],
): Row {
  return {
    name,
    secrets: Object.values(tokens).filter((text) => text.length > 40),
    carry: (request, route) =>
      withHeaders(request, ...headers(tokens[audienceOf(route)]).map((value) => ['authorization', value] as const)),
    expected: () => 401,
  };
}

/** A good token of this audience with these scopes. */
function proven(
  name: string,
  audience: 'api' | 'scim',
  scopes: readonly string[],
  token: string,
  scheme = 'Bearer',
): Row {
  return {
    name,
    secrets: [token],
    carry: (request) => withHeaders(request, ['authorization', `${scheme} ${token}`]),
    expected: (route) => {
      if ((route.surface === 'scim') !== (audience === 'scim')) return 401;
      return route.scope === 'any' || scopes.includes(route.scope) ? 'admitted' : 403;
    },
    asksStore: true,
  };
}

/** Addresses that are no routes: they too tell nothing to who has no token. */
const NOWHERE: readonly MountedRoute[] = [
  { surface: 'api', method: 'GET', path: '/api/v1/nowhere', scope: 'any' },
  { surface: 'api', method: 'PATCH', path: '/api/v1/people', scope: 'any' },
  { surface: 'scim', method: 'GET', path: '/scim/v2/Nowhere', scope: 'any' },
  { surface: 'scim', method: 'PATCH', path: '/scim/v2/Users', scope: 'any' },
];

eachStore('token matrix', (store) => {
  let app: BridgeApp;
  let database: Database;
  let own: Holdings;
  let rows: readonly Row[];
  let routes: readonly MountedRoute[];
  beforeAll(async () => {
    app = await openApp(store);
    database = await store.open();
    own = await fill(app, database, 'default', 1);
    routes = [...app.routes, ...NOWHERE];
    rows = await rowsOf(database, own, app);
    // It leaves a mark in the store, the same each time.
    await app.send({ method: 'GET', path: '/readyz' });
    if (store.dialect === 'postgres') rows = rows.filter(({ asksStore }) => asksStore);
  });
  afterAll(() => app.close());

  /** HEAD goes the way of GET: it is tried where tokens are told apart, on one database. */
  function routesOf({ asksStore }: Row): readonly MountedRoute[] {
    if (asksStore === true && store.dialect === 'sqlite') return routes;
    return routes.filter(({ method }) => method !== 'HEAD');
  }

  /** A request that would be taken and change something, if only the caller were let in. */
  function tempting(route: MountedRoute): Sent {
    const ids = Object.fromEntries(pathIds(route).map(({ name, kind }) => [name, own.ids[kind][0] ?? '']));
    return requestOf(route, own, ids);
  }

  /** A request that is let in and then finds nothing to do. */
  function harmless(route: MountedRoute): Sent {
    const ids = Object.fromEntries(pathIds(route).map(({ name, kind }) => [name, unknownId(kind)]));
    const { path } = requestOf(route, own, ids);
    // It names nobody and takes no body: only a query that it does not take keeps it from doing something.
    return { method: route.method, path: route.path === '/api/v1/doctor/probe' ? `${path}?wait=never` : path };
  }

  it('has routes of every surface, and each of them in every row', () => {
    for (const surface of ['api', 'scim', 'web'] as const) {
      expect(routes.filter((route) => route.surface === surface).length).toBeGreaterThan(3);
    }
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    const cells = rows.reduce((sum, row) => sum + routesOf(row).length, 0);
    process.stderr.write(
      `token matrix (${store.dialect}): ${routes.length} routes x ${rows.length} rows, ${cells} cells\n`,
    );
  });

  it('gives each cell its status, its challenge and its kind of body, stores nothing for who is refused, and tells no token', async () => {
    const wrong: string[] = [];
    for (const row of rows) {
      const before = await dump(database);
      await Promise.all(
        routesOf(row).map(async (route) => {
          const verdict = route.scope === 'public' ? 'admitted' : row.expected(route);
          const request = verdict === 'admitted' ? harmless(route) : tempting(route);
          const got = await app.send(row.carry(request, route));
          const faults = [...faultsOf(row, verdict, route, got), ...told(row, [got.text, JSON.stringify(got.headers)])];
          wrong.push(...faults.map((fault) => `${row.name}: ${route.method} ${route.path}: ${fault}`));
        }),
      );
      wrong.push(...differing(await dump(database), before).map((table) => `${row.name}: ${table} was changed`));
      wrong.push(...told(row, app.log).map((fault) => `${row.name}: in the log: ${fault}`));
    }
    // Reads are written to the log of requests once a second.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const logged = JSON.stringify(await database.read.selectFrom('scim_request').selectAll().execute());
    for (const row of rows)
      wrong.push(...told(row, [logged]).map((fault) => `${row.name}: in the log of requests: ${fault}`));
    expect(wrong).toEqual([]);
  });
});

function told({ secrets }: Row, texts: readonly string[]): readonly string[] {
  return texts.some((text) => secrets.some((secret) => text.includes(secret))) ? ['the token is told'] : [];
}

function faultsOf(row: Row, verdict: Verdict, route: MountedRoute, { status, headers, text }: Got): readonly string[] {
  const challenge = headers['www-authenticate'];
  if (verdict === 'admitted') {
    const isGood = status !== 401 && status !== 403 && status !== 429 && (status < 500 || status === 501);
    return isGood && challenge === undefined ? [] : [`${status} to who is let in ${text}`];
  }
  if (status !== verdict) return [`${status}, and ${verdict} is right`];
  const faults: string[] = [];
  const right = verdict === 401 ? 'Bearer realm="' : row.isPaused === true ? 'none' : ', error="insufficient_scope"';
  if (!(challenge ?? 'none').includes(right)) faults.push(`the challenge ${String(challenge)}`);
  if (route.method === 'HEAD') return text === '' ? faults : [...faults, 'HEAD with a body'];
  const type = route.surface === 'scim' ? 'application/scim+json' : 'application/problem+json';
  if (headers['content-type']?.startsWith(type) !== true) faults.push(`body of ${String(headers['content-type'])}`);
  const body = JSON.parse(text) as { readonly status: unknown; readonly schemas?: unknown; readonly code?: unknown };
  const isError =
    route.surface === 'scim'
      ? body.status === String(verdict) && JSON.stringify(body.schemas ?? '').includes('messages:2.0:Error')
      : body.status === verdict && typeof body.code === 'string';
  return isError ? faults : [...faults, `not an error of ${route.surface}: ${text}`];
}

/** A token of each audience: a route gets the one that it would take. */
type Pair = Readonly<Record<'api' | 'scim', string>>;

async function rowsOf(database: Database, own: Holdings, app: BridgeApp): Promise<readonly Row[]> {
  const make = tokenMaker(database, own.tenantId);
  const one = async (audience: 'api' | 'scim', scopes: readonly string[]): Promise<string> =>
    (await make({ audience, scopes })).text;
  const both = async (daysAgo = 0): Promise<{ readonly text: Pair; readonly id: Pair }> => {
    const [api, scim] = [
      await make({ audience: 'api', scopes: API, daysAgo }),
      await make({ audience: 'scim', scopes: SCIM, daysAgo }),
    ];
    return { text: { api: api.text, scim: scim.text }, id: { api: api.id, scim: scim.id } };
  };
  const administer = async (method: string, ids: Pair, action = ''): Promise<void> => {
    for (const id of Object.values(ids)) {
      const got = await app.send({ method, path: `/api/v1/tokens/${id}${action}`, headers: [bearer(own.api)] });
      if (got.status >= 300) throw new Error(`${method} ${action}: ${got.status} ${got.text}`);
    }
  };
  const good = (await both()).text;
  const unknown = { api: mintToken('api').text, scim: mintToken('scim').text };
  const rows: Row[] = [];

  rows.push({ name: 'none', secrets: [], carry: (request) => request, expected: () => 401 });
  for (const [name, header] of Object.entries({
    'an empty header': '',
    'the scheme alone': 'Bearer',
    'the scheme and a blank': 'Bearer ',
    'a short text': 'Bearer abc',
    'a very long text': `Bearer ${'x'.repeat(9000)}`,
  })) {
    rows.push(unproven(name, { api: header, scim: header }, (text) => [text]));
  }
  rows.push(unproven('no scheme', good, (text) => [text]));
  rows.push(unproven('Basic', good, (text) => [`Basic ${Buffer.from(`x:${text}`).toString('base64')}`]));
  rows.push(unproven('another scheme', good, (text) => [`Token ${text}`]));
  rows.push(unproven('two tokens in one header', good, (text) => [`Bearer ${text} ${text}`]));
  rows.push(unproven('two tokens with a comma', good, (text) => [`Bearer ${text}, Bearer ${text}`]));
  rows.push(unproven('two headers, the good one second', good, (text) => [`Bearer ${unknown.api}`, `Bearer ${text}`]));
  rows.push(unproven('two headers, the good one first', good, (text) => [`Bearer ${text}`, `Bearer ${unknown.api}`]));
  rows.push(unproven('bad checksum', good, (text) => [`Bearer ${text.slice(0, -1)}${text.endsWith('a') ? 'b' : 'a'}`]));
  rows.push(unproven('no checksum', good, (text) => [`Bearer ${text.slice(0, -6)}`]));
  const random = 'a-text-of-more-than-32-characters-that-could-be-a-bootstrap-token';
  rows.push(stored(unproven('unknown, as a bootstrap token', { api: random, scim: random })));
  rows.push(stored(unproven('unknown', unknown)));
  rows.push(stored(unproven('expired', (await both(2)).text)));
  const revoked = await both();
  await administer('DELETE', revoked.id);
  rows.push(stored(unproven('revoked', revoked.text)));
  const paused = await both();
  await administer('POST', paused.id, '/pause');
  rows.push(refused('paused token', paused.text));

  await ensureTenant(database, 'asleep');
  const asleep = tokenMaker(database, 'asleep');
  const worker = (await asleep({ audience: 'api', scopes: ['read', 'plan', 'approve'] })).text;
  const idp = (await asleep({ audience: 'scim', scopes: SCIM })).text;
  const admin = (await asleep({ audience: 'api', scopes: ['admin'] })).text;
  await pauseTenant(database, 'asleep');
  rows.push(refused('paused tenant', { api: worker, scim: idp }));
  rows.push(proven('administrator of a paused tenant', 'api', ['admin'], admin));

  for (const scope of API) {
    rows.push(proven(`only ${scope}`, 'api', [scope], await one('api', [scope])));
    const others = API.filter((each) => each !== scope);
    rows.push(proven(`all but ${scope}`, 'api', others, await one('api', others)));
  }
  for (const scope of SCIM) rows.push(proven(`only ${scope}`, 'scim', [scope], await one('scim', [scope])));
  rows.push(proven('all of api', 'api', API, good.api), proven('all of scim', 'scim', SCIM, good.scim));
  rows.push(proven('bearer, api', 'api', API, good.api, 'bearer'));
  rows.push(proven('BEARER, scim', 'scim', SCIM, good.scim, 'BEARER'));

  for (const parameter of ['access_token', 'token', 'authorization']) {
    rows.push({
      ...unproven(`in the query as ${parameter}`, good),
      carry: (request, route) => ({ ...request, path: `${request.path}?${parameter}=${good[audienceOf(route)]}` }),
    });
  }
  for (const header of ['x-api-key', 'proxy-authorization', 'cookie']) {
    rows.push({
      ...unproven(`as ${header}`, good),
      carry: (request, route) => withHeaders(request, [header, `Bearer ${good[audienceOf(route)]}`]),
    });
  }
  for (const [type, body] of [
    ['application/json', (text: string) => JSON.stringify({ access_token: text })],
    ['application/x-www-form-urlencoded', (text: string) => `access_token=${text}`],
  ] as const) {
    rows.push({
      ...unproven(`in a body of ${type}`, good),
      carry: ({ method, path }, route) => {
        return { method, path, headers: [['content-type', type]], body: body(good[audienceOf(route)]) };
      },
    });
  }
  return rows;
}

function audienceOf({ surface }: MountedRoute): 'api' | 'scim' {
  return surface === 'scim' ? 'scim' : 'api';
}

function stored(row: Row): Row {
  return { ...row, asksStore: true };
}

/** Known and not let in for now. */
function refused(name: string, tokens: Pair): Row {
  return { ...unproven(name, tokens), asksStore: true, isPaused: true, expected: () => 403 };
}
