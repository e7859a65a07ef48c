import {
  sameValues,
  beingErased,
  callOnce,
  keep,
  mayHaveHappened,
  refused,
  rest,
  stale,
  type Ending,
  type Work,
} from './work.ts';
import { userNameHash } from '../world.ts';
import type { Account } from '../../core/identity/account.ts';

const STEP = 'create';

/** Creates a seat exactly once: looked up first, and read back before any second try. */
export async function createAccount(work: Work): Promise<Ending> {
  const { drift, change } = work;
  const userName = change.draft.after.userName;
  if (userName === undefined)
    return work.finish('failed', { code: 'failed.no_user_name', detail: 'The person has no e-mail to sign in with.' });
  const before = mayHaveHappened(work, STEP);
  const found = await drift.findAccounts(userName);
  const [first] = found;
  if (found.length > 1) {
    return work.finish('failed', {
      code: 'failed.duplicate',
      detail: `${String(found.length)} agents have this userName; resolve by hand.`,
    });
  }
  if (first !== undefined) {
    return before
      ? adopt(work, first, 'verified')
      : work.finish(...stale('account_exists', 'An agent with this userName exists now; the next run links it.'));
  }
  const draft = await work.confirm('create');
  if (draft === null || !sameValues(draft.after, change.draft.after))
    return work.finish(
      ...stale(
        'no_longer_wanted',
        'The person does not want this seat any more, has one, or the sources say something else by now.',
      ),
    );
  const erasing = await beingErased(work, userName);
  if (erasing !== null) return work.finish(...erasing);
  const effect = await callOnce(work, STEP, () => drift.createAccount(change.draft.after));
  if (effect === 'lost') return 'lost';
  if (effect.kind === 'unknown')
    return work.finish(
      ...rest(`The answer of the create was lost (${effect.code}); it is read back after the settle window.`),
    );
  if (effect.kind === 'refused') {
    const again = await drift.findAccounts(userName);
    if (effect.status === 409 && again.length === 0) {
      // Somebody else's create may not show yet: only a conflict that stands after the settle window is for good.
      const stands = work.attempts.some(({ step, outcome }) => step === STEP && outcome === 'refused');
      if (stands) return refuseForGood(work, userName, effect);
      return work.finish(...rest('Drift says conflict and shows nobody; it is asked again after the settle window.'));
    }
    return work.finish(...refused(effect));
  }
  if (work.readBack === 'list') return adopt(work, effect.value, 'done');
  const account = await drift.readAccount(effect.value.id, effect.value);
  return account?.views.scim === true ? adopt(work, account, 'verified') : adopt(work, effect.value, 'done');
}

/** The seat is ours: link, account and baseline are stored with the ending. */
async function adopt(work: Work, account: Account, state: 'done' | 'verified'): Promise<Ending> {
  const at = work.clock.now();
  const personId = work.change.draft.personId;
  const holder = (await work.store.people.links()).find((link) => link.accountId === account.id)?.personId;
  if (holder !== undefined && holder !== personId) {
    return work.finish('failed', {
      code: 'failed.linked_elsewhere',
      detail: 'The new seat is linked to somebody else.',
    });
  }
  return work.finish(state, { code: 'done', detail: 'created', accountId: account.id }, async (tx) => {
    await keep(tx, account, work.change.draft.after, at);
    // A run in between may have found the seat and linked it already.
    if (personId === undefined || holder !== undefined) return;
    await tx.people.link({
      personId,
      accountId: account.id,
      confidence: 1,
      rule: 'created',
      pinned: false,
      evidence: { change: work.change.id },
      decidedBy: 'bridge',
      at,
    });
  });
}

/** Nobody has that userName, and Drift still says conflict: it was deleted there once, and that is final. */
async function refuseForGood(
  work: Work,
  userName: string,
  effect: { readonly code: string; readonly detail: string },
): Promise<Ending> {
  const { change, clock, crypto, store } = work;
  const personId = change.draft.personId;
  return work.finish(
    'failed',
    {
      code: 'refused.reprovision',
      detail: `Drift refuses to create a user that was deleted there (${effect.code}); use another address or ask Drift.`,
    },
    async (tx) => {
      await tx.people.addTombstone({
        accountId: `refused:${change.id}`,
        ...(personId === undefined ? {} : { personId }),
        userNameHash: userNameHash(crypto, store.tenantId, userName),
        at: clock.now(),
        changeId: change.id,
      });
    },
  );
}
