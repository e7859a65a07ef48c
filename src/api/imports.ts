import type { Request } from 'express';
import { z } from 'zod';
import { DomainError } from '../core/errors.ts';
import { answer as fromRecord } from '../flows/import-feed/import-answer.ts';
import type { ImportRecord } from '../flows/import-port.ts';
import { idInPath, publicId } from './ids.ts';
import { OUTCOMES, importAnswer, importSchema, rowAnswer, rowSchema, shapeSchema } from './import-answer.ts';
import { equalTo, flag, listRoute, sifted } from './list.ts';
import { printable } from './printable.ts';
import { type Route, route } from './route.ts';
import { UPLOAD_HEADERS, uploadSays, withHeaderNamed } from './upload-headers.ts';
import type { ApiWorld, FixProblem } from './world.ts';

/** Bytes of one upload: a million rows fit several times over. */
const UPLOAD_LIMIT = 1 << 30;
const PAGE = 500;

const feedParams = z.strictObject({ feed: z.string().regex(/^[\w-]{1,64}$/, 'is not the name of a feed') });
const importParams = z.strictObject({ import: idInPath('imp') });
const TAG = 'imports';

export function importRoutes(world: ApiWorld): readonly Route[] {
  const { store, importFeed } = world;

  async function existing(tenantId: string, importId: string): Promise<ImportRecord> {
    const record = await store.tenant(tenantId).imports.get(importId);
    if (record === null) throw new DomainError('not_found', 'No such import.');
    return record;
  }

  return [
    route({
      method: 'post',
      path: '/feeds/{feed}/imports',
      scope: 'plan',
      tag: TAG,
      summary: 'Takes an HR file. Answers 201 whatever the verdict; a truncated file removes nobody.',
      params: feedParams,
      query: z.strictObject({
        mode: z.enum(['full', 'upsert', 'delta']).optional().describe('narrower than the feed declares, never wider'),
        preview: flag.optional().describe('judge the file, store nothing'),
      }),
      body: 'bytes',
      answers: {
        201: { description: 'What was found in the file, and what became of it.', schema: importSchema },
        400: {
          description: `The request is not valid. Headers say what must be true of a file that is whole: ${UPLOAD_HEADERS}.`,
          media: ['application/problem+json'],
        },
      },
      async handle({ principal, params, query, request }) {
        const said = uploadSays(request.headers);
        const answer = await withHeaderNamed(
          importFeed.receive({
            tenantId: principal.tenantId,
            feed: params.feed,
            ...(query.mode === undefined ? {} : { mode: query.mode }),
            preview: query.preview ?? false,
            bytes: uploaded(request),
            by: principal.tokenId,
            ...said,
          }),
        );
        const location = `/api/v1/imports/${publicId('imp', answer.id)}`;
        return { status: 201, body: importAnswer(answer), ...(answer.preview ? {} : { headers: { location } }) };
      },
    }),

    listRoute({
      path: '/imports',
      scope: 'read',
      tag: TAG,
      summary: 'Imports, newest first.',
      filters: { feed: z.string().max(64).optional(), state: importSchema.shape.state.optional() },
      item: importSchema,
      csv: ['id', 'feed', 'mode', 'state', 'createdAt', 'acceptedAt', 'rows.read', 'rows.accepted', 'rows.warned']
        .concat(['rows.quarantined', 'rows.rejected', 'changes.joiners', 'changes.movers', 'changes.leavers'])
        .concat(['changes.vanished']),
      key: /^[0-9a-f-]{36}$/,
      open: async ({ principal }, filters) => ({
        page: sifted(
          async (after, limit) =>
            (await store.tenant(principal.tenantId).imports.list(after, limit)).map((record) => ({
              key: record.id,
              item: importAnswer(fromRecord(record, false)),
            })),
          equalTo(filters),
        ),
      }),
    }),

    route({
      method: 'get',
      path: '/imports/{import}',
      scope: 'read',
      tag: TAG,
      summary: 'One import as it stands now.',
      params: importParams,
      answers: { 200: { description: 'The import.', schema: importSchema } },
      async handle({ principal, params }) {
        return {
          status: 200,
          body: importAnswer(fromRecord(await existing(principal.tenantId, params.import), false)),
        };
      },
    }),

    listRoute({
      path: '/imports/{import}/rows',
      scope: 'read',
      tag: TAG,
      summary: 'Rows of an import with what was found wrong in them.',
      params: importParams,
      filters: { outcome: z.enum(OUTCOMES).optional() },
      item: rowSchema,
      csv: ['record', 'line', 'outcome', 'key', 'problems'],
      key: /^\d{1,12}$/,
      async open({ principal, params }, { outcome }) {
        const { id } = await existing(principal.tenantId, params.import);
        const { imports } = store.tenant(principal.tenantId);
        return {
          page: async (after, limit) =>
            (
              await imports.rows(id, {
                ...(outcome === undefined ? {} : { outcome }),
                after: Number(after ?? 0),
                limit,
              })
            ).map((row) => ({ key: String(row.record), item: rowAnswer(row) })),
        };
      },
    }),

    route({
      method: 'get',
      path: '/imports/{import}/fix-file',
      scope: 'read',
      tag: TAG,
      summary: 'The rows to correct, in the original columns, with what to do; comes back through the same import.',
      params: importParams,
      answers: { 200: { description: 'A CSV file.', media: ['text/csv'] } },
      async handle({ principal, params }) {
        const record = await existing(principal.tenantId, params.import);
        const shape = shapeSchema.parse(record.shape);
        const text = world.writeFixFile({
          importId: publicId('imp', record.id),
          headers: shape.columns.map(({ header }) => header),
          delimiter: shape.delimiter,
          rows: badRows(principal.tenantId, record.id),
        });
        return {
          status: 200,
          mediaType: 'text/csv; charset=utf-8',
          text,
          headers: { 'content-disposition': `attachment; filename="fix-${publicId('imp', record.id)}.csv"` },
        };
      },
    }),

    route({
      method: 'post',
      path: '/imports/{import}/release',
      scope: 'approve',
      tag: TAG,
      summary: 'Lets a held import through, once, with a reason.',
      params: importParams,
      body: z.strictObject({ reason: printable(1000) }),
      answers: { 200: { description: 'The import, released.', schema: importSchema } },
      async handle({ principal, params, body }) {
        const answer = await importFeed.release({
          tenantId: principal.tenantId,
          importId: params.import,
          reason: body.reason,
          by: principal.tokenId,
        });
        return { status: 200, body: importAnswer(answer) };
      },
    }),
  ];

  async function* badRows(
    tenantId: string,
    importId: string,
  ): AsyncGenerator<{ record: number; raw: readonly string[]; problems: readonly FixProblem[] }> {
    const { imports } = store.tenant(tenantId);
    let after = 0;
    for (;;) {
      const rows = await imports.rows(importId, { after, limit: PAGE });
      for (const row of rows) {
        after = row.record;
        if (row.problems.length === 0 || row.raw === undefined) continue;
        yield { record: row.record, raw: row.raw, problems: z.array(problemSchema).parse(row.problems) };
      }
      if (rows.length < PAGE) return;
    }
  }
}

const text = z.string().optional();
const problemSchema: z.ZodType<FixProblem> = z
  .object({ code: z.string(), message: z.string(), column: text, header: text, suggestion: text })
  .transform((problem) => JSON.parse(JSON.stringify(problem)) as FixProblem);

/** The file as it comes, and no more than fits; a wrapped or packed one is refused before a byte is read. */
function uploaded(request: Request): AsyncIterable<Uint8Array> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new DomainError('request.media_type', `Send the file as it is, without content-encoding "${encoding}".`);
  }
  if (typeof request.is(['json', '+json', 'multipart/*']) === 'string') {
    throw new DomainError(
      'request.media_type',
      'Send the file itself as the body: curl --data-binary @people.csv -H "content-type: text/csv".',
    );
  }
  return limited(request);
}

async function* limited(request: Request): AsyncGenerator<Uint8Array> {
  let size = 0;
  // Who gives up early must still be able to answer: the default would take the connection down with it.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > UPLOAD_LIMIT) throw new DomainError('request.too_large', 'The file is larger than 1 GiB.');
    yield chunk;
  }
}
