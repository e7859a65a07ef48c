import { renamedKey } from '../../core/identity/crossed-keys.ts';
import type { Employment, HrRecord } from '../../core/identity/hr-record.ts';
import { canonicalText } from '../../core/reconcile/canonical.ts';
import type { FeedEnd, FeedRow, OpenFeed } from '../feed-port.ts';
import type { ImportRecord, ImportRow } from '../import-port.ts';
import type { Crypto, TenantStore } from '../ports.ts';
import { checkManagers } from './check-managers.ts';
import { rewriteRows, withProblem } from './rewrite-rows.ts';
import { type Tally, createTally } from './tally.ts';

/** Rows staged in one transaction: well under 20 ms on either database. */
const SLICE = 200;
/** Rows whose cells are dropped in one transaction. */
const CELLS = 1000;
/** The last keys of a file that are kept for the judgement on the next one. */
const TAIL = 3;
/** Changed names, joiners and leavers that are looked at one by one; of more, their number says enough. */
const LOOKED_AT = 10_000;

/** Reads the file to its end: rows into the staging table in slices, differences counted on the way. */
export async function stageRows(
  store: TenantStore,
  crypto: Crypto,
  record: ImportRecord,
  opened: OpenFeed,
): Promise<Tally> {
  const tally = createTally();
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
    if (row.key !== undefined) {
      tally.graph.enter(row.key, row.hr?.managerKey, row.record);
      tally.tail.unshift(row.key);
      if (tally.tail.length > TAIL) tally.tail.pop();
    }
    const hr = recordOf(row);
    if (hr !== undefined) {
      tally.fill.enter(hr);
      tally.units.enter(hr);
    }
    if (row.problems.some((problem) => problem.code === 'status_unknown')) tally.unknownStatus += 1;
    slice.push({
      record: row.record,
      line: row.line,
      outcome: row.outcome,
      ...(row.key === undefined ? {} : { key: row.key }),
      ...(hr === undefined ? {} : { hr, rowHash: crypto.hash(canonicalText(hr)) }),
      // Of a good row too: one further down may contradict it, and then the fix file needs both.
      raw: row.raw,
      problems: row.problems,
    });
    if (slice.length >= SLICE) await flush();
  }
  await flush();
  tally.counts.skipped = opened.end().skipped;
  await quarantineFirstOf(store, record, opened.end(), tally);
  await standDown(store, record, opened.end(), tally);
  await checkManagers(store, record, tally);
  return tally;
}

/** The record of a row with all employments of its person; where their rows stand in the file is no news of them. */
function recordOf({ hr, employments = [] }: FeedRow): HrRecord | undefined {
  if (hr === undefined || employments.length < 2) return hr;
  return {
    ...hr,
    employments: employments.map((row) => {
      const employment: Employment & { record?: number } = { ...row };
      delete employment.record;
      return employment;
    }),
  };
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
  const keys = new Map(end.conflictingKeys.map(({ key, firstRecord }) => [firstRecord, key]));
  await rewriteRows(store, record.id, tally, [...keys.keys()], (row) => {
    if (row.outcome === 'quarantined') return undefined;
    return withProblem(row, 'quarantined', {
      code: 'duplicate_key',
      severity: 'error',
      message: `A row further down contradicts this one (${keys.get(row.record) ?? ''}): both cannot be true, and neither is taken.`,
    });
  });
}

/** Of several rows of a person another one stands for all: this one is in its record, and says nothing by itself. */
async function standDown(store: TenantStore, record: ImportRecord, end: FeedEnd, tally: Tally): Promise<void> {
  const stands = new Map((end.standing ?? []).map((one) => [one.instead, one.record]));
  const down: ImportRow[] = [];
  await rewriteRows(store, record.id, tally, [...stands.keys()], (row) => {
    if (row.hr === undefined || row.outcome === 'quarantined') return undefined;
    down.push(row);
    const { record: at, line, key, raw, problems } = row;
    const rest = { record: at, line, outcome: row.outcome, ...(key === undefined ? {} : { key }), problems };
    return withProblem({ ...rest, ...(raw === undefined ? {} : { raw }) }, 'warned', {
      code: 'further_employment',
      severity: 'warning',
      message: `One of several employments; record ${String(stands.get(row.record) ?? 0)} stands for the person.`,
    });
  });
  for (let from = 0; from < down.length; from += SLICE) {
    await countDifferences(store, record.feed, down.slice(from, from + SLICE), tally, -1);
  }
}

/** What good rows change, counted; with -1, rows that were counted and count no more. */
async function countDifferences(
  store: TenantStore,
  feed: string,
  rows: readonly ImportRow[],
  tally: Tally,
  by: 1 | -1 = 1,
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
    if (!gone(row.hr)) tally.active += by;
    if (before === undefined) {
      if (gone(row.hr)) continue;
      tally.changes.joiners += by;
      note(tally.joining, row.hr, by);
      continue;
    }
    tally.known += by;
    if (before.rowHash === row.rowHash) continue;
    const renamed = renamedKey(before.data, row.hr);
    if (renamed !== null) {
      tally.renamings += by;
      if (by > 0 && tally.renamed.length < LOOKED_AT) tally.renamed.push(renamed);
    }
    if (gone(row.hr) && !gone(before.data)) {
      tally.changes.leavers += by;
      note(tally.leaving, row.hr, by);
    } else tally.changes.movers += by;
  }
}

function note(list: HrRecord[], record: HrRecord, by: 1 | -1): void {
  if (by > 0 && list.length < LOOKED_AT) list.push(record);
  const at = by > 0 ? -1 : list.findIndex(({ personKey }) => personKey === record.personKey);
  if (at >= 0) list.splice(at, 1);
}

function gone(record: HrRecord): boolean {
  return record.status === 'ended' || record.status === 'rescinded';
}
