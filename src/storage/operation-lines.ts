import { type Kysely, type Selectable, sql } from 'kysely';
import type {
  Delivery,
  LineState,
  OperationInput,
  OperationLine,
  QueuedLine,
  SettledLine,
  TakenLine,
} from '../flows/operation-port.ts';
import type { Schema } from './schema.ts';
import { slices } from './slices.ts';

type Row = Selectable<Schema['operation_line']>;

/** What a line says of itself when the process died while its call was on the way. */
const INTERRUPTED = {
  code: 'interrupted',
  detail:
    'The bridge stopped while the call was on its way: it may have happened, and is never sent again by itself. Look it up, and send it in a new batch if it did not.',
};

const NOT_KEPT = {
  code: 'answer_not_kept',
  detail: 'The call went well; its answer is not kept any more.',
};

interface Dropped {
  readonly lines: number;
  readonly bytes: number;
  /** Numbers of the first and the last of them. */
  readonly ends: readonly [number, number];
}

/** Lines of batches; what a batch allows is asked by the store of batches. */
export function createOperationLines(db: Kysely<Schema>, tenantId: string) {
  const select = (batchId: string) =>
    db.selectFrom('operation_line').where('tenant_id', '=', tenantId).where('batch_id', '=', batchId);
  const update = (batchId: string) =>
    db.updateTable('operation_line').where('tenant_id', '=', tenantId).where('batch_id', '=', batchId);

  type Lines = ReturnType<typeof select>;

  /** What some lines take: the first ones of a batch that fulfil something. */
  async function measured(batchId: string, which: (rows: Lines) => Lines, most: number): Promise<Dropped> {
    const { lines, bytes, first, last } = await db
      .selectFrom(
        which(select(batchId))
          .select([
            'line',
            sql<number>`coalesce(octet_length(input), 0) + coalesce(octet_length(answer), 0)`.as('bytes'),
          ])
          .orderBy('line')
          .limit(most)
          .as('these'),
      )
      .select(({ fn }) => [fn.countAll<number>().as('lines'), fn.sum<number | string | null>('bytes').as('bytes')])
      .select(({ fn }) => [fn.min<number | null>('line').as('first'), fn.max<number | null>('line').as('last')])
      .executeTakeFirstOrThrow();
    return { lines, bytes: Number(bytes ?? 0), ends: [first ?? 0, last ?? 0] };
  }

  return {
    hashes: async (batchId: string, from: number, to: number): Promise<ReadonlyMap<number, string>> => {
      const rows = await select(batchId)
        .select(['line', 'hash'])
        .where('line', '>=', from)
        .where('line', '<=', to)
        .execute();
      return new Map(rows.map(({ line, hash }) => [line, hash]));
    },

    /** The bytes that their inputs take. */
    async insert(batchId: string, taken: readonly TakenLine[], responds: boolean, at: string): Promise<number> {
      let bytes = 0;
      for (const slice of slices(taken)) {
        await db
          .insertInto('operation_line')
          .values(
            slice.map(({ line, hash, work }) => ({
              tenant_id: tenantId,
              batch_id: batchId,
              line,
              hash,
              input: inputOf(work),
              state: work.kind === 'call' ? 'queued' : 'invalid',
              code: work.kind === 'call' ? null : work.code,
              detail: work.kind === 'call' ? null : work.detail,
              status: null,
              answer: null,
              calls: 0,
              fence: 0,
              delivery: null,
              delivery_tries: 0,
              delivery_at: null,
              ...dueIf(responds && work.kind === 'invalid', at),
              at: work.kind === 'call' ? null : at,
            })),
          )
          .execute();
        for (const { work } of slice) bytes += Buffer.byteLength(inputOf(work) ?? '');
      }
      return bytes;
    },

    /** How many were removed, and the bytes that they took. */
    async discard(batchId: string, behind: number, most: number): Promise<Dropped> {
      const dropped = await measured(batchId, (rows) => rows.where('line', '>', behind), most);
      const [first, last] = dropped.ends;
      await db
        .deleteFrom('operation_line')
        .where('tenant_id', '=', tenantId)
        .where('batch_id', '=', batchId)
        .where('line', '>=', first)
        .where('line', '<=', last)
        .execute();
      return dropped;
    },

    /** Of lines up to that one; how many were emptied, and the bytes that they took. */
    async empty(batchId: string, upTo: number, most: number): Promise<Dropped> {
      const dropped = await measured(
        batchId,
        (rows) =>
          rows
            .where('line', '<=', upTo)
            .where((eb) => eb.or([eb('input', 'is not', null), eb('answer', 'is not', null)])),
        most,
      );
      const [first, last] = dropped.ends;
      const these = () => update(batchId).where('line', '>=', first).where('line', '<=', last);
      await these().set(NOT_KEPT).where('answer', 'is not', null).execute();
      await these().set({ input: null, answer: null }).execute();
      return dropped;
    },

    /** The bytes that the answer took. */
    async forget(batchId: string, line: number): Promise<number> {
      const row = await select(batchId)
        .select(sql<number>`octet_length(answer)`.as('bytes'))
        .where('line', '=', line)
        .where('answer', 'is not', null)
        .executeTakeFirst();
      if (row === undefined) return 0;
      await update(batchId)
        .set({ answer: null, ...NOT_KEPT })
        .where('line', '=', line)
        .execute();
      return row.bytes;
    },

    /** A worker left; of what it was in the middle of, only reads are asked again. */
    async interrupt(
      batchId: string,
      { writes, responds }: { readonly writes: boolean; readonly responds: boolean },
      at: string,
    ): Promise<void> {
      await update(batchId)
        .set(writes ? { state: 'unknown', ...INTERRUPTED, at, ...dueIf(responds, at) } : { state: 'queued' })
        .where('state', '=', 'sent')
        .execute();
    },

    async queued(batchId: string, released: number, limit: number): Promise<readonly QueuedLine[]> {
      const rows = await select(batchId)
        .select(['line', 'input'])
        .where('state', '=', 'queued')
        .where('line', '<=', released)
        .orderBy('line')
        .limit(limit)
        .execute();
      return rows.map(({ line, input }) => ({ line, input: JSON.parse(input ?? '{}') as OperationInput }));
    },

    async intend(batchId: string, line: number, fence: number): Promise<boolean> {
      const { numUpdatedRows } = await update(batchId)
        .set({ state: 'sent', fence })
        .where('line', '=', line)
        .where('state', '=', 'queued')
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    unsend: async (batchId: string, line: number, fence: number): Promise<void> => {
      await update(batchId)
        .set({ state: 'queued' })
        .where('line', '=', line)
        .where('state', '=', 'sent')
        .where('fence', '=', fence)
        .execute();
    },

    settle: async (
      batchId: string,
      line: number,
      fence: number,
      settled: SettledLine,
      { responds, at }: { readonly responds: boolean; readonly at: string },
    ): Promise<boolean> => {
      const { numUpdatedRows } = await update(batchId)
        .set({ ...settled, at, ...dueIf(responds, at) })
        .where('line', '=', line)
        .where('fence', '=', fence)
        // One that was taken for dead and is not knows better.
        .where((eb) => eb.or([eb('state', '=', 'sent'), eb('code', '=', INTERRUPTED.code)]))
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    async list(
      batchId: string,
      query: {
        readonly state?: LineState;
        readonly after: number;
        readonly limit: number;
        readonly released: number;
        readonly cancelled: boolean;
      },
    ): Promise<readonly OperationLine[]> {
      const { state, cancelled } = query;
      let rows = select(batchId).selectAll().where('line', '>', query.after).where('line', '<=', query.released);
      if (state !== undefined) {
        // What is queued in a cancelled batch shows as skipped; nothing is stored as skipped.
        const stored =
          cancelled && state === 'skipped' ? 'queued' : cancelled && state === 'queued' ? 'skipped' : state;
        rows = rows.where('state', '=', stored);
      }
      return (await rows.orderBy('line').limit(query.limit).execute()).map((row) => toLine(row, cancelled));
    },

    async counts(
      batchId: string,
      released: number,
      cancelled: boolean,
    ): Promise<Readonly<Partial<Record<LineState, number>>>> {
      const rows = await select(batchId)
        .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
        .where('line', '<=', released)
        .groupBy('state')
        .execute();
      return Object.fromEntries(rows.map(({ state, count }) => [shown(state, cancelled), count]));
    },

    due: async (batchId: string, at: string, limit: number): Promise<readonly OperationLine[]> => {
      const rows = await select(batchId)
        .selectAll()
        .where('delivery', '=', 'due')
        .where('delivery_at', '<=', at)
        .orderBy('delivery_at')
        .orderBy('line')
        .limit(limit)
        .execute();
      return rows.map((row) => toLine(row, false));
    },

    nextDue: async (batchId: string): Promise<string | null> => {
      const row = await select(batchId)
        .select(({ fn }) => fn.min('delivery_at').as('at'))
        .where('delivery', '=', 'due')
        .executeTakeFirst();
      return row?.at ?? null;
    },

    delivered: async (batchId: string, line: number, delivery: Delivery, nextAt: string | null): Promise<void> => {
      await update(batchId)
        .set({ delivery: delivery.state, delivery_tries: delivery.tries, delivery_at: nextAt })
        .where('line', '=', line)
        .execute();
    },
  };
}

const inputOf = (work: TakenLine['work']): string | null => (work.kind === 'call' ? JSON.stringify(work.input) : null);

/** The answer of a settled line is to be posted. */
const dueIf = (responds: boolean, at: string) => (responds ? { delivery: 'due', delivery_at: at } : {});

const shown = (state: string, cancelled: boolean): LineState =>
  cancelled && state === 'queued' ? 'skipped' : (state as LineState);

function toLine(row: Row, cancelled: boolean): OperationLine {
  return {
    line: row.line,
    state: shown(row.state, cancelled),
    code: row.code,
    detail: row.detail,
    status: row.status,
    answer: row.answer,
    calls: row.calls,
    delivery: row.delivery === null ? null : { state: row.delivery as Delivery['state'], tries: row.delivery_tries },
    at: row.at,
  };
}
