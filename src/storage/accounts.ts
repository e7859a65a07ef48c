import type { Kysely } from 'kysely';
import type { Account, Baseline, OwnedCounts } from '../core/identity/account.ts';
import type { AttributeValues } from '../core/identity/attributes.ts';
import type { AccountStore, SnapshotInfo } from '../flows/account-port.ts';
import type { Schema } from './schema.ts';
import { slices } from './slices.ts';

/** What was last seen of Drift. `last_seen` dates each account, so that an older look never covers a newer one. */
export function createAccountStore(db: Kysely<Schema>, tenantId: string): AccountStore {
  return {
    async putSnapshot(snapshot, seen) {
      await db
        .insertInto('snapshot')
        .values({
          tenant_id: tenantId,
          id: snapshot.id,
          started_at: snapshot.startedAt,
          ended_at: snapshot.endedAt,
          complete: 1,
          accounts: snapshot.accounts,
          companies: snapshot.companies,
          contacts: snapshot.contacts,
          calls: snapshot.calls,
        })
        .execute();
      await putAccounts(snapshot, seen.accounts);
      await db.deleteFrom('company').where('tenant_id', '=', tenantId).execute();
      for (const slice of slices(seen.companies)) {
        const rows = slice.map(({ id, ownerId, deleted }) => ({ ...ownedRow(id, ownerId), deleted: deleted ? 1 : 0 }));
        await db.insertInto('company').values(rows).execute();
      }
      // Where contacts cannot be listed, what is known of them stays known.
      if (seen.contacts === null) return;
      await db.deleteFrom('contact').where('tenant_id', '=', tenantId).execute();
      for (const slice of slices(seen.contacts)) {
        const rows = slice.map(({ id, ownerId }) => ownedRow(id, ownerId));
        await db.insertInto('contact').values(rows).execute();
      }

      function ownedRow(id: string, ownerId: string | undefined) {
        return { tenant_id: tenantId, id, owner_id: ownerId ?? null, snapshot_id: snapshot.id };
      }
    },

    latestSnapshot,

    async present() {
      const rows = await db
        .selectFrom('account')
        .select('observed')
        .where('tenant_id', '=', tenantId)
        .where('present', '=', 1)
        .orderBy('id')
        .execute();
      return rows.map((row) => JSON.parse(row.observed) as Account);
    },

    async find(accountId) {
      const row = await db
        .selectFrom('account')
        .select(['observed', 'present', 'baseline'])
        .where('tenant_id', '=', tenantId)
        .where('id', '=', accountId)
        .executeTakeFirst();
      if (row === undefined) return null;
      return {
        account: JSON.parse(row.observed) as Account,
        present: row.present === 1,
        baseline: row.baseline === null ? null : (JSON.parse(row.baseline) as AttributeValues),
      };
    },

    async baselines() {
      const rows = await db
        .selectFrom('account')
        .select(['id', 'baseline', 'baseline_at', 'last_seen'])
        .where('tenant_id', '=', tenantId)
        .where('baseline', 'is not', null)
        .execute();
      return new Map(
        rows.map((row): [string, Baseline] => [
          row.id,
          {
            accountId: row.id,
            values: JSON.parse(row.baseline ?? '{}') as AttributeValues,
            at: row.baseline_at ?? row.last_seen,
          },
        ]),
      );
    },

    async putAccount(account, baseline, at) {
      const seen = { rest_id: account.restId ?? null, observed: JSON.stringify(account), present: 1, last_seen: at };
      const base = baseline === null ? {} : { baseline: JSON.stringify(baseline), baseline_at: at };
      await db
        .insertInto('account')
        .values({
          tenant_id: tenantId,
          id: account.id,
          snapshot_id: null,
          first_seen: at,
          baseline: null,
          baseline_at: null,
          ...seen,
          ...base,
        })
        .onConflict((conflict) => conflict.columns(['tenant_id', 'id']).doUpdateSet({ ...seen, ...base }))
        .execute();
    },

    async putBaselines(baselines) {
      for (const { accountId, values, at } of baselines) {
        await db
          .updateTable('account')
          .set({ baseline: JSON.stringify(values), baseline_at: at })
          .where('tenant_id', '=', tenantId)
          .where('id', '=', accountId)
          .execute();
      }
    },

    async markAbsent(accountId, at) {
      await db
        .updateTable('account')
        .set({ present: 0, last_seen: at })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', accountId)
        .execute();
    },

    async owned() {
      const snapshot = await latestSnapshot();
      const listable = snapshot !== null && snapshot.contacts !== null;
      const companies = await countByOwner('company');
      const contacts = await countByOwner('contact');
      const rows = await db
        .selectFrom('account')
        .select(['id', 'rest_id'])
        .where('tenant_id', '=', tenantId)
        .where('present', '=', 1)
        .execute();
      return new Map(
        rows.map((row): [string, OwnedCounts] => [
          row.id,
          {
            accounts: row.rest_id === null ? 0 : (companies.get(row.rest_id) ?? 0),
            contacts: row.rest_id === null ? 0 : (contacts.get(row.rest_id) ?? 0),
            // Without a proven owner id nothing can be said of what the agent owns.
            contactsListable: listable && row.rest_id !== null,
          },
        ]),
      );
    },

    async ownedOf(ownerRestId) {
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

    setCompanyOwner: (companyId, ownerRestId) => setOwner('company', companyId, ownerRestId),
    setContactOwner: (contactId, ownerRestId) => setOwner('contact', contactId, ownerRestId),
  };

  async function latestSnapshot(): Promise<SnapshotInfo | null> {
    const row = await db
      .selectFrom('snapshot')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('complete', '=', 1)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) return null;
    const { id, accounts, companies, contacts, calls } = row;
    return {
      id,
      startedAt: row.started_at,
      endedAt: row.ended_at ?? row.started_at,
      accounts,
      companies,
      contacts,
      calls,
    };
  }

  async function putAccounts(snapshot: SnapshotInfo, accounts: readonly Account[]): Promise<void> {
    const { startedAt: at } = snapshot;
    for (const slice of slices(accounts)) {
      await db
        .insertInto('account')
        .values(
          slice.map((account) => ({
            tenant_id: tenantId,
            id: account.id,
            rest_id: account.restId ?? null,
            observed: JSON.stringify(account),
            present: 1,
            snapshot_id: snapshot.id,
            first_seen: at,
            last_seen: at,
            baseline: null,
            baseline_at: null,
          })),
        )
        .onConflict((conflict) =>
          conflict
            .columns(['tenant_id', 'id'])
            .doUpdateSet((eb) => ({
              rest_id: eb.ref('excluded.rest_id'),
              observed: eb.ref('excluded.observed'),
              present: eb.ref('excluded.present'),
              snapshot_id: eb.ref('excluded.snapshot_id'),
              last_seen: eb.ref('excluded.last_seen'),
            }))
            .where('account.last_seen', '<=', at),
        )
        .execute();
    }
    // What a complete listing lacks is gone, unless it was read after the listing began.
    await db
      .updateTable('account')
      .set({ present: 0, last_seen: at })
      .where('tenant_id', '=', tenantId)
      .where('present', '=', 1)
      .where('last_seen', '<=', at)
      .where((eb) => eb.or([eb('snapshot_id', 'is', null), eb('snapshot_id', '!=', snapshot.id)]))
      .execute();
  }

  async function countByOwner(table: 'company' | 'contact'): Promise<ReadonlyMap<string, number>> {
    const rows = await db
      .selectFrom(table)
      .select((eb) => ['owner_id', eb.fn.countAll<number>().as('owned')])
      .where('tenant_id', '=', tenantId)
      .where('owner_id', 'is not', null)
      .$if(table === 'company', (query) => query.where('deleted', '=', 0))
      .groupBy('owner_id')
      .execute();
    return new Map(rows.map((row) => [row.owner_id ?? '', row.owned]));
  }

  async function setOwner(table: 'company' | 'contact', id: string, ownerRestId: string): Promise<void> {
    await db
      .updateTable(table)
      .set({ owner_id: ownerRestId })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .execute();
  }
}
