import type { SimulatorSettings } from './settings.ts';

export interface RateLimit {
  /** Takes one call of this token in; `left` is what the bucket still holds. */
  take(token: string, now: number): { readonly allowed: boolean; readonly left: number };
}

/** A leaky bucket per token: each call fills it by one, it drains at a constant rate, a full bucket refuses (Drift API notes 1.6). */
export function createRateLimit(settings: () => SimulatorSettings): RateLimit {
  const buckets = new Map<string, { level: number; at: number }>();
  return {
    take(token, now) {
      const { ratePerMinute, rateBurst } = settings();
      if (ratePerMinute === 0) return { allowed: true, left: Number.MAX_SAFE_INTEGER };
      const size = rateBurst ?? ratePerMinute;
      const bucket = buckets.get(token) ?? { level: 0, at: now };
      const drained = Math.max(0, bucket.level - ((now - bucket.at) * ratePerMinute) / 60_000);
      const allowed = drained + 1 <= size;
      const level = allowed ? drained + 1 : drained;
      buckets.set(token, { level, at: now });
      return { allowed, left: Math.floor(size - level) };
    },
  };
}
