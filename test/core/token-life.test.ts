import { describe, expect, it } from '@jest/globals';
import { daysLeft, lastOfEach, tokenWarning } from '../../src/core/token-life.ts';

const DAY = 86_400_000;
const NOW = '2026-03-02T09:00:00.000Z';
const at = (ms: number): string => new Date(Date.parse(NOW) + ms).toISOString();

describe('a token', () => {
  it.each([
    [-1, 'expired'],
    [0, 'expired'],
    [1, 'expires_within_3_days'],
    [3 * DAY, 'expires_within_3_days'],
    [3 * DAY + 1, 'expires_within_14_days'],
    [14 * DAY, 'expires_within_14_days'],
    [14 * DAY + 1, 'expires_within_30_days'],
    [30 * DAY, 'expires_within_30_days'],
    [30 * DAY + 1, null],
  ])('that ends in %s ms is warned about with %s', (ms, warning) => {
    expect(tokenWarning({ createdAt: NOW, expiresAt: at(ms) }, NOW)).toBe(warning);
  });

  it('that nobody used for 90 days since its making or its last use is named', () => {
    const token = { createdAt: at(-90 * DAY), expiresAt: at(60 * DAY) };
    expect(tokenWarning(token, NOW)).toBe('unused_for_90_days');
    expect(tokenWarning({ ...token, createdAt: at(-90 * DAY + 1) }, NOW)).toBeNull();
    expect(tokenWarning({ ...token, lastUsedAt: at(-DAY) }, NOW)).toBeNull();
    expect(tokenWarning({ ...token, lastUsedAt: at(-90 * DAY) }, NOW)).toBe('unused_for_90_days');
    expect(tokenWarning({ ...token, expiresAt: at(DAY) }, NOW)).toBe('expires_within_3_days');
  });

  it('that was revoked is warned about no more', () => {
    expect(tokenWarning({ createdAt: NOW, expiresAt: at(-1), revokedAt: NOW }, NOW)).toBeNull();
  });

  it('has whole days left, below zero once it has ended', () => {
    expect([at(DAY), at(DAY - 1), at(1), at(0), at(-1)].map((end) => daysLeft(end, NOW))).toEqual([1, 0, 0, 0, -1]);
  });
});

it('a connection lasts as long as the last token of its subject and audience', () => {
  const token = (id: string, audience: string, subject: string, days: number, revokedAt?: string) => ({
    ...{ id, audience, subject, createdAt: NOW, expiresAt: at(days * DAY) },
    ...(revokedAt === undefined ? {} : { revokedAt }),
  });
  const tokens = [
    token('rotated', 'scim', 'okta', 1),
    token('successor', 'scim', 'okta', 180),
    token('revoked', 'scim', 'okta', 300, NOW),
    token('entra', 'scim', 'entra', -2),
    token('other audience', 'api', 'okta', 5),
  ];
  expect(lastOfEach(tokens).map(({ id }) => id)).toEqual(['entra', 'other audience', 'successor']);
});
