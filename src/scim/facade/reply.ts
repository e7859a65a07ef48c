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

/** The media type that the client asks for (RFC 7644 3.8); OneLogin wants `application/json`. Null: neither. */
export function acceptedType(req: Request): string | null {
  const { accept } = req.headers;
  if (accept === undefined || accept === '*/*') return MEDIA_TYPES[0];
  // What nearly every client sends needs no negotiation.
  for (const type of MEDIA_TYPES) if (accept === type) return type;
  const type = req.accepts([...MEDIA_TYPES]);
  return type === false ? null : type;
}

export function sendReply(req: Request, res: Response, reply: Reply): void {
  res.statusCode = reply.status;
  traceOf(req)?.answered(reply, req);
  for (const name in reply.headers) res.setHeader(name, reply.headers[name] ?? '');
  if (reply.text === undefined) {
    res.removeHeader('Content-Type');
    res.end();
    return;
  }
  res.setHeader('Content-Type', `${acceptedType(req) ?? MEDIA_TYPES[0]}; charset=utf-8`);
  res.setHeader('Content-Length', Buffer.byteLength(reply.text));
  res.end(req.method === 'HEAD' ? undefined : reply.text);
}
