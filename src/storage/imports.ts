import type { Insertable, Kysely, Selectable, Updateable } from 'kysely';
import type { HrRecord } from '../core/identity/hr-record.ts';
import type { Gate } from '../core/reconcile/plan.ts';
import type {
  ImportChanges,
  ImportCounts,
  ImportRecord,
  ImportRow,
  ImportStage,
  ImportStore,
} from '../flows/import-port.ts';
import type { Schema } from './schema.ts';
import { slices } from './slices.ts';

/** Files whose rows count: what a held file says does not, until it is released. */
const IN_FORCE = ['accepted', 'released'] as const;

export function createImportStore(db: Kysely<Schema>, tenantId: string): ImportStore {
  const imports = () => db.selectFrom('import').where('tenant_id', '=', tenantId);

  return {
    async create(record) {
      await db
        .insertInto('import')
        .values({ tenant_id: tenantId, id: record.id, release_reason: null, ...columns(record) })
        .execute();
    },

    async addRows(importId, rows) {
      for (const slice of slices(rows)) {
        await db
          .insertInto('import_row')
          .values(slice.map((row) => rowColumns(importId, row)))
          .onConflict((conflict) =>
            conflict.columns(['tenant_id', 'import_id', 'record']).doUpdateSet((eb) => ({
              line: eb.ref('excluded.line'),
              outcome: eb.ref('excluded.outcome'),
              record_key: eb.ref('excluded.record_key'),
              data: eb.ref('excluded.data'),
              row_hash: eb.ref('excluded.row_hash'),
              raw: eb.ref('excluded.raw'),
              problems: eb.ref('excluded.problems'),
            })),
          )
          .execute();
      }
    },

    async update(importId, patch, only) {
      const { releaseReason, ...record } = patch;
      if (only !== undefined) await lock();
      const set: Updateable<Schema['import']> = {
        ...patchColumns(record),
        ...(releaseReason === undefined ? {} : { release_reason: releaseReason }),
      };
      if (Object.keys(set).length === 0) {
        const found = imports().select('id').where('id', '=', importId);
        const row = found.$if(only !== undefined, (query) => query.where('state', 'in', columnsOf(only)));
        return (await row.executeTakeFirst()) !== undefined;
      }
      const { numUpdatedRows } = await db
        .updateTable('import')
        .set(set)
        .where('tenant_id', '=', tenantId)
        .where('id', '=', importId)
        .$if(only !== undefined, (query) => query.where('state', 'in', columnsOf(only)))
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async discard(importId, cells) {
      if (cells !== undefined) {
        await db
          .updateTable('import_row')
          .set({ raw: null })
          .where('tenant_id', '=', tenantId)
          .where('import_id', '=', importId)
          .where('record', '>', cells.after)
          .where('record', '<=', cells.after + cells.limit)
          .where('problems', '=', '[]')
          .execute();
        return;
      }
      const { numDeletedRows } = await db
        .deleteFrom('import')
        .where('tenant_id', '=', tenantId)
        .where('id', '=', importId)
        .where('state', '=', 'receiving')
        .executeTakeFirst();
      if (numDeletedRows === 0n) return;
      await db.deleteFrom('import_row').where('tenant_id', '=', tenantId).where('import_id', '=', importId).execute();
    },

    async get(importId) {
      const row = await imports().selectAll().where('id', '=', importId).executeTakeFirst();
      return row === undefined ? null : toRecord(row);
    },

    async sameBytes(feed, sha256, mode) {
      // One that is still being received may have died on the way, so its bytes are read again. And once another file
      // came into force, the same bytes are news: they take back what that one said.
      const row = await imports()
        .selectAll()
        .where('feed', '=', feed)
        .where('sha256', '=', sha256)
        .where('mode', '=', mode)
        .where('state', 'not in', ['receiving', 'rejected'])
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (row === undefined) return null;
      const newer = await imports()
        .select('id')
        .where('feed', '=', feed)
        .where('state', 'in', IN_FORCE)
        .where('accepted_at', '>', row.accepted_at ?? row.created_at)
        .limit(1)
        .executeTakeFirst();
      return newer === undefined ? toRecord(row) : null;
    },

    async list(after, limit, among) {
      const { feed, stages } = among ?? {};
      const rows = await imports()
        .selectAll()
        .$if(feed !== undefined, (query) => query.where('feed', '=', feed ?? ''))
        .$if(stages !== undefined, (query) => query.where('state', 'in', (stages ?? []).flatMap(columnsOf)))
        .$if(after !== null, (query) => query.where('id', '<', after ?? ''))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(toRecord);
    },

    async rows(importId, query) {
      const rows = await db
        .selectFrom('import_row')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('import_id', '=', importId)
        .where('record', '>', query.after)
        .$if(query.outcome !== undefined, (select) => select.where('outcome', '=', query.outcome ?? ''))
        .orderBy('record')
        .limit(query.limit)
        .execute();
      return rows.map(toRow);
    },

    async recentFull(feed) {
      const rows = await imports()
        .selectAll()
        .where('feed', '=', feed)
        .where('mode', '=', 'full')
        .where('state', 'in', IN_FORCE)
        .orderBy('accepted_at', 'desc')
        .orderBy('id', 'desc')
        .limit(5)
        .execute();
      return rows.map(toRecord);
    },

    async anyAccepted() {
      return (await imports().select('id').where('state', 'in', IN_FORCE).limit(1).executeTakeFirst()) !== undefined;
    },

    async lastAccepted(feed) {
      const row = await imports()
        .select(['id', 'accepted_at', 'created_at'])
        .where('feed', '=', feed)
        .where('state', 'in', IN_FORCE)
        .orderBy('accepted_at', 'desc')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? null : { id: row.id, acceptedAt: row.accepted_at ?? row.created_at };
    },
  };

  /** Waits for, and from then on keeps out, whoever else of this tenant asks for order (an update that changes nothing). */
  async function lock(): Promise<void> {
    await db
      .updateTable('tenant')
      .set((eb) => ({ audit_seq: eb.ref('audit_seq') }))
      .where('id', '=', tenantId)
      .execute();
  }

  function rowColumns(importId: string, row: ImportRow): Insertable<Schema['import_row']> {
    return {
      tenant_id: tenantId,
      import_id: importId,
      record: row.record,
      line: row.line,
      outcome: row.outcome,
      record_key: row.key ?? null,
      data: row.hr === undefined ? null : JSON.stringify(row.hr),
      row_hash: row.rowHash ?? null,
      raw: row.raw === undefined ? null : JSON.stringify(row.raw),
      problems: JSON.stringify(row.problems),
    };
  }
}

/** What is stored of a file whose rows are being taken over, by what it will be then. */
const ACCEPTING = { accepted: 'accepting', released: 'releasing' } as const;

function columnsOf(stage: ImportStage | undefined): readonly string[] {
  if (stage === undefined) return [];
  return stage === 'accepting' ? Object.values(ACCEPTING) : [stage];
}

function stateColumn({ state, accepting }: Partial<ImportRecord>): string | undefined {
  return accepting === undefined ? state : ACCEPTING[accepting];
}

function columns(record: ImportRecord) {
  return {
    feed: record.feed,
    sha256: record.sha256,
    mode: record.mode,
    state: stateColumn(record) ?? record.state,
    shape: JSON.stringify(record.shape),
    counts: JSON.stringify(record.counts),
    changes: JSON.stringify(record.changes),
    gates: JSON.stringify(record.gates),
    missing: JSON.stringify(record.missing),
    requested_by: record.requestedBy,
    created_at: record.createdAt,
    accepted_at: record.acceptedAt ?? null,
  };
}

/** Only what the patch names; the feed, its maker and its birth do not change. */
function patchColumns(patch: Partial<ImportRecord>): Updateable<Schema['import']> {
  const state = stateColumn(patch);
  const { sha256, mode, shape, counts, changes, gates, missing, acceptedAt } = patch;
  return {
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(mode === undefined ? {} : { mode }),
    ...(state === undefined ? {} : { state }),
    ...(shape === undefined ? {} : { shape: JSON.stringify(shape) }),
    ...(counts === undefined ? {} : { counts: JSON.stringify(counts) }),
    ...(changes === undefined ? {} : { changes: JSON.stringify(changes) }),
    ...(gates === undefined ? {} : { gates: JSON.stringify(gates) }),
    ...(missing === undefined ? {} : { missing: JSON.stringify(missing) }),
    ...(acceptedAt === undefined ? {} : { accepted_at: acceptedAt }),
  };
}

function toRecord(row: Selectable<Schema['import']>): ImportRecord {
  return {
    id: row.id,
    feed: row.feed,
    sha256: row.sha256,
    mode: row.mode as ImportRecord['mode'],
    ...stateOf(row.state),
    shape: JSON.parse(row.shape) as Readonly<Record<string, unknown>>,
    counts: JSON.parse(row.counts) as ImportCounts,
    changes: JSON.parse(row.changes) as ImportChanges,
    gates: JSON.parse(row.gates) as Gate[],
    missing: JSON.parse(row.missing) as string[],
    requestedBy: row.requested_by,
    createdAt: row.created_at,
    ...(row.accepted_at === null ? {} : { acceptedAt: row.accepted_at }),
  };
}

function stateOf(column: string): Pick<ImportRecord, 'state' | 'accepting'> {
  if (column === ACCEPTING.accepted) return { state: 'receiving', accepting: 'accepted' };
  if (column === ACCEPTING.released) return { state: 'receiving', accepting: 'released' };
  return { state: column as ImportRecord['state'] };
}

function toRow(row: Selectable<Schema['import_row']>): ImportRow {
  return {
    record: row.record,
    line: row.line,
    outcome: row.outcome as ImportRow['outcome'],
    ...(row.record_key === null ? {} : { key: row.record_key }),
    ...(row.data === null ? {} : { hr: JSON.parse(row.data) as HrRecord }),
    ...(row.row_hash === null ? {} : { rowHash: row.row_hash }),
    ...(row.raw === null ? {} : { raw: JSON.parse(row.raw) as string[] }),
    problems: JSON.parse(row.problems) as Readonly<Record<string, unknown>>[],
  };
}
