import { describe, expect, it } from '@jest/globals';
import { desiredOf, desiredUserName, mappedRole, valuesToCreate } from '../../../src/core/reconcile/desired.ts';
import { hr, idp, person, policy, without } from '../builders.ts';

const everybody = (): boolean => true;
const roles = {
  default: 'MEMBER',
  groups: {
    Admins: 'ADMIN',
    Sales: 'MEMBER',
    Lite: 'role-ids=[208]',
    Other: 'role-ids=[11]',
    Boss: 'OWNER',
    Odd: 'KING',
  },
};

describe('userName', () => {
  it.each([
    ['jdoe@example.com', ['x@example.com'], 'jdoe@example.com'],
    ['jdoe', ['x@example.com', 'y@example.com'], 'x@example.com'],
    ['jdoe', ['none', 'y@example.com'], 'y@example.com'],
    ['jdoe', [], undefined],
  ])('%s with %j is %s', (userName, emails, wanted) => {
    expect(desiredUserName(idp(1, { userName, emails }))).toBe(wanted);
  });
});

describe('role', () => {
  it.each([
    [[], undefined],
    [['Unmapped'], undefined],
    [['Sales'], 'MEMBER'],
    [['Sales', 'Lite'], 'role-ids=[208]'],
    [['Lite', 'Other'], 'role-ids=[11]'],
    [['Lite', 'Admins', 'Sales'], 'ADMIN'],
    [['Boss'], undefined],
    [['Boss', 'Sales'], 'MEMBER'],
    [['Odd'], undefined],
    [['constructor', '__proto__', 'toString'], undefined],
  ])('groups %j give %s', (groups, role) => {
    expect(mappedRole(groups, policy({ roles }))).toBe(role);
  });

  it('of a new seat is the default where no group is mapped, and never OWNER', () => {
    const create = (groups: readonly string[], fallback: string): string | undefined => {
      const rules = policy({ roles: { ...roles, default: fallback } });
      return valuesToCreate(desiredOf(person(1, { idp: idp(1, { groups }) }), rules, everybody), rules).role;
    };
    expect(create([], 'MEMBER')).toBe('MEMBER');
    expect(create([], 'role-ids=[208]')).toBe('role-ids=[208]');
    expect(create([], 'OWNER')).toBe('MEMBER');
    expect(create(['Admins'], 'MEMBER')).toBe('ADMIN');
  });
});

describe('desired values', () => {
  const who = person(1, {
    idp: idp(1, { phone: ' ', title: 'ignored' }),
    hr: hr(1, {
      given: 'Legal',
      preferred: 'Pref',
      family: 'Hr',
      phone: '+1 555',
      locale: 'de',
      workEmail: 'hr@example.com',
    }),
  });

  it('come from the first source with an opinion', () => {
    const desired = desiredOf(who, policy(), everybody);
    expect(desired.values).toEqual({
      userName: 'given1.family1@example.com',
      email: 'given1.family1@example.com',
      displayName: 'Given1 Family1',
      givenName: 'Given1',
      familyName: 'Family1',
      phone: '+1 555',
      locale: 'de',
    });
    expect(desired.origins).toMatchObject({ displayName: 'idp', phone: 'hr:hr', locale: 'hr:hr' });
  });

  it('leave out a source without a vote', () => {
    expect(desiredOf(who, policy(), (source) => source === 'idp').values).not.toHaveProperty('phone');
    expect(desiredOf(who, policy(), (source) => source !== 'idp').values).toEqual({
      email: 'hr@example.com',
      displayName: 'Pref Hr',
      givenName: 'Pref',
      familyName: 'Hr',
      phone: '+1 555',
      locale: 'de',
    });
  });

  it('make a display name for a new seat out of what there is', () => {
    const named = (over: Parameters<typeof idp>[1]): string | undefined => {
      const bare = without(idp(1), 'displayName', 'given', 'family');
      return valuesToCreate(desiredOf(person(1, { idp: { ...bare, ...over } }), policy(), everybody), policy())
        .displayName;
    };
    expect(named({ given: 'Ada' })).toBe('Ada');
    expect(named({ given: 'Ada', family: 'Byron' })).toBe('Ada Byron');
    expect(named({})).toBe('given1.family1@example.com');
  });
});
