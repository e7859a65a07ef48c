/** How often each status was settled on; `cut` stands for calls that were cut before they were handled. */
type Statuses = Readonly<Record<string, number>>;

/** What the journal would tell if it were counted, at the cost of a few numbers. */
export interface Counts {
  readonly calls: Statuses;
  /** By method and pattern of the route, `GET /scim/Users/:id`; calls of no route under `none`. */
  readonly routes: Readonly<Record<string, Statuses>>;
  /** By the second in which they came, oldest first, seconds without calls left out. */
  readonly seconds: readonly { readonly second: number; readonly calls: Statuses }[];
  /** Calls that a fault struck, by its kind. */
  readonly faults: Statuses;
}

export interface Counter {
  readonly count: (call: {
    /** Epoch milliseconds. */
    readonly at: number;
    readonly route: string;
    readonly status: number | null;
    readonly faulted: string | undefined;
  }) => void;
  readonly counts: () => Counts;
  readonly clear: () => void;
}

const MOST_SECONDS = 3600;

/** Counts since the start or the last `clear`; of the seconds only the last 3,600 that saw a call are kept. */
export function createCounter(): Counter {
  const calls = new Map<string, number>();
  const faults = new Map<string, number>();
  const routes = new Map<string, Map<string, number>>();
  const seconds = new Map<number, Map<string, number>>();

  return {
    count({ at, route, status, faulted }) {
      const name = status === null ? 'cut' : String(status);
      const second = Math.floor(at / 1000);
      increase(calls, name);
      increase(within(routes, route), name);
      increase(within(seconds, second), name);
      if (faulted !== undefined) increase(faults, faulted);
      const oldest = seconds.keys().next();
      if (seconds.size > MOST_SECONDS && oldest.done !== true) seconds.delete(oldest.value);
    },
    counts: () => ({
      calls: Object.fromEntries(calls),
      routes: Object.fromEntries([...routes].map(([route, statuses]) => [route, Object.fromEntries(statuses)])),
      seconds: Array.from(seconds, ([second, statuses]) => ({ second, calls: Object.fromEntries(statuses) })),
      faults: Object.fromEntries(faults),
    }),
    clear() {
      for (const one of [calls, faults, routes, seconds]) one.clear();
    },
  };
}

function increase(counted: Map<string, number>, name: string): void {
  counted.set(name, (counted.get(name) ?? 0) + 1);
}

function within<K>(groups: Map<K, Map<string, number>>, key: K): Map<string, number> {
  const there = groups.get(key);
  if (there !== undefined) return there;
  const added = new Map<string, number>();
  groups.set(key, added);
  return added;
}
