import { DomainError } from '../core/errors.ts';
import type { DeprovisionPermit } from '../flows/drift-port.ts';
import type { Clock, Log } from '../flows/ports.ts';
import { decodeAnswer, type Answer } from './answer.ts';
import type { BearerKind, DriftCredentials } from './credentials.ts';
import { judge, type Outgoing } from './firewall.ts';
import type { RateClass } from './operations/operation.ts';
import type { Pacer } from './pacing.ts';
import type { Transport } from './transport.ts';

/** Asked right before a SCIM user is deleted: approved, unexpired, leased with this fence, preconditions re-read. */
export interface Permits {
  deprovision(proof: DeprovisionPermit & { readonly accountId: string }): Promise<boolean>;
}

export interface Prepared extends Outgoing {
  /** Name of the operation, for the log. */
  readonly name: string;
  readonly kind: BearerKind;
  /** Changes nothing: it may be asked again. */
  readonly read: boolean;
  readonly rate: RateClass;
  readonly cap: number;
  readonly permit: DeprovisionPermit | undefined;
  /** What the body text was made of. */
  readonly sent: unknown;
}

export type Settled = Exclude<Answer, { kind: 'throttled' }>;

export interface Sender {
  /** Sends one call through firewall, pacing and retries. Throws DomainError `drift.firewall`. */
  send(call: Prepared): Promise<Settled>;
  credential(kind: BearerKind): Promise<'good' | 'dead'>;
  takeCallCount(): number;
}

const READ_TRIES = 4;
const THROTTLED_TRIES = 8;
const BACKOFF = 200;
const LONGEST_BACKOFF = 5_000;
/** A confirmation is worth no long wait. */
const CONFIRM_WITHIN_MS = 10_000;
/** So long a confirmed good bearer is not confirmed again. */
const CONFIRMED_MS = 30_000;

const UNSENT: Settled = {
  kind: 'refused',
  status: 429,
  code: 'rate_limit',
  detail: 'The call had no turn in time; nothing was sent.',
};

const DEAD: Settled = {
  kind: 'refused',
  status: 401,
  code: 'credential_dead',
  detail: 'Drift has refused the credential for good; nothing is sent until there is another one.',
};

export function createSender(ports: {
  readonly transport: Transport;
  readonly pacer: Pacer;
  readonly credentials: DriftCredentials;
  readonly permits: Permits;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Longest wait of a read for its turn. */
  readonly readWithinMs: number;
  /**
   * A write leaves within this time after it was asked for, or not at all: an intent that is older may have been read back
   * and repeated by somebody else.
   */
  readonly writeWithinMs: number;
  /** A harmless call that only a good bearer of that kind gets through. */
  readonly proof: (kind: BearerKind, bearer: string) => Promise<Prepared>;
}): Sender {
  const { transport, pacer, credentials, permits, clock, random, log } = ports;
  const dead = new Set<string>();
  const confirmedAt = new Map<string, number>();
  const confirming = new Map<string, Promise<'good' | 'dead' | 'renewed'>>();
  let calls = 0;
  const now = (): number => Date.parse(clock.now());

  const backoff = (tries: number): number =>
    Math.ceil(Math.min(LONGEST_BACKOFF, BACKOFF * 2 ** (tries - 1)) * (0.5 + random()));

  function refuse(call: Prepared, reason: string): never {
    // The log takes words without blanks; the sentence is in the error.
    const code = reason.replaceAll(/\W+/g, '_');
    log('error', 'drift.firewall', { operation: call.name, method: call.method, reason: code });
    throw new DomainError('drift.firewall', `The call ${call.name} was stopped before Drift: ${reason}.`);
  }

  /** Throws unless the call may go out now; a delete needs its proof again before each try. */
  async function admit(call: Prepared): Promise<void> {
    const verdict = judge(call);
    if (verdict.kind === 'pass') return;
    if (verdict.kind === 'refused') return refuse(call, verdict.reason);
    const { permit } = call;
    if (permit === undefined) return refuse(call, 'an agent is removed by an approved change only');
    let granted: unknown;
    try {
      granted = await permits.deprovision({ ...permit, accountId: verdict.accountId });
    } catch {
      granted = false;
    }
    if (granted !== true) refuse(call, 'the change is not approved, not leased, or not what it was');
  }

  async function once(call: Prepared, bearer: string): Promise<Answer> {
    const { method, path, query, body, cap } = call;
    const target = query === '' ? path : `${path}?${query}`;
    calls += 1;
    const exchange = await transport.send({ method, target, bearer, body, cap });
    const answer = decodeAnswer(exchange, call.sent, now());
    if (exchange.kind === 'answer' && answer.kind !== 'throttled') pacer.passed(call.rate, exchange.headers);
    log('debug', 'drift.call', {
      operation: call.name,
      method,
      status: exchange.kind === 'answer' ? exchange.status : 0,
      outcome: answer.kind === 'refused' || answer.kind === 'lost' ? answer.code : answer.kind,
    });
    return answer;
  }

  /**
   * A refusal of the bearer is not believed at once: 401 CONTACT-2 speaks of one contact, 403 of a scope as often as of the
   * token, so a harmless call has to confirm it (Drift API notes 1.5, 3 "auth failure status").
   */
  async function confirm(kind: BearerKind, bearer: string): Promise<'good' | 'dead' | 'renewed'> {
    if (now() - (confirmedAt.get(bearer) ?? -CONFIRMED_MS) < CONFIRMED_MS) return 'good';
    const call = await ports.proof(kind, bearer);
    await admit(call);
    if (!(await pacer.acquire(call.rate, CONFIRM_WITHIN_MS))) return 'good';
    const answer = await once(call, bearer);
    const refusal = answer.kind === 'refused' ? answer : null;
    if (refusal === null || !speaksOfBearer(refusal)) {
      if (answer.kind === 'ok' || refusal !== null) confirmedAt.set(bearer, now());
      return 'good';
    }
    if (await credentials.refused(kind)) return 'renewed';
    dead.add(bearer);
    log('error', 'drift.credential_dead', { kind, status: refusal.status });
    return 'dead';
  }

  /** However many calls are refused at once, one confirmation answers for all. */
  function confirmOnce(kind: BearerKind, bearer: string): Promise<'good' | 'dead' | 'renewed'> {
    const asked = confirming.get(bearer) ?? confirm(kind, bearer).finally(() => confirming.delete(bearer));
    confirming.set(bearer, asked);
    return asked;
  }

  async function send(call: Prepared): Promise<Settled> {
    let reads = 0;
    let throttled = 0;
    let renewed = false;
    const since = now();
    const withinMs = call.read ? ports.readWithinMs : ports.writeWithinMs;
    for (;;) {
      const verdict = judge(call);
      if (verdict.kind === 'refused') refuse(call, verdict.reason);
      const bearer = await credentials.bearer(call.kind);
      if (dead.has(bearer)) return DEAD;
      if (!(await pacer.acquire(call.rate, since + withinMs - now()))) return UNSENT;
      await admit(call);
      if (!call.read && now() - since > withinMs) return UNSENT;
      const answer = await once(call, bearer);
      switch (answer.kind) {
        case 'ok':
          return answer;
        case 'throttled':
          // The one answer after which a write is sent again: the limit stands before the door, nothing was applied
          // (Drift API notes 1.6). After anything else a write is read back, never repeated.
          throttled += 1;
          pacer.throttled(call.rate, answer.retryAfterMs);
          if (throttled < THROTTLED_TRIES) continue;
          return { kind: 'refused', status: 429, code: 'rate_limit', detail: answer.detail };
        case 'lost':
          reads += 1;
          if (!call.read || !answer.transient || reads >= READ_TRIES) return answer;
          await clock.sleep(backoff(reads));
          continue;
        case 'refused': {
          if (!mayMeanBearer(answer)) return answer;
          const state = await confirmOnce(call.kind, bearer);
          if (state === 'dead') return DEAD;
          if (state === 'good' || !call.read || renewed) return answer;
          renewed = true;
        }
      }
    }
  }

  return {
    send,
    credential: async (kind) => (dead.has(await credentials.bearer(kind)) ? 'dead' : 'good'),
    takeCallCount() {
      const taken = calls;
      calls = 0;
      return taken;
    },
  };
}

type Refusal = Extract<Answer, { kind: 'refused' }>;

const mayMeanBearer = ({ status, code }: Refusal): boolean =>
  !code.startsWith('contact_') && (status === 401 || (status === 403 && code === 'authentication_error'));

/** Said of the call that any good bearer gets through: 401, or a 403 that calls the token itself bad. */
const speaksOfBearer = (refusal: Refusal): boolean =>
  refusal.status === 401 || (mayMeanBearer(refusal) && /invalid|expired|revoked/i.test(refusal.detail));
