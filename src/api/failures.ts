import type { ErrorRequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { DomainError, type ErrorCode } from '../core/errors.ts';
import { problem, sendProblem } from './problem.ts';

/** Requests without a good token that one address may make in a minute before it is told to wait. */
const FAILURES_PER_MINUTE = 60;

/**
 * Counts only what had no good token: whoever guesses is slowed down, and nobody who has a token is ever locked out by
 * others behind the same address.
 */
export function limitFailures(codes: readonly ErrorCode[] = ['auth.required']): ErrorRequestHandler {
  const limiter = rateLimit({
    windowMs: 60_000,
    limit: FAILURES_PER_MINUTE,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // A proxy in front is no mistake here: what it says of the caller is not believed, and need not be warned of.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    handler: (_request, response) => {
      response.set('retry-after', '60');
      sendProblem(response, problem(429, 'request.rate', 'Too many requests without a good token; wait a minute.'));
    },
  });
  return (error: unknown, request, response, next) => {
    if (!(error instanceof DomainError) || !codes.includes(error.code)) {
      next(error);
      return;
    }
    void limiter(request, response, (failed?: unknown) => next(failed ?? error));
  };
}
