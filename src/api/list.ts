import { z } from 'zod';
import type { ApiScope } from '../auth/scopes.ts';
import { DomainError } from '../core/errors.ts';
import { cellAt, csvLine } from './csv.ts';
import { type Call, type Reply, type Route, route } from './route.ts';

const MOST = 500;
const STANDARD = 100;

export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** An item with the key that the list is sorted by: the cursor is the last key in base64url. */
export interface Keyed<Item> {
  readonly key: string;
  readonly item: Item;
}

/** In stable order, those after the key (null: from the beginning), `limit` at most. */
export type Page<Item> = (after: string | null, limit: number) => Promise<readonly Keyed<Item>[]>;

/** One declaration of a list: JSON by pages, NDJSON and CSV whole unless `limit` is given. */
export function listRoute<P, F extends z.ZodRawShape, Item>(spec: {
  readonly path: string;
  readonly scope: ApiScope;
  readonly tag: string;
  readonly summary: string;
  readonly params?: z.ZodType<P>;
  readonly filters: F;
  readonly item: z.ZodType<Item>;
  /** Paths of the columns in CSV. */
  readonly csv: readonly string[];
  /** What a key looks like; a cursor that holds anything else is refused. */
  readonly key: RegExp;
  /** Opens the list: what does not exist is refused before the first byte. */
  readonly open: (
    call: Call<P, unknown, undefined>,
    filters: z.output<z.ZodObject<F>>,
  ) => Promise<{ readonly page: Page<Item>; readonly total?: () => Promise<number> }>;
}): Route {
  const paging = z.strictObject({
    cursor: z.string().max(1024).optional().describe('`next` of the page before'),
    limit: z.coerce.number().int().min(1).max(MOST).optional().describe(`items in the answer (${STANDARD} in JSON)`),
    raw: flag.optional().describe('CSV for machines: cells are not defused'),
  });
  const query = paging.extend(spec.filters);
  return route({
    method: 'get',
    path: spec.path,
    scope: spec.scope,
    tag: spec.tag,
    summary: spec.summary,
    ...(spec.params === undefined ? {} : { params: spec.params }),
    query,
    answers: {
      200: {
        description: 'One page in JSON; all of it in NDJSON or CSV.',
        schema: z.strictObject({
          items: z.array(spec.item),
          next: z.string().nullable().describe('cursor of the next page'),
          total: z.number().int().optional(),
        }),
        media: ['application/x-ndjson', 'text/csv'],
      },
    },
    async handle(call): Promise<Reply> {
      const { cursor, limit, raw, ...rest } = call.query as Readonly<Record<string, unknown>> & z.output<typeof paging>;
      const after = cursor === undefined ? null : keyOf(cursor, spec.key);
      const list = await spec.open(call, rest as z.output<z.ZodObject<F>>);
      const wanted = call.request.accepts(['application/json', 'application/x-ndjson', 'text/csv']);
      if (wanted === 'application/x-ndjson') {
        return { status: 200, mediaType: wanted, text: lines(items(list.page, after, limit, call.gone)) };
      }
      if (wanted === 'text/csv') {
        const text = table(items(list.page, after, limit, call.gone), spec.csv, raw === true);
        return { status: 200, mediaType: 'text/csv; charset=utf-8', text };
      }
      const size = limit ?? STANDARD;
      const page = await list.page(after, size + 1);
      const shown = page.slice(0, size);
      const last = shown.at(-1);
      const total = await list.total?.();
      return {
        status: 200,
        body: {
          items: shown.map(({ item }) => item),
          next: page.length > size && last !== undefined ? Buffer.from(last.key).toString('base64url') : null,
          ...(total === undefined ? {} : { total }),
        },
      };
    },
  });
}

/** The key in a cursor; anything that we did not give out is refused. */
function keyOf(cursor: string, pattern: RegExp): string {
  const key = Buffer.from(cursor, 'base64url').toString();
  if (!pattern.test(key) || Buffer.from(key).toString('base64url') !== cursor) {
    const place = { path: 'query.cursor', code: 'invalid_cursor', message: 'is not a cursor of this list' };
    throw new DomainError('request.invalid', `${place.path}: ${place.message}.`, { places: [place] });
  }
  return key;
}

async function* items<Item>(
  page: Page<Item>,
  start: string | null,
  limit: number | undefined,
  gone: AbortSignal,
): AsyncGenerator<Item> {
  let left = limit ?? Number.POSITIVE_INFINITY;
  let after = start;
  while (left > 0 && !gone.aborted) {
    const size = Math.min(MOST, left);
    const got = await page(after, size);
    for (const { item } of got) yield item;
    if (got.length < size) return;
    left -= got.length;
    after = got.at(-1)?.key ?? after;
  }
}

async function* lines(all: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const item of all) yield `${JSON.stringify(item)}\n`;
}

async function* table(all: AsyncIterable<unknown>, columns: readonly string[], raw: boolean): AsyncGenerator<string> {
  // A byte order mark, because people open it in a spreadsheet.
  yield `${raw ? '' : '\uFEFF'}${csvLine(columns, true)}`;
  for await (const item of all) {
    yield csvLine(
      columns.map((path) => cellAt(item, path)),
      raw,
    );
  }
}

/** The items that are wanted; null: all of them, and nothing is read twice. */
export function sifted<Item>(page: Page<Item>, wanted: ((item: Item) => boolean) | null): Page<Item> {
  if (wanted === null) return page;
  return async (after, limit) => {
    const kept: Keyed<Item>[] = [];
    let from = after;
    for (;;) {
      const got = await page(from, MOST);
      for (const one of got) {
        if (!wanted(one.item)) continue;
        kept.push(one);
        if (kept.length === limit) return kept;
      }
      if (got.length < MOST) return kept;
      from = got.at(-1)?.key ?? from;
    }
  };
}

/** Each item of a page in another shape, one after the other. */
export function mapped<From, To>(page: Page<From>, to: (item: From) => Promise<To>): Page<To> {
  return async (after, limit) => {
    const items: Keyed<To>[] = [];
    for (const { key, item } of await page(after, limit)) items.push({ key, item: await to(item) });
    return items;
  };
}

/** Items whose fields equal the filters that were given, under the same names; null where none was. */
export function equalTo<Item>(
  filters: Readonly<Partial<Record<keyof Item, unknown>>>,
): ((item: Item) => boolean) | null {
  const given = (Object.keys(filters) as (keyof Item)[]).filter((name) => filters[name] !== undefined);
  return given.length === 0 ? null : (item) => given.every((name) => item[name] === filters[name]);
}
