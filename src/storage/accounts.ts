import type { Kysely, Selectable } from 'kysely';
import type { Account, Baseline, OwnedCounts } from '../core/identity/account.ts';
import type { AttributeValues } from '../core/identity/attributes.ts';
import type { AccountStore, SnapshotInfo } from '../flows/account-port.ts';
import { createOwnedRecords } from './owned-records.ts';
import type { Schema } from './schema.ts';
import { slices } from './slices.ts';

/** What was last seen of Drift. `last_seen` dates each account, so that an older look never covers a newer one. */
export function createAccountStore(db: Kysely<Schema>, tenantId: string): AccountStore {
  const records = createOwnedRecords(db, tenantId);
  const snapshots = () => db.selectFrom('snapshot').selectAll().where('tenant_id', '=', tenantId);
  return {
    async putSnapshot(snapshot, seen) {
      await db
        .insertInto('snapshot')
        .values({
          tenant_id: tenantId,
          id: snapshot.id,
          started_at: snapshot.startedAt,
          ended_at: snapshot.endedAt,
          complete: snapshot.complete.accounts ? 1 : 0,
          accounts: snapshot.accounts,
          companies: snapshot.companies ?? 0,
          companies_listed: snapshot.companies === null ? 0 : 1,
          contacts: snapshot.contacts,
          calls: snapshot.calls,
        })
        .execute();
      await putAccounts(snapshot, seen.accounts);
      if (seen.companies !== null) await records.replaceCompanies(snapshot.id, seen.companies);
      if (seen.contacts !== null) await records.replaceContacts(snapshot.id, seen.contacts);
    },

    putContacts: (snapshotId, seen, gone) => records.putContacts(snapshotId, seen, gone),
    knownContacts: (limit) => records.knownContacts(limit),

    latestSnapshot,

    async snapshot(id) {
      const row = await snapshots().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : infoOf(row);
    },

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
      const contactsListable = snapshot?.complete.contacts === true;
      const accountsListable = snapshot?.complete.companies === true;
      const companies = await records.counts('company');
      const contacts = await records.counts('contact');
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
            contactsListable: contactsListable && row.rest_id !== null,
            ...(accountsListable && row.rest_id !== null ? {} : { accountsListable: false }),
          },
        ]),
      );
    },

    ownedOf: (ownerRestId) => records.of(ownerRestId),
    setCompanyOwner: (companyId, ownerRestId) => records.setOwner('company', companyId, ownerRestId),
    setContactOwner: (contactId, ownerRestId) => records.setOwner('contact', contactId, ownerRestId),
  };

  async function latestSnapshot(): Promise<SnapshotInfo | null> {
    const row = await snapshots().where('complete', '=', 1).orderBy('id', 'desc').limit(1).executeTakeFirst();
    return row === undefined ? null : infoOf(row);
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
    // What a complete listing lacks is gone, unless it was read after the listing began; any other proves nothing.
    if (!snapshot.complete.accounts) return;
    await db
      .updateTable('account')
      .set({ present: 0, last_seen: at })
      .where('tenant_id', '=', tenantId)
      .where('present', '=', 1)
      .where('last_seen', '<=', at)
      .where((eb) => eb.or([eb('snapshot_id', 'is', null), eb('snapshot_id', '!=', snapshot.id)]))
      .execute();
  }
}

function infoOf(row: Selectable<Schema['snapshot']>): SnapshotInfo {
  const { id, accounts, contacts, calls } = row;
  const companies = row.companies_listed === 1 ? row.companies : null;
  return {
    id,
    startedAt: row.started_at,
    endedAt: row.ended_at ?? row.started_at,
    accounts,
    companies,
    contacts,
    complete: { accounts: row.complete === 1, companies: companies !== null, contacts: contacts !== null },
    calls,
  };
}
