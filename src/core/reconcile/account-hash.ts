import type { Account } from '../identity/account.ts';
import { ATTRIBUTE_RULES } from '../identity/attributes.ts';
import { canonicalText } from './canonical.ts';
import { actualOf } from './compare.ts';

/**
 * What a precondition covers: the whole account (handover, deprovision, verification), or only what a change of that
 * kind writes. An update, a rename and a role change of one account are thus independent: applying one, or leaving one
 * held, does not make the others of the plan stale.
 */
export type HashScope = 'all' | 'update' | 'rename' | 'role';

/** Hash of what the account shows now, after each attribute's normaliser: equal text, equal hash. */
export function accountHash(account: Account, hash: (text: string) => string, scope: HashScope): string {
  const values: Record<string, string> = {};
  for (const { name, op, normalise } of ATTRIBUTE_RULES) {
    const value = actualOf(account, name);
    if (value !== undefined && (scope === 'all' || op === scope)) values[name] = normalise(value);
  }
  return hash(
    canonicalText({
      scope,
      id: account.id,
      active: account.active,
      values,
      ...(scope === 'all' || scope === 'role' ? { roles: account.roles.toSorted() } : {}),
    }),
  );
}
