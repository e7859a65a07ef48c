import { beforeAll, describe, expect, it } from '@jest/globals';
import { type ConnectionPolicy, DEFAULT_POLICY, type Policy } from '../../src/core/reconcile/policy.ts';
import type { Store } from '../../src/flows/ports.ts';
import { createCrypto } from '../../src/storage/node-crypto.ts';
import { createStore } from '../../src/storage/store.ts';
import { eachDatabase } from '../support/store.ts';
import { type Client, type Json, bodyOf, clientOf } from './requests.ts';
import { type ScimWorld, authenticateForTest, createScimWorld } from './scim-world.ts';

const ACME = 'urn:ietf:params:scim:schemas:extension:acme:2.0:User';

/** Every value of every setting is a connection of its own, and of both tenants. */
const CONNECTIONS: Readonly<Record<string, ConnectionPolicy>> = {
  empty: {},
  named: { removeWithValue: 'named' },
  all: { removeWithValue: 'all' },
  whole: { replaceMembers: 'whole' },
  add: { replaceMembers: 'add' },
  create: { replaceWithoutMatch: 'create' },
  replaceNoTarget: { replaceWithoutMatch: 'noTarget' },
  removeNoTarget: { removeWithoutMatch: 'noTarget' },
  removeIgnore: { removeWithoutMatch: 'ignore' },
  keep: { missingActive: 'keep' },
  active: { missingActive: 'true' },
  ignore: { unknownAttributes: 'ignore' },
  refuse: { unknownAttributes: 'refuse' },
  invalidPath: { unknownPath: 'invalidPath' },
  ignorePath: { unknownPath: 'ignore' },
  resource: { patchAnswer: 'resource' },
  none: { patchAnswer: 'none' },
};

/** `acme-writer.all` is the connection `all` of acme; without a name the subject is the connection. */
const authenticate: typeof authenticateForTest = async (token) => {
  const [known = '', connection] = token.split('.');
  const principal = await authenticateForTest(known);
  return principal === null || connection === undefined ? principal : { ...principal, connection };
};

eachDatabase('ambiguous shapes, by connection', (testStore) => {
  let world: ScimWorld;
  /** Another process on the same store. */
  let other: Store;
  let users: readonly string[];

  const of = (connection: string, tenant = 'acme'): Client => clientOf(world, `${tenant}-writer.${connection}`);
  const usual = (): Client => clientOf(world, 'acme-writer');

  async function put(tenantId: string, connections: Readonly<Record<string, ConnectionPolicy>>): Promise<void> {
    const tenant = other.tenant(tenantId);
    const { version } = await tenant.policy.current();
    const policy: Policy = { ...DEFAULT_POLICY, sources: { ...DEFAULT_POLICY.sources, connections } };
    await tenant.write((tx) => tx.policy.put(policy, 'maya', version));
  }

  beforeAll(async () => {
    world = await createScimWorld(await testStore.open(), { authenticate });
    const clock = { now: () => '2026-01-02T03:04:05.000Z', sleep: async () => undefined };
    const crypto = createCrypto({ pepper: new Uint8Array(32).fill(7) });
    other = createStore({ database: await testStore.open(), clock, crypto, basePolicy: DEFAULT_POLICY });
    await put('acme', CONNECTIONS);
    users = [await usual().user('m0@example.com'), await usual().user('m1@example.com')];
  });

  let count = 0;
  const name = (): string => `shape${(count += 1)}@example.com`;
  const [work, home] = [
    { value: 'w@example.com', type: 'work' },
    { value: 'h@example.com', type: 'home' },
  ];
  const named = (...at: readonly number[]): readonly Json[] => at.map((n) => ({ value: users[n] }));
  const membersOf = async (id: string): Promise<readonly string[]> =>
    (bodyOf(await usual().get(`/Groups/${id}`)).members ?? []).map(({ value }) => value).toSorted();
  const some = (...at: readonly number[]): readonly string[] => at.map((n) => users[n] ?? '').toSorted();

  it.each([
    ['named', 1],
    ['all', 0],
    ['empty', 1],
  ])('removeWithValue: %s', async (connection, left) => {
    const group = await usual().group('Remove', some(0, 1));
    const remove = { op: 'Remove', path: 'members', value: named(0) };
    expect((await of(connection).patch(`/Groups/${group}`, remove)).status).toBe(204);
    expect(await membersOf(group)).toEqual(left === 1 ? some(1) : []);
    const user = await usual().user(name(), { emails: [work, home] });
    const reply = await of(connection).patch(`/Users/${user}`, { op: 'remove', path: 'emails', value: [work] });
    expect((reply.body as { emails?: unknown }).emails).toEqual(left === 1 ? [home] : undefined);
    const one = await usual().group('By filter', some(0, 1));
    await of(connection).patch(`/Groups/${one}`, { op: 'remove', path: `members[value eq "${users[0]}"]` });
    expect(await membersOf(one)).toEqual(some(1));
  });

  it.each([
    ['whole', [1]],
    ['add', [0, 1]],
    ['empty', [1]],
  ])('replaceMembers: %s', async (connection, left) => {
    for (const operation of [
      { op: 'Replace', path: 'members', value: named(1) },
      { op: 'replace', value: { members: named(1) } },
    ]) {
      const group = await usual().group('Replace', some(0));
      await of(connection).patch(`/Groups/${group}`, operation);
      expect(await membersOf(group)).toEqual(some(...left));
      await of(connection).patch(`/Groups/${group}`, { op: 'Replace', path: 'members', value: [] });
      expect(await membersOf(group)).toEqual([]);
    }
    const group = await usual().group('Put', some(0));
    await of(connection).put(`/Groups/${group}`, { displayName: 'Put', members: named(1) });
    expect(await membersOf(group)).toEqual(some(1));
  });

  it.each([
    ['create', 200],
    ['replaceNoTarget', 400],
    ['empty', 200],
  ])('replaceWithoutMatch: %s', async (connection, status) => {
    const user = await usual().user(name());
    const path = 'phoneNumbers[type eq "mobile"].value';
    const reply = await of(connection).patch(`/Users/${user}`, { op: 'Replace', path, value: '+1' });
    expect([reply.status, bodyOf(reply).scimType]).toEqual([status, status === 200 ? undefined : 'noTarget']);
    expect((await of(connection).patch(`/Users/${user}`, { op: 'Add', path, value: '+2' })).body).toMatchObject({
      phoneNumbers: [{ value: '+2', type: 'mobile' }],
    });
  });

  it.each([
    ['removeNoTarget', 400],
    ['removeIgnore', 200],
    ['empty', 400],
  ])('removeWithoutMatch: %s', async (connection, status) => {
    const user = await usual().user(name(), { emails: [work] });
    const remove = { op: 'remove', path: 'emails[type eq "home"]' };
    const reply = await of(connection).patch(`/Users/${user}`, remove, { op: 'add', path: 'title', value: 'T' });
    expect(reply.status).toBe(status);
    const body = (await usual().get(`/Users/${user}`)).body as Json;
    expect(body).toMatchObject({ emails: [work], ...(status === 200 ? { title: 'T' } : {}) });
    expect(body).toHaveProperty('meta.version', status === 200 ? 'W/"2"' : 'W/"1"');
  });

  it.each([
    ['keep', false],
    ['active', true],
    ['empty', false],
  ])('missingActive: %s', async (connection, active) => {
    const userName = name();
    const user = await usual().user(userName, { active: false });
    const client = of(connection);
    const title = await client.patch(`/Users/${user}`, { op: 'add', path: 'title', value: 'T' });
    expect(bodyOf(title).active).toBe(false);
    expect(bodyOf(await client.put(`/Users/${user}`, { userName, active: 'False' })).active).toBe(false);
    expect(bodyOf(await client.put(`/Users/${user}`, { userName })).active).toBe(active);
    await client.patch(`/Users/${user}`, { op: 'replace', value: { active: true } });
    expect(bodyOf(await client.put(`/Users/${user}`, { userName, active: null })).active).toBe(true);
    expect(bodyOf(await client.post('/Users', { userName: name() })).active).toBe(true);
  });

  describe.each([
    ['ignore', false],
    ['refuse', true],
    ['empty', false],
  ])('unknownAttributes: %s', (connection, isRefused) => {
    it.each<[Json, string]>([
      [{ mailNickname: 'x' }, 'mailNickname'],
      [{ [ACME]: { badge: 'B' } }, ACME],
      [{ emails: [{ ...work, verified: true }] }, 'emails.verified'],
      [{ name: { givenName: 'A', maiden: 'B' } }, 'name.maiden'],
    ])('in a body: %j', async (more, where) => {
      const userName = name();
      const made = await of(connection).post('/Users', { userName, ...more });
      expect(made.status).toBe(isRefused ? 400 : 201);
      if (isRefused) {
        expect(bodyOf(made)).toMatchObject({ scimType: 'invalidSyntax', detail: expect.stringContaining(where) });
        expect((await usual().get('/Users', { filter: `userName eq "${userName}"` })).body).toMatchObject({
          totalResults: 0,
        });
      }
      const id = isRefused ? await usual().user(userName) : bodyOf(made).id;
      const status = isRefused ? 400 : 200;
      expect((await of(connection).put(`/Users/${id}`, { userName, ...more })).status).toBe(status);
      expect((await of(connection).patch(`/Users/${id}`, { op: 'replace', value: more })).status).toBe(status);
    });

    it('in a path, a key with a dot, a group', async () => {
      const id = await usual().user(name());
      const status = isRefused ? 400 : 200;
      for (const operation of [
        { op: 'add', path: `${ACME}:badge`, value: 'B' },
        { op: 'add', value: { [`${ACME}:badge`]: 'B' } },
        { op: 'add', value: { 'Employee Type': 'B' } },
        { op: 'add', path: 'emails', value: [{ ...work, verified: true }] },
      ]) {
        expect((await of(connection).patch(`/Users/${id}`, operation)).status).toBe(status);
      }
      const group = await of(connection).post('/Groups', { displayName: 'G', colour: 'red' });
      expect(group.status).toBe(isRefused ? 400 : 201);
    });

    it('lets through what every client sends', async () => {
      const made = await of(connection).post('/Users', {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', ACME],
        id: null,
        meta: { resourceType: 'User' },
        groups: [],
        password: 'dropped',
        USERNAME: name(),
        emails: [work],
      });
      expect(made.status).toBe(201);
      const { id } = bodyOf(made);
      expect((await of(connection).put(`/Users/${id}`, made.body)).status).toBe(200);
    });
  });

  it.each([
    ['invalidPath', 400],
    ['ignorePath', 200],
    ['empty', 400],
  ])('unknownPath: %s', async (connection, status) => {
    const id = await usual().user(name());
    const odd = { op: 'Add', path: 'extensionAttribute1', value: 'x' };
    const reply = await of(connection).patch(`/Users/${id}`, odd, { op: 'add', path: 'title', value: 'T' });
    expect([reply.status, bodyOf(reply).scimType]).toEqual([status, status === 200 ? undefined : 'invalidPath']);
    expect('title' in ((await usual().get(`/Users/${id}`)).body as Json)).toBe(status === 200);
    expect((await of(connection).patch(`/Users/${id}`, { ...odd, path: 'emails[type eq' })).status).toBe(400);
  });

  it.each([
    ['resource', 200, 200],
    ['none', 204, 204],
    ['empty', 200, 204],
  ])('patchAnswer: %s', async (connection, forUser, forGroup) => {
    const user = await usual().user(name());
    const group = await usual().group('Answer', some(0));
    const [title, display] = [
      { op: 'add', path: 'title', value: 'T' },
      { op: 'replace', path: 'displayName', value: 'Answered' },
    ];
    const replies = [
      await of(connection).patch(`/Users/${user}`, title),
      await of(connection).patch(`/Groups/${group}`, display),
    ];
    expect(replies.map(({ status }) => status)).toEqual([forUser, forGroup]);
    expect(replies.map(({ headers }) => headers['etag'] as unknown)).toEqual(['W/"2"', 'W/"2"']);
    for (const reply of replies) expect(reply.text === '').toBe(reply.status === 204);
    if (forGroup === 200) expect(bodyOf(replies[1] ?? fail()).members).toMatchObject(named(0));
    const asked = await of(connection).patch(`/Users/${user}?attributes=title`, title);
    expect([asked.status, (asked.body as Json)['title']]).toEqual([200, 'T']);
  });

  it('two connections of one tenant at the same time', async () => {
    const groups = await Promise.all(Array.from({ length: 8 }, () => usual().group('Both', some(0, 1))));
    await Promise.all(
      groups.map((id, n) =>
        of(n % 2 === 0 ? 'named' : 'all').patch(`/Groups/${id}`, { op: 'remove', path: 'members', value: named(0) }),
      ),
    );
    expect(await Promise.all(groups.map(membersOf))).toEqual(groups.map((_, n) => (n % 2 === 0 ? some(1) : [])));
  });

  it('in Bulk too', async () => {
    const user = await usual().user(name(), { active: false });
    const group = await usual().group('Bulk', some(0, 1));
    const data = (...Operations: readonly Json[]): Json => ({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations,
    });
    const run = async (connection: string): Promise<readonly string[]> => {
      const reply = await of(connection).post('/Bulk', {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
        Operations: [
          { method: 'POST', path: '/Users', bulkId: 'u', data: { userName: name(), mailNickname: 'x' } },
          { method: 'PATCH', path: `/Groups/${group}`, data: data({ op: 'remove', path: 'members', value: named(0) }) },
          { method: 'PATCH', path: `/Users/${user}`, data: data({ op: 'add', path: 'password', value: 'dropped' }) },
        ],
      });
      return (reply.body as { Operations: readonly { status: string }[] }).Operations.map(({ status }) => status);
    };
    expect(await run('refuse')).toEqual(['400', '204', '200']);
    expect(await membersOf(group)).toEqual(some(1));
    expect(await run('all')).toEqual(['201', '204', '200']);
    expect(await membersOf(group)).toEqual([]);
    expect(await run('none')).toEqual(['201', '204', '204']);
  });

  it('of a connection that policy does not name are the usual ones, as are those of another tenant', async () => {
    for (const connection of ['nobody', '__proto__', 'constructor', 'toString']) {
      const id = await usual().user(name());
      const reply = await of(connection).patch(`/Users/${id}`, { op: 'add', path: 'title', value: 'T' });
      expect([reply.status, (reply.body as Json)['title']]).toEqual([200, 'T']);
    }
    const globex = of('none', 'globex');
    const id = await globex.user('g@example.com');
    expect((await globex.patch(`/Users/${id}`, { op: 'add', path: 'title', value: 'T' })).status).toBe(200);
  });

  it('hold from the next request on, also where another process put them, and go by the subject too', async () => {
    const client = clientOf(world, 'globex-writer');
    const id = await client.user('next@example.com');
    const patch = async (title: string): Promise<number> =>
      (await client.patch(`/Users/${id}`, { op: 'replace', path: 'title', value: title })).status;
    expect(await patch('1')).toBe(200);
    await put('globex', { 'idp of globex': { patchAnswer: 'none' } });
    expect(await patch('2')).toBe(204);
    await put('globex', {});
    expect(await patch('3')).toBe(200);
  });
});

function fail(): never {
  throw new Error('no reply');
}
