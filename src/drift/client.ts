import { z } from 'zod';
import { DomainError } from '../core/errors.ts';
import type { DeprovisionPermit, Effect } from '../flows/drift-port.ts';
import type { Clock, Log } from '../flows/ports.ts';
import { headerOf } from './answer.ts';
import { tokenCredentials, type BearerKind, type DriftCredentials } from './credentials.ts';
import { letters } from './firewall-body.ts';
import { writeJson } from './lossless-json.ts';
import { tokenInfo } from './operations/app.ts';
import type { Method, Operation } from './operations/operation.ts';
import { listScimUsers } from './operations/scim.ts';
import { createPacer } from './pacing.ts';
import { createScimPath, type ScimService } from './scim-path.ts';
import { createSender, type Permits, type Prepared } from './sender.ts';
import { checkedBase, createTransport, type Timeouts } from './transport.ts';

export type DriftClientOptions = {
  readonly baseUrl: string;
  /** `auto`, or the path that the organisation's SCIM has: from the setting, or remembered from an earlier `auto`. */
  readonly scimPath: string;
  /** Told once what `auto` found. */
  readonly rememberScimPath?: (path: string) => Promise<void>;
  /** Ceiling of the calls in any minute. */
  readonly ratePerMinute: number;
  readonly permits: Permits;
  readonly log: Log;
  readonly clock: Clock;
  /** In [0, 1): for the jitter of backoffs. */
  readonly random: () => number;
  readonly timeouts?: Partial<Timeouts>;
  /** Longest wait of a read for its turn, retries included; default two minutes. */
  readonly readWithinMs?: number;
  /** A write leaves within this time or not at all; default 30 s. It must fit into the settle window with the timeout. */
  readonly writeWithinMs?: number;
} & ({ readonly token: string; readonly scimToken?: string } | { readonly credentials: DriftCredentials });

/** `nextLink`: what a `Link: <…>; rel="next"` header names. */
export type Called<T> =
  | { readonly kind: 'ok'; readonly value: T; readonly nextLink: string | null }
  | Exclude<Effect<T>, { readonly kind: 'ok' }>;

export interface CallInput<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly params?: z.input<P>;
  readonly query?: z.input<Q>;
  readonly body?: z.input<B>;
  /** Needed by the one irreversible operation. */
  readonly permit?: DeprovisionPermit;
}

export interface DriftClient {
  /**
   * One row of the table. Throws DomainError `request.invalid` for input that does not fit the row, `drift.firewall` for a
   * call that must not go out, `drift.unreachable` where the SCIM path or a bearer cannot be had; nothing was sent then.
   */
  call<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType>(
    operation: Operation<P, Q, B, A>,
    input?: CallInput<P, Q, B>,
  ): Promise<Called<z.output<A>>>;
  /** Any other path under the base URL, behind the same firewall. */
  request(
    method: Method,
    path: string,
    input?: { readonly query?: unknown; readonly body?: unknown },
  ): Promise<Called<unknown>>;
  /** What the bearer is: also what confirms that it is alive. */
  tokenInfo(): Promise<Called<z.output<typeof tokenInfo.answer>>>;
  scim(): Promise<ScimService>;
  /** `dead`: confirmed; no call goes out any more. */
  credential(kind: BearerKind): Promise<'good' | 'dead'>;
  /** HTTP calls sent since the counter was last taken, retries included. */
  takeCallCount(): number;
  close(): Promise<void>;
}

const MEGABYTE = 1024 * 1024;
const CAP = { list: 10 * MEGABYTE, one: MEGABYTE };

export function createDriftClient(options: DriftClientOptions): DriftClient {
  const { clock, log, random, permits } = options;
  const credentials =
    'credentials' in options ? options.credentials : tokenCredentials(options.token, options.scimToken);
  const transport = createTransport(checkedBase(options.baseUrl), {
    connectMs: options.timeouts?.connectMs ?? 3_000,
    totalMs: options.timeouts?.totalMs ?? 15_000,
  });
  const pacer = createPacer({
    ratePerMinute: options.ratePerMinute,
    clock,
    random,
    log,
  });
  const sender = createSender({
    transport,
    pacer,
    credentials,
    permits,
    clock,
    random,
    log,
    readWithinMs: options.readWithinMs ?? 120_000,
    writeWithinMs: options.writeWithinMs ?? 30_000,
    proof,
  });
  const scimPath = createScimPath({
    setting: options.scimPath,
    probe,
    remember: options.rememberScimPath ?? (async () => undefined),
  });

  function prepare(row: Operation, input: CallInput<z.ZodType, z.ZodType, z.ZodType>, scim: string | null): Prepared {
    const params = checked(row, 'params', row.params, input.params ?? {});
    const query = checked(row, 'query', row.query, input.query ?? {});
    const body = checked(row, 'body', row.body, input.body);
    const path = row.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(wordOf(params, name)));
    return {
      name: row.name,
      kind: row.api,
      method: row.method,
      path: row.api === 'scim' ? `${scim ?? ''}${path}` : path,
      query: queryText(query),
      body: bodyText(row.name, body),
      sent: body,
      scimPath: scim,
      read: row.reversibility === 'read',
      rate: row.rate,
      cap: row.pager === null ? CAP.one : CAP.list,
      permit: input.permit,
    };
  }

  /** The call that only a good bearer gets through: its own description, or for a SCIM bearer of its own, one SCIM user. */
  async function proof(kind: BearerKind, bearer: string): Promise<Prepared> {
    const ofScim = kind === 'scim' && bearer !== (await credentials.bearer('rest'));
    const call = ofScim
      ? prepare(listScimUsers, { query: { count: 1 } }, scimPath.known() ?? '/scim')
      : prepare(tokenInfo, { body: { access_token: bearer } }, scimPath.known());
    return { ...call, kind };
  }

  async function probe(path: string): Promise<boolean> {
    const answer = await settle(listScimUsers, prepare(listScimUsers, { query: { count: 1 } }, path));
    if (answer.kind === 'ok') return true;
    const elsewhere =
      answer.kind === 'refused' && answer.code !== 'credential_dead' && [403, 404].includes(answer.status);
    // A page for everything that is not there answers 200 as well, but with no list of users.
    if (elsewhere || (answer.kind === 'unknown' && /^answer_(shape|unreadable)$/.test(answer.code))) return false;
    throw new DomainError('drift.unreachable', `It cannot be told where Drift's SCIM is (${answer.code}).`);
  }

  async function settle<A extends z.ZodType>(
    row: Pick<Operation, 'answer'> & { answer: A },
    call: Prepared,
  ): Promise<Called<z.output<A>>> {
    const answer = await sender.send(call);
    if (answer.kind === 'refused') return answer;
    if (answer.kind === 'lost') return { kind: 'unknown', code: answer.code, detail: answer.detail };
    const parsed = row.answer.safeParse(answer.value);
    if (parsed.success)
      return { kind: 'ok', value: parsed.data, nextLink: nextLinkOf(headerOf(answer.headers, 'link')) };
    const [issue] = parsed.error.issues;
    const where = issue?.path.map(String).join('.') ?? '';
    log('warn', 'drift.answer_shape', { operation: call.name, status: answer.status, at: where });
    return { kind: 'unknown', code: 'answer_shape', detail: `The answer has not the known shape (at "${where}").` };
  }

  return {
    async call(row, input = {}) {
      const scim = row.api === 'scim' ? await scimPath.resolve() : scimPath.known();
      return settle(row, prepare(row, input, scim));
    },
    async request(method, path, input = {}) {
      const scim = letters(path).includes('scim') && method !== 'GET' ? await scimPath.resolve() : scimPath.known();
      return settle(
        { answer: z.unknown() },
        {
          name: 'request',
          kind: letters(path.split('/', 2)[1] ?? '') === 'scim' ? 'scim' : 'rest',
          method,
          path,
          query: queryText(input.query ?? {}),
          body: bodyText('request', input.body),
          sent: input.body,
          scimPath: scim,
          read: method === 'GET',
          rate: path.startsWith('/reports/') ? 'reports' : 'standard',
          cap: CAP.list,
          permit: undefined,
        },
      );
    },
    async tokenInfo() {
      const bearer = await credentials.bearer('rest');
      return settle(tokenInfo, prepare(tokenInfo, { body: { access_token: bearer } }, scimPath.known()));
    },
    scim: () => scimPath.service(),
    credential: (kind) => sender.credential(kind),
    takeCallCount: () => sender.takeCallCount(),
    close: () => transport.close(),
  };
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
      else if (typeof one === 'number' || typeof one === 'bigint' || typeof one === 'boolean')
        search.append(name, `${one}`);
      else if (one !== undefined)
        throw new DomainError('request.invalid', 'A query holds texts, numbers and lists of them.');
    }
  }
  return search.toString();
}

function bodyText(name: string, body: unknown): string | undefined {
  if (body === undefined) return undefined;
  try {
    return writeJson(body);
  } catch {
    throw new DomainError('request.invalid', `The body of ${name} cannot be written as JSON.`);
  }
}

function nextLinkOf(header: string | undefined): string | null {
  return /<([^<>]*)>\s*;[^,]*\brel\s*=\s*["']?next["']?/i.exec(header ?? '')?.[1] ?? null;
}
