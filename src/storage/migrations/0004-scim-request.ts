import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * The log of inbound SCIM requests. The key is the time first, so that new rows go to the end and old ones leave from the
 * beginning; a request that was stored with its change cannot be stored again. `operation` is -1 for a request itself.
 * Plain reads are most of the rows, and the indexes leave them out: an entry at a random place of a large index costs
 * several times what the row itself does.
 */
const STATEMENTS: readonly string[] = [
  `create table "scim_request" (
    tenant_id text not null,
    at text not null,
    request_id text not null,
    operation bigint not null,
    token_id text not null,
    method text not null,
    path text not null,
    status bigint not null,
    code text,
    before_hash text,
    after_hash text,
    person_id text,
    resource_id text,
    changed text,
    duration_us bigint not null,
    primary key (tenant_id, at, request_id, operation)
  )`,
  `create index scim_request_resource_idx on "scim_request" (tenant_id, resource_id, at) where method <> 'GET'`,
  `create index scim_request_person_idx on "scim_request" (tenant_id, person_id, at) where method <> 'GET'`,
];

export const scimRequest: Migration = {
  async up(database): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
