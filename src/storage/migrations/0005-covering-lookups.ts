import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const STATEMENTS = [
  `drop index scim_member_user_idx`,
  `create index scim_member_user_idx on "scim_member" (tenant_id, user_id, group_id)`,
  `drop index source_record_person_idx`,
  `create index source_record_person_idx on "source_record" (tenant_id, person_id, source, state, updated_at)`,
];

/** What is asked of each user that is shown, its groups and who said what of the person, is answered by the index alone. */
export const coveringLookups: Migration = {
  async up(database): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
