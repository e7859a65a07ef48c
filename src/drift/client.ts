import { z } from 'zod';
import { DomainError } from '../core/errors.ts';
import type { Effect } from '../flows/drift-port.ts';
import type { Clock, Log } from '../flows/ports.ts';
import { headerOf } from './answer.ts';
import { freeCall, nextLinkOf, rowCall, type CallInput, type Prepared } from './call-form.ts';
import { createCircuit } from './circuit.ts';
import { tokenCredentials, type BearerKind, type DriftCredentials } from './credentials.ts';
import { letters } from './firewall-words.ts';
import { tokenInfo } from './operations/app.ts';
import type { Method, Operation } from './operations/operation.ts';
import { listScimUsers } from './operations/scim.ts';
import type { Priority } from './budget.ts';
import { createPacer } from './pacing.ts';
import { createScimPath, type ScimPath, type ScimService } from './scim-path.ts';
import { createSender, DEAD, type Caller, type Permits } from './sender.ts';
import { checkedBase, createTransport, type Timeouts } from './transport.ts';

export type DriftClientOptions = {
  readonly baseUrl: string;
  /** `auto`, or the path that the organisation's SCIM has. */
  readonly scimPath: string;
  /** What `auto` found before. */
  readonly rememberedScimPath?: string;
  /** Told what `auto` found. */
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

export interface DriftClient {
  /**
   * One row of the table. Throws DomainError `request.invalid` for input that does not fit the row, `drift.firewall` for a
   * call that must not go out, `drift.unreachable` where the SCIM path or a bearer cannot be had, and for reads while Drift
   * does not answer at all; nothing was sent then. A refusal with the code `rate_limit`, `credential_dead` or `circuit_open`
   * was not sent either.
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
  /** `again`: asked anew, wherever it may be. */
  scim(options?: { readonly again?: boolean }): Promise<ScimService>;
  /** `dead`: confirmed; no call goes out any more. */
  credential(kind: BearerKind): Promise<'good' | 'dead'>;
  /** HTTP calls sent by this client since the counter was last taken, retries included; those of sessions are theirs. */
  takeCallCount(): number;
  /**
   * The same client with a call counter of its own, and a SCIM path that does not change meanwhile. Calls of priority
   * `removal` overtake all that wait. There is one budget for all; closing a session closes nothing.
   */
  session(options?: { readonly priority?: Priority }): DriftClient;
  /** Until the release is called, 20 % of the budget is kept for calls of priority `removal`. */
  holdForRemoval(): () => void;
  close(): Promise<void>;
}

export function createDriftClient(options: DriftClientOptions): DriftClient {
  const { clock, log, random, permits } = options;
  const credentials =
    'credentials' in options ? options.credentials : tokenCredentials(options.token, options.scimToken);
  const transport = createTransport(checkedBase(options.baseUrl), {
    connectMs: options.timeouts?.connectMs ?? 3_000,
    totalMs: options.timeouts?.totalMs ?? 15_000,
  });
  const pacer = createPacer({ ratePerMinute: options.ratePerMinute, clock, random, log });
  const sender = createSender({
    transport,
    pacer,
    circuit: createCircuit({ clock, random, log }),
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
    remembered: options.rememberedScimPath,
    probe,
    remember: options.rememberScimPath ?? (async () => undefined),
  });
  /** Who pays for the probes of the SCIM path: whoever asked first. */
  let asker: Caller | null = null;

  async function asking<T>(caller: Caller, ask: () => Promise<T>): Promise<T> {
    if (asker !== null) return ask();
    asker = caller;
    try {
      return await ask();
    } finally {
      asker = null;
    }
  }

  /** The call that only a good bearer gets through: its own description, or for a SCIM bearer of its own, one SCIM user. */
  async function proof(kind: BearerKind, bearer: string): Promise<Prepared> {
    const ofScim = kind === 'scim' && bearer !== (await credentials.bearer('rest').catch(() => null));
    const call = ofScim
      ? rowCall(listScimUsers, { query: { count: 1 } }, scimPath.known() ?? '/scim')
      : rowCall(tokenInfo, { body: { access_token: bearer } }, scimPath.known());
    return { ...call, kind };
  }

  async function probe(path: string): Promise<boolean> {
    const answer = await settle(listScimUsers, rowCall(listScimUsers, { query: { count: 1 } }, path), asker ?? root);
    if (answer.kind === 'ok') return true;
    const elsewhere =
      answer.kind === 'refused' && answer.code !== 'credential_dead' && [403, 404].includes(answer.status);
    // A page for everything that is not there answers 200 as well, but with no list of users.
    if (elsewhere || (answer.kind === 'unknown' && /^answer_(shape|unreadable)$/.test(answer.code))) return false;
    throw new DomainError('drift.unreachable', `It cannot be told where Drift's SCIM is (${answer.code}).`);
  }

  async function settle<A extends z.ZodType>(
    row: { readonly answer: A },
    call: Prepared,
    caller: Caller,
  ): Promise<Called<z.output<A>>> {
    const answer = await sender.send(call, caller);
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

  function clientFor({ caller, takeCount }: Counted, path: ScimPath, close: () => Promise<void>): DriftClient {
    const resolved = (): Promise<string> => asking(caller, () => path.resolve());
    return {
      async call(row, input = {}) {
        const scim = row.api === 'scim' ? await resolved() : path.known();
        return settle(row, rowCall(row, input, scim), caller);
      },
      async request(method, target, input = {}) {
        const scim = letters(target).includes('scim') && method !== 'GET' ? await resolved() : path.known();
        return settle({ answer: z.unknown() }, freeCall(method, target, input, scim), caller);
      },
      async tokenInfo() {
        if ((await sender.credential('rest')) === 'dead') return DEAD;
        const bearer = await credentials.bearer('rest');
        return settle(tokenInfo, rowCall(tokenInfo, { body: { access_token: bearer } }, path.known()), caller);
      },
      scim: ({ again = false } = {}) => asking(caller, () => (again ? path.again() : path.service())),
      credential: (kind) => sender.credential(kind),
      takeCallCount: takeCount,
      session: ({ priority = 'normal' } = {}) => clientFor(counted(priority), scimPath.pinned(), async () => undefined),
      holdForRemoval: () => pacer.holdForRemoval(),
      close,
    };
  }

  const own = counted('normal');
  const root = own.caller;
  return clientFor(own, scimPath, () => transport.close());
}

interface Counted {
  readonly caller: Caller;
  readonly takeCount: () => number;
}

function counted(priority: Priority): Counted {
  let calls = 0;
  return {
    caller: {
      priority,
      count: () => {
        calls += 1;
      },
    },
    takeCount() {
      const taken = calls;
      calls = 0;
      return taken;
    },
  };
}
