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

conformance('PATCH replace', (scim) => {
  const made = async (before: Json = BEFORE): Promise<string> => `/Users/${await scim.user(scim.unique(), before)}`;
  const after = async (path: string | undefined, value: unknown, before: Json = BEFORE): Promise<Json> => {
    const resource = await made(before);
    const reply = await scim.patch(resource, { op: 'replace', ...(path === undefined ? {} : { path }), value });
    expect(reply.status).toBe(200);
    return scim.read(resource);
  };

  it.each<[string, string, unknown, string, unknown]>([
    ['a single value', 'title', 'U', 'title', 'U'],
    ['an attribute without a value is added', 'nickName', 'N', 'nickName', 'N'],
    ['a sub-attribute', 'name.givenName', 'Bea', 'name', { givenName: 'Bea', familyName: 'A' }],
    ['a whole list', 'emails', [{ value: 'x@example.com' }], 'emails', [{ value: 'x@example.com' }]],
    ['a whole list by one value', 'emails', { value: 'x@example.com' }, 'emails', [{ value: 'x@example.com' }]],
    [
      'an attribute of an extension',
      `${ENTERPRISE}:department`,
      'S',
      ENTERPRISE,
      { department: 'S', manager: { value: '7' } },
    ],
    ['a manager', `${ENTERPRISE}:manager`, { value: '8' }, ENTERPRISE, { department: 'N', manager: { value: '8' } }],
  ])('RFC 7644 3.5.2.3: %s', async (_what, path, value, name, expected) => {
    expect((await after(path, value))[name]).toEqual(expected);
  });

  it('RFC 7644 3.5.2.3: a complex value is replaced by its named parts, the others stay', async () => {
    expect((await after('name', { familyName: 'B' }))['name']).toEqual({ familyName: 'B', givenName: 'Ann' });
  });

  it('RFC 7644 3.5.2.3: without a path single values are replaced, and what is not named stays', async () => {
    const user = await after(undefined, { title: 'U', active: false });
    expect(user).toMatchObject({ ...BEFORE, title: 'U', active: false });
  });

  it('RFC 7644 3.5.2.3: without a path a list is replaced, not added to', async () => {
    expect((await after(undefined, { emails: [HOME] }))['emails']).toEqual([HOME]);
  });

  it('RFC 7644 3.5.2.3: without a path an empty list leaves none', async () => {
    expect(await after(undefined, { emails: [] })).not.toHaveProperty('emails');
  });

  it.each<[string, Json, string, unknown]>([
    ['a dotted name', { 'name.givenName': 'Bea' }, 'name', { givenName: 'Bea', familyName: 'A' }],
    [
      'a URN with a name',
      { [`${ENTERPRISE}:department`]: 'S' },
      ENTERPRISE,
      { ...BEFORE[ENTERPRISE], department: 'S' },
    ],
    [
      'a selection',
      { 'emails[type eq "work"].value': 'x@example.com' },
      'emails',
      [{ ...WORK, value: 'x@example.com' }, HOME],
    ],
    ['an extension', { [ENTERPRISE]: { department: 'S' } }, ENTERPRISE, { ...BEFORE[ENTERPRISE], department: 'S' }],
    ['an unknown name, which is passed over', { favouriteColour: 'red', title: 'U' }, 'title', 'U'],
  ])('RFC 7644 3.5.2.3: a key of a path-less value may be %s', async (_what, value, name, expected) => {
    expect((await after(undefined, value))[name]).toEqual(expected);
  });

  it('RFC 7644 3.5.2.3: selected values are replaced as a whole, the others stay', async () => {
    const emails = (await after('emails[type eq "home"]', { value: 'x@example.com', type: 'home', display: 'X' }))[
      'emails'
    ];
    expect(emails).toEqual([WORK, { value: 'x@example.com', display: 'X', type: 'home' }]);
  });

  it('RFC 7644 3.5.2.3: of selected values one sub-attribute is replaced, the rest of them stays', async () => {
    const emails = (await after('emails[type eq "work"].value', 'x@example.com'))['emails'];
    expect(emails).toEqual([{ ...WORK, value: 'x@example.com' }, HOME]);
  });

  it('RFC 7644 3.5.2.3: every selected value is replaced, not only the first', async () => {
    const before = { emails: [WORK, { value: 'w2@example.com', type: 'work' }, HOME] };
    const emails = (await after('emails[type eq "work"].display', 'D', before))['emails'];
    expect(emails).toEqual([{ ...WORK, display: 'D' }, { value: 'w2@example.com', display: 'D', type: 'work' }, HOME]);
  });

  it.each([
    ['type ne "work"', 'home'],
    ['value sw "w"', 'work'],
    ['not (type eq "home")', 'work'],
    ['type eq "work" or type eq "other"', 'work'],
    ['type eq "HOME" and value co "@"', 'home'],
  ])('RFC 7644 3.5.2: values are selected by [%s]', async (filter, chosen) => {
    const emails = (await after(`emails[${filter}].display`, 'D'))['emails'] as readonly Json[];
    expect(emails.filter(({ display }) => display === 'D').map(({ type }) => type)).toEqual([chosen]);
  });

  it.each<[string, unknown]>([
    ['emails[type ne "work" and type ne "home"].value', 'x@example.com'],
    ['emails[value co "nobody"]', { value: 'x@example.com' }],
    ['emails[type eq "a" or type eq "b"].value', 'x@example.com'],
    ['emails[not (value pr)].display', 'D'],
  ])('RFC 7644 3.5.2.3: %s, which finds nothing and describes no value, is 400 noTarget', async (path, value) => {
    expectError(await scim.patch(await made(), { op: 'replace', path, value }), 400, 'noTarget');
  });

  it('RFC 7644 3.5.2.3: a selection by equality that finds nothing makes the value, as Entra needs it', async () => {
    const emails = (await after('emails[type eq "other"].value', 'o@example.com'))['emails'];
    expect(emails).toEqual([WORK, HOME, { value: 'o@example.com', type: 'other' }]);
  });

  it('RFC 7644 3.5.2: a replaced primary takes it from the old one', async () => {
    const before = { emails: [{ ...WORK, primary: true }, HOME] };
    const emails = (await after('emails[type eq "home"].primary', true, before))['emails'];
    expect(emails).toEqual([
      { ...WORK, primary: false },
      { ...HOME, primary: true },
    ]);
  });

  it('RFC 7644 3.5.2.3: the same value again is no new version', async () => {
    const path = await made();
    const before = await scim.read(path);
    await scim.patch(path, { op: 'replace', value: BEFORE });
    expect(await scim.read(path)).toEqual(before);
  });

  it('RFC 7644 3.5.2: a value of the wrong type is 400 invalidValue', async () => {
    const bad: readonly (readonly [string, unknown])[] = [
      ['active', 'perhaps'],
      ['title', 7],
      ['name', 'Ann'],
      ['emails[type eq "work"].primary', 'yes'],
    ];
    for (const [path, value] of bad) {
      expectError(await scim.patch(await made(), { op: 'replace', path, value }), 400, 'invalidValue');
    }
  });
});
