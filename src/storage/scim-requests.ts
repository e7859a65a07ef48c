import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CompiledQuery, type Kysely, type Selectable, sql } from 'kysely';
import type { ScimRequest, ScimRequestFilter, ScimRequestKey, ScimRequestStore } from '../flows/scim-request-port.ts';
import type { DialectName } from './dialect.ts';
import type { Schema } from './schema.ts';

type Row = Selectable<Schema['scim_request']>;

/** Of a request itself; the operations of a Bulk request count from 0. */
const WHOLE = -1;

/** Rows of one statement, largest first: whatever their number, few statements are ever compiled. */
const CHUNKS = [200, 20, 1] as const;

const COLUMNS = [
  ...(['tenant_id', 'at', 'request_id', 'operation', 'token_id', 'method', 'path', 'status', 'code'] as const),
  ...(['before_hash', 'after_hash', 'person_id', 'resource_id', 'changed', 'duration_us'] as const),
] satisfies readonly (keyof Row)[];

const KEY = sql`(at, request_id, operation)`;

/** Rows that one statement of a search looks at: some milliseconds. */
const WINDOW = 2000;

const compiled = new Map<string, CompiledQuery>();

/** An insert of so many rows, compiled once for each database: building it costs many times what it takes. */
function insertOf(db: Kysely<Schema>, dialect: DialectName, rows: number): CompiledQuery {
  const key = `${dialect} ${String(rows)}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const row = Object.fromEntries(COLUMNS.map((column) => [column, ''])) as unknown as Row;
  const query = db
    .insertInto('scim_request')
    .values(Array.from({ length: rows }, () => row))
    .onConflict((conflict) => conflict.doNothing())
    .compile();
  compiled.set(key, query);
  return query;
}

const rowsOf = (db: Kysely<Schema>, tenantId: string) =>
  db.selectFrom('scim_request').selectAll().where('tenant_id', '=', tenantId);

/** The log of inbound SCIM requests of one tenant. */
export function createScimRequestStore(db: Kysely<Schema>, tenantId: string, dialect: DialectName): ScimRequestStore {
  function matching(filter: ScimRequestFilter) {
    let query = rowsOf(db, tenantId);
    const equal = [
      ...([['method', filter.method] as const, ['code', filter.code], ['token_id', filter.tokenId]] as const),
      ...([['resource_id', filter.resourceId] as const, ['person_id', filter.personId]] as const),
      ['request_id', filter.requestId] as const,
    ];
    for (const [column, value] of equal) if (value !== undefined) query = query.where(column, '=', value);
    // In the words of the indexes, which are used for nothing else.
    if (filter.writes === true) query = query.where(sql<boolean>`method <> 'GET'`);
    if (filter.status !== undefined) {
      const [least, most] = filter.status;
      query = query.where('status', '>=', least).where('status', '<=', most);
    }
    if (filter.since !== undefined) query = query.where('at', '>=', filter.since);
    if (filter.until !== undefined) query = query.where('at', '<', filter.until);
    return query;
  }

  return {
    async add(rows) {
      let from = 0;
      for (const size of CHUNKS) {
        for (; rows.length - from >= size; from += size) {
          const parameters: unknown[] = [];
          for (let at = from; at < from + size; at += 1) {
            const row = rows[at];
            if (row !== undefined) pushValues(parameters, tenantId, row);
          }
          await db.executeQuery({ ...insertOf(db, dialect, size), parameters });
        }
      }
    },

    async list(filter, after, limit) {
      const { resourceId, personId, since, until, writes } = filter;
      const isIndexed = writes === true && (resourceId ?? personId) !== undefined;
      const isSifted = Object.keys(filter).some((name) => name !== 'since' && name !== 'until');
      if (isIndexed || !isSifted) {
        return (await newest(matching(filter), { before: after }).limit(limit).execute()).map(toRequest);
      }
      // What no index finds is looked for from the newest on, in windows: nobody else waits for a search.
      const times = { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
      const found: Row[] = [];
      for (let before = after; ;) {
        const [edge] = await newest(matching(times), { before })
          .offset(WINDOW - 1)
          .limit(1)
          .execute();
        const last = edge === undefined ? null : keyOf(edge);
        const rows = await newest(matching(filter), { before, last })
          .limit(limit - found.length)
          .execute();
        found.push(...rows);
        if (last === null || found.length >= limit) return found.map(toRequest);
        before = last;
        await nextTurn();
      }
    },

    async purge(before, most) {
      const oldest = db
        .selectFrom('scim_request')
        .select('at')
        .where('tenant_id', '=', tenantId)
        .where('at', '<', before);
      const last = await oldest
        .orderBy('at')
        .offset(most - 1)
        .limit(1)
        .executeTakeFirst();
      const gone = db.deleteFrom('scim_request').where('tenant_id', '=', tenantId);
      await (last === undefined ? gone.where('at', '<', before) : gone.where('at', '<=', last.at)).execute();
      return last !== undefined;
    },
  };
}

/** The newest first: those behind `before`, down to `last`, which is among them. */
function newest(
  query: ReturnType<typeof rowsOf>,
  { before, last = null }: { readonly before: ScimRequestKey | null; readonly last?: ScimRequestKey | null },
) {
  let part = query;
  if (before !== null)
    part = part.where(sql<boolean>`${KEY} < (${before.at}, ${before.requestId}, ${before.operation})`);
  if (last !== null) part = part.where(sql<boolean>`${KEY} >= (${last.at}, ${last.requestId}, ${last.operation})`);
  return part.orderBy('at', 'desc').orderBy('request_id', 'desc').orderBy('operation', 'desc');
}

/** In the order of COLUMNS. */
function pushValues(into: unknown[], tenantId: string, row: ScimRequest): void {
  into.push(
    tenantId,
    row.at,
    row.requestId,
    row.operation ?? WHOLE,
    row.tokenId,
    row.method,
    row.path,
    row.status,
    row.code ?? null,
    row.before ?? null,
    row.after ?? null,
    row.personId ?? null,
    row.resourceId ?? null,
    row.changed.length === 0 ? null : JSON.stringify(row.changed),
    Math.round(row.durationMs * 1000),
  );
}

function keyOf({ at, request_id: requestId, operation }: Row): ScimRequestKey {
  return { at, requestId, operation };
}

function toRequest(row: Row): ScimRequest {
  return {
    at: row.at,
    requestId: row.request_id,
    ...(row.operation === WHOLE ? {} : { operation: row.operation }),
    tokenId: row.token_id,
    method: row.method,
    path: row.path,
    status: row.status,
    ...(row.code === null ? {} : { code: row.code }),
    ...(row.before_hash === null ? {} : { before: row.before_hash }),
    ...(row.after_hash === null ? {} : { after: row.after_hash }),
    ...(row.person_id === null ? {} : { personId: row.person_id }),
    ...(row.resource_id === null ? {} : { resourceId: row.resource_id }),
    changed: row.changed === null ? [] : (JSON.parse(row.changed) as string[]),
    durationMs: row.duration_us / 1000,
  };
}
