import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { bodyOf, clientOf } from '../scim/requests.ts';
import { BASE, BULK_REQUEST, SEARCH_REQUEST, conformance, expectError } from './conformance-world.ts';

const CHALLENGE = /^Bearer realm="[^"]+"/;

conformance('authentication', (scim) => {
  const withHeader = (authorization: string) =>
    request(scim.world().app).get(`${BASE}/Users`).set('authorization', authorization);

  it.each(['/Users', '/Users/x', '/Groups', '/Me', '/Robots'])(
    'RFC 7644 2: %s without a token is 401 with a challenge',
    async (path) => {
      const reply = await scim.send('get', path, { token: null });
      expectError(reply, 401);
      expect(reply.headers['www-authenticate']).toMatch(CHALLENGE);
    },
  );

  it.each([
    ['an unknown token', 'Bearer who-knows'],
    ['a token of another service', 'Bearer acme-api'],
    ['no token', 'Bearer '],
    ['another scheme', 'Basic YWNtZTp3cml0ZXI='],
    ['a token without its scheme', 'acme-writer'],
    ['two tokens', 'Bearer acme-writer acme-writer'],
  ])('RFC 6750 3: %s is 401 with a challenge', async (_what, authorization) => {
    const reply = await withHeader(authorization);
    expectError(reply, 401);
    expect(reply.headers['www-authenticate']).toMatch(CHALLENGE);
  });

  it('RFC 6750 3.1: a token that is wrong is told invalid_token, a missing one is not', async () => {
    expect((await withHeader('Bearer who-knows')).headers['www-authenticate']).toContain('error="invalid_token"');
    expect((await scim.send('get', '/Users', { token: null })).headers['www-authenticate']).not.toContain('error');
  });

  it.each(['bearer acme-writer', 'BEARER acme-writer'])(
    'RFC 9110 11.1: the scheme has no case: %s',
    async (authorization) => {
      expect((await withHeader(authorization)).status).toBe(200);
    },
  );

  it('RFC 6750 2.3: a token in the query is none', async () => {
    expectError(await scim.send('get', '/Users?access_token=acme-writer', { token: null }), 401);
  });

  it('RFC 7644 2: 401 comes before 405, 404 and 415: who is not known learns nothing', async () => {
    for (const [method, path] of [
      ['delete', '/Users'],
      ['get', '/Users/nobody'],
      ['post', '/Bulk'],
    ] as const) {
      expectError(await scim.send(method, path, { token: null }), 401);
    }
  });

  describe('a token that only reads', () => {
    const reader = () => clientOf(scim.world(), 'acme-reader');

    it.each<[string, () => ReturnType<ReturnType<typeof reader>['get']>]>([
      ['POST', () => reader().post('/Users', { userName: 'x' })],
      ['PUT', () => reader().put('/Users/x', { userName: 'x' })],
      ['PATCH', () => reader().patch('/Users/x', { op: 'remove', path: 'title' })],
      ['DELETE', () => reader().delete('/Users/x')],
      [
        'Bulk',
        () => reader().post('/Bulk', { schemas: [BULK_REQUEST], Operations: [{ method: 'DELETE', path: '/Users/x' }] }),
      ],
    ])('RFC 6750 3.1: %s is 403 insufficient_scope', async (_what, send) => {
      const reply = await send();
      expectError(reply, 403);
      expect(reply.headers['www-authenticate']).toContain('error="insufficient_scope"');
    });

    it('RFC 7644 3.4.3: a search reads, though it is a POST', async () => {
      const body = { schemas: [SEARCH_REQUEST] };
      for (const path of ['/.search', '/Users/.search', '/Groups/.search']) {
        expect((await reader().post(path, body)).status).toBe(200);
      }
    });
  });

  describe('two tenants (RFC 7644 6)', () => {
    it('RFC 7644 6: what one has the other does not see, list, or find', async () => {
      const userName = scim.unique('secret');
      const id = await scim.user(userName);
      expectError(await scim.other.get(`/Users/${id}`), 404);
      expect(bodyOf(await scim.other.get('/Users', { filter: `userName eq "${userName}"` })).totalResults).toBe(0);
    });

    it('RFC 7644 6: one cannot change or remove what the other has', async () => {
      const id = await scim.user(scim.unique());
      const before = await scim.read(`/Users/${id}`);
      expectError(await scim.other.put(`/Users/${id}`, { userName: scim.unique() }), 404);
      expectError(await scim.other.patch(`/Users/${id}`, { op: 'add', path: 'title', value: 'T' }), 404);
      expectError(await scim.other.delete(`/Users/${id}`), 404);
      expect(await scim.read(`/Users/${id}`)).toEqual(before);
    });

    it('RFC 7644 6: the same userName in both is no conflict', async () => {
      const userName = scim.unique();
      await scim.user(userName);
      expect((await scim.other.post('/Users', { userName })).status).toBe(201);
    });

    it('RFC 7644 6: nobody of the other becomes a member', async () => {
      const stranger = await scim.other.user(scim.unique());
      expectError(
        await scim.post('/Groups', { displayName: 'G', members: [{ value: stranger }] }),
        400,
        'invalidValue',
      );
    });
  });
});
