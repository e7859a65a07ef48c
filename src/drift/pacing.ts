import type { Clock, Log } from '../flows/ports.ts';
import { headerOf } from './answer.ts';
import { createBudget, type Budget, type Turn, type Wish } from './budget.ts';
import type { RateClass } from './operations/operation.ts';
import type { Headers } from './transport.ts';

/** Drift publishes 60 a minute for reports (Drift API notes 1.6); a little less, since its minute is not ours. */
const REPORTS = 54;

export interface Pacer {
  /** Waits for its turn; null where that would take too long. */
  acquire(rate: RateClass, wish: Wish): Promise<Turn | null>;
  /** Until the release is called, a part of each budget is kept for removals. */
  holdForRemoval(): () => void;
}

/**
 * One budget per rate class under a configured ceiling that no minute exceeds. Nobody knows Drift's real limits
 * (Drift API notes 1.6), so the rate under it adapts. Whoever waits is served in the order of asking, removals first.
 */
export function createPacer(ports: {
  readonly ratePerMinute: number;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
}): Pacer {
  const { ratePerMinute, log } = ports;
  let holds = 0;
  const headersSeen = new Set<string>();
  const shared = { ...ports, isHeld: () => holds > 0, learnHeaders };
  const budgets: Readonly<Record<RateClass, Budget>> = {
    standard: createBudget({ ...shared, name: 'standard', ceiling: ratePerMinute }),
    reports: createBudget({ ...shared, name: 'reports', ceiling: Math.min(ratePerMinute, REPORTS) }),
  };

  /** What a header says is left, if one does. Their names are not documented: the first sight of each is worth a line. */
  function learnHeaders(headers: Headers): number | null {
    let left: number | null = null;
    for (const name of Object.keys(headers)) {
      if (!/rate-?limit|remaining/i.test(name)) continue;
      const value = headerOf(headers, name) ?? '';
      if (!headersSeen.has(name) && headersSeen.size < 20) {
        headersSeen.add(name);
        const shown = /^[\d\s.,;:=w-]{1,20}$/.test(value) ? value : 'text';
        log('info', 'drift.rate_header', { code: name.slice(0, 60), outcome: shown });
      }
      if (/remaining/i.test(name) && /^\d{1,9}$/.test(value)) left = Math.min(left ?? Infinity, Number(value));
    }
    return left;
  }

  return {
    acquire: (rate, wish) => budgets[rate].acquire(wish),
    holdForRemoval() {
      holds += 1;
      let held = true;
      return () => {
        if (held) holds -= 1;
        held = false;
      };
    },
  };
}
