import { accountHash } from '../../core/reconcile/account-hash.ts';
import { userNameHash } from '../world.ts';
import { stillOwned } from './hand-over.ts';
import { callOnce, mayHaveHappened, refused, rest, stale, type Ending, type Work } from './work.ts';

const STEP = 'delete';

/**
 * The one irreversible step. Everything that the approval rested on is read again right before the call: the agent is
 * as the plan saw it, the person still leaves, the handover is done, and nothing is owned any more.
 */
export async function removeAccount(work: Work): Promise<Ending> {
  const { drift, change, store } = work;
  const { accountId, expected, personId } = change.draft;
  if (accountId === undefined)
    return work.finish('failed', { code: 'failed.no_account', detail: 'The change names no account.' });
  const account = await drift.readAccount(accountId);
  if (account === null) {
    return mayHaveHappened(work, STEP)
      ? bury(work, accountId)
      : work.finish(...stale('account_gone', 'The agent is not in Drift any more.'));
  }
  if (account.bot || account.roles.includes('OWNER'))
    return work.finish('failed', { code: 'failed.protected', detail: 'The agent is protected.' });
  if (expected.hash !== undefined && accountHash(account, (text) => work.crypto.hash(text), 'all') !== expected.hash) {
    return work.finish(...stale('account_changed', 'The agent was changed in Drift after the plan was made.'));
  }
  if ((await work.confirm('deprovision')) === null)
    return work.finish(...stale('no_longer_leaving', 'The person is not due to leave any more.'));
  const handover = await handoverOf(work, personId);
  if (handover === 'under_way') {
    return work.finish('unknown', { code: 'waiting.handover', detail: 'Waits for the handover of this person.' });
  }
  if (handover === 'not_done') {
    return work.finish('skipped', {
      code: 'skipped.handover',
      detail: 'The handover of this person was not done; the seat stays.',
    });
  }
  const owned = await stillOwned(work, account.restId ?? account.id);
  if (owned.length > 0) {
    return work.finish(
      ...stale('still_owns', `${String(owned.length)} records still name this agent as owner; the seat stays.`),
    );
  }
  if (!(await store.write(async (tx) => tx.plans.checked(change.id, change.fence)))) return 'lost';
  const effect = await callOnce(work, STEP, () =>
    drift.removeAccount(accountId, { changeId: change.id, fence: change.fence }),
  );
  if (effect === 'lost') return 'lost';
  if (effect.kind === 'unknown')
    return work.finish(
      ...rest(`The answer of the delete was lost (${effect.code}); it is read back after the settle window.`),
    );
  if (effect.kind === 'refused' && effect.status !== 404) return work.finish(...refused(effect));
  if ((await drift.readAccount(accountId)) !== null) return work.finish(...rest('Drift still shows the agent.'));
  return bury(work, accountId);
}

/** Proof of absence was read: tombstone, link and account in the transaction of the ending. */
async function bury(work: Work, accountId: string): Promise<Ending> {
  const { change, clock, crypto, store } = work;
  const at = clock.now();
  const { personId, before } = change.draft;
  const userName = (await store.accounts.find(accountId))?.account.values.userName ?? before.userName ?? accountId;
  return work.finish('done', { code: 'done', detail: 'removed, absence proven', accountId }, async (tx) => {
    await tx.people.addTombstone({
      accountId,
      ...(personId === undefined ? {} : { personId }),
      userNameHash: userNameHash(crypto, store.tenantId, userName),
      at,
      changeId: change.id,
    });
    await tx.people.endLink(accountId, at);
    await tx.accounts.markAbsent(accountId, at);
  });
}

async function handoverOf(work: Work, personId: string | undefined): Promise<'done' | 'under_way' | 'not_done'> {
  const all = await work.store.plans.changes(work.plan.id, { op: 'handover', after: 0, limit: 1_000_000 });
  const states = all.filter((handover) => handover.draft.personId === personId).map(({ state }) => state);
  if (states.every((state) => state === 'done' || state === 'verified')) return 'done';
  return states.some((state) => ['approved', 'leased', 'unknown'].includes(state)) ? 'under_way' : 'not_done';
}
