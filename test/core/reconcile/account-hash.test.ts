import { describe, expect, it } from '@jest/globals';
import type { Account } from '../../../src/core/identity/account.ts';
import { type HashScope, accountHash } from '../../../src/core/reconcile/account-hash.ts';
import { account } from '../builders.ts';

const scopes: readonly HashScope[] = ['all', 'update', 'rename', 'role'];

function changed(by: Account): readonly HashScope[] {
  const hash = (text: string): string => text;
  return scopes.filter((scope) => accountHash(by, hash, scope) !== accountHash(account(1), hash, scope));
}

describe('account hash', () => {
  it.each<[string, Account, readonly HashScope[]]>([
    ['nothing', account(1), []],
    ['the case of an address', account(1, { plus: { userName: 'GIVEN1.family1@Example.com' } }), []],
    ['blanks in a name', account(1, { plus: { displayName: ' Given1  Family1' } }), []],
    ['the order of roles', account(1, { roles: ['MEMBER'] }), []],
    ['a name', account(1, { plus: { displayName: 'Other' } }), ['all', 'update']],
    ['a phone that was blank', account(1, { plus: { phone: '+1 555' } }), ['all', 'update']],
    ['the userName', account(1, { plus: { userName: 'other@example.com' } }), ['all', 'rename']],
    ['the role', account(1, { roles: ['ADMIN'], plus: { role: 'ADMIN' } }), ['all', 'role']],
    ['active', account(1, { active: false }), scopes],
  ])('changes with %s', (_, by, expected) => {
    expect(changed(by)).toEqual(expected);
  });
});
