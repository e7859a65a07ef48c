import { fold } from '../fold.ts';
import type { Account, OwnedCounts } from '../identity/account.ts';
import type { Policy } from '../reconcile/policy.ts';

/** What one receiver gets: companies, and the contacts that go with them. */
export interface Share {
  readonly to: Account;
  readonly accounts: number;
  readonly contacts: number;
}

export type HandoverChoice =
  | { readonly kind: 'nothing_owned' }
  | { readonly kind: 'chosen'; readonly rule: string; readonly shares: readonly Share[] }
  /** Nobody may receive: the leaver keeps the seat, because customers are never left without an owner. */
  | { readonly kind: 'blocked'; readonly reasons: readonly string[] };

/**
 * Who gets what a leaver owns: the leaver's named successor, else the agent that the policy names. One receiver takes
 * everything, so no company is split from its contacts. A named receiver that cannot take it blocks: falling back to
 * somebody else would be a silent decision about customers.
 */
export function chooseReceiver(input: {
  readonly from: Account;
  readonly owned: OwnedCounts;
  readonly rules: Policy['handover'];
  /** Accounts with that id, userName or e-mail. */
  readonly find: (name: string) => readonly Account[];
  /** Why an account may not be given anything, as the end of a sentence; null if it may. */
  readonly unfit: (account: Account) => string | null;
}): HandoverChoice {
  const { from, owned, rules } = input;
  // Ownership is written with the REST id: without proof that it is this agent's, "owns nothing" proves nothing.
  if (from.restId === undefined) {
    return blocked('What the account owns cannot be proven: its REST id was not confirmed by the same e-mail.');
  }
  if (owned.accounts === 0 && owned.contacts === 0) return { kind: 'nothing_owned' };
  const successor = successorOf(from, rules.successors);
  const name = successor ?? rules.to;
  const owns = `It owns ${String(owned.accounts)} accounts and ${String(owned.contacts)} contacts`;
  if (name === undefined) return blocked(`${owns}, and the policy names nobody to receive them (handover.to).`);
  const rule = successor === undefined ? 'handover.to' : 'handover.successors';
  const found = input.find(name);
  const [to] = found;
  if (to === undefined) return blocked(`${owns}, and the receiver that ${rule} names is not in Drift.`);
  if (found.length > 1) return blocked(`${owns}, and ${rule} fits more than one account; name its id.`);
  const why = to.id === from.id ? 'is the leaver' : (unfitReceiver(to) ?? input.unfit(to));
  if (why !== null) return blocked(`${owns}, and the receiver that ${rule} names (account ${to.id}) ${why}.`);
  return { kind: 'chosen', rule, shares: [{ to, accounts: owned.accounts, contacts: owned.contacts }] };
}

function unfitReceiver(account: Account): string | null {
  if (account.bot) return 'is a bot';
  if (!account.active) return 'is not active';
  return account.restId === undefined ? 'has no confirmed REST id to own anything by' : null;
}

function successorOf(from: Account, successors: Policy['handover']['successors']): string | undefined {
  if (Object.hasOwn(successors, from.id)) return successors[from.id];
  const userName = from.values.userName;
  if (userName === undefined) return undefined;
  return Object.entries(successors).find(([leaver]) => fold(leaver.trim()) === fold(userName.trim()))?.[1];
}

function blocked(reason: string): HandoverChoice {
  return { kind: 'blocked', reasons: [reason] };
}
