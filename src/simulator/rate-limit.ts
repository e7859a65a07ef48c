import { createRandom } from './strikes.ts';

export interface RateLimit {
  /** Takes one call of this token in; `left` is what the bucket still holds. */
  take(token: string, now: number): { readonly allowed: boolean; readonly left: number };
}

/**
 * A leaky bucket per token: each call fills it by one, it drains at a constant rate, a full bucket refuses (Drift API notes 1.6).
 * Rate and size may change at any time.
 */
export function createRateLimit(
  settings: () => { readonly ratePerMinute: number; readonly rateBurst: number | null },
): RateLimit {
  const buckets = new Map<string, { level: number; at: number }>();
  return {
    take(token, now) {
      const { ratePerMinute, rateBurst } = settings();
      if (ratePerMinute === 0) return { allowed: true, left: Number.MAX_SAFE_INTEGER };
      const size = rateBurst ?? ratePerMinute;
      const bucket = buckets.get(token) ?? { level: 0, at: now };
      // A bucket that was made smaller in between is full, no more than that.
      const drained = Math.max(0, Math.min(bucket.level, size) - ((now - bucket.at) * ratePerMinute) / 60_000);
      const allowed = drained + 1 <= size;
      const level = allowed ? drained + 1 : drained;
      buckets.set(token, { level, at: now });
      return { allowed, left: Math.floor(size - level) };
    },
  };
}

/** The header that says what is left: as set, or drawn from a seed, since nobody knows the real one. Null: none. */
export function rateHeaderName(settings: {
  readonly rateHeader: string | null;
  readonly rateHeaderSeed: number | null;
}): string | null {
  const { rateHeader, rateHeaderSeed } = settings;
  if (rateHeader === null || rateHeaderSeed === null) return rateHeader;
  const random = createRandom(rateHeaderSeed);
  const pick = (words: readonly string[]): string => words[Math.floor(random() * words.length)] ?? '';
  const subject = pick(['ratelimit', 'rate-limit', 'quota', 'calls', 'pail']);
  return `${pick(['x-', 'x-drift-', 'x-api-', ''])}${subject}-${pick(['remaining', 'left', 'available', 'rest'])}`;
}
