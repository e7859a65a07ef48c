import { z } from 'zod';

/**
 * What can go wrong on demand (Drift API notes 6.1). Before the call takes effect (unless `applied`): `status` (JSON error or the given
 * `body`), `html`, `empty`, `contact-401`. Before, and never answered: `cut-before`. After the call took effect: `cut-after` (no
 * answer), `cut-body` (connection cut in the middle of the body), `truncate` (a whole answer holding half the JSON),
 * `slow-first-byte`, `slow-body`, `hang` (no answer until `delayMs` or the client gives up), `duplicate` (the answer twice).
 */
const FAULT_KINDS = [
  'status',
  'html',
  'empty',
  'contact-401',
  'cut-before',
  'cut-after',
  'cut-body',
  'truncate',
  'slow-first-byte',
  'slow-body',
  'hang',
  'duplicate',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export const faultRuleSchema = z.strictObject({
  kind: z.enum(FAULT_KINDS),
  method: z.string().optional(),
  /** Path without the query; `*` stands for any characters. Absent: every path. */
  path: z.string().optional(),
  /** Only the n-th matching call, counted from 1 since the rule was set. */
  nth: z.number().int().min(1).optional(),
  /** Each n-th matching call. */
  every: z.number().int().min(1).optional(),
  /** 0 to 1, drawn from a generator seeded with `seed` (default 1). */
  probability: z.number().min(0).max(1).optional(),
  seed: z.number().int().optional(),
  /** At most so many strikes. */
  times: z.number().int().min(1).optional(),
  /** For `status` (500), `html` (502) and `empty` (503). */
  status: z.number().int().min(200).max(599).optional(),
  /** For `status`: the raw body instead of Drift's error envelope. */
  body: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** For the slow kinds (1000) and `hang` (60000). */
  delayMs: z.number().int().min(0).optional(),
  /** For `status`, `html`, `empty`: the call takes effect all the same. */
  applied: z.boolean().optional(),
});

export type FaultRule = Readonly<z.infer<typeof faultRuleSchema>>;

export interface Faults {
  readonly add: (rule: FaultRule) => void;
  readonly clear: () => void;
  /** The rule that strikes this call, if any. Every rule counts the calls it matches. */
  readonly strike: (method: string, path: string) => FaultRule | undefined;
}

export function createFaults(): Faults {
  let rules: { readonly rule: FaultRule; readonly random: () => number; matched: number; struck: number }[] = [];
  return {
    add(rule) {
      rules.push({ rule, random: createRandom(rule.seed ?? 1), matched: 0, struck: 0 });
    },
    clear() {
      rules = [];
    },
    strike(method, path) {
      let struck: FaultRule | undefined;
      for (const entry of rules) {
        const { rule } = entry;
        if (rule.method !== undefined && rule.method.toUpperCase() !== method) continue;
        if (rule.path !== undefined && !matches(rule.path, path)) continue;
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

/** Whether the fault keeps the call from taking effect. */
export function preventsEffect(rule: FaultRule): boolean {
  switch (rule.kind) {
    case 'status':
    case 'html':
    case 'empty':
      return rule.applied !== true;
    case 'contact-401':
    case 'cut-before':
      return true;
    default:
      return false;
  }
}

function matches(pattern: string, path: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (!path.startsWith(first)) return false;
  if (rest.length === 0) return path === first;
  let from = first.length;
  for (const piece of rest.slice(0, -1)) {
    const found = path.indexOf(piece, from);
    if (found < 0) return false;
    from = found + piece.length;
  }
  const last = rest.at(-1) ?? '';
  return path.length - last.length >= from && path.endsWith(last);
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
