import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../../src/storage/database.ts';

/** Look-ups that run once a request or once a change, and the index that each must use in a store of any size. */
const LOOKUPS: readonly (readonly [query: string, index: string])[] = [
  [
    `select * from source_record where tenant_id = 't' and source = 'idp' and record_key = 'k'`,
    'source_record_key_idx',
  ],
  [
    `select * from source_record where tenant_id = 't' and person_id in (select value from json_each('[]'))`,
    'source_record_person_idx',
  ],
  [
    `select * from person_key where tenant_id = 't' and kind in ('email', 'employee') and value_key in (select value from json_each('[]'))`,
    'autoindex_person_key',
  ],
  [
    `select * from person_key where tenant_id = 't' and person_id in (select value from json_each('[]'))`,
    'person_key_person_idx',
  ],
  [
    `select * from link where tenant_id = 't' and ended_at is null and person_id in (select value from json_each('[]')) order by id`,
    'link_person_idx',
  ],
  [
    `select group_id from scim_member where tenant_id = 't' and user_id in (select value from json_each('[]'))`,
    'scim_member_user_idx',
  ],
  [`select * from scim_resource where tenant_id = 't' and user_key = 'k'`, 'scim_resource_user_key_idx'],
  [
    `select * from scim_resource where tenant_id = 't' and external_id = 'k' and type = 'User'`,
    'scim_resource_external_idx',
  ],
  [
    `select person_id, max(run_id) from entry where tenant_id = 't' and person_id in (select value from json_each('[]')) group by person_id`,
    'entry_person_idx',
  ],
  [
    `select * from change where tenant_id = 't' and plan_id = 'p' and state = 'approved' order by seq limit 1`,
    'change_plan_idx',
  ],
  [`select id from change where tenant_id = 't' and state = 'leased' and person_id = 'p'`, 'change_person_idx'],
  [`select * from attempt where tenant_id = 't' and change_id = 'c' order by id`, 'attempt_change_idx'],
  [`select id from company where tenant_id = 't' and owner_id = 'o'`, 'company_owner_idx'],
  [`select * from token where hash = 'h'`, 'token_hash_idx'],
  [`select * from job where state = 'queued' and run_at <= 'x' order by priority desc`, 'job_claim_idx'],
  [`select * from audit where tenant_id = 't' and seq > 5 order by seq limit 10`, 'autoindex_audit'],
];

let database: Database;
beforeAll(async () => {
  database = await openDatabase({ url: ':memory:' });
});
afterAll(() => database.close());

it.each(LOOKUPS)('%s uses its index', async (query, index) => {
  const plan = await sql.raw<{ detail: string }>(`explain query plan ${query}`).execute(database.read);
  expect(plan.rows.map(({ detail }) => detail).join('\n')).toContain(index);
});
