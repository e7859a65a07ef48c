import type { Account } from '../identity/account.ts';
import { isOwner } from '../identity/protection.ts';
import { chooseReceiver } from '../ownership/handover.ts';
import { draftFor, expectedOf } from './draft.ts';
import type { DraftChange } from './plan.ts';
import type { World } from './world.ts';

/** What is asked for, before gates. */
export interface Planned {
  readonly drafts: readonly DraftChange[];
  /** Why something that was asked for is not planned. */
  readonly blocked: readonly string[];
}

/** The end of a seat: what it owns goes to somebody else first, then the one irreversible change. */
export function planRemoval(
  world: World,
  input: {
    readonly account: Account;
    /** Absent: nobody is linked to the seat. */
    readonly personId?: string;
    readonly reasons: readonly string[];
    /** Such an account receives nothing. */
    readonly isLeaving: (accountId: string) => boolean;
  },
): Planned {
  const { account, personId, isLeaving } = input;
  const contradiction = account.disagreements.find((name) => name === 'userName' || name === 'email');
  if (contradiction !== undefined) {
    return blocked(
      `Drift's two views contradict each other about ${contradiction}: nobody is removed on such a basis.`,
    );
  }
  const owned = world.ownedOf(account);
  const choice = chooseReceiver({
    from: account,
    owned,
    rules: world.input.policy.handover,
    find: (name) => {
      const byId = world.account(name.trim());
      return byId === undefined ? world.named(name) : [byId];
    },
    unfit: (to) => {
      if (isLeaving(to.id)) return 'is leaving itself';
      // The OWNER is touched by nothing, but may be given something where the policy names it.
      return world.protectionOf(to) === null || isOwner(to) ? null : 'is protected';
    },
  });
  if (choice.kind === 'blocked') return { drafts: [], blocked: choice.reasons };
  const contacts = owned.contactsListable
    ? `contacts: ${String(owned.contacts)} owned`
    : `contacts: not listable, ${String(owned.contacts)} known`;
  const accounts =
    owned.accountsListable === false
      ? `accounts: not listable, ${String(owned.accounts)} known`
      : `accounts: ${String(owned.accounts)} owned`;
  const reasons = [...input.reasons, `${accounts}; ${contacts}`];
  const expected = expectedOf(world, account, 'all');
  const handovers = (choice.kind === 'chosen' ? choice.shares : []).map((share): DraftChange => ({
    ...draftFor('handover', personId, account),
    handover: { from: account.id, to: share.to.id, accounts: share.accounts, contacts: share.contacts },
    expected,
    reasons: choice.kind === 'chosen' ? [`receiver: ${choice.rule}`, ...reasons] : reasons,
    calls: share.accounts + share.contacts,
  }));
  return {
    blocked: [],
    drafts: [
      ...handovers,
      { ...draftFor('deprovision', personId, account), before: account.values, expected, reasons },
    ],
  };
}

function blocked(reason: string): Planned {
  return { drafts: [], blocked: [reason] };
}
