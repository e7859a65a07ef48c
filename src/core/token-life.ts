const DAY = 86_400_000;
const UNUSED_DAYS = 90;

/** The most urgent one. A token that ends unseen stops provisioning, and nobody notices until a leaver keeps a seat. */
export const TOKEN_WARNINGS = [
  'expired',
  'expires_within_3_days',
  'expires_within_14_days',
  'expires_within_30_days',
  'unused_for_90_days',
] as const;

export type TokenWarning = (typeof TOKEN_WARNINGS)[number];

interface TokenDates {
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly revokedAt?: string;
  readonly lastUsedAt?: string;
}

/** Whole days that are left, below zero once it has ended. */
export function daysLeft(expiresAt: string, now: string): number {
  return Math.floor((Date.parse(expiresAt) - Date.parse(now)) / DAY);
}

/** Null for a revoked token: nobody waits for it. */
export function tokenWarning(token: TokenDates, now: string): TokenWarning | null {
  if (token.revokedAt !== undefined) return null;
  const left = Date.parse(token.expiresAt) - Date.parse(now);
  if (left <= 0) return 'expired';
  if (left <= 3 * DAY) return 'expires_within_3_days';
  if (left <= 14 * DAY) return 'expires_within_14_days';
  if (left <= 30 * DAY) return 'expires_within_30_days';
  const used = Date.parse(token.lastUsedAt ?? token.createdAt);
  return Date.parse(now) - used >= UNUSED_DAYS * DAY ? 'unused_for_90_days' : null;
}

/**
 * Of each audience and subject the token that lasts longest, soonest end first: when it ends, the connection ends with it.
 * One that was rotated, and ends for that reason, has a successor and is not among them.
 */
export function lastOfEach<
  T extends TokenDates & { readonly id: string; readonly audience: string; readonly subject: string },
>(tokens: readonly T[]): readonly T[] {
  const last = new Map<string, T>();
  for (const token of tokens) {
    if (token.revokedAt !== undefined) continue;
    const connection = JSON.stringify([token.audience, token.subject]);
    const known = last.get(connection);
    if (known === undefined || known.expiresAt < token.expiresAt) last.set(connection, token);
  }
  return [...last.values()].sort((a, b) => (a.expiresAt < b.expiresAt ? -1 : a.expiresAt > b.expiresAt ? 1 : 0));
}
