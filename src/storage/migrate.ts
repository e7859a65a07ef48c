import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { identity } from './migrations/0001-identity.ts';
import { reconciliation } from './migrations/0002-reconciliation.ts';
import { tokenPause } from './migrations/0003-token-pause.ts';
import { scimRequest } from './migrations/0004-scim-request.ts';
import { coveringLookups } from './migrations/0005-covering-lookups.ts';
import { driftEvent } from './migrations/0006-drift-event.ts';
import { operations } from './migrations/0007-operations.ts';
import { partialSnapshot } from './migrations/0008-partial-snapshot.ts';
import { operationBytes } from './migrations/0009-operation-bytes.ts';
import type { Schema } from './schema.ts';

/** In order; a released migration never changes. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-identity': identity,
  '0002-reconciliation': reconciliation,
  '0003-token-pause': tokenPause,
  '0004-scim-request': scimRequest,
  '0005-covering-lookups': coveringLookups,
  '0006-drift-event': driftEvent,
  '0007-operations': operations,
  '0008-partial-snapshot': partialSnapshot,
  '0009-operation-bytes': operationBytes,
};

/** Safe to call from several processes at once: kysely takes a lock on PostgreSQL, SQLite has one process. */
export async function runMigrations(database: Kysely<Schema>): Promise<void> {
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => MIGRATIONS } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error instanceof Error ? error : new Error('migration failed', { cause: error });
}
