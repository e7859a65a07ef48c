import { beforeAll, describe, expect, it } from '@jest/globals';
import { eachDatabase } from '../support/store.ts';
import { type Client, bodyOf, clientOf } from './requests.ts';
import { PUBLIC_URL, type ScimWorld, createScimWorld } from './scim-world.ts';

const DRIFT = 'urn:ietf:params:scim:schemas:extension:drift:2.0:User';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const HOUR = 3_600_000;

eachDatabase('users', (store) => {
  let world: ScimWorld;
  let client: Client;
  let count = 0;

  beforeAll(async () => {
    world = await createScimWorld(await store.open(), { verifiedDomains: ['Example.com'] });
    client = clientOf(world);
  });

  /** A userName of this test only. */
  const name = (): string => `user${(count += 1)}@example.com`;
  const statementOf = async (userName: string) =>
    (await world.statements('acme')).find((statement) => statement.userName === userName);

  describe('a new one', () => {
    it('has an address, a version, and what the bridge knows of the seat', async () => {
      const userName = name();
      const reply = await client.post('/Users', { schemas: [], userName, [ENTERPRISE]: { department: 'Sales' } });
      const { id, schemas, meta } = bodyOf(reply);
      expect(reply.status).toBe(201);
      expect(reply.headers).toMatchObject({ location: `${PUBLIC_URL}/scim/v2/Users/${id}`, etag: 'W/"1"' });
      expect(meta).toMatchObject({ resourceType: 'User', version: 'W/"1"', location: reply.headers['location'] });
      expect(schemas).toEqual(['urn:ietf:params:scim:schemas:core:2.0:User', ENTERPRISE, DRIFT]);
      expect(reply.body).toMatchObject({
        userName,
        active: true,
        [DRIFT]: { provisioning: { state: 'accepted' }, ownedContacts: 0, ownedAccounts: 0 },
      });
      expect((await client.get(`/Users/${id}`)).body).toEqual(reply.body);
    });

    it('is said to the people store: state, names, e-mails primary first', async () => {
      const userName = name();
      await client.user(userName, {
        externalId: 'X1',
        name: { givenName: 'Ann', familyName: 'A' },
        emails: [{ value: 'a@example.com' }, { value: 'b@example.com', primary: true }],
        phoneNumbers: [
          { value: '+1', type: 'home' },
          { value: '+2', type: 'work' },
        ],
        preferredLanguage: 'de',
        [ENTERPRISE]: { employeeNumber: 'E1', department: 'Sales' },
      });
      expect(await statementOf(userName)).toMatchObject({
        state: 'active',
        externalId: 'X1',
        employeeNumber: 'E1',
        given: 'Ann',
        family: 'A',
        emails: ['b@example.com', 'a@example.com'],
        phone: '+2',
        locale: 'de',
        department: 'Sales',
      });
    });

    it('leaves no password anywhere', async () => {
      const secret = 'canary-Pw-4711';
      const userName = name();
      const id = await client.user(userName, { password: secret });
      await client.patch(`/Users/${id}`, { op: 'replace', value: { password: secret } });
      await client.put(`/Users/${id}`, { userName, password: secret });
      const seen = JSON.stringify([
        await world.scim('acme').get('User', id),
        await world.statements('acme'),
        await world.audit('acme'),
        world.log,
        (await client.get(`/Users/${id}`, { attributes: 'password,userName' })).body,
      ]);
      expect(seen).not.toContain(secret);
    });
  });

  describe('the same userName again', () => {
    it.each(['post', 'put', 'patch'])('is 409 by %s, whatever the case', async (method) => {
      const taken = name();
      await client.user(taken);
      const id = await client.user(name());
      const userName = taken.toUpperCase();
      const reply =
        method === 'post'
          ? await client.post('/Users', { userName })
          : method === 'put'
            ? await client.put(`/Users/${id}`, { userName })
            : await client.patch(`/Users/${id}`, { op: 'replace', path: 'userName', value: userName });
      expect([reply.status, bodyOf(reply).scimType]).toEqual([409, 'uniqueness']);
    });

    it('with an externalId and an equal body is a retry for 72 hours: it gives what was created', async () => {
      const body = { userName: name(), externalId: 'r1', password: 'first' };
      const first = await client.post('/Users', body);
      world.advance(71 * HOUR);
      const again = await client.post('/Users', { password: 'other', externalId: 'r1', userName: body.userName });
      expect([again.status, again.body]).toEqual([201, first.body]);
      expect(again.headers['location']).toBe(first.headers['location']);
      world.advance(2 * HOUR);
      expect((await client.post('/Users', body)).status).toBe(409);
    });

    it.each([
      ['no externalId', { externalId: undefined }, {}],
      ['an empty externalId', { externalId: '' }, {}],
      ['another body', { externalId: 'r2' }, { title: 'T' }],
      ['another externalId', { externalId: 'r2' }, { externalId: 'r3' }],
    ])('with %s is 409', async (_what, first, more) => {
      const body = { userName: name(), ...first };
      await client.post('/Users', body);
      expect((await client.post('/Users', { ...body, ...more })).status).toBe(409);
    });

    it('is 409 once the user was changed', async () => {
      const body = { userName: name(), externalId: 'r4' };
      const { id } = bodyOf(await client.post('/Users', body));
      await client.patch(`/Users/${id}`, { op: 'add', path: 'title', value: 'T' });
      await client.patch(`/Users/${id}`, { op: 'remove', path: 'title' });
      expect((await client.post('/Users', body)).status).toBe(409);
    });

    it('at the same moment makes one user', async () => {
      const userName = name();
      const replies = await Promise.all(
        Array.from({ length: 6 }, (_, n) => client.post('/Users', { userName, title: `T${n}` })),
      );
      expect(replies.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409, 409]);
      const same = { userName: name(), externalId: 'r5' };
      const retried = await Promise.all(Array.from({ length: 4 }, () => client.post('/Users', same)));
      expect(new Set(retried.map((reply) => `${reply.status} ${bodyOf(reply).id}`)).size).toBe(1);
    });
  });

  describe('a whole replacement', () => {
    it('clears what it leaves out, and keeps active, id and creation', async () => {
      const userName = name();
      const id = await client.user(userName, { title: 'T', emails: [{ value: 'a@example.com' }], active: false });
      const before = bodyOf(await client.get(`/Users/${id}`));
      const reply = await client.put(`/Users/${id}`, {
        id: 'other',
        userName,
        displayName: 'D',
        meta: { created: 'x' },
      });
      expect(reply.status).toBe(200);
      expect(reply.body).toMatchObject({ id, userName, displayName: 'D', active: false, meta: { version: 'W/"2"' } });
      expect(reply.body).not.toHaveProperty('title');
      expect(reply.body).not.toHaveProperty('emails');
      expect(bodyOf(reply).meta.location).toBe(before.meta.location);
      expect((await client.put(`/Users/${id}`, { userName, active: true })).body).toMatchObject({ active: true });
    });

    it('that says nothing new is no new version', async () => {
      const userName = name();
      const id = await client.user(userName, { title: 'T' });
      const reply = await client.put(`/Users/${id}`, { userName, title: 'T' });
      expect(reply.headers['etag']).toBe('W/"1"');
      const patched = await client.patch(`/Users/${id}`, { op: 'replace', path: 'title', value: 'T' });
      expect(patched.headers['etag']).toBe('W/"1"');
    });
  });

  describe('who leaves', () => {
    it.each([
      ['PATCH by path', { op: 'replace', path: 'active', value: false }],
      ['PATCH with text', { op: 'Replace', path: 'active', value: 'False' }],
      ['PATCH without a path', { op: 'replace', value: { active: false } }],
      ['PATCH by URN', { op: 'add', path: 'urn:ietf:params:scim:schemas:core:2.0:User:active', value: 'false' }],
    ])('by %s becomes inactive and stays readable; active again undoes it', async (_how, operation) => {
      const userName = name();
      const id = await client.user(userName, { title: 'T' });
      expect((await client.patch(`/Users/${id}`, operation)).body).toMatchObject({ active: false, title: 'T' });
      const left = await statementOf(userName);
      expect(left?.state).toBe('inactive');
      expect((await client.get('/Users', { filter: `userName eq "${userName}"` })).body).toMatchObject({
        totalResults: 1,
        Resources: [{ active: false }],
      });
      await client.patch(`/Users/${id}`, { op: 'add', path: 'title', value: 'still away' });
      expect((await statementOf(userName))?.since).toBe(left?.since);
      await client.patch(`/Users/${id}`, { op: 'replace', path: 'active', value: true });
      expect((await statementOf(userName))?.state).toBe('active');
    });

    it('by PUT without active does not', async () => {
      const userName = name();
      const id = await client.user(userName);
      await client.put(`/Users/${id}`, { userName });
      await client.patch(`/Users/${id}`, { op: 'remove', path: 'active' });
      expect((await statementOf(userName))?.state).toBe('active');
      await client.patch(`/Users/${id}`, { op: 'replace', path: 'active', value: false });
      await client.patch(`/Users/${id}`, { op: 'remove', path: 'active' });
      await client.put(`/Users/${id}`, { userName });
      expect((await statementOf(userName))?.state).toBe('inactive');
    });

    it('by DELETE is gone for the client, and comes back as the same person', async () => {
      const userName = name();
      const id = await client.user(userName);
      const group = await client.group('Leavers', [id]);
      const persons = await world.persons('acme');
      expect((await client.delete(`/Users/${id}`)).status).toBe(204);
      expect((await statementOf(userName))?.state).toBe('deleted');
      for (const reply of [
        await client.get(`/Users/${id}`),
        await client.put(`/Users/${id}`, { userName }),
        await client.patch(`/Users/${id}`, { op: 'replace', path: 'active', value: true }),
        await client.delete(`/Users/${id}`),
      ]) {
        expect(reply.status).toBe(404);
      }
      expect((await client.get('/Users', { filter: `userName eq "${userName}"` })).body).toMatchObject({
        totalResults: 0,
      });
      expect((await client.get(`/Groups/${group}`)).body).not.toHaveProperty('members');
      const again = await client.user(userName.toUpperCase());
      expect(again).not.toBe(id);
      expect(await world.persons('acme')).toBe(persons);
    });
  });

  describe('versions', () => {
    it('are asked for on reads', async () => {
      const id = await client.user(name());
      const get = (header: string, value: string) => client.get(`/Users/${id}`).set(header, value);
      const same = await get('if-none-match', 'W/"1"');
      expect([same.status, same.text, same.headers['etag']]).toEqual([304, '', 'W/"1"']);
      expect((await get('if-none-match', 'W/"2"')).status).toBe(200);
      expect((await get('if-match', 'W/"2"')).status).toBe(412);
    });

    it('guard writes', async () => {
      const userName = name();
      const id = await client.user(userName);
      const operation = { op: 'add', path: 'title', value: 'T' };
      for (const tag of ['W/"2"', '"7"', 'nonsense']) {
        expect((await client.patch(`/Users/${id}`, operation).set('if-match', tag)).status).toBe(412);
        expect((await client.put(`/Users/${id}`, { userName }).set('if-match', tag)).status).toBe(412);
        expect((await client.delete(`/Users/${id}`).set('if-match', tag)).status).toBe(412);
      }
      expect((await client.put(`/Users/${id}`, { userName }).set('if-none-match', '*')).status).toBe(412);
      expect((await client.patch(`/Users/${id}`, operation).set('if-match', '"0", W/"1"')).headers['etag']).toBe(
        'W/"2"',
      );
      expect((await client.delete(`/Users/${id}`).set('if-match', '*')).status).toBe(204);
    });

    it('let one of many writers through that read the same version', async () => {
      const id = await client.user(name());
      const replies = await Promise.all(
        Array.from({ length: 5 }, (_, n) =>
          client.patch(`/Users/${id}`, { op: 'add', path: 'title', value: `T${n}` }).set('if-match', 'W/"1"'),
        ),
      );
      expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 412, 412, 412, 412]);
    });
  });

  it('attributes= never strips what is stored', async () => {
    const id = await client.user(name(), { title: 'T', emails: [{ value: 'a@example.com' }] });
    const reply = await client.patch(`/Users/${id}?attributes=displayName`, {
      op: 'add',
      path: 'displayName',
      value: 'D',
    });
    expect(reply.body).toEqual({ schemas: bodyOf(reply).schemas, id, displayName: 'D' });
    expect((await client.get(`/Users/${id}`)).body).toMatchObject({ title: 'T', emails: [{ value: 'a@example.com' }] });
  });

  it('the audit holds ids, names of attributes and hashes, and no value', async () => {
    const userName = name();
    const id = await client.user(userName, { displayName: 'Canary Value' });
    await client.patch(`/Users/${id}`, { op: 'replace', path: 'displayName', value: 'Canary Two' });
    await client.delete(`/Users/${id}`);
    const entries = (await world.audit('acme')).filter(({ kind }) => kind.startsWith('scim.user.')).slice(-3);
    expect(entries.map(({ kind }) => kind)).toEqual(['scim.user.created', 'scim.user.changed', 'scim.user.removed']);
    expect(JSON.parse(entries[1]?.data ?? '')).toMatchObject({ version: 2, changed: ['displayName'] });
    expect(JSON.stringify(entries)).not.toMatch(/Canary|example\.com/);
  });
});
