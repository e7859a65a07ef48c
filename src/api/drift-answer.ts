import { z } from 'zod';
import type { OperationBatch, OperationLine } from '../flows/operation-port.ts';
import { publicId } from './ids.ts';
import type { Reply } from './route.ts';

export const LINE_STATES = ['queued', 'sent', 'ok', 'refused', 'unknown', 'invalid', 'skipped'] as const;
export const BATCH_STATES = ['receiving', 'running', 'waiting', 'done', 'cancelled'] as const;

export const lineSchema = z
  .strictObject({
    line: z.number().int().describe('in the body, from 1 on'),
    state: z.enum(LINE_STATES).describe('unknown: it may have happened; read back before it is sent again'),
    code: z.string().optional().describe('why; stable'),
    detail: z.string().optional(),
    status: z.number().int().optional().describe("of Drift's refusal"),
    answer: z.unknown().optional().describe('integers beyond 2^53 are texts'),
    calls: z.number().int().optional().describe('HTTP calls to Drift, retries included'),
    delivery: z
      .strictObject({ state: z.enum(['due', 'delivered', 'given_up']), tries: z.number().int() })
      .optional()
      .describe('how the answer fared at respondTo'),
    at: z.string().optional(),
  })
  .meta({ id: 'DriftLine' });

export const batchSchema = z
  .strictObject({
    batch: z.string(),
    operation: z.string(),
    state: z.enum(BATCH_STATES),
    code: z.string().optional().describe('what it waits for'),
    key: z.string().optional().describe('of the header Idempotency-Key'),
    dryRun: z.boolean(),
    lines: z.number().int(),
    counts: z.partialRecord(z.enum(LINE_STATES), z.number().int()),
    requestedBy: z.string(),
    createdAt: z.string(),
    endedAt: z.string().optional(),
  })
  .meta({ id: 'DriftBatch' });

export const calledSchema = z
  .strictObject({
    state: z.literal('ok'),
    answer: z.unknown().describe('integers beyond 2^53 are texts'),
    code: z.string().optional().describe('answer_not_kept: a large answer is given once'),
    calls: z.number().int().describe('HTTP calls to Drift, retries included'),
    batch: z.string(),
  })
  .meta({ id: 'DriftCalled' });

export const plannedSchema = z
  .strictObject({ state: z.literal('planned'), plan: z.string() })
  .meta({ id: 'DriftPlanned' });

/** RFC 9457 with members of its own: what Drift said, and where the call is to be found. */
interface DriftProblem {
  readonly code: string;
  readonly detail: string;
  readonly drift?: { readonly code: string; readonly status: number | null };
  readonly batch?: string;
  readonly blastRadius?: string;
}

export function lineAnswer(line: OperationLine): z.output<typeof lineSchema> {
  const { code, detail, status, answer, calls, delivery, at } = line;
  return {
    line: line.line,
    state: line.state,
    ...(code === null ? {} : { code }),
    ...(detail === null ? {} : { detail }),
    ...(status === null ? {} : { status }),
    ...(answer === null ? {} : { answer: JSON.parse(answer) as unknown }),
    ...(calls === 0 ? {} : { calls }),
    ...(delivery === null ? {} : { delivery }),
    ...(at === null ? {} : { at }),
  };
}

export function batchAnswer(
  batch: OperationBatch,
  counts: z.output<typeof batchSchema>['counts'],
): z.output<typeof batchSchema> {
  const { operation, state, code, key, dryRun, lines, requestedBy, createdAt, endedAt } = batch;
  return {
    batch: publicId('opb', batch.id),
    operation,
    state,
    ...(code === null ? {} : { code }),
    ...(key === null ? {} : { key }),
    ...{ dryRun, lines, counts, requestedBy, createdAt },
    ...(endedAt === null ? {} : { endedAt }),
  };
}

export const locationOf = (batchId: string): string => `/api/v1/drift/batches/${publicId('opb', batchId)}`;

export function problemReply(status: number, what: DriftProblem): Reply {
  const body = {
    type: `urn:drift-scim-bridge:problem:${what.code}`,
    title: TITLES[status] ?? 'Error',
    status,
    ...what,
  };
  return {
    status,
    mediaType: 'application/problem+json',
    text: JSON.stringify(body),
    ...(status === 503 || status === 429 ? { headers: { 'retry-after': '5' } } : {}),
  };
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  404: 'Not found',
  409: 'Conflict',
  422: 'Refused by Drift',
  429: 'Too many requests',
  502: 'Not known what happened',
  503: 'Unavailable',
};

/** Codes of a line that stopped it before Drift, with the status that they have everywhere. */
const STOPPED: Readonly<Record<string, number>> = {
  'drift.firewall': 409,
  'request.invalid': 400,
  'drift.not_configured': 409,
  'drift.credential_dead': 409,
  'drift.unreachable': 503,
  internal: 500,
};

/** The answer to a single call whose line is settled. */
export function singleReply(batch: OperationBatch, line: OperationLine): Reply {
  const id = publicId('opb', batch.id);
  const detail = line.detail ?? 'No reason is known.';
  const { code, status } = line;
  switch (line.state) {
    case 'ok': {
      const answer = line.answer === null ? null : (JSON.parse(line.answer) as unknown);
      const body = { state: 'ok', answer, ...(code === null ? {} : { code }), calls: line.calls, batch: id };
      return { status: 200, body };
    }
    case 'unknown':
      return problemReply(502, {
        code: 'drift.unknown',
        detail,
        batch: id,
        drift: { code: code ?? 'lost', status: null },
      });
    case 'refused': {
      const stopped = STOPPED[code ?? ''];
      if (stopped !== undefined) return problemReply(stopped, { code: code ?? '', detail, batch: id });
      if (code === 'credential_dead') return problemReply(409, { code: 'drift.credential_dead', detail, batch: id });
      const drift = { code: code ?? 'lost', status };
      // A read that got no answer.
      if (status === null || status >= 500 || status === 429) {
        return problemReply(503, { code: 'drift.unreachable', detail, batch: id, drift });
      }
      return problemReply(status === 404 || status === 409 ? status : 422, {
        code: 'drift.refused',
        detail,
        batch: id,
        drift,
      });
    }
    case 'queued':
    case 'sent':
    case 'invalid':
    case 'skipped':
      return problemReply(409, { code: 'conflict', detail: `The call is ${line.state}.`, batch: id });
  }
}
