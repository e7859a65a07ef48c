import type { Turn } from '../../src/drift/budget.ts';
import { createPacer } from '../../src/drift/pacing.ts';
import type { Log } from '../../src/flows/ports.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { virtualClock } from './virtual-clock.ts';

/** A limit as a server might have it; nobody tells the client. `perMinute` is its size, which may change. */
export interface Limiter {
  take(at: number, perMinute: number): boolean;
  /** What it lets through at the most of such a limit, in calls per minute: a window counts whole calls. */
  most(perMinute: number): number;
}

/** Each call fills it by one, it drains steadily, a full one refuses. */
export function leaky(burst: number): Limiter {
  let level = 0;
  let last = 0;
  return {
    most: (perMinute) => perMinute,
    take(at, perMinute) {
      level = Math.max(0, level - ((at - last) * perMinute) / 60_000);
      last = at;
      if (level + 1 > burst) return false;
      level += 1;
      return true;
    },
  };
}

/** So many in each window, which begins at a time of its own. */
export function fixedWindow(windowMs: number, phaseMs: number): Limiter {
  let window = -1;
  let count = 0;
  return {
    most: (perMinute) => wholeCalls(perMinute, windowMs),
    take(at, perMinute) {
      const current = Math.floor((at + phaseMs) / windowMs);
      if (current !== window) count = 0;
      window = current;
      if (count + 1 > (perMinute * windowMs) / 60_000) return false;
      count += 1;
      return true;
    },
  };
}

/** So many in any window. */
export function slidingWindow(windowMs: number): Limiter {
  const taken: number[] = [];
  return {
    most: (perMinute) => wholeCalls(perMinute, windowMs),
    take(at, perMinute) {
      while (taken[0] !== undefined && taken[0] <= at - windowMs) taken.shift();
      if (taken.length + 1 > (perMinute * windowMs) / 60_000) return false;
      taken.push(at);
      return true;
    },
  };
}

const wholeCalls = (perMinute: number, windowMs: number): number =>
  (Math.floor((perMinute * windowMs) / 60_000) * 60_000) / windowMs;

export interface Met {
  readonly taken: readonly number[];
  readonly refused: readonly number[];
  /** When each call went out. */
  readonly sent: readonly number[];
}

/**
 * A client that always has something to send meets a hidden limit: `callers` at once, each with its latency, in virtual
 * time. A refused call is sent again.
 */
export async function meet(world: {
  readonly limiter: Limiter;
  /** The hidden limit at that time, in calls per minute. */
  readonly hidden: (at: number) => number;
  readonly ceiling: number;
  readonly until: number;
  readonly seed: number;
  readonly callers?: number;
  readonly log?: Log;
}): Promise<Met> {
  const { limiter, hidden, ceiling, until, callers = 25 } = world;
  const clock = virtualClock();
  const chance = seededRandom(world.seed);
  const random = (): number => chance.next();
  const pacer = createPacer({ ratePerMinute: ceiling, clock, random, log: world.log ?? (() => undefined) });
  const taken: number[] = [];
  const refused: number[] = [];
  const sent: number[] = [];

  const turn = async (again: boolean): Promise<Turn | null> =>
    pacer.acquire('standard', { withinMs: Number.POSITIVE_INFINITY, priority: 'normal', again });

  async function caller(): Promise<void> {
    for (let again = false; clock.ms() < until;) {
      const mine = await turn(again);
      if (mine === null) throw new Error('no turn');
      sent.push(clock.ms());
      const latency = 20 + random() * 60;
      await clock.sleep(latency / 2);
      again = !limiter.take(clock.ms(), hidden(clock.ms()));
      (again ? refused : taken).push(clock.ms());
      await clock.sleep(latency / 2);
      if (again) mine.throttled(null);
      else mine.passed({});
    }
  }

  for (let n = 0; n < callers; n += 1) void caller();
  await clock.runUntil(until);
  return { taken, refused, sent };
}

export const within = (times: readonly number[], from: number, to: number): number =>
  times.filter((at) => at >= from && at < to).length;

/** Part of the hidden limit that was used in that time. */
export function used({ taken }: Met, perMinute: number, from: number, to: number): number {
  return within(taken, from, to) / ((perMinute * (to - from)) / 60_000);
}

/**
 * Milliseconds from a change of the limit until a stretch begins in which 85 % of the limit are used and hardly anything is
 * refused; Infinity where there is none.
 */
export function recoveredAfter(met: Met, perMinute: number, from: number, to: number, stretch = 20_000): number {
  for (let at = from; at + stretch <= to; at += 500) {
    const most = Math.max(2, 0.1 * within(met.taken, at, at + stretch));
    if (used(met, perMinute, at, at + stretch) >= 0.85 && within(met.refused, at, at + stretch) <= most)
      return at - from;
  }
  return Number.POSITIVE_INFINITY;
}
