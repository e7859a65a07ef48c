import { createHash } from 'node:crypto';
import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import { openFeedFile } from '../../src/compose/open-feed.ts';
import { DomainError } from '../../src/core/errors.ts';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import { type ImportAnswer, type ImportFeed, createImportFeed } from '../../src/flows/import-feed.ts';
import type { Store, TenantStore } from '../../src/flows/ports.ts';
import type { Database } from '../../src/storage/database.ts';
import { type FlowWorld, openFlowWorld } from '../support/flow-world.ts';
import { eachDatabase } from '../support/store.ts';

/** Grace 0, and one file without a person is enough: nothing but the verdict on the file stands between it and a seat. */
const STRICT = {
  leavers: { ...DEFAULT_POLICY.leavers, endedDays: 0, vanishedFiles: 1, vanishedDays: 0 },
};
const HEADER = 'Employee ID,First Name,Last Name,Work Email,Status,Hire Date,Department';
const N = 50;
const DAY_MS = 86_400_000;

type Manifest = ReturnType<typeof manifestOf>;
type Kind = 'plain' | 'manifest' | 'trailer';

function row(n: number): string {
  const id = String(n);
  const department = n % 7 === 0 ? '"Sales,\nNorth"' : n % 5 === 0 ? 'Büro' : 'Sales';
  return `E${id.padStart(3, '0')},G${id},F${id},p${id}@example.com,Active,2020-01-15,${department}`;
}

/** The file without the people of those numbers; a trailer says how many rows there are. */
function file(kind: Kind, without: readonly number[] = []): string {
  const rows = Array.from({ length: N }, (_, index) => index + 1).filter((n) => !without.includes(n));
  const trailer = kind === 'trailer' ? [`Total,${String(rows.length)}`] : [];
  return [HEADER, ...rows.map(row), ...trailer, ''].join('\n');
}

function manifestOf(text: string): { readonly rows: number; readonly sha256: string } {
  const rows = text.replaceAll(/"[^"]*"/g, '').split('\n').length - 2;
  return { rows, sha256: createHash('sha256').update(text).digest('hex') };
}

/** Every place where a row (or the header) ends, as the number of bytes before it. */
function rowEnds(bytes: Buffer): ReadonlySet<number> {
  const ends = new Set<number>();
  let quoted = false;
  for (const [at, byte] of bytes.entries()) {
    if (byte === 0x22) quoted = !quoted;
    if (byte === 0x0a && !quoted) ends.add(at + 1);
  }
  return ends;
}

/** Every byte; or, as what decides is the same, one in seven, all around the ends of rows, and all of the last rows. */
function cuts(bytes: Buffer, ends: ReadonlySet<number>, every: boolean): readonly number[] {
  return Array.from(bytes.keys()).filter(
    (cut) => every || cut % 7 === 0 || [-1, 0, 1].some((by) => ends.has(cut + by)) || cut > bytes.length - 150,
  );
}

eachDatabase('an HR file that is cut', (testStore) => {
  let database: Database;
  let world: FlowWorld;
  let feed: ImportFeed;
  beforeAll(async () => {
    database = await testStore.open();
  });
  beforeEach(async () => {
    world = await openFlowWorld(database, STRICT);
    const { store, clock, crypto } = world;
    feed = createImportFeed({ store, clock, crypto, openFeed: openFeedFile, log: () => undefined });
  });

  /**
   * Judges a file as a preview does, by what is in force, but writes nothing at all; so what it read once stays true.
   * Quick enough for every byte.
   */
  function judge(): ImportFeed {
    const { store, clock, crypto } = world;
    const own = store.tenant(world.tenantId);
    const once = <A extends readonly unknown[], R>(read: (...args: A) => Promise<R>): ((...args: A) => Promise<R>) => {
      const known = new Map<string, Promise<R>>();
      return (...args) => {
        const key = JSON.stringify(args);
        const found = known.get(key) ?? read(...args);
        known.set(key, found);
        return found;
      };
    };
    const silent: TenantStore = {
      ...own,
      imports: {
        ...own.imports,
        get: once((id: string) => own.imports.get(id)),
        lastAccepted: once((name: string) => own.imports.lastAccepted(name)),
        recentFull: once((name: string) => own.imports.recentFull(name)),
      },
      people: {
        ...own.people,
        presentKeys: once((name: string) => own.people.presentKeys(name)),
        hrRows: once((name: string, keys: readonly string[]) => own.people.hrRows(name, keys)),
      },
      policy: { ...own.policy, current: once(() => own.policy.current()) },
      write: () => Promise.resolve(undefined as never),
    };
    const dry: Store = { ...store, tenant: () => silent };
    return createImportFeed({ store: dry, clock, crypto, openFeed: openFeedFile, log: () => undefined });
  }

  async function send(bytes: Buffer, manifest?: Manifest, judged?: ImportFeed): Promise<ImportAnswer> {
    world.clock.forward(1000);
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield bytes;
    }
    const proof = manifest === undefined ? {} : { proof: { manifest } };
    const input = { tenantId: world.tenantId, feed: 'hr', bytes: chunks(), by: 'maya', ...proof };
    return (judged ?? feed).receive({ ...input, preview: judged !== undefined });
  }

  async function verdict(bytes: Buffer, manifest?: Manifest, judged?: ImportFeed): Promise<string> {
    try {
      return (await send(bytes, manifest, judged)).state;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'import.unreadable') return '422';
      throw error;
    }
  }

  async function people(): Promise<readonly string[]> {
    const keys = Array.from({ length: N }, (_, index) => `E${String(index + 1).padStart(3, '0')}`);
    const rows = await world.tenant.people.hrRows('hr', keys);
    return keys.map((key) => `${rows.get(key)?.state ?? 'unknown'} ${rows.get(key)?.data.status ?? ''}`);
  }

  /** Everybody has a seat, linked and in sync. */
  async function seated(): Promise<void> {
    for (let n = 1; n <= N; n += 1) {
      world.drift.seed(`p${String(n)}@example.com`);
      await world.joins(`p${String(n)}@example.com`);
    }
    await world.work(await world.run());
  }

  /** What a plan that is made now would take away. */
  async function removals(): Promise<readonly string[]> {
    const { id } = await world.run();
    const changes = await world.tenant.plans.changes(id, { after: 0, limit: 1000 });
    const accounts = new Map(
      (await world.tenant.accounts.present()).map((account) => [account.id, account.values.userName]),
    );
    return changes
      .filter(({ op }) => op === 'deprovision' || op === 'handover')
      .map(({ op, draft }) => `${op} ${accounts.get(draft.accountId ?? '') ?? ''}`);
  }

  const whole = (state: string): readonly string[] => Array.from({ length: N }, () => state);

  it.each<[Kind]>([['plain'], ['manifest'], ['trailer']])(
    'at any byte makes no leaver: %s',
    async (kind) => {
      await seated();
      const text = file(kind);
      const bytes = Buffer.from(text);
      const manifest = kind === 'manifest' ? manifestOf(text) : undefined;
      expect((await send(bytes, manifest)).state).toBe('accepted');
      expect(await people()).toEqual(whole('present active'));
      const ends = rowEnds(bytes);
      const wrong: string[] = [];
      const dry = judge();
      for (const cut of cuts(bytes, ends, kind === 'plain' && testStore.dialect === 'sqlite')) {
        const state = await verdict(bytes.subarray(0, cut), manifest, dry);
        // Nothing but a header is rejected: it has no rows that somebody could let through.
        if (state === 'held' || state === '422' || (state === 'rejected' && ends.has(cut))) continue;
        wrong.push(`${String(cut)} ${state}: ${JSON.stringify(bytes.subarray(0, cut).toString().slice(-60))}`);
      }
      expect(wrong).toEqual([]);
      // And in earnest, at the last rows, where a cut looks most like a file that lacks somebody.
      for (const end of [...ends].slice(-4)) {
        for (const cut of [end - 2, end - 1, end]) {
          if (cut < bytes.length) expect([cut, await verdict(bytes.subarray(0, cut), manifest)]).toEqual([cut, 'held']);
        }
      }
      expect(await people()).toEqual(whole('present active'));
      expect(await removals()).toEqual([]);
      // The whole file again is the truth again, and nothing came of all that.
      expect((await send(bytes, manifest)).state).toBe('accepted');
      expect(await removals()).toEqual([]);
    },
    240_000,
  );

  it.each<[Kind]>([['plain'], ['manifest'], ['trailer']])(
    'is not the whole file without one person, who is the one leaver: %s',
    async (kind) => {
      await seated();
      const sent = async (text: string): Promise<string> => {
        world.clock.forward(DAY_MS);
        return verdict(Buffer.from(text), kind === 'manifest' ? manifestOf(text) : undefined);
      };
      expect(await sent(file(kind))).toBe('accepted');
      expect(await sent(file(kind, [17]))).toBe('accepted');
      expect(
        (await people())
          .map((state, at) => (state === 'present active' ? '' : `${String(at + 1)} ${state}`))
          .filter((text) => text !== ''),
      ).toEqual(['17 vanished active']);
      expect(await removals()).toEqual(['deprovision p17@example.com']);
    },
  );
});
