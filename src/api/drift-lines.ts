import type { Request } from 'express';
import { DomainError } from '../core/errors.ts';

export interface LineLimits {
  readonly lineBytes: number;
  readonly lines: number;
  readonly bodyBytes: number;
}

/** Of one NDJSON body. */
export const LINE_LIMITS: LineLimits = {
  lineBytes: 256 * 1024,
  lines: 100_000,
  bodyBytes: 256 * 1024 * 1024,
};

/** Of a body that is one JSON object, in bytes. */
export const OBJECT_LIMIT = 2 * 1024 * 1024;
const DEEPEST = 32;

type Json = Readonly<Record<string, unknown>>;

export type Parsed = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly detail: string };

/** `ndjson` for a body of lines, `object` for one JSON object or none; throws DomainError for anything else. */
export function bodyKind(request: Request): 'ndjson' | 'object' {
  const { 'content-length': length, 'transfer-encoding': chunked, 'content-encoding': encoding } = request.headers;
  if (encoding !== undefined && encoding !== 'identity') {
    throw new DomainError('request.media_type', `Send the body as it is, without content-encoding "${encoding}".`);
  }
  // An empty file of lines holds no line; it is not a call without input.
  const lines = /^application\/(x-ndjson|ndjson|jsonl)\b/i.test(request.headers['content-type'] ?? '');
  if (chunked === undefined && (length === undefined || length === '0')) return lines ? 'ndjson' : 'object';
  if (request.is(['application/x-ndjson', 'application/ndjson', 'application/jsonl']) !== false) return 'ndjson';
  if (request.is(['json', '+json']) !== false) return 'object';
  throw new DomainError(
    'request.media_type',
    'Send one object as "application/json", or one object a line as "application/x-ndjson".',
  );
}

/** The bytes of the body as they come. Who stops reading early can still answer. */
export function bodyBytes(request: Request): AsyncIterable<Uint8Array> {
  return request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
}

/** The body as one object; `{}` for none. Throws DomainError `request.too_large`, `request.invalid`. */
export async function bodyObject(chunks: AsyncIterable<Uint8Array>, limit = OBJECT_LIMIT): Promise<Json> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > limit) throw new DomainError('request.too_large', 'The body is larger than is taken here.');
    parts.push(chunk);
  }
  const text = decoded(Buffer.concat(parts), 'body');
  if (text.trim() === '') return {};
  const parsed = parseObject(text);
  if (!parsed.ok) throw at('body', parsed.detail);
  return parsed.value;
}

/**
 * Lines that are not blank, with their number in the body from 1 on. Throws DomainError `request.too_large` for a line, a
 * number of lines or a body beyond the limits, `request.invalid` for bytes that are no UTF-8.
 */
export async function* bodyLines(
  chunks: AsyncIterable<Uint8Array>,
  limits: LineLimits = LINE_LIMITS,
): AsyncGenerator<{ readonly line: number; readonly text: string }> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let total = 0;
  let line = 0;
  let count = 0;

  /** Null for a blank line. */
  function next(): { readonly line: number; readonly text: string } | null {
    line += 1;
    const raw = decoded(Buffer.concat(pending), `line ${String(line)}`);
    pending = [];
    pendingBytes = 0;
    const text = (line === 1 ? raw.replace(/^\uFEFF/, '') : raw).trim();
    if (text === '') return null;
    count += 1;
    if (count > limits.lines) {
      throw new DomainError(
        'request.too_large',
        `A body may have ${String(limits.lines)} lines; send the rest as another.`,
      );
    }
    return { line, text };
  }

  function add(part: Uint8Array): void {
    pendingBytes += part.byteLength;
    if (pendingBytes > limits.lineBytes) {
      throw new DomainError(
        'request.too_large',
        `Line ${String(line + 1)} is longer than ${String(limits.lineBytes)} bytes.`,
      );
    }
    pending.push(part);
  }

  for await (const chunk of chunks) {
    total += chunk.byteLength;
    if (total > limits.bodyBytes) {
      throw new DomainError('request.too_large', `The body is larger than ${String(limits.bodyBytes)} bytes.`);
    }
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, end));
      const found = next();
      if (found !== null) yield found;
      from = end + 1;
    }
    add(chunk.subarray(from));
  }
  if (pendingBytes > 0) {
    const found = next();
    if (found !== null) yield found;
  }
}

const NEWLINE = 0x0a;
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decoded(bytes: Uint8Array, where: string): string {
  try {
    return strict.decode(bytes);
  } catch {
    throw at(where, 'is not UTF-8');
  }
}

function at(path: string, message: string): DomainError {
  return new DomainError('request.invalid', `${path}: ${message}.`, {
    places: [{ path, code: 'invalid_json', message }],
  });
}

/** One object. A number that JavaScript would round is refused: it may be an id, and then of somebody else. */
export function parseObject(text: string): Parsed {
  const rounded: string[] = [];
  let value: unknown;
  try {
    value = JSON.parse(text, (key, item: unknown) => {
      // However it is spelled: 1e400 is no number any more, and 12345678901234567.0 another one.
      if (typeof item === 'number' && !Number.isSafeInteger(item) && !isFraction(item)) rounded.push(key);
      return item;
    });
  } catch (error) {
    if (error instanceof RangeError) return { ok: false, detail: 'is nested too deep' };
    return { ok: false, detail: 'is not valid JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, detail: 'must be an object' };
  }
  const [first] = rounded;
  if (first !== undefined) return { ok: false, detail: `${first} is beyond 2^53: write such numbers as texts` };
  return isTooDeep(value, DEEPEST) ? { ok: false, detail: 'is nested too deep' } : { ok: true, value: value as Json };
}

const isFraction = (value: number): boolean => Number.isFinite(value) && !Number.isInteger(value);

function isTooDeep(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((inner) => isTooDeep(inner, left - 1));
}
