import { DomainError } from '../core/errors.ts';
import type { HrRecord } from '../core/identity/hr-record.ts';
import { evaluateFile } from '../core/reconcile/file-gates.ts';
import type { FeedPolicy, Policy } from '../core/reconcile/policy.ts';
import { canonicalText } from '../core/reconcile/canonical.ts';
import type { FeedEnd, OpenFeed, OpenFeedFile } from './feed-port.ts';
import { acceptRows, audited } from './import-feed/accept-rows.ts';
import { answer, type FeedMode, type ImportAnswer } from './import-feed/import-answer.ts';
import type { ImportChanges, ImportCounts, ImportRecord, ImportRow } from './import-port.ts';
import type { Clock, Crypto, Log, Store, TenantStore } from './ports.ts';

export type { FeedMode, ImportAnswer };

/** Rows staged in one transaction: well under 20 ms on either database. */
const SLICE = 200;
/** An upload may be narrower than its feed declares, never wider. */
const WIDTH: Readonly<Record<FeedMode, number>> = { full: 3, upsert: 2, delta: 1 };
export interface ImportFeed {
  receive(input: {
    tenantId: string;
    feed: string;
    mode?: FeedMode;
    preview: boolean;
    bytes: AsyncIterable<Uint8Array>;
    by: string;
  }): Promise<ImportAnswer>;
  /** Lets a held import through, once, with a reason. */
  release(input: { tenantId: string; importId: string; reason: string; by: string }): Promise<ImportAnswer>;
}

interface Tally {
  counts: Record<keyof ImportCounts, number>;
  changes: Record<keyof ImportChanges, number>;
  active: number;
  unknownStatus: number;
  readonly seen: Set<string>;
}

export function createImportFeed(ports: {
  readonly store: Store;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly openFeed: OpenFeedFile;
  readonly log: Log;
}): ImportFeed {
  const { clock, crypto, log } = ports;

  async function receive(input: Parameters<ImportFeed['receive']>[0]): Promise<ImportAnswer> {
    const store = ports.store.tenant(input.tenantId);
    const { policy } = await store.policy.current();
    const declared = policy.sources.feeds[input.feed];
    if (declared === undefined) {
      throw new DomainError('feed.unknown', `No feed "${input.feed}" is declared in policy (sources.feeds).`);
    }
    const mode = narrower(declared, input.mode);
    const now = clock.now();
    const opened = await ports.openFeed(input.bytes, {
      columns: declared.columns,
      statusWords: declared.statusWords,
      today: dayIn(policy.sources.companyTimeZone, now),
      companyTimeZone: policy.sources.companyTimeZone,
    });
    const record = startRecord(crypto.uuid(), input, opened, opened.shape.fixFile ? 'upsert' : mode, now);
    await store.write(async (tx) => tx.imports.create(record));
    const tally: Tally = {
      counts: { read: 0, accepted: 0, warned: 0, quarantined: 0, rejected: 0, skipped: 0 },
      changes: { joiners: 0, movers: 0, leavers: 0, vanished: 0 },
      active: 0,
      unknownStatus: 0,
      seen: new Set(),
    };
    try {
      await stage(store, record, opened, tally);
    } catch (error) {
      // Nothing half-stored: a connection that broke in the middle leaves no import behind.
      await store.write(async (tx) => tx.imports.discard(record.id));
      throw error;
    }
    const sha256 = opened.sha256();
    const twin = input.preview ? null : await store.imports.sameBytes(input.feed, sha256, record.mode);
    if (twin !== null) {
      await store.write(async (tx) => tx.imports.discard(record.id));
      return answer(twin, false);
    }
    const judged = await judge(store, policy, { ...record, sha256 }, opened.end(), tally);
    if (input.preview) {
      await store.write(async (tx) => tx.imports.discard(record.id));
      return answer(judged, true);
    }
    if (judged.state !== 'accepted') {
      await store.write(async (tx) => {
        await tx.imports.update(judged.id, judged);
        await tx.audit.append(audited(input.by, `import.${judged.state}`, judged));
      });
      log('warn', 'import.held', { import: judged.id, gates: judged.gates.length });
      return answer(judged, false);
    }
    await store.write(async (tx) => tx.imports.update(judged.id, { ...judged, state: 'receiving' }));
    const accepted = await acceptRows(store, clock, policy, judged, 'accepted', input.by);
    log('info', 'import.accepted', { import: accepted.id, read: accepted.counts.read });
    return answer(accepted, false);
  }

  /** Reads the file to its end: rows into the staging table in slices, differences counted on the way. */
  async function stage(store: TenantStore, record: ImportRecord, opened: OpenFeed, tally: Tally): Promise<void> {
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
        ...(row.problems.length === 0 ? {} : { raw: row.raw }),
        problems: row.problems,
      });
      if (slice.length >= SLICE) await flush();
    }
    await flush();
    tally.counts.skipped = opened.end().skipped;
    await quarantineFirstOf(store, record, opened.end(), tally);
  }

  /** The row that came first of two different ones with one key cannot be trusted either. */
  async function quarantineFirstOf(
    store: TenantStore,
    record: ImportRecord,
    end: FeedEnd,
    tally: Tally,
  ): Promise<void> {
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

  async function judge(
    store: TenantStore,
    policy: Policy,
    record: ImportRecord,
    end: FeedEnd,
    tally: Tally,
  ): Promise<ImportRecord> {
    const present = record.mode === 'full' ? await store.people.presentKeys(record.feed) : [];
    const missing = present.filter((key) => !tally.seen.has(key));
    const sizes = await store.imports.recentSizes(record.feed);
    const gates = evaluateFile({
      mode: record.mode,
      policy,
      counts: tally.counts,
      active: tally.active,
      recentSizes: sizes,
      present: present.length,
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
      missing: missing.slice(0, 1000),
    };
  }

  async function release(input: Parameters<ImportFeed['release']>[0]): Promise<ImportAnswer> {
    const store = ports.store.tenant(input.tenantId);
    const record = await store.imports.get(input.importId);
    if (record === null) throw new DomainError('not_found', 'No such import.');
    if (record.state !== 'held') {
      throw new DomainError('import.not_held', `Only a held import can be released; this one is ${record.state}.`);
    }
    const { policy } = await store.policy.current();
    await store.write(async (tx) => tx.imports.update(record.id, { releaseReason: input.reason }));
    return answer(await acceptRows(store, clock, policy, record, 'released', input.by), false);
  }

  return { receive, release };
}

function narrower(declared: FeedPolicy, asked: FeedMode | undefined): FeedMode {
  if (asked === undefined) return declared.mode;
  if (WIDTH[asked] > WIDTH[declared.mode]) {
    throw new DomainError(
      'feed.mode_wider',
      `The feed is declared "${declared.mode}"; an upload may be narrower, never wider: "${asked}" would let absence remove people.`,
    );
  }
  return asked;
}

function startRecord(
  id: string,
  input: { readonly feed: string; readonly by: string },
  opened: OpenFeed,
  mode: FeedMode,
  now: string,
): ImportRecord {
  return {
    id,
    feed: input.feed,
    sha256: '',
    mode,
    state: 'receiving',
    shape: { ...opened.shape },
    counts: { read: 0, accepted: 0, warned: 0, quarantined: 0, rejected: 0, skipped: 0 },
    changes: { joiners: 0, movers: 0, leavers: 0, vanished: 0 },
    gates: [],
    missing: [],
    requestedBy: input.by,
    createdAt: now,
  };
}

function gone(record: HrRecord): boolean {
  return record.status === 'ended' || record.status === 'rescinded';
}

function dayIn(timeZone: string, instant: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    new Date(instant),
  );
}
