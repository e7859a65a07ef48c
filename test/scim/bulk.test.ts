import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Response } from 'supertest';
import { BODY_LIMITS } from '../../src/scim/facade/body.ts';
import { eachDatabase } from '../support/store.ts';
import { type Client, type Json, bodyOf, clientOf } from './requests.ts';
import { PUBLIC_URL, type ScimWorld, createScimWorld } from './scim-world.ts';

const SCHEMAS = ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'];
const PATCH = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];
const ERROR = ['urn:ietf:params:scim:api:messages:2.0:Error'];

interface Answer {
  readonly location?: string;
  readonly method?: string;
  readonly bulkId?: string;
  readonly version?: string;
  readonly status: string;
  readonly response?: { readonly status: string; readonly scimType?: string; readonly detail: string };
}

const answersOf = (reply: Response): readonly Answer[] => (reply.body as { Operations: readonly Answer[] }).Operations;
const idOf = (answer: Answer | undefined): string => answer?.location?.split('/').at(-1) ?? '';

const post = (bulkId: string, userName: string, more: Json = {}): Json => ({
  method: 'POST',
  path: '/Users',
  bulkId,
  data: { userName, ...more },
});
const group = (bulkId: string, displayName: string, ...members: string[]): Json => ({
  method: 'POST',
  path: '/Groups',
  bulkId,
  data: { displayName, members: members.map((value) => ({ value })) },
});
const patch = (path: string, ...Operations: Json[]): Json => ({
  method: 'PATCH',
  path,
  data: { schemas: PATCH, Operations },
});

eachDatabase('RFC 7644 3.7: Bulk', (store) => {
  let world: ScimWorld;
  let client: Client;

  beforeAll(async () => {
    world = await createScimWorld(await store.open());
    client = clientOf(world);
  });

  const send = (operations: readonly unknown[], more: Json = {}): Promise<Response> =>
    Promise.resolve(client.post('/Bulk', { schemas: SCHEMAS, ...more, Operations: operations }));

  async function run(...operations: readonly unknown[]): Promise<readonly Answer[]> {
    const reply = await send(operations);
    expect([reply.status, bodyOf(reply).schemas]).toEqual([
      200,
      ['urn:ietf:params:scim:api:messages:2.0:BulkResponse'],
    ]);
    return answersOf(reply);
  }

  const statuses = (answers: readonly Answer[]): readonly string[] => answers.map(({ status }) => status);
  const membersOf = async (id: string): Promise<readonly string[]> =>
    (bodyOf(await client.get(`/Groups/${id}`)).members ?? []).map(({ value }) => value).sort();
  const count = async (filter: string): Promise<number> =>
    bodyOf(await client.get('/Users', { filter, count: '0' })).totalResults;

  describe('3.7: what is done', () => {
    it('is create, replace, change and remove, each with its own answer in the order of the request', async () => {
      const [kept, gone] = [await client.user('kept'), await client.user('gone')];
      const answers = await run(
        post('a', 'made'),
        { method: 'PUT', path: `/Users/${kept}`, bulkId: 'b', data: { userName: 'kept', title: 'T' } },
        patch(`/Users/${kept}`, { op: 'replace', path: 'active', value: false }),
        { method: 'DELETE', path: `/Users/${gone}` },
      );
      const at = `${PUBLIC_URL}/scim/v2/Users`;
      expect(answers).toEqual([
        { location: expect.stringMatching(`^${at}/`), method: 'POST', bulkId: 'a', version: 'W/"1"', status: '201' },
        { location: `${at}/${kept}`, method: 'PUT', bulkId: 'b', version: 'W/"2"', status: '200' },
        { location: `${at}/${kept}`, method: 'PATCH', version: 'W/"3"', status: '200' },
        { location: `${at}/${gone}`, method: 'DELETE', status: '204' },
      ]);
      expect((await client.get(`/Users/${kept}`)).body).toMatchObject({ title: 'T', active: false });
      expect((await client.get(`/Users/${gone}`)).status).toBe(404);
      expect((await client.get(`/Users/${idOf(answers[0])}`)).body).toMatchObject({ userName: 'made', active: true });
    });

    it('does not mind the case of methods and names, nor a path without its slash', async () => {
      const answers = await run({ METHOD: 'post', Path: 'Users', BULKID: 'a', Data: { userName: 'lower' } });
      expect(answers).toMatchObject([{ method: 'POST', bulkId: 'a', status: '201' }]);
      expect(statuses(await run({ method: 'delete', path: `Users/${idOf(answers[0])}` }))).toEqual(['204']);
    });

    it('is told of a group without reading its members', async () => {
      const id = await client.group('quiet');
      expect(await run(patch(`/Groups/${id}`, { op: 'replace', path: 'displayName', value: 'Quiet' }))).toMatchObject([
        { status: '204', version: 'W/"2"' },
      ]);
    });

    it('is one transaction for each operation: what went well stays', async () => {
      const answers = await run(post('a', 'first-of-three'), post('b', 'first-of-three'), post('c', 'third-of-three'));
      expect(statuses(answers)).toEqual(['201', '409', '201']);
      expect(answers[1]).toEqual({
        method: 'POST',
        bulkId: 'b',
        status: '409',
        response: { schemas: ERROR, status: '409', scimType: 'uniqueness', detail: 'The userName is in use.' },
      });
      expect(await count('userName ew "-of-three"')).toBe(2);
    });

    it('is the tenant of the token alone', async () => {
      const id = await clientOf(world, 'globex-writer').user('theirs');
      expect(statuses(await run({ method: 'DELETE', path: `/Users/${id}` }))).toEqual(['404']);
      expect((await clientOf(world, 'globex-writer').get(`/Users/${id}`)).status).toBe(200);
    });

    it('is nothing for a token that only reads', async () => {
      const reply = await clientOf(world, 'acme-reader').post('/Bulk', {
        schemas: SCHEMAS,
        Operations: [post('a', 'x')],
      });
      expect(reply.status).toBe(403);
    });

    it('creates nothing twice when the same request comes again', async () => {
      const operations = [post('a', 'again', { externalId: 'again' })];
      expect(idOf((await run(...operations))[0])).toBe(idOf((await run(...operations))[0]));
    });
  });

  describe('3.7: versions', () => {
    it('let an operation through, or refuse it with 412', async () => {
      const id = await client.user('versioned');
      const put = (version: string): Json => ({
        method: 'PUT',
        path: `/Users/${id}`,
        version,
        data: { userName: 'versioned', title: version },
      });
      const answers = await run(put('W/"2"'), put('W/"1"'), put('W/"1"'), { ...put('x'), version: 3 });
      expect(statuses(answers)).toEqual(['412', '200', '412', '400']);
      expect(answers[0]?.response).toMatchObject({ schemas: ERROR, status: '412' });
      const last = { method: 'DELETE', path: `/Users/${id}`, version: answers[1]?.version };
      expect(statuses(await run({ ...last, version: 'W/"1"' }, last))).toEqual(['412', '204']);
    });
  });

  describe('3.7.2: bulkId', () => {
    it('stands for what was created before, and for what will be, several in one operation', async () => {
      const answers = await run(
        post('u1', 'ref-1'),
        group('g', 'refs', 'bulkId:u1', 'bulkId:u2', 'bulkId:u3'),
        post('u2', 'ref-2'),
        post('u3', 'ref-3'),
      );
      expect(statuses(answers)).toEqual(['201', '201', '201', '201']);
      expect(answers.map(({ bulkId }) => bulkId)).toEqual(['u1', 'g', 'u2', 'u3']);
      const users = [answers[0], answers[2], answers[3]].map(idOf);
      expect(await membersOf(idOf(answers[1]))).toEqual([...users].sort());
    });

    it('stands in a path, in members that are added, and in the path of a PATCH', async () => {
      const answers = await run(
        patch('/Groups/bulkId:g', { op: 'remove', path: 'members[value eq "bulkId:u1"]' }),
        group('g', 'path', 'bulkId:u1', 'bulkId:u2'),
        post('u1', 'path-1'),
        post('u2', 'path-2'),
        post('u3', 'path-3'),
        patch('/Groups/bulkId%3Ag', { op: 'add', path: 'members', value: [{ value: 'bulkId:u3' }] }),
        { method: 'PUT', path: '/Users/bulkId:u2', data: { userName: 'path-2', title: 'put' } },
        { method: 'DELETE', path: '/Users/bulkId:u1' },
      );
      expect(statuses(answers)).toEqual(['204', '201', '201', '201', '201', '204', '200', '204']);
      expect(await membersOf(idOf(answers[1]))).toEqual([idOf(answers[3]), idOf(answers[4])].sort());
      expect(answers[0]?.location).toBe(answers[1]?.location);
      expect((await client.get(`/Users/${idOf(answers[3])}`)).body).toMatchObject({ title: 'put' });
    });

    it('stands for a manager', async () => {
      const urn = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
      const [report, boss] = await run(
        post('r', 'report', { [urn]: { manager: { value: 'bulkId:m' } } }),
        post('m', 'boss'),
      );
      expect((await client.get(`/Users/${idOf(report)}`)).body).toMatchObject({
        [urn]: { manager: { value: idOf(boss) } },
      });
    });

    it('in a circle is refused with 409; who has no part in it goes on', async () => {
      const answers = await run(
        post('free', 'free'),
        group('a', 'circle a', 'bulkId:b'),
        group('b', 'circle b', 'bulkId:a'),
        group('self', 'circle self', 'bulkId:self'),
        patch('/Groups/bulkId:a', { op: 'add', path: 'members', value: [{ value: 'bulkId:free' }] }),
        group('c', 'no circle', 'bulkId:free'),
      );
      expect(statuses(answers)).toEqual(['201', '409', '409', '409', '409', '201']);
      expect(answers[1]?.response).toMatchObject({ schemas: ERROR, status: '409' });
      expect(bodyOf(await client.get('/Groups', { filter: 'displayName sw "circle"' })).totalResults).toBe(0);
    });

    it('given twice refuses all of it', async () => {
      const reply = await send([post('same', 'twice-1'), post('same', 'twice-2')]);
      expect([reply.status, bodyOf(reply).scimType]).toEqual([400, 'invalidValue']);
      expect(await count('userName sw "twice"')).toBe(0);
    });

    it('of nothing, or of what failed, is an error of the one that refers to it', async () => {
      await client.user('taken');
      const answers = await run(
        group('a', 'dangling', 'bulkId:nobody'),
        post('b', 'taken'),
        group('c', 'orphan', 'bulkId:b'),
        { method: 'DELETE', path: '/Users/bulkId:b' },
      );
      expect(answers.map(({ status, response }) => [status, response?.scimType])).toEqual([
        ['400', 'invalidValue'],
        ['409', 'uniqueness'],
        ['409', undefined],
        ['409', undefined],
      ]);
      expect(answers[3]).not.toHaveProperty('location');
      expect(bodyOf(await client.get('/Groups', { filter: 'displayName eq "orphan"' })).totalResults).toBe(0);
    });

    it('is required of POST', async () => {
      const { bulkId, ...nameless } = post('a', 'nameless');
      expect(bulkId).toBe('a');
      const wrong = ['', 7, 'x'.repeat(257)].map((each) => ({ ...nameless, bulkId: each }));
      expect(statuses(await run(nameless, ...wrong))).toEqual(['400', '400', '400', '400']);
      expect(await count('userName eq "nameless"')).toBe(0);
    });
  });

  describe('3.7.3: failOnErrors', () => {
    const broken = (bulkId: string): Json => ({ method: 'POST', path: '/Users', bulkId, data: {} });

    it.each([
      [1, ['201', '400']],
      [2, ['201', '400', '201', '400']],
      [3, ['201', '400', '201', '400', '201']],
    ])('ends after %d errors, and tells what was done until then', async (failOnErrors, expected) => {
      const name = `fail-${failOnErrors}`;
      const operations = [
        post('1', `${name}-1`),
        broken('2'),
        post('3', `${name}-3`),
        broken('4'),
        post('5', `${name}-5`),
      ];
      const reply = await send(operations, { failOnErrors });
      expect([reply.status, statuses(answersOf(reply))]).toEqual([200, expected]);
      expect(await count(`userName sw "${name}"`)).toBe(expected.filter((status) => status === '201').length);
    });

    it('goes on to the end without it', async () => {
      expect(statuses(await run(broken('1'), broken('2'), broken('3'), post('4', 'end')))).toEqual([
        '400',
        '400',
        '400',
        '201',
      ]);
    });

    it.each([0, -1, 1.5, '1', true])('is not %j', async (failOnErrors) => {
      const reply = await send([post('a', 'never')], { failOnErrors });
      expect([reply.status, bodyOf(reply).scimType]).toEqual([400, 'invalidValue']);
      expect(await count('userName eq "never"')).toBe(0);
    });
  });

  describe('3.12: an operation that is wrong', () => {
    it.each<[string, Json, string, string | undefined]>([
      ['no method', { path: '/Users' }, '400', 'invalidSyntax'],
      ['another method', { method: 'GET', path: '/Users/x' }, '400', 'invalidSyntax'],
      ['no path', { method: 'DELETE' }, '400', 'invalidSyntax'],
      ['another path', { method: 'DELETE', path: '/Schemas/x' }, '404', undefined],
      ['a path too long', { method: 'DELETE', path: '/Users/x/y' }, '404', undefined],
      ['Bulk in Bulk', { method: 'POST', bulkId: 'x', path: '/Bulk', data: {} }, '404', undefined],
      ['a query', { method: 'DELETE', path: '/Users/x?y=z' }, '404', undefined],
      ['an odd path', { method: 'DELETE', path: '/Users/%zz' }, '400', 'invalidSyntax'],
      ['half a character', { method: 'DELETE', path: '/Users/\ud800' }, '404', undefined],
      ['a long id', { method: 'DELETE', path: `/Users/${'x'.repeat(9000)}` }, '404', undefined],
      ['POST to a resource', { method: 'POST', bulkId: 'x', path: '/Users/x', data: {} }, '405', undefined],
      ['DELETE of all', { method: 'DELETE', path: '/Users' }, '405', undefined],
      ['no data', { method: 'POST', bulkId: 'x', path: '/Users' }, '400', 'invalidSyntax'],
      ['data of another kind', { method: 'POST', bulkId: 'x', path: '/Users', data: 'x' }, '400', 'invalidSyntax'],
      ['a resource that is not there', { method: 'DELETE', path: '/Users/x' }, '404', undefined],
    ])('%s', async (_, operation, status, scimType) => {
      const [answer] = await run(operation);
      expect([answer?.status, answer?.response?.status, answer?.response?.scimType]).toEqual([
        status,
        status,
        scimType,
      ]);
      expect(answer?.response).toMatchObject({ schemas: ERROR, detail: expect.any(String) });
      expect(answer?.method).toBe(operation['method']);
    });

    it.each<[string, unknown]>([
      ['no object', []],
      ['no schemas', { Operations: [post('a', 'x')] }],
      ['other schemas', { schemas: PATCH, Operations: [post('a', 'x')] }],
      ['no operations', { schemas: SCHEMAS }],
      ['an empty list', { schemas: SCHEMAS, Operations: [] }],
      ['a text for an operation', { schemas: SCHEMAS, Operations: ['x'] }],
    ])('%s refuses all of it', async (_, body) => {
      const reply = await client.post('/Bulk', body);
      expect([reply.status, bodyOf(reply).scimType]).toEqual([400, 'invalidSyntax']);
    });
  });

  describe('3.7.4: limits', () => {
    it('are told, and hold', async () => {
      const small = await createScimWorld(await store.open(), { limits: { bulkOperations: 3, bulkBytes: 2000 } });
      const limited = clientOf(small);
      expect((await limited.get('/ServiceProviderConfig')).body).toMatchObject({
        bulk: { supported: true, maxOperations: 3, maxPayloadSize: 2000 },
      });
      const many = (size: number): Json => ({
        schemas: SCHEMAS,
        Operations: Array.from({ length: size }, (_, n) => post(`b${n}`, `limit-${size}-${n}`)),
      });
      for (const size of [2, 3]) expect((await limited.post('/Bulk', many(size))).status).toBe(200);
      const tooMany = await limited.post('/Bulk', many(4));
      expect([tooMany.status, bodyOf(tooMany).status]).toEqual([413, '413']);
      expect(await count('userName sw "limit-4"')).toBe(0);

      const sized = (bytes: number): Json => {
        const body = (title: string): Json => ({
          schemas: SCHEMAS,
          Operations: [post('b', `bytes-${bytes}`, { title })],
        });
        return body('x'.repeat(bytes - JSON.stringify(body('')).length));
      };
      for (const bytes of [1999, 2000]) expect((await limited.post('/Bulk', sized(bytes))).status).toBe(200);
      expect((await limited.post('/Bulk', sized(2001))).status).toBe(413);
    });

    it('let a body through that is larger than any other may be', async () => {
      const title = 'x'.repeat(60_000);
      const answers = await run(...Array.from({ length: 20 }, (_, n) => post(`b${n}`, `large-${n}`, { title })));
      expect(statuses(answers).every((status) => status === '201')).toBe(true);
      expect((await client.post('/Users', { userName: 'x', title: 'x'.repeat(BODY_LIMITS.bodyBytes) })).status).toBe(
        413,
      );
    });
  });

  it('3.7: twice as many operations cost about twice as much, and other requests are served meanwhile', async () => {
    let batch = 0;
    /** Processor time: this machine serves others too. */
    const cost = async (size: number): Promise<number> => {
      batch += 1;
      const name = `t${batch}`;
      const users = Array.from({ length: size - 1 }, (_, n) => post(`u${n}`, `${name}-${n}`));
      const all = group('all', name, ...users.map((_, n) => `bulkId:u${n}`));
      const started = process.cpuUsage();
      const reply = send([all, ...users]);
      const other = client.get('/Users', { filter: 'userName eq "kept"' }).then(() => performance.now());
      const answers = answersOf(await reply);
      const { user, system } = process.cpuUsage(started);
      const ended = performance.now();
      expect(answers.filter(({ status }) => status !== '201')).toEqual([]);
      expect(await other).toBeLessThan(ended);
      expect(await membersOf(idOf(answers[0]))).toHaveLength(size - 1);
      return user + system;
    };
    const size = store.dialect === 'sqlite' ? 1000 : 200;
    await cost(200);
    let [half, whole] = [Infinity, Infinity];
    for (let round = 0; round < 4 && !(whole / half < 2.2); round += 1) {
      half = Math.min(half, await cost(size));
      whole = Math.min(whole, await cost(2 * size));
    }
    expect(whole / half).toBeLessThan(2.4);
  }, 120_000);
});
