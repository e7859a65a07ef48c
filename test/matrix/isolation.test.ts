import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { Database } from '../../src/storage/database.ts';
import { type BridgeApp, type Got, type Sent, differing, dump, eachStore, openApp } from './bridge-app.ts';
import { type Holdings, type Kind, fill } from './holdings.ts';
import { DOCUMENT, type MountedRoute } from './mounted-routes.ts';
import { type PathId, bearer, operationOf, pathIds, requestOf, tokenFor, unknownId } from './requests.ts';

// Several hundred requests in a row, on a machine that has other things to do.
jest.setTimeout(60_000);

/** Texts in an address that are no ids; the last cannot even be decoded. */
const MALFORMED = ['not-an-id', "'%20or%20'1'='1", '%2e%2e%2fetc', '-1', '%00', 'x'.repeat(3000), '%ZZ'];

/**
 * What a free text in a query or in a body may name; `said`: it is stored or compared, and names nothing. Numbers, flags
 * and words of a list name nothing anyway.
 */
const NAMES: Readonly<Record<string, Kind | 'request' | 'text' | 'said'>> = {
  ...{ cursor: 'said', gate: 'said', attribute: 'said', kind: 'said', role: 'said', reason: 'said', hash: 'said' },
  ...{ name: 'said', status: 'said', since: 'said', until: 'said', code: 'said' },
  ...{ feed: 'feed', people: 'person', changes: 'change', person: 'person', token: 'token', actor: 'token' },
  ...{ type: 'said', why: 'said', object: 'agent', operation: 'said', respondTo: 'said' },
  ...{ scimToken: 'said', clientId: 'said', clientSecret: 'said', refreshToken: 'said' },
  ...{ request: 'request', resource: 'user', subject: 'text', search: 'text', userName: 'text' },
};

const UNKNOWN_TEXT = 'only-in-nobodys@example.org';

eachStore('isolation matrix', (store) => {
  let app: BridgeApp;
  let database: Database;
  let own: Holdings;
  let other: Holdings;
  let before: Readonly<Record<string, string>>;
  beforeAll(async () => {
    app = await openApp(store);
    database = await store.open();
    own = await fill(app, database, 'default', 1);
    other = await fill(app, database, 'globex', 2);
    // It leaves a mark in the store, the same each time.
    await app.send({ method: 'GET', path: '/readyz' });
    before = await dump(database);
  });
  afterAll(() => app.close());

  const guarded = (): readonly MountedRoute[] => app.routes.filter(({ scope }) => scope !== 'public');

  async function ask(route: MountedRoute, request: Sent): Promise<Got> {
    return app.send({ ...request, headers: [...(request.headers ?? []), bearer(tokenFor(route, own))] });
  }

  /** The route with own ids, but for this one. */
  async function askWith(route: MountedRoute, { name }: PathId, value: string): Promise<string> {
    const ids = { ...ownIds(route), [name]: value };
    const request = requestOf(route, own, ids);
    // A name that a POST makes up differs from one request to the next; here nothing is made.
    return shape(await ask(route, request), value);
  }

  function ownIds(route: MountedRoute): Readonly<Record<string, string>> {
    return Object.fromEntries(pathIds(route).map(({ name, kind }) => [name, own.ids[kind][0] ?? '']));
  }

  // These two come first: later on the own log of requests holds the foreign ids that were asked for.
  it('counts, finds and pages only own rows, on every list', async () => {
    const foreign = Object.entries(other.ids).flatMap(([kind, ids]) => (kind === 'feed' ? [] : ids));
    const theirs = [...foreign, ...foreign.map((id) => id.replace(/^[a-z]{3}_/, '')), other.tenantId];
    const lists = guarded().filter(
      ({ method, path }) => method === 'GET' && !path.includes('{') && path !== '/metrics',
    );
    expect(lists.length).toBeGreaterThan(10);
    for (const route of lists) {
      for (const query of route.surface === 'api'
        ? ['', 'csv', 'ndjson']
        : ['', '?count=1', '?startIndex=5', '?cursor=&count=3', '?sortBy=meta.created', '?filter=externalId%20pr']) {
        const accept = query === 'csv' ? 'text/csv' : query === 'ndjson' ? 'application/x-ndjson' : 'application/json';
        const path = query.startsWith('?') ? `${route.path}${query}` : route.path;
        const got = await ask(route, { method: 'GET', path, headers: [['accept', accept]] });
        expect(`${path} ${accept} ${theirs.filter((id) => id.length > 4 && got.text.includes(id)).join()}`).toBe(
          `${path} ${accept} `,
        );
      }
    }
    for (const by of [own, other]) {
      const total = async (path: string): Promise<unknown> =>
        (
          JSON.parse((await app.send({ method: 'GET', path: `/scim/v2${path}`, headers: [bearer(by.scim)] })).text) as {
            totalResults: unknown;
          }
        ).totalResults;
      expect(await total('/Users')).toBe(by.ids.user.length + 1);
      expect(await total('/Users?count=0&filter=userName%20eq%20%22person0@example.com%22')).toBe(1);
      expect(await total('/Users?cursor=&count=1')).toBe(by.ids.user.length + 1);
      expect(await total(`/Users?filter=userName%20sw%20%22only-in-%22`)).toBe(1);
      expect(await total('/Groups?filter=externalId%20eq%20%22g0%22')).toBe(1);
    }
  });

  it('knows what every parameter of a query and every text of a body names, and finds nothing foreign by it', async () => {
    const wrong: string[] = [];
    for (const route of guarded().filter(({ surface }) => surface === 'api')) {
      const operation = operationOf(route);
      const asked =
        operation?.parameters.filter((each) => each.in === 'query' && textsOf(each.schema, each.name).length > 0) ?? [];
      const said = /^\/api\/v1\/(policy$|drift\/operations\/)/.test(route.path)
        ? []
        : textsOf(operation?.requestBody?.content['application/json']?.schema);
      for (const name of [...asked.map((each) => each.name), ...said]) {
        if (NAMES[name] === undefined) wrong.push(`${route.method} ${route.path}: what does ${name} name?`);
      }
      for (const { name } of asked) {
        const kind = NAMES[name];
        if (kind === undefined || kind === 'said') continue;
        const values = await namesTried(kind);
        const answers = await Promise.all(
          values.map(async (value) => {
            const { method, path } = requestOf(route, own, ownIds(route));
            return shape(await ask(route, { method, path: `${path}?${name}=${value}` }), value);
          }),
        );
        if (new Set(answers).size > 1) wrong.push(`${route.method} ${route.path}?${name}: ${answers.join(' | ')}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('answers a foreign id as one that nobody has, a deleted one as gone, and a malformed one with a 4xx', async () => {
    const wrong: string[] = [];
    let cells = 0;
    for (const route of guarded()) {
      for (const id of pathIds(route)) {
        const nobody = await askWith(route, id, unknownId(id.kind));
        const isRefused = nobody.startsWith('404 ');
        if (!isRefused) wrong.push(`${route.method} ${route.path}: ${nobody} for a ${id.kind} that nobody has`);
        for (const foreign of other.ids[id.kind].slice(0, 2)) {
          const got = await askWith(route, id, foreign);
          if (got !== nobody) wrong.push(`${route.method} ${route.path}: foreign ${id.kind}: ${got} not ${nobody}`);
        }
        // What a removed agent still owns is exactly what one wants to see.
        const gone = route.path.endsWith('/owned') ? undefined : own.deleted[id.kind];
        const got = gone === undefined ? nobody : await askWith(route, id, gone);
        if (got !== nobody) wrong.push(`${route.method} ${route.path}: deleted ${id.kind}: ${got} not ${nobody}`);
        for (const text of MALFORMED) {
          const answer = await askWith(route, id, text);
          if (!/^4(00|04|14) /.test(answer))
            wrong.push(`${route.method} ${route.path}: ${text.slice(0, 20)}: ${answer}`);
        }
        cells += 3 + (gone === undefined ? 0 : 1) + MALFORMED.length;
      }
    }
    process.stderr.write(`isolation matrix: ${guarded().length} routes, ${cells} cells of ids in paths\n`);
    expect(wrong).toEqual([]);
    expect(differing(await dump(database), before)).toEqual([]);
  });

  it('takes no foreign id in a body, and says of it what it says of one that nobody has', async () => {
    const places: readonly (readonly [string, Kind, (id: string) => Sent])[] = [
      ['a run of a person', 'person', (id) => post('/api/v1/runs', { scope: { people: [id] } })],
      [
        'an approval of a change',
        'change',
        (id) =>
          post(`/api/v1/plans/${own.ids.plan[0] ?? ''}/approve`, {
            ...{ hash: own.planHash(own.ids.plan[0] ?? ''), changes: [id], reason: 'looked at' },
          }),
      ],
      [
        'a new group with a member',
        'user',
        (id) => post('/scim/v2/Groups', { displayName: 'New', members: [{ value: id }] }),
      ],
      ['a group as member', 'group', (id) => post('/scim/v2/Groups', { displayName: 'New', members: [{ value: id }] })],
      ['PUT of members', 'user', (id) => put(ownGroup(), { displayName: 'Group 0', members: [{ value: id }] })],
      ...(['add', 'replace', 'remove'] as const).flatMap((op): [string, Kind, (id: string) => Sent][] => [
        [`PATCH ${op} of members`, 'user', (id) => patch(ownGroup(), { op, path: 'members', value: [{ value: id }] })],
        [
          `PATCH ${op} by a filter`,
          'user',
          (id) =>
            patch(ownGroup(), {
              op,
              path: `members[value eq "${id}"]`,
              ...(op === 'remove' ? {} : { value: { value: id } }),
            }),
        ],
      ]),
      ['PATCH without a path', 'user', (id) => patch(ownGroup(), { op: 'add', value: { members: [{ value: id }] } })],
      ...(['PUT', 'PATCH', 'DELETE'] as const).map((method): [string, Kind, (id: string) => Sent] => [
        `Bulk ${method} of a user`,
        'user',
        (id) => bulk({ method, path: `/Users/${id}`, ...(method === 'DELETE' ? {} : { data: dataOf(method) }) }),
      ]),
      ['Bulk DELETE of a group', 'group', (id) => bulk({ method: 'DELETE', path: `/Groups/${id}` })],
      [
        'Bulk POST with a member',
        'user',
        (id) =>
          bulk({
            method: 'POST',
            bulkId: 'g',
            path: '/Groups',
            data: { displayName: 'New', members: [{ value: id }] },
          }),
      ],
      ...['/.search', '/Users/.search', '/Groups/.search'].flatMap((path): [string, Kind, (id: string) => Sent][] => [
        [`${path} by id`, 'user', (id) => search(path, `id eq "${id}"`)],
        [`${path} by member`, 'user', (id) => search(path, `members.value eq "${id}"`)],
        [`${path} by group`, 'group', (id) => search(path, `groups.value eq "${id}"`)],
        [`${path} by what it is not`, 'user', (id) => search(path, `id eq "${id}" or externalId eq "only-globex"`)],
      ]),
    ];
    const wrong: string[] = [];
    for (const [what, kind, request] of places) {
      const surface = request('x').path.startsWith('/scim/') ? 'scim' : 'api';
      const route: MountedRoute = { surface, method: '', path: '', scope: '' };
      const tried = async (id: string): Promise<string> => shape(await ask(route, request(id)), id);
      const nobody = await tried(unknownId(kind));
      const isEmpty = nobody.includes('"totalResults":0') || nobody.startsWith('204');
      if (!/^4/.test(nobody) && !isEmpty && !/"status":"4\d\d"/.test(nobody)) wrong.push(`${what}: ${nobody}`);
      for (const foreign of other.ids[kind].slice(0, 2)) {
        const got = await tried(foreign);
        if (got !== nobody) wrong.push(`${what}: foreign: ${got} not ${nobody}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(differing(await dump(database), before)).toEqual([]);
  });

  it('gives a foreign cursor and a foreign ETag no meaning', async () => {
    const page = async (by: Holdings, cursor: string): Promise<Got> =>
      app.send({ method: 'GET', path: `/scim/v2/Users?count=2&cursor=${cursor}`, headers: [bearer(by.scim)] });
    const { nextCursor } = JSON.parse((await page(other, '')).text) as { nextCursor: string };
    expect((await page(other, nextCursor)).status).toBe(200);
    const foreign = await page(own, nextCursor);
    expect(shape(foreign, nextCursor)).toBe(shape(await page(own, 'eyJ4Ijox.0123'), 'eyJ4Ijox.0123'));
    expect(foreign.status).toBe(400);

    const [user = ''] = other.ids.user;
    for (const [name, value] of [
      ['if-none-match', 'W/"1"'],
      ['if-none-match', '*'],
      ['if-match', 'W/"1"'],
    ] as const) {
      for (const method of ['GET', 'DELETE', 'PUT']) {
        const request = {
          method,
          path: `/scim/v2/Users/${user}`,
          headers: [bearer(own.scim), [name, value], ['content-type', 'application/json']] as const,
        };
        const got = await app.send({
          ...request,
          ...(method === 'PUT' ? { body: '{"userName":"x@example.com"}' } : {}),
        });
        expect(`${method} ${name}: ${got.status}`).toBe(`${method} ${name}: 404`);
      }
    }
    expect(differing(await dump(database), before)).toEqual([]);
  });

  it('does with own ids what the route is for, every route, and changes nothing of the other tenant by it', async () => {
    const theirs = await dump(database, other.tenantId);
    const wrong: string[] = [];
    for (const route of guarded().toSorted(
      (left, right) => Number(left.method === 'DELETE') - Number(right.method === 'DELETE'),
    )) {
      const isUsedUp = !['GET', 'HEAD'].includes(route.method);
      const ids = Object.fromEntries(
        pathIds(route).map(({ name, kind }) => {
          const pool = own.ids[kind];
          return [name, (isUsedUp && pool.length > 1 ? pool.pop() : pool[0]) ?? ''];
        }),
      );
      const got = await ask(route, requestOf(route, own, ids));
      // Nobody plays Drift here, so credentials cannot be verified.
      const isUnverified = got.status === 503 && route.path === '/api/v1/tenants/{tenant}/drift';
      const isRefused = got.status === 409 || (got.status === 501 && route.path === '/scim/v2/Me');
      const isDone = got.status < 300 || isRefused || isUnverified;
      if (!isDone) wrong.push(`${route.method} ${route.path}: ${got.status} ${got.text}`);
    }
    expect(wrong).toEqual([]);
    expect(differing(await dump(database, other.tenantId), theirs)).toEqual([]);
    const strays = await database.read
      .selectFrom('scim_request')
      .innerJoin('token', 'token.id', 'scim_request.token_id')
      .whereRef('token.tenant_id', '<>', 'scim_request.tenant_id')
      .selectAll('scim_request')
      .execute();
    expect(strays).toEqual([]);
  });

  /** One that nobody has, then those of the other tenant. */
  async function namesTried(kind: Kind | 'request' | 'text'): Promise<readonly string[]> {
    if (kind === 'text') return [UNKNOWN_TEXT, `only-in-${other.tenantId}@example.org`, other.ids.user[0] ?? ''];
    if (kind !== 'request') return [unknownId(kind), ...other.ids[kind].slice(0, 2)];
    const got = await app.send({ method: 'GET', path: '/api/v1/scim-requests', headers: [bearer(other.api)] });
    const { items } = JSON.parse(got.text) as { items: readonly { readonly requestId: string }[] };
    expect(items.length).toBeGreaterThan(0);
    return [unknownId('user'), ...items.slice(0, 2).map(({ requestId }) => requestId)];
  }

  const ownGroup = (): string => `/scim/v2/Groups/${own.ids.group[0] ?? ''}`;
});

/** Status, headers that say something, and body, with the id that was asked for taken out. */
function shape({ status, headers, text }: Got, id: string): string {
  const names = ['content-type', 'location', 'etag', 'www-authenticate', 'allow', 'retry-after'] as const;
  const told = names.filter((name) => name !== 'etag' || status < 400).map((name) => headers[name] ?? '-');
  const bare = id.replace(/^[a-z]{3}_/, '');
  return `${status} ${told.join(' ')} ${text.replaceAll(id, '{id}').replaceAll(bare, '{id}')}`;
}

const JSON_TYPE = [['content-type', 'application/json']] as const;
const post = (path: string, body: unknown): Sent => ({
  method: 'POST',
  path,
  headers: JSON_TYPE,
  body: JSON.stringify(body),
});
const put = (path: string, body: unknown): Sent => ({ ...post(path, body), method: 'PUT' });
const patch = (path: string, operation: unknown): Sent => ({
  ...post(path, dataOf('PATCH', operation)),
  method: 'PATCH',
});
const search = (path: string, filter: string): Sent =>
  post(`/scim/v2${path}`, { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'], filter });
const bulk = (operation: unknown): Sent =>
  post('/scim/v2/Bulk', { schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], Operations: [operation] });

function dataOf(
  method: 'PUT' | 'PATCH',
  operation: unknown = { op: 'replace', path: 'title', value: 'taken over' },
): unknown {
  if (method === 'PUT') return { userName: 'person0@example.com' };
  return { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [operation] };
}

/** Names of the properties that hold text, or a list of texts, anywhere in a JSON Schema. */
function textsOf(schema: unknown, name = ''): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  if ('$ref' in schema && typeof schema.$ref === 'string') {
    return textsOf(DOCUMENT.components.schemas[schema.$ref.slice('#/components/schemas/'.length)], name);
  }
  const own =
    'type' in schema && schema.type === 'string' && !('enum' in schema || 'const' in schema) && name !== ''
      ? [name]
      : [];
  const inner = Object.entries(schema).flatMap(([key, value]: [string, unknown]) => {
    if (key === 'properties')
      return Object.entries(value as object).flatMap(([property, each]) => textsOf(each, property));
    if (key === 'items') return textsOf(value, name);
    return key === 'anyOf' || key === 'oneOf' || key === 'allOf'
      ? (value as unknown[]).flatMap((each) => textsOf(each, name))
      : [];
  });
  return [...own, ...inner];
}
