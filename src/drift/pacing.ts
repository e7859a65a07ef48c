import type { Clock, Log } from '../flows/ports.ts';
import { headerOf } from './answer.ts';
import type { RateClass } from './operations/operation.ts';
import type { Headers } from './transport.ts';

const MINUTE = 60_000;
/** After a 429 the limit is halved at most once in so long, and raised by a step for each such time without one. */
const WINDOW = 10_000;
/** Calls per minute that are always tried: 0.1 a second. */
const FLOOR = 6;
/** Drift publishes 60 a minute for reports (Drift API notes 1.6); a little less, since its minute is not ours. */
const REPORTS = 54;
const MOST_PAUSE = 10 * MINUTE;
/** Without a Retry-After: the first pause, doubled with each further 429 in a row. */
const BACKOFF = 500;
const LONGEST_BACKOFF = 30_000;

export interface Pacer {
  /** Waits for its turn. False where that would take longer than `withinMs`. */
  acquire(rate: RateClass, withinMs: number): Promise<boolean>;
  /** A 429 came: slower from now on, and nothing at all for a while; longer with each one in a row, or as Drift says. */
  throttled(rate: RateClass, retryAfterMs: number | null): void;
  /** Any other answer: its headers may say what is left. */
  passed(rate: RateClass, headers: Headers): void;
}

interface Bucket {
  readonly ceiling: number;
  /** Learned limit per minute, between floor and ceiling. */
  limit: number;
  /** The limit that was too much last time: near it, steps are small. */
  tooMuch: number;
  inARow: number;
  tokens: number;
  refilledAt: number;
  changedAt: number;
  halvedAt: number;
  pausedUntil: number;
  /** Instants of the calls of the last minute: whatever the bucket says, there are never more than the ceiling. */
  readonly recent: number[];
  queue: Promise<unknown>;
}

/**
 * A token bucket per rate class under a configured ceiling that no minute exceeds. Nobody knows Drift's real limits, so the
 * rate adapts: halved on 429, raised step by step (additive increase, multiplicative decrease).
 */
export function createPacer(ports: {
  readonly ratePerMinute: number;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
}): Pacer {
  const { clock, log, random } = ports;
  const now = (): number => Date.parse(clock.now());
  const bucket = (ceiling: number): Bucket => ({
    ceiling,
    limit: ceiling,
    tooMuch: Number.POSITIVE_INFINITY,
    inARow: 0,
    tokens: burst(ceiling),
    refilledAt: now(),
    changedAt: now(),
    halvedAt: Number.NEGATIVE_INFINITY,
    pausedUntil: 0,
    recent: [],
    queue: Promise.resolve(),
  });
  const buckets: Readonly<Record<RateClass, Bucket>> = {
    standard: bucket(ports.ratePerMinute),
    reports: bucket(Math.min(ports.ratePerMinute, REPORTS)),
  };
  const headersSeen = new Set<string>();

  async function take(own: Bucket, since: number, withinMs: number): Promise<boolean> {
    for (;;) {
      const at = now();
      refill(own, at);
      const wait = waitOf(own, at);
      if (wait === 0) {
        own.tokens -= 1;
        own.recent.push(at);
        return true;
      }
      if (at - since + wait > withinMs) return false;
      await clock.sleep(wait);
    }
  }

  return {
    acquire(rate, withinMs) {
      const own = buckets[rate];
      // One after the other, in the order of asking.
      const since = now();
      const turn = own.queue.then(() => take(own, since, withinMs));
      own.queue = turn.catch(() => undefined);
      return turn;
    },
    throttled(rate, retryAfterMs) {
      const own = buckets[rate];
      const at = now();
      refill(own, at);
      const pause = retryAfterMs ?? Math.min(LONGEST_BACKOFF, BACKOFF * 2 ** own.inARow) * (0.5 + random());
      own.inARow += 1;
      own.pausedUntil = Math.max(own.pausedUntil, at + Math.min(pause, MOST_PAUSE));
      own.tokens = Math.min(own.tokens, 0);
      if (at - own.halvedAt < WINDOW) return;
      own.tooMuch = own.limit;
      own.limit = Math.max(Math.min(FLOOR, own.ceiling), own.limit / 2);
      own.changedAt = at;
      own.halvedAt = at;
      log('warn', 'drift.slower', { class: rate, perMinute: Math.round(own.limit) });
    },
    passed(rate, headers) {
      const own = buckets[rate];
      own.inARow = 0;
      for (const name of Object.keys(headers)) {
        if (!/rate-?limit/i.test(name)) continue;
        const value = headerOf(headers, name) ?? '';
        if (!headersSeen.has(name) && headersSeen.size < 20) {
          headersSeen.add(name);
          // Their names are not documented anywhere (Drift API notes 1.6): the first sight is worth a line.
          log('info', 'drift.rate_header', { code: name.slice(0, 60), outcome: value.slice(0, 20) });
        }
        if (/remaining/i.test(name) && /^\d{1,9}$/.test(value)) own.tokens = Math.min(own.tokens, Number(value));
      }
    },
  };
}

/** So many calls may follow each other at once. */
const burst = (limit: number): number => Math.max(1, Math.floor(limit / 3));

function refill(own: Bucket, at: number): void {
  for (; own.limit < own.ceiling && at - own.changedAt >= WINDOW; own.changedAt += WINDOW) {
    const step = own.limit < 0.8 * own.tooMuch ? own.ceiling / 20 : own.ceiling / 200;
    own.limit = Math.min(own.ceiling, own.limit + step);
  }
  // A clock that was set back must not hold calls for what it was set back by.
  if (at < own.refilledAt) own.recent.length = 0;
  const elapsed = Math.max(0, at - own.refilledAt);
  own.tokens = Math.min(burst(own.limit), own.tokens + (elapsed * own.limit) / MINUTE);
  own.refilledAt = at;
  while (own.recent[0] !== undefined && own.recent[0] <= at - MINUTE) own.recent.shift();
}

/** Milliseconds until the next call may go out; 0 for now. */
function waitOf(own: Bucket, at: number): number {
  if (own.pausedUntil > at) return own.pausedUntil - at;
  const [oldest] = own.recent;
  if (oldest !== undefined && own.recent.length >= own.ceiling) return Math.max(1, oldest + MINUTE - at);
  // A rounding error of a float must not cost a further turn.
  return own.tokens >= 1 - 1e-9 ? 0 : Math.max(1, Math.ceil(((1 - own.tokens) * MINUTE) / own.limit));
}
