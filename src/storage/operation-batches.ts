import { type Kysely, type Selectable, sql } from 'kysely';
import type { BatchState, OperationBatch, OperationStore } from '../flows/operation-port.ts';
import { type DialectName, lockRows } from './dialect.ts';
import { createOperationLines } from './operation-lines.ts';
import type { Schema } from './schema.ts';
import { lockTenant } from './tenant-lock.ts';

type Row = Selectable<Schema['operation_batch']>;

const ENDED: readonly BatchState[] = ['done', 'cancelled'];
const isEnded = ({ state }: Row): boolean => (ENDED as readonly string[]).includes(state);

/** Requests for calls to Drift, with their lines. */
export function createOperationStore(db: Kysely<Schema>, tenantId: string, dialect: DialectName): OperationStore {
  const batches = () => db.selectFrom('operation_batch').selectAll().where('tenant_id', '=', tenantId);
  const update = (id: string) =>
    db.updateTable('operation_batch').where('tenant_id', '=', tenantId).where('id', '=', id);
  const lines = createOperationLines(db, tenantId);

  /** The row, which nobody else changes until the transaction ends. */
  const held = (id: string): Promise<Row | undefined> =>
    lockRows(dialect, batches().where('id', '=', id)).executeTakeFirst();

  const grow = async (id: string, bytes: number): Promise<void> => {
    await update(id)
      .set((eb) => ({ bytes: eb('bytes', '+', bytes) }))
      .execute();
  };

  /** True when there may be more. */
  async function discard(id: string, behind: number, most: number): Promise<boolean> {
    const dropped = await lines.discard(id, behind, most);
    await grow(id, -dropped.bytes);
    return dropped.lines === most;
  }

  /** Batches that hold inputs or answers. */
  const holding = () =>
    db
      .selectFrom('operation_batch')
      .where('tenant_id', '=', tenantId)
      .where(sql<boolean>`bytes <> 0`);
  /** Lines of the batch that is looked at. */
  const ofBatch = () =>
    db
      .selectFrom('operation_line')
      .select('line')
      .where('operation_line.tenant_id', '=', tenantId)
      .where(sql<boolean>`operation_line.batch_id = operation_batch.id`);

  return {
    async create(batch) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('operation_batch')
        .values({
          tenant_id: tenantId,
          id: batch.id,
          operation: batch.operation,
          kind: batch.kind,
          state: batch.state,
          code: batch.code,
          writes: Number(batch.writes),
          dry_run: Number(batch.dryRun),
          all_pages: Number(batch.all),
          respond_to: batch.respondTo,
          batch_key: batch.key,
          receipt: null,
          lines: batch.lines,
          released: batch.released,
          fence: 0,
          requested_by: batch.requestedBy,
          created_at: batch.createdAt,
          ended_at: batch.endedAt,
          bytes: 0,
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    },

    async get(id) {
      const row = await batches().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : toBatch(row);
    },

    async byKey(key) {
      const row = await batches().where('batch_key', '=', key).executeTakeFirst();
      return row === undefined ? null : toBatch(row);
    },

    async list(after, limit) {
      let query = batches();
      if (after !== null) query = query.where('id', '<', after);
      return (await query.orderBy('id', 'desc').limit(limit).execute()).map(toBatch);
    },

    async receive(id, receipt) {
      await update(id).set({ receipt }).execute();
    },

    hashes: lines.hashes,

    async append(id, receipt, taken, at) {
      const batch = await held(id);
      if (batch?.receipt !== receipt) return false;
      await grow(id, await lines.insert(id, taken, batch.respond_to !== null, at));
      return true;
    },

    async discard(id, receipt, most) {
      const batch = await held(id);
      return batch?.receipt === receipt && discard(id, batch.released, most);
    },

    async remove(id, receipt) {
      await db
        .deleteFrom('operation_batch')
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .where('released', '=', 0)
        .where('receipt', '=', receipt)
        .execute();
    },

    async release(id, receipt, { line, lines: count }) {
      const batch = await held(id);
      if (batch?.receipt !== receipt || batch.state === 'cancelled') return null;
      if (line > batch.released) {
        await update(id)
          .set({ released: line, lines: batch.lines + count, state: 'running', code: null, ended_at: null })
          .execute();
      }
      return batch.state as BatchState;
    },

    async take(id, at) {
      const row = await held(id);
      if (row === undefined || row.released === 0) return null;
      const fence = row.fence + 1;
      await update(id)
        .set({ fence, ...(row.state === 'waiting' ? { state: 'running', code: null } : {}) })
        .execute();
      await lines.interrupt(id, { writes: row.writes === 1, responds: row.respond_to !== null }, at);
      return { batch: toBatch(row), fence };
    },

    async next(id, limit) {
      const batch = await batches().where('id', '=', id).executeTakeFirst();
      return batch === undefined || batch.state === 'cancelled' ? [] : lines.queued(id, batch.released, limit);
    },

    async intend(id, line, fence) {
      const batch = await held(id);
      return batch?.fence === fence && batch.state !== 'cancelled' && (await lines.intend(id, line, fence));
    },

    unsend: lines.unsend,

    async settle(id, line, fence, settled, how) {
      const { answer } = settled;
      // The batch before the line, as everybody locks them.
      if (answer !== null) await held(id);
      if ((await lines.settle(id, line, fence, settled, how)) && answer !== null) {
        await grow(id, Buffer.byteLength(answer));
      }
    },

    async setState(id, fence, state, code, at) {
      const { numUpdatedRows } = await update(id)
        .set({ state, code, ended_at: state === 'done' ? at : null })
        .where('fence', '=', fence)
        .where('state', '<>', 'cancelled')
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    async cancel(id, at) {
      const { numUpdatedRows } = await update(id)
        .set({ state: 'cancelled', ended_at: at })
        .where('state', 'not in', [...ENDED])
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    async lines(id, query) {
      const batch = await batches().where('id', '=', id).executeTakeFirst();
      if (batch === undefined) return [];
      return lines.list(id, { ...query, released: batch.released, cancelled: batch.state === 'cancelled' });
    },

    async counts(id) {
      const batch = await batches().where('id', '=', id).executeTakeFirst();
      return batch === undefined ? {} : lines.counts(id, batch.released, batch.state === 'cancelled');
    },

    due: lines.due,
    nextDue: lines.nextDue,
    delivered: lines.delivered,

    async open(kind) {
      await lockTenant(db, tenantId, dialect);
      const { count } = await db
        .selectFrom('operation_batch')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('tenant_id', '=', tenantId)
        .where('kind', '=', kind)
        // In words, so that the index is seen to hold all of them.
        .where(sql<boolean>`state in ('receiving', 'running', 'waiting')`)
        .executeTakeFirstOrThrow();
      return count;
    },

    async bytes() {
      const row = await holding()
        .select(({ fn }) => fn.sum<number | string | null>('bytes').as('bytes'))
        .executeTakeFirst();
      return Number(row?.bytes ?? 0);
    },

    async empty(most) {
      const found = await holding()
        .select('id')
        .where('state', 'in', [...ENDED])
        .where((eb) => eb.not(eb.exists(ofBatch().where('delivery', '=', 'due'))))
        // Beside them there may be lines that come in now.
        .where((of) =>
          of.exists(
            ofBatch()
              .where(sql<boolean>`operation_line.line <= operation_batch.released`)
              .where((eb) => eb.or([eb('input', 'is not', null), eb('answer', 'is not', null)])),
          ),
        )
        .orderBy('created_at')
        .orderBy('id')
        .limit(1)
        .executeTakeFirst();
      if (found === undefined) return false;
      const batch = await held(found.id);
      if (batch !== undefined && isEnded(batch)) {
        await grow(found.id, -(await lines.empty(found.id, batch.released, most)).bytes);
      }
      return true;
    },

    async forget(id, line) {
      await held(id);
      await grow(id, -(await lines.forget(id, line)));
    },

    async purge(before, most) {
      const old = await batches()
        .where('created_at', '<', before)
        .orderBy('created_at')
        .orderBy('id')
        .limit(1)
        .executeTakeFirst();
      if (old === undefined) return false;
      await held(old.id);
      if (await discard(old.id, 0, most)) return true;
      await db.deleteFrom('operation_batch').where('tenant_id', '=', tenantId).where('id', '=', old.id).execute();
      return true;
    },

    async oldest() {
      const row = await db
        .selectFrom('operation_batch')
        .select(({ fn }) => fn.min('created_at').as('at'))
        .where('tenant_id', '=', tenantId)
        .executeTakeFirst();
      return row?.at ?? null;
    },
  };
}

function toBatch(row: Row): OperationBatch {
  return {
    id: row.id,
    operation: row.operation,
    kind: row.kind === 'single' ? 'single' : 'lines',
    state: row.state as BatchState,
    code: row.code,
    writes: row.writes === 1,
    dryRun: row.dry_run === 1,
    all: row.all_pages === 1,
    respondTo: row.respond_to,
    key: row.batch_key,
    lines: row.lines,
    released: row.released,
    requestedBy: row.requested_by,
    createdAt: row.created_at,
    endedAt: row.ended_at,
  };
}
