import { beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { DomainError } from '../../src/core/errors.ts';
import { eachDatabase } from '../support/store.ts';
import { type Client, bodyOf, clientOf } from './requests.ts';
import { PUBLIC_URL, type ScimWorld, authenticateForTest, createScimWorld } from './scim-world.ts';

const ERROR = ['urn:ietf:params:scim:api:messages:2.0:Error'];
const SEARCH = ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'];

const PRIVATE: readonly (readonly [string, string])[] = [
  ['get', '/Users'],
  ['post', '/Users'],
  ['get', '/Users/x'],
  ['put', '/Users/x'],
  ['patch', '/Users/x'],
  ['delete', '/Users/x'],
  ['post', '/Users/.search'],
  ['get', '/Groups'],
  ['post', '/Groups'],
  ['get', '/Groups/x'],
  ['put', '/Groups/x'],
  ['patch', '/Groups/x'],
  ['delete', '/Groups/x'],
  ['post', '/Groups/.search'],
  ['post', '/.search'],
  ['post', '/Bulk'],
  ['get', '/Me'],
  ['patch', '/Me'],
  ['get', '/Nowhere'],
];

eachDatabase('the SCIM facade', (store) => {
  let world: ScimWorld;
  let client: Client;

  beforeAll(async () => {
    world = await createScimWorld(await store.open(), {
      authenticate: async (token) => {
        if (token === 'paused') throw new DomainError('auth.paused', 'This connection is paused.');
        if (token === 'broken') throw new Error('the token table is on fire at 10.0.0.1');
        if (token === 'down') throw new DomainError('store.unavailable', 'The store cannot be reached.');
        return authenticateForTest(token);
      },
    });
    client = clientOf(world);
  });

  const raw = (method: string, path: string) => {
    const agent = request(world.app);
    const at = `/scim/v2${path}`;
    switch (method) {
      case 'post':
        return agent.post(at);
      case 'put':
        return agent.put(at);
      case 'patch':
        return agent.patch(at);
      case 'delete':
        return agent.delete(at);
      default:
        return agent.get(at);
    }
  };

  describe('who asks', () => {
    it.each(PRIVATE)('%s %s needs a token, and a right one', async (method, path) => {
      const none = await raw(method, path);
      expect([none.status, none.headers['www-authenticate']]).toEqual([401, 'Bearer realm="scim"']);
      expect(none.body).toMatchObject({ schemas: ERROR, status: '401' });
      for (const header of ['Bearer wrong', 'bearer acme-api', `Bearer ${'x'.repeat(9000)}`, 'Basic YTpi', 'Bearer ']) {
        const wrong = await raw(method, path).set('authorization', header);
        expect([header, wrong.status]).toEqual([header, 401]);
        expect(wrong.headers['content-type']).toMatch(/^application\/scim\+json/);
      }
      const paused = await raw(method, path).set('authorization', 'Bearer paused');
      expect([paused.status, bodyOf(paused).status]).toEqual([403, '403']);
    });

    it.each(PRIVATE.filter(([method, path]) => method !== 'get' && !path.includes('.search')))(
      '%s %s needs scim:write',
      async (method, path) => {
        const reply = await raw(method, path).set('authorization', 'Bearer acme-reader').send({});
        expect(reply.status).toBe(403);
        expect(reply.headers['www-authenticate']).toContain('error="insufficient_scope", scope="scim:write"');
      },
    );

    it('reading and searching need no more than scim:read', async () => {
      const reader = clientOf(world, 'acme-reader');
      expect((await reader.get('/Users')).status).toBe(200);
      expect((await reader.post('/Users/.search', { schemas: SEARCH })).status).toBe(200);
    });

    it('a token in the query is none', async () => {
      expect((await raw('get', '/Users?access_token=acme-writer')).status).toBe(401);
    });

    it.each(['/ServiceProviderConfig', '/Schemas', '/ResourceTypes', '/ResourceTypes/Group'])(
      '%s is public',
      async (path) => {
        expect((await raw('get', path)).status).toBe(200);
      },
    );

    it('a store that cannot answer is 503, a bug is 500 and tells nothing', async () => {
      const down = await raw('get', '/Users').set('authorization', 'Bearer down');
      expect([down.status, down.headers['retry-after']]).toEqual([503, '5']);
      const bug = await raw('get', '/Users').set('authorization', 'Bearer broken');
      expect(bug.status).toBe(500);
      expect(JSON.stringify([bug.body, world.log])).not.toContain('10.0.0.1');
      expect(world.log.at(-1)).toContain('scim.failed');
    });
  });

  describe('how it is asked', () => {
    it.each([
      ['put', '/Users', 'GET, HEAD, POST'],
      ['delete', '/Groups', 'GET, HEAD, POST'],
      ['post', '/Users/x', 'GET, HEAD, PUT, PATCH, DELETE'],
      ['get', '/Users/.search', 'POST'],
      ['get', '/.search', 'POST'],
      ['get', '/Bulk', 'POST'],
      ['post', '/Schemas', 'GET, HEAD'],
      ['delete', '/ServiceProviderConfig', 'GET, HEAD'],
    ])('%s %s is not allowed, and the answer says what is', async (method, path, allowed) => {
      const reply = await raw(method, path).set('authorization', 'Bearer acme-writer');
      expect([reply.status, reply.headers['allow']]).toEqual([405, allowed]);
      expect(reply.body).toMatchObject({ schemas: ERROR, status: '405' });
    });

    it.each(['/Nowhere', '/', '/users', '/Users/1/2', '/Users/1/groups', '/%2e%2e/Users', '/Schemas/x/y'])(
      '%s is nowhere',
      async (path) => {
        const reply = await client.get(path);
        expect([reply.status, bodyOf(reply).schemas]).toEqual([404, ERROR]);
      },
    );

    it.each([
      '/Users/%zz',
      '/Users/%00',
      '/Users/%22%20or%20id%20pr',
      `/Users/${'x'.repeat(2000)}`,
      '/Users/__proto__',
    ])('an id such as %s finds nothing and breaks nothing', async (path) => {
      const reply = await client.get(path);
      expect([400, 404]).toContain(reply.status);
      expect(bodyOf(reply).schemas).toEqual(ERROR);
    });

    it.each([
      ['application/json', 'application/json; charset=utf-8'],
      ['application/scim+json', 'application/scim+json; charset=utf-8'],
      ['*/*', 'application/scim+json; charset=utf-8'],
      ['application/json, application/scim+json;q=0.5', 'application/json; charset=utf-8'],
    ])('Accept %s is answered by %s', async (accept, type) => {
      expect((await client.get('/Users').set('accept', accept)).headers['content-type']).toBe(type);
      expect((await client.get('/Users/none').set('accept', accept)).headers['content-type']).toBe(type);
      expect((await raw('get', '/Schemas').set('accept', accept)).headers['content-type']).toBe(type);
    });

    it('other answers there are none', async () => {
      const reply = await client.get('/Users').set('accept', 'text/html');
      expect([reply.status, reply.headers['content-type']]).toEqual([406, 'application/scim+json; charset=utf-8']);
    });

    it.each(['text/plain', 'application/xml', 'application/json; charset=utf-16', 'application/x-www-form-urlencoded'])(
      'a body of %s is refused',
      async (type) => {
        const reply = await raw('post', '/Users')
          .set('authorization', 'Bearer acme-writer')
          .set('content-type', type)
          .send('{"userName":"x"}');
        expect([reply.status, bodyOf(reply).status]).toEqual([415, '415']);
      },
    );

    it('a compressed body is refused, a missing or broken one is a syntax error', async () => {
      const gzip = await client.post('/Users', {}).set('content-encoding', 'gzip');
      expect(gzip.status).toBe(415);
      const empty = await raw('post', '/Users').set('authorization', 'Bearer acme-writer');
      expect([empty.status, bodyOf(empty).scimType]).toEqual([400, 'invalidSyntax']);
      const broken = await raw('post', '/Users')
        .set('authorization', 'Bearer acme-writer')
        .set('content-type', 'application/json')
        .send('{"userName": "secret-value"');
      expect([broken.status, bodyOf(broken).scimType]).toEqual([400, 'invalidSyntax']);
      expect(JSON.stringify(broken.body)).not.toContain('secret-value');
    });

    it('a parameter given twice is refused, and so are pages of no number', async () => {
      expect((await client.get('/Users?count=1&count=2')).status).toBe(400);
      const reply = await client.get('/Users', { count: 'many' });
      expect(reply.body).toMatchObject({ status: '400', scimType: 'invalidValue' });
    });

    it('a bad filter is told with its place', async () => {
      const reply = await client.get('/Users', { filter: 'userName zz "x"' });
      expect(reply.body).toMatchObject({ status: '400', scimType: 'invalidFilter' });
      expect(bodyOf(reply).detail).toContain('character 10');
    });

    it('HEAD is GET without the text', async () => {
      const reply = await request(world.app).head('/scim/v2/Users').set('authorization', 'Bearer acme-writer');
      expect([reply.status, reply.text]).toEqual([200, undefined]);
      expect(Number(reply.headers['content-length'])).toBeGreaterThan(10);
    });
  });

  describe('discovery', () => {
    it('tells the truth about what is there', async () => {
      const reply = await raw('get', '/ServiceProviderConfig');
      expect(reply.body).toMatchObject({
        patch: { supported: true },
        bulk: { supported: true, maxOperations: 2000, maxPayloadSize: 4_194_304 },
        filter: { supported: true, maxResults: 1000 },
        sort: { supported: true },
        etag: { supported: true },
        changePassword: { supported: false },
        meta: { location: `${PUBLIC_URL}/scim/v2/ServiceProviderConfig` },
      });
      // RFC 7644 3.11: for who is no user, 501.
      const me = await client.get('/Me');
      expect([me.status, bodyOf(me).schemas]).toEqual([501, ERROR]);
    });

    it('describes the schemas with their characteristics', async () => {
      const { totalResults, itemsPerPage, Resources } = bodyOf(await raw('get', '/Schemas'));
      expect([totalResults, itemsPerPage]).toEqual([4, 4]);
      const user = Resources.find(({ id }) => id.endsWith('core:2.0:User'));
      expect(user?.meta.location).toBe(`${PUBLIC_URL}/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User`);
      expect(user?.attributes.find(({ name }) => name === 'userName')).toMatchObject({
        type: 'string',
        multiValued: false,
        required: true,
        caseExact: false,
        mutability: 'readWrite',
        returned: 'default',
        uniqueness: 'server',
      });
      expect(user?.attributes.find(({ name }) => name === 'password')).toMatchObject({
        mutability: 'writeOnly',
        returned: 'never',
      });
      const drift = Resources.find(({ id }) => id === 'urn:ietf:params:scim:schemas:extension:drift:2.0:User');
      expect(drift?.attributes.map(({ name }) => name)).toEqual([
        'accountId',
        'situation',
        'provisioning',
        'ownedContacts',
        'ownedAccounts',
      ]);
    });

    it('is never read through a Host header', async () => {
      const { text } = await raw('get', '/ResourceTypes')
        .set('host', 'evil.example')
        .set('x-forwarded-host', 'evil.example');
      expect(text).not.toContain('evil');
      expect(text).toContain(`${PUBLIC_URL}/scim/v2/ResourceTypes/User`);
    });

    it.each(['/Schemas/__proto__', '/Schemas/constructor', '/ResourceTypes/__proto__', '/ResourceTypes/toString'])(
      '%s is nothing',
      async (path) => {
        expect((await raw('get', path)).status).toBe(404);
      },
    );
  });

  describe('search', () => {
    it('goes over all types as over one list', async () => {
      const other = clientOf(world, 'globex-writer');
      const users = [await other.user('s1@example.com'), await other.user('s2@example.com')];
      const group = await other.group('s1@example.com');
      const find = async (body: object) => bodyOf(await other.post('/.search', { schemas: SEARCH, ...body }));
      const ids = async (body: object) => (await find(body)).Resources.map(({ id }) => id);
      expect(await ids({})).toEqual([...users, group]);
      expect(await ids({ startIndex: 2, count: 2 })).toEqual([users[1], group]);
      expect(await ids({ startIndex: 3 })).toEqual([group]);
      expect(await find({ startIndex: 9 })).toMatchObject({ totalResults: 3, itemsPerPage: 0, startIndex: 9 });
      expect(await find({ count: 0 })).toMatchObject({ totalResults: 3, itemsPerPage: 0 });
      expect(await ids({ filter: 'userName sw "s1" or displayName sw "s1"' })).toEqual([users[0], group]);
      expect((await other.post('/Groups/.search', { schemas: SEARCH, count: 5 })).body).toMatchObject({
        totalResults: 1,
      });
    });
  });
});

eachDatabase('limits of a body', (store) => {
  let world: ScimWorld;

  beforeAll(async () => {
    world = await createScimWorld(await store.open(), { limits: { bodyBytes: 2000 } });
  });

  it('bytes: as many as allowed, and not one more', async () => {
    const send = (bytes: number, name: string) => {
      const head = `{"userName":"${name}@example.com","x":"`;
      return request(world.app)
        .post('/scim/v2/Users')
        .set('authorization', 'Bearer acme-writer')
        .set('content-type', 'application/scim+json')
        .send(`${head}${'x'.repeat(bytes - head.length - 2)}"}`);
    };
    expect((await send(1999, 'a')).status).toBe(201);
    expect((await send(2000, 'b')).status).toBe(201);
    const over = await send(2001, 'c');
    expect([over.status, bodyOf(over).status]).toEqual([413, '413']);
  });

  it('depth: as deep as allowed, and not one level more', async () => {
    const send = (depth: number, name: string) =>
      request(world.app)
        .post('/scim/v2/Users')
        .set('authorization', 'Bearer acme-writer')
        .set('content-type', 'application/scim+json')
        .send(`{"userName":"${name}@example.com","q":"\\"[[[[","x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`);
    expect((await send(31, 'd')).status).toBe(201);
    expect((await send(32, 'e')).status).toBe(201);
    const over = await send(33, 'f');
    expect([over.status, bodyOf(over).scimType]).toEqual([400, 'invalidSyntax']);
  });
});
