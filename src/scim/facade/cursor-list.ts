import type { ResourcePage, ResourceType } from '../../flows/scim-port.ts';
import type { CursorPlace, Cursors } from '../cursor.ts';
import type { ListQuery } from '../list-query.ts';
import type { JsonObject } from '../value.ts';
import { listReply } from './list-reply.ts';
import type { Reply } from './reply.ts';

/** A page of one type as a client sees it. */
export interface RenderedPage extends Omit<ResourcePage, 'resources'> {
  readonly resources: readonly JsonObject[];
}

/** A list that is paged, with the query in its own words. */
export interface PagedList {
  readonly type: ResourceType;
  readonly query: ListQuery;
  page(from: {
    readonly after: CursorPlace['after'];
    readonly count: number;
    readonly counts: boolean;
  }): Promise<RenderedPage>;
}

/**
 * One page by cursor, over one list or over several, one after the other, as one (RFC 9865 2). The total is counted for
 * the first page and goes on in the cursor. Throws what `Cursors.read` does.
 */
export async function cursorList(
  cursors: Cursors,
  tenantId: string,
  cursor: string,
  lists: readonly PagedList[],
): Promise<Reply> {
  const count = lists[0]?.query.page.count ?? 0;
  const scope = JSON.stringify([tenantId, lists.map(({ type, query }) => [type, query.filter, query.sort])]);
  const start = cursor === '' ? null : cursors.read(scope, cursor);
  const resources: JsonObject[] = [];
  let total = start?.total ?? 0;
  let next: Omit<CursorPlace, 'total'> | null = null;
  for (const [at, list] of lists.entries()) {
    if (start !== null && (at < start.list || next !== null)) continue;
    const after = at === start?.list ? start.after : null;
    const page = await list.page({
      after,
      count: next === null ? count - resources.length : 0,
      counts: start === null,
    });
    total += page.total ?? 0;
    resources.push(...page.resources);
    if (next === null && page.more) next = { list: at, after: page.last ?? after };
  }
  // A count of 0 asks for the total and no pages.
  const place = next === null || count === 0 ? {} : { nextCursor: cursors.write(scope, { ...next, total }) };
  return listReply({ total, resources }, place);
}
