import type { Account } from '../../core/identity/account.ts';
import { accountHash } from '../../core/reconcile/account-hash.ts';
import type { ChangeState } from '../../core/reconcile/plan.ts';
import type { ChangeOutcome } from '../plan-port.ts';
import { userNameHash } from '../world.ts';
import { stillOwned } from './hand-over.ts';
import {
  callOnce,
  heldByNow,
  isPaused,
  mayHaveHappened,
  refused,
  rest,
  stale,
  type Ending,
  type Work,
} from './work.ts';

const STEP = 'delete';
/** So many marks are looked at for one of a contact. */
const MOST_MARKS = 1_000;

/**
 * The one irreversible step. Everything that the approval rested on is read again right before the call: the agent is
 * as the plan saw it, the person still leaves, the handover is done, and nothing is owned any more.
 */
export async function removeAccount(work: Work): Promise<Ending> {
  const { drift, change, store } = work;
  const { accountId, personId } = change.draft;
  if (accountId === undefined) {
    return work.finish('failed', { code: 'failed.no_account', detail: 'The change names no account.' });
  }
  const known = (await store.accounts.find(accountId))?.account;
  if (mayHaveHappened(work, STEP) && isGone(await drift.readAccount(accountId, known))) {
    // A Drift that says 404 to everything has said nothing: only a list that is answered, without the seat, proves it.
    const listed = await drift.findAccounts(known?.values.userName ?? change.draft.before.userName ?? '');
    return listed.some(({ id }) => id === accountId)
      ? work.finish(...rest('Drift shows the seat in its list, and not by its id.'))
      : bury(work, accountId);
  }
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
  if (known?.restId === undefined) {
    return work.finish(
      ...stale('owner_unproven', 'Which id the agent has as an owner is not proven; what it owns cannot be told.'),
    );
  }
  work.owned.forget();
  const unseen = await notListable(work);
  if (unseen !== null) return work.finish(...unseen);
  const owned = await stillOwned(work, known.restId);
  if (owned.length > 0) {
    return work.finish(
      ...stale('still_owns', `${String(owned.length)} records still name this agent as owner; the seat stays.`),
    );
  }
  // Listing what an organisation owns may take minutes: everything else is looked at after it, right before the call.
  const objection = await lastLook(work, accountId, known);
  if (objection !== null) return work.finish(...objection);
  if (!(await store.write(async (tx) => tx.plans.checked(change.id, change.fence)))) return 'lost';
  const effect = await callOnce(work, STEP, () =>
    drift.removeAccount(accountId, { changeId: change.id, fence: change.fence }),
  );
  if (effect === 'lost') return 'lost';
  if (effect.kind === 'unknown') {
    return work.finish(
      ...rest(`The answer of the delete was lost (${effect.code}); it is read back after the settle window.`),
    );
  }
  if (effect.kind === 'refused' && effect.status !== 404) {
    // Paused between the last look and the call: the firewall held it, and it waits to be resumed.
    return effect.code === 'firewall' && (await isPaused(work))
      ? work.finish('approved', { code: 'waiting.paused', detail: 'It was paused right before the call.' })
      : work.finish(...refused(effect));
  }
  if (!isGone(await drift.readAccount(accountId, known))) return work.finish(...rest('Drift still shows the seat.'));
  return bury(work, accountId);
}

/** The seat is what SCIM shows; whether a removed agent stays readable in REST is unknown (Drift API notes 2.2, 4.3). */
function isGone(account: Account | null): account is null {
  return account === null || !account.views.scim;
}

/**
 * What was approved rests on what could be listed then. A part that is not shown any more proves nothing, and neither do
 * contacts that somebody told of and nobody has looked at since.
 */
async function notListable({ owned, drift, store }: Work): Promise<[ChangeState, ChangeOutcome] | null> {
  const { companies, contacts } = await owned.list(drift);
  const complete = (await store.accounts.latestSnapshot())?.complete;
  const lost =
    (companies === null && complete?.companies !== false) || (contacts === null && complete?.contacts !== false);
  if (lost)
    return stale('not_listable', 'Drift does not list any more what agents own; look at the doctor and plan again.');
  if (contacts !== null) return null;
  const marked = (await store.marks.list(MOST_MARKS)).some(({ kind }) => kind === 'contact');
  return marked ? stale('contacts_marked', 'Contacts changed since Drift was observed; plan again.') : null;
}

/** As the plan saw it, not protected, still due to leave, and within every gate that this approval does not override. */
async function lastLook(
  work: Work,
  accountId: string,
  known: Account | undefined,
): Promise<[ChangeState, ChangeOutcome] | null> {
  const { drift, change } = work;
  const account = await drift.readAccount(accountId, known);
  if (isGone(account)) return stale('account_gone', 'The agent has no seat in Drift any more.');
  if (account.bot || account.roles.includes('OWNER')) {
    return ['failed', { code: 'failed.protected', detail: 'The agent is protected.' }];
  }
  const { hash } = change.draft.expected;
  if (hash !== undefined && accountHash(account, (text) => work.crypto.hash(text), 'all') !== hash) {
    return stale('account_changed', 'The agent was changed in Drift after the plan was made.');
  }
  const draft = await work.confirm('deprovision');
  if (draft === null) return stale('no_longer_leaving', 'The person is not due to leave any more.');
  return heldByNow(work, draft);
}

/** Proof of absence was read: tombstone, link and account in the transaction of the ending. */
async function bury(work: Work, accountId: string): Promise<Ending> {
  const { change, clock, crypto, store } = work;
  const at = clock.now();
  const { personId, before } = change.draft;
  const userName = (await store.accounts.find(accountId))?.account.values.userName ?? before.userName ?? accountId;
  return work.finish('verified', { code: 'done', detail: 'removed, absence proven', accountId }, async (tx) => {
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
