import type { Effect } from '../drift-port.ts';
import { callOnce, heldByNow, rest, stale, triesOf, type Ending, type Work } from './work.ts';

const MAX_TRIES = 3;
/** So many records move between two looks at whether the person still leaves and the plan still runs. */
const LOOK_UP_EVERY = 20;

/**
 * Gives everything that a leaver owns to the receiver that the plan names, one call each, and proves by a new listing
 * that nothing is left. Safe to begin again at any point: what is left is listed anew, never remembered.
 */
export async function handOver(work: Work): Promise<Ending> {
  const { drift, change, store } = work;
  const handover = change.draft.handover;
  if (handover === undefined)
    return work.finish('failed', { code: 'failed.no_handover', detail: 'The change names no receiver.' });
  const from = await drift.readAccount(handover.from);
  const to = await drift.readAccount(handover.to);
  if (from?.restId === undefined)
    return work.finish(...stale('account_gone', 'The leaver cannot be read as an owner any more.'));
  if (to?.restId === undefined || !to.active || to.bot)
    return work.finish(...stale('receiver_gone', 'The receiver is not an active agent any more.'));
  const owned = await stillOwned(work, from.restId);
  for (const [index, item] of owned.entries()) {
    if (index % LOOK_UP_EVERY === 0) {
      const stop = await reasonToStop(work);
      if (stop !== null) return work.finish(...stop);
    }
    if (triesOf(work, item.step) >= MAX_TRIES) continue;
    const effect = await callOnce(work, item.step, () => item.assign(to.restId ?? ''));
    if (effect === 'lost') return 'lost';
    if (effect.kind === 'ok') await store.write((tx) => item.moved(tx, to.restId ?? ''));
  }
  const left = await stillOwned(work, from.restId);
  if (left.length === 0)
    return work.finish('done', {
      code: 'done',
      detail: 'everything handed over, zero owned proven',
      accountId: handover.from,
    });
  const attempts = await store.plans.attempts(change.id);
  const stuck = left.filter((item) => attempts.filter(({ step }) => step === item.step).length >= MAX_TRIES);
  if (stuck.length > 0) {
    return work.finish('failed', {
      code: 'failed.still_owns',
      detail: `${String(left.length)} records could not be handed over; the leaver keeps the seat.`,
    });
  }
  return work.finish(...rest(`${String(left.length)} records still show the leaver as owner.`));
}

async function reasonToStop(work: Work): Promise<ReturnType<typeof rest> | null> {
  const draft = await work.confirm('handover', 'deprovision');
  if (draft === null) {
    return stale('no_longer_leaving', 'The person is not leaving any more; the rest stays where it is.');
  }
  const held = await heldByNow(work, draft);
  if (held !== null) return held;
  const state = (await work.store.plans.get(work.plan.id))?.state;
  return state === 'applying' ? null : rest(`The plan is ${state ?? 'gone'}; the handover goes on when it is resumed.`);
}

interface Owned {
  readonly step: string;
  readonly assign: (toRestId: string) => Promise<Effect<unknown>>;
  readonly moved: (tx: Parameters<Parameters<Work['store']['write']>[0]>[0], toRestId: string) => Promise<void>;
}

/** A complete listing of live accounts, and of the contacts that can be listed or are known, that name this owner. */
export async function stillOwned(work: Work, ownerRestId: string): Promise<readonly Owned[]> {
  const { drift } = work;
  const companies = await drift.listCompanies();
  const contacts = await drift.listContacts();
  const known =
    contacts === null
      ? await knownContacts(work, ownerRestId)
      : contacts.filter((contact) => contact.ownerId === ownerRestId).map(({ id }) => id);
  return [
    ...companies
      .filter((company) => !company.deleted && company.ownerId === ownerRestId)
      .map(({ id }): Owned => ({
        step: `company:${id}`,
        assign: (to) => drift.assignCompany(id, to),
        moved: (tx, to) => tx.accounts.setCompanyOwner(id, to),
      })),
    ...known.map((id): Owned => ({
      step: `contact:${id}`,
      assign: (to) => drift.assignContact(id, to),
      moved: (tx, to) => tx.accounts.setContactOwner(id, to),
    })),
  ];
}

/** Where contacts cannot be listed: those we know of, each re-read. */
async function knownContacts(work: Work, ownerRestId: string): Promise<readonly string[]> {
  const known = await work.store.accounts.ownedOf(ownerRestId);
  const still: string[] = [];
  for (const id of known.contacts) {
    const contact = await work.drift.readContact(id);
    if (contact?.ownerId === ownerRestId) still.push(id);
  }
  return still;
}
