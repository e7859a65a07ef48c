import type { Clock } from '../flows/ports.ts';

let last = -1;
let text = '';

export const systemClock: Clock = {
  /** Asked several times a request, and many requests fall into one millisecond. */
  now: () => {
    const instant = Date.now();
    if (instant !== last) {
      last = instant;
      text = new Date(instant).toISOString();
    }
    return text;
  },
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)).unref()),
};
