import type { z } from 'zod';
import { DomainError } from '../core/errors.ts';
import type { DeprovisionPermit } from '../flows/drift-port.ts';
import type { BearerKind } from './credentials.ts';
import type { Outgoing } from './firewall.ts';
import { letters } from './firewall-words.ts';
import { writeJson } from './lossless-json.ts';
import type { AnswerAs, Method, Operation, RateClass } from './operations/operation.ts';

/** One call as it would go out, with what sending it needs to know. */
export interface Prepared extends Outgoing {
  /** Name of the operation, for the log. */
  readonly name: string;
  readonly kind: BearerKind;
  /** Changes nothing: it may be asked again. */
  readonly read: boolean;
  readonly rate: RateClass;
  /** Most bytes of an answer. */
  readonly cap: number;
  readonly answerAs: AnswerAs;
  readonly permit: DeprovisionPermit | undefined;
  /** What the body text was made of. */
  readonly sent: unknown;
}

export interface CallInput<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly params?: z.input<P>;
  readonly query?: z.input<Q>;
  readonly body?: z.input<B>;
  /** Needed by the calls that nothing takes back. */
  readonly permit?: DeprovisionPermit;
}

const MEGABYTE = 1024 * 1024;
const CAP = { list: 10 * MEGABYTE, one: MEGABYTE };

/** A row and its input as a call. Throws DomainError `request.invalid` for input that does not fit the row. */
export function rowCall(
  row: Operation,
  input: CallInput<z.ZodType, z.ZodType, z.ZodType>,
  scimPath: string | null,
): Prepared {
  const params = checked(row, 'params', row.params, input.params ?? {});
  const query = checked(row, 'query', row.query, input.query ?? {});
  const body = checked(row, 'body', row.body, input.body);
  const path = row.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(wordOf(params, name)));
  return {
    name: row.name,
    kind: row.api,
    method: row.method,
    path: row.api === 'scim' ? `${scimPath ?? ''}${path}` : path,
    query: queryText(query),
    body: bodyText(row.name, body),
    sent: body,
    scimPath,
    read: row.reversibility === 'read',
    rate: row.rate,
    cap: row.pager === null && row.answerAs === 'json' ? CAP.one : CAP.list,
    answerAs: row.answerAs,
    permit: input.permit,
  };
}

/** Any other path. Throws DomainError `request.invalid` for a query or a body that cannot be written. */
export function freeCall(
  method: Method,
  path: string,
  input: { readonly query?: unknown; readonly body?: unknown },
  scimPath: string | null,
): Prepared {
  return {
    name: 'request',
    kind: letters(path.split('/', 2)[1] ?? '') === 'scim' ? 'scim' : 'rest',
    method,
    path,
    query: queryText(input.query ?? {}),
    body: bodyText('request', input.body),
    sent: input.body,
    scimPath,
    read: method === 'GET',
    rate: path.startsWith('/reports/') ? 'reports' : 'standard',
    cap: CAP.list,
    answerAs: 'json',
    permit: undefined,
  };
}

/** What a `Link: <…>; rel="next"` header names. */
export function nextLinkOf(header: string | undefined): string | null {
  return /<([^<>]*)>\s*;[^,]*\brel\s*=\s*["']?next["']?/i.exec(header ?? '')?.[1] ?? null;
}

function checked(row: Operation, part: string, schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new DomainError('request.invalid', `The ${part} of ${row.name} are not what it takes.`, {
    places: result.error.issues.map(({ path, code, message }) => ({
      path: [part, ...path.map(String)].join('.'),
      code,
      message,
    })),
  });
}

function wordOf(params: unknown, name: string): string {
  const value: unknown = (params as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : '';
}

function queryText(query: unknown): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}) as [string, unknown][]) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof one === 'string') search.append(name, one);
      else if (typeof one === 'bigint' || typeof one === 'boolean' || isExact(one)) search.append(name, String(one));
      else if (one !== undefined)
        throw new DomainError('request.invalid', 'A query holds texts, numbers of up to 2^53 and lists of them.');
    }
  }
  return search.toString();
}

/** Beyond 2^53 a number has lost digits before it came here: ids are given as text (Drift API notes 1.1). */
const isExact = (value: unknown): boolean =>
  typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER;

function bodyText(name: string, body: unknown): string | undefined {
  if (body === undefined) return undefined;
  try {
    return writeJson(body);
  } catch {
    throw new DomainError('request.invalid', `The body of ${name} cannot be written as JSON.`);
  }
}
