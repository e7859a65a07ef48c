import express from 'express';
import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from 'express';
import { DomainError } from '../core/errors.ts';
import type { Log } from '../flows/ports.ts';
import { limitFailures } from './failures.ts';
import { createProblemHandler } from './problem.ts';

/** Bytes of a body: Drift's are some hundred. */
const MOST_BYTES = 262_144;
/** Objects and arrays within each other. */
const MOST_DEPTH = 32;

/** Milliseconds that the store has to take an event. Drift's patience is not known (Drift API notes 5.1). */
const PATIENCE = 5000;

const ADDRESS = /^[\w-]{16,64}$/;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

export interface WebhookPorts {
  /** Whose address it is; null: nobody's. */
  readonly tenantOf: (address: string) => Promise<string | null>;
  /** What proves an event of that tenant; null: nothing is set up. */
  readonly tokens: (tenantId: string) => {
    isOne(text: string): boolean;
    areOne(first: string, second: string): boolean;
  } | null;
  readonly receive: (tenantId: string, payload: Readonly<Record<string, unknown>>) => Promise<unknown>;
  /** JSON in which integers beyond 2^53 stay whole. Throws SyntaxError. */
  readonly parse: (text: string) => unknown;
  readonly log: Log;
  readonly patience?: number;
}

/**
 * The app of `/webhooks/drift`: takes what Drift says happened (Drift API notes 5). The token in the header is proven
 * before the body is read, and an event is in the store before it is answered; what it leads to is a job.
 */
export function createWebhooks(ports: WebhookPorts): Express {
  const { tenantOf, tokens, receive, parse, log, patience = PATIENCE } = ports;
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('case sensitive routing', true);
  const readBody: RequestHandler = express.raw({ limit: MOST_BYTES, type: () => true, inflate: false });

  const takeEvent: RequestHandler<{ readonly webhook: string }> = async (request, response) => {
    const { webhook } = request.params;
    const tenantId = ADDRESS.test(webhook) ? await tenantOf(webhook) : null;
    const proof = tenantId === null ? null : tokens(tenantId);
    if (tenantId === null || proof === null) throw new DomainError('not_found', NOTHING);
    // Two headers are given as one text, and that is none of the tokens.
    const header = request.get('x-verification-token');
    if (header === undefined) throw unproven('The X-Verification-Token header is missing.');
    if (!proof.isOne(header)) throw unproven('The X-Verification-Token header is none of the tokens.');
    const { token, ...payload } = await bodyOf(request, response);
    if (typeof token !== 'string') {
      throw unproven('The body has no "token": the older format of events, which proves less, is not taken.');
    }
    if (!proof.areOne(header, token)) throw unproven('The token of the body is not that of the header.');
    await within(patience, receive(tenantId, payload));
    response.status(200).set('cache-control', 'no-store').json({ received: true });
  };

  async function bodyOf(request: Request, response: Response): Promise<Readonly<Record<string, unknown>>> {
    if (request.is(['json', '+json']) === false) {
      throw new DomainError('request.media_type', 'Send JSON with "content-type: application/json".');
    }
    await new Promise<void>((resolve, reject) => {
      void readBody(request, response, (error?: unknown) => {
        if (error === undefined) resolve();
        else reject(error instanceof Error ? error : new Error('unreadable body', { cause: error }));
      });
    });
    const bytes: unknown = request.body;
    return objectIn(bytes instanceof Uint8Array ? bytes : new Uint8Array(), parse);
  }

  app.post('/:webhook', takeEvent);
  app.use(() => {
    throw new DomainError('not_found', NOTHING);
  });
  // Whoever guesses tokens or addresses is slowed down.
  app.use(limitFailures(['auth.required', 'not_found']));
  app.use(logRefusals(log));
  app.use(createProblemHandler(ports));
  return app;
}

/** The same words for every address that takes nothing, whatever the reason. */
const NOTHING = 'There is nothing at this address.';

function unproven(detail: string): DomainError {
  return new DomainError('auth.required', detail);
}

/** Behind the limit of failures, so that nobody can fill the log; never with anything that the sender wrote. */
function logRefusals(log: Log): ErrorRequestHandler {
  return (error: unknown, _request, _response, next) => {
    if (error instanceof DomainError && error.code !== 'not_found') {
      log('warn', 'webhook.refused', {
        code: error.code,
        reason: error.message.replaceAll(/[^\w]+/g, '_').slice(0, 80),
      });
    }
    next(error);
  };
}

/** An event that is stored after all when it was too late comes again, and is known then. */
async function within(milliseconds: number, stored: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new DomainError('store.unavailable', 'The store does not answer in time; send it again later.');
    timer = setTimeout(() => reject(error), milliseconds);
  });
  try {
    await Promise.race([stored, late]);
  } finally {
    clearTimeout(timer);
  }
}

function objectIn(bytes: Uint8Array, parse: (text: string) => unknown): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    throw notJson('The body is not UTF-8.');
  }
  if (isDeeper(text, MOST_DEPTH)) throw notJson(`The body is nested deeper than ${String(MOST_DEPTH)} levels.`);
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    throw notJson('The body is not valid JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw notJson('The body must be a JSON object.');
  }
  return value as Readonly<Record<string, unknown>>;
}

function notJson(detail: string): DomainError {
  return new DomainError('request.invalid', detail, {
    places: [{ path: 'body', code: 'invalid_json', message: detail }],
  });
}

/** Before it is parsed: what walks the value afterwards would run out of stack. */
function isDeeper(text: string, most: number): boolean {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (isInText) {
      if (sign === '\\') at += 1;
      else if (sign === '"') isInText = false;
    } else if (sign === '"') isInText = true;
    else if (sign === '{' || sign === '[') {
      depth += 1;
      if (depth > most) return true;
    } else if (sign === '}' || sign === ']') depth -= 1;
  }
  return false;
}
