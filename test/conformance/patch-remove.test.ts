import { expect, it } from '@jest/globals';
import type { Json } from '../scim/requests.ts';
import { ENTERPRISE, conformance, expectError } from './conformance-world.ts';

const WORK = { value: 'w@example.com', type: 'work' };
const HOME = { value: 'h@example.com', type: 'home' };
const BEFORE = {
  title: 'T',
  name: { givenName: 'Ann', familyName: 'A' },
  emails: [WORK, HOME],
  [ENTERPRISE]: { department: 'N', manager: { value: '7' } },
};

conformance('PATCH remove', (scim) => {
  const made = async (): Promise<string> => `/Users/${await scim.user(scim.unique(), BEFORE)}`;
  const after = async (path: string, more: Json = {}): Promise<Json> => {
    const resource = await made();
    const reply = await scim.patch(resource, { op: 'remove', path, ...more });
    expect(reply.status).toBe(200);
    return scim.read(resource);
  };

  it.each(['title', 'name', 'emails', ENTERPRISE])('RFC 7644 3.5.2.2: %s is unassigned', async (path) => {
    const user = await after(path);
    expect(user).not.toHaveProperty([path]);
    expect(user).toMatchObject(Object.fromEntries(Object.entries(BEFORE).filter(([name]) => name !== path)));
  });

  it.each<[string, string, unknown]>([
    ['name.givenName', 'name', { familyName: 'A' }],
    ['emails[type eq "work"]', 'emails', [HOME]],
    ['emails[type eq "work" and value co "example.com"]', 'emails', [HOME]],
    ['emails[type eq "work"].type', 'emails', [{ value: WORK.value }, HOME]],
    ['emails.type', 'emails', [{ value: WORK.value }, { value: HOME.value }]],
    [`${ENTERPRISE}:department`, ENTERPRISE, { manager: { value: '7' } }],
    [`${ENTERPRISE}:manager`, ENTERPRISE, { department: 'N' }],
    [`${ENTERPRISE}:manager.value`, ENTERPRISE, { department: 'N' }],
  ])('RFC 7644 3.5.2.2: of %s only that goes', async (path, name, left) => {
    expect((await after(path))[name]).toEqual(left);
  });

  it('RFC 7644 3.5.2.2: when no value is left the list is unassigned', async () => {
    expect(await after('emails[value pr]')).not.toHaveProperty('emails');
  });

  it('RFC 7644 3.5.2.2: when no part is left the complex attribute is unassigned', async () => {
    const resource = await made();
    await scim.patch(resource, { op: 'remove', path: 'name.givenName' }, { op: 'remove', path: 'name.familyName' });
    expect(await scim.read(resource)).not.toHaveProperty('name');
  });

  it('RFC 7643 3: when no attribute of an extension is left, its URN leaves schemas', async () => {
    expect((await after(ENTERPRISE))['schemas']).not.toContain(ENTERPRISE);
  });

  it.each([[{}], [{ value: 'T' }], [{ path: '' }], [{ path: null }]])(
    'RFC 7644 3.5.2.2: a remove without a path (%j) is 400 noTarget',
    async (more) => {
      expectError(await scim.patch(await made(), { op: 'remove', ...more }), 400, 'noTarget');
    },
  );

  it('RFC 7644 3.12: a selection that finds nothing is 400 noTarget', async () => {
    for (const path of ['emails[type eq "other"]', 'emails[type eq "other"].value', 'phoneNumbers[type eq "work"]']) {
      expectError(await scim.patch(await made(), { op: 'remove', path }), 400, 'noTarget');
    }
  });

  it('RFC 7644 3.5.2.2: what has no value anyway is no error and no new version', async () => {
    const resource = await made();
    const before = await scim.read(resource);
    for (const path of ['nickName', 'phoneNumbers', 'name.middleName']) {
      expect((await scim.patch(resource, { op: 'remove', path })).status).toBe(200);
    }
    expect(await scim.read(resource)).toEqual(before);
  });

  it('RFC 7644 3.5.2.2: a required attribute cannot be removed: 400 mutability', async () => {
    const resource = await made();
    expectError(await scim.patch(resource, { op: 'remove', path: 'userName' }), 400, 'mutability');
    const group = `/Groups/${await scim.group('G')}`;
    expectError(await scim.patch(group, { op: 'remove', path: 'displayName' }), 400, 'mutability');
  });

  it.each<[string, unknown, unknown]>([
    ['a list', [{ value: WORK.value }], [HOME]],
    ['an object', HOME, [WORK]],
    ['a list that names nobody', [], [WORK, HOME]],
    ['a value that is not there', [{ value: 'x@example.com' }], [WORK, HOME]],
    ['another type of the same value', [{ ...WORK, type: 'home' }], [WORK, HOME]],
  ])(
    'RFC 7644 3.5.2.2: with %s as value only what it names goes, as Entra and JumpCloud mean it',
    async (_what, value, left) => {
      expect((await after('emails', { value }))['emails']).toEqual(left);
    },
  );

  it('RFC 7643 4.1.1: removing active suspends nobody', async () => {
    expect(await after('active')).toMatchObject({ active: true });
  });
});
