import type { Account } from '../../core/identity/account.ts';
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
  const { change, store } = work;
  const handover = change.draft.handover;
  if (handover === undefined)
    return work.finish('failed', { code: 'failed.no_handover', detail: 'The change names no receiver.' });
  const [from, to] = await Promise.all([handover.from, handover.to].map((id) => agentNow(work, id)));
  if (from?.restId === undefined || !from.views.scim)
    return work.finish(...stale('account_gone', 'The leaver cannot be read as an owner any more.'));
  if (to?.restId === undefined || !to.views.scim || !to.active || to.bot)
    return work.finish(...stale('receiver_gone', 'The receiver is not an active agent any more.'));
  const owned = await stillOwned(work, from.restId);
  for (const [index, item] of owned.entries()) {
    if (index % LOOK_UP_EVERY === 0) {
      const stop = await reasonToStop(work, index === 0 ? to : await agentNow(work, handover.to));
      if (stop !== null) return work.finish(...stop);
    }
    if (triesOf(work, item.step) >= MAX_TRIES) continue;
    work.owned.forget();
    const effect = await callOnce(work, item.step, () => item.assign(to.restId ?? ''));
    if (effect === 'lost') return 'lost';
    if (effect.kind === 'ok') await store.write((tx) => item.moved(tx, to.restId ?? ''));
  }
  const left = await stillOwned(work, from.restId);
  if (left.length === 0)
    return work.finish('verified', {
      code: 'done',
      detail: await proof(work),
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

/** What the last listing proves; what an organisation cannot show is not claimed. */
async function proof({ owned, drift }: Work): Promise<string> {
  const { companies, contacts } = await owned.list(drift);
  const hidden = [...(companies === null ? ['accounts'] : []), ...(contacts === null ? ['contacts'] : [])];
  return hidden.length === 0
    ? 'everything handed over, zero owned proven'
    : `everything known handed over; not listable: ${hidden.join(', ')}`;
}

/** One call where the store knows the id that owners have, else both views. */
async function agentNow({ drift, store }: Work, accountId: string): Promise<Account | null> {
  const known = (await store.accounts.find(accountId))?.account;
  return drift.readAccount(accountId, known?.restId === undefined ? undefined : known);
}

async function reasonToStop(work: Work, to: Account | null): Promise<ReturnType<typeof rest> | null> {
  if (to?.views.scim !== true || !to.active) {
    return stale('receiver_gone', 'The receiver is not an active agent any more; the rest stays where it is.');
  }
  if (await work.store.events.isTenantPaused()) return rest('The tenant is paused; the handover goes on afterwards.');
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
  const { companies, contacts } = await work.owned.list(drift);
  const known = companies === null || contacts === null ? await work.store.accounts.ownedOf(ownerRestId) : null;
  const ownedCompanies =
    companies === null
      ? await stillNaming(ownerRestId, known?.companies ?? [], (id) => drift.readCompany(id))
      : companies.filter((company) => !company.deleted && company.ownerId === ownerRestId).map(({ id }) => id);
  const ownedContacts =
    contacts === null
      ? await stillNaming(ownerRestId, known?.contacts ?? [], (id) => drift.readContact(id))
      : contacts.filter((contact) => contact.ownerId === ownerRestId).map(({ id }) => id);
  return [
    ...ownedCompanies.map((id): Owned => ({
      step: `company:${id}`,
      assign: (to) => drift.assignCompany(id, to),
      moved: (tx, to) => tx.accounts.setCompanyOwner(id, to),
    })),
    ...ownedContacts.map((id): Owned => ({
      step: `contact:${id}`,
      assign: (to) => drift.assignContact(id, to),
      moved: (tx, to) => tx.accounts.setContactOwner(id, to),
    })),
  ];
}

/** What cannot be listed: the records that we know of, each re-read. */
async function stillNaming(
  ownerRestId: string,
  ids: readonly string[],
  read: (id: string) => Promise<{ readonly ownerId?: string; readonly deleted?: boolean } | null>,
): Promise<readonly string[]> {
  const still: string[] = [];
  for (const id of ids) {
    const record = await read(id);
    if (record?.ownerId === ownerRestId && record.deleted !== true) still.push(id);
  }
  return still;
}
