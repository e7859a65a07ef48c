import type { Account } from '../identity/account.ts';
import {
  ATTRIBUTE_RULES,
  type AttributeName,
  type AttributeRule,
  type AttributeValues,
} from '../identity/attributes.ts';
import type { AttributeEntry, Verdict } from './entry.ts';

export interface Values {
  readonly desired: string | undefined;
  readonly baseline: string | undefined;
  readonly actual: string | undefined;
  /** We have written this account before, and read it back: a value that the baseline lacks was blank then. */
  readonly known: boolean;
  /** A view that shows the attribute was read: a missing value is blank, not unseen. */
  readonly shown: boolean;
}

/** Three-way verdict of one attribute. Total: every combination has one. */
export function verdictOf(
  rule: Pick<AttributeRule, 'strength' | 'normalise'>,
  { desired, baseline, actual, known, shown }: Values,
): Verdict {
  // Sent once, then the target's: Drift keeps what it has.
  if (rule.strength === 'ignore' || rule.strength === 'initial_only' || desired === undefined) return 'unmanaged';
  const same = (left: string | undefined, right: string | undefined): boolean =>
    left === undefined || right === undefined ? left === right : rule.normalise(left) === rule.normalise(right);
  if (same(desired, actual)) return baseline === undefined || same(baseline, actual) ? 'in_sync' : 'converged';
  if (actual === undefined && !shown) return 'not_comparable';
  if (rule.strength === 'if_blank') {
    if (actual !== undefined) return 'unmanaged';
    // Written once already and not shown: either Drift does not return it or somebody emptied it on purpose.
    return baseline === undefined ? 'pending' : 'not_comparable';
  }
  if (!known || (baseline === undefined && actual !== undefined)) return 'unattributed';
  if (same(actual, baseline)) return 'pending';
  return same(desired, baseline) ? 'drift' : 'conflict';
}

/** Every attribute of which anything is known, in the order of the attribute table. */
export function compareAttributes(input: {
  readonly desired: AttributeValues;
  /** Who said the desired value: `idp`, `hr:<feed>`. */
  readonly origins: Readonly<Partial<Record<AttributeName, string>>>;
  readonly baseline: AttributeValues | undefined;
  readonly account: Account;
}): readonly AttributeEntry[] {
  const { account, baseline } = input;
  return ATTRIBUTE_RULES.flatMap((rule): readonly AttributeEntry[] => {
    const desired = input.desired[rule.name];
    const before = baseline?.[rule.name];
    const actual = actualOf(account, rule.name);
    if (desired === undefined && before === undefined && actual === undefined) return [];
    const verdict = verdictOf(rule, {
      desired,
      baseline: before,
      actual,
      known: baseline !== undefined,
      shown: rule.shownBy.some((view) => account.views[view]),
    });
    const attribution = attributionOf(verdict, input.origins[rule.name] ?? 'source');
    return [
      {
        name: rule.name,
        ...(desired === undefined ? {} : { desired }),
        ...(before === undefined ? {} : { baseline: before }),
        ...(actual === undefined ? {} : { actual }),
        verdict,
        ...(attribution === undefined ? {} : { attribution }),
      },
    ];
  });
}

/** A role is what the account shows as its one role; several are left as they are and compared as a whole. */
export function actualOf(account: Account, name: AttributeName): string | undefined {
  const value = account.values[name] ?? (name === 'role' ? account.roles.toSorted().join(' ') : undefined);
  return value === '' ? undefined : value;
}

function attributionOf(verdict: Verdict, origin: string): string | undefined {
  switch (verdict) {
    case 'pending':
      return origin;
    case 'drift':
      return 'outside change';
    case 'conflict':
      return `${origin} and an outside change`;
    case 'converged':
      return 'an outside change that agrees';
    case 'unattributed':
      return 'first contact: nobody can say';
    case 'in_sync':
    case 'not_comparable':
    case 'unmanaged':
      return undefined;
  }
}
