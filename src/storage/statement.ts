import { type CompiledQuery, type Expression, type Kysely, type QueryResult, type SqlBool, sql } from 'kysely';
import type { DialectName } from './dialect.ts';
import type { Schema } from './schema.ts';

type Value = string | number | null;

/** What stands for the parameters while a statement is built; no value of ours begins with NUL. */
const PLACES = Array.from({ length: 16 }, (_, n) => `\u0000${String(n)}`);

/** Runs a statement at once, on a connection that nobody else is using. */
export type Direct = (sql: string, parameters: readonly unknown[]) => QueryResult<unknown>;

const directs = new WeakMap<Kysely<Schema>, Direct>();

/**
 * Lets statements of `db` pass by kysely's queue of connections. Only where the database answers at once and nobody can
 * stand between: a connection that only reads, or one whose transaction `db` is.
 */
export function answersDirectly<T extends Kysely<Schema>>(db: T, direct: Direct | undefined): T {
  if (direct !== undefined) directs.set(db, direct);
  return db;
}

/**
 * A statement that is built and compiled once for each database, and then only told its parameters: for point reads,
 * building costs several times what the database takes. `build` sees stand-ins, so it must not look at its parameters;
 * they are at most 16.
 */
export function statement<A extends readonly Value[], R>(
  build: (db: Kysely<Schema>, dialect: DialectName, ...parameters: A) => CompiledQuery<R>,
): (db: Kysely<Schema>, dialect: DialectName, ...parameters: A) => QueryResult<R> | Promise<QueryResult<R>> {
  const known = new Map<DialectName, { readonly query: CompiledQuery<R>; readonly places: readonly number[] }>();

  function compile(db: Kysely<Schema>, dialect: DialectName) {
    const query = build(db, dialect, ...(PLACES as unknown as A));
    const compiled = { query, places: query.parameters.map((value) => PLACES.indexOf(value as string)) };
    known.set(dialect, compiled);
    return compiled;
  }

  return (db, dialect, ...values) => {
    const { query, places } = known.get(dialect) ?? compile(db, dialect);
    const parameters = places.map((place, at) => (place < 0 ? query.parameters[at] : values[place]));
    const direct = directs.get(db);
    return direct === undefined
      ? db.executeQuery({ ...query, parameters })
      : (direct(query.sql, parameters) as QueryResult<R>);
  };
}

/** `column in (values)` where the values are one parameter: a JSON array of texts. */
export function isInJson(dialect: DialectName, column: Expression<string | null>, values: string): Expression<SqlBool> {
  return dialect === 'postgres'
    ? sql<SqlBool>`${column} = any(array(select json_array_elements_text(${values}::json)))`
    : sql<SqlBool>`${column} in (select value from json_each(${values}))`;
}
