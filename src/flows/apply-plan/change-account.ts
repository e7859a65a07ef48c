import type { AttributeValues } from '../../core/identity/attributes.ts';
import type { Account } from '../../core/identity/account.ts';
import { accountHash } from '../../core/reconcile/account-hash.ts';
import { judgeOutcome } from '../../core/reconcile/outcome.ts';
import type { ChangeOp } from '../../core/reconcile/plan.ts';
import type { Effect } from '../drift-port.ts';
import {
  beingErased,
  sameValues,
  callOnce,
  keep,
  mayHaveHappened,
  refused,
  rest,
  stale,
  triesOf,
  type Ending,
  type Work,
} from './work.ts';

/** A value that Drift took but does not show after this many calls will not stick. */
const MAX_TRIES = 3;

/** Profile (PUT of the whole resource), rename in place, or role: all of them name the state they expect. */
export async function changeAccount(work: Work): Promise<Ending> {
  const { drift, change, clock } = work;
  const { accountId, after, expected } = change.draft;
  if (accountId === undefined)
    return work.finish('failed', { code: 'failed.no_account', detail: 'The change names no account.' });
  const op = kindOf(change.op);
  const known = await work.store.accounts.find(accountId);
  const account = await drift.readAccount(accountId, known?.account);
  if (account?.views.scim !== true)
    return work.finish(...stale('account_gone', 'The agent has no seat in Drift any more.'));
  if (shows(op, account, after)) {
    const how = mayHaveHappened(work, change.op) ? 'applied' : 'Drift already had it';
    return work.finish('verified', { code: 'done', detail: how, accountId }, (tx) =>
      keep(tx, account, after, clock.now()),
    );
  }
  if (expected.hash !== undefined && accountHash(account, (text) => work.crypto.hash(text), op) !== expected.hash) {
    return work.finish(...stale('account_changed', 'The agent was changed in Drift after the plan was made.'));
  }
  if (triesOf(work, change.op) >= MAX_TRIES) {
    return work.finish('failed', {
      code: 'failed.did_not_stick',
      detail: 'Drift took the change but does not show it.',
    });
  }
  const draft = await work.confirm(change.op);
  if (draft === null || !sameValues(draft.after, after)) {
    return work.finish(...stale('no_longer_wanted', 'The sources say something else since the plan was made.'));
  }
  const erasing = after.userName === undefined ? null : await beingErased(work, after.userName);
  if (erasing !== null) return work.finish(...erasing);
  const effect = await callOnce(work, change.op, () => send(work, account, after));
  if (effect === 'lost') return 'lost';
  if (effect.kind === 'unknown')
    return work.finish(...rest(`The answer was lost (${effect.code}); it is read back after the settle window.`));
  if (effect.kind === 'refused') return work.finish(...refused(effect));
  if (work.readBack === 'list' && shows(op, effect.value, after)) {
    return work.finish('done', { code: 'done', detail: 'applied', accountId }, (tx) =>
      keep(tx, effect.value, after, clock.now()),
    );
  }
  const now = await drift.readAccount(accountId, effect.value);
  if (now?.views.scim !== true) return work.finish(...rest('The agent cannot be read after the change.'));
  // Drift may show a value in its own form (a lower-cased address): what is read back is the baseline then.
  if (!shows(op, now, after) && shows(op, now, change.draft.before))
    return work.finish(...rest('Drift does not show the change yet.'));
  return work.finish('verified', { code: 'done', detail: 'applied', accountId }, (tx) =>
    keep(tx, now, after, clock.now()),
  );
}

function kindOf(op: ChangeOp): 'update' | 'rename' | 'role' {
  return op === 'rename' || op === 'role' ? op : 'update';
}

/** On top of the very resource that was checked: what is written is what was looked at. */
function send({ drift, change }: Work, seen: Account, after: AttributeValues): Promise<Effect<Account>> {
  if (change.op === 'rename') return drift.renameAccount(seen.id, after.userName ?? '', seen);
  if (change.op === 'role') return drift.setRole(seen.id, after.role ?? '', seen);
  return drift.replaceAccount(seen.id, after, seen);
}

function shows(op: 'update' | 'rename' | 'role', account: Account, sent: AttributeValues): boolean {
  return judgeOutcome({ op, answered: 'ok', settled: true, before: {}, sent, account }).kind === 'done';
}
