import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  SqliteDialect,
  SqliteDriver,
  type SqliteDatabase,
  type SqliteStatement,
} from 'kysely';
import { type ChangeCounter, type Changes, createChangeCounter, tableWritten } from './sqlite-changes.ts';
import type { Direct } from './statement.ts';

type Bindable = null | number | bigint | string | Uint8Array;
type Values = readonly SQLOutputValue[];

/** A busy writer is waited for in the event loop (`writeTransaction`), not in here, where nothing else could run. */
const WRITE_TIMEOUT_MS = 20;
const READ_TIMEOUT_MS = 5000;
/**
 * The file is read where the operating system has it in memory. Pages of its own a reader loses at every commit of the
 * writer, and would fetch anew one by one. This is the most that SQLite maps; what lies behind it is read as before.
 */
const READ_MAPPED_BYTES = 0x7fff_0000;
const CACHE_KB = 65_536;

/**
 * Whether a transaction was begun, and whether SQLite still has it: a full disk, an I/O error or an interrupt may make it
 * roll back everything by itself.
 */
interface Standing {
  isBegun: boolean;
  readonly isOpen: () => boolean;
}

type Opened = SqliteDatabase & { readonly standing: Standing };

/** Takes the write lock at the start: a transaction that read first could not get it once another had written. */
class ImmediateDriver extends SqliteDriver {
  readonly #standing: Standing;

  constructor(database: Opened) {
    super({ database });
    this.#standing = database.standing;
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
    this.#standing.isBegun = true;
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await super.commitTransaction(connection);
    this.#standing.isBegun = false;
  }

  /** What SQLite has rolled back needs no more of it, and the error that made it do so is the one to be told. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    this.#standing.isBegun = false;
    if (this.#standing.isOpen()) await super.rollbackTransaction(connection);
  }
}

/** A connection for kysely; `direct` is the same one without it. */
export function sqliteDialect(
  path: string,
  options: { readonly readOnly: boolean },
): { readonly dialect: Dialect; readonly direct: Direct; readonly changes: Changes } {
  const changes = createChangeCounter();
  const database = openSqlite(path, options, changes);
  const dialect = new SqliteDialect({ database });
  return {
    changes,
    dialect: {
      createDriver: () => (options.readOnly ? dialect.createDriver() : new ImmediateDriver(database)),
      createQueryCompiler: () => dialect.createQueryCompiler(),
      createAdapter: () => dialect.createAdapter(),
      createIntrospector: (db) => dialect.createIntrospector(db),
    },
    direct: (sql, parameters) => {
      const prepared = database.prepare(sql);
      if (prepared.reader) return { rows: prepared.all(parameters) };
      const { changes: count, lastInsertRowid } = prepared.run(parameters);
      return { numAffectedRows: BigInt(count), insertId: BigInt(lastInsertRowid), rows: [] };
    },
  };
}

function rowOf(names: readonly string[], values: Values): Record<string, SQLOutputValue> {
  const row: Record<string, SQLOutputValue> = {};
  for (let at = 0; at < names.length; at += 1) row[names[at] ?? ''] = values[at] ?? null;
  return row;
}

/**
 * The face of `node:sqlite` that kysely's SQLite driver asks for. A statement is a reader when it has result columns;
 * statements are kept by their text because preparing costs more than a point read.
 */
function openSqlite(path: string, options: { readonly readOnly: boolean }, changes: ChangeCounter): Opened {
  const database = new DatabaseSync(path, { readOnly: options.readOnly, timeout: READ_TIMEOUT_MS });
  if (!options.readOnly) {
    // FULL: an acknowledged write survives a power cut, not only a crash of the process.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    database.exec(`PRAGMA busy_timeout = ${String(WRITE_TIMEOUT_MS)}`);
  }
  database.exec(`PRAGMA temp_store = MEMORY; PRAGMA cache_size = -${String(CACHE_KB)}`);
  if (options.readOnly) database.exec(`PRAGMA mmap_size = ${String(READ_MAPPED_BYTES)}`);
  const cache = new Map<string, SqliteStatement>();
  const standing: Standing = { isBegun: false, isOpen: () => database.isTransaction };

  /** Without its transaction a statement would be a commit of its own: half of what is told to have failed. */
  function refuseOutside(): void {
    if (standing.isBegun && !database.isTransaction) throw new Error('SQLite has rolled back this transaction');
  }

  function prepare(sql: string): SqliteStatement {
    const known = cache.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    // Objects made by node:sqlite are dictionaries: slower to make, and to read, than those made here.
    statement.setReturnArrays(true);
    let names = statement.columns().map(({ name }) => name);
    const table = tableWritten(sql);
    const ends = /^\s*(commit|rollback)\s*$/i.exec(sql)?.[1]?.toLowerCase();
    const counted = (rows: number | bigint): void => {
      if (ends === 'commit' || ends === 'rollback') changes.ended(ends);
      else if (table !== null && rows > 0) changes.wrote(table, database.isTransaction);
    };
    const prepared: SqliteStatement = {
      reader: names.length > 0,
      all: (parameters) => {
        refuseOutside();
        const rows = statement.all(...(parameters as Bindable[])) as unknown as Values[];
        // SQLite prepares anew when the schema changed, and `*` may be more columns then.
        if (rows[0] !== undefined && rows[0].length !== names.length) {
          names = statement.columns().map(({ name }) => name);
        }
        counted(rows.length);
        return rows.map((values) => rowOf(names, values));
      },
      run: (parameters) => {
        refuseOutside();
        const result = statement.run(...(parameters as Bindable[]));
        counted(result.changes);
        return result;
      },
      *iterate(parameters) {
        for (const values of statement.iterate(...(parameters as Bindable[]))) {
          yield rowOf(names, values as unknown as Values);
        }
        counted(1);
      },
    };
    if (cache.size >= 500) cache.clear();
    cache.set(sql, prepared);
    return prepared;
  }

  return { prepare, standing, close: () => database.close() };
}
