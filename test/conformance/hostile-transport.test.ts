import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { bodyOf } from '../scim/requests.ts';
import {
  BASE,
  type Method,
  SEARCH_REQUEST,
  conformance,
  conformanceOnEach,
  expectError,
  namesOf,
} from './conformance-world.ts';

const SCIM = 'application/scim+json';
const JSON_TYPE = 'application/json';

conformance('odd requests', (scim) => {
  describe('Accept with the charset that answers have', () => {
    it.each([
      [`${SCIM}; charset=utf-8`, SCIM],
      [`${SCIM};charset=UTF-8`, SCIM],
      ['application/json; charset=utf-8', JSON_TYPE],
      [`application/json;charset=utf-8;q=0.4, ${SCIM};q=0.5`, SCIM],
      [`text/html, ${JSON_TYPE};charset="utf-8"`, JSON_TYPE],
    ])('RFC 9110 12.5.1: %s is answered by %s', async (accept, type) => {
      const id = await scim.user(scim.unique());
      for (const path of ['/Users', `/Users/${id}`, '/Schemas']) {
        const reply = await scim.send('get', path, { headers: { accept } });
        expect([reply.status, reply.headers['content-type']]).toEqual([200, `${type}; charset=utf-8`]);
      }
    });

    it.each([`${SCIM};charset=utf-16`, `${JSON_TYPE};charset=utf-8;q=0`])(
      'RFC 9110 12.5.1: %s is still nothing that there is: 406',
      async (accept) => {
        expectError(await scim.send('get', '/Users', { headers: { accept } }), 406);
      },
    );
  });

  describe('a body that is not in UTF-8', () => {
    const post = (body: Buffer) =>
      request(scim.world().app)
        .post(`${BASE}/Users`)
        .set('authorization', 'Bearer acme-writer')
        .set('content-type', SCIM)
        .serialize((sent) => sent as string)
        .send(body);

    it.each<[string, readonly number[]]>([
      ['Latin-1', [0xfc]],
      ['a byte that never occurs', [0xff]],
      ['NUL in two bytes', [0xc0, 0x80]],
      ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
      ['a character that is cut off', [0xe2, 0x82]],
    ])('RFC 8259 8.1: %s is 400 invalidSyntax, and nothing is stored', async (_what, bytes) => {
      const name = scim.unique('latin');
      const reply = await post(
        Buffer.concat([Buffer.from(`{"userName":"${name}`), Buffer.from(bytes), Buffer.from('"}')]),
      );
      expectError(reply, 400, 'invalidSyntax');
      expect(bodyOf(reply).detail).toBe('The body is not in UTF-8.');
      expect(namesOf(await scim.get('/Users', { filter: `userName sw "${name}"` }))).toEqual([]);
    });

    it('RFC 8259 8.1: any character of UTF-8 is taken', async () => {
      const userName = `${scim.unique()}-ü漢\u{1F600}\uFFFD`;
      expect(bodyOf(await post(Buffer.from(JSON.stringify({ userName }))))).toMatchObject({ userName });
    });

    it('RFC 7644 3.12: what is too deep is told so', async () => {
      const body = `{"userName":"x","y":${'['.repeat(40)}${']'.repeat(40)}}`;
      const reply = await scim.send('post', '/Users', { headers: { 'content-type': SCIM }, body });
      expectError(reply, 400, 'invalidSyntax');
      expect(bodyOf(reply).detail).toBe('The body is nested deeper than 32 levels.');
    });
  });

  describe('encoded letters of a path', () => {
    const search = { schemas: [SEARCH_REQUEST], count: 0 };

    it.each<[Method, string, number]>([
      ['get', '/%55sers', 200],
      ['head', '/Group%73', 200],
      ['get', '/%53chemas', 200],
      ['get', '/%53erviceProviderConfig', 200],
      ['get', '/%4de', 501],
      ['delete', '/%55sers', 405],
      ['post', '/Users/%2Esearch', 200],
      ['post', '/%2esearch', 200],
      ['get', '/%2555sers', 404],
      ['get', '/Users%2F', 404],
      ['get', '/Users/%2e%2e', 404],
    ])('RFC 3986 6.2.2.2: %s %s is the same as without: %d', async (method, path, status) => {
      const headers = { 'content-type': SCIM };
      const reply = await scim.send(method, path, { headers, ...(method === 'post' ? { body: search } : {}) });
      expect(reply.status).toBe(status);
      expect(reply.headers['content-type']).toBe(`${SCIM}; charset=utf-8`);
    });

    it('RFC 3986 6.2.2.2: an id is found so too, and written', async () => {
      const id = await scim.user(scim.unique());
      const path = `/%55sers/${id.replaceAll('-', '%2D')}`;
      expect(bodyOf(await scim.get(path))).toMatchObject({ id });
      expect((await scim.put(path, { userName: scim.unique() })).status).toBe(200);
      expect((await scim.delete(path)).status).toBe(204);
    });
  });

  it.each(['post', 'put', 'patch'] as const)('RFC 7644 3.11: %s /Me without a body is 501 too', async (method) => {
    expectError(await scim.send(method, '/Me'), 501);
  });

  describe('who asks comes first', () => {
    it.each(['/Users', '/Users/%', '/%ff'])('RFC 7644 2: %s in HTML without a token is 401', async (path) => {
      const reply = await scim.send('get', path, { headers: { accept: 'text/html' }, token: null });
      expectError(reply, 401);
      expect(reply.headers['www-authenticate']).toBe('Bearer realm="scim"');
    });

    it('RFC 7644 3.12: of who is known, the log has what cannot be answered or decoded', async () => {
      const { requests, store } = scim.world();
      expectError(await scim.send('get', '/Users/x', { headers: { accept: 'text/html' } }), 406);
      expectError(await scim.send('get', '/Users/%'), 400, 'invalidSyntax');
      await requests.flush();
      const rows = await store.tenant('acme').scimRequests.list({}, null, 1000);
      expect(rows.slice(0, 2).map(({ path, status }) => [path, status])).toEqual([
        ['/Users/{other}', 400],
        ['/Users/{other}', 406],
      ]);
    });
  });
});

conformanceOnEach('the order of texts', (scim) => {
  it('RFC 7644 3.4.2.2: gt and lt cut a list where its sort does, beyond the basic plane too', async () => {
    const order = ['z', '\uFB00', '\uFF21', '\u{1F600}', '\u{1F600}b'];
    for (const name of order.toReversed()) {
      await scim.user(`${name}-order`, { title: name, profileUrl: name, externalId: name });
    }
    for (const attribute of ['userName', 'title', 'profileUrl', 'externalId']) {
      const sorted = namesOf(await scim.get('/Users', { sortBy: attribute }));
      const found = async (op: string): Promise<readonly unknown[]> => {
        const value = attribute === 'userName' ? '\uFF21-order' : '\uFF21';
        return namesOf(await scim.get('/Users', { sortBy: attribute, filter: `${attribute} ${op} "${value}"` }));
      };
      expect(await found('lt')).toEqual(sorted.slice(0, 2));
      expect(await found('le')).toEqual(sorted.slice(0, 3));
      expect(await found('gt')).toEqual(sorted.slice(3));
      expect(await found('ge')).toEqual(sorted.slice(2));
    }
  });
});
