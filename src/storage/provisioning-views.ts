import type { Kysely, Selectable } from 'kysely';
import type { Entry } from '../core/reconcile/entry.ts';
import { type ChangeView, standingOf } from '../core/reconcile/provisioning-state.ts';
import type { ProvisioningView, ScimStore } from '../flows/scim-port.ts';
import type { ChangeOutcome } from '../flows/plan-port.ts';
import type { DialectName } from './database.ts';
import { isOneOf } from './dialect.ts';
import type { Schema } from './schema.ts';

type EntryRow = Pick<Selectable<Schema['entry']>, 'person_id' | 'data' | 'changes'> & { readonly created_at: string };

/**
 * What the Drift extension of SCIM users shows, for a set of persons in seven queries: from the last run that looked at
 * each, the changes that came of it, and what was said since.
 */
export function createProvisioningViews(
  db: Kysely<Schema>,
  tenantId: string,
  dialect: DialectName,
): ScimStore['views'] {
  return async (personIds) => {
    if (personIds.length === 0) return new Map();
    const ids = [...new Set(personIds)];
    const records = Map.groupBy(await recordsOf(ids), (row) => row.person_id);
    const links = new Map((await linksOf(ids)).map((row) => [row.person_id, row]));
    const buried = new Map((await tombstonesOf(ids)).map((row) => [row.person_id, row.at]));
    const entries = new Map((await latestEntries(ids)).map((row) => [row.person_id, row]));
    const changes = await changesOf([...entries.values()]);
    const owners = [...links.values()].flatMap((link) => (link.rest_id === null ? [] : [link.rest_id]));
    const companies = await ownedBy('company', owners);
    const contacts = await ownedBy('contact', owners);

    const views = new Map<string, ProvisioningView>();
    for (const id of ids) {
      const own = records.get(id) ?? [];
      const row = entries.get(id);
      const entry = row === undefined ? undefined : (JSON.parse(row.data) as Entry);
      const link = links.get(id);
      const buriedAt = buried.get(id);
      const idp = own.filter((record) => record.source === 'idp');
      const [first] = own;
      if (first === undefined) continue;
      const statedAt = own.reduce((last, { updated_at: at }) => (at > last ? at : last), first.updated_at);
      const standing = standingOf({
        switchedOff: idp.length > 0 && idp.every((record) => record.state !== 'active'),
        statedAt,
        linked: link !== undefined,
        ...(buriedAt === undefined ? {} : { buriedAt }),
        ...(entry === undefined || row === undefined
          ? {}
          : {
              entry: {
                situation: entry.situation,
                disposition: entry.disposition,
                leaving: entry.lifecycle.expected === 'absent' || entry.lifecycle.expected === 'inactive',
                at: row.created_at,
                changes: (JSON.parse(row.changes) as string[]).flatMap((change) => changes.get(change) ?? []),
              },
            }),
      });
      const accountId = link?.account_id ?? entry?.accountId;
      views.set(id, {
        ...standing,
        ...(accountId === undefined ? {} : { accountId }),
        ...(entry === undefined ? {} : { situation: entry.situation }),
        ownedContacts: contacts.get(link?.rest_id ?? '') ?? 0,
        ownedAccounts: companies.get(link?.rest_id ?? '') ?? 0,
      });
    }
    return views;
  };

  async function recordsOf(ids: readonly string[]) {
    return db
      .selectFrom('source_record')
      .select(['person_id', 'source', 'state', 'updated_at'])
      .where('tenant_id', '=', tenantId)
      .where((eb) => isOneOf(dialect, eb.ref('person_id'), ids))
      .execute();
  }

  async function linksOf(ids: readonly string[]) {
    return db
      .selectFrom('link')
      .leftJoin('account', (join) =>
        join.onRef('account.tenant_id', '=', 'link.tenant_id').onRef('account.id', '=', 'link.account_id'),
      )
      .select(['link.person_id', 'link.account_id', 'account.rest_id'])
      .where('link.tenant_id', '=', tenantId)
      .where('link.ended_at', 'is', null)
      .where((eb) => isOneOf(dialect, eb.ref('link.person_id'), ids))
      .orderBy('link.id')
      .execute();
  }

  async function tombstonesOf(ids: readonly string[]) {
    return db
      .selectFrom('tombstone')
      .select(['person_id', 'at'])
      .where('tenant_id', '=', tenantId)
      .where((eb) => isOneOf(dialect, eb.ref('person_id'), ids))
      .orderBy('at')
      .execute();
  }

  /** Ids of runs sort by their birth, so the greatest is the latest. */
  async function latestEntries(ids: readonly string[]): Promise<readonly EntryRow[]> {
    const latest = db
      .selectFrom('entry')
      .select((eb) => ['person_id', eb.fn.max('run_id').as('run_id')])
      .where('tenant_id', '=', tenantId)
      .where((eb) => isOneOf(dialect, eb.ref('person_id'), ids))
      .groupBy('person_id')
      .as('latest');
    return db
      .selectFrom('entry')
      .innerJoin(latest, (join) =>
        join.onRef('latest.person_id', '=', 'entry.person_id').onRef('latest.run_id', '=', 'entry.run_id'),
      )
      .innerJoin('run', (join) =>
        join.onRef('run.tenant_id', '=', 'entry.tenant_id').onRef('run.id', '=', 'entry.run_id'),
      )
      .select((eb) => [
        'entry.person_id',
        'entry.data',
        'entry.changes',
        // What was said before the run began to look is in it.
        eb.fn.coalesce('run.started_at', 'run.created_at').as('created_at'),
      ])
      .where('entry.tenant_id', '=', tenantId)
      .execute();
  }

  async function changesOf(entries: readonly EntryRow[]): Promise<ReadonlyMap<string, ChangeView>> {
    const ids = entries.flatMap((entry) => JSON.parse(entry.changes) as string[]);
    if (ids.length === 0) return new Map();
    const rows = await db
      .selectFrom('change')
      .select(['id', 'op', 'state', 'outcome', 'updated_at'])
      .where('tenant_id', '=', tenantId)
      .where((eb) => isOneOf(dialect, eb.ref('id'), ids))
      .execute();
    return new Map(
      rows.map((row): [string, ChangeView] => [
        row.id,
        {
          op: row.op as ChangeView['op'],
          state: row.state as ChangeView['state'],
          at: row.updated_at,
          ...(row.outcome === null ? {} : { code: (JSON.parse(row.outcome) as ChangeOutcome).code }),
        },
      ]),
    );
  }

  async function ownedBy(
    table: 'company' | 'contact',
    owners: readonly string[],
  ): Promise<ReadonlyMap<string, number>> {
    if (owners.length === 0) return new Map();
    const rows = await db
      .selectFrom(table)
      .select((eb) => ['owner_id', eb.fn.countAll<number>().as('owned')])
      .where('tenant_id', '=', tenantId)
      .where((eb) => isOneOf(dialect, eb.ref('owner_id'), owners))
      .$if(table === 'company', (query) => query.where('deleted', '=', 0))
      .groupBy('owner_id')
      .execute();
    return new Map(rows.map((row) => [row.owner_id ?? '', row.owned]));
  }
}
