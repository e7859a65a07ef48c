import type { ImportRow } from '../import-port.ts';
import type { TenantStore } from '../ports.ts';
import type { Tally } from './tally.ts';

const PAGE = 500;

/**
 * Rows that turned out to be other than they seemed when they were staged, rewritten in pages; `change` answers the row as
 * it is now, or undefined where it stays. Counts follow.
 */
export async function rewriteRows(
  store: TenantStore,
  importId: string,
  tally: Tally,
  records: readonly number[],
  change: (row: ImportRow) => ImportRow | undefined,
): Promise<void> {
  const wanted = records.toSorted((one, other) => one - other);
  let next = 0;
  while (next < wanted.length) {
    const rows = await store.imports.rows(importId, { after: (wanted[next] ?? 0) - 1, limit: PAGE });
    const last = rows.at(-1)?.record;
    if (last === undefined) return;
    const there = new Map(rows.map((row) => [row.record, row]));
    const changed: ImportRow[] = [];
    for (; next < wanted.length && (wanted[next] ?? 0) <= last; next += 1) {
      const row = there.get(wanted[next] ?? 0);
      const now = row === undefined ? undefined : change(row);
      if (row === undefined || now === undefined) continue;
      tally.counts[row.outcome] -= 1;
      tally.counts[now.outcome] += 1;
      changed.push(now);
    }
    if (changed.length > 0) await store.write(async (tx) => tx.imports.addRows(importId, changed));
  }
}

/** The row with one more thing to say about it. */
export function withProblem(
  row: ImportRow,
  outcome: 'warned' | 'quarantined',
  problem: ImportRow['problems'][number],
): ImportRow {
  return { ...row, outcome, problems: [...row.problems, problem] };
}
