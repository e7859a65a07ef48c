import { type Expression, type Kysely, type Selectable, type SqlBool, type Transaction, sql } from 'kysely';
import { DomainError } from '../core/errors.ts';
import type { Position, Sort } from '../core/query.ts';
import type { PageRequest, ResourcePage, ResourceType, ScimStore, StoredResource } from '../flows/scim-port.ts';
import type { DialectName } from './dialect.ts';
import type { Schema } from './schema.ts';
import type { Column } from './scim-filter.ts';
import { stored } from './scim-row.ts';
import { type Candidates, type ScimScan, compareKeys, count, narrowed, resourcesOf } from './scim-scan.ts';

type Row = Selectable<Schema['scim_resource']>;

interface Place {
  readonly id: string;
  readonly key: string | number | undefined;
}

/** Columns that a resource may be without. */
const NULLABLE: ReadonlySet<Column> = new Set(['display_key', 'external_id']);

/**
 * Pages behind a position: what was written meanwhile neither repeats nor hides a resource that stayed where it was, and
 * a page far down costs what the first one does.
 */
export function createScimKeyset(
  db: Kysely<Schema> | Transaction<Schema>,
  tenantId: string,
  dialect: DialectName,
  scan: ScimScan,
): Pick<ScimStore, 'page'> {
  return {
    async page(type, request) {
      const { sort } = request;
      const { candidates, decided, column } = narrowed(db, tenantId, type, request);
      if (decided && column !== undefined) return byIndex(candidates, type, column, request);
      return sort === undefined
        ? inCreationOrder(candidates, type, request, decided)
        : sorted(candidates, type, request, { sort, decided });
    },
  };

  async function byIndex(
    candidates: Candidates,
    type: ResourceType,
    column: Column,
    { sort, after, count: size, counts }: PageRequest,
  ): Promise<ResourcePage> {
    const descending = sort?.descending === true;
    const from = after === null ? null : { id: after.id, key: await keyOf(type, column, after) };
    const rows: Row[] = [];
    for (const part of partsBehind(column, from, descending)) {
      const room = size + 1 - rows.length;
      if (room <= 0) break;
      const { where, by } = part;
      let query = candidates.selectAll().limit(room);
      for (const expression of where) query = query.where(expression);
      for (const expression of by) query = query.orderBy(expression, descending ? 'desc' : 'asc');
      rows.push(...(await query.execute()));
    }
    const page = rows.slice(0, size);
    const last = page.at(-1);
    const isWhole = after === null && rows.length <= size;
    return {
      resources: page.map(stored),
      last: last === undefined ? null : { id: last.id, key: column === 'id' ? null : last[column] },
      more: rows.length > size,
      ...(counts ? { total: isWhole ? rows.length : await count(candidates) } : {}),
    };
  }

  /**
   * The order in parts that an index can give: resources with the value, by value, and those without it, who come last,
   * or first when descending (RFC 7644 3.4.2.3).
   */
  function partsBehind(
    column: Column,
    from: { readonly id: string; readonly key: string | number | null } | null,
    descending: boolean,
  ) {
    const id = sql.ref('id');
    const behind = sql.raw(descending ? '<' : '>');
    if (column === 'id') {
      return [{ where: from === null ? [] : [sql<SqlBool>`${id} ${behind} ${from.id}`], by: [id] }];
    }
    const key = dialect === 'postgres' ? sql`${sql.ref(column)} collate "C"` : sql.ref(column);
    const isNull = sql<SqlBool>`${sql.ref(column)} is null`;
    const isThere: readonly Expression<SqlBool>[] = NULLABLE.has(column)
      ? [sql<SqlBool>`${sql.ref(column)} is not null`]
      : [];
    const valued = {
      where:
        from === null || from.key === null
          ? isThere
          : [...isThere, sql<SqlBool>`(${key}, ${id}) ${behind} (${from.key}, ${from.id})`],
      by: [key, id],
    };
    if (!NULLABLE.has(column)) return [valued];
    const bare = {
      where: from?.key === null ? [isNull, sql<SqlBool>`${id} ${behind} ${from.id}`] : [isNull],
      by: [id],
    };
    if (from === null) return descending ? [bare, valued] : [valued, bare];
    if (from.key === null) return descending ? [bare, valued] : [bare];
    return descending ? [valued] : [valued, bare];
  }

  async function keyOf(type: ResourceType, column: Column, { id, key }: Position): Promise<string | number | null> {
    if (key !== undefined) return key;
    const row = await resourcesOf(db, tenantId, type).select(column).where('id', '=', id).executeTakeFirst();
    if (row === undefined) throw gone();
    return row[column];
  }

  /** The scan begins at the position, and ends with the page unless the total is wanted. */
  async function inCreationOrder(
    candidates: Candidates,
    type: ResourceType,
    { judge, after, count: size, counts }: PageRequest,
    decided: boolean,
  ): Promise<ResourcePage> {
    const resources: StoredResource[] = [];
    let total = 0;
    for await (const slice of scan.matches(candidates, type, {
      judge,
      decided,
      after: counts ? '' : (after?.id ?? ''),
    })) {
      total += slice.length;
      for (const { resource } of slice) {
        if (resources.length > size) break;
        if (after === null || resource.id > after.id) resources.push(resource);
      }
      if (!counts && resources.length > size) break;
    }
    const page = resources.slice(0, size);
    const last = page.at(-1);
    return {
      resources: page,
      last: last === undefined ? null : { id: last.id, key: null },
      more: resources.length > size,
      ...(counts ? { total } : {}),
    };
  }

  async function sorted(
    candidates: Candidates,
    type: ResourceType,
    { judge, after, count: size, counts }: PageRequest,
    { sort, decided }: { readonly sort: Sort; readonly decided: boolean },
  ): Promise<ResourcePage> {
    const places: Place[] = [];
    for await (const slice of scan.matches(candidates, type, { judge, decided, after: '' })) {
      places.push(...slice.map(({ resource, key }) => ({ id: resource.id, key })));
    }
    const order = (left: Place, right: Place): number => compareKeys(left, right) * (sort.descending ? -1 : 1);
    const from = after === null ? null : placeOf(places, after);
    const rest = (from === null ? places : places.filter((place) => order(place, from) > 0)).sort(order);
    const page = rest.slice(0, size);
    const last = page.at(-1);
    return {
      resources: await scan.load(
        type,
        page.map(({ id }) => id),
      ),
      last: last === undefined ? null : { id: last.id, key: last.key ?? null },
      more: rest.length > size,
      ...(counts ? { total: places.length } : {}),
    };
  }
}

function placeOf(places: readonly Place[], { id, key }: Position): Place {
  if (key !== undefined) return { id, key: key ?? undefined };
  const place = places.find((each) => each.id === id);
  if (place === undefined) throw gone();
  return place;
}

function gone(): DomainError {
  return new DomainError('scim.expired_cursor', 'What the cursor points at is gone: begin again with an empty cursor.');
}
