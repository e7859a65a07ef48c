import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Kysely, type Transaction, expressionBuilder, sql } from 'kysely';
import type { IndexPage, Sort } from '../core/query.ts';
import type { Judge, ListRequest, ResourceType, ScimStore, StoredResource, Surroundings } from '../flows/scim-port.ts';
import type { DialectName } from './database.ts';
import type { Schema } from './schema.ts';
import { type Column, compile, sortColumn } from './scim-filter.ts';
import type { ScimMembers } from './scim-members.ts';
import { stored } from './scim-row.ts';

/** Documents looked at between two turns of the event loop. */
const SLICE = 500;

interface Match {
  readonly id: string;
  readonly key: string | number | undefined;
}

/**
 * Lists: by the indexes alone where they can answer, else by a scan of what they let through, in slices, with the judge.
 */
export function createScimList(
  db: Kysely<Schema> | Transaction<Schema>,
  tenantId: string,
  dialect: DialectName,
  sources: { readonly views: ScimStore['views']; readonly members: ScimMembers },
): Pick<ScimStore, 'list'> {
  return {
    async list(type, request) {
      const { filter, sort } = request;
      const condition =
        filter === undefined ? null : compile(expressionBuilder<Schema, 'scim_resource'>(), tenantId, filter);
      const all = db.selectFrom('scim_resource').where('tenant_id', '=', tenantId).where('type', '=', type);
      const candidates = condition === null ? all : all.where(condition.expression);
      const decided = filter === undefined || condition?.exact === true;
      const column = sort === undefined ? 'id' : sortColumn(sort.path);
      return decided && column !== undefined
        ? byIndex(candidates, column, sort, request.page)
        : byScan(candidates, type, request, decided);
    },
  };

  type Candidates = ReturnType<typeof resourcesOf>;

  async function byIndex(candidates: Candidates, column: Column, sort: Sort | undefined, page: IndexPage) {
    const direction = sort?.descending === true ? 'desc' : 'asc';
    const key = dialect === 'postgres' && column !== 'id' ? sql`${sql.ref(column)} collate "C"` : sql.ref(column);
    // A resource without the value comes last, first when descending (RFC 7644 3.4.2.3).
    const placed =
      column === 'display_key' || column === 'external_id'
        ? candidates.orderBy(sql`${sql.ref(column)} is null`, direction)
        : candidates;
    const rows =
      page.count === 0
        ? []
        : await placed
            .selectAll()
            .orderBy(key, direction)
            .orderBy('id', direction)
            .limit(page.count)
            .offset(page.startIndex - 1)
            .execute();
    const isWhole = page.startIndex === 1 && rows.length < page.count;
    return { total: isWhole ? rows.length : await count(candidates), resources: rows.map(stored) };
  }

  async function byScan(candidates: Candidates, type: ResourceType, request: ListRequest, decided: boolean) {
    const { judge, sort, page } = request;
    const matches: Match[] = [];
    for (let after = ''; ;) {
      const rows = await candidates.selectAll().where('id', '>', after).orderBy('id').limit(SLICE).execute();
      const resources = rows.map(stored);
      const around = await surroundings(type, resources, judge);
      for (const resource of resources) {
        const parts = around(resource);
        if (!decided && !judge.matches(resource, parts)) continue;
        matches.push({ id: resource.id, key: sort === undefined ? undefined : judge.sortKey(resource, parts) });
      }
      const last = resources.at(-1);
      if (last === undefined || resources.length < SLICE) break;
      after = last.id;
      await nextTurn();
    }
    if (sort !== undefined) matches.sort((left, right) => compareMatches(left, right) * (sort.descending ? -1 : 1));
    const start = page.startIndex - 1;
    const wanted = matches.slice(start, start + page.count).map(({ id }) => id);
    return { total: matches.length, resources: await load(type, wanted) };
  }

  async function surroundings(
    type: ResourceType,
    resources: readonly StoredResource[],
    { reads }: Judge,
  ): Promise<(resource: StoredResource) => Surroundings> {
    const ids = resources.map(({ id }) => id);
    const groups = reads.has('groups') && type === 'User' ? await sources.members.groupsOfMany(ids) : null;
    const members = reads.has('members') && type === 'Group' ? await sources.members.membersOfMany(ids) : null;
    const people = resources.flatMap(({ personId }) => (personId === undefined ? [] : [personId]));
    const views = reads.has('view') && type === 'User' ? await sources.views(people) : null;
    return ({ id, personId }) => {
      const view = personId === undefined ? undefined : views?.get(personId);
      return {
        ...(groups === null ? {} : { groups: groups.get(id) ?? [] }),
        ...(members === null ? {} : { members: members.get(id) ?? [] }),
        ...(view === undefined ? {} : { view }),
      };
    };
  }

  async function load(type: ResourceType, ids: readonly string[]): Promise<readonly StoredResource[]> {
    const found = new Map<string, StoredResource>();
    for (let at = 0; at < ids.length; at += SLICE) {
      const rows = await resourcesOf(type)
        .selectAll()
        .where('id', 'in', ids.slice(at, at + SLICE))
        .execute();
      for (const row of rows) found.set(row.id, stored(row));
    }
    return ids.flatMap((id) => found.get(id) ?? []);
  }

  function resourcesOf(type: ResourceType) {
    return db.selectFrom('scim_resource').where('tenant_id', '=', tenantId).where('type', '=', type);
  }

  async function count(candidates: Candidates): Promise<number> {
    const { total } = await candidates.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
    return total;
  }
}

/** By key, those without one last, then in order of creation. */
function compareMatches(left: Match, right: Match): number {
  if (left.key !== right.key) {
    if (left.key === undefined) return 1;
    if (right.key === undefined) return -1;
    return left.key < right.key ? -1 : 1;
  }
  return left.id < right.id ? -1 : 1;
}
