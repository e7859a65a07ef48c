/** Calls per minute that are always tried: one in ten seconds. */
const FLOOR = 6;
/** A client that knows nothing starts with two calls a second, or a tenth of its ceiling. */
const FIRST = 120;
/** Of the rate at which the first refusal came: it was too high by then, or had been for a while. */
const FIRST_CUT = 0.55;
/** After each decrease the rate goes up from here to the known limit. */
const BACK = 0.92;
/** A decrease needs so many milliseconds and accepted calls since the one before: fewer tell nothing about a rate. */
const WINDOW = 5_000;
const FEWEST = 3;
/** Growth per accepted call where the limit is not known, or was higher not long ago. */
const BRISK = 1.1;
/**
 * How long the way back to the known limit takes. The first ways are short; each time the limit is met again the next one is
 * twice as long, up to so many calls.
 */
const SHORT = 5_000;
const PATIENT = { leastMs: 11_000, mostMs: 120_000, calls: 55 };
/** While a limit dropped not long ago, the old one is tried again at least so often, for so long. */
const HOPE = { everyMs: 12_000, forMs: 600_000 };
/** Ways after which growth is free: of a limit that dropped or is hardly known, and of one that was confirmed. */
const FREE = { soon: 1.15, late: 1.5 };
/** So long a limit is remembered that was believed in. */
const BELIEVED_MS = 60_000;

/** How fast calls may follow each other, in calls per minute, found by what is accepted and what is refused. */
export interface AdaptiveRate {
  perMinute(at: number): number;
  /** `waited`: the call had to wait for its turn, so that the rate is what held it back. */
  accepted(at: number, waited: boolean): void;
  /** A 429. True where the rate went down for it. */
  refused(at: number): boolean;
}

/**
 * Additive increase, multiplicative decrease, with a memory. All that a client can see of a hidden limit is what passes:
 * between two refusals exactly what the limit lets through was accepted, whether it is a leaky bucket, a fixed or a sliding
 * window. That goodput is the known limit. After a refusal the rate goes to just below it and slowly up to it; when nothing
 * is refused beyond it for a while, the limit must have moved, and the rate grows ever faster. Where a limit dropped, what it
 * was is tried again soon. Times are milliseconds in which there was something to send.
 */
export function createAdaptiveRate(ceiling: number): AdaptiveRate {
  let limit = Math.min(ceiling, Math.max(FIRST, ceiling / 10));
  /** The known limit; null until the first refusal. */
  let known: number | null = null;
  /** It was found too low: by how much is not known. */
  let isUnsure = true;
  let patience = SHORT;
  /** What the limit was before it dropped. */
  let former: { readonly limit: number; readonly until: number; readonly patience: number } | null = null;
  /** Limits that were believed in of late. */
  let beliefs: { readonly at: number; readonly limit: number }[] = [];
  /** Of the last decrease, and the calls accepted after it. */
  let since = 0;
  let accepted = 0;
  /** When the first of them was accepted: the way back begins there. */
  let growsFrom = 0;
  /** When calls were accepted in the last minute. */
  const passed: number[] = [];

  /** Where nothing is known for sure: growth is tried soon, and then it is brisk. */
  const isHopeful = (): boolean => former !== null || isUnsure;

  /** 0 at the last decrease, 1 at the known limit. */
  const wayAt = (at: number): number => Math.max(0, at - growsFrom) / (former?.patience ?? patience);

  function follow(at: number): void {
    if (former !== null && at > former.until) former = null;
    const way = wayAt(at);
    if (known === null || accepted === 0 || (isHopeful() && way > FREE.soon)) return;
    const beyond = Math.max(0, way - FREE.late) ** 3;
    limit = Math.min(ceiling, Math.max(limit, known * (BACK + (1 - BACK) * (way + beyond))));
  }

  /** Calls of the last minute: what a limit that has just dropped was before. */
  function longRun(at: number): number {
    while (passed[0] !== undefined && passed[0] <= at - 60_000) passed.shift();
    return (passed.length * 60_000) / Math.max(1, Math.min(60_000, at));
  }

  /** The limit as the calls since the last decrease show it. */
  function measured(at: number): number {
    const goodput = (accepted * 60_000) / (at - since);
    // Far apart: a bucket had to be filled first. Near each other: the truth is between them.
    return limit > 1.25 * goodput ? Math.max(goodput, limit / 5) : (goodput + limit) / 2;
  }

  /** The highest that was believed not long ago: a drop is rarely seen in one step. */
  function highest(at: number): number {
    beliefs = beliefs.filter((belief) => belief.at > at - BELIEVED_MS || belief === beliefs.at(-1));
    return Math.max(0, ...beliefs.map((belief) => belief.limit));
  }

  function learn(at: number, found: number): void {
    isUnsure = known === null || found > 1.25 * known;
    const before = highest(at);
    if (found < 0.5 * before) {
      former = { limit: Math.max(before, former?.limit ?? 0), until: at + HOPE.forMs, patience: SHORT };
    } else if (former !== null && found > 0.8 * former.limit) {
      former = null;
    } else if (former !== null) {
      former = { ...former, patience: Math.min(HOPE.everyMs, former.patience * 2) };
    } else {
      const most = Math.min(PATIENT.mostMs, Math.max(PATIENT.leastMs, (PATIENT.calls * 60_000) / found));
      patience = Math.min(most, patience * 2);
    }
    believe(at, found);
    beliefs.push({ at, limit: Math.min(found, 1.05 * longRun(at)) });
  }

  function believe(at: number, found: number): void {
    known = found;
    since = at;
    growsFrom = at;
    accepted = 0;
  }

  return {
    perMinute(at) {
      follow(at);
      return limit;
    },
    accepted(at, waited) {
      if (accepted === 0) growsFrom = at;
      accepted += 1;
      passed.push(at);
      longRun(at);
      follow(at);
      const isFree = known === null || (isHopeful() && wayAt(at) > FREE.soon);
      if (!waited || !isFree) return;
      limit = Math.min(ceiling, limit * BRISK);
      if (former === null || limit < BACK * former.limit) return;
      // Back where it was before the drop: from here on as slowly as towards any known limit.
      believe(at, former.limit);
      beliefs.push({ at, limit: former.limit });
      former = null;
    },
    refused(at) {
      follow(at);
      if (known !== null && (at - since < WINDOW || accepted < FEWEST)) return false;
      // The first refusal says little: the calls before it went out too slowly, or filled a bucket.
      learn(at, known === null ? FIRST_CUT * limit : measured(at));
      limit = Math.max(Math.min(FLOOR, ceiling), BACK * (known ?? limit));
      return true;
    },
  };
}
