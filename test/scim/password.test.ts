import { beforeAll, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import type { Database } from '../../src/storage/database.ts';
import { eachDatabase } from '../support/store.ts';
import { type Client, type Json, bodyOf, clientOf } from './requests.ts';
import { type ScimWorld, createScimWorld } from './scim-world.ts';

const SECRET = 'canary-Pw-4711';
const CORE = 'urn:ietf:params:scim:schemas:core:2.0:User';
const PATCH = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];

eachDatabase('a password', (store) => {
  let database: Database;
  let world: ScimWorld;
  let client: Client;
  let count = 0;

  beforeAll(async () => {
    database = await store.open();
    world = await createScimWorld(database);
    client = clientOf(world);
  });

  const name = (): string => `pw${(count += 1)}@example.com`;

  async function everything(): Promise<string> {
    const tables = await database.read.introspection.getTables();
    const rows = await Promise.all(
      tables.map(async ({ name: table }) => (await sql`select * from ${sql.table(table)}`.execute(database.read)).rows),
    );
    const text = JSON.stringify([rows, world.log]);
    expect(text).toContain('pw1@example.com');
    return text;
  }

  /** Every way to write one; the last of them are refused. */
  const patches: readonly Json[] = [
    { op: 'Replace', path: 'password', value: SECRET },
    { op: 'add', path: `${CORE}:password`, value: SECRET },
    { op: 'replace', value: { PASSWORD: SECRET } },
    { op: 'replace', value: { [CORE]: { password: SECRET } } },
    { op: 'remove', path: 'password', value: SECRET },
    { op: 'replace', path: 'password', value: { secret: SECRET } },
    { op: 'replace', path: 'password', value: [SECRET, SECRET] },
    { op: 'replace', path: `password[value eq "${SECRET}"]`, value: SECRET },
    { op: 'move', path: 'password', value: SECRET },
  ];

  it('is taken and dropped: in no table, no log and no answer, whichever way it comes', async () => {
    const userName = name();
    const post = await client.post('/Users', { userName, Password: SECRET });
    const { id } = bodyOf(post);
    const replies = [post, await client.put(`/Users/${id}`, { userName, password: SECRET })];
    for (const operation of patches) replies.push(await client.patch(`/Users/${id}`, operation));
    replies.push(
      await client.post('/Users', { userName: name(), password: { [SECRET]: SECRET } }),
      await client.get(`/Users/${id}`, { attributes: 'password' }),
      await client.get('/Users', { filter: `password eq "${SECRET}"` }),
      await client.get('/Users', { filter: 'userName pr', sortBy: 'password' }),
    );
    expect(replies.slice(0, 2).map(({ status }) => status)).toEqual([201, 200]);
    expect(replies.slice(2, 2 + patches.length).map(({ status }) => status)).toEqual([
      ...Array.from({ length: 5 }, () => 200),
      ...Array.from({ length: 4 }, () => 400),
    ]);
    for (const reply of replies) {
      expect(reply.status).toBeLessThan(500);
      expect(reply.text + JSON.stringify(reply.headers)).not.toContain(SECRET);
    }
    // What is only dropped changes nothing.
    expect(bodyOf(await client.get(`/Users/${id}`)).meta.version).toBe('W/"1"');
    expect(await everything()).not.toContain(SECRET);
  });

  it('nor by Bulk', async () => {
    const known = await client.user(name());
    const reply = await client.post('/Bulk', {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
      Operations: [
        { method: 'POST', path: '/Users', bulkId: 'u', data: { userName: name(), password: SECRET } },
        { method: 'PUT', path: '/Users/bulkId:u', data: { userName: name(), password: SECRET } },
        ...patches.map((operation) => ({
          method: 'PATCH',
          path: `/Users/${known}`,
          data: { schemas: PATCH, Operations: [operation] },
        })),
      ],
    });
    expect(reply.status).toBe(200);
    expect(reply.text).not.toContain(SECRET);
    expect(await everything()).not.toContain(SECRET);
  });
});
