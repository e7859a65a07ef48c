import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Who is who: tenants, tokens, SCIM resources, people, links, what Drift shows. Plain SQL that both databases read alike.
 * A token is looked up by its hash before its tenant is known: the one index without the tenant in front.
 */
const STATEMENTS: readonly string[] = [
  `create table "store_meta" (
    "key" text not null,
    value text not null,
    primary key ("key")
  )`,
  `create table "tenant" (
    id text not null,
    name text not null,
    state text not null,
    created_at text not null,
    audit_seq bigint not null,
    audit_hash text not null,
    primary key (id)
  )`,
  `create table "setting" (
    tenant_id text not null,
    name text not null,
    value text not null,
    primary key (tenant_id, name)
  )`,
  `create table "secret" (
    tenant_id text not null,
    name text not null,
    ciphertext text not null,
    key_id text not null,
    updated_at text not null,
    primary key (tenant_id, name)
  )`,
  `create table "token" (
    tenant_id text not null,
    id text not null,
    audience text not null,
    scopes text not null,
    subject text not null,
    name text not null,
    hash text not null,
    created_by text not null,
    created_at text not null,
    expires_at text not null,
    revoked_at text,
    last_used_at text,
    primary key (tenant_id, id)
  )`,
  `create table "scim_resource" (
    tenant_id text not null,
    id text not null,
    type text not null,
    user_key text,
    display_key text,
    external_id text,
    active bigint not null,
    version bigint not null,
    doc text not null,
    created_at text not null,
    modified_at text not null,
    person_id text,
    create_hash text not null,
    primary key (tenant_id, id)
  )`,
  `create table "scim_email" (
    tenant_id text not null,
    resource_id text not null,
    value_key text not null,
    primary key (tenant_id, resource_id, value_key)
  )`,
  `create table "scim_member" (
    tenant_id text not null,
    group_id text not null,
    user_id text not null,
    added_at text not null,
    primary key (tenant_id, group_id, user_id)
  )`,
  `create table "person" (
    tenant_id text not null,
    id text not null,
    created_at text not null,
    merged_into text,
    primary key (tenant_id, id)
  )`,
  `create table "source_record" (
    tenant_id text not null,
    id text not null,
    source text not null,
    record_key text not null,
    person_id text not null,
    state text not null,
    since text not null,
    data text not null,
    row_hash text not null,
    missing_files bigint not null,
    missing_since text,
    import_id text,
    updated_at text not null,
    primary key (tenant_id, id)
  )`,
  `create table "person_key" (
    tenant_id text not null,
    kind text not null,
    value_key text not null,
    person_id text not null,
    record_id text not null,
    primary key (tenant_id, kind, value_key, record_id)
  )`,
  `create table "link" (
    tenant_id text not null,
    id text not null,
    person_id text not null,
    account_id text not null,
    rule text not null,
    confidence double precision not null,
    evidence text not null,
    pinned bigint not null,
    decided_by text not null,
    created_at text not null,
    ended_at text,
    primary key (tenant_id, id)
  )`,
  `create table "cannot_link" (
    tenant_id text not null,
    person_id text not null,
    account_id text not null,
    decided_by text not null,
    created_at text not null,
    primary key (tenant_id, person_id, account_id)
  )`,
  `create table "account" (
    tenant_id text not null,
    id text not null,
    rest_id text,
    observed text not null,
    present bigint not null,
    snapshot_id text,
    first_seen text not null,
    last_seen text not null,
    baseline text,
    baseline_at text,
    primary key (tenant_id, id)
  )`,
  `create table "company" (
    tenant_id text not null,
    id text not null,
    owner_id text,
    deleted bigint not null,
    snapshot_id text not null,
    primary key (tenant_id, id)
  )`,
  `create table "contact" (
    tenant_id text not null,
    id text not null,
    owner_id text,
    snapshot_id text not null,
    primary key (tenant_id, id)
  )`,
  `create unique index scim_resource_user_key_idx on "scim_resource" (tenant_id, user_key)`,
  `create index scim_resource_type_idx on "scim_resource" (tenant_id, type, id)`,
  `create index scim_resource_external_idx on "scim_resource" (tenant_id, external_id)`,
  `create index scim_resource_display_idx on "scim_resource" (tenant_id, display_key)`,
  `create index scim_resource_person_idx on "scim_resource" (tenant_id, person_id)`,
  `create index scim_email_value_idx on "scim_email" (tenant_id, value_key)`,
  `create index scim_member_user_idx on "scim_member" (tenant_id, user_id)`,
  `create unique index source_record_key_idx on "source_record" (tenant_id, source, record_key)`,
  `create index source_record_person_idx on "source_record" (tenant_id, person_id)`,
  `create index person_key_person_idx on "person_key" (tenant_id, person_id)`,
  `create index person_key_record_idx on "person_key" (tenant_id, record_id)`,
  `create unique index link_account_idx on "link" (tenant_id, account_id) where ended_at is null`,
  `create index link_person_idx on "link" (tenant_id, person_id)`,
  `create index company_owner_idx on "company" (tenant_id, owner_id)`,
  `create index contact_owner_idx on "contact" (tenant_id, owner_id)`,
  `create unique index token_hash_idx on "token" (hash)`,
];

export const identity: Migration = {
  async up(database): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
