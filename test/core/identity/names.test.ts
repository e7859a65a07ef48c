import { describe, expect, it } from '@jest/globals';
import { emailKey, isEmail } from '../../../src/core/identity/email.ts';
import { nameKey } from '../../../src/core/identity/names.ts';
import { createProtection } from '../../../src/core/identity/protection.ts';
import { account, mail } from '../builders.ts';

describe('names', () => {
  it.each([
    ['José Núñez', 'jose nunez'],
    ['Núñez, José', 'jose nunez'],
    ['  JOSÉ   nunez ', 'jose nunez'],
    ['Cher', undefined],
    ['', undefined],
    ['Sales Sales', undefined],
    ['Liam O’Rourke', 'liam o rourke'],
    ['Nguyễn Thị Ánh', 'anh nguyen thi'],
    ['山田 太郎', '太郎 山田'],
  ])('%s is %s', (text, key) => {
    expect(nameKey(text)).toBe(key);
  });
});

describe('addresses', () => {
  it.each(['a@example.org', 'a.b+c@sub.example.com'])('%s is one', (value) => expect(isEmail(value)).toBe(true));
  it.each(['', 'a', '@b.co', 'a@', 'a@b', 'a@.b', 'a@b.', 'a@b@example.com', 'a b@example.com', 'a@b .co'])(
    '"%s" is none',
    (value) => expect(isEmail(value)).toBe(false),
  );

  it('folds and trims', () => {
    expect(emailKey(' Ä.B@Example.COM ')).toBe('ä.b@example.com');
    expect(emailKey('jdoe')).toBeUndefined();
    expect(emailKey(undefined)).toBeUndefined();
  });
});

describe('protection', () => {
  const protect = createProtection([' 1004 ', 'GIVEN5.family5@example.com']);

  it.each([
    ['a bot', account(1, { bot: true })],
    ['the OWNER by role', account(2, { roles: ['OWNER'] })],
    ['the OWNER by value', account(3, { plus: { role: 'owner' } })],
    ['a listed id', account(4)],
    ['a listed userName', account(5)],
    ['a listed e-mail', account(6, { plus: { email: mail(5) } })],
  ])('keeps hands off %s', (_, there) => {
    expect(protect(there)).toMatch(/\.$/);
  });

  it('lets any other be planned for', () => {
    expect(protect(account(7, { roles: ['ADMIN'] }))).toBeNull();
  });
});
