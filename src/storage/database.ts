import { Kysely, sql } from 'kysely';
import pg from 'pg';
import type { DialectName } from './dialect.ts';
import { createGroupCommit } from './group-commit.ts';
import { runMigrations } from './migrate.ts';
import type { Schema } from './schema.ts';
import { describeIndexes } from './sqlite-planner.ts';
import { postgresDialect } from './postgres-driver.ts';
import type { Changes } from './sqlite-changes.ts';
import { sqliteDialect } from './sqlite-driver.ts';
import { type Direct, answersDirectly } from './statement.ts';

/** Two connections to one store: SCIM reads never wait behind a writer. */
export interface Database {
  readonly dialect: DialectName;
  readonly read: Kysely<Schema>;
  readonly write: Kysely<Schema>;
  /** For statements within a transaction of `write`, where the database answers at once. */
  readonly directWrites?: Direct;
  /** Runs a work in one commit with others that wait; where there is one writer only. */
  readonly grouped?: ReturnType<typeof createGroupCommit>;
  /** What is written, where nobody else can write: what was read may be kept until one of its tables changes. */
  readonly changes?: Changes;
  /** Answers when a write can be made; throws otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** `postgres://…`, or the path of a SQLite file, or `:memory:`. */
  readonly url: string;
}

export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  return /^postgres(ql)?:\/\//.test(options.url) ? openPostgres(options.url) : openSqliteStore(options.url);
}

async function openSqliteStore(path: string): Promise<Database> {
  const writing = sqliteDialect(path, { readOnly: false });
  const write = new Kysely<Schema>({ dialect: writing.dialect });
  await orClose(write, async () => {
    await runMigrations(write);
    await describeIndexes(write);
  });
  // A memory database is private to its connection, so reads share the writer's, and wait for it.
  const read = path === ':memory:' ? write : readOnly(path);
  return {
    dialect: 'sqlite',
    read,
    write,
    directWrites: writing.direct,
    grouped: createGroupCommit(write, writing.direct),
    changes: writing.changes,
    ping: () => ping(write),
    close: async () => {
      if (read !== write) await read.destroy();
      await write.destroy();
    },
  };
}

function readOnly(path: string): Kysely<Schema> {
  const { dialect, direct } = sqliteDialect(path, { readOnly: true });
  return answersDirectly(new Kysely<Schema>({ dialect }), direct);
}

async function openPostgres(url: string): Promise<Database> {
  const write = new Kysely<Schema>({ dialect: postgresDialect(postgresPool(url, { readOnly: false })) });
  await orClose(write, () => runMigrations(write));
  // As with SQLite, a write outside a transaction is refused by the database itself.
  const read = new Kysely<Schema>({ dialect: postgresDialect(postgresPool(url, { readOnly: true })) });
  return {
    dialect: 'postgres',
    read,
    write,
    ping: () => ping(write),
    close: async () => {
      await read.destroy();
      await write.destroy();
    },
  };
}

function postgresPool(url: string, options: { readonly readOnly: boolean }): pg.Pool {
  const types = new pg.TypeOverrides();
  // int8 as a number: all our counters stay far below 2^53, and 64-bit ids are text.
  types.setTypeParser(pg.types.builtins.INT8, Number);
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 5000,
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 30_000,
    ...(options.readOnly ? { options: '-c default_transaction_read_only=on' } : {}),
    types,
  });
  // A dropped idle connection must not end the process; the next query takes a new one.
  pool.on('error', () => undefined);
  // Nor one that drops between two statements of a transaction: the next statement says so.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** A store that cannot be brought up holds no connection and no file. */
async function orClose(database: Kysely<Schema>, prepare: () => Promise<void>): Promise<void> {
  try {
    await prepare();
  } catch (error) {
    await database.destroy();
    throw error;
  }
}

async function ping(database: Kysely<Schema>): Promise<void> {
  await sql`insert into store_meta (key, value) values ('ping', '1') on conflict (key) do update set value = '1'`.execute(
    database,
  );
}
