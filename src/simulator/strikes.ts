import { z } from 'zod';

/** Which of the matching calls or deliveries a rule strikes; without any of them: all. */
export const strikeFields = {
  /** Only the n-th match, counted from 1 since the rule was set. */
  nth: z.number().int().min(1).optional(),
  /** Each n-th match. */
  every: z.number().int().min(1).optional(),
  /** 0 to 1, drawn from a generator seeded with `seed` (default 1). */
  probability: z.number().min(0).max(1).optional(),
  seed: z.number().int().optional(),
  /** At most so many strikes. */
  times: z.number().int().min(1).optional(),
} as const;

interface Counted {
  readonly nth?: number | undefined;
  readonly every?: number | undefined;
  readonly probability?: number | undefined;
  readonly seed?: number | undefined;
  readonly times?: number | undefined;
}

export interface Strikes<R> {
  readonly add: (rule: R) => void;
  readonly clear: () => void;
  /** The first rule that strikes, if any. Every rule counts what it matches. */
  readonly strike: (matches: (rule: R) => boolean) => R | undefined;
}

export function createStrikes<R extends Counted>(): Strikes<R> {
  let rules: { readonly rule: R; readonly random: () => number; matched: number; struck: number }[] = [];
  return {
    add(rule) {
      rules.push({ rule, random: createRandom(rule.seed ?? 1), matched: 0, struck: 0 });
    },
    clear() {
      rules = [];
    },
    strike(matches) {
      let struck: R | undefined;
      for (const entry of rules) {
        const { rule } = entry;
        if (!matches(rule)) continue;
        entry.matched += 1;
        const chosen =
          (rule.nth === undefined || entry.matched === rule.nth) &&
          (rule.every === undefined || entry.matched % rule.every === 0) &&
          (rule.probability === undefined || entry.random() < rule.probability) &&
          (rule.times === undefined || entry.struck < rule.times);
        if (!chosen || struck !== undefined) continue;
        entry.struck += 1;
        struck = rule;
      }
      return struck;
    },
  };
}

/** Mulberry32: a small seeded generator of numbers in [0, 1). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
