import { DomainError } from '../core/errors.ts';
import type { FeedPolicy } from '../core/reconcile/policy.ts';
import type { FeedProfile, OpenFeed, OpenFeedFile } from './feed-port.ts';
import { acceptRows } from './import-feed/accept-rows.ts';
import { claimHeld, claimReceived, inForce } from './import-feed/claim.ts';
import { refuseBroken, saysItAgain } from './import-feed/found.ts';
import { expectationOf, memoryOf, readAsOf, refuseReplay, type UploadProof } from './import-feed/file-memory.ts';
import { answer, type FeedMode, type ImportAnswer } from './import-feed/import-answer.ts';
import { judgeAgain, judgeFile } from './import-feed/judge-file.ts';
import { forgetCells, stageRows } from './import-feed/stage-rows.ts';
import type { Found } from './import-feed/tally.ts';
import type { ImportRecord } from './import-port.ts';
import type { Clock, Crypto, Log, Store, TenantStore } from './ports.ts';

export type { FeedMode, ImportAnswer };

/** An upload may be narrower than its feed declares, never wider. */
const WIDTH: Readonly<Record<FeedMode, number>> = { full: 3, upsert: 2, delta: 1 };
/** Milliseconds after which nobody is still sending a file that another process began to receive. */
const GIVEN_UP = 86_400_000;
const PAGE = 100;

export interface ImportFeed {
  /**
   * Takes a file. Throws DomainError `feed.unknown`, `feed.mode_wider`, `import.unreadable` where it is no table of people,
   * `request.invalid` for an as-of that is none, `conflict` for a file that is older than the one in force.
   */
  receive(input: {
    tenantId: string;
    feed: string;
    mode?: FeedMode;
    preview: boolean;
    bytes: AsyncIterable<Uint8Array>;
    by: string;
    /** As the sender named it. */
    fileName?: string;
    proof?: UploadProof;
  }): Promise<ImportAnswer>;
  /**
   * Lets a held import through, once, with a reason. Throws DomainError `import.not_held` where it is not held or a newer
   * file is in force, `conflict` where it would now do more than was shown.
   */
  release(input: { tenantId: string; importId: string; reason: string; by: string }): Promise<ImportAnswer>;
  /**
   * After a start: brings imports to their end whose rows were being taken over when a process died, and removes those
   * that were being received. `alone` says that no other process can be receiving now. Answers how many there were.
   */
  resume(tenantId: string, options: { readonly alone: boolean }): Promise<number>;
}

export function createImportFeed(ports: {
  readonly store: Store;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly openFeed: OpenFeedFile;
  readonly log: Log;
}): ImportFeed {
  const { clock, crypto, log } = ports;
  /** Imports that somebody in this process is at, and those of them whose rows it is taking over. */
  const here = new Set<string>();
  const accepting = new Map<string, Promise<ImportRecord>>();

  async function receive(input: Parameters<ImportFeed['receive']>[0]): Promise<ImportAnswer> {
    const store = ports.store.tenant(input.tenantId);
    const { policy } = await store.policy.current();
    const declared = Object.hasOwn(policy.sources.feeds, input.feed) ? policy.sources.feeds[input.feed] : undefined;
    if (declared === undefined) {
      throw new DomainError('feed.unknown', `No feed "${input.feed}" is declared in policy (sources.feeds).`);
    }
    const mode = narrower(declared, input.mode);
    const now = clock.now();
    const { proof = {} } = input;
    const asOf = readAsOf(proof.manifest?.asOf, now);
    refuseReplay(asOf, await newest(store, input.feed));
    const opened = await ports.openFeed(input.bytes, {
      expected: await expectationOf(store, input.feed, declared, mode, proof),
      ...(input.fileName === undefined ? {} : { fileName: input.fileName }),
      ...readerSettings(declared),
      today: dayIn(policy.sources.companyTimeZone, now),
      companyTimeZone: policy.sources.companyTimeZone,
    });
    const record = startRecord(crypto.uuid(), input, opened, opened.shape.fixFile ? 'upsert' : mode, now);
    here.add(record.id);
    try {
      await store.write(async (tx) => tx.imports.create(record));
      const tally = await stageRows(store, crypto, record, opened);
      const read = { ...record, sha256: opened.sha256() };
      const found = { end: opened.end(), tally, asOf };
      refuseBroken(found);
      if (input.preview) return answer(await judgeFile(store, policy, read, found), true);
      return answer(await settle(store, read, found, input.by), false);
    } finally {
      // Nothing half-stored: a preview, a broken connection or a file that came twice leaves no import behind.
      await discard(store, record.id);
      here.delete(record.id);
    }
  }

  /** Only where nobody judged it. What cannot be removed now is at the next start; it must not hide what happened. */
  async function discard(store: TenantStore, importId: string): Promise<void> {
    try {
      await store.write(async (tx) => tx.imports.discard(importId));
    } catch {
      log('warn', 'import.left', { import: importId });
    }
  }

  /** What becomes of a file that was read to its end: judged by what is in force, once no other is coming into force. */
  async function settle(store: TenantStore, record: ImportRecord, found: Found, by: string): Promise<ImportRecord> {
    await others(store, record.feed);
    const known = await store.imports.sameBytes(record.feed, record.sha256, record.mode);
    if (known !== null && !saysItAgain(known, found)) return known;
    await forgetCells(store, record.id);
    for (;;) {
      const basis = await inForce(store, record.feed);
      const last = await newest(store, record.feed);
      refuseReplay(found.asOf, last);
      const { policy } = await store.policy.current();
      const asOf = found.asOf ?? (last === null ? undefined : memoryOf(last)?.asOf);
      const judged = await judgeFile(store, policy, record, { ...found, asOf });
      const claim = await claimReceived(store, judged, basis, by, (same) => saysItAgain(same, found));
      switch (claim.kind) {
        case 'again':
          await others(store, record.feed);
          continue;
        case 'same':
          return claim.record;
        case 'gone':
          throw new DomainError('conflict', 'This upload was given up meanwhile; send the file again.');
        case 'judged':
          log('warn', `import.${judged.state}`, { import: judged.id, gates: judged.gates.length });
          return judged;
        case 'claimed':
          return takeOver(store, { ...judged, state: 'receiving', accepting: 'accepted' }, by);
      }
    }
  }

  /** Waits for the file of the feed that is coming into force; one that a process left so when it died is finished. */
  async function others(store: TenantStore, feed: string): Promise<void> {
    for (;;) {
      const [busy] = await store.imports.list(null, 1, { feed, stages: ['accepting'] });
      if (busy === undefined) return;
      const work = accepting.get(busy.id);
      // Where that one fails, its own caller is told; the next round tries again.
      if (work !== undefined) await work.catch(() => undefined);
      else if (here.has(busy.id)) await clock.sleep(5);
      else await takeOver(store, busy, leftBy(busy));
    }
  }

  async function takeOver(store: TenantStore, record: ImportRecord, by: string): Promise<ImportRecord> {
    const work = (async () => {
      const { policy } = await store.policy.current();
      const done = await acceptRows(store, clock, policy, record, by);
      log('info', `import.${done.state}`, { import: done.id, read: done.counts.read });
      return done;
    })();
    accepting.set(record.id, work);
    try {
      return await work;
    } finally {
      accepting.delete(record.id);
    }
  }

  async function release(input: Parameters<ImportFeed['release']>[0]): Promise<ImportAnswer> {
    const store = ports.store.tenant(input.tenantId);
    const { feed } = await existing(store, input.importId);
    for (;;) {
      await others(store, feed);
      const basis = await inForce(store, feed);
      const record = await existing(store, input.importId);
      if (record.accepting !== undefined) continue;
      if (record.state !== 'held') {
        throw new DomainError('import.not_held', `Only a held import can be released; this one is ${record.state}.`);
      }
      const [latest] = await store.imports.list(null, 1, { feed, stages: ['accepted', 'released'] });
      if (latest !== undefined && latest.id > record.id) {
        throw new DomainError(
          'import.not_held',
          'A newer file of this feed is in force, and this one would take back what it says. Send the file again: it is then judged by what is in force now.',
        );
      }
      refuseReplay(memoryOf(record)?.asOf, await newest(store, feed));
      const { policy } = await store.policy.current();
      const judged = await judgeAgain(store, policy, record);
      if (judged.worse) {
        const { gates, changes, missing } = judged.record;
        await store.write(async (tx) => tx.imports.update(record.id, { gates, changes, missing }, 'held'));
        throw new DomainError(
          'conflict',
          `Since this file was held, what it would do has changed: ${String(changes.vanished)} people are not in it. Look at it again, then release it.`,
        );
      }
      here.add(record.id);
      try {
        const claim = await claimHeld(store, judged.record, basis, input);
        if (claim.kind !== 'claimed') continue;
        const claimed: ImportRecord = { ...judged.record, state: 'receiving', accepting: 'released' };
        return answer(await takeOver(store, claimed, input.by), false);
      } finally {
        here.delete(record.id);
      }
    }
  }

  async function resume(tenantId: string, { alone }: { readonly alone: boolean }): Promise<number> {
    const store = ports.store.tenant(tenantId);
    const past = new Date(Date.parse(clock.now()) - GIVEN_UP).toISOString();
    let count = 0;
    let after: string | null = null;
    for (;;) {
      const left: readonly ImportRecord[] = await store.imports.list(after, PAGE, {
        stages: ['accepting', 'receiving'],
      });
      for (const record of left) {
        after = record.id;
        if (here.has(record.id) || accepting.has(record.id)) continue;
        if (record.accepting !== undefined) await takeOver(store, record, leftBy(record));
        else if (alone || record.createdAt < past) await store.write(async (tx) => tx.imports.discard(record.id));
        else continue;
        count += 1;
      }
      if (left.length < PAGE) break;
    }
    if (count > 0) log('info', 'import.resumed', { imports: count });
    return count;
  }

  return { receive, release, resume };
}

/** The file of the feed that came into force last, whatever its mode. */
async function newest(store: TenantStore, feed: string): Promise<ImportRecord | null> {
  const id = await inForce(store, feed);
  return id === null ? null : store.imports.get(id);
}

async function existing(store: TenantStore, importId: string): Promise<ImportRecord> {
  const record = await store.imports.get(importId);
  if (record === null) throw new DomainError('not_found', 'No such import.');
  return record;
}

/** Who a file that a dead process left is finished for; who released it is in the audit trail already. */
function leftBy(record: ImportRecord): string {
  return record.accepting === 'released' ? 'system' : record.requestedBy;
}

/** What policy says of the reading of a feed's files; what is not set is detected. */
function readerSettings(declared: FeedPolicy): Partial<FeedProfile> & Pick<FeedProfile, 'columns' | 'statusWords'> {
  const { columns, statusWords, delimiter, quote, encoding, dateOrder, repairText, mapping } = declared;
  const set = Object.entries({ delimiter, quote, encoding, dateOrder, repairText, mapping });
  return { columns, statusWords, ...Object.fromEntries(set.filter(([, value]) => value !== undefined)) };
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

function dayIn(timeZone: string, instant: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    new Date(instant),
  );
}
