import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Webhooks of Drift, and what they want to be observed again. The address of a tenant's webhooks is one of its settings,
 * and whose an address is has to be found by it.
 */
const STATEMENTS: readonly string[] = [
  `create table "drift_event" (
    tenant_id text not null,
    id text not null,
    content_hash text not null,
    type text not null,
    object text,
    received_at text not null,
    hints text,
    state text not null,
    why text,
    settled_at text,
    repeats bigint not null,
    primary key (tenant_id, id)
  )`,
  `create unique index drift_event_content_idx on "drift_event" (tenant_id, content_hash)`,
  `create index drift_event_time_idx on "drift_event" (tenant_id, received_at, id)`,
  `create index drift_event_state_idx on "drift_event" (tenant_id, state, received_at, id)`,
  `create table "mark" (
    tenant_id text not null,
    kind text not null,
    key_by text not null,
    key text not null,
    seq bigint not null,
    at text not null,
    primary key (tenant_id, kind, key_by, key)
  )`,
  `create unique index mark_seq_idx on "mark" (tenant_id, seq)`,
  `create table "mark_counter" (tenant_id text not null primary key, seq bigint not null)`,
  `create unique index setting_webhook_idx on "setting" (value) where name = 'drift.webhook_id'`,
];

export const driftEvent: Migration = {
  async up(database): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
