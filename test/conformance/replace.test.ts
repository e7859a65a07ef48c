import { expect, it } from '@jest/globals';
import { bodyOf } from '../scim/requests.ts';
import { DRIFT, ENTERPRISE, USER, conformance, expectError } from './conformance-world.ts';

conformance('replace', (scim) => {
  const full = async () => {
    const userName = scim.unique();
    const id = await scim.user(userName, {
      externalId: 'x1',
      title: 'T',
      name: { givenName: 'Ann', familyName: 'Example' },
      emails: [{ value: 'a@example.com', type: 'work' }],
      [ENTERPRISE]: { department: 'North', division: 'Sales' },
    });
    return { userName, path: `/Users/${id}` };
  };

  it('RFC 7644 3.5.1: PUT is 200 with the whole resource, as it is stored', async () => {
    const { path, userName } = await full();
    const reply = await scim.put(path, { schemas: [USER], userName, title: 'U' });
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual(await scim.read(path));
    expect(reply.body).toMatchObject({ title: 'U' });
  });

  it.each(['title', 'externalId', 'name', 'emails', ENTERPRISE])(
    'RFC 7644 3.5.1: %s, left out, is cleared',
    async (attribute) => {
      const { path, userName } = await full();
      await scim.put(path, { userName });
      expect(await scim.read(path)).not.toHaveProperty([attribute]);
    },
  );

  it('RFC 7644 3.5.1: of a complex attribute, parts left out are cleared', async () => {
    const { path, userName } = await full();
    await scim.put(path, { userName, name: { givenName: 'Bea' }, [ENTERPRISE]: { division: 'Ops' } });
    expect(await scim.read(path)).toMatchObject({ name: { givenName: 'Bea' }, [ENTERPRISE]: { division: 'Ops' } });
    expect((await scim.read(path))['name']).toEqual({ givenName: 'Bea' });
    expect((await scim.read(path))[ENTERPRISE]).toEqual({ division: 'Ops' });
  });

  it('RFC 7644 3.5.1: a list is replaced, not added to', async () => {
    const { path, userName } = await full();
    await scim.put(path, { userName, emails: [{ value: 'b@example.com' }] });
    expect(await scim.read(path)).toHaveProperty('emails', [{ value: 'b@example.com' }]);
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['id', { id: 'other' }],
    ['meta', { meta: { created: '2001-01-01T00:00:00Z', version: 'W/"99"', location: 'https://example.com/x' } }],
    ['groups', { groups: [{ value: '7', display: 'Admins' }] }],
    ['the drift extension', { [DRIFT]: { accountId: '7', ownedContacts: 99 } }],
  ])('RFC 7644 3.5.1: %s, read-only, is ignored', async (_what, more) => {
    const { path, userName } = await full();
    await scim.put(path, { userName });
    const before = await scim.read(path);
    const reply = await scim.put(path, { userName, ...more });
    expect([reply.status, reply.body]).toEqual([200, before]);
  });

  it.each(['a missing', 'a null'])('RFC 7644 3.5.1: %s active suspends and restores nobody', async (what) => {
    const more = what === 'a null' ? { active: null } : {};
    for (const active of [true, false]) {
      const userName = scim.unique();
      const id = await scim.user(userName, { active });
      expect((await scim.put(`/Users/${id}`, { userName, title: 'T', ...more })).body).toMatchObject({ active });
    }
  });

  it('RFC 7644 3.5.1: a required attribute cannot be left out: 400 invalidValue, nothing changed', async () => {
    const { path } = await full();
    const before = await scim.read(path);
    expectError(await scim.put(path, { title: 'U' }), 400, 'invalidValue');
    expect(await scim.read(path)).toEqual(before);
  });

  it('RFC 7644 3.5.1: PUT never creates: an unknown id is 404', async () => {
    expectError(await scim.put('/Users/none', { userName: scim.unique() }), 404);
  });

  it('RFC 7644 3.5.1: the userName may change', async () => {
    const { path } = await full();
    const userName = scim.unique('renamed');
    expect((await scim.put(path, { userName })).body).toMatchObject({ userName });
  });

  it('RFC 7644 3.5.1: a userName may change its case', async () => {
    const { path, userName } = await full();
    expect((await scim.put(path, { userName: userName.toUpperCase() })).body).toMatchObject({
      userName: userName.toUpperCase(),
    });
  });

  it('RFC 7643 3.1: a change moves lastModified and version, and never created', async () => {
    const { path, userName } = await full();
    const before = (await scim.read(path))['meta'] as Record<string, string>;
    const after = bodyOf(await scim.put(path, { userName, title: 'U' })).meta as unknown as Record<string, string>;
    expect(after['created']).toBe(before['created']);
    expect(Date.parse(after['lastModified'] ?? '')).toBeGreaterThan(Date.parse(before['lastModified'] ?? ''));
    expect(after['version']).not.toBe(before['version']);
  });

  it('RFC 7644 3.5.1: the resource itself, sent back, changes nothing and is no new version', async () => {
    const { path } = await full();
    const before = await scim.read(path);
    expect((await scim.put(path, before)).body).toEqual(before);
  });

  it('RFC 7644 3.5.1: a group without members in the body has none afterwards', async () => {
    const id = await scim.group('G', [await scim.user(scim.unique())]);
    await scim.put(`/Groups/${id}`, { displayName: 'G' });
    expect(await scim.read(`/Groups/${id}`)).not.toHaveProperty('members');
  });

  it('RFC 7644 3.5.1: a user cannot be replaced by what is no user: 400, nothing changed', async () => {
    const { path } = await full();
    const before = await scim.read(path);
    expectError(await scim.put(path, { displayName: 'a group', members: [] }), 400, 'invalidValue');
    expect(await scim.read(path)).toEqual(before);
  });
});
