import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Calls to Drift that somebody asked for, one or many at once. A line keeps what goes into its call until the batch is
 * purged; nothing secret is ever among it.
 */
const STATEMENTS: readonly string[] = [
  `create table "operation_batch" (
    tenant_id text not null,
    id text not null,
    operation text not null,
    kind text not null,
    state text not null,
    code text,
    writes bigint not null,
    dry_run bigint not null,
    all_pages bigint not null,
    respond_to text,
    batch_key text,
    receipt text,
    lines bigint not null,
    released bigint not null,
    fence bigint not null,
    requested_by text not null,
    created_at text not null,
    ended_at text,
    primary key (tenant_id, id)
  )`,
  `create unique index operation_batch_key_idx on "operation_batch" (tenant_id, batch_key) where batch_key is not null`,
  `create index operation_batch_age_idx on "operation_batch" (tenant_id, created_at)`,
  `create table "operation_line" (
    tenant_id text not null,
    batch_id text not null,
    line bigint not null,
    hash text not null,
    input text,
    state text not null,
    code text,
    detail text,
    status bigint,
    answer text,
    calls bigint not null,
    fence bigint not null,
    delivery text,
    delivery_tries bigint not null,
    delivery_at text,
    at text,
    primary key (tenant_id, batch_id, line)
  )`,
  `create index operation_line_state_idx on "operation_line" (tenant_id, batch_id, state, line)`,
  `create index operation_line_due_idx on "operation_line" (tenant_id, batch_id, delivery_at) where delivery = 'due'`,
];

export const operations: Migration = {
  async up(database): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
