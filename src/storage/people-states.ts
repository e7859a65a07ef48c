import type { Kysely, Selectable } from 'kysely';
import { sql } from 'kysely';
import type { HrRecord } from '../core/identity/hr-record.ts';
import type { HrStatement, IdpStatement, PersonState } from '../core/identity/person.ts';
import type { StoredIdp } from '../flows/people-port.ts';
import { type DialectName, isOneOf } from './dialect.ts';
import { GONE } from './people-accept.ts';
import type { Schema } from './schema.ts';

type RecordRow = Selectable<Schema['source_record']>;

/** Every person (or those named) with what all sources say, in five queries whatever their number. */
export function createPersonStates(
  db: Kysely<Schema>,
  tenantId: string,
  dialect: DialectName,
): (only?: readonly string[]) => Promise<readonly PersonState[]> {
  return async (only) => {
    const persons = await personIds(only);
    const records = Map.groupBy(await recordRows(only), (row) => row.person_id);
    const groups = await groupNames(only === undefined ? undefined : idpKeys(records));
    const contested = await contestedSources(only);
    return persons.map((id) => {
      const rows = records.get(id) ?? [];
      const idp = best(rows.filter((row) => row.source === 'idp'));
      const hr = best(rows.filter((row) => row.source !== 'idp'));
      return {
        id,
        ...(idp === undefined ? {} : { idp: idpStatement(idp, groups.get(idp.record_key) ?? []) }),
        ...(hr === undefined ? {} : { hr: hrStatement(hr) }),
        duplicates: duplicates(rows, contested.get(id) ?? new Set()),
      };
    });
  };

  async function personIds(only?: readonly string[]): Promise<readonly string[]> {
    const rows = await db
      .selectFrom('person')
      .select('id')
      .where('tenant_id', '=', tenantId)
      .where('merged_into', 'is', null)
      .$if(only !== undefined, (query) => query.where((eb) => isOneOf(dialect, eb.ref('id'), only ?? [])))
      .orderBy('id')
      .execute();
    return rows.map(({ id }) => id);
  }

  async function recordRows(only?: readonly string[]): Promise<readonly RecordRow[]> {
    return db
      .selectFrom('source_record')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .$if(only !== undefined, (query) => query.where((eb) => isOneOf(dialect, eb.ref('person_id'), only ?? [])))
      .execute();
  }

  /** Display names of groups by user. Their documents are read once each, not once a member. */
  async function groupNames(users?: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const members = await db
      .selectFrom('scim_member')
      .select(['user_id', 'group_id'])
      .where('tenant_id', '=', tenantId)
      .$if(users !== undefined, (query) => query.where((eb) => isOneOf(dialect, eb.ref('user_id'), users ?? [])))
      .execute();
    if (members.length === 0) return new Map();
    const rows = await db
      .selectFrom('scim_resource')
      .select(['id', 'doc'])
      .where('tenant_id', '=', tenantId)
      .where('type', '=', 'Group')
      .$if(users !== undefined, (query) =>
        query.where((eb) => isOneOf(dialect, eb.ref('id'), [...new Set(members.map((member) => member.group_id))])),
      )
      .execute();
    const names = new Map(rows.map((row) => [row.id, displayName(row.doc)]));
    const byUser = new Map<string, string[]>();
    for (const member of members) {
      const name = names.get(member.group_id);
      if (name === undefined) continue;
      const own = byUser.get(member.user_id);
      if (own === undefined) byUser.set(member.user_id, [name]);
      else own.push(name);
    }
    for (const own of byUser.values()) own.sort();
    return byUser;
  }

  /**
   * Keys that live records of more than one person hold, and the sources of those records, by person. An employee number
   * that two feeds use for different people is no contest: each feed numbers its people in its own way.
   */
  async function contestedSources(only?: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const live = db
      .selectFrom('person_key as k')
      .innerJoin('source_record as r', (join) =>
        join.onRef('r.tenant_id', '=', 'k.tenant_id').onRef('r.id', '=', 'k.record_id'),
      )
      .where('k.tenant_id', '=', tenantId)
      // Named one by one, so that the index on keys is used: a userName is no key between records.
      .where('k.kind', 'in', ['employee', 'external', 'email'])
      .where('r.state', 'not in', [...GONE]);
    const contested = await live
      .select(['k.kind', 'k.value_key'])
      .$if(only !== undefined, (query) =>
        query.where((eb) =>
          eb(
            'k.value_key',
            'in',
            db
              .selectFrom('person_key as own')
              .select('own.value_key')
              .where('own.tenant_id', '=', tenantId)
              .where((inner) => isOneOf(dialect, inner.ref('own.person_id'), only ?? [])),
          ),
        ),
      )
      .groupBy(['k.kind', 'k.value_key'])
      .having(
        sql<boolean>`count(distinct k.person_id) > 1 and (k.kind <> 'employee'
        or sum(case when r.source = 'idp' then 1 else 0 end) > 0 or count(*) > count(distinct r.source))`,
      )
      .execute();
    const byPerson = new Map<string, Set<string>>();
    if (contested.length === 0) return byPerson;
    const keys = new Set(contested.map((key) => `${key.kind}:${key.value_key}`));
    const holders = await live
      .select(['k.kind', 'k.value_key', 'k.person_id', 'r.source'])
      .where((eb) =>
        isOneOf(
          dialect,
          eb.ref('k.value_key'),
          contested.map((key) => key.value_key),
        ),
      )
      .execute();
    const byKey = Map.groupBy(holders, (row) => `${row.kind}:${row.value_key}`);
    for (const [key, rows] of byKey) {
      if (!keys.has(key)) continue;
      for (const row of rows) {
        const own = byPerson.get(row.person_id) ?? new Set<string>();
        for (const { source } of rows) own.add(source);
        byPerson.set(row.person_id, own);
      }
    }
    return byPerson;
  }
}

function idpKeys(records: ReadonlyMap<string, readonly RecordRow[]>): readonly string[] {
  return [...records.values()].flat().flatMap((row) => (row.source === 'idp' ? [row.record_key] : []));
}

function displayName(doc: string): string | undefined {
  const { displayName: name } = JSON.parse(doc) as { readonly displayName?: unknown };
  return typeof name === 'string' ? name : undefined;
}

function isLive(row: RecordRow): boolean {
  return !GONE.some((gone) => gone === row.state);
}

/** The record that speaks: of an employment that goes on before one that is over or gone, then the one that spoke last. */
function best(rows: readonly RecordRow[]): RecordRow | undefined {
  const rank = (row: RecordRow): number => (!isLive(row) ? 0 : isOver(row) ? 1 : 2);
  return rows.toSorted((left, right) => rank(right) - rank(left) || (left.updated_at < right.updated_at ? 1 : -1))[0];
}

/** An employment that ended, of somebody who may have another one in the same feed. */
function isOver(row: RecordRow): boolean {
  if (row.source === 'idp') return false;
  const { status } = JSON.parse(row.data) as HrRecord;
  return status === 'ended' || status === 'rescinded';
}

/** Sources that contradict themselves or each other about this person. */
function duplicates(rows: readonly RecordRow[], contested: ReadonlySet<string>): readonly string[] {
  const live = rows.filter(isLive);
  const twice = [...Map.groupBy(live, (row) => row.source)].flatMap(([source, own]) =>
    own.length > 1 && own.filter((row) => !isOver(row)).length > 1 ? [source] : [],
  );
  const feeds = [
    ...Map.groupBy(
      live.filter((row) => row.source !== 'idp'),
      (row) => row.source,
    ).values(),
  ].flatMap((own) => best(own) ?? []);
  const words = new Set(feeds.map((row) => (JSON.parse(row.data) as HrRecord).status));
  const torn = feeds.length > 1 && words.size > 1 ? feeds.map((row) => row.source) : [];
  return [...new Set([...twice, ...torn, ...contested])].sort();
}

function idpStatement(row: RecordRow, groups: readonly string[]): IdpStatement {
  const state = row.state === 'deleted' ? 'deleted' : row.state === 'inactive' ? 'inactive' : 'active';
  return { ...(JSON.parse(row.data) as StoredIdp), recordId: row.record_key, state, since: row.since, groups };
}

function hrStatement(row: RecordRow): HrStatement {
  return {
    recordId: row.id,
    feed: row.source.slice('hr:'.length),
    state: row.state === 'vanished' ? 'vanished' : row.state === 'quarantined' ? 'quarantined' : 'present',
    record: JSON.parse(row.data) as HrRecord,
    missingFiles: row.missing_files,
    ...(row.missing_since === null ? {} : { missingSince: row.missing_since }),
    since: row.since,
  };
}
