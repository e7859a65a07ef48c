import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** An organisation without accounts shows none, which is not the same as having none. */
export const partialSnapshot: Migration = {
  async up(database): Promise<void> {
    await sql`alter table "snapshot" add column companies_listed bigint not null default 1`.execute(database);
  },
};
