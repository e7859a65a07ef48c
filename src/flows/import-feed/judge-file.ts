import { continuedEmployments } from '../../core/identity/continued-employment.ts';
import { crossedKeys } from '../../core/identity/crossed-keys.ts';
import type { HrRecord } from '../../core/identity/hr-record.ts';
import { columnDoubts, doubtsOf } from '../../core/reconcile/file-doubts.ts';
import { columnChanges } from '../../core/reconcile/file-fingerprint.ts';
import { evaluateFile } from '../../core/reconcile/file-gates.ts';
import { type UnitSet, createUnitSet } from '../../core/reconcile/file-units.ts';
import type { Gate } from '../../core/reconcile/plan.ts';
import { type Policy, limitFor } from '../../core/reconcile/policy.ts';
import type { FeedShape } from '../feed-port.ts';
import type { ImportRecord } from '../import-port.ts';
import type { TenantStore } from '../ports.ts';
import { memoryOf, rememberFile } from './file-memory.ts';
import type { Found, Tally } from './tally.ts';

/** Keys that are kept with an import. */
const MISSING = 1000;
const PAGE = 500;
/** Gates that depend on what is present when a file comes into force, not on the file alone. */
const OF_ABSENCE: readonly Gate['code'][] = ['row_shrink', 'missing_from_feed', 'unit_vanished'];

/** The verdict on a file that was read to its end, by what is in force now. */
export async function judgeFile(
  store: TenantStore,
  policy: Policy,
  record: ImportRecord,
  read: Found,
): Promise<ImportRecord> {
  const { end, tally } = read;
  const full = await store.imports.recentFull(record.feed);
  const before = full.map(memoryOf).find((memory) => memory !== undefined);
  const memory = rememberFile(record, read);
  const absence = await absent(store, record, { seen: tally.graph, units: tally.units });
  const gates = evaluateFile({
    mode: record.mode,
    policy,
    counts: tally.counts,
    active: tally.active,
    recentSizes: full.map(({ counts }) => counts.read),
    unknownStatus: tally.unknownStatus,
    ...absence,
    doubts: doubtsOf({
      found: end.completeness,
      proof: memory.proof,
      manifestRequired: record.mode === 'full' && policy.sources.feeds[record.feed]?.proof === 'manifest',
      ...(before === undefined || record.mode !== 'full' ? {} : { before }),
      missing: absence.missing,
      vanishedFiles: policy.leavers.vanishedFiles,
    }),
    columns: [
      ...(before === undefined ? [] : columnChanges(before.fingerprint, memory.fingerprint, record.mode)),
      ...columnDoubts(end.completeness),
      ...massRenaming(policy, tally),
    ],
    crossed: crossedKeys(tally.renamed),
  });
  const empty = gates.some((gate) => gate.code === 'empty_source');
  return {
    ...record,
    state: empty ? 'rejected' : gates.length > 0 ? 'held' : 'accepted',
    shape: {
      ...record.shape,
      notes: [...((record.shape as Partial<FeedShape>).notes ?? []), ...(end.notes ?? [])],
      ...(end.trailer === undefined ? {} : { trailer: end.trailer.lines }),
      memory,
      continues: continuedEmployments(tally.joining, [...tally.leaving, ...absence.absent]),
    },
    counts: tally.counts,
    changes: { ...tally.changes, vanished: absence.missing.length },
    gates,
    missing: absence.missing.slice(0, MISSING),
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
  const absence = await absent(store, record, await namedIn(store, record));
  const { missing } = absence;
  const now = evaluateFile({
    mode: record.mode,
    policy,
    counts: record.counts,
    recentSizes: (await store.imports.recentFull(record.feed)).map(({ counts }) => counts.read),
    ...absence,
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

/** Names of so many known people changed that a column must have moved: the ids, or the names beside them. */
function massRenaming(policy: Policy, { known, renamings }: Tally): readonly string[] {
  const limit = limitFor(policy.gates.massAttribute, known);
  if (renamings <= limit) return [];
  return [
    `${String(renamings)} of ${String(known)} known people have another name; at most ${String(limit)} are usual.`,
  ];
}

interface Absence {
  readonly present: number;
  readonly missing: readonly string[];
  /** Who is missing, in the words of the last accepted file. */
  readonly absent: readonly HrRecord[];
  readonly units: Pick<UnitSet, 'has'>;
}

/** Whom and what the rows of a file name. */
interface Named {
  readonly seen: { has(key: string): boolean };
  readonly units: Pick<UnitSet, 'has'>;
}

/** Who is present and not in the file; absence means something only in a full one. */
async function absent(store: TenantStore, { mode, feed }: ImportRecord, { seen, units }: Named): Promise<Absence> {
  const present = mode === 'full' ? await store.people.presentKeys(feed) : [];
  const missing = present.filter((key) => !seen.has(key));
  const records: HrRecord[] = [];
  for (let from = 0; from < missing.length; from += PAGE) {
    const rows = await store.people.hrRows(feed, missing.slice(from, from + PAGE));
    for (const { data } of rows.values()) records.push(data);
  }
  return { present: present.length, missing, absent: records, units };
}

async function namedIn(store: TenantStore, record: ImportRecord): Promise<Named> {
  const seen = new Set<string>();
  const units = createUnitSet();
  let after = 0;
  for (;;) {
    const rows = await store.imports.rows(record.id, { after, limit: PAGE });
    for (const { key, hr } of rows) {
      if (key !== undefined) seen.add(key);
      if (hr !== undefined) units.enter(hr);
    }
    const last = rows.at(-1);
    if (last === undefined) return { seen, units };
    after = last.record;
  }
}
