import { DatabaseSync } from 'node:sqlite';

import { parseJson, writeJson } from './json.ts';

/** Where what is kept in memory is written through to. */
export interface StateFile {
  readonly records: (kind: string) => Iterable<readonly [id: string, body: unknown]>;
  readonly putRecord: (kind: string, id: string, body: unknown) => void;
  readonly singles: () => Iterable<readonly [key: string, body: unknown]>;
  readonly putSingle: (key: string, body: unknown) => void;
  readonly journal: () => readonly unknown[];
  readonly appendJournal: (n: number, entry: unknown) => void;
  /** Forgets the entries up to and with `n`. */
  readonly trimJournal: (n: number) => void;
  /** Runs `work` as one transaction. */
  readonly transaction: <R>(work: () => R) => R;
  readonly close: () => void;
}

/** Forgets everything at once: for a simulator that lives in memory. */
export function noStateFile(): StateFile {
  return {
    records: () => [],
    putRecord: () => undefined,
    singles: () => [],
    putSingle: () => undefined,
    journal: () => [],
    appendJournal: () => undefined,
    trimJournal: () => undefined,
    transaction: (work) => work(),
    close: () => undefined,
  };
}

/**
 * One SQLite file, written before a call is answered. A killed process loses nothing: the operating system has the pages
 * (durability against power loss is not needed of a stand-in). Throws when another process holds the file.
 */
export function openStateFile(path: string): StateFile {
  const db = new DatabaseSync(path);
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
  const trim = db.prepare('delete from journal where n <= ?');
  return {
    *records(kind) {
      for (const row of db.prepare('select id, body from record where kind = ? order by rowid').iterate(kind)) {
        yield [String(row['id']), parseJson(String(row['body']))];
      }
    },
    putRecord: (kind, id, body) => void putRecord.run(kind, id, writeJson(body)),
    *singles() {
      for (const row of db.prepare('select key, body from single').iterate()) {
        yield [String(row['key']), parseJson(String(row['body']))];
      }
    },
    putSingle: (key, body) => void putSingle.run(key, writeJson(body)),
    journal: () =>
      db
        .prepare('select body from journal order by n')
        .all()
        .map((row) => parseJson(String(row['body']))),
    appendJournal: (n, entry) => void putJournal.run(n, writeJson(entry)),
    trimJournal: (n) => void trim.run(n),
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
