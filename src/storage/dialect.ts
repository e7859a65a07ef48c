import { type Expression, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import type { Schema } from './schema.ts';

export type DialectName = 'sqlite' | 'postgres';

/** `column in (values)` as one parameter: no limit on how many, and one statement text whatever their number. */
export function isOneOf(
  dialect: DialectName,
  column: Expression<string | null>,
  values: readonly string[],
): Expression<SqlBool> {
  return dialect === 'postgres'
    ? sql<SqlBool>`${column} = any(${[...values]}::text[])`
    : sql<SqlBool>`${column} in (select value from json_each(${JSON.stringify(values)}))`;
}

/** Holds the rows until the transaction ends. SQLite has one writer, so what it reads inside a transaction stays. */
export function lockRows<T extends keyof Schema, O>(
  dialect: DialectName,
  query: SelectQueryBuilder<Schema, T, O>,
): SelectQueryBuilder<Schema, T, O> {
  return dialect === 'postgres' ? query.forUpdate() : query;
}

/** As `lockRows`, but leaves out the rows that somebody else holds. */
export function takeFreeRows<T extends keyof Schema, O>(
  dialect: DialectName,
  query: SelectQueryBuilder<Schema, T, O>,
): SelectQueryBuilder<Schema, T, O> {
  return dialect === 'postgres' ? query.forUpdate().skipLocked() : query;
}

/** What an error of either database means for the one who asked. */
export type Failure = 'contention' | 'unreachable' | 'other';

/** SQLSTATE of serialization failure, deadlock and lock timeout: the transaction left nothing and may be made again. */
const CONTENTION = new Set(['40001', '40P01', '55P03']);
/** SQLSTATE classes of connection failure, shortage of resources, a server that is shutting down or starting, a time limit. */
const UNREACHABLE = /^(08...|53...|57P0.|57014|ECONN[A-Z]+|EPIPE|ETIMEDOUT|ENOTFOUND)$/;

/** What `pg` says itself, without a code. */
const UNREACHABLE_WORDS =
  /^(Connection terminated|timeout exceeded when trying to connect|Client (?:has encountered a connection error|was closed))/;

export function failureOf(error: unknown): Failure {
  // Not `instanceof`: errors that are made outside JavaScript belong to the first realm of the process.
  if (typeof error !== 'object' || error === null) return 'other';
  const { code, errcode, constraint, message } = error as Readonly<Record<string, unknown>>;
  // Primary result codes of SQLite: BUSY, LOCKED; IOERR, FULL, CANTOPEN. The upper bits only say more.
  if (code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number') {
    const primary = errcode & 0xff;
    if (primary === 5 || primary === 6) return 'contention';
    return primary === 10 || primary === 13 || primary === 14 ? 'unreachable' : 'other';
  }
  if (typeof code === 'string') {
    if (CONTENTION.has(code)) return 'contention';
    if (UNREACHABLE.test(code)) return 'unreachable';
  }
  // Two concurrent retries of one job: the loser begins again and finds the winner's row.
  if (constraint === 'job_dedupe_idx') return 'contention';
  return typeof message === 'string' && UNREACHABLE_WORDS.test(message) ? 'unreachable' : 'other';
}

/** Whether the text has the part in it, letter by letter. */
export function contains(column: Expression<string>, part: string): Expression<SqlBool> {
  return sql<SqlBool>`${column} like ${`%${part.replaceAll(/[\\%_]/g, '\\$&')}%`} escape '\\'`;
}
