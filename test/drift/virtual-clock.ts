import type { Clock } from '../../src/flows/ports.ts';

/** Time that jumps to the next thing that somebody waits for, as soon as nothing else is left to do. */
export interface VirtualClock extends Clock {
  /** Milliseconds since it was made. */
  ms(): number;
  /** Lets time pass until then, everything that waits in between in its order. */
  runUntil(ms: number): Promise<void>;
}

const START = Date.parse('2030-01-01T00:00:00.000Z');

export function virtualClock(): VirtualClock {
  let now = 0;
  let asked = 0;
  const waiting: { readonly at: number; readonly nth: number; readonly wake: () => void }[] = [];

  function push(at: number, wake: () => void): void {
    const entry = { at, nth: (asked += 1), wake };
    let low = 0;
    let high = waiting.length;
    // Latest first: the next one is taken from the end.
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = waiting[middle];
      if (other !== undefined && (other.at > at || (other.at === at && other.nth > entry.nth))) low = middle + 1;
      else high = middle;
    }
    waiting.splice(low, 0, entry);
  }

  return {
    now: () => new Date(START + now).toISOString(),
    sleep: (ms) => new Promise((resolve) => push(now + Math.max(0, ms), resolve)),
    ms: () => now,
    async runUntil(ms) {
      for (;;) {
        // All that follows from what woke last.
        for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
        const next = waiting.at(-1);
        if (next === undefined || next.at > ms) break;
        waiting.pop();
        now = Math.max(now, next.at);
        next.wake();
      }
      now = ms;
    },
  };
}
