import { z } from 'zod';
import { DomainError } from '../core/errors.ts';
import type { OperationBatch } from '../flows/operation-port.ts';
import { BATCH_STATES, LINE_STATES, batchAnswer, batchSchema, lineAnswer, lineSchema } from './drift-answer.ts';
import { idInPath } from './ids.ts';
import { listRoute, mapped, sifted } from './list.ts';
import { type Route, route } from './route.ts';
import type { ApiWorld } from './world.ts';

const TAG = 'drift';
const batchParams = z.strictObject({ batch: idInPath('opb') });

export function driftBatchRoutes(world: ApiWorld): readonly Route[] {
  const { store, callOperation } = world;

  async function existing(tenantId: string, batchId: string): Promise<OperationBatch> {
    const batch = await store.tenant(tenantId).operations.get(batchId);
    if (batch === null) throw new DomainError('not_found', 'No such batch; they are kept for seven days.');
    return batch;
  }

  async function shown(tenantId: string, batchId: string): Promise<z.output<typeof batchSchema>> {
    const batch = await existing(tenantId, batchId);
    return batchAnswer(batch, await store.tenant(tenantId).operations.counts(batchId));
  }

  return [
    route({
      method: 'get',
      path: '/drift/answer-secret',
      scope: 'admin',
      tag: TAG,
      summary: 'The secret that answers posted to respondTo are signed with (Standard Webhooks).',
      answers: { 200: { description: 'The secret.', schema: z.strictObject({ secret: z.string() }) } },
      handle: async ({ principal }) => ({ status: 200, body: { secret: world.answerSecret(principal.tenantId) } }),
    }),

    listRoute({
      path: '/drift/batches',
      scope: 'read',
      tag: TAG,
      summary: 'Calls to Drift that were asked for here, alone or in batch, newest first.',
      filters: { state: z.enum(BATCH_STATES).optional(), operation: z.string().max(64).optional() },
      item: batchSchema,
      csv: ['batch', 'operation', 'state', 'code', 'key', 'dryRun', 'lines', 'requestedBy', 'createdAt', 'endedAt'],
      key: /^[0-9a-f-]{36}$/,
      open: async ({ principal }, { state, operation }) => {
        const { operations } = store.tenant(principal.tenantId);
        const isWanted = (batch: OperationBatch): boolean =>
          (state === undefined || batch.state === state) && (operation === undefined || batch.operation === operation);
        return {
          page: mapped(
            sifted(
              async (after, limit) => (await operations.list(after, limit)).map((item) => ({ key: item.id, item })),
              isWanted,
            ),
            async (batch) => batchAnswer(batch, await operations.counts(batch.id)),
          ),
        };
      },
    }),

    route({
      method: 'get',
      path: '/drift/batches/{batch}',
      scope: 'read',
      tag: TAG,
      summary: 'One batch as it stands now.',
      params: batchParams,
      answers: { 200: { description: 'The batch.', schema: batchSchema } },
      handle: async ({ principal, params }) => ({ status: 200, body: await shown(principal.tenantId, params.batch) }),
    }),

    listRoute({
      path: '/drift/batches/{batch}/lines',
      scope: 'read',
      tag: TAG,
      summary: 'Lines of a batch with what became of each.',
      params: batchParams,
      filters: { state: z.enum(LINE_STATES).optional() },
      item: lineSchema,
      csv: ['line', 'state', 'code', 'detail', 'status', 'answer', 'calls', 'delivery.state', 'at'],
      key: /^\d{1,9}$/,
      async open({ principal, params }, { state }) {
        const { id } = await existing(principal.tenantId, params.batch);
        const { operations } = store.tenant(principal.tenantId);
        return {
          async page(after, limit) {
            const which = { ...(state === undefined ? {} : { state }), after: Number(after ?? 0), limit };
            const lines = await operations.lines(id, which);
            await callOperation.given(principal.tenantId, id, lines);
            return lines.map((line) => ({ key: String(line.line), item: lineAnswer(line) }));
          },
        };
      },
    }),

    route({
      method: 'post',
      path: '/drift/batches/{batch}/cancel',
      scope: 'admin',
      tag: TAG,
      summary: 'Gives up the lines of a batch that are not done yet.',
      params: batchParams,
      answers: { 200: { description: 'The batch, cancelled.', schema: batchSchema } },
      async handle({ principal, params }) {
        await callOperation.cancel(principal.tenantId, params.batch, principal.tokenId);
        return { status: 200, body: await shown(principal.tenantId, params.batch) };
      },
    }),
  ];
}
