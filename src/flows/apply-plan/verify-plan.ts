import { accountHash } from '../../core/reconcile/account-hash.ts';
import type { Account } from '../../core/identity/account.ts';
import type { DriftTarget } from '../drift-port.ts';
import type { Change } from '../plan-port.ts';
import type { Clock, Crypto, TenantStore } from '../ports.ts';
import { leastPages } from './read-back.ts';

/** Reads back every touched agent that its own step did not. Returns how many changes Drift does not show. */
export async function verifyPlan(
  store: TenantStore,
  planId: string,
  drift: DriftTarget,
  clock: Clock,
  crypto: Crypto,
): Promise<{ readonly diverged: number; readonly verified: number }> {
  const done = (await store.plans.changes(planId, { state: 'done', after: 0, limit: 1_000_000 })).filter(
    (change) => change.outcome?.accountId !== undefined,
  );
  if (done.length === 0) return { diverged: 0, verified: 0 };
  const listed =
    done.length > (await leastPages(store))
      ? new Map((await drift.listAccounts()).map((account) => [account.id, account]))
      : null;
  let diverged = 0;
  for (const change of done) {
    const accountId = change.outcome?.accountId ?? '';
    const kept = await store.accounts.find(accountId);
    const account =
      listed === null ? await drift.readAccount(accountId, kept?.account) : (listed.get(accountId) ?? null);
    if (!holds(change, account, kept?.account, crypto)) {
      diverged += 1;
      continue;
    }
    await store.write(async (tx) => {
      // What the list shows of it beyond what was written, the id of owners for one.
      if (account !== null) await tx.accounts.putAccount(account, kept?.baseline ?? null, clock.now());
      await tx.plans.moveChanges(planId, [change.id], ['done'], 'verified', clock.now());
    });
  }
  return { diverged, verified: done.length - diverged };
}

function holds(change: Change, account: Account | null, kept: Account | undefined, crypto: Crypto): boolean {
  if (change.op === 'deprovision') return account?.views.scim !== true;
  // A handover proved itself by a listing; its agent may be removed by now.
  if (change.op === 'handover') return true;
  if (account === null || kept === undefined) return false;
  const hash = (text: string): string => crypto.hash(text);
  return accountHash(kept, hash, 'all') === accountHash(account, hash, 'all');
}
