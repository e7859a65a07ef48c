import { describe, expect, it } from '@jest/globals';
import { bodyOf } from '../scim/requests.ts';
import { PUBLIC_URL } from '../scim/scim-world.ts';
import { ERROR, type Method, conformance, expectError } from './conformance-world.ts';

const SCIM = 'application/scim+json';

conformance('media types and methods', (scim) => {
  describe('what comes in', () => {
    it.each([
      SCIM,
      'application/json',
      `${SCIM}; charset=utf-8`,
      'application/json;charset=UTF-8',
      'APPLICATION/SCIM+JSON',
    ])('RFC 7644 3.1: %s is taken', async (type) => {
      const reply = await scim.send('post', '/Users', {
        headers: { 'content-type': type },
        body: JSON.stringify({ userName: scim.unique() }),
      });
      expect(reply.status).toBe(201);
    });

    it.each([
      'text/plain',
      'application/xml',
      'text/html',
      'application/x-www-form-urlencoded',
      `${SCIM}; charset=utf-16`,
    ])('RFC 7644 3.1: %s is 415', async (type) => {
      const reply = await scim.send('post', '/Users', { headers: { 'content-type': type }, body: '{"userName":"x"}' });
      expectError(reply, 415);
    });

    it.each(['post', 'put', 'patch'] as const)(
      'RFC 7644 3.12: %s without a body is 400 invalidSyntax',
      async (method) => {
        const path = method === 'post' ? '/Users' : '/Users/x';
        expectError(await scim.send(method, path, { headers: { 'content-type': SCIM } }), 400, 'invalidSyntax');
      },
    );

    it('RFC 7644 3.12: a body that is no JSON is 400 invalidSyntax', async () => {
      const reply = await scim.send('post', '/Users', { headers: { 'content-type': SCIM }, body: '{"userName":' });
      expectError(reply, 400, 'invalidSyntax');
    });

    it('RFC 9110 15.5.16: a compressed body is 415', async () => {
      const headers = { 'content-type': SCIM, 'content-encoding': 'gzip' };
      expectError(await scim.send('post', '/Users', { headers, body: '{"userName":"x"}' }), 415);
    });
  });

  describe('what goes out', () => {
    it.each<[string | undefined, string]>([
      [undefined, SCIM],
      ['*/*', SCIM],
      ['application/*', SCIM],
      [SCIM, SCIM],
      ['application/json', 'application/json'],
      [`application/json, ${SCIM}`, 'application/json'],
      [`application/json;q=0.5, ${SCIM}`, SCIM],
      [`text/html, ${SCIM};q=0.9`, SCIM],
    ])('RFC 7644 3.8: for Accept %s the answer is %s', async (accept, type) => {
      const reply = await scim.send('get', '/Users', accept === undefined ? {} : { headers: { accept } });
      expect([reply.status, reply.headers['content-type']]).toEqual([200, `${type}; charset=utf-8`]);
    });

    it.each(['text/html', 'application/xml', 'image/png', `${SCIM};q=0`])(
      'RFC 7644 3.8: for Accept %s there is none: 406',
      async (accept) => {
        expectError(await scim.send('get', '/Users', { headers: { accept } }), 406);
      },
    );

    it.each([SCIM, 'application/json'])('RFC 7644 3.12: an error is %s too, when that is asked for', async (accept) => {
      const reply = await scim.send('get', '/Users/nobody', { headers: { accept } });
      expect([reply.status, reply.headers['content-type']]).toEqual([404, `${accept}; charset=utf-8`]);
    });
  });

  describe('methods', () => {
    const COLLECTION = 'GET, HEAD, POST';
    const RESOURCE = 'GET, HEAD, PUT, PATCH, DELETE';

    it.each<[Method, string, string]>([
      ['put', '/Users', COLLECTION],
      ['patch', '/Users', COLLECTION],
      ['delete', '/Users', COLLECTION],
      ['delete', '/Groups', COLLECTION],
      ['post', '/Users/x', RESOURCE],
      ['post', '/Groups/x', RESOURCE],
      ['options', '/Users/x', RESOURCE],
      ['get', '/Bulk', 'POST'],
      ['put', '/Bulk', 'POST'],
      ['get', '/.search', 'POST'],
      ['delete', '/Users/.search', 'POST'],
      ['post', '/ServiceProviderConfig', 'GET, HEAD'],
      ['put', '/Schemas', 'GET, HEAD'],
      ['delete', '/ResourceTypes/User', 'GET, HEAD'],
    ])('RFC 7644 3.2: %s %s is 405, and Allow says what is there', async (method, path, allow) => {
      const reply = await scim.send(method, path, { headers: { 'content-type': SCIM } });
      expectError(reply, 405);
      expect(reply.headers['allow']).toBe(allow);
    });

    it.each(['/Robots', '/', '/users', '/Users/x/y', '/v1/Users', '/Users//'])(
      'RFC 7644 3.2: %s is no endpoint: 404',
      async (path) => {
        expectError(await scim.send('get', path), 404);
      },
    );

    it.each<Method>(['get', 'post', 'put', 'patch', 'delete'])('RFC 7644 3.11: %s /Me is 501', async (method) => {
      const body = ['get', 'delete'].includes(method) ? {} : { headers: { 'content-type': SCIM }, body: '{}' };
      expectError(await scim.send(method, '/Me', body), 501);
    });

    it('RFC 7644 3.11: /Me asks for a token first', async () => {
      expectError(await scim.send('get', '/Me', { token: null }), 401);
    });
  });

  describe('errors', () => {
    it('RFC 7644 3.12: an error has schemas, status as text, and a detail, and no more', async () => {
      const reply = await scim.get('/Users/nobody');
      expect(reply.body).toEqual({ schemas: [ERROR], status: '404', detail: expect.any(String) });
    });

    it('RFC 7644 3.12: scimType stands where the clause has one', async () => {
      expect(bodyOf(await scim.get('/Users', { filter: 'x' })).scimType).toBe('invalidFilter');
    });

    it('RFC 7644 7.5: a detail holds nothing of a stack or of the store', async () => {
      const replies = [
        await scim.get('/Users', { filter: 'userName eq "' }),
        await scim.get('/Users/%00'),
        await scim.post('/Users', { userName: { $ne: null } }),
      ];
      for (const { text } of replies) expect(text).not.toMatch(/node_modules|\.ts|sqlite|select |<html/i);
    });

    it('RFC 7644 3.12: a query parameter given twice is 400 invalidValue', async () => {
      expectError(await scim.send('get', '/Users?count=1&count=2'), 400, 'invalidValue');
    });
  });

  describe('locations', () => {
    it.each(['host', 'x-forwarded-host', 'forwarded'])(
      'RFC 7643 3.1: %s of a request does not make an address',
      async (name) => {
        const id = await scim.user(scim.unique());
        const value = name === 'forwarded' ? 'host=evil.example.net' : 'evil.example.net';
        const reply = await scim.send('get', `/Users/${id}`, { headers: { [name]: value } });
        expect(bodyOf(reply).meta.location).toBe(`${PUBLIC_URL}/scim/v2/Users/${id}`);
      },
    );

    it('RFC 7643 4.2: $ref of a member, and of a group of a user, are their addresses', async () => {
      const user = await scim.user(scim.unique());
      const group = await scim.group('G', [user]);
      expect(await scim.read(`/Groups/${group}`)).toMatchObject({
        members: [{ $ref: `${PUBLIC_URL}/scim/v2/Users/${user}` }],
      });
      expect(await scim.read(`/Users/${user}`)).toMatchObject({
        groups: [{ $ref: `${PUBLIC_URL}/scim/v2/Groups/${group}` }],
      });
    });

    it('RFC 7643 3.1: the address of a resource stays when it changes', async () => {
      const userName = scim.unique();
      const id = await scim.user(userName);
      const before = bodyOf(await scim.get(`/Users/${id}`)).meta.location;
      const after = bodyOf(await scim.put(`/Users/${id}`, { userName: scim.unique() })).meta.location;
      expect(after).toBe(before);
    });

    it('RFC 9110 9.3.2: HEAD of a list has its length and no body', async () => {
      const reply = await scim.send('head', '/Users');
      expect([reply.status, Number(reply.headers['content-length']) > 0]).toEqual([200, true]);
      expect(reply.text).toBeFalsy();
    });
  });
});
