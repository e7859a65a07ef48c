import type { HrRecord } from '../../core/identity/hr-record.ts';
import { canonicalText } from '../../core/reconcile/canonical.ts';
import type { FeedEnd, OpenFeed } from '../feed-port.ts';
import type { ImportChanges, ImportCounts, ImportRecord, ImportRow } from '../import-port.ts';
import type { Crypto, TenantStore } from '../ports.ts';

/** Rows staged in one transaction: well under 20 ms on either database. */
const SLICE = 200;
/** Rows whose cells are dropped in one transaction. */
const CELLS = 1000;

/** What was counted while a file was read. */
export interface Tally {
  readonly counts: Record<keyof ImportCounts, number>;
  readonly changes: Record<keyof ImportChanges, number>;
  active: number;
  unknownStatus: number;
  readonly seen: Set<string>;
}

/** Reads the file to its end: rows into the staging table in slices, differences counted on the way. */
export async function stageRows(
  store: TenantStore,
  crypto: Crypto,
  record: ImportRecord,
  opened: OpenFeed,
): Promise<Tally> {
  const tally: Tally = {
    counts: { read: 0, accepted: 0, warned: 0, quarantined: 0, rejected: 0, skipped: 0 },
    changes: { joiners: 0, movers: 0, leavers: 0, vanished: 0 },
    active: 0,
    unknownStatus: 0,
    seen: new Set(),
  };
  let slice: ImportRow[] = [];
  const flush = async (): Promise<void> => {
    const rows = slice;
    slice = [];
    if (rows.length === 0) return;
    await countDifferences(store, record.feed, rows, tally);
    await store.write(async (tx) => tx.imports.addRows(record.id, rows));
  };
  for await (const row of opened.rows) {
    tally.counts.read += 1;
    tally.counts[row.outcome] += 1;
    if (row.key !== undefined) tally.seen.add(row.key);
    if (row.problems.some((problem) => problem.code === 'status_unknown')) tally.unknownStatus += 1;
    slice.push({
      record: row.record,
      line: row.line,
      outcome: row.outcome,
      ...(row.key === undefined ? {} : { key: row.key }),
      ...(row.hr === undefined ? {} : { hr: row.hr, rowHash: crypto.hash(canonicalText(row.hr)) }),
      // Of a good row too: one further down may contradict it, and then the fix file needs both.
      raw: row.raw,
      problems: row.problems,
    });
    if (slice.length >= SLICE) await flush();
  }
  await flush();
  tally.counts.skipped = opened.end().skipped;
  await quarantineFirstOf(store, record, opened.end(), tally);
  return tally;
}

/** What good rows said beyond the fields we know is not ours to keep. */
export async function forgetCells(store: TenantStore, importId: string): Promise<void> {
  let after = 0;
  for (;;) {
    const [next] = await store.imports.rows(importId, { after, limit: 1 });
    if (next === undefined) return;
    const cells = { after: next.record - 1, limit: CELLS };
    await store.write(async (tx) => tx.imports.discard(importId, cells));
    after = cells.after + CELLS;
  }
}

/** The row that came first of two different ones with one key cannot be trusted either. */
async function quarantineFirstOf(store: TenantStore, record: ImportRecord, end: FeedEnd, tally: Tally): Promise<void> {
  for (const { key, firstRecord } of end.conflictingKeys) {
    const [row] = await store.imports.rows(record.id, { after: firstRecord - 1, limit: 1 });
    if (row?.record !== firstRecord || row.outcome === 'quarantined') continue;
    const problem = {
      code: 'duplicate_key',
      severity: 'error',
      message: `Another row of this file has the key ${key} and says something else; neither is taken.`,
    };
    tally.counts[row.outcome] -= 1;
    tally.counts.quarantined += 1;
    await store.write(async (tx) =>
      tx.imports.addRows(record.id, [{ ...row, outcome: 'quarantined', problems: [...row.problems, problem] }]),
    );
  }
}

async function countDifferences(
  store: TenantStore,
  feed: string,
  rows: readonly ImportRow[],
  tally: Tally,
): Promise<void> {
  const good = rows.flatMap((row) =>
    row.key !== undefined && row.hr !== undefined ? [{ ...row, key: row.key, hr: row.hr }] : [],
  );
  const known = await store.people.hrRows(
    feed,
    good.map((row) => row.key),
  );
  for (const row of good) {
    const before = known.get(row.key);
    if (row.hr.status === 'active' || row.hr.status === 'leave' || row.hr.status === 'pre') tally.active += 1;
    if (before === undefined) tally.changes.joiners += gone(row.hr) ? 0 : 1;
    else if (before.rowHash !== row.rowHash) {
      if (gone(row.hr) && !gone(before.data)) tally.changes.leavers += 1;
      else tally.changes.movers += 1;
    }
  }
}

function gone(record: HrRecord): boolean {
  return record.status === 'ended' || record.status === 'rescinded';
}
