import type { AttributeValues } from '../../core/identity/attributes.ts';
import type { Account } from '../../core/identity/account.ts';
import { accountHash } from '../../core/reconcile/account-hash.ts';
import { judgeOutcome } from '../../core/reconcile/outcome.ts';
import type { ChangeOp } from '../../core/reconcile/plan.ts';
import type { Effect } from '../drift-port.ts';
import {
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
  const account = await drift.readAccount(accountId);
  if (account === null) return work.finish(...stale('account_gone', 'The agent is not in Drift any more.'));
  if (shows(op, account, after)) {
    const how = mayHaveHappened(work, change.op) ? 'applied' : 'Drift already had it';
    return work.finish('done', { code: 'done', detail: how, accountId }, (tx) => keep(tx, account, after, clock.now()));
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
  if (change.op === 'rename' && after.userName !== undefined && (await drift.findAccounts(after.userName)).length > 0) {
    return work.finish(...stale('name_taken', 'Another agent has that userName now.'));
  }
  const effect = await callOnce(work, change.op, () => send(work, accountId, after));
  if (effect === 'lost') return 'lost';
  if (effect.kind === 'unknown')
    return work.finish(...rest(`The answer was lost (${effect.code}); it is read back after the settle window.`));
  if (effect.kind === 'refused') return work.finish(...refused(effect));
  const now = await drift.readAccount(accountId);
  if (now === null) return work.finish(...rest('The agent cannot be read after the change.'));
  // Drift may show a value in its own form (a lower-cased address): what is read back is the baseline then.
  if (!shows(op, now, after) && shows(op, now, change.draft.before))
    return work.finish(...rest('Drift does not show the change yet.'));
  return work.finish('done', { code: 'done', detail: 'applied', accountId }, (tx) => keep(tx, now, after, clock.now()));
}

function kindOf(op: ChangeOp): 'update' | 'rename' | 'role' {
  return op === 'rename' || op === 'role' ? op : 'update';
}

function send(work: Work, accountId: string, after: AttributeValues): Promise<Effect<Account>> {
  const { drift, change } = work;
  if (change.op === 'rename') return drift.renameAccount(accountId, after.userName ?? '');
  if (change.op === 'role') return drift.setRole(accountId, after.role ?? '');
  return drift.replaceAccount(accountId, after);
}

function shows(op: 'update' | 'rename' | 'role', account: Account, sent: AttributeValues): boolean {
  return judgeOutcome({ op, answered: 'ok', settled: true, before: {}, sent, account }).kind === 'done';
}
