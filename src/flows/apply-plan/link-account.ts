import { stale, type Ending, type Work } from './work.ts';

/** No call: the person and the agent are tied together, and from the next run on they are compared. */
export async function linkAccount(work: Work): Promise<Ending> {
  const { store, change, clock } = work;
  const { personId, accountId, evidence } = change.draft;
  const [best] = evidence;
  if (personId === undefined || accountId === undefined) {
    return work.finish('failed', { code: 'failed.no_target', detail: 'The change names no person or no account.' });
  }
  const links = await store.people.links();
  if (links.some((link) => link.accountId === accountId || link.personId === personId)) {
    return work.finish(...stale('already_linked', 'One of the two was linked in the meantime.'));
  }
  if ((await store.accounts.find(accountId))?.present !== true)
    return work.finish(...stale('account_gone', 'The agent is not in Drift any more.'));
  const draft = await work.confirm('link');
  if (draft === null || draft.expected.hash !== change.draft.expected.hash) {
    return work.finish(...stale('no_longer_a_match', 'The evidence is not what it was when the plan was made.'));
  }
  return work.finish('verified', { code: 'done', detail: 'linked', accountId }, async (tx) => {
    await tx.people.link({
      personId,
      accountId,
      confidence: best?.confidence ?? 1,
      rule: best?.rule ?? 'plan',
      pinned: false,
      evidence,
      decidedBy: change.approvalId ?? 'policy',
      at: clock.now(),
    });
  });
}
