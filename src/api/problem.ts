import type { ErrorRequestHandler, Response } from 'express';
import { z } from 'zod';
import { DomainError, type ErrorCode, type ErrorPlace } from '../core/errors.ts';
import type { Log } from '../flows/ports.ts';

/** RFC 9457; `code` is stable and public, `errors` says where. One of the two places where a code becomes a status. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  'auth.required': 401,
  'auth.scope': 403,
  'auth.paused': 403,
  'request.invalid': 400,
  'request.too_large': 413,
  'request.media_type': 415,
  'request.method': 405,
  'request.not_acceptable': 406,
  'request.unfilterable': 403,
  not_found: 404,
  'scim.uniqueness': 409,
  'scim.invalid_filter': 400,
  'scim.invalid_path': 400,
  'scim.invalid_value': 400,
  'scim.invalid_syntax': 400,
  'scim.invalid_cursor': 400,
  'scim.expired_cursor': 400,
  'scim.invalid_count': 400,
  'scim.no_target': 400,
  'scim.mutability': 400,
  'scim.version': 412,
  'scim.not_implemented': 501,
  'feed.unknown': 404,
  'feed.mode_wider': 409,
  'import.unreadable': 422,
  'import.not_held': 409,
  'plan.hash_mismatch': 409,
  'plan.expired': 409,
  'plan.not_approved': 409,
  'plan.held': 409,
  'plan.state': 409,
  'approval.second_subject': 409,
  'approval.override_count': 409,
  'policy.invalid': 422,
  'policy.version': 412,
  conflict: 409,
  'tenant.paused': 409,
  'drift.not_configured': 409,
  'drift.credential_dead': 409,
  'drift.refused': 422,
  'drift.unreachable': 503,
  'drift.demo_only': 409,
  'drift.firewall': 409,
  'store.unavailable': 503,
};

/** Codes that only the edge knows. */
type EdgeCode = 'internal' | 'request.rate' | 'request.precondition';

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  412: 'Precondition failed',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Not processable',
  428: 'Precondition required',
  429: 'Too many requests',
  500: 'Internal error',
  501: 'Not implemented',
  503: 'Unavailable',
};

export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string().describe('stable; tell cases apart by it'),
    detail: z.string(),
    errors: z
      .array(z.strictObject({ path: z.string(), code: z.string(), message: z.string() }))
      .optional()
      .describe('each place that is wrong'),
  })
  .meta({ id: 'Problem', description: 'What went wrong (RFC 9457).' });

export type Problem = z.output<typeof problemSchema>;

export function problem(
  status: number,
  code: ErrorCode | EdgeCode,
  detail: string,
  places: readonly ErrorPlace[] = [],
): Problem {
  return {
    type: `urn:drift-scim-bridge:problem:${code}`,
    title: TITLES[status] ?? 'Error',
    status,
    code,
    detail,
    ...(places.length === 0 ? {} : { errors: [...places] }),
  };
}

export function sendProblem(response: Response, sent: Problem): void {
  if (sent.status === 401 || sent.code === 'auth.scope') response.set('www-authenticate', challenge(response, sent));
  if (sent.status === 503) response.set('retry-after', '5');
  response.set('cache-control', 'no-store');
  response.status(sent.status).type('application/problem+json').send(JSON.stringify(sent));
}

/** RFC 6750 section 3: without a token, or with another scheme, no error code is given. */
function challenge(response: Response, { code }: Problem): string {
  const sent = /^bearer /i.test(response.req.headers.authorization ?? '');
  const error = code === 'auth.scope' ? 'insufficient_scope' : 'invalid_token';
  return `Bearer realm="drift-scim-bridge"${sent ? `, error="${error}"` : ''}`;
}

/** A request that lacks what makes it safe (RFC 6585 section 3). */
export class PreconditionRequired extends Error {}

/** The last stop of every error: a problem that says what to do, and for a bug nothing but an id to ask for. */
export function createProblemHandler(ports: { readonly log: Log }): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    // The caller hung up in the middle: nobody is left to tell, and nothing is wrong with us.
    if (request.socket.destroyed) return;
    const expected = problemOf(error);
    if (expected === null) {
      ports.log('error', 'http.bug', {
        request: String(response.getHeader('x-request-id') ?? ''),
        method: request.method,
        error: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown',
        at: placeOf(error),
      });
    }
    if (response.headersSent) {
      // The answer has begun: only a broken connection can still say that it is not whole.
      response.destroy();
      return;
    }
    if (response.writableEnded) {
      next(error);
      return;
    }
    const id = String(response.getHeader('x-request-id') ?? 'none');
    sendProblem(
      response,
      expected ?? problem(500, 'internal', `Something went wrong; the log has it under request ${id}.`),
    );
  };
}

function problemOf(error: unknown): Problem | null {
  if (error instanceof DomainError) return problem(STATUS[error.code], error.code, error.message, error.places);
  if (error instanceof PreconditionRequired) return problem(428, 'request.precondition', error.message);
  return fromParser(error);
}

/** Errors of express and its body parser carry a status and a type; their message may quote the body. */
function fromParser(error: unknown): Problem | null {
  if (!(error instanceof Error) || !('status' in error)) return null;
  const { status } = error;
  const type = 'type' in error ? error.type : undefined;
  if (type === 'entity.parse.failed') {
    const at = /\(line \d+ column \d+\)|at position \d+/.exec(error.message)?.[0] ?? '';
    const detail = `The body is not valid JSON ${at}`.trim();
    return problem(400, 'request.invalid', `${detail}.`, [{ path: 'body', code: 'invalid_json', message: detail }]);
  }
  if (status === 413) return problem(413, 'request.too_large', 'The body is larger than is taken here.');
  if (status === 415) return problem(415, 'request.media_type', 'This charset or content encoding is not taken here.');
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return problem(400, 'request.invalid', 'The request cannot be read: its address or its body is malformed.');
  }
  return null;
}

/** `src/…/file.ts:12` of the innermost frame of ours. */
function placeOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return /\/(src\/[\w./-]+:\d+)/.exec(stack)?.[1] ?? '';
}
