import type { Request, Response } from 'express';
import { traceOf } from './request-trace.ts';

/** An answer, ready to be sent; a resource brings its validator and its address (RFC 7644 3.1, 3.14). */
export class Reply {
  readonly status: number;
  /** JSON text; undefined for an answer without content. */
  readonly text: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, text?: string, headers: Readonly<Record<string, string>> = {}) {
    this.status = status;
    this.text = text;
    this.headers = headers;
  }
}

export function jsonReply(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return new Reply(status, JSON.stringify(body), headers);
}

export const MEDIA_TYPES = ['application/scim+json', 'application/json'] as const;

/** Some clients name the charset too: it is the one that answers have. */
const OFFERED: string[] = [...MEDIA_TYPES, ...MEDIA_TYPES.map((type) => `${type};charset=utf-8`)];

/** The media type that the client asks for (RFC 7644 3.8); OneLogin wants `application/json`. Null: neither. */
export function acceptedType(req: Request): string | null {
  const { accept } = req.headers;
  if (accept === undefined || accept === '*/*') return MEDIA_TYPES[0];
  // What nearly every client sends needs no negotiation.
  for (const type of MEDIA_TYPES) if (accept === type) return type;
  const type = req.accepts(OFFERED);
  return type === false ? null : (MEDIA_TYPES.find((each) => type.startsWith(each)) ?? null);
}

/** What every answer to one request says, of whatever kind it is; no more than that is known before the routes. */
export interface Always {
  readonly requestId: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
}

const ALWAYS = Symbol('always');
type Fronted = Request & { [ALWAYS]?: Always };

export function saysAlways(req: Fronted, always: Always): void {
  req[ALWAYS] = always;
}

export function alwaysOf(req: Fronted): Always | undefined {
  return req[ALWAYS];
}

export function sendReply(req: Fronted, res: Response, reply: Reply): void {
  traceOf(req)?.answered(reply, req);
  const { headers = [] } = req[ALWAYS] ?? {};
  if (reply.status === 200 && reply.text !== undefined && headers.length > 0) {
    // In one piece: node neither checks nor keeps what is written so.
    const own = Object.entries(reply.headers).flat();
    const length = String(Buffer.byteLength(reply.text));
    res.writeHead(200, [...headers, ...own, 'Content-Type', contentType(req), 'Content-Length', length]);
    res.end(reply.text);
    return;
  }
  res.statusCode = reply.status;
  for (let at = 0; at < headers.length; at += 2) res.setHeader(headers[at] ?? '', headers[at + 1] ?? '');
  for (const name in reply.headers) res.setHeader(name, reply.headers[name] ?? '');
  if (reply.text === undefined) {
    res.removeHeader('Content-Type');
    res.end();
    return;
  }
  res.setHeader('Content-Type', contentType(req));
  res.setHeader('Content-Length', Buffer.byteLength(reply.text));
  res.end(req.method === 'HEAD' ? undefined : reply.text);
}

function contentType(req: Request): string {
  return `${acceptedType(req) ?? MEDIA_TYPES[0]}; charset=utf-8`;
}
