import { z } from 'zod';
import { DomainError } from '../core/errors.ts';
import { isRow, needsAdmin, type REQUEST, rowNamed } from '../drift/operations-input.ts';
import type { Operation } from '../drift/operations/operation.ts';
import type { DraftLine } from '../flows/call-operation.ts';
import type { Asked } from '../flows/call-operation/asked.ts';
import { OverLimit } from '../flows/call-operation/room.ts';
import type { OperationBatch, OperationInput, OperationLine } from '../flows/operation-port.ts';
import type { Principal } from '../flows/principal.ts';
import {
  batchAnswer,
  batchSchema,
  calledSchema,
  lineAnswer,
  locationOf,
  plannedSchema,
  problemReply,
  singleReply,
} from './drift-answer.ts';
import { type Leave, checkInput, documentedInputs, mayWrite, operationRows, operationSchema } from './drift-input.ts';
import { bodyBytes, bodyKind, bodyLines, bodyObject, parseObject } from './drift-lines.ts';
import { publicId } from './ids.ts';
import { flag, listRoute } from './list.ts';
import { mustRun } from './paused.ts';
import { printable } from './printable.ts';
import { type Call, type Reply, type Route, route } from './route.ts';
import type { ApiWorld } from './world.ts';

const TAG = 'drift';
const WAIT_SECONDS = 30;
const LONGEST_WAIT = 600;
/** A stream of results has no end of its own but that of the batch. */
const DAY_SECONDS = 86_400;

const callParams = z.strictObject({
  operation: z.string().regex(/^[\w-]{1,64}$/, 'is not the name of an operation'),
});
const callQuery = z.strictObject({
  dryRun: flag.optional().describe('look up and show what would be sent; nothing else goes out'),
  yes: flag.optional().describe('needed by what cannot be taken back, and by requests other than GET'),
  all: flag.optional().describe('of a list: walk every page'),
  wait: z.coerce
    .number()
    .min(0)
    .max(LONGEST_WAIT)
    .optional()
    .describe(`seconds to wait for the answer (${String(WAIT_SECONDS)}; of lines: until the last)`),
  respondTo: z.string().max(2048).optional().describe('an https address that each answer is posted to as well'),
  reason: printable(1000).optional().describe('kept with the plan that an operation of use "plan" makes'),
});

type Query = z.output<typeof callQuery>;
type OneCall = Call<z.output<typeof callParams>, Query, undefined>;

export function driftOperationRoutes(world: ApiWorld): readonly Route[] {
  const { callOperation, planOperation } = world;

  async function one(call: OneCall, row: Operation | typeof REQUEST, asked: Asked, leave: Leave): Promise<Reply> {
    const flat = await bodyObject(bodyBytes(call.request));
    const checked = checkInput(row, flat, leave, 'body');
    if (!checked.ok) {
      const [first] = checked.places;
      const detail = first === undefined ? 'The body is not valid.' : `${first.path}: ${first.message}.`;
      if (first?.code === 'drift.confirm') return problemReply(409, { code: first.code, detail });
      throw new DomainError('request.invalid', detail, { places: checked.places });
    }
    if (isRow(row) && row.use === 'plan' && !asked.options.dryRun) return planned(call, row, asked, checked.input);
    await mustRun(world.tenants, asked.tenantId);
    const batch = await callOperation.one({ ...asked, writes: mayWrite(row, checked.input, leave) }, checked.input);
    const until = { withinMs: (call.query.wait ?? WAIT_SECONDS) * 1000, gone: call.gone };
    const now = await callOperation.over(asked.tenantId, batch.id, until);
    const [line] = await world.store.tenant(asked.tenantId).operations.lines(batch.id, { after: 0, limit: 1 });
    if (line === undefined || line.state === 'queued' || line.state === 'sent') return later(asked.tenantId, now);
    await callOperation.given(asked.tenantId, batch.id, [line]);
    return singleReply(now, line);
  }

  /** Never a direct call: a plan with one change, which somebody approves. */
  async function planned(call: OneCall, row: Operation, asked: Asked, input: OperationInput): Promise<Reply> {
    const { principal, query } = call;
    if ((await world.store.tenant(principal.tenantId).accounts.latestSnapshot()) === null) {
      throw new DomainError(
        'conflict',
        'Drift was never observed, so nobody knows who is an agent; start a run first.',
      );
    }
    const planId = await callOperation.remembered(asked, input, async () => {
      const { planId: made } = await planOperation.plan({
        tenantId: principal.tenantId,
        by: principal,
        operation: row.name,
        input: { params: input.params, query: input.query, body: input.body },
        ...(query.reason === undefined ? {} : { reason: query.reason }),
      });
      return made;
    });
    const plan = publicId('pln', planId);
    return { status: 202, body: { state: 'planned', plan }, headers: { location: `/api/v1/plans/${plan}` } };
  }

  async function lines(call: OneCall, row: Operation | typeof REQUEST, asked: Asked, leave: Leave): Promise<Reply> {
    if (isRow(row) && row.use === 'plan' && !asked.options.dryRun) {
      throw new DomainError('conflict', `${row.name} makes a plan with one change: send one object, not lines.`);
    }
    await mustRun(world.tenants, asked.tenantId);
    const writes = mayWrite(row, null, leave);
    const batch = await callOperation.many({ ...asked, writes }, drafts(call, row, leave));
    const location = locationOf(batch.id);
    if (call.query.wait === 0) return later(asked.tenantId, batch);
    const until = { withinMs: (call.query.wait ?? DAY_SECONDS) * 1000, gone: call.gone };
    const text = results(asked.tenantId, batch.id, callOperation.results(asked.tenantId, batch.id, until));
    return { status: 200, mediaType: 'application/x-ndjson', text, headers: { location } };
  }

  async function later(tenantId: string, batch: OperationBatch): Promise<Reply> {
    const counts = await world.store.tenant(tenantId).operations.counts(batch.id);
    return { status: 202, body: batchAnswer(batch, counts), headers: { location: locationOf(batch.id) } };
  }

  /** A line each, and at the end the batch as it stands: a stream without it was cut. */
  async function* results(
    tenantId: string,
    batchId: string,
    settled: AsyncIterable<OperationLine>,
  ): AsyncGenerator<string> {
    for await (const line of settled) yield `${JSON.stringify(lineAnswer(line))}\n`;
    const { operations } = world.store.tenant(tenantId);
    const batch = await operations.get(batchId);
    if (batch !== null) yield `${JSON.stringify(batchAnswer(batch, await operations.counts(batchId)))}\n`;
  }

  return [
    listRoute({
      path: '/drift/operations',
      scope: 'read',
      tag: TAG,
      summary: 'Every operation of Drift that this bridge knows, with what goes in, what comes out and what it may do.',
      filters: { reversibility: z.enum(['read', 'reversible', 'compensable', 'irreversible']).optional() },
      item: operationSchema,
      csv: [
        'name',
        'group',
        'summary',
        'method',
        'path',
        'api',
        'needs',
        'scope',
        'rateClass',
        'reversibility',
        'use',
      ].concat(['blastRadius', 'pages', 'secrets', 'source']),
      key: /^\d{1,3}$/,
      open: async (_call, { reversibility }) => ({
        page: async (after, limit) =>
          operationRows()
            .map((item, index) => ({ key: String(index), item }))
            .filter(({ item }) => reversibility === undefined || item.reversibility === reversibility)
            .filter(({ key }) => after === null || Number(key) > Number(after))
            .slice(0, limit),
      }),
    }),

    route({
      method: 'post',
      path: '/drift/operations/{operation}',
      scope: 'read',
      tag: TAG,
      summary:
        'Calls Drift: one object, or lines in batch; what writes needs the scope admin, what is planned makes a plan.',
      params: callParams,
      query: callQuery,
      body: 'bytes',
      takes: () => {
        const { schema, components } = documentedInputs();
        const ndjson = {
          type: 'string',
          description: 'One such object a line; with Idempotency-Key it can be resumed.',
        };
        return { content: { 'application/json': schema, 'application/x-ndjson': ndjson }, components };
      },
      answers: {
        200: {
          description: 'What Drift answered; of lines one result each, and the batch.',
          schema: calledSchema,
          media: ['application/x-ndjson'],
        },
        202: {
          description: 'It goes on: where to look. Or the plan that was made.',
          schema: z.union([batchSchema, plannedSchema]),
        },
        ...Object.fromEntries(
          [400, 404, 409, 422, 429, 500, 502, 503].map((status) => [
            status,
            { description: PROBLEMS[status] ?? 'A problem.', media: ['application/problem+json'] },
          ]),
        ),
      },
      async handle(call) {
        const { params, query, principal, request } = call;
        const row = rowNamed(params.operation);
        if (row === null) {
          throw new DomainError(
            'not_found',
            `There is no operation "${params.operation}"; /api/v1/drift/operations lists them.`,
          );
        }
        const leave: Leave = { admin: principal.scopes.includes('admin'), yes: query.yes === true };
        if (isRow(row) && needsAdmin(row)) requireAdmin(principal, `${row.name} changes something`);
        const dryRun = query.dryRun ?? false;
        if (query.all === true && !(isRow(row) && row.pager !== null)) {
          const place = { path: 'query.all', code: 'no_list', message: `${row.name} answers no list` };
          throw new DomainError('request.invalid', `${place.path}: ${place.message}.`, { places: [place] });
        }
        if (isRow(row) && row.reversibility === 'irreversible' && row.use === 'direct' && !leave.yes && !dryRun) {
          const detail = `${row.name} cannot be taken back: say yes=true. ${row.blastRadius ?? ''}`.trim();
          return problemReply(409, {
            code: 'drift.confirm',
            detail,
            ...(row.blastRadius === null ? {} : { blastRadius: row.blastRadius }),
          });
        }
        const respondTo = query.respondTo ?? null;
        if (respondTo !== null) {
          requireAdmin(principal, 'respondTo sends answers elsewhere');
          world.checkResponder(respondTo);
        }
        const asked: Asked = {
          tenantId: principal.tenantId,
          by: principal.tokenId,
          operation: row.name,
          writes: true,
          key: keyOf(request.headers['idempotency-key']),
          options: { dryRun, all: query.all ?? false, respondTo },
        };
        try {
          return await (bodyKind(request) === 'ndjson' ? lines(call, row, asked, leave) : one(call, row, asked, leave));
        } catch (error) {
          if (error instanceof OverLimit) return problemReply(429, { code: 'request.rate', detail: error.message });
          throw error;
        }
      },
    }),
  ];
}

const PROBLEMS: Readonly<Record<number, string>> = {
  409: 'It was stopped here (`drift.firewall`, `drift.confirm`), or Drift says that it conflicts.',
  422: 'Drift refused it (`drift.refused`); `drift` says with which code and status.',
  429: 'Too much of this tenant is unfinished or kept: wait, or cancel a batch.',
  502: 'The answer was lost (`drift.unknown`): it may have happened. Read back before sending it again.',
  503: 'Drift could not be reached; nothing was done.',
};

function requireAdmin({ scopes }: Principal, why: string): void {
  if (scopes.includes('admin')) return;
  throw new DomainError('auth.scope', `${why}: the token needs the scope "admin"; it has: ${scopes.join(', ')}.`);
}

function keyOf(header: string | readonly string[] | undefined): string | null {
  if (header === undefined) return null;
  if (typeof header === 'string' && /^[\x21-\x7e]{1,200}$/.test(header)) return header;
  throw new DomainError('request.invalid', 'Idempotency-Key: takes 1 to 200 printable characters without blanks.');
}

async function* drafts(call: OneCall, row: Operation | typeof REQUEST, leave: Leave): AsyncGenerator<DraftLine> {
  for await (const { line, text } of bodyLines(bodyBytes(call.request))) {
    yield { line, text, work: workOf(text, row, leave) };
  }
}

function workOf(text: string, row: Operation | typeof REQUEST, leave: Leave): DraftLine['work'] {
  const invalid = (detail: string, code = 'request.invalid'): DraftLine['work'] => ({ kind: 'invalid', code, detail });
  const parsed = parseObject(text);
  if (!parsed.ok) return invalid(`The line ${parsed.detail}.`);
  const checked = checkInput(row, parsed.value, leave, 'line');
  if (checked.ok) return { kind: 'call', input: checked.input };
  const [first] = checked.places;
  const code = first?.code === 'drift.confirm' ? first.code : 'request.invalid';
  return invalid(
    checked.places
      .map(({ path, message }) => `${path}: ${message}`)
      .join('; ')
      .slice(0, 1000),
    code,
  );
}
