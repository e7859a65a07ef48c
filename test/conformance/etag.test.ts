import { describe, expect, it } from '@jest/globals';
import { type Json, bodyOf } from '../scim/requests.ts';
import { BULK_REQUEST, type Method, PATCH_OP, conformance, expectError } from './conformance-world.ts';

const STALE = 'W/"99"';

conformance('ETag', (scim) => {
  const made = async () => {
    const userName = scim.unique();
    const id = await scim.user(userName);
    return { userName, id, path: `/Users/${id}` };
  };
  const bodies: Readonly<Record<string, (userName: string) => unknown>> = {
    put: (userName) => ({ userName, title: 'T' }),
    patch: () => ({ schemas: [PATCH_OP], Operations: [{ op: 'add', path: 'title', value: 'T' }] }),
  };
  const conditional = async (method: Method, headers: Readonly<Record<string, string>>) => {
    const { path, userName } = await made();
    const body = bodies[method]?.(userName);
    const type = body === undefined ? {} : { 'content-type': 'application/scim+json' };
    const reply = await scim.send(method, path, {
      headers: { ...headers, ...type },
      ...(body === undefined ? {} : { body }),
    });
    return { reply, path };
  };

  it.each(['/Users', '/Groups'])(
    'RFC 7644 3.14: a resource of %s has an ETag, equal to meta.version, on every answer',
    async (at) => {
      const created = await scim.post(at, { userName: scim.unique(), displayName: 'G' });
      const path = `${at}/${bodyOf(created).id}`;
      const patched = await scim.patch(path, { op: 'replace', path: 'displayName', value: 'H' });
      const read = await scim.get(path);
      const replaced = await scim.put(path, { userName: scim.unique(), displayName: 'I' });
      expect(created.headers['etag']).toBe(bodyOf(created).meta.version);
      expect(read.headers['etag']).toBe(bodyOf(read).meta.version);
      expect(patched.headers['etag']).toBe(read.headers['etag']);
      expect(replaced.headers['etag']).toBe(bodyOf(replaced).meta.version);
      expect(new Set([created, read, replaced].map(({ headers }) => headers['etag'])).size).toBe(3);
    },
  );

  it.each(['/Users', '/ServiceProviderConfig', '/Schemas'])(
    'RFC 7644 3.14: %s is no resource with a version: no ETag',
    async (path) => {
      expect((await scim.get(path)).headers).not.toHaveProperty('etag');
    },
  );

  it('RFC 7644 3.14: an error has no ETag', async () => {
    expect((await scim.get('/Users/nobody')).headers).not.toHaveProperty('etag');
  });

  describe('If-None-Match', () => {
    it.each(['W/"1"', '"1"', '*', 'W/"7", W/"1"', '"1" , "2"'])(
      'RFC 9110 13.1.2: GET with %s is 304 without a body',
      async (tag) => {
        const { reply } = await conditional('get', { 'if-none-match': tag });
        expect([reply.status, reply.text, reply.headers['etag']]).toEqual([304, '', 'W/"1"']);
      },
    );

    it.each([STALE, '"11"', 'W/"', '1'])(
      'RFC 9110 13.1.2: GET with %s, which is not the version, is 200',
      async (tag) => {
        const { reply } = await conditional('get', { 'if-none-match': tag });
        expect([reply.status, bodyOf(reply).meta.version]).toEqual([200, 'W/"1"']);
      },
    );

    it('RFC 9110 13.1.2: HEAD with the version is 304', async () => {
      expect((await conditional('head', { 'if-none-match': 'W/"1"' })).reply.status).toBe(304);
    });

    it.each(['put', 'patch', 'delete'] as const)(
      'RFC 9110 13.1.2: %s with the version is 412, nothing changed',
      async (method) => {
        const { reply, path } = await conditional(method, { 'if-none-match': 'W/"1"' });
        expectError(reply, 412);
        expect(bodyOf(await scim.get(path)).meta.version).toBe('W/"1"');
      },
    );

    it('RFC 9110 13.1.2: a PUT with * is 412: the resource is there', async () => {
      expectError((await conditional('put', { 'if-none-match': '*' })).reply, 412);
    });

    it.each(['put', 'patch', 'delete'] as const)('RFC 9110 13.1.2: %s with another version is done', async (method) => {
      expect((await conditional(method, { 'if-none-match': STALE })).reply.status).toBe(
        method === 'delete' ? 204 : 200,
      );
    });

    it('RFC 7644 3.14: the version of before a change is another one: 200', async () => {
      const { path } = await conditional('patch', {});
      expect((await scim.send('get', path, { headers: { 'if-none-match': 'W/"1"' } })).status).toBe(200);
      expect((await scim.send('get', path, { headers: { 'if-none-match': 'W/"2"' } })).status).toBe(304);
    });
  });

  describe('If-Match', () => {
    it.each(['put', 'patch', 'delete', 'get'] as const)(
      'RFC 7644 3.14: %s with the version is done',
      async (method) => {
        expect((await conditional(method, { 'if-match': 'W/"1"' })).reply.status).toBe(method === 'delete' ? 204 : 200);
      },
    );

    it.each(['put', 'patch', 'delete', 'get'] as const)(
      'RFC 7644 3.14: %s with another version is 412, nothing changed',
      async (method) => {
        const { reply, path } = await conditional(method, { 'if-match': STALE });
        expectError(reply, 412);
        expect(bodyOf(await scim.get(path)).meta.version).toBe('W/"1"');
      },
    );

    it.each(['put', 'patch', 'delete'] as const)(
      'RFC 9110 13.1.1: %s with * is done: the resource is there',
      async (method) => {
        expect((await conditional(method, { 'if-match': '*' })).reply.status).toBeLessThan(300);
      },
    );

    it('RFC 9110 13.1.1: one of several versions is enough', async () => {
      expect((await conditional('patch', { 'if-match': 'W/"7", W/"1"' })).reply.status).toBe(200);
    });

    it.each(['1', 'W/1', '""', 'x'])('RFC 9110 13.1.1: the text %s is no version of it: 412', async (tag) => {
      expectError((await conditional('patch', { 'if-match': tag })).reply, 412);
    });

    it.each(['put', 'patch', 'delete', 'get'] as const)(
      'RFC 9110 13.2.1: %s of what is not there is 404, whatever the condition',
      async (method) => {
        const body = bodies[method]?.('u');
        const headers = {
          'if-match': STALE,
          ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
        };
        expectError(
          await scim.send(method, '/Users/nobody', { headers, ...(body === undefined ? {} : { body }) }),
          404,
        );
      },
    );

    it('RFC 7644 3.14: of two changes of one version the second is 412', async () => {
      const { path } = await made();
      const headers = { 'if-match': 'W/"1"', 'content-type': 'application/scim+json' };
      const change = (value: string) =>
        scim.send('patch', path, {
          headers,
          body: { schemas: [PATCH_OP], Operations: [{ op: 'add', path: 'title', value }] },
        });
      const statuses = [(await change('A')).status, (await change('B')).status];
      expect([statuses, (await scim.read(path))['title']]).toEqual([[200, 412], 'A']);
    });

    it('RFC 7644 3.14: a member more is a new version of the group', async () => {
      const path = `/Groups/${await scim.group('G')}`;
      await scim.patch(path, { op: 'add', path: 'members', value: [{ value: await scim.user(scim.unique()) }] });
      const headers = { 'if-match': 'W/"1"' };
      expectError(await scim.send('delete', path, { headers }), 412);
    });
  });

  describe('version in Bulk', () => {
    const inBulk = async (method: string, version: string) => {
      const { path, userName } = await made();
      const data = bodies[method.toLowerCase()]?.(userName);
      const operation: Json = { method, path, version, ...(data === undefined ? {} : { data }) };
      const reply = await scim.post('/Bulk', { schemas: [BULK_REQUEST], Operations: [operation] });
      expect(reply.status).toBe(200);
      return (reply.body as { Operations: readonly Json[] }).Operations[0];
    };

    it.each(['PUT', 'PATCH', 'DELETE'])(
      'RFC 7644 3.7: %s of the version is done, and tells the new one',
      async (method) => {
        const answer = await inBulk(method, 'W/"1"');
        expect([answer?.['status'], answer?.['version']]).toEqual(
          method === 'DELETE' ? ['204', undefined] : ['200', 'W/"2"'],
        );
      },
    );

    it.each(['PUT', 'PATCH', 'DELETE'])('RFC 7644 3.7: %s of another version is 412', async (method) => {
      expect(await inBulk(method, STALE)).toMatchObject({ status: '412', response: { status: '412' } });
    });
  });
});
