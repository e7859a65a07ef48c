import type { ManagerFault, ManagerGraph } from '../../core/identity/manager-graph.ts';
import type { ImportRecord, ImportRow } from '../import-port.ts';
import type { TenantStore } from '../ports.ts';
import { rewriteRows, withProblem } from './rewrite-rows.ts';
import type { Tally } from './tally.ts';

const PAGE = 500;
/** Rows that are marked one by one; where more have the fault, it is the column's. */
const MARKED = 10_000;
/** Levels of managers above a narrower file that are looked up. */
const LEVELS = 30;

/**
 * The second pass: managers by employee id, over all rows at once. What is wrong is a warning and never stops a row; the
 * order of rows does not count. A narrower file is read together with what is known of the managers above it.
 */
export async function checkManagers(store: TenantStore, record: ImportRecord, tally: Tally): Promise<void> {
  const { graph } = tally;
  if (record.mode !== 'full') await enterKnown(store, record.feed, graph);
  const faults = graph.faults();
  const byRecord = new Map(faults.slice(0, MARKED).map((fault) => [fault.record, fault]));
  await rewriteRows(store, record.id, tally, [...byRecord.keys()], (row) => {
    const fault = byRecord.get(row.record);
    if (fault === undefined || row.hr === undefined || row.outcome === 'quarantined') return undefined;
    return withProblem(row, 'warned', problemOf(fault, faults.length));
  });
}

async function enterKnown(store: TenantStore, feed: string, graph: ManagerGraph): Promise<void> {
  const asked = new Set<string>();
  for (let level = 0; level < LEVELS; level += 1) {
    const wanted = graph.strangers().filter((key) => !asked.has(key));
    if (wanted.length === 0) return;
    for (let from = 0; from < wanted.length; from += PAGE) {
      const keys = wanted.slice(from, from + PAGE);
      for (const key of keys) asked.add(key);
      for (const [key, { data, state }] of await store.people.hrRows(feed, keys)) {
        if (state !== 'vanished') graph.enter(key, data.managerKey, 0);
      }
    }
  }
}

function problemOf({ code, managerKey }: ManagerFault, total: number): ImportRow['problems'][number] {
  const many =
    total > MARKED ? ` One of ${String(total)} such rows, of which the first ${String(MARKED)} are marked.` : '';
  const message = {
    manager_not_found: 'Nobody has the id of this manager; the row is taken, the manager is not.',
    manager_self: 'The row names itself as manager; the row is taken.',
    manager_cycle: 'Going up from here by managers leads back here; the row is taken.',
  }[code];
  return {
    column: 'managerKey',
    value: managerKey.slice(0, 80),
    code,
    severity: 'warning',
    message: `${message}${many}`,
  };
}
