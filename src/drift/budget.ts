import type { Clock, Log } from '../flows/ports.ts';
import { createAdaptiveRate, type AdaptiveRate } from './adaptive-rate.ts';
import type { RateClass } from './operations/operation.ts';
import type { Headers } from './transport.ts';

const MINUTE = 60_000;
const MOST_PAUSE = 10 * MINUTE;
/** Without a Retry-After: the first pause, doubled with each further 429 in a row. */
const BACKOFF = 500;
/** Short enough for a removal that waits; after `PATIENT_AFTER` in a row it is no matter of moments any more. */
const LONG_BACKOFF = 4_000;
const LONGEST_BACKOFF = 30_000;
const PATIENT_AFTER = 12;
/** After a pause one call goes ahead; the others follow when it is answered, or after so long. */
const SCOUT_MS = 2_000;
/** While removals are due, other calls have this part of the budget. */
const OTHERS = 0.8;
/** Calls that may follow each other at once: what half a second brings, and in the beginning a few. */
const BURST_MS = 500;
const FIRST_BURST = 3;

/** Calls of priority `removal` overtake all others. */
export type Priority = 'removal' | 'normal';

/** The right to send one call now; it ends by exactly one of these. */
export interface Turn {
  /** An answer came that was no 429: its headers may say what is left. */
  passed(headers: Headers): void;
  /** A 429 came: nothing goes out for a while; longer with each one in a row, or as Drift says. */
  throttled(retryAfterMs: number | null): void;
  /** There was no answer. */
  lost(): void;
  /** Nothing was sent: the turn is the next one's. */
  unused(): void;
}

export interface Wish {
  /** Longest wait. */
  readonly withinMs: number;
  readonly priority: Priority;
  /** It had a turn before: it does not go to the end of the queue again. */
  readonly again?: boolean;
}

/** The budget of one rate class: who may send when. */
export interface Budget {
  /** Waits for its turn; null where that would take too long. */
  acquire(wish: Wish): Promise<Turn | null>;
}

interface Waiter {
  readonly since: number;
  readonly deadline: number;
  readonly give: (turn: Turn | null) => void;
}

/**
 * Whoever waits is served in the order of asking, removals first, at the rate that was found, and never more than the ceiling
 * in a minute. After a 429 nothing goes out for a while, and then one call ahead of the others.
 */
export function createBudget(ports: {
  readonly name: RateClass;
  readonly ceiling: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly isHeld: () => boolean;
  /** What headers say is left, if they do. */
  readonly learnHeaders: (headers: Headers) => number | null;
}): Budget {
  const { name, ceiling, clock, random, log, isHeld } = ports;
  const now = (): number => Date.parse(clock.now());
  const rate: AdaptiveRate = createAdaptiveRate(ceiling);
  const queues: Record<Priority, Waiter[]> = { removal: [], normal: [] };
  /** Instants of the calls of the last minute: whatever the rate says, there are never more than the ceiling. */
  const recent: number[] = [];
  let tokens = Math.min(FIRST_BURST, ceiling);
  /** What calls that are no removals may use of the tokens while some are kept back. */
  let others = tokens;
  let refilledAt = now();
  /** Time in which calls waited or were under way: when nobody waits for a turn that there is, nothing is learned. */
  let busyMs = 0;
  let freeAt = refilledAt;
  let pausedUntil = 0;
  let inARow = 0;
  /** How the next streak of 429s begins: after a long one there is no use in asking at once. */
  let streakFrom = 0;
  /** After a pause: one call alone first. */
  let scout: 'none' | 'due' | { readonly until: number } = 'none';
  let granted = 0;
  /** Turns up to this one were given before the last 429 came: what becomes of them is no news. */
  let throttledAt = 0;
  let wakeAt: number | null = null;
  let soonestDeadline = Number.POSITIVE_INFINITY;

  function refill(at: number): void {
    if (at < refilledAt) {
      // A clock that was set back must not hold calls for what it was set back by.
      recent.length = 0;
      pausedUntil = Math.min(pausedUntil, at);
      freeAt = Math.min(freeAt, at);
      scout = 'none';
    }
    const elapsed = Math.max(0, at - refilledAt);
    busyMs += elapsed;
    const limit = rate.perMinute(busyMs);
    const most = Math.max(1, (limit * BURST_MS) / MINUTE);
    const gain = (elapsed * limit) / MINUTE;
    // What is there already, from the beginning or given back, is not taken away.
    tokens = Math.max(Math.min(tokens, Math.max(most, FIRST_BURST)), Math.min(most, tokens + gain));
    others = isHeld() ? Math.min(Math.max(1, OTHERS * most), tokens, others + OTHERS * gain) : tokens;
    refilledAt = at;
    while (recent[0] !== undefined && recent[0] <= at - MINUTE) recent.shift();
  }

  /** Milliseconds until the next call of that priority may go out; 0 for now. */
  function waitOf(at: number, priority: Priority): number {
    if (pausedUntil > at) return pausedUntil - at;
    if (typeof scout === 'object' && scout.until > at) return scout.until - at;
    const isOther = priority === 'normal' && isHeld();
    const most = isOther ? Math.max(1, Math.floor(OTHERS * ceiling)) : ceiling;
    const oldest = recent.at(-most);
    if (oldest !== undefined && recent.length >= most) return Math.max(1, oldest + MINUTE - at);
    const [there, share] = isOther ? [others, OTHERS] : [tokens, 1];
    // A rounding error of a float must not cost a further turn.
    return there >= 1 - 1e-9 ? 0 : Math.max(1, Math.ceil(((1 - there) * MINUTE) / (share * rate.perMinute(busyMs))));
  }

  function dropExpired(at: number): void {
    if (at < soonestDeadline) return;
    soonestDeadline = Number.POSITIVE_INFINITY;
    for (const priority of ['removal', 'normal'] as const) {
      queues[priority] = queues[priority].filter((waiter) => {
        if (waiter.deadline < at) waiter.give(null);
        else soonestDeadline = Math.min(soonestDeadline, waiter.deadline);
        return waiter.deadline >= at;
      });
    }
  }

  /** Gives every turn that there is to those who wait, and comes back when there is the next. */
  function pump(): void {
    for (;;) {
      const at = now();
      dropExpired(at);
      const priority: Priority = queues.removal.length > 0 ? 'removal' : 'normal';
      const queue = queues[priority];
      const [waiter] = queue;
      if (waiter === undefined) return;
      refill(at);
      const wait = waitOf(at, priority);
      if (wait > 0 && at + wait <= waiter.deadline) {
        wakeIn(wait, at);
        return;
      }
      queue.shift();
      waiter.give(wait > 0 ? null : grant(waiter, at));
    }
  }

  function wakeIn(wait: number, at: number): void {
    const target = at + wait;
    if (wakeAt !== null && wakeAt <= target && wakeAt > at) return;
    wakeAt = target;
    const wake = (): void => {
      if (wakeAt === target) wakeAt = null;
      pump();
    };
    clock.sleep(wait).then(wake, wake);
  }

  function grant(waiter: Waiter, at: number): Turn {
    busyMs -= Math.max(0, waiter.since - Math.max(freeAt, pausedUntil));
    tokens -= 1;
    others -= 1;
    recent.push(at);
    freeAt = at + Math.max(0, ((1 - tokens) * MINUTE) / rate.perMinute(busyMs));
    if (scout === 'due') scout = { until: at + SCOUT_MS };
    granted += 1;
    const nth = granted;
    const waited = waiter.since < at;
    const settle = (): void => {
      if (nth > throttledAt && typeof scout === 'object') scout = 'none';
    };
    return {
      passed(headers) {
        if (nth > throttledAt && inARow > 0) {
          streakFrom = Math.min(3, inARow >> 1);
          inARow = 0;
        }
        refill(now());
        rate.accepted(busyMs, waited);
        const left = ports.learnHeaders(headers);
        if (left !== null) tokens = Math.min(tokens, left);
        settle();
        pump();
      },
      throttled(retryAfterMs) {
        throttled(nth, retryAfterMs);
      },
      lost() {
        settle();
        pump();
      },
      unused() {
        const index = recent.lastIndexOf(at);
        if (index >= 0) recent.splice(index, 1);
        tokens += 1;
        others += 1;
        settle();
        pump();
      },
    };
  }

  function throttled(nth: number, retryAfterMs: number | null): void {
    const at = now();
    refill(at);
    tokens = Math.min(tokens, 0);
    others = tokens;
    if (retryAfterMs !== null) pausedUntil = Math.max(pausedUntil, at + Math.min(retryAfterMs, MOST_PAUSE));
    // Sent before the last 429 came: the same news again.
    if (nth <= throttledAt) return;
    if (inARow === 0) inARow = streakFrom;
    if (retryAfterMs === null) {
      const most = inARow < PATIENT_AFTER ? LONG_BACKOFF : LONGEST_BACKOFF;
      const pause = Math.min(most, BACKOFF * 2 ** inARow) * (0.5 + random());
      pausedUntil = Math.max(pausedUntil, at + Math.ceil(pause));
    }
    inARow += 1;
    throttledAt = granted;
    scout = 'due';
    if (rate.refused(busyMs)) {
      log('warn', 'drift.slower', { class: name, perMinute: Math.round(rate.perMinute(busyMs)) });
    }
    pump();
  }

  return {
    acquire({ withinMs, priority, again = false }) {
      return new Promise((give) => {
        const since = now();
        const waiter: Waiter = { since, deadline: since + withinMs, give };
        soonestDeadline = Math.min(soonestDeadline, waiter.deadline);
        if (again) queues[priority].unshift(waiter);
        else queues[priority].push(waiter);
        pump();
      });
    },
  };
}
