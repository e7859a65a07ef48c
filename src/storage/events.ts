import { randomBytes } from 'node:crypto';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { DriftEvent, DriftEventState, EventHints, EventStore, WebhookAddresses } from '../flows/event-port.ts';
import type { Database } from './database.ts';
import { type DialectName, lockRows } from './dialect.ts';
import type { Schema } from './schema.ts';
import { slices } from './slices.ts';

type Row = Selectable<Schema['drift_event']>;

const KEY = sql`(received_at, id)`;

/** Webhooks of Drift that one tenant received. */
export function createEventStore(db: Kysely<Schema>, tenantId: string, dialect: DialectName): EventStore {
  const own = () => db.selectFrom('drift_event').where('tenant_id', '=', tenantId);

  return {
    async add({ id, type, object, hints, receivedAt, contentHash, freshAfter }) {
      const found = await db
        .insertInto('drift_event')
        .values({
          ...{ tenant_id: tenantId, id, type, object, state: 'pending', why: null, settled_at: null, repeats: 0 },
          ...{ content_hash: contentHash, received_at: receivedAt, hints: JSON.stringify(hints) },
        })
        .onConflict((conflict) =>
          conflict
            .columns(['tenant_id', 'content_hash'])
            .doUpdateSet((eb) => ({ repeats: eb('drift_event.repeats', '+', 1) })),
        )
        .returning(['id', 'repeats', 'state', 'received_at'])
        .executeTakeFirstOrThrow();
      if (found.repeats === 0) return true;
      // Counting its repeat has locked the row: nobody settles it meanwhile.
      if (found.state === 'pending' || found.received_at > freshAfter) return false;
      await db
        .updateTable('drift_event')
        .set({ state: 'pending', why: null, settled_at: null })
        .set({ received_at: receivedAt, hints: JSON.stringify(hints) })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', found.id)
        .execute();
      return true;
    },

    async areWaiting(count) {
      if (count <= 0) return true;
      const nth = own().select('id').where('state', '=', 'pending').orderBy('received_at').orderBy('id');
      return (
        (await nth
          .offset(count - 1)
          .limit(1)
          .executeTakeFirst()) !== undefined
      );
    },

    async pending(limit) {
      const oldest = own().selectAll().where('state', '=', 'pending').orderBy('received_at').orderBy('id').limit(limit);
      const rows = await lockRows(dialect, oldest).execute();
      return rows.map(({ id, type, object, hints }) => ({ id, type, object, hints: hintsOf(hints) }));
    },

    async settle(ids, { state, why, at }) {
      for (const slice of slices(ids)) {
        await db
          .updateTable('drift_event')
          .set({ state, why, settled_at: at, hints: null })
          .where('tenant_id', '=', tenantId)
          .where('state', '=', 'pending')
          .where('id', 'in', slice)
          .execute();
      }
    },

    async list({ since, until }, after, limit) {
      let query = own().selectAll();
      if (since !== undefined) query = query.where('received_at', '>=', since);
      if (until !== undefined) query = query.where('received_at', '<', until);
      if (after !== null) query = query.where(sql<boolean>`${KEY} < (${after.receivedAt}, ${after.id})`);
      const rows = await query.orderBy('received_at', 'desc').orderBy('id', 'desc').limit(limit).execute();
      return rows.map(toEvent);
    },

    async counts() {
      const rows = await own()
        .select((eb) => ['state', eb.fn.countAll<number>().as('n')])
        .groupBy('state')
        .execute();
      return { pending: 0, done: 0, ignored: 0, ...Object.fromEntries(rows.map(({ state, n }) => [state, n])) };
    },

    async lastReceivedAt() {
      const row = await own()
        .select('received_at')
        .orderBy('received_at', 'desc')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row?.received_at ?? null;
    },

    async oldestSettled() {
      const oldest = async (state: DriftEventState) =>
        own().select('received_at').where('state', '=', state).orderBy('received_at').limit(1).executeTakeFirst();
      const found = [await oldest('done'), await oldest('ignored')].flatMap((row) => row?.received_at ?? []);
      return found.sort()[0] ?? null;
    },

    async purge({ upTo, most, slice }) {
      const edge = await own()
        .select(['received_at', 'id'])
        .orderBy('received_at', 'desc')
        .orderBy('id', 'desc')
        .offset(most)
        .limit(1)
        .executeTakeFirst();
      const surplus = edge !== undefined && edge.received_at > upTo;
      const oldest = await own()
        .select('id')
        .where(
          surplus ? sql<boolean>`${KEY} <= (${edge.received_at}, ${edge.id})` : sql<boolean>`received_at <= ${upTo}`,
        )
        .where('state', '<>', 'pending')
        .orderBy('received_at')
        .orderBy('id')
        .limit(slice)
        .execute();
      const ids = oldest.map(({ id }) => id);
      for (const part of slices(ids)) {
        await db.deleteFrom('drift_event').where('tenant_id', '=', tenantId).where('id', 'in', part).execute();
      }
      return ids.length === slice;
    },

    async isTenantPaused() {
      const row = await db.selectFrom('tenant').select('state').where('id', '=', tenantId).executeTakeFirst();
      return row?.state === 'paused';
    },

    async pauseTenant() {
      const { numUpdatedRows } = await db
        .updateTable('tenant')
        .set({ state: 'paused' })
        .where('id', '=', tenantId)
        .where('state', '<>', 'paused')
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },
  };
}

/** Setting with the last part of the address of a tenant's webhooks; the index that finds the tenant names it too. */
export const WEBHOOK_ADDRESS = 'drift.webhook_id';

/** 192 random bits: nobody finds an address by trying. */
export function newWebhookAddress(): string {
  return randomBytes(24).toString('base64url');
}

export function createWebhookAddresses({ read }: Pick<Database, 'read'>): WebhookAddresses {
  return {
    async tenantOf(id) {
      const row = await read
        .selectFrom('setting')
        .select('tenant_id')
        .where(sql<boolean>`name = ${sql.lit(WEBHOOK_ADDRESS)}`)
        .where('value', '=', id)
        .executeTakeFirst();
      return row?.tenant_id ?? null;
    },
  };
}

/** What no version of ours wrote hints at nothing. */
function hintsOf(text: string | null): EventHints {
  return text === null ? { orgIds: [], marks: [] } : (JSON.parse(text) as EventHints);
}

function toEvent(row: Row): DriftEvent {
  return {
    id: row.id,
    type: row.type,
    object: row.object,
    receivedAt: row.received_at,
    state: row.state as DriftEventState,
    why: row.why,
    settledAt: row.settled_at,
    repeats: row.repeats,
  };
}
