import { expect, it } from '@jest/globals';
import { bodyOf } from '../scim/requests.ts';
import { DRIFT, ENTERPRISE, conformance, expectError } from './conformance-world.ts';

conformance('mutability', (scim) => {
  it.each<[string, unknown]>([
    ['id', 'other'],
    ['meta', { version: 'W/"9"' }],
    ['meta.lastModified', '2001-01-01T00:00:00Z'],
    ['meta.version', 'W/"9"'],
    ['groups', [{ value: '7' }]],
    ['groups[value eq "7"].display', 'Admins'],
    [`${DRIFT}:accountId`, '7'],
    [`${DRIFT}:provisioning.state`, 'verified'],
    [`${DRIFT}:ownedContacts`, 99],
  ])('RFC 7644 3.5.2: a PATCH of the read-only %s is 400 mutability', async (path, value) => {
    const id = await scim.user(scim.unique());
    const before = await scim.read(`/Users/${id}`);
    for (const op of ['add', 'replace'] as const) {
      expectError(await scim.patch(`/Users/${id}`, { op, path, value }), 400, 'mutability');
    }
    expect(await scim.read(`/Users/${id}`)).toEqual(before);
  });

  it.each(['id', 'meta', 'groups', 'meta.version', DRIFT])(
    'RFC 7644 3.5.2.2: removing the read-only %s is 400 mutability',
    async (path) => {
      expectError(
        await scim.patch(`/Users/${await scim.user(scim.unique())}`, { op: 'remove', path }),
        400,
        'mutability',
      );
    },
  );

  it('RFC 7644 3.5.2: the same id in a path-less value, as Okta renames, changes nothing', async () => {
    const id = await scim.group('old');
    const reply = await scim.patch(`/Groups/${id}`, { op: 'replace', value: { id, displayName: 'new' } });
    expect(reply.status).toBeLessThan(300);
    expect(await scim.read(`/Groups/${id}`)).toMatchObject({ id, displayName: 'new' });
  });

  it('RFC 7644 3.5.2: another id in a path-less value is 400 mutability', async () => {
    const id = await scim.group('old');
    const reply = await scim.patch(`/Groups/${id}`, { op: 'replace', value: { id: 'x', displayName: 'new' } });
    expectError(reply, 400, 'mutability');
    expect(await scim.read(`/Groups/${id}`)).toMatchObject({ displayName: 'old' });
  });

  it('RFC 7643 7: readOnly sub-attributes of what a client writes are ignored', async () => {
    const id = await scim.user(scim.unique(), { [ENTERPRISE]: { manager: { value: '7', displayName: 'Forged' } } });
    expect(await scim.read(`/Users/${id}`)).toHaveProperty([ENTERPRISE], { manager: { value: '7' } });
  });

  it.each(['value', 'type', '$ref', 'display'])('RFC 7643 4.2: %s of a member cannot be changed: 400', async (sub) => {
    const user = await scim.user(scim.unique());
    const id = await scim.group('G', [user]);
    const path = `members[value eq "${user}"].${sub}`;
    expectError(await scim.patch(`/Groups/${id}`, { op: 'replace', path, value: 'x' }), 400, 'mutability');
    expect(await scim.read(`/Groups/${id}`)).toHaveProperty('members.0.value', user);
  });

  it.each(['post', 'put', 'patch'] as const)(
    'RFC 7643 4.1.1: a password is taken by %s and never returned',
    async (method) => {
      const password = 'canary-secret';
      const userName = scim.unique();
      const id = await scim.user(method === 'post' ? scim.unique() : userName);
      const reply =
        method === 'post'
          ? await scim.post('/Users', { userName, password })
          : method === 'put'
            ? await scim.put(`/Users/${id}`, { userName, password })
            : await scim.patch(`/Users/${id}`, { op: 'replace', path: 'password', value: password });
      expect(reply.status).toBe(method === 'post' ? 201 : 200);
      expect(reply.text).not.toContain(password);
      expect(JSON.stringify(await scim.read(`/Users/${bodyOf(reply).id}`))).not.toMatch(/password|canary/);
    },
  );

  it.each(['password eq "x"', 'password pr', 'not (password sw "c")'])(
    'RFC 7643 7: %s asks for what is never returned: 400 invalidFilter',
    async (filter) => {
      expectError(await scim.get('/Users', { filter }), 400, 'invalidFilter');
    },
  );

  it('RFC 7643 7: a list cannot be sorted by what is never returned', async () => {
    expectError(await scim.get('/Users', { sortBy: 'password' }), 400, 'invalidPath');
  });
});
