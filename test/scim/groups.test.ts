import { beforeAll, describe, expect, it } from '@jest/globals';
import { eachDatabase } from '../support/store.ts';
import { type Body, type Client, bodyOf, clientOf } from './requests.ts';
import { PUBLIC_URL, type ScimWorld, createScimWorld } from './scim-world.ts';

eachDatabase('groups', (store) => {
  let world: ScimWorld;
  let client: Client;
  let users: readonly string[];

  beforeAll(async () => {
    world = await createScimWorld(await store.open());
    client = clientOf(world);
    const names = Array.from({ length: 12 }, (_, n) => `member${n}@example.com`);
    users = await Promise.all(names.map((name) => client.user(name, { displayName: `The ${name}` })));
  });

  const read = async (id: string): Promise<Body> => bodyOf(await client.get(`/Groups/${id}`));
  const membersOf = async (id: string): Promise<readonly string[]> =>
    ((await read(id)).members ?? []).map(({ value }) => value).toSorted();
  const some = (...at: readonly number[]): readonly string[] => at.map((n) => users[n] ?? '').toSorted();
  const values = (ids: readonly string[]) => ids.map((value) => ({ value }));

  it('show their members with address and name, and users their groups', async () => {
    const id = await client.group('Sales', some(0));
    const [user = ''] = some(0);
    expect((await read(id)).members).toEqual([
      {
        value: user,
        $ref: `${PUBLIC_URL}/scim/v2/Users/${user}`,
        type: 'User',
        display: 'The member0@example.com',
      },
    ]);
    expect(bodyOf(await client.get(`/Users/${user}`)).groups).toEqual([
      { value: id, $ref: `${PUBLIC_URL}/scim/v2/Groups/${id}`, display: 'Sales', type: 'direct' },
    ]);
    expect((await client.get('/Users', { filter: `groups eq "${id}"` })).body).toMatchObject({ totalResults: 1 });
    const list = await client.get('/Groups', { filter: `id eq "${id}" and members eq "${user}"`, attributes: 'id' });
    expect(bodyOf(list).Resources).toEqual([{ schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], id }]);
  });

  it('take more members at once than an attribute may have values', async () => {
    const many = Array.from({ length: 1200 }, (_, n) => ({ value: users[n % 12] }));
    const made = await client.post('/Groups', { displayName: 'Many', members: many });
    expect([made.status, bodyOf(made).members?.length]).toEqual([201, 12]);
    const put = await client.put(`/Groups/${bodyOf(made).id}`, { displayName: 'Many', members: many });
    expect([put.status, bodyOf(put).members?.length]).toEqual([200, 12]);
  });

  it('change by deltas, and become a new version only when they do', async () => {
    const id = await client.group('Delta', some(0, 1));
    const add = { op: 'add', path: 'members', value: values(some(1, 2)) };
    expect((await client.patch(`/Groups/${id}`, add)).headers['etag']).toBe('W/"2"');
    expect((await client.patch(`/Groups/${id}`, add)).headers['etag']).toBe('W/"2"');
    expect(await membersOf(id)).toEqual(some(0, 1, 2));
    const [user] = some(5);
    const reply = await client.patch(`/Groups/${id}`, { op: 'remove', path: `members[value eq "${user}"]` });
    expect([reply.status, reply.text, reply.headers['etag']]).toEqual([204, '', 'W/"2"']);
  });

  it('lose only those whom a remove names, and all when it names nobody', async () => {
    const id = await client.group('Remove', some(0, 1, 2));
    await client.patch(`/Groups/${id}`, { op: 'Remove', path: 'members', value: values([...some(0), 'stranger']) });
    expect(await membersOf(id)).toEqual(some(1, 2));
    await client.patch(`/Groups/${id}`, { op: 'Remove', path: 'members', value: [] });
    expect(await membersOf(id)).toEqual(some(1, 2));
    await client.patch(`/Groups/${id}`, { op: 'remove', path: 'members' });
    expect(await membersOf(id)).toEqual([]);
  });

  it('are replaced by PUT, members and all', async () => {
    const id = await client.group('Put', some(0, 1));
    const reply = await client.put(`/Groups/${id}`, { displayName: 'Put 2', members: values(some(1, 2)) });
    expect(reply.body).toMatchObject({ displayName: 'Put 2', meta: { version: 'W/"2"' } });
    expect(await membersOf(id)).toEqual(some(1, 2));
    await client.put(`/Groups/${id}`, { displayName: 'Put 2' });
    expect(await membersOf(id)).toEqual([]);
  });

  it('lose nothing when many change them at once', async () => {
    const id = await client.group('Busy');
    const replies = await Promise.all(
      users.map((user) => client.patch(`/Groups/${id}`, { op: 'add', path: 'members', value: values([user]) })),
    );
    expect(replies.map(({ status }) => status)).toEqual(users.map(() => 204));
    expect(await membersOf(id)).toEqual(users.toSorted());
    expect((await read(id)).meta.version).toBe(`W/"${users.length + 1}"`);
    await Promise.all(
      users.map((user) => client.patch(`/Groups/${id}`, { op: 'remove', path: `members[value eq "${user}"]` })),
    );
    expect(await membersOf(id)).toEqual([]);
  });

  it('take users only, and all or none', async () => {
    const id = await client.group('Strict', some(0));
    const operations = [
      { op: 'replace', path: 'displayName', value: 'Changed' },
      { op: 'add', path: 'members', value: values([...some(1), 'no-such-user']) },
    ];
    const unknown = await client.patch(`/Groups/${id}`, ...operations);
    expect(unknown.body).toMatchObject({ status: '400', scimType: 'invalidValue' });
    const nested = { op: 'add', path: 'members', value: [{ value: id, type: 'Group' }] };
    expect(bodyOf(await client.patch(`/Groups/${id}`, nested)).detail).toContain('groups within groups');
    expect(await read(id)).toMatchObject({ displayName: 'Strict', meta: { version: 'W/"1"' } });
    expect(await membersOf(id)).toEqual(some(0));
    expect((await client.post('/Groups', { displayName: 'X', members: values([id]) })).status).toBe(400);
  });

  describe('a POST again after a lost answer', () => {
    it('gives the group that is there, members and all', async () => {
      const body = { displayName: 'Retry', externalId: 'g1', members: values(some(0)) };
      const first = await client.post('/Groups', body);
      const again = await client.post('/Groups', body);
      expect([again.status, bodyOf(again).id]).toEqual([201, bodyOf(first).id]);
      expect(bodyOf(await client.post('/Groups', { ...body, members: [] })).id).not.toBe(bodyOf(first).id);
      await client.patch(`/Groups/${bodyOf(first).id}`, { op: 'remove', path: 'members' });
      expect(bodyOf(await client.post('/Groups', body)).id).not.toBe(bodyOf(first).id);
    });
  });

  it('are listed without members where nobody asks for them', async () => {
    const id = await client.group('Plain', some(0));
    const query = { filter: 'displayName eq "plain"', excludedAttributes: 'members' };
    const { Resources } = bodyOf(await client.get('/Groups', query));
    expect(Resources.map((group) => [group.id, group.members])).toEqual([[id, undefined]]);
  });

  it('answer a PATCH with the group where attributes are asked for', async () => {
    const id = await client.group('Answer');
    const operation = { op: 'replace', path: 'displayName', value: 'Answered' };
    const reply = await client.patch(`/Groups/${id}?attributes=displayName`, operation);
    expect([reply.status, bodyOf(reply).displayName]).toEqual([200, 'Answered']);
  });
});

eachDatabase('two tenants', (store) => {
  it('never meet: what one has, the other neither sees nor touches', async () => {
    const world = await createScimWorld(await store.open());
    const [acme, globex] = [clientOf(world, 'acme-writer'), clientOf(world, 'globex-writer')];
    const user = await acme.user('ann@example.com', { externalId: 'E1' });
    const group = await acme.group('Sales', [user]);
    const before = (await acme.get(`/Users/${user}`)).text;
    const stranger = '01900000-0000-7000-8000-000000000000';

    for (const path of [`/Users/${user}`, `/Groups/${group}`, `/Users/${stranger}`, `/Groups/${stranger}`]) {
      const replies = [
        await globex.get(path),
        await globex.put(path, { userName: 'x@example.com', displayName: 'X' }),
        await globex.patch(path, { op: 'replace', path: 'displayName', value: 'X' }),
        await globex.delete(path),
      ];
      expect(replies.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
      // A foreign id and one that nobody has are told apart by nothing.
      expect(new Set(replies.map(({ text }) => text.replaceAll(path, ''))).size).toBe(1);
    }
    for (const filter of [
      `id eq "${user}"`,
      'userName eq "ann@example.com"',
      'externalId eq "E1"',
      'userName pr',
      'title eq null',
    ]) {
      expect((await globex.get('/Users', { filter })).body).toMatchObject({ totalResults: 0 });
    }
    expect((await globex.post('/Groups', { displayName: 'X', members: [{ value: user }] })).status).toBe(400);
    const own = await globex.group('Sales');
    const steal = await globex.patch(`/Groups/${own}`, { op: 'add', path: 'members', value: [{ value: user }] });
    expect(steal.status).toBe(400);
    expect(await globex.user('ann@example.com')).not.toBe(user);
    expect((await acme.get(`/Users/${user}`)).text).toBe(before);
    expect(bodyOf(await acme.get('/Users')).totalResults).toBe(1);
  });
});
