import type { Gate } from '../../core/reconcile/plan.ts';
import { evaluateFile } from '../../core/reconcile/file-gates.ts';
import type { Policy } from '../../core/reconcile/policy.ts';
import type { FeedEnd } from '../feed-port.ts';
import type { ImportRecord } from '../import-port.ts';
import type { TenantStore } from '../ports.ts';
import type { Tally } from './stage-rows.ts';

/** Keys that are kept with an import. */
const MISSING = 1000;
const PAGE = 500;
/** Gates that depend on what is present when a file comes into force, not on the file alone. */
const OF_ABSENCE: readonly Gate['code'][] = ['row_shrink', 'missing_from_feed'];

/** The verdict on a file that was read to its end, by what is in force now. */
export async function judgeFile(
  store: TenantStore,
  policy: Policy,
  record: ImportRecord,
  end: FeedEnd,
  tally: Tally,
): Promise<ImportRecord> {
  const { present, missing } = await absent(store, record, tally.seen);
  const gates = evaluateFile({
    mode: record.mode,
    policy,
    counts: tally.counts,
    active: tally.active,
    recentSizes: await store.imports.recentSizes(record.feed),
    present,
    missing,
    unknownStatus: tally.unknownStatus,
    // A file without a final newline may be whole; one that also lacks people is not taken on trust.
    doubts: end.completeness.filter((doubt) => doubt.certain || missing.length > 0).map((doubt) => doubt.message),
  });
  const empty = gates.some((gate) => gate.code === 'empty_source');
  return {
    ...record,
    state: empty ? 'rejected' : gates.length > 0 ? 'held' : 'accepted',
    counts: tally.counts,
    changes: { ...tally.changes, vanished: missing.length },
    gates,
    missing: missing.slice(0, MISSING),
  };
}

/**
 * A held file by what is present now: who looked at it saw what was present then. `worse` says that more people would go
 * missing, or others, or that it would be held for a reason which nobody has seen.
 */
export async function judgeAgain(
  store: TenantStore,
  policy: Policy,
  record: ImportRecord,
): Promise<{ readonly record: ImportRecord; readonly worse: boolean }> {
  const { present, missing } = await absent(store, record, await keysOf(store, record));
  const now = evaluateFile({
    mode: record.mode,
    policy,
    counts: record.counts,
    recentSizes: await store.imports.recentSizes(record.feed),
    present,
    missing,
    // What the file alone decides was judged when it was read.
    active: 1,
    unknownStatus: 0,
    doubts: [],
  }).filter((gate) => OF_ABSENCE.includes(gate.code));
  const shown = new Set(record.missing);
  const others = record.missing.length < MISSING && missing.some((key) => !shown.has(key));
  const unseen = now.some((gate) => !record.gates.some(({ code }) => code === gate.code));
  return {
    record: {
      ...record,
      gates: [...record.gates.filter((gate) => !OF_ABSENCE.includes(gate.code)), ...now],
      changes: { ...record.changes, vanished: missing.length },
      missing: missing.slice(0, MISSING),
    },
    worse: others || unseen || missing.length > record.changes.vanished,
  };
}

/** Who is present and not in the file; absence means something only in a full one. */
async function absent(
  store: TenantStore,
  { mode, feed }: ImportRecord,
  named: ReadonlySet<string>,
): Promise<{ readonly present: number; readonly missing: readonly string[] }> {
  const present = mode === 'full' ? await store.people.presentKeys(feed) : [];
  return { present: present.length, missing: present.filter((key) => !named.has(key)) };
}

async function keysOf(store: TenantStore, record: ImportRecord): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  let after = 0;
  for (;;) {
    const rows = await store.imports.rows(record.id, { after, limit: PAGE });
    for (const row of rows) if (row.key !== undefined) keys.add(row.key);
    const last = rows.at(-1);
    if (last === undefined) return keys;
    after = last.record;
  }
}
