import type { Kysely } from 'kysely';
import type { Company, OwnedContact } from '../flows/drift-port.ts';
import type { Schema } from './schema.ts';
import { slices } from './slices.ts';

interface OwnedRecords {
  replaceCompanies(snapshotId: string, companies: readonly Company[]): Promise<void>;
  replaceContacts(snapshotId: string, contacts: readonly OwnedContact[]): Promise<void>;
  putContacts(snapshotId: string, seen: readonly OwnedContact[], gone: readonly string[]): Promise<void>;
  knownContacts(limit: number): Promise<readonly string[]>;
  /** Live companies, or contacts, by the REST id of their owner. */
  counts(table: 'company' | 'contact'): Promise<ReadonlyMap<string, number>>;
  of(ownerRestId: string): Promise<{ readonly companies: readonly string[]; readonly contacts: readonly string[] }>;
  setOwner(table: 'company' | 'contact', id: string, ownerRestId: string): Promise<void>;
}

/** Companies and contacts as last seen: an id and an owner, no more personal data than needed. */
export function createOwnedRecords(db: Kysely<Schema>, tenantId: string): OwnedRecords {
  const rowOf = (snapshotId: string, id: string, ownerId: string | undefined) => ({
    tenant_id: tenantId,
    id,
    owner_id: ownerId ?? null,
    snapshot_id: snapshotId,
  });

  async function put(snapshotId: string, contacts: readonly OwnedContact[]): Promise<void> {
    for (const slice of slices(contacts)) {
      await db
        .insertInto('contact')
        .values(slice.map(({ id, ownerId }) => rowOf(snapshotId, id, ownerId)))
        .onConflict((conflict) =>
          conflict.columns(['tenant_id', 'id']).doUpdateSet((eb) => ({
            owner_id: eb.ref('excluded.owner_id'),
            snapshot_id: eb.ref('excluded.snapshot_id'),
          })),
        )
        .execute();
    }
  }

  return {
    async replaceCompanies(snapshotId, companies) {
      await db.deleteFrom('company').where('tenant_id', '=', tenantId).execute();
      for (const slice of slices(companies)) {
        const rows = slice.map(({ id, ownerId, deleted }) => ({
          ...rowOf(snapshotId, id, ownerId),
          deleted: deleted ? 1 : 0,
        }));
        await db.insertInto('company').values(rows).execute();
      }
    },

    async replaceContacts(snapshotId, contacts) {
      await db.deleteFrom('contact').where('tenant_id', '=', tenantId).execute();
      await put(snapshotId, contacts);
    },

    async putContacts(snapshotId, seen, gone) {
      await put(snapshotId, seen);
      for (const slice of slices(gone)) {
        await db.deleteFrom('contact').where('tenant_id', '=', tenantId).where('id', 'in', slice).execute();
      }
    },

    async knownContacts(limit) {
      const rows = await db
        .selectFrom('contact')
        .select('id')
        .where('tenant_id', '=', tenantId)
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(({ id }) => id);
    },

    async counts(table) {
      const rows = await db
        .selectFrom(table)
        .select((eb) => ['owner_id', eb.fn.countAll<number>().as('owned')])
        .where('tenant_id', '=', tenantId)
        .where('owner_id', 'is not', null)
        .$if(table === 'company', (query) => query.where('deleted', '=', 0))
        .groupBy('owner_id')
        .execute();
      return new Map(rows.map((row) => [row.owner_id ?? '', row.owned]));
    },

    async of(ownerRestId) {
      const companies = await db
        .selectFrom('company')
        .select('id')
        .where('tenant_id', '=', tenantId)
        .where('owner_id', '=', ownerRestId)
        .where('deleted', '=', 0)
        .orderBy('id')
        .execute();
      const contacts = await db
        .selectFrom('contact')
        .select('id')
        .where('tenant_id', '=', tenantId)
        .where('owner_id', '=', ownerRestId)
        .orderBy('id')
        .execute();
      return { companies: companies.map(({ id }) => id), contacts: contacts.map(({ id }) => id) };
    },

    async setOwner(table, id, ownerRestId) {
      await db
        .updateTable(table)
        .set({ owner_id: ownerRestId })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .execute();
    },
  };
}
