import { Agent, request } from 'undici';
import { DomainError } from '../core/errors.ts';
import { letters } from './firewall-words.ts';
import type { AnswerAs, Method } from './operations/operation.ts';

/** What came of one HTTP exchange. `lost`: there is no whole answer, and what was sent may have taken effect. */
export type Exchange =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Headers;
      /** Null where the bytes are no UTF-8. */
      readonly text: string | null;
      /** The bytes of a successful answer, where bytes were asked for. */
      readonly base64?: string;
    }
  | { readonly kind: 'lost'; readonly code: 'not_connected' | 'timeout' | 'cut' | 'answer_too_large' };

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Timeouts {
  /** Until the connection stands. */
  readonly connectMs: number;
  /** From the call to the last byte of the answer. */
  readonly totalMs: number;
}

export interface Transport {
  /** One exchange, never repeated, never redirected. `target` is path and query below the base URL. */
  send(call: {
    readonly method: Method;
    readonly target: string;
    /** Null: none goes with it; then `body` says who asks. */
    readonly bearer: string | null;
    /** Of the body; JSON unless said. */
    readonly contentType?: string;
    readonly body: string | undefined;
    /** Most bytes of an answer. */
    readonly cap: number;
    /** JSON unless said. */
    readonly answerAs?: AnswerAs;
  }): Promise<Exchange>;
  close(): Promise<void>;
}

/**
 * The base URL, checked: TLS, or plain HTTP to loopback; no credentials, query or path of SCIM or users in it. Throws
 * DomainError `drift.not_configured`.
 */
export function checkedBase(baseUrl: string): URL {
  const refuse = (why: string): never => {
    throw new DomainError('drift.not_configured', `The Drift base URL ${why}.`);
  };
  const base = URL.canParse(baseUrl) ? new URL(baseUrl) : refuse('is no URL');
  const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(base.hostname);
  if (base.protocol !== 'https:' && !(base.protocol === 'http:' && loopback)) {
    refuse('must be https; plain http is for loopback only');
  }
  if (base.username !== '' || base.password !== '' || base.search !== '' || base.hash !== '') {
    refuse('must not carry credentials, a query or a fragment');
  }
  if (/scim|user/.test(letters(base.pathname))) refuse('must not end inside the API');
  return base;
}

export function createTransport(base: URL, timeouts: Timeouts): Transport {
  const agent = new Agent({
    allowH2: false,
    connect: { timeout: timeouts.connectMs },
    headersTimeout: timeouts.totalMs,
    bodyTimeout: timeouts.totalMs,
  });
  const prefix = base.pathname.replace(/\/+$/, '');

  return {
    async send({ method, target, bearer, contentType = 'application/json', body, cap, answerAs = 'json' }) {
      const url = new URL(prefix + target, base.origin);
      // What the firewall judged is what goes out: no reading of the URL may change it.
      if (url.origin !== base.origin || url.pathname + url.search !== prefix + target) {
        throw new DomainError('drift.firewall', 'The path of the call would be sent in another form.');
      }
      try {
        const answer = await request(url, {
          dispatcher: agent,
          method,
          headers: {
            accept: answerAs === 'json' ? 'application/json, application/scim+json' : '*/*',
            'user-agent': 'drift-scim-bridge',
            ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
            ...(body === undefined ? {} : { 'content-type': contentType }),
          },
          ...(body === undefined ? {} : { body }),
          signal: AbortSignal.timeout(timeouts.totalMs),
        });
        const bytes = await bodyOf(answer.body, cap);
        if (bytes === null) return { kind: 'lost', code: 'answer_too_large' };
        const { statusCode: status, headers } = answer;
        if (answerAs === 'bytes' && status >= 200 && status < 300) {
          return { kind: 'answer', status, headers, text: null, base64: bytes.toString('base64') };
        }
        return { kind: 'answer', status, headers, text: decoded(bytes) };
      } catch (error) {
        return { kind: 'lost', code: lossOf(error) };
      }
    },
    close: () => agent.destroy(),
  };
}

/** All bytes, or null above the cap: then the connection is dropped, not drained. */
async function bodyOf(body: AsyncIterable<unknown> & { destroy(): unknown }, cap: number): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) continue;
    size += chunk.byteLength;
    if (size > cap) {
      body.destroy();
      return null;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function decoded(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function lossOf(error: unknown): 'not_connected' | 'timeout' | 'cut' {
  // Errors and DOMExceptions alike.
  const { name, code } = (typeof error === 'object' ? (error ?? {}) : {}) as {
    readonly name?: unknown;
    readonly code?: unknown;
  };
  if (name === 'TimeoutError' || code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return 'timeout';
  const text = typeof code === 'string' ? code : '';
  if (/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$|CERT|TLS/.test(text)) {
    return 'not_connected';
  }
  return 'cut';
}
