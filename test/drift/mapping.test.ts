import { describe, expect, it } from '@jest/globals';
import { mergeKnown, mergeListings, mergeViews } from '../../src/drift/mapping.ts';
import type { Account } from '../../src/core/identity/account.ts';
import type { ScimUser } from '../../src/drift/operations/scim.ts';
import type { RestUser } from '../../src/drift/operations/users.ts';
import { replaceBody, USER_SCHEMAS, VENDOR_SCHEMAS, wireRole } from '../../src/drift/scim-body.ts';

const scim = (more: Partial<ScimUser> = {}): ScimUser => ({
  id: '7',
  userName: 'ann@example.com',
  displayName: 'Ann Example',
  active: true,
  roles: [{ value: 'MEMBER', primary: true }],
  ...more,
});
const rest = (more: Partial<RestUser> = {}): RestUser => ({
  id: '7',
  email: 'Ann@example.com',
  name: 'Ann Example',
  role: 'member',
  ...more,
});

describe('one agent out of two views', () => {
  it('has a REST id where the same id has the same e-mail, however it is written', () => {
    expect(mergeViews({ scim: scim(), rest: rest() })).toMatchObject({ id: '7', restId: '7', disagreements: [] });
  });

  it('takes nothing from a REST user with another e-mail, and says so', () => {
    const account = mergeViews({ scim: scim(), rest: rest({ email: 'ben@example.com', phone: '1', name: 'Ben' }) });
    expect(account).toMatchObject({ disagreements: ['email'], views: { scim: true, rest: true } });
    expect(account).not.toHaveProperty('restId');
    expect(account?.values).not.toHaveProperty('phone');
  });

  it('names what the views contradict each other about', () => {
    const account = mergeViews({
      scim: scim({ phoneNumbers: [{ value: '+49 30 1' }], locale: 'de-DE' }),
      rest: rest({ name: 'A. Example', phone: '0049-30-1', locale: 'en-GB', role: 'admin' }),
    });
    expect(account?.disagreements).toEqual(['displayName', 'locale', 'role']);
  });

  it.each([
    ['OWNER', 'admin', []],
    ['ADMIN', 'agent', ['role']],
    ['MEMBER', 'agent', []],
    ['role-ids=[208]', 'admin', []],
    ['MEMBER', 'something new', []],
  ] as const)('compares the role %s with %s by a table', (value, role, disagreements) => {
    const account = mergeViews({ scim: scim({ roles: [{ value }] }), rest: rest({ role }) });
    expect(account?.disagreements).toEqual(disagreements);
    expect(account?.roles).toEqual([value.toUpperCase()]);
  });

  it('shows empty places as nothing, and several roles as none', () => {
    const account = mergeViews({
      scim: scim({
        name: { givenName: 'Ann', familyName: '' },
        phoneNumbers: [{ primary: true }],
        roles: [{ value: 'ADMIN' }, { value: 'MEMBER' }],
        emails: [{ value: 'other@example.com' }, { value: 'ann@example.com', primary: true }],
      }),
      rest: null,
    });
    expect(account?.values).toEqual({
      userName: 'ann@example.com',
      email: 'ann@example.com',
      displayName: 'Ann Example',
      givenName: 'Ann',
    });
    expect(account?.roles).toEqual(['ADMIN', 'MEMBER']);
  });

  it('is inactive when SCIM says so or does not show it', () => {
    expect(mergeViews({ scim: scim({ active: false }), rest: rest() })?.active).toBe(false);
    expect(mergeViews({ scim: scim({ active: null }), rest: rest() })?.active).toBe(true);
    expect(mergeViews({ scim: null, rest: rest() })).toMatchObject({
      active: false,
      restId: '7',
      values: { userName: 'Ann@example.com' },
    });
    expect(mergeViews({ scim: null, rest: null })).toBeNull();
  });

  it('is a bot by flag or by name', () => {
    expect(mergeViews({ scim: scim(), rest: rest({ bot: true }) })?.bot).toBe(true);
    expect(mergeViews({ scim: scim({ userName: 'bot-12@drift.com' }), rest: null })?.bot).toBe(true);
  });
});

describe('one agent as it was known, seen in SCIM again', () => {
  const known = (more: Partial<Account> = {}): Account => {
    const account = mergeViews({ scim: scim(), rest: rest({ bot: true, role: 'admin' }) });
    if (account === null) throw new Error('nobody');
    return { ...account, ...more };
  };

  it('keeps what only REST can say: the owner id, the flag of a bot, the contradictions', () => {
    const now = mergeKnown(scim({ displayName: 'Ann Married', roles: [{ value: 'ADMIN' }] }), known());
    expect(now).toMatchObject({ restId: '7', bot: true, roles: ['ADMIN'], disagreements: ['role'] });
    expect(now?.values.displayName).toBe('Ann Married');
    expect(now?.views).toEqual({ scim: true, rest: true });
    expect(now?.values.email).toBe('Ann@example.com');
    expect(mergeKnown(scim(), known({ restId: '9' }))?.restId).toBe('9');
  });

  it.each<[string, Partial<ScimUser>, Partial<Account>]>([
    ['has another userName', { userName: 'ann.m@example.com' }, {}],
    ['has another e-mail', { emails: [{ value: 'ann.m@example.com' }] }, {}],
    ['is somebody else', { id: '8' }, {}],
    ['lacks what only REST had', {}, { restOnly: ['phone'] }],
    ['was in no SCIM view', {}, { views: { scim: false, rest: true } }],
  ])('says too little where it %s', (_what, now, before) => {
    expect(mergeKnown(scim(now), known(before))).toBeNull();
  });

  it('says enough where SCIM shows by now what only REST had', () => {
    expect(mergeKnown(scim({ locale: 'fr' }), known({ restOnly: ['locale'] }))?.values.locale).toBe('fr');
  });

  it('names the values that only REST shows', () => {
    expect(mergeViews({ scim: scim(), rest: rest({ locale: 'de', phone: '1' }) })?.restOnly).toEqual([
      'phone',
      'locale',
    ]);
    expect(mergeViews({ scim: scim({ locale: 'de' }), rest: rest({ locale: 'fr' }) })).not.toHaveProperty('restOnly');
  });
});

describe('two listings', () => {
  it('tie by an e-mail that is one user of either side alone, and know the owner id by it', () => {
    const [account] = mergeListings([scim({ id: '70' })], [rest({ id: '7' })]);
    expect(account).toMatchObject({ id: '70', restId: '7', views: { scim: true, rest: true } });
  });

  it('are one list with nobody lost', () => {
    const accounts = mergeListings(
      [scim(), scim({ id: '8', userName: 'ben@example.com' })],
      [rest(), rest({ id: '9', email: 'cy@example.com' })],
    );
    expect(accounts.map(({ id, views }) => [id, views.scim, views.rest])).toEqual([
      ['7', true, true],
      ['8', true, false],
      ['9', false, true],
    ]);
  });

  it('tie no one by an e-mail that two share', () => {
    const accounts = mergeListings([scim({ id: '70' }), scim({ id: '71' })], [rest({ id: '7' })]);
    expect(accounts.map(({ id, views }) => [id, views.scim, views.rest])).toEqual([
      ['70', true, false],
      ['71', true, false],
      ['7', false, true],
    ]);
  });
});

describe('the body of a replacement', () => {
  const current = scim({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    meta: null,
    externalId: null,
    photos: [{}],
    phoneNumbers: [{ value: '1', display: 'one', primary: true, type: 'work' }, { value: '2' }],
    name: { givenName: 'Ann', familyName: 'Example', formatted: 'Ann Example', middleName: null },
    roles: [{ value: 'role-ids=[9]', display: 'Nine', type: null, primary: true }],
    costCentre: { code: 'A1', since: null },
    isActive: false,
    lastActive: 5,
    groups: [{ value: 'g' }],
  });

  it('keeps what is not known, drops what says nothing, and lays values over it', () => {
    expect(
      replaceBody(current, { familyName: 'Married', phone: '3', locale: 'fr' }, { schemas: USER_SCHEMAS }),
    ).toEqual({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: 'ann@example.com',
      displayName: 'Ann Example',
      name: { givenName: 'Ann', familyName: 'Married', formatted: 'Ann Married' },
      phoneNumbers: [{ value: '3', primary: true, type: 'work' }, { value: '2' }],
      locale: 'fr',
      roles: [{ value: 'role-ids=[9]', display: 'Nine', type: null, primary: true }],
      costCentre: { code: 'A1' },
      active: true,
    });
  });

  it('names the core schema as requests are to name it, and keeps extensions', () => {
    const extended = { ...current, schemas: [...USER_SCHEMAS, 'urn:x:extension'] };
    const schemasOf = (schemas: readonly string[]): unknown => replaceBody(extended, {}, { schemas })['schemas'];
    expect(schemasOf(USER_SCHEMAS)).toEqual([...USER_SCHEMAS, 'urn:x:extension']);
    expect(schemasOf(VENDOR_SCHEMAS)).toEqual(['urn:scim:schemas:core:2.0', 'urn:x:extension']);
  });

  it('is never without what Drift requires', () => {
    const bare = replaceBody({ id: '7', userName: 'ann@example.com' }, {}, { schemas: ['urn:scim:schemas:core:2.0'] });
    expect(bare).toEqual({
      schemas: ['urn:scim:schemas:core:2.0'],
      userName: 'ann@example.com',
      displayName: 'ann@example.com',
      active: true,
    });
  });
});

describe('roles on the wire', () => {
  it.each([
    ['admin', 'ADMIN'],
    [' MEMBER ', 'MEMBER'],
    ['ROLE-IDS=[208]', 'role-ids=[208]'],
    ['OWNER', null],
    ['role-ids=[]', null],
    ['role-ids=[1,2]', null],
    ['', null],
  ])('%s is %s', (role, value) => {
    expect(wireRole(role)?.value ?? null).toBe(value);
  });
});
