import { type Expression, type Kysely, type SqlBool, sql } from 'kysely';
import type { Entry } from '../core/reconcile/entry.ts';
import { type ChangeView, standingOf } from '../core/reconcile/provisioning-state.ts';
import type { ProvisioningView, ScimStore } from '../flows/scim-port.ts';
import type { ChangeOutcome } from '../flows/plan-port.ts';
import type { DialectName } from './dialect.ts';
import type { Schema } from './schema.ts';
import { isInJson, statement } from './statement.ts';

/** One row of what is known of persons; what its texts mean depends on `kind`. */
type Fact =
  | { readonly kind: 'record'; readonly person_id: string; readonly a: string; readonly b: string; readonly c: string }
  | {
      readonly kind: 'link';
      readonly person_id: string;
      readonly a: string;
      readonly b: string | null;
      readonly c: string;
    }
  | { readonly kind: 'tombstone'; readonly person_id: string; readonly c: string }
  | { readonly kind: 'entry'; readonly person_id: string; readonly a: string; readonly b: string; readonly c: string };

/**
 * Records (a source, b state, c updated), live links (a account, b its REST id, c their own id), tombstones (c when),
 * and the entry of the last run that looked at the person (a data, b changes, c when that run began to look: what was
 * said before is in it). Ids of runs sort by their birth, so the greatest is the latest.
 */
const factsOf = (tenantId: string, among: (column: string) => Expression<SqlBool>) =>
  sql<Fact>`
    select 'record' as kind, person_id, source as a, state as b, updated_at as c
    from source_record where tenant_id = ${tenantId} and ${among('person_id')}
    union all
    select 'link', link.person_id, link.account_id, account.rest_id, link.id
    from link left join account on account.tenant_id = link.tenant_id and account.id = link.account_id
    where link.tenant_id = ${tenantId} and link.ended_at is null and ${among('link.person_id')}
    union all
    select 'tombstone', person_id, null, null, at
    from tombstone where tenant_id = ${tenantId} and ${among('person_id')}
    union all
    select 'entry', entry.person_id, entry.data, entry.changes, coalesce(run.started_at, run.created_at)
    from (
      select person_id, max(run_id) as run_id
      from entry where tenant_id = ${tenantId} and ${among('person_id')}
      group by person_id
    ) latest
    join entry on entry.tenant_id = ${tenantId}
      and entry.person_id = latest.person_id and entry.run_id = latest.run_id
    join run on run.tenant_id = entry.tenant_id and run.id = entry.run_id`;

const factsOfMany = statement((db, dialect, tenantId: string, people: string) =>
  factsOf(tenantId, (column) => isInJson(dialect, sql.ref<string>(column), people)).compile(db),
);

/** A list of one costs more than twice as much as the one. */
const factsOfOne = statement((db, _dialect, tenantId: string, person: string) =>
  factsOf(tenantId, (column) => sql<SqlBool>`${sql.ref<string>(column)} = ${person}`).compile(db),
);

interface Consequence {
  readonly kind: 'change' | 'company' | 'contact';
  readonly id: string;
  readonly op: string;
  readonly state: string;
  readonly outcome: string | null;
  readonly updated_at: string;
  readonly owned: number;
}

/** The changes of entries, and how many companies and contacts an owner has. */
const consequencesOf = statement((db, dialect, tenantId: string, changes: string, owners: string) => {
  const ownedBy = isInJson(dialect, sql.ref<string>('owner_id'), owners);
  return sql<Consequence>`
    select 'change' as kind, id, op, state, outcome, updated_at, 0 as owned
    from change where tenant_id = ${tenantId} and ${isInJson(dialect, sql.ref<string>('id'), changes)}
    union all
    select 'company', owner_id, '', '', null, '', count(*)
    from company where tenant_id = ${tenantId} and ${ownedBy} and deleted = 0 group by owner_id
    union all
    select 'contact', owner_id, '', '', null, '', count(*)
    from contact where tenant_id = ${tenantId} and ${ownedBy} group by owner_id`.compile(db);
});

/**
 * What the Drift extension of SCIM users shows, for a set of persons in one statement or two: from the last run that
 * looked at each, the changes that came of it, and what was said since.
 */
export function createProvisioningViews(
  db: Kysely<Schema>,
  tenantId: string,
  dialect: DialectName,
): ScimStore['views'] {
  return async (personIds) => {
    if (personIds.length === 0) return new Map();
    const ids = [...new Set(personIds)];
    const { records, links, buried, entries } = await knownOf(ids);
    const { changes, companies, contacts } = await consequences(
      Array.from(entries.values()).flatMap((entry) => entry.changes),
      Array.from(links.values()).flatMap((link) => link.restId ?? []),
    );

    const views = new Map<string, ProvisioningView>();
    for (const id of ids) {
      const own = records.get(id) ?? [];
      const last = entries.get(id);
      const entry = last?.entry;
      const link = links.get(id);
      const buriedAt = buried.get(id);
      const idp = own.filter((record) => record.source === 'idp');
      const [first] = own;
      if (first === undefined) continue;
      const statedAt = own.reduce((latest, { updatedAt: at }) => (at > latest ? at : latest), first.updatedAt);
      const standing = standingOf({
        switchedOff: idp.length > 0 && idp.every((record) => record.state !== 'active'),
        statedAt,
        linked: link !== undefined,
        ...(buriedAt === undefined ? {} : { buriedAt }),
        ...(last === undefined || entry === undefined
          ? {}
          : {
              entry: {
                situation: entry.situation,
                disposition: entry.disposition,
                leaving: entry.lifecycle.expected === 'absent' || entry.lifecycle.expected === 'inactive',
                at: last.at,
                changes: last.changes.flatMap((change) => changes.get(change) ?? []),
              },
            }),
      });
      const accountId = link?.accountId ?? entry?.accountId;
      views.set(id, {
        ...standing,
        ...(accountId === undefined ? {} : { accountId }),
        ...(entry === undefined ? {} : { situation: entry.situation }),
        ownedContacts: contacts.get(link?.restId ?? '') ?? 0,
        ownedAccounts: companies.get(link?.restId ?? '') ?? 0,
      });
    }
    return views;
  };

  async function knownOf(ids: readonly string[]) {
    const [one = '', ...others] = ids;
    const { rows } =
      others.length === 0
        ? await factsOfOne(db, dialect, tenantId, one)
        : await factsOfMany(db, dialect, tenantId, JSON.stringify(ids));
    const records = new Map<string, SourceRecord[]>();
    const links = new Map<
      string,
      { readonly id: string; readonly accountId: string; readonly restId: string | null }
    >();
    const buried = new Map<string, string>();
    const entries = new Map<string, LastEntry>();
    for (const row of rows) {
      const { person_id: id } = row;
      if (row.kind === 'record') {
        const own = records.get(id) ?? [];
        own.push({ source: row.a, state: row.b, updatedAt: row.c });
        records.set(id, own);
      } else if (row.kind === 'link') {
        if (row.c > (links.get(id)?.id ?? '')) links.set(id, { id: row.c, accountId: row.a, restId: row.b });
      } else if (row.kind === 'tombstone') {
        if (row.c > (buried.get(id) ?? '')) buried.set(id, row.c);
      } else {
        const changes = JSON.parse(row.b) as readonly string[];
        entries.set(id, { entry: JSON.parse(row.a) as Entry, changes, at: row.c });
      }
    }
    return { records, links, buried, entries };
  }

  async function consequences(changeIds: readonly string[], owners: readonly string[]) {
    const changes = new Map<string, ChangeView>();
    const companies = new Map<string, number>();
    const contacts = new Map<string, number>();
    if (changeIds.length === 0 && owners.length === 0) return { changes, companies, contacts };
    const { rows } = await consequencesOf(db, dialect, tenantId, JSON.stringify(changeIds), JSON.stringify(owners));
    for (const row of rows) {
      if (row.kind === 'company') companies.set(row.id, row.owned);
      else if (row.kind === 'contact') contacts.set(row.id, row.owned);
      else {
        changes.set(row.id, {
          op: row.op as ChangeView['op'],
          state: row.state as ChangeView['state'],
          at: row.updated_at,
          ...(row.outcome === null ? {} : { code: (JSON.parse(row.outcome) as ChangeOutcome).code }),
        });
      }
    }
    return { changes, companies, contacts };
  }
}

interface SourceRecord {
  readonly source: string;
  readonly state: string;
  readonly updatedAt: string;
}

interface LastEntry {
  readonly entry: Entry;
  readonly changes: readonly string[];
  readonly at: string;
}
