import { accountHash } from '../../core/reconcile/account-hash.ts';
import type { Account } from '../../core/identity/account.ts';
import type { DriftTarget } from '../drift-port.ts';
import type { Change } from '../plan-port.ts';
import type { Clock, Crypto, TenantStore } from '../ports.ts';

/** Above this many, one listing costs fewer calls than reading each agent (two views, two calls). */
const LIST_ABOVE = 5;

/** Reads every touched agent once more. Returns how many changes Drift does not show any more. */
export async function verifyPlan(
  store: TenantStore,
  planId: string,
  drift: DriftTarget,
  clock: Clock,
  crypto: Crypto,
): Promise<number> {
  const done = (await store.plans.changes(planId, { state: 'done', after: 0, limit: 1_000_000 })).filter(
    (change) => change.outcome?.accountId !== undefined,
  );
  if (done.length === 0) return 0;
  const listed =
    done.length > LIST_ABOVE ? new Map((await drift.listAccounts()).map((account) => [account.id, account])) : null;
  let diverged = 0;
  for (const change of done) {
    const accountId = change.outcome?.accountId ?? '';
    const account = listed === null ? await drift.readAccount(accountId) : (listed.get(accountId) ?? null);
    const good = await holds(store, change, account, crypto);
    if (!good) diverged += 1;
    else await store.write((tx) => tx.plans.moveChanges(planId, [change.id], ['done'], 'verified', clock.now()));
  }
  return diverged;
}

async function holds(store: TenantStore, change: Change, account: Account | null, crypto: Crypto): Promise<boolean> {
  if (change.op === 'deprovision') return account?.views.scim !== true;
  // A handover proved itself by a listing; its agent may be removed by now.
  if (change.op === 'handover') return true;
  if (account === null) return false;
  const kept = await store.accounts.find(account.id);
  const hash = (text: string): string => crypto.hash(text);
  return kept !== null && accountHash(kept.account, hash, 'all') === accountHash(account, hash, 'all');
}
