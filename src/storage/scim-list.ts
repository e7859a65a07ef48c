import { type Kysely, type Transaction, sql } from 'kysely';
import type { IndexPage, Sort } from '../core/query.ts';
import type { ListRequest, ResourceType, ScimStore } from '../flows/scim-port.ts';
import type { DialectName } from './dialect.ts';
import type { Schema } from './schema.ts';
import { type Column, equality } from './scim-filter.ts';
import { STORED, stored } from './scim-row.ts';
import { type Candidates, type ScimScan, compareKeys, count, narrowed, resourcesOf } from './scim-scan.ts';
import { statement } from './statement.ts';

type Lookup = ReturnType<typeof createLookup>;

const lookups = new Map<Column | null, Lookup>();

/** What is asked most, compiled once: all resources, or those with one value in a column, in order of creation. */
function lookup(column: Column | null): Lookup {
  const known = lookups.get(column) ?? createLookup(column);
  lookups.set(column, known);
  return known;
}

function createLookup(column: Column | null) {
  const found = (db: Kysely<Schema>, tenantId: string, type: ResourceType, key: string) =>
    resourcesOf(db, tenantId, type).$if(column !== null, (query) => query.where(column ?? 'id', '=', key));
  return {
    rowsOf: statement(
      (db, _dialect, tenantId: string, type: ResourceType, key: string, most: number, skipped: number) =>
        found(db, tenantId, type, key).select(STORED).orderBy('id').limit(most).offset(skipped).compile(),
    ),
    count: statement((db, _dialect, tenantId: string, type: ResourceType, key: string) =>
      found(db, tenantId, type, key)
        .select(({ fn }) => fn.countAll<number>().as('total'))
        .compile(),
    ),
  };
}

/** The total, where the end of the list is on the page. */
function totalOf(rows: number, { startIndex, count: most }: IndexPage): number | undefined {
  return rows < most && (rows > 0 || startIndex === 1) ? startIndex - 1 + rows : undefined;
}

/**
 * Lists: by the indexes alone where they can answer, else by a scan of what they let through, in slices, with the judge.
 */
export function createScimList(
  db: Kysely<Schema> | Transaction<Schema>,
  tenantId: string,
  dialect: DialectName,
  scan: ScimScan,
): Pick<ScimStore, 'list'> {
  return {
    async list(type, request) {
      const { filter, sort, page } = request;
      const wanted = filter === undefined ? null : equality(filter);
      if (wanted !== undefined && sort === undefined) return inCreationOrder(type, wanted, page);
      const { candidates, decided, column } = narrowed(db, tenantId, type, request);
      return decided && column !== undefined
        ? byIndex(candidates, column, sort, page)
        : byScan(candidates, type, request, decided);
    },
  };

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
            .select(STORED)
            .orderBy(key, direction)
            // Not twice by id: SQLite would take whole rows to a sorter instead of walking the index.
            .$if(column !== 'id', (query) => query.orderBy('id', direction))
            .limit(page.count)
            .offset(page.startIndex - 1)
            .execute();
    const resources = rows.map(stored);
    return { total: totalOf(rows.length, page) ?? (await count(candidates)), resources };
  }

  async function inCreationOrder(
    type: ResourceType,
    wanted: { readonly column: Column; readonly key: string } | null,
    page: IndexPage,
  ) {
    const { rowsOf, count: countOf } = lookup(wanted?.column ?? null);
    const key = wanted?.key ?? '';
    const skipped = page.startIndex - 1;
    const rows = page.count === 0 ? [] : (await rowsOf(db, dialect, tenantId, type, key, page.count, skipped)).rows;
    const resources = rows.map(stored);
    const known = totalOf(rows.length, page);
    if (known !== undefined) return { total: known, resources };
    const [counted] = (await countOf(db, dialect, tenantId, type, key)).rows;
    return { total: counted?.total ?? 0, resources };
  }

  async function byScan(candidates: Candidates, type: ResourceType, request: ListRequest, decided: boolean) {
    const { judge, sort, page } = request;
    const places: { readonly id: string; readonly key: string | number | undefined }[] = [];
    for await (const slice of scan.matches(candidates, type, { judge, decided, after: '' })) {
      places.push(...slice.map(({ resource, key }) => ({ id: resource.id, key })));
    }
    if (sort !== undefined) places.sort((left, right) => compareKeys(left, right) * (sort.descending ? -1 : 1));
    const start = page.startIndex - 1;
    const wanted = places.slice(start, start + page.count).map(({ id }) => id);
    return { total: places.length, resources: await scan.load(type, wanted) };
  }
}
