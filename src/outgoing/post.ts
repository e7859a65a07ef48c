import { request } from 'undici';
import { DomainError } from '../core/errors.ts';
import type { Clock, Log } from '../flows/ports.ts';
import { createGuardedAgent, ForbiddenAddressError, type Resolve } from './connect.ts';
import { secretKey, signatures } from './signature.ts';
import { checkTarget } from './target.ts';

const LARGEST_BODY = 1024 * 1024;
const ANSWER_BYTES = 64 * 1024;
const MOST_CONNECTIONS = 16;
const TIMEOUTS: OutgoingTimeouts = { connectMs: 5000, totalMs: 15_000 };

export interface Delivery {
  readonly url: string;
  /** `webhook-id`: the same for every attempt, so that the receiver can tell a repetition. */
  readonly id: string;
  /** JSON, as it is signed and sent. */
  readonly body: string;
  /** Base64 of 24 to 64 bytes each, with `whsec_` in front or not; none: the post is not signed. */
  readonly secrets: readonly string[];
}

/**
 * Why a post was not answered. After `forbidden` and `too_large` nothing was sent and a repetition is useless; after
 * `not_resolved`, `not_connected` and `tls` nothing was sent; after the others it may have arrived.
 */
export type LossCode =
  'forbidden' | 'too_large' | 'not_resolved' | 'not_connected' | 'tls' | 'timeout' | 'cut' | 'unreadable';

export type DeliveryOutcome =
  | { readonly kind: 'delivered'; readonly status: number }
  /** Any status but 2xx; a redirect is not followed. */
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'lost'; readonly code: LossCode };

export interface OutgoingTimeouts {
  /** Until the connection stands, with the look-up of the name. */
  readonly connectMs: number;
  /** From the call to the status of the answer. */
  readonly totalMs: number;
}

export interface Outgoing {
  /**
   * One attempt, never repeated. Whatever the network does is an outcome; throws DomainError `request.invalid` for an id
   * that cannot be a header or a secret that is none.
   */
  readonly post: (delivery: Delivery) => Promise<DeliveryOutcome>;
  /** Drops what is connected. */
  readonly close: () => Promise<void>;
}

/** Posts to receivers that somebody named: signed as Standard Webhooks 1.0.0 says, and only to the public internet. */
export function createOutgoing(options: {
  /** Also to this machine, by http or https: for development and tests. */
  readonly allowLoopback: boolean;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly timeouts?: OutgoingTimeouts;
  /** Asked once per connection; the system's resolver unless given. */
  readonly resolve?: Resolve;
}): Outgoing {
  const { allowLoopback, clock, log, timeouts = TIMEOUTS, resolve } = options;
  const agent = createGuardedAgent({
    allowLoopback,
    ...timeouts,
    connections: MOST_CONNECTIONS,
    ...(resolve !== undefined && { resolve }),
  });

  async function send({ url, id, body, secrets }: Delivery): Promise<DeliveryOutcome> {
    if (!/^[\x21-\x7e]{1,256}$/.test(id)) {
      throw new DomainError(
        'request.invalid',
        'The id of a post must be 1 to 256 printable characters without spaces.',
      );
    }
    const keys = secrets.map(secretKey);
    if (Buffer.byteLength(body) > LARGEST_BODY) return { kind: 'lost', code: 'too_large' };
    const target = allowedTarget(url, allowLoopback);
    if (target === null) return { kind: 'lost', code: 'forbidden' };
    const timestamp = String(Math.floor(Date.parse(clock.now()) / 1000));
    try {
      const answer = await request(target, {
        dispatcher: agent,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          ...(keys.length > 0 && { 'webhook-signature': signatures(id, timestamp, body, keys) }),
        },
        body,
        signal: AbortSignal.timeout(timeouts.totalMs),
      });
      // The status is the answer. What follows is nobody's business: a little is read so that the connection can serve
      // again, and more than that closes it.
      void answer.body.dump({ limit: ANSWER_BYTES }).catch(() => undefined);
      const kind = answer.statusCode >= 200 && answer.statusCode < 300 ? 'delivered' : 'refused';
      return { kind, status: answer.statusCode };
    } catch (error) {
      return { kind: 'lost', code: lossOf(error) };
    }
  }

  return {
    post: async (delivery) => {
      const outcome = await send(delivery);
      if (outcome.kind === 'lost') log('warn', 'outgoing.lost', { code: outcome.code });
      return outcome;
    },
    close: () => agent.destroy(),
  };
}

function allowedTarget(url: string, allowLoopback: boolean): URL | null {
  try {
    return checkTarget(url, { allowLoopback });
  } catch (error) {
    if (error instanceof DomainError) return null;
    throw error;
  }
}

const NOT_CONNECTED: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EACCES', 'EPERM', 'UND_ERR_CONNECT_TIMEOUT'],
]);

function lossOf(error: unknown): LossCode {
  if (error instanceof ForbiddenAddressError) return 'forbidden';
  // Every address of the name failed: the first says why.
  if (error instanceof AggregateError && error.errors.length > 0) return lossOf(error.errors[0]);
  const { name, code } = error as { readonly name?: unknown; readonly code?: unknown };
  if (name === 'HTTPParserError') return 'unreadable';
  if (typeof code !== 'string') return name === 'TimeoutError' ? 'timeout' : 'cut';
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) return 'not_resolved';
  if (NOT_CONNECTED.has(code)) return 'not_connected';
  if (code.startsWith('ERR_TLS_') || code.startsWith('ERR_SSL_') || /CERT|SIGNATURE|ISSUER/.test(code)) return 'tls';
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_ABORTED') return 'timeout';
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return 'unreadable';
  return 'cut';
}
