import { isUtf8 } from 'node:buffer';
import express, { type RequestHandler } from 'express';
import { DomainError } from '../../core/errors.ts';
import { placeOf } from './endpoints.ts';

export interface BodyLimits {
  /** Bytes of a request body. */
  readonly bodyBytes: number;
  /** Arrays and objects within each other. */
  readonly jsonDepth: number;
  /** Bytes and operations of a Bulk request: advertised as `maxPayloadSize` and `maxOperations`. */
  readonly bulkBytes: number;
  readonly bulkOperations: number;
}

export const BODY_LIMITS: BodyLimits = {
  bodyBytes: 1_048_576,
  jsonDepth: 32,
  bulkBytes: 4_194_304,
  bulkOperations: 2000,
};

/** How much deeper a resource lies in a Bulk request: the request, its operations, the operation. */
const BULK_LEVELS = 3;

const TYPES = ['application/scim+json', 'application/json'];

/** A body is JSON in UTF-8 and uncompressed; anything else is told before it is read. */
export function requireJson(): RequestHandler {
  return (req, _res, next) => {
    if (req.method !== 'POST' && req.method !== 'PUT' && req.method !== 'PATCH') {
      next();
      return;
    }
    const type = req.is(TYPES);
    if (type === null || req.headers['content-length'] === '0')
      throw new DomainError('request.invalid', 'The request has no body.');
    if (type === false || !saysUtf8(req.headers['content-type'] ?? '')) {
      throw new DomainError('request.media_type', 'The body is application/scim+json or application/json, in UTF-8.');
    }
    next();
  };
}

/** Reads the body, bounded in size and depth: deeper JSON than RFC 7643 needs is nobody's resource. */
export function readJson(limits: BodyLimits): RequestHandler {
  const usual = parser(limits.bodyBytes, limits.jsonDepth);
  const bulk = parser(limits.bulkBytes, limits.jsonDepth + BULK_LEVELS);
  return (req, res, next) => {
    const parse = placeOf(req)?.endpoint.name === 'bulk' ? bulk : usual;
    parse(req, res, next);
  };
}

function parser(bytes: number, depth: number): RequestHandler {
  return express.json({
    type: TYPES,
    limit: bytes,
    inflate: false,
    verify: (_req, _res, body) => {
      // Node would put U+FFFD for what is none, and two names in Latin-1 could become one.
      if (!isUtf8(body)) throw new DomainError('request.invalid', 'The body is not in UTF-8.');
      checkDepth(body, depth);
    },
  });
}

function saysUtf8(contentType: string): boolean {
  const parameters = contentType.toLowerCase().split(';').slice(1);
  const charset = parameters.map((each) => each.trim()).find((each) => each.startsWith('charset='));
  return charset === undefined || ['utf-8', '"utf-8"', 'us-ascii'].includes(charset.slice('charset='.length));
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);

function checkDepth(bytes: Uint8Array, most: number): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (quoted) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) {
      quoted = true;
    } else if (OPEN.has(byte)) {
      depth += 1;
      if (depth > most) throw new DomainError('request.invalid', `The body is nested deeper than ${most} levels.`);
    } else if (CLOSE.has(byte)) {
      depth -= 1;
    }
  }
}

/** What the parser of express says, in our codes, without the body that it attaches; undefined for other errors. */
export function bodyError(error: unknown): DomainError | undefined {
  if (error instanceof DomainError || typeof error !== 'object' || error === null || !('type' in error))
    return undefined;
  switch (error.type) {
    case 'entity.too.large':
      return new DomainError('request.too_large', 'The body is too large.');
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return new DomainError('request.media_type', 'The body is uncompressed and in UTF-8.');
    case 'entity.parse.failed':
      return new DomainError('request.invalid', 'The body is not valid JSON.');
    case 'entity.verify.failed':
    case 'request.aborted':
    case 'request.size.invalid':
      return new DomainError('request.invalid', 'The body could not be read.');
    default:
      return undefined;
  }
}
