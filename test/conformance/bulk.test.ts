import { describe, expect, it } from '@jest/globals';
import { type Json, bodyOf } from '../scim/requests.ts';
import { PUBLIC_URL } from '../scim/scim-world.ts';
import { BULK_REQUEST, ENTERPRISE, PATCH_OP, type Scim, conformance, expectError } from './conformance-world.ts';

interface Answer {
  readonly method?: string;
  readonly bulkId?: string;
  readonly location?: string;
  readonly version?: string;
  readonly status: string;
  readonly response?: { readonly schemas: readonly string[]; readonly status: string; readonly scimType?: string };
}

const idOf = (answer: Answer | undefined): string => answer?.location?.split('/').at(-1) ?? '';
const statuses = (answers: readonly Answer[]): readonly string[] => answers.map(({ status }) => status);

function bulkOf(scim: Scim) {
  const send = (Operations: unknown, more: Json = {}) =>
    scim.post('/Bulk', { schemas: [BULK_REQUEST], Operations, ...more });
  return {
    send,
    answers: async (Operations: readonly Json[], more: Json = {}): Promise<readonly Answer[]> => {
      const reply = await send(Operations, more);
      expect(reply.status).toBe(200);
      expect(bodyOf(reply).schemas).toEqual(['urn:ietf:params:scim:api:messages:2.0:BulkResponse']);
      return (reply.body as { Operations: readonly Answer[] }).Operations;
    },
    user: (bulkId: string, more: Json = {}): Json => ({
      method: 'POST',
      path: '/Users',
      bulkId,
      data: { userName: scim.unique(), ...more },
    }),
    group: (bulkId: string, members: readonly string[]): Json => ({
      method: 'POST',
      path: '/Groups',
      bulkId,
      data: { displayName: bulkId, members: members.map((value) => ({ value: `bulkId:${value}` })) },
    }),
  };
}

conformance('bulk', (scim) => {
  const { send, answers, user, group } = bulkOf(scim);
  const membersOf = async (answer: Answer | undefined): Promise<readonly string[]> =>
    (bodyOf(await scim.get(`/Groups/${idOf(answer)}`)).members ?? []).map(({ value }) => value);

  describe('operations', () => {
    it('RFC 7644 3.7: a POST is answered with status, location, version, method and bulkId', async () => {
      const [answer] = await answers([user('a')]);
      expect(answer).toEqual({
        method: 'POST',
        bulkId: 'a',
        status: '201',
        version: 'W/"1"',
        location: `${PUBLIC_URL}/scim/v2/Users/${idOf(answer)}`,
      });
      expect((await scim.get(`/Users/${idOf(answer)}`)).status).toBe(200);
    });

    it.each([
      ['PUT', '200', (userName: string): Json => ({ userName, title: 'T' })],
      ['PATCH', '200', (): Json => ({ schemas: [PATCH_OP], Operations: [{ op: 'add', path: 'title', value: 'T' }] })],
    ])('RFC 7644 3.7: %s changes the resource of its path', async (method, status, data) => {
      const userName = scim.unique();
      const path = `/Users/${await scim.user(userName)}`;
      const [answer] = await answers([{ method, path, data: data(userName) }]);
      expect(answer).toMatchObject({ method, status, location: `${PUBLIC_URL}/scim/v2${path}`, version: 'W/"2"' });
      expect(await scim.read(path)).toMatchObject({ title: 'T' });
    });

    it('RFC 7644 3.7: DELETE removes it, and is 204', async () => {
      const path = `/Users/${await scim.user(scim.unique())}`;
      expect(statuses(await answers([{ method: 'DELETE', path }]))).toEqual(['204']);
      expect((await scim.get(path)).status).toBe(404);
    });

    it('RFC 7644 3.7: answers stand in the order of the operations', async () => {
      expect((await answers([user('c'), user('a'), user('b')])).map(({ bulkId }) => bulkId)).toEqual(['c', 'a', 'b']);
    });

    it('RFC 7644 3.7.3: the error of an operation is its response, and the others are done', async () => {
      const told = await answers([user('a'), user('b', { userName: '' }), user('c')]);
      expect(statuses(told)).toEqual(['201', '400', '201']);
      expect(told[1]).toMatchObject({ bulkId: 'b', response: { status: '400', scimType: 'invalidValue' } });
      expect(told[0]).not.toHaveProperty('response');
    });

    it.each<[string, Json, string]>([
      ['an unknown id', { method: 'DELETE', path: '/Users/nobody' }, '404'],
      ['an unknown endpoint', { method: 'POST', path: '/Robots', bulkId: 'x', data: {} }, '404'],
      ['Bulk itself', { method: 'POST', path: '/Bulk', bulkId: 'x', data: {} }, '404'],
      ['an unknown method', { method: 'GET', path: '/Users/x' }, '400'],
      ['a POST of a resource', { method: 'POST', path: '/Users/x', bulkId: 'x', data: {} }, '405'],
      ['a PUT of an endpoint', { method: 'PUT', path: '/Users', data: {} }, '405'],
      ['no path', { method: 'POST', bulkId: 'x', data: {} }, '400'],
      ['no data', { method: 'POST', path: '/Users', bulkId: 'x' }, '400'],
      ['a POST without bulkId', { method: 'POST', path: '/Users', data: { userName: 'n' } }, '400'],
    ])('RFC 7644 3.7: %s is an error of that operation', async (_what, operation, status) => {
      const [answer, other] = await answers([operation, user('other')]);
      expect([answer?.status, answer?.response?.status, other?.status]).toEqual([status, status, '201']);
    });

    it('RFC 7644 3.7: the same userName twice is 201, then 409 uniqueness', async () => {
      const userName = scim.unique();
      const told = await answers([user('a', { userName }), user('b', { userName })]);
      expect(statuses(told)).toEqual(['201', '409']);
      expect(told[1]?.response?.scimType).toBe('uniqueness');
    });
  });

  describe('bulkId', () => {
    it('RFC 7644 3.7.2: refers to what was created before', async () => {
      const [ann, team] = await answers([user('ann'), group('team', ['ann'])]);
      expect(await membersOf(team)).toEqual([idOf(ann)]);
    });

    it('RFC 7644 3.7.2: refers to what will be created', async () => {
      const [team, ann] = await answers([group('team', ['ann']), user('ann')]);
      expect([team?.status, await membersOf(team)]).toEqual(['201', [idOf(ann)]]);
    });

    it('RFC 7644 3.7.2: refers several times in one operation', async () => {
      const told = await answers([user('a'), group('team', ['a', 'b', 'c']), user('b'), user('c')]);
      expect(new Set(await membersOf(told[1]))).toEqual(new Set([told[0], told[2], told[3]].map(idOf)));
    });

    it('RFC 7644 3.7.2: refers from several operations to one', async () => {
      const [ann, ...teams] = await answers([user('ann'), group('t1', ['ann']), group('t2', ['ann'])]);
      for (const team of teams) expect(await membersOf(team)).toEqual([idOf(ann)]);
    });

    it('RFC 7644 3.7.2: refers from an attribute of an extension', async () => {
      const [boss, ann] = await answers([
        user('boss'),
        user('ann', { [ENTERPRISE]: { manager: { value: 'bulkId:boss' } } }),
      ]);
      expect(await scim.read(`/Users/${idOf(ann)}`)).toMatchObject({
        [ENTERPRISE]: { manager: { value: idOf(boss) } },
      });
    });

    it('RFC 7644 3.7.2: refers from the path of an operation', async () => {
      const data = { schemas: [PATCH_OP], Operations: [{ op: 'add', path: 'title', value: 'T' }] };
      const [ann, patched] = await answers([user('ann'), { method: 'PATCH', path: '/Users/bulkId:ann', data }]);
      expect(patched?.location).toBe(ann?.location);
      expect(await scim.read(`/Users/${idOf(ann)}`)).toMatchObject({ title: 'T' });
    });

    it('RFC 7644 3.7.2: refers from a PATCH that adds members', async () => {
      const id = await scim.group('G');
      const data = {
        schemas: [PATCH_OP],
        Operations: [{ op: 'add', path: 'members', value: [{ value: 'bulkId:ann' }] }],
      };
      const [patched, ann] = await answers([{ method: 'PATCH', path: `/Groups/${id}`, data }, user('ann')]);
      expect(await membersOf(patched)).toEqual([idOf(ann)]);
    });

    it('RFC 7644 3.7.1: two that refer to each other are 409', async () => {
      const told = await answers([
        user('a', { [ENTERPRISE]: { manager: { value: 'bulkId:b' } } }),
        user('b', { [ENTERPRISE]: { manager: { value: 'bulkId:a' } } }),
        user('c'),
      ]);
      expect(statuses(told)).toEqual(['409', '409', '201']);
    });

    it('RFC 7644 3.7.1: a circle of three is 409, and so is who waits for it', async () => {
      const told = await answers([
        ...['a', 'b', 'c'].map((name, at) =>
          user(name, { [ENTERPRISE]: { manager: { value: `bulkId:${['b', 'c', 'a'][at] ?? ''}` } } }),
        ),
        group('team', ['a']),
      ]);
      expect(statuses(told)).toEqual(['409', '409', '409', '409']);
    });

    it('RFC 7644 3.7.1: one that refers to itself is 409', async () => {
      const told = await answers([user('a', { [ENTERPRISE]: { manager: { value: 'bulkId:a' } } })]);
      expect(statuses(told)).toEqual(['409']);
    });

    it('RFC 7644 3.7.2: to nothing is 400 of the one that refers', async () => {
      const told = await answers([group('team', ['nobody']), user('a')]);
      expect(statuses(told)).toEqual(['400', '201']);
    });

    it('RFC 7644 3.7.2: to what failed is an error too', async () => {
      const told = await answers([user('a', { userName: '' }), group('team', ['a'])]);
      expect(statuses(told)).toEqual(['400', '409']);
    });

    it('RFC 7644 3.7.2: given to two operations is 400 of the request, and nothing is done', async () => {
      const userName = scim.unique();
      expectError(await send([user('same', { userName }), user('same')]), 400, 'invalidValue');
      expect(bodyOf(await scim.get('/Users', { filter: `userName eq "${userName}"` })).totalResults).toBe(0);
    });

    it('RFC 7644 3.7.2: a text that only speaks of bulkId: is a text', async () => {
      const [answer] = await answers([user('a', { title: 'about bulkId: things' })]);
      expect(await scim.read(`/Users/${idOf(answer)}`)).toMatchObject({ title: 'about bulkId: things' });
    });
  });

  describe('failOnErrors', () => {
    const bad = (bulkId: string): Json => user(bulkId, { userName: '' });

    it.each<[number | undefined, readonly string[]]>([
      [undefined, ['400', '201', '400', '201']],
      [1, ['400']],
      [2, ['400', '201', '400']],
      [3, ['400', '201', '400', '201']],
    ])('RFC 7644 3.7: of %p ends the request after as many errors', async (failOnErrors, expected) => {
      const more = failOnErrors === undefined ? {} : { failOnErrors };
      const told = await answers([bad('a'), user('b'), bad('c'), user('d')], more);
      expect(statuses(told)).toEqual(expected);
    });

    it.each([0, -1, 1.5, '1'])('RFC 7644 3.7: of %j is none: 400 invalidValue', async (failOnErrors) => {
      expectError(await send([user('a')], { failOnErrors }), 400, 'invalidValue');
    });
  });

  it.each<[string, unknown]>([
    ['no schemas', { Operations: [{ method: 'DELETE', path: '/Users/x' }] }],
    ['another schema', { schemas: [PATCH_OP], Operations: [{ method: 'DELETE', path: '/Users/x' }] }],
    ['no Operations', { schemas: [BULK_REQUEST] }],
    ['empty Operations', { schemas: [BULK_REQUEST], Operations: [] }],
    ['Operations that are no list', { schemas: [BULK_REQUEST], Operations: {} }],
    ['an operation that is no object', { schemas: [BULK_REQUEST], Operations: ['x'] }],
  ])('RFC 7644 3.7: a request of %s is 400 invalidSyntax', async (_what, body) => {
    expectError(await scim.post('/Bulk', body), 400, 'invalidSyntax');
  });
});

conformance(
  'bulk limits',
  (scim) => {
    const { send, answers, user } = bulkOf(scim);
    const operations = (count: number) => Array.from({ length: count }, (_, at) => user(`b${at}`));

    it('RFC 7643 5: the limits are said', async () => {
      expect((await scim.get('/ServiceProviderConfig')).body).toMatchObject({
        bulk: { maxOperations: 4, maxPayloadSize: 3000 },
      });
    });

    it.each([3, 4])('RFC 7644 3.7.4: %d operations are done, at most 4', async (count) => {
      expect(statuses(await answers(operations(count)))).toEqual(Array.from({ length: count }, () => '201'));
    });

    it('RFC 7644 3.7.4: one operation more is 413, and nothing is done', async () => {
      const before = bodyOf(await scim.get('/Users')).totalResults;
      expectError(await send(operations(5)), 413);
      expect(bodyOf(await scim.get('/Users')).totalResults).toBe(before);
    });

    it.each([
      [-1, 200],
      [0, 200],
      [1, 413],
    ])('RFC 7644 3.7.4: a body of the most bytes and %d is %d', async (more, status) => {
      const padded = (title: string) => JSON.stringify({ schemas: [BULK_REQUEST], Operations: [user('a', { title })] });
      const body = padded('');
      const missing = 3000 + more - body.length;
      const headers = { 'content-type': 'application/scim+json' };
      const reply = await scim.send('post', '/Bulk', {
        headers,
        body: body.replace('"title":""', `"title":"${'x'.repeat(missing)}"`),
      });
      expect(reply.status).toBe(status);
      if (status === 413) expectError(reply, 413);
    });
  },
  { limits: { bulkOperations: 4, bulkBytes: 3000 } },
);
