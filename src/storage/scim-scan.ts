import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Kysely, type Transaction, expressionBuilder } from 'kysely';
import { compareCodePoints } from '../core/code-points.ts';
import type { Filter, Sort } from '../core/query.ts';
import type { Judge, ResourceType, ScimStore, StoredResource, Surroundings } from '../flows/scim-port.ts';
import type { Schema } from './schema.ts';
import { type Column, compile, sortColumn } from './scim-filter.ts';
import type { ScimMembers } from './scim-members.ts';
import { stored } from './scim-row.ts';

/** Documents looked at between two turns of the event loop. */
const SLICE = 500;

export type Candidates = ReturnType<typeof resourcesOf>;

export interface Match {
  readonly resource: StoredResource;
  readonly key: string | number | undefined;
}

export interface ScimScan {
  /** Those of the candidates behind the id that the judge lets through, in order of creation, slice by slice. */
  matches(
    candidates: Candidates,
    type: ResourceType,
    options: { readonly judge: Judge; readonly decided: boolean; readonly after: string },
  ): AsyncGenerator<readonly Match[]>;
  /** The resources that are still there, in the order of the ids. */
  load(type: ResourceType, ids: readonly string[]): Promise<readonly StoredResource[]>;
}

/** What no index can answer: documents are read in slices and judged. */
export function createScimScan(
  db: Kysely<Schema> | Transaction<Schema>,
  tenantId: string,
  sources: { readonly views: ScimStore['views']; readonly members: ScimMembers },
): ScimScan {
  return {
    async *matches(candidates, type, { judge, decided, after }) {
      for (let from = after; ;) {
        const rows = await candidates.selectAll().where('id', '>', from).orderBy('id').limit(SLICE).execute();
        const resources = rows.map(stored);
        const around = await surroundings(type, resources, judge);
        yield resources.flatMap((resource) => {
          const parts = around(resource);
          return decided || judge.matches(resource, parts) ? [{ resource, key: judge.sortKey(resource, parts) }] : [];
        });
        const last = resources.at(-1);
        if (last === undefined || resources.length < SLICE) return;
        from = last.id;
        await nextTurn();
      }
    },

    async load(type, ids) {
      const found = new Map<string, StoredResource>();
      for (let at = 0; at < ids.length; at += SLICE) {
        const rows = await resourcesOf(db, tenantId, type)
          .selectAll()
          .where('id', 'in', ids.slice(at, at + SLICE))
          .execute();
        for (const row of rows) found.set(row.id, stored(row));
      }
      return ids.flatMap((id) => found.get(id) ?? []);
    },
  };

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
}

export function resourcesOf(db: Kysely<Schema> | Transaction<Schema>, tenantId: string, type: ResourceType) {
  return db.selectFrom('scim_resource').where('tenant_id', '=', tenantId).where('type', '=', type);
}

/**
 * What a filter lets through by the indexes, whether that is all it says, and the column that the order is read from;
 * none where no index has that order.
 */
export function narrowed(
  db: Kysely<Schema> | Transaction<Schema>,
  tenantId: string,
  type: ResourceType,
  { filter, sort }: { readonly filter?: Filter; readonly sort?: Sort },
): { readonly candidates: Candidates; readonly decided: boolean; readonly column: Column | undefined } {
  const all = resourcesOf(db, tenantId, type);
  const column = sort === undefined ? 'id' : sortColumn(sort.path);
  if (filter === undefined) return { candidates: all, decided: true, column };
  const condition = compile(expressionBuilder<Schema, 'scim_resource'>(), tenantId, filter);
  if (condition === null) return { candidates: all, decided: false, column };
  return { candidates: all.where(condition.expression), decided: condition.exact, column };
}

export async function count(candidates: Candidates): Promise<number> {
  const { total } = await candidates.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  return total;
}

/** Of two sorted lists' heads, which comes first: by key, those without one last, then in order of creation. */
export function compareKeys(
  left: { readonly id: string; readonly key: string | number | undefined },
  right: { readonly id: string; readonly key: string | number | undefined },
): number {
  if (left.key !== right.key) {
    if (left.key === undefined) return 1;
    if (right.key === undefined) return -1;
    if (typeof left.key === 'string' && typeof right.key === 'string') return compareCodePoints(left.key, right.key);
    return left.key < right.key ? -1 : 1;
  }
  if (left.id === right.id) return 0;
  return left.id < right.id ? -1 : 1;
}
