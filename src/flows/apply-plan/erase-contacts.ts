import { fold } from '../../core/fold.ts';
import { callOnce, isPaused, mayHaveHappened, refused, stale, type Ending, type Work } from './work.ts';

const STEP = 'erase';

/**
 * A privacy deletion: every contact of one e-mail, and every agent that has it (Drift API notes 2.8). So nobody may have it
 * when the call goes out: the stored agents are asked, and then Drift's own lists, right before.
 */
export async function eraseContacts(work: Work): Promise<Ending> {
  const { drift, change, store } = work;
  const { email } = change.draft.before;
  if (email === undefined)
    return work.finish('failed', { code: 'failed.no_email', detail: 'The change names no e-mail.' });
  // Drift erases in its own time, so no read tells whether the call arrived; it is neither repeated nor called done.
  if (mayHaveHappened(work, STEP)) return unsure(work);
  if ((await work.confirm('erase')) === null || (await isPromised(work, email)) || (await drift.hasAgent(email))) {
    return work.finish(...stale('agent_email', "The e-mail is an agent's by now; nobody is erased with it."));
  }
  if (!(await store.write(async (tx) => tx.plans.checked(change.id, change.fence)))) return 'lost';
  const effect = await callOnce(work, STEP, () =>
    drift.eraseContacts(email, { changeId: change.id, fence: change.fence }),
  );
  if (effect === 'lost') return 'lost';
  if (effect.kind === 'unknown') return unsure(work);
  if (effect.kind === 'refused') {
    return effect.code === 'firewall' && (await isPaused(work))
      ? work.finish('approved', { code: 'waiting.paused', detail: 'It was paused right before the call.' })
      : work.finish(...refused(effect));
  }
  return work.finish('done', { code: 'done', detail: 'Drift took the request and erases in its own time.' });
}

/** A seat with this address is being made right now, or may have been. */
async function isPromised({ store }: Work, email: string): Promise<boolean> {
  for (const plan of await store.plans.unfinished()) {
    for (const state of ['leased', 'unknown']) {
      const changes = await store.plans.changes(plan.id, { state, after: 0, limit: 1_000 });
      if (changes.some(({ draft }) => fold((draft.after.userName ?? '').trim()) === fold(email.trim()))) return true;
    }
  }
  return false;
}

function unsure(work: Work): Promise<Ending> {
  return work.finish('failed', {
    code: 'failed.unknown_erasure',
    detail:
      'The answer was lost: Drift may have taken the request. Look the contact up in a day, and ask again if it is there.',
  });
}
