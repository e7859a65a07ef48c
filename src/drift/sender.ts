import { DomainError } from '../core/errors.ts';
import type { DeprovisionPermit } from '../flows/drift-port.ts';
import type { Clock, Log } from '../flows/ports.ts';
import { decodeAnswer, type Answer } from './answer.ts';
import type { Prepared } from './call-form.ts';
import type { Circuit } from './circuit.ts';
import { concealed } from './concealment.ts';
import type { BearerKind, DriftCredentials } from './credentials.ts';
import { judge } from './firewall.ts';
import type { Priority, Turn } from './budget.ts';
import type { Pacer } from './pacing.ts';
import { isWithin } from './recently.ts';
import type { Transport } from './transport.ts';

/** Asked right before what nothing takes back: approved, unexpired, leased with this fence, preconditions re-read. */
export interface Permits {
  deprovision(proof: DeprovisionPermit & { readonly accountId: string }): Promise<boolean>;
  /** The e-mail is of no agent, too. */
  erase(proof: DeprovisionPermit & { readonly email: string }): Promise<boolean>;
}

/** On whose account calls go out. */
export interface Caller {
  readonly priority: Priority;
  /** One call was sent. */
  count(): void;
}

type Settled = Exclude<Answer, { kind: 'throttled' }>;

export interface Sender {
  /**
   * Sends one call through firewall, circuit, pacing and retries. Throws DomainError `drift.firewall`, and
   * `drift.unreachable` for a read while the circuit is open or no bearer can be had; nothing was sent then.
   */
  send(call: Prepared, caller: Caller): Promise<Settled>;
  credential(kind: BearerKind): Promise<'good' | 'dead'>;
}

const READ_TRIES = 4;
const THROTTLED_TRIES = 20;
const BACKOFF = 200;
const LONGEST_BACKOFF = 5_000;
/** A confirmation is worth no long wait. */
const CONFIRM_WITHIN_MS = 10_000;
/** So long a confirmed good bearer is not confirmed again. */
const CONFIRMED_MS = 30_000;

type Unapplied = Extract<Settled, { kind: 'refused' }>;
const unapplied = (status: number, code: string, detail: string): Unapplied => ({
  kind: 'refused',
  status,
  code,
  detail,
});
const LATE = unapplied(429, 'rate_limit', 'The call had no turn in time; nothing was sent.');
const SHUT = unapplied(503, 'circuit_open', 'Drift has not answered for a while; nothing was sent.');
/** Sent, and not applied: the bearer had ended, and there is another one by now. */
const RENEWED = unapplied(
  401,
  'credential_renewed',
  'Drift has refused the bearer, which was renewed; nothing was applied.',
);
export const DEAD = unapplied(
  401,
  'credential_dead',
  'Drift has refused the credential for good; nothing is sent until there is another one.',
);

export function createSender(ports: {
  readonly transport: Transport;
  readonly pacer: Pacer;
  readonly circuit: Circuit;
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
  const { transport, pacer, circuit, credentials, permits, clock, random, log } = ports;
  const dead = new Set<string>();
  const confirmedAt = new Map<string, number>();
  const confirming = new Map<string, Promise<'good' | 'dead' | 'renewed'>>();
  const now = (): number => Date.parse(clock.now());

  const backoff = (tries: number): number =>
    Math.ceil(Math.min(LONGEST_BACKOFF, BACKOFF * 2 ** (tries - 1)) * (0.5 + random()));

  function refuse(call: Prepared, reason: string): never {
    // The log takes words without blanks; the sentence is in the error.
    const code = reason.replaceAll(/\W+/g, '_');
    log('error', 'drift.firewall', { operation: call.name, method: call.method, reason: code });
    throw new DomainError('drift.firewall', `The call ${call.name} was stopped before Drift: ${reason}.`);
  }

  /** Throws unless the call may go out now; what nothing takes back needs its proof again before each try. */
  async function admit(call: Prepared): Promise<void> {
    const verdict = judge(call);
    if (verdict.kind === 'pass') return;
    if (verdict.kind === 'refused') return refuse(call, verdict.reason);
    const { permit } = call;
    const what = verdict.kind === 'needs_permit' ? 'an agent is removed' : 'an erasure is made';
    if (permit === undefined) return refuse(call, `${what} by an approved change only`);
    let granted: unknown;
    try {
      granted = await (verdict.kind === 'needs_permit'
        ? permits.deprovision({ ...permit, accountId: verdict.accountId })
        : permits.erase({ ...permit, email: verdict.email }));
    } catch {
      granted = false;
    }
    if (granted !== true) refuse(call, 'the change is not approved, not leased, or not what it was');
  }

  /** Null: it is dead. */
  async function bearerOf(kind: BearerKind): Promise<string | null> {
    try {
      const bearer = await credentials.bearer(kind);
      return dead.has(bearer) ? null : bearer;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'drift.credential_dead') return null;
      throw error;
    }
  }

  /** Uses the turn up. */
  async function once(call: Prepared, bearer: string, turn: Turn, caller: Caller): Promise<Answer> {
    const { method, path, query, body, cap, answerAs, sent } = call;
    const target = query === '' ? path : `${path}?${query}`;
    const { conceal } = credentials;
    const exchange = concealed(await transport.send({ method, target, bearer, body, cap, answerAs }), conceal);
    caller.count();
    const answer = decodeAnswer(exchange, { sent, answerAs, conceal, nowMs: now() });
    if (answer.kind === 'throttled') turn.throttled(answer.retryAfterMs);
    else if (exchange.kind === 'answer') turn.passed(exchange.headers);
    else turn.lost();
    // A contact's own CONTACT-5 is a 500 that says more of the contact than of Drift (Drift API notes 1.5).
    const isLoss = exchange.kind === 'lost' ? exchange.code !== 'answer_too_large' : exchange.status >= 500;
    if (isLoss && !(answer.kind === 'lost' && answer.code.startsWith('contact_'))) circuit.lost();
    else circuit.answered();
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
  async function confirm(kind: BearerKind, bearer: string, caller: Caller): Promise<'good' | 'dead' | 'renewed'> {
    if (isWithin(CONFIRMED_MS, confirmedAt.get(bearer) ?? Number.NEGATIVE_INFINITY, now())) return 'good';
    const call = await ports.proof(kind, bearer);
    await admit(call);
    // Before all others: until it is known, they may all be sent in vain.
    const turn = await pacer.acquire(call.rate, { withinMs: CONFIRM_WITHIN_MS, priority: 'removal', again: true });
    if (turn === null) return 'good';
    const answer = await once(call, bearer, turn, caller);
    const refusal = answer.kind === 'refused' ? answer : null;
    if (refusal === null || !speaksOfBearer(refusal)) {
      if (answer.kind === 'ok' || refusal !== null) confirmedAt.set(bearer, now());
      return 'good';
    }
    if (await credentials.refused(kind, bearer)) return 'renewed';
    dead.add(bearer);
    log('error', 'drift.credential_dead', { kind, status: refusal.status });
    return 'dead';
  }

  /** However many calls are refused at once, one confirmation answers for all. */
  function confirmOnce(kind: BearerKind, bearer: string, caller: Caller): Promise<'good' | 'dead' | 'renewed'> {
    const asked = confirming.get(bearer) ?? confirm(kind, bearer, caller).finally(() => confirming.delete(bearer));
    confirming.set(bearer, asked);
    return asked;
  }

  function shut(call: Prepared): Settled {
    if (!call.read) return SHUT;
    throw new DomainError('drift.unreachable', 'Drift has not answered for a while; it is asked again shortly.');
  }

  /** What came of one turn; `again`: the turn went to something else. */
  type Attempt = { readonly answer: Answer; readonly bearer: string } | 'again';

  /** While the call waited, the bearer may have died, the circuit opened, the permit ended: all is looked at again. */
  async function attempt(call: Prepared, turn: Turn, latestMs: number, caller: Caller): Promise<Attempt> {
    let isUsed = false;
    let isProbe = false;
    const over = (answer: Settled): Attempt => ({ answer, bearer: '' });
    try {
      const bearer = await bearerOf(call.kind);
      if (bearer === null) return over(DEAD);
      const state = circuit.enter();
      if (state === 'open') return over(shut(call));
      isProbe = state === 'probe';
      // Whether the circuit may close is found out by a read; a write has one sent ahead.
      const ahead = isProbe && !call.read ? await ports.proof(call.kind, bearer) : null;
      await admit(ahead ?? call);
      if (!call.read && now() > latestMs) return over(LATE);
      const answer = await once(ahead ?? call, bearer, turn, caller);
      isUsed = true;
      return ahead === null ? { answer, bearer } : 'again';
    } finally {
      if (!isUsed) turn.unused();
      if (!isUsed && isProbe) circuit.unused();
    }
  }

  async function send(call: Prepared, caller: Caller): Promise<Settled> {
    let reads = 0;
    let throttled = 0;
    let renewed = false;
    const latestMs = now() + (call.read ? ports.readWithinMs : ports.writeWithinMs);
    for (let again = false; ; again = true) {
      const verdict = judge(call);
      if (verdict.kind === 'refused') refuse(call, verdict.reason);
      if ((await bearerOf(call.kind)) === null) return DEAD;
      if (circuit.isResting()) return shut(call);
      const turn = await pacer.acquire(call.rate, { withinMs: latestMs - now(), priority: caller.priority, again });
      if (turn === null) return LATE;
      const tried = await attempt(call, turn, latestMs, caller);
      if (tried === 'again') continue;
      const { answer, bearer } = tried;
      switch (answer.kind) {
        case 'ok':
          return answer;
        case 'throttled':
          // The one answer after which a write is sent again: the limit stands before the door, nothing was applied
          // (Drift API notes 1.6). After anything else a write is read back, never repeated.
          throttled += 1;
          if (throttled < THROTTLED_TRIES) continue;
          return { kind: 'refused', status: 429, code: 'rate_limit', detail: answer.detail };
        case 'lost':
          reads += 1;
          if (!call.read || !answer.transient || reads >= READ_TRIES) return answer;
          await clock.sleep(backoff(reads));
          continue;
        case 'refused': {
          if (bearer === '' || !mayMeanBearer(answer)) return answer;
          const state = await confirmOnce(call.kind, bearer, caller);
          if (state === 'dead') return DEAD;
          if (state === 'good') return answer;
          if (!call.read) return RENEWED;
          if (renewed) return answer;
          renewed = true;
        }
      }
    }
  }

  return {
    send,
    credential: async (kind) => ((await bearerOf(kind)) === null ? 'dead' : 'good'),
  };
}

type Refusal = Extract<Answer, { kind: 'refused' }>;

const mayMeanBearer = ({ status, code }: Refusal): boolean =>
  !code.startsWith('contact_') && (status === 401 || (status === 403 && code === 'authentication_error'));

/** Said of the call that any good bearer gets through: 401, or a 403 that calls the token itself bad. */
const speaksOfBearer = (refusal: Refusal): boolean =>
  refusal.status === 401 || (mayMeanBearer(refusal) && /invalid|expired|revoked/i.test(refusal.detail));
