import type { Kysely } from 'kysely';
import { type DialectName, lockRows } from './dialect.ts';
import type { Schema } from './schema.ts';
import { statement } from './statement.ts';

const locked = statement((db, dialect, tenantId: string) =>
  lockRows(dialect, db.selectFrom('tenant').select(['audit_seq', 'audit_hash']).where('id', '=', tenantId)).compile(),
);

/**
 * Until the transaction ends, whoever else of this tenant asks for the same waits: what is read after it stays true.
 * One lock for everything that needs order, so that no two can wait for each other.
 */
export async function lockTenant(
  db: Kysely<Schema>,
  tenantId: string,
  dialect: DialectName,
): Promise<{ readonly audit_seq: number; readonly audit_hash: string }> {
  const {
    rows: [row],
  } = await locked(db, dialect, tenantId);
  if (row === undefined) throw new Error(`there is no tenant ${tenantId}`);
  return row;
}
