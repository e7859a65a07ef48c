import { type Kysely, type Transaction, expressionBuilder, sql } from 'kysely';
import type { IndexPage, Sort } from '../core/query.ts';
import type { ListRequest, ResourceType, ScimStore } from '../flows/scim-port.ts';
import type { DialectName } from './database.ts';
import type { Schema } from './schema.ts';
import { type Column, compile, sortColumn } from './scim-filter.ts';
import { STORED, stored } from './scim-row.ts';
import { type Candidates, type ScimScan, compareKeys, count, resourcesOf } from './scim-scan.ts';

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
      const { filter, sort } = request;
      const condition =
        filter === undefined ? null : compile(expressionBuilder<Schema, 'scim_resource'>(), tenantId, filter);
      const all = resourcesOf(db, tenantId, type);
      const candidates = condition === null ? all : all.where(condition.expression);
      const decided = filter === undefined || condition?.exact === true;
      const column = sort === undefined ? 'id' : sortColumn(sort.path);
      return decided && column !== undefined
        ? byIndex(candidates, column, sort, request.page)
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
    const skipped = page.startIndex - 1;
    const isLast = rows.length < page.count && (rows.length > 0 || skipped === 0);
    return { total: isLast ? skipped + rows.length : await count(candidates), resources: rows.map(stored) };
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
