import { DatabaseSync } from 'node:sqlite';

import { parseJson, writeJson } from './json.ts';
import type {
  Account,
  Agent,
  Contact,
  Conversation,
  Meeting,
  Message,
  Playbook,
  TimelineEvent,
  Token,
} from './model.ts';

/** One state of a record and the moment (epoch ms) from which readers without lag see it. */
interface Version<T> {
  readonly at: number;
  readonly value: T;
}

/**
 * Records by id, in order of creation. Writers see the truth (`latest`), readers what their lag lets them see (`seen`):
 * a version is visible to a reader with lag L when `at + L <= now`.
 */
interface Table<T> {
  put(id: string, value: T, at: number): void;
  latest(id: string): T | undefined;
  all(): IterableIterator<T>;
  seen(id: string, lagMs: number): T | undefined;
  list(lagMs: number): IterableIterator<T>;
}

export interface Store {
  readonly agents: Table<Agent>;
  readonly contacts: Table<Contact>;
  readonly accounts: Table<Account>;
  readonly timeline: Table<TimelineEvent>;
  readonly conversations: Table<Conversation>;
  readonly messages: Table<Message>;
  readonly playbooks: Table<Playbook>;
  readonly meetings: Table<Meeting>;
  readonly tokens: Table<Token>;
  /** Single values: settings, identity, counters. */
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  /** Counts up from `first` by `step`; never gives a number twice. */
  next(counter: string, first: bigint, step: bigint): bigint;
  appendJournal(n: number, entry: unknown): void;
  journal(): readonly unknown[];
  clearJournal(): void;
  /** Runs `work` as one SQLite transaction; synchronous, so nothing else runs in between. */
  transaction<R>(work: () => R): R;
  close(): void;
}

export interface StoreOptions {
  /** SQLite file; absent: in memory. */
  readonly path: string | undefined;
  readonly clock: () => number;
  /** The longest lag that any reader may have now, in ms: older versions are dropped. */
  readonly longestLagMs: () => number;
}

/**
 * All state lives in memory and is written through to SQLite before a call is answered. A killed process loses nothing:
 * the operating system has the pages (durability against power loss is not needed of a stand-in).
 * Throws when another process holds the file.
 */
export function createStore({ path, clock, longestLagMs }: StoreOptions): Store {
  const db = new DatabaseSync(path ?? ':memory:');
  try {
    db.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = normal;');
    db.exec(`
      create table if not exists record (kind text, id text, body text not null, unique (kind, id));
      create table if not exists single (key text primary key, body text not null);
      create table if not exists journal (n integer primary key, body text not null);`);
  } catch (error) {
    db.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The simulator's state file cannot be used (is another simulator running on it?): ${reason}`, {
      cause: error,
    });
  }
  const putRecord = db.prepare(
    'insert into record (kind, id, body) values (?, ?, ?) on conflict (kind, id) do update set body = excluded.body',
  );
  const putSingle = db.prepare('insert or replace into single (key, body) values (?, ?)');
  const putJournal = db.prepare('insert into journal (n, body) values (?, ?)');

  function table<T>(kind: string): Table<T> {
    const records = new Map<string, readonly Version<T>[]>();
    for (const row of db.prepare('select id, body from record where kind = ? order by rowid').all(kind)) {
      records.set(String(row['id']), parseJson(String(row['body'])) as Version<T>[]);
    }
    const visible = (versions: readonly Version<T>[], lagMs: number, now: number): T | undefined => {
      const last = versions.at(-1);
      if (last !== undefined && last.at + lagMs <= now) return last.value;
      return versions.findLast((version) => version.at + lagMs <= now)?.value;
    };
    return {
      put(id, value, at) {
        const before = records.get(id) ?? [];
        const horizon = clock() - longestLagMs();
        const keepFrom =
          at <= horizon
            ? before.length
            : Math.max(
                0,
                before.findLastIndex((old) => old.at <= horizon),
              );
        const versions = [...before.slice(keepFrom), { at, value }];
        records.set(id, versions);
        putRecord.run(kind, id, writeJson(versions));
      },
      latest: (id) => records.get(id)?.at(-1)?.value,
      *all() {
        for (const versions of records.values()) {
          const last = versions.at(-1);
          if (last !== undefined) yield last.value;
        }
      },
      seen(id, lagMs) {
        const versions = records.get(id);
        return versions === undefined ? undefined : visible(versions, lagMs, clock());
      },
      *list(lagMs) {
        const now = clock();
        for (const versions of records.values()) {
          const value = visible(versions, lagMs, now);
          if (value !== undefined) yield value;
        }
      },
    };
  }

  const singles = new Map<string, unknown>(
    db
      .prepare('select key, body from single')
      .all()
      .map((row) => [String(row['key']), parseJson(String(row['body']))]),
  );
  const set = (key: string, value: unknown): void => {
    singles.set(key, value);
    putSingle.run(key, writeJson(value));
  };

  return {
    agents: table('agent'),
    contacts: table('contact'),
    accounts: table('account'),
    timeline: table('timeline'),
    conversations: table('conversation'),
    messages: table('message'),
    playbooks: table('playbook'),
    meetings: table('meeting'),
    tokens: table('token'),
    get: (key) => singles.get(key),
    set,
    next(counter, first, step) {
      const key = `next:${counter}`;
      const stored = singles.get(key);
      const value = typeof stored === 'string' ? BigInt(stored) : first;
      set(key, (value + step).toString());
      return value;
    },
    appendJournal: (n, entry) => void putJournal.run(n, writeJson(entry)),
    journal: () =>
      db
        .prepare('select body from journal order by n')
        .all()
        .map((row) => parseJson(String(row['body']))),
    clearJournal: () => db.exec('delete from journal'),
    transaction(work) {
      db.exec('begin immediate');
      try {
        const result = work();
        db.exec('commit');
        return result;
      } catch (error) {
        db.exec('rollback');
        throw error;
      }
    },
    close: () => db.close(),
  };
}
