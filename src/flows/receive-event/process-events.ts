import { readCapabilities } from '../../core/capabilities.ts';
import { DomainError } from '../../core/errors.ts';
import type { PendingEvent } from '../event-port.ts';
import type { Job, JobResult } from '../job-port.ts';
import type { Mark } from '../mark-port.ts';
import type { Aggregates, Clock, Crypto, Log, Store, TenantStore } from '../ports.ts';
import { EVENT_TYPES } from './catalogue.ts';

/** Events of one transaction: some milliseconds. */
const SLICE = 50;
/** Milliseconds. A sender that repeats what was not taken gives up long before (Standard Webhooks: 76 hours). */
const KEPT = 7 * 86_400_000;
/** Events of a tenant that are kept; more go before their time, the oldest first. */
const MOST_KEPT = 100_000;
const PURGE_SLICE = 1000;
/** Milliseconds after which it is looked once more: an event whose transaction ended just behind the last look. */
const AGAIN = 2000;
const HOUR = 3_600_000;
/** So often a whole slice is tried before its events go one by one. */
const PATIENCE = 4;

/** Setting: when the app was disconnected last, for whoever asks why the tenant is paused. */
const DISCONNECTED_AT = 'drift.disconnected_at';

interface Outcome {
  readonly state: 'done' | 'ignored';
  readonly why: string | null;
}

/**
 * The handler of jobs of kind `event`: gives every pending event of the tenant its effect, each in the transaction that
 * ends the event, so that it has one effect whenever the process dies. Events are hints: what they name is marked, to be
 * read from Drift when it is next observed.
 */
export function createProcessEvents(ports: {
  readonly store: Store;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly log: Log;
  readonly mostKept?: number;
}): (job: Job) => Promise<JobResult> {
  const { store, clock, crypto, log, mostKept = MOST_KEPT } = ports;
  const after = (ms: number, from = clock.now()): string => new Date(Date.parse(from) + ms).toISOString();

  return async ({ tenantId, attempts }) => {
    const tenant = store.tenant(tenantId);
    let total = 0;
    for (;;) {
      const { count, paused, lost } = await settleSlice(tenant, tenantId, attempts);
      total += count;
      if (paused) log('error', 'drift.app_disconnected', { tenant: tenantId });
      if (lost > 0) log('warn', 'drift.marks_full', { tenant: tenantId, lost });
      if (count < SLICE) break;
    }
    const limits = { upTo: after(-KEPT), most: mostKept, slice: PURGE_SLICE };
    while (await tenant.write((tx) => tx.events.purge(limits)));
    await tenant.write(async (tx) => {
      if (total > 0) {
        await tx.jobs.enqueue({ kind: 'event', dedupeKey: 'events:again', payload: {}, runAt: after(AGAIN) });
      }
      const oldest = await tx.events.oldestSettled();
      if (oldest === null) return;
      const due = [after(KEPT, oldest), after(HOUR)].sort()[1] ?? after(HOUR);
      await tx.jobs.enqueue({ kind: 'event', dedupeKey: 'events:purge', payload: {}, runAt: due });
    });
    return { again: null };
  };

  /** One event that the store cannot take must not keep back those behind it: then they go one by one, and it is put aside. */
  async function settleSlice(tenant: TenantStore, tenantId: string, attempts: number): Promise<Slice> {
    try {
      return await tenant.write((tx) => settleSome(tx, tenantId, SLICE));
    } catch (error) {
      if (error instanceof DomainError || attempts < PATIENCE) throw error;
      log('error', 'drift.event_unreadable', { tenant: tenantId });
    }
    let total: Slice = { count: 0, paused: false, lost: 0 };
    for (let n = 0; n < SLICE; n += 1) {
      const one = await tenant
        .write((tx) => settleSome(tx, tenantId, 1))
        .catch((error: unknown) => {
          if (error instanceof DomainError) throw error;
          return tenant.write(async (tx): Promise<Slice> => {
            const ids = (await tx.events.pending(1)).map(({ id }) => id);
            await tx.events.settle(ids, { ...ignored('unreadable'), at: clock.now() });
            return { count: ids.length, paused: false, lost: 0 };
          });
        });
      if (one.count === 0) break;
      total = { count: total.count + one.count, paused: total.paused || one.paused, lost: total.lost + one.lost };
    }
    return total;
  }

  async function settleSome(tx: Aggregates, tenantId: string, most: number): Promise<Slice> {
    const events = await tx.events.pending(most);
    const at = clock.now();
    // The organisation that was pinned outlives the capabilities, which are measured anew with other credentials.
    const pinned = (await tx.settings.get('drift.organisation')) ?? '';
    const probed = readCapabilities(await tx.settings.get('drift.capabilities'))?.orgId ?? null;
    const ownOrg = pinned === '' ? probed : pinned;
    const mine = events.filter((event) => !isOfAnother(event, ownOrg));
    const notKept = await tx.marks.add(
      mine.flatMap(({ hints }) => hints.marks),
      at,
    );
    const lost = new Set(notKept.map(textOf));
    let paused = false;
    const settled = new Map<string, { readonly outcome: Outcome; readonly ids: string[] }>();
    for (const event of events) {
      const outcome = mine.includes(event) ? await effectOf(event) : ignored('other_org');
      const key = `${outcome.state} ${outcome.why ?? ''}`;
      const same = settled.get(key) ?? { outcome, ids: [] };
      same.ids.push(event.id);
      settled.set(key, same);
    }
    for (const { outcome, ids } of settled.values()) await tx.events.settle(ids, { ...outcome, at });
    return { count: events.length, paused, lost: lost.size };

    async function effectOf(event: PendingEvent): Promise<Outcome> {
      const { marks, whilePaused = false } = event.hints;
      switch (EVENT_TYPES.get(event.type)?.effect) {
        case undefined:
          return ignored('unknown_type');
        case 'nothing':
          return ignored('no_effect');
        case 'pause': {
          if (whilePaused || !(await tx.events.pauseTenant())) return ignored('already_paused');
          const data = { reason: 'app_disconnected', event: event.id };
          await tx.audit.append({ actor: 'system', kind: 'tenant.paused', subject: tenantId, data });
          await tx.settings.set(DISCONNECTED_AT, at);
          paused = true;
          return { state: 'done', why: 'tenant_paused' };
        }
        case 'erasure':
          await recordErasure(event);
          break;
        case 'mark':
      }
      if (marks.length === 0) return ignored('names_nothing');
      const isAnyKept = marks.some((mark) => !lost.has(textOf(mark)));
      return isAnyKept ? { state: 'done', why: 'marked' } : ignored('too_many_marks');
    }

    /** That it was asked for; what was asked for is named by id and keyed hash only. */
    async function recordErasure({ id, object, hints }: PendingEvent): Promise<void> {
      const emails = new Set(hints.marks.flatMap(({ by, key }) => (by === 'email' ? [key] : [])));
      await tx.audit.append({
        actor: 'system',
        kind: 'drift.erasure_requested',
        subject: object ?? id,
        data: {
          event: id,
          contacts: hints.marks.flatMap(({ kind, by, key }) => (kind === 'contact' && by === 'id' ? [key] : [])),
          emails: [...emails].map((email) => crypto.keyedHash(tenantId, `email:${email}`).slice(0, 32)),
        },
      });
    }
  }
}

interface Slice {
  readonly count: number;
  readonly paused: boolean;
  readonly lost: number;
}

const textOf = ({ kind, by, key }: Mark): string => `${kind} ${by} ${key}`;

const ignored = (why: string): Outcome => ({ state: 'ignored', why });

/** Every organisation that the event names must be ours; one that names none is proven by the app's token alone. */
function isOfAnother({ hints }: PendingEvent, ownOrg: string | null): boolean {
  return ownOrg !== null && hints.orgIds.some((id) => id !== ownOrg);
}
