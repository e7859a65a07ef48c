import { type Kysely, sql } from 'kysely';
import type { Schema } from './schema.ts';

const ROWS = 1_000_000;

/**
 * Tells SQLite's planner what our indexes are worth. Without statistics it takes any equality for a good filter, and
 * the tenant, which stands first everywhere and is nearly always the same one, for reason enough to read a whole table.
 * Written, not measured: the plans of a store that is filled later are those that were tested.
 */
export async function describeIndexes(database: Kysely<Schema>): Promise<void> {
  const indexes = await sql<{ table_name: string; index_name: string; is_unique: number; columns: number }>`
    select t.name as table_name, i.name as index_name, i."unique" as is_unique,
      (select count(*) from pragma_index_info(i.name)) as columns
    from sqlite_schema t join pragma_index_list(t.name) i
    where t.type = 'table' and t.name not like 'sqlite_%'`.execute(database);
  // The smallest of our tables: this is only to have the table of statistics made.
  await sql`analyze store_meta`.execute(database);
  await sql`delete from sqlite_stat1`.execute(database);
  for (const index of indexes.rows) {
    const stat = [ROWS, ...rowsPerPrefix(index.columns, index.is_unique === 1)].join(' ');
    await sql`insert into sqlite_stat1 (tbl, idx, stat) values (${index.table_name}, ${index.index_name}, ${stat})`.execute(
      database,
    );
  }
  await sql`analyze sqlite_schema`.execute(database);
}

/** Average number of rows that share the first column, the first two, … all columns of an index. */
function rowsPerPrefix(columns: number, unique: boolean): readonly number[] {
  return Array.from({ length: columns }, (_, at) => {
    if (at === columns - 1) return unique ? 1 : 20;
    return at === 0 ? ROWS : 2000;
  });
}
