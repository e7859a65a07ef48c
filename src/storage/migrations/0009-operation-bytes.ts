import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What the inputs and answers of a batch take, in bytes of UTF-8, so that there is a limit to what a tenant keeps. */
const STATEMENTS: readonly string[] = [
  `alter table "operation_batch" add column bytes bigint not null default 0`,
  `update "operation_batch" set bytes = (
    select coalesce(sum(coalesce(octet_length(input), 0) + coalesce(octet_length(answer), 0)), 0)
    from "operation_line"
    where "operation_line".tenant_id = "operation_batch".tenant_id and "operation_line".batch_id = "operation_batch".id
  )`,
  `create index operation_batch_bytes_idx on "operation_batch" (tenant_id, created_at, id, bytes) where bytes <> 0`,
  `create index operation_batch_open_idx on "operation_batch" (tenant_id, kind)
    where state in ('receiving', 'running', 'waiting')`,
];

export const operationBytes: Migration = {
  async up(database): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
