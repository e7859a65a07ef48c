import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { judge } from '../../src/drift/firewall.ts';
import { gdprDelete } from '../../src/drift/operations/privacy.ts';
import { FULL, firewallWorld, operations, USER_URN } from './firewall-world.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const verdict = (method: 'PUT' | 'PATCH' | 'POST', body: unknown) =>
  judge({
    method,
    path: method === 'POST' ? '/scim/Users' : '/scim/Users/7',
    query: '',
    body: JSON.stringify(body),
    scimPath: '/scim',
  });

const HARMFUL: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['enabled: false', { enabled: false }],
  ['enabled: null', { enabled: null }],
  ['enabled: "true"', { enabled: 'true' }],
  ['enabled: 0', { enabled: 0 }],
  ['accountEnabled: false, as directories say', { accountEnabled: false }],
  ['not enabled', { notEnabled: true }],
  ['deleted: true', { deleted: true }],
  ['not deleted: false', { notDeleted: false }],
  ['deleted: "false", which many readers take for true', { deleted: 'false' }],
  ['suspended: true', { suspended: true }],
  ['locked: true', { locked: true }],
  ['locked at a time', { lockedAt: 1_700_000_000_000 }],
  ['disabled: true', { Disabled: true }],
  ['status: inactive', { status: 'inactive' }],
  ['status: INACTIVE in full-width letters', { status: 'ＩＮＡＣＴＩＶＥ' }],
  ['a status in full-width letters', { ｓｔａｔｕｓ: 'DISABLED' }],
  ['a status that is null', { status: null }],
  ['a state', { state: 'suspended' }],
  ['a status as a number', { status: 3 }],
  ['a status as an object', { status: { value: 'active' } }],
  ['a status beside an honest one', { status: 'active', accountStatus: 'terminated' }],
  ['a life cycle that has ended', { lifecycle: 'TERMINATED' }],
  ['a flag that nobody knows', { live: false }],
  ['another flag that nobody knows', { canSignIn: false }],
  ['a number that is a flag', { live: 0 }],
  ['an emptied attribute that nobody knows', { seat: null }],
  ['an emptied list that nobody knows', { groupsOfWork: [] }],
  ['an end', { validUntil: '2020-01-01' }],
  ['an expiry', { expiresAt: 1 }],
  ['a licence', { licenses: [{ value: 'none' }] }],
  ['an extension', { [ENTERPRISE]: { status: 'inactive' } }],
  ['an extension with a flag', { [ENTERPRISE]: { employed: false } }],
  ['an extension that says it deeper', { [ENTERPRISE]: { a: [{ b: { suspended: true } }] } }],
  ['a known attribute', { emails: [{ value: 'a@example.com', enabled: false }] }],
  ['a known attribute as a flag', { userType: false }],
  ['a user type', { userType: 'Deleted' }],
  ['SCIM 1.1: a removal inside a list', { emails: [{ value: 'a@example.com', operation: 'delete' }] }],
  ['a number instead of true', { active: 1 }],
  ['no roles', { roles: [] }],
  ['roles that are null', { roles: null }],
  ['a role without a value', { roles: [{}] }],
  ['a role with an empty value', { roles: [{ value: ' ' }] }],
  ['a role that is a text', { roles: ['MEMBER'] }],
  ['OWNER', { roles: [{ value: 'OWNER' }] }],
  ['OWNER beside another role', { roles: [{ value: 'MEMBER' }, { value: 'owner ' }] }],
  ['OWNER as what is shown', { roles: [{ value: 'MEMBER', display: 'Account-Owner' }] }],
  ['OWNER in full-width letters', { roles: [{ value: 'ＯＷＮＥＲ' }] }],
  ['OWNER within a word', { roles: [{ value: 'role-owner' }] }],
  ['OWNER as a name', { roles: [{ value: 'MEMBER', OWNER: 'x' }] }],
];

const HARMLESS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['nothing more', {}],
  ['what says that the seat is there', { enabled: true, deleted: false, isSuspended: false, status: 'ACTIVE' }],
  ['active twice', { isActive: true }],
  ['an attribute that nobody knows', { custom: { colour: 'red', numbers: [1, 2] }, orgId: 4021 }],
  ['the enterprise extension', { [ENTERPRISE]: { employeeNumber: '7', manager: { value: '8' } } }],
  ['lists with their first one', { phoneNumbers: [{ value: '1', primary: true }], photos: [{ primary: false }] }],
  ['a name that is a word of a state', { name: { givenName: 'Active', familyName: 'False' }, title: 'Deleted' }],
  ['roles', { roles: [{ value: 'role-ids=[7]', display: 'Lead', type: null, primary: true }] }],
];

describe('a replacement of an agent', () => {
  it.each(HARMFUL)('is refused with %s', (_what, more) => {
    expect(verdict('PUT', { ...FULL, ...more })).toMatchObject({ kind: 'refused' });
    expect(verdict('PATCH', more)).toMatchObject({ kind: 'refused' });
    expect(verdict('PATCH', operations({ op: 'replace', value: more }))).toMatchObject({ kind: 'refused' });
    for (const [path, value] of Object.entries(more)) {
      expect(verdict('PATCH', operations({ op: 'replace', path, value }))).toMatchObject({ kind: 'refused' });
    }
  });

  it.each(HARMLESS)('passes with %s', (_what, more) => {
    expect(verdict('PUT', { ...FULL, ...more })).toEqual({ kind: 'pass' });
  });
});

/** Names of a state and the values with which each of them takes a seat away. */
const STATES: readonly (readonly [string, readonly unknown[]])[] = [
  ...['active', 'enabled', 'activated', 'isActive', 'accountEnabled'].map(
    (name) => [name, [false, 0, null, 'false', 'no', '']] as const,
  ),
  ...['disabled', 'deleted', 'suspended', 'locked', 'removed', 'archived', 'terminated', 'deactivated', 'expired'].map(
    (name) => [name, [true, 1, 'true', 'yes', '2020-01-01T00:00:00Z']] as const,
  ),
  ...['status', 'state', 'userStatus', 'accountState'].map(
    (name) => [name, ['inactive', 'DISABLED', 'deleted', 'Suspended', 'locked', 'off', null, 0, false]] as const,
  ),
];

/** The same name as a careless reader would take it. */
const spelled = (name: string): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom<(letter: string) => string>(same, upper, wide, dotless, dashed, soft), {
      minLength: name.length,
      maxLength: name.length,
    })
    .map((ways) => Array.from(name, (letter, at) => ways[at]?.(letter) ?? letter).join(''));
const same = (letter: string): string => letter;
const upper = (letter: string): string => letter.toUpperCase();
const wide = (letter: string): string => String.fromCharCode(letter.charCodeAt(0) + 0xfee0);
const dotless = (letter: string): string => (letter === 'i' ? 'ı' : letter === 's' ? 'ſ' : letter);
const dashed = (letter: string): string => `${letter}_`;
const soft = (letter: string): string => `${letter}\u00ad`;

/** A place in a user where such a word could be put. */
const PLACES: readonly ((word: Record<string, unknown>) => Record<string, unknown>)[] = [
  (word) => word,
  (word) => ({ [USER_URN]: word }),
  (word) => ({ [ENTERPRISE]: word }),
  (word) => ({ name: { givenName: 'Ann', ...word } }),
  (word) => ({ emails: [{ value: 'ann@example.com', ...word }] }),
  (word) => ({ roles: [{ value: 'MEMBER', ...word }] }),
  (word) => ({ meta: { attributes: [word] } }),
  (word) => ({ custom: [[{ deep: word }]] }),
  (word) => ({ title: 'x', ...word, nickName: 'y' }),
];

describe('the firewall, by spellings', () => {
  const world = firewallWorld();
  const harmful = fc
    .tuple(fc.constantFrom(...STATES), fc.constantFrom(...PLACES), fc.nat())
    .chain(([[name, values], place, at]) =>
      spelled(name).map((spelling) => place({ [spelling]: values[at % values.length] })),
    );

  it('lets no word of a state through, however it is spelled and wherever it stands', () => {
    fc.assert(
      fc.property(harmful, (word) => {
        const forms = [
          verdict('PUT', { ...FULL, ...word }),
          verdict('PUT', { ...word, ...FULL }),
          verdict('POST', { ...FULL, ...word }),
          verdict('PATCH', word),
          verdict('PATCH', operations({ op: 'Add', value: word })),
          verdict('PATCH', operations({ op: 'replace', path: 'title', value: 'x' }, { op: 'replace', value: word })),
        ];
        // `{...word, ...FULL}` may have written an honest `active: true` over it.
        const honest = Object.keys(word).every((key) => Object.hasOwn(FULL, key));
        return forms.every(({ kind }, index) => kind === 'refused' || (honest && index === 1));
      }),
      { numRuns: 6000, seed: 20_300_102 },
    );
  });

  it('and none through the client, request included', async () => {
    await fc.assert(
      fc.asyncProperty(harmful, fc.boolean(), async (word, put) => {
        await world.stopped(
          world.client().request(put ? 'PUT' : 'PATCH', '/scim/Users/7', { body: put ? { ...FULL, ...word } : word }),
        );
        return world.server().received.length === 0;
      }),
      { numRuns: 400, seed: 20_300_103 },
    );
  }, 30_000);
});

describe('an erasure', () => {
  const world = firewallWorld();
  const email = 'gone@example.com';
  const row = {
    method: 'POST',
    path: '/gdpr/delete',
    query: '',
    body: JSON.stringify({ email }),
    scimPath: '/scim',
  } as const;

  it('needs a permit for exactly the e-mail that is in its body', () => {
    expect(judge(row)).toEqual({ kind: 'needs_erase_permit', email });
  });

  it.each<[string, Partial<Parameters<typeof judge>[0]>]>([
    ['with a query', { query: 'email=ann%40example.com' }],
    ['without a body', { body: undefined }],
    ['of two e-mails', { body: JSON.stringify({ email, emails: ['ann@example.com'] }) }],
    ['of one e-mail twice', { body: `{"email":"${email}","email":"ann@example.com"}` }],
    ['of a list', { body: JSON.stringify({ email: [email] }) }],
    ['of an address with a blank', { body: JSON.stringify({ email: `${email} ` }) }],
    ['of no address', { body: JSON.stringify({ email: 'ann' }) }],
    ['of two addresses', { body: JSON.stringify({ email: 'a@example.com,b@example.com' }) }],
    ['by another method', { method: 'DELETE', body: undefined }],
    ['by another spelling', { path: '/GDPR/delete' }],
    ['below another path', { path: '/v1/gdpr/delete' }],
    ['with a slash at its end', { path: '/gdpr/delete/' }],
  ])('is refused %s', (_what, part) => {
    expect(judge({ ...row, ...part })).toMatchObject({ kind: 'refused' });
  });

  it('goes out only while the permit stands, and asks for it each time', async () => {
    await world.stopped(world.client().request('POST', '/gdpr/delete', { body: { email } }));
    expect(world.asked).toEqual([]);
    const erase = () => world.client().call(gdprDelete, { body: { email }, permit: { changeId: 'c1', fence: 3 } });
    await world.stopped(erase());
    world.grant = async () => true;
    await world.stopped(erase());
    expect(world.asked).toEqual(Array.from({ length: 2 }, () => ({ changeId: 'c1', fence: 3, email })));
    world.erase = async () => true;
    await erase();
    expect(world.server().received).toMatchObject([{ method: 'POST', target: '/gdpr/delete' }]);
  });
});

describe('words in what somebody named', () => {
  const remove = (path: string) =>
    judge({ method: 'DELETE', path, query: '', body: undefined, scimPath: '/scim' }).kind;

  it('stop neither the removal of an account nor that of a tag', () => {
    for (const path of [
      '/accounts/4210031_superuser.example',
      '/accounts/4210031_scim-users.example',
      '/contacts/7/tags/active%20customer',
      '/contacts/11751623441268737/tags/users',
    ]) {
      expect([path, remove(path)]).toEqual([path, 'pass']);
    }
  });

  it('stop everything that only looks like one', () => {
    for (const path of [
      '/accounts/users',
      '/accounts/7_x/users',
      '/accounts/scim/7_x',
      '/contacts/7/users/active',
      '/contacts/7/tags/x/users',
      '/contacts/users/tags/x',
      '/scim/Users/7_x',
      '/accounts/4_x%2F..%2Fusers',
    ]) {
      expect([path, remove(path)]).not.toEqual([path, 'pass']);
    }
  });
});

describe('what stays direct', () => {
  it.each([
    ['POST', '/app/uninstall', 'clientId=a&clientSecret=b'],
    ['POST', '/emails/unsubscribe', ''],
    ['POST', '/gdpr/retrieve', ''],
  ] as const)('%s %s passes', (method, path, query) => {
    expect(judge({ method, path, query, body: '{}', scimPath: '/scim' }).kind).toBe('pass');
  });

  it('a token is had by the bridge alone: its endpoint spends the refresh token', () => {
    const call = { method: 'POST', path: '/oauth2/token', query: '', body: '{}', scimPath: '/scim' } as const;
    expect(judge(call).kind).toBe('refused');
  });
});
