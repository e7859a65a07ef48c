import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import request from 'supertest';
import { DomainError } from '../../src/core/errors.ts';
import type { Store } from '../../src/flows/ports.ts';
import type { ScimRequest } from '../../src/flows/scim-request-port.ts';
import { type Database, openDatabase } from '../../src/storage/database.ts';
import { eachDatabase } from '../support/store.ts';
import { type Client, bodyOf, clientOf } from './requests.ts';
import { type ScimWorld, createScimWorld } from './scim-world.ts';

const NOBODY = '0198c0de-0000-7000-8000-000000000009';
const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';

/** A store that commits, and then tells nobody of it: the process died between commit and answer. */
function dyingAfterCommit(store: Store, isDying: () => boolean): Store {
  return {
    tenants: () => store.tenants(),
    tenant: (tenantId) => {
      const own = store.tenant(tenantId);
      return {
        ...own,
        write: async (work) => {
          const dies = isDying();
          const result = await own.write(work);
          if (dies) throw new DomainError('store.unavailable', 'The answer of the database was lost.');
          return result;
        },
      };
    },
  };
}

eachDatabase('the log of inbound requests', (testStore) => {
  let database: Database;
  let world: ScimWorld;
  let client: Client;
  let dying = false;
  beforeAll(async () => {
    database = await testStore.open();
    world = await createScimWorld(database, { storeOf: (store) => dyingAfterCommit(store, () => dying) });
    client = clientOf(world);
  });
  beforeEach(async () => {
    await world.requests.flush();
    await database.write.deleteFrom('scim_request').execute();
  });

  /** Oldest first, as far as it says what was asked and what became of it. */
  async function rows(tenantId = 'acme'): Promise<readonly ScimRequest[]> {
    await world.requests.flush();
    return (await world.store.tenant(tenantId).scimRequests.list({}, null, 10_000)).toReversed();
  }
  const brief = ({ method, path, status, code, operation }: ScimRequest): string =>
    [operation ?? '', method, path, status, code ?? ''].join(' ').trim();

  it('has one row for each request, whatever became of it', async () => {
    const id = await client.user('ann@example.com', { title: 'x' });
    await client.get(`/Users/${id}`);
    await client.get('/Users', { filter: 'userName eq "ann@example.com"', count: '5' });
    await client.post('/Users', { userName: 'ann@example.com' });
    await client.post('/Users', 'no JSON object');
    await client.patch(`/Users/${id}`, { op: 'replace', path: 'title', value: 'y' });
    await client.patch(`/Users/${id}`, { op: 'replace', path: 'title', value: 'y' });
    await client.put(`/Users/${id}`, { userName: 'ann@example.com' });
    await client.get(`/Users/${NOBODY}`);
    await client.get('/Users/ann@example.com');
    await client.get('/Nothing/ann@example.com');
    await client.get('/Users', { filter: 'userName is "ann@example.com"' });
    await clientOf(world, 'acme-reader').delete(`/Users/${id}`);
    await client.delete(`/Users/${id}`);
    await client.delete(`/Users/${id}`);
    await client.get('/ServiceProviderConfig');
    expect((await rows()).map(brief)).toEqual([
      'POST /Users 201',
      `GET /Users/${id} 200`,
      'GET /Users?filter=userName eq …&count=5 200',
      'POST /Users 409 scim.uniqueness',
      'POST /Users 400 request.invalid',
      `PATCH /Users/${id} 200`,
      `PATCH /Users/${id} 200`,
      `PUT /Users/${id} 200`,
      `GET /Users/${NOBODY} 404 not_found`,
      'GET /Users/{other} 404 not_found',
      'GET /{other}/{other} 404 not_found',
      'GET /Users?filter=userName … … 400 scim.invalid_filter',
      `DELETE /Users/${id} 403 auth.scope`,
      `DELETE /Users/${id} 204`,
      `DELETE /Users/${id} 404 not_found`,
    ]);
  });

  it('tells of a change what changed, and of whom, in keyed hashes', async () => {
    const id = await client.user('bob@example.com', { displayName: 'Bob' });
    const group = await client.group('Sales', [id]);
    await client.patch(`/Users/${id}`, { op: 'replace', path: 'title', value: 'y' });
    await client.patch(`/Groups/${group}`, { op: 'remove', path: 'members' });
    await client.get(`/Users/${id}`);
    await client.delete(`/Users/${id}`);
    const [created, made, changed, emptied, read, removed] = await rows();
    const [audited] = (await world.audit('acme')).slice(-1).map(({ data }) => JSON.parse(data) as { person: string });
    const person = audited?.person ?? '';
    expect(created).toMatchObject({ resourceId: id, personId: person, tokenId: 'tok_acme', status: 201 });
    expect(created?.changed).toEqual(expect.arrayContaining(['userName', 'displayName', 'active']));
    expect(created).not.toHaveProperty('before');
    expect(made).toMatchObject({ resourceId: group, changed: ['displayName', 'members'] });
    expect(changed).toMatchObject({ changed: ['title'], before: created?.after, personId: person });
    expect(changed?.after).toMatch(/^[0-9a-f]{64}$/);
    expect(emptied).toMatchObject({ status: 204, changed: ['members'] });
    expect(read).toMatchObject({ resourceId: id, personId: person, changed: [] });
    expect(removed).toMatchObject({ status: 204, before: changed?.after, changed: [] });
    expect(removed).not.toHaveProperty('after');
  });

  it('has the row of a write with the write, and that of a read a little later', async () => {
    const stored = () => world.store.tenant('acme').scimRequests.list({}, null, 10);
    const id = await client.user('cleo@example.com');
    await client.get(`/Users/${id}`);
    expect((await stored()).map(brief)).toEqual(['POST /Users 201']);
    await world.requests.flush();
    expect((await stored()).map(brief)).toEqual([`GET /Users/${id} 200`, 'POST /Users 201']);
  });

  it('has a POST again that was answered with what the first one made, and no second change', async () => {
    const body = { userName: 'dan@example.com', externalId: 'd1' };
    const id = bodyOf(await client.post('/Users', body)).id;
    expect(bodyOf(await client.post('/Users', body)).id).toBe(id);
    const [first, again] = await rows();
    expect(first).toMatchObject({ status: 201, resourceId: id });
    expect(first?.changed).not.toEqual([]);
    expect(again).toMatchObject({ status: 201, resourceId: id, changed: [] });
    expect(again).not.toHaveProperty('after');
  });

  it('has a Bulk request and each of its operations', async () => {
    const id = await client.user('eve@example.com');
    const Operations = [
      { method: 'POST', path: '/Users', bulkId: 'a', data: { userName: 'finn@example.com' } },
      { method: 'PATCH', path: `/Users/${id}`, data: patchOf('title', 'x') },
      { method: 'PATCH', path: `/Users/${id}`, data: patchOf('title', 'x') },
      { method: 'POST', path: '/Users', bulkId: 'b', data: { userName: 'eve@example.com' } },
      { method: 'DELETE', path: '/Users/bulkId:a' },
      { method: 'DELETE', path: '/ann@example.com' },
    ];
    await client.post('/Bulk', { schemas: [BULK], Operations });
    const [, ...bulk] = await rows();
    expect(bulk.map(brief)).toEqual([
      'POST /Bulk 200',
      '0 POST /Users 201',
      `1 PATCH /Users/${id} 200`,
      `2 PATCH /Users/${id} 200`,
      '3 POST /Users 409 scim.uniqueness',
      '4 DELETE /Users/{other} 204',
      '5 DELETE /{other} 404 not_found',
    ]);
    expect(new Set(bulk.map(({ requestId }) => requestId)).size).toBe(1);
    expect(bulk[5]?.resourceId).toBe(bulk[1]?.resourceId);
  });

  it('keeps the row of a change whose answer was lost, once', async () => {
    dying = true;
    const reply = await client.post('/Users', { userName: 'gus@example.com' });
    dying = false;
    expect(reply.status).toBe(503);
    expect((await rows()).map(brief)).toEqual(['POST /Users 201']);
    expect(bodyOf(await client.get('/Users', { filter: 'userName eq "gus@example.com"' })).totalResults).toBe(1);
  });

  it('keeps no row of a change that was rolled back, and one of the refusal', async () => {
    await client.post('/Groups', { displayName: 'Lost', members: [{ value: NOBODY }] });
    expect((await rows()).map(brief)).toEqual(['POST /Groups 400 scim.invalid_value']);
  });

  it('tells a tenant of its own refused tokens, and nobody of the others', async () => {
    const before = world.requests.counts().nobody;
    for (const token of ['acme-expired', 'globex-expired', 'nobody']) await clientOf(world, token).get('/Users');
    await request(world.app).get('/scim/v2/Users');
    expect((await rows()).map(({ tokenId, status }) => [tokenId, status])).toEqual([['tok_acme_expired', 401]]);
    expect((await rows('globex')).map(({ tokenId }) => tokenId)).toEqual(['tok_globex_expired']);
    expect(world.requests.counts().nobody - before).toBe(2);
  });

  it('adds up in a long mixed run, and holds no value of it', async () => {
    const sent: string[] = [];
    let seed = 7;
    const chance = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const canary = (n: number) => `zoe.canary${String(n)}@example.org`;
    const user = (n: number) => ({
      userName: canary(n),
      displayName: `Zoe Canary ${String(n)}`,
      externalId: `canary-ext-${String(n)}`,
      name: { givenName: 'Canarina', familyName: 'Canarius' },
      emails: [{ value: canary(n), primary: true }],
      phoneNumbers: [{ value: '+49 canary 42' }],
      password: 'canary-password',
    });
    const ids: string[] = [];
    const tell = (what: string) => sent.push(what);
    for (let n = 0; n < 150; n += 1) {
      const id = ids[chance(ids.length + 1)] ?? NOBODY;
      switch (chance(8)) {
        case 0:
        case 1: {
          const reply = await client.post('/Users', user(chance(40)));
          if (reply.status === 201) ids.push(bodyOf(reply).id);
          tell(`POST ${String(reply.status)}`);
          break;
        }
        case 2:
          tell(`GET ${String((await client.get(`/Users/${id}`)).status)}`);
          break;
        case 3:
          tell(`GET ${String((await client.get('/Users', { filter: `displayName co "Zoe Canary"` })).status)}`);
          break;
        case 4: {
          const op = { op: 'replace', path: 'title', value: `canary title ${String(chance(3))}` };
          tell(`PATCH ${String((await client.patch(`/Users/${id}`, op)).status)}`);
          break;
        }
        case 5:
          tell(`GET ${String((await client.get(`/Users/${canary(n)}`, { [canary(n)]: 'canary' })).status)}`);
          break;
        case 6: {
          const path = chance(2) === 0 ? 'canary' : `emails[value eq "${canary(n)}"].canary`;
          tell(`PATCH ${String((await client.patch(`/Users/${id}`, { op: 'add', path, value: 'canary' })).status)}`);
          break;
        }
        default: {
          const Operations = [
            { method: 'POST', path: '/Users', bulkId: 'canary', data: user(chance(40)) },
            { method: 'DELETE', path: `/Users/${canary(n)}` },
          ];
          const reply = await client.post('/Bulk', { schemas: [BULK], Operations });
          tell(`POST ${String(reply.status)}`);
          const { Operations: told } = reply.body as { Operations: { method: string; status: string }[] };
          for (const { method, status } of told) tell(`${method} ${status}`);
        }
      }
      if (chance(20) === 0) await world.requests.flush();
    }
    expect((await rows()).map(({ method, status }) => `${method} ${String(status)}`)).toEqual(sent);
    const everything = await sql<object>`select * from scim_request`.execute(database.read);
    expect(everything.rows.length).toBe(sent.length);
    expect(JSON.stringify(everything.rows)).not.toMatch(/canar|zoe|acme-writer|bearer|password/i);
  });

  it('forgets what is older than the policy keeps', async () => {
    await client.get('/Users');
    world.advance(29 * 86_400_000);
    await client.get('/Groups');
    await world.requests.flush();
    await world.requests.purge();
    expect((await rows()).map(brief)).toEqual(['GET /Users 200', 'GET /Groups 200']);
    world.advance(2 * 86_400_000);
    await world.requests.purge();
    expect((await rows()).map(brief)).toEqual(['GET /Groups 200']);
  });
});

function patchOf(path: string, value: unknown): object {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: [{ op: 'replace', path, value }],
  };
}

describe('a log that cannot keep up', () => {
  eachDatabase('keeps so many rows', (testStore) => {
    it('counts what it drops and says so, and stores the rest when it is closed', async () => {
      const world = await createScimWorld(await testStore.open(), { mostRequests: 3 });
      const client = clientOf(world);
      for (let n = 0; n < 5; n += 1) await client.get('/Users');
      expect(world.requests.counts()).toEqual({ dropped: 2, nobody: 0 });
      await world.requests.close();
      expect(await world.store.tenant('acme').scimRequests.list({}, null, 10)).toHaveLength(3);
      expect(world.log.join()).toContain('scim.requests.dropped');
    });
  });
});

it('a log does not wait anew with each batch for a store that is away', async () => {
  let waits = 0;
  const write = (): Promise<never> => {
    waits += 1;
    return Promise.reject(new DomainError('store.unavailable', 'away'));
  };
  const database = await openDatabase({ url: ':memory:' });
  const world = await createScimWorld(database, {
    storeOf: (store) => ({ tenants: () => store.tenants(), tenant: (id) => ({ ...store.tenant(id), write }) }),
  });
  const Operations = Array.from({ length: 900 }, () => ({ method: 'DELETE', path: '/Nothing' }));
  await clientOf(world).post('/Bulk', { schemas: [BULK], Operations });
  await world.requests.flush();
  expect([waits, world.requests.counts().dropped]).toEqual([1, 0]);
  await world.requests.close();
  expect([waits, world.requests.counts().dropped]).toEqual([2, 901]);
  await database.close();
});
