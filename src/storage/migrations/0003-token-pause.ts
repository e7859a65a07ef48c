import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** A token rests while this instant is set: it is refused, and kept for the day when it is resumed. */
export const tokenPause: Migration = {
  async up(database): Promise<void> {
    await sql.raw('alter table "token" add column paused_at text').execute(database);
  },
};
