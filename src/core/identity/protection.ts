import { fold } from '../fold.ts';
import type { Account } from './account.ts';

/** Why nothing may touch the account, as a sentence; null when it may be planned for. */
export type ProtectionOf = (account: Account) => string | null;

/**
 * Bots, the OWNER and whatever the policy lists (account ids or userNames) are observed and reported, never matched into
 * a change (Drift API notes 4.6).
 */
export function createProtection(listed: readonly string[]): ProtectionOf {
  const names = new Set(listed.map((name) => fold(name.trim())));
  return (account) => {
    if (account.bot) return 'The account is a bot.';
    if (isOwner(account)) return 'The account is the OWNER of the organisation.';
    if (names.has(account.id)) return 'The policy protects this account.';
    for (const name of [account.values.userName, account.values.email]) {
      if (name !== undefined && names.has(fold(name.trim()))) return 'The policy protects this account.';
    }
    return null;
  };
}

export function isOwner(account: Account): boolean {
  return account.roles.includes('OWNER') || account.values.role?.trim().toUpperCase() === 'OWNER';
}
