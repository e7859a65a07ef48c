import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express from 'express';
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { API_SCOPES, type ApiScope } from '../auth/scopes.ts';
import { DomainError, type ErrorCode, type ErrorPlace } from '../core/errors.ts';
import type { Principal } from '../flows/principal.ts';

/** The largest JSON body; a policy or the selection of an approval fits many times over. */
const JSON_LIMIT = '2mb';

export type Method = 'get' | 'post' | 'put' | 'delete';

export interface Call<P, Q, B> {
  readonly principal: Principal;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly request: Request;
  /** Aborted when the caller has gone. */
  readonly gone: AbortSignal;
}

export type Reply = { readonly status: number; readonly headers?: Readonly<Record<string, string>> } & (
  { readonly body?: unknown } | { readonly mediaType: string; readonly text: string | AsyncIterable<string> }
);

export interface Answer {
  readonly description: string;
  /** Of the JSON body; none: the answer has no body. */
  readonly schema?: z.ZodType;
  /** Other representations, by media type. */
  readonly media?: readonly string[];
}

/** What a route is, said once: validation, scope, documentation and work. */
export interface RouteSpec<P, Q, B> {
  readonly method: Method;
  /** As in OpenAPI: `/runs/{run}`. */
  readonly path: string;
  /** Nothing is open by accident: `public` has to be written. */
  readonly scope: ApiScope | 'public';
  readonly tag: string;
  readonly summary: string;
  readonly params?: z.ZodType<P>;
  readonly query?: z.ZodType<Q>;
  /** `bytes`: the body is a file, which the handler reads as it comes. */
  readonly body?: z.ZodType<B> | 'bytes';
  /** What the bytes of a body may be, by media type, as JSON schemas; a CSV file unless said. */
  readonly takes?: () => {
    readonly content: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    /** Schemas that those refer to. */
    readonly components?: Readonly<Record<string, unknown>>;
  };
  /** Code of a body that is not as declared; `request.invalid` unless said. */
  readonly bodyFault?: ErrorCode;
  readonly answers: Readonly<Record<number, Answer>>;
  readonly handle: (call: Call<P, Q, B>) => Promise<Reply>;
}

export interface Route extends Omit<RouteSpec<unknown, unknown, unknown>, 'handle'> {
  readonly serve: (world: RouteWorld) => RequestHandler;
}

export interface RouteWorld {
  readonly authenticate: (request: Request, response: Response) => Promise<Principal>;
  /** On in tests: an answer that is not as declared is an error. */
  readonly checkAnswers: boolean;
}

export function route<P = unknown, Q = unknown, B = undefined>(spec: RouteSpec<P, Q, B>): Route {
  if (spec.scope !== 'public' && !API_SCOPES.includes(spec.scope)) {
    throw new Error(`${spec.method} ${spec.path} declares no scope`);
  }
  const { handle, ...declared } = spec;
  const readJson = express.json({ limit: JSON_LIMIT, strict: false, type: ['json', '+json'] });

  const serve =
    (world: RouteWorld): RequestHandler =>
    async (request, response) => {
      const principal =
        spec.scope === 'public' ? NOBODY : await admit(spec.scope, world.authenticate(request, response));
      const params = parse('path', spec.params, request.params) as P;
      const query = parse('query', spec.query ?? NO_QUERY, request.query) as Q;
      const body = (await bodyOf(spec, readJson, request, response)) as B;
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      const reply = await handle({ principal, params, query, body, request, gone: gone.signal });
      if (world.checkAnswers) check(spec.answers, reply);
      await send(response, reply);
    };
  return { ...declared, serve };
}

const NO_QUERY = z.strictObject({});

const NOBODY: Principal = { tenantId: '', tokenId: '', subject: '', audience: 'api', scopes: [] };

async function admit(scope: ApiScope, principal: Promise<Principal>): Promise<Principal> {
  const admitted = await principal;
  if (!admitted.scopes.includes(scope)) {
    throw new DomainError('auth.scope', `The token lacks the scope "${scope}"; it has: ${admitted.scopes.join(', ')}.`);
  }
  return admitted;
}

async function bodyOf(
  { body: declared, bodyFault }: { readonly body?: z.ZodType | 'bytes'; readonly bodyFault?: ErrorCode },
  readJson: RequestHandler,
  request: Request,
  response: Response,
): Promise<unknown> {
  if (declared === undefined || declared === 'bytes') return undefined;
  const { 'content-length': length, 'transfer-encoding': chunked } = request.headers;
  const hasBody = chunked !== undefined || (length !== undefined && length !== '0');
  if (hasBody && request.is(['json', '+json']) === false) {
    throw new DomainError('request.media_type', 'Send JSON with "content-type: application/json".');
  }
  await new Promise<void>((resolve, reject) => {
    void readJson(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error('unreadable body', { cause: error }));
    });
  });
  return parse('body', declared, request.body, bodyFault);
}

function parse(
  where: 'path' | 'query' | 'body',
  schema: z.ZodType | undefined,
  value: unknown,
  code: ErrorCode = 'request.invalid',
): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const places = placesOf(where, result.error);
  const [first] = places;
  throw new DomainError(code, first === undefined ? `The ${where} is not valid.` : sentence(first), {
    places,
  });
}

const sentence = ({ path, message }: ErrorPlace): string => `${path}: ${message}.`;

/** `body.scope.people[0]`: where, in the words of JavaScript. Keys that nobody knows are named one by one. */
export function placesOf(where: string, error: z.ZodError): readonly ErrorPlace[] {
  return error.issues.flatMap((issue): ErrorPlace[] => {
    const path = issue.path.reduce<string>(
      (text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}.${String(part)}`),
      where,
    );
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: `${path}.${key}`, code: 'unknown_key', message: 'is not known here' }));
    }
    return [{ path, code: issue.code, message: issue.message }];
  });
}

/** What is declared is what is sent, key by key. */
function check(answers: Readonly<Record<number, Answer>>, reply: Reply): void {
  const declared = answers[reply.status];
  if (declared === undefined) throw new Error(`status ${reply.status} is not declared`);
  if ('mediaType' in reply) {
    const known = declared.media?.includes(reply.mediaType.split(';')[0] ?? '') ?? false;
    if (!known) throw new Error(`${reply.mediaType} is not declared for ${reply.status}`);
    return;
  }
  const body: unknown = reply.body === undefined ? undefined : JSON.parse(JSON.stringify(reply.body));
  const result = (declared.schema ?? z.undefined()).safeParse(body);
  if (!result.success) throw new Error(`the answer is not as declared: ${z.prettifyError(result.error)}`);
}

async function send(response: Response, reply: Reply): Promise<void> {
  response.status(reply.status).set('cache-control', 'no-store');
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.set(name, value);
  if (!('mediaType' in reply)) {
    if (reply.body === undefined) response.end();
    else response.json(reply.body);
    return;
  }
  response.type(reply.mediaType);
  if (typeof reply.text === 'string') {
    response.send(reply.text);
    return;
  }
  try {
    await pipeline(Readable.from(reply.text), response);
  } catch (error) {
    // The caller hung up: nobody is left to tell.
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')) throw error;
  }
}
