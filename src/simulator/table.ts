/** One state of a record and the moment (epoch ms) from which readers without lag see it. */
export interface Version<T> {
  readonly at: number;
  readonly value: T;
}

/** By the name of an index: the keys under which a record is found. */
export type Indexes<T, K extends string> = Readonly<Record<K, (value: T) => readonly string[]>>;

/**
 * Records by id, in order of creation; none is ever taken out. Writers see the truth (`latest`, `all`, `find`), readers
 * what their lag lets them see (`seen`, `list`, `after`, `findSeen`): a version is visible to a reader with lag L when
 * `at + L <= now`.
 */
export interface Table<T, K extends string = never> {
  put(id: string, value: T, at: number): void;
  latest(id: string): T | undefined;
  all(): IterableIterator<T>;
  /** The records with this key in the index, in order of creation. */
  find(index: K, key: string): readonly T[];
  seen(id: string, lagMs: number): T | undefined;
  /** The same array again as long as nothing changes. */
  list(lagMs: number): readonly T[];
  /** Those created after the record `id`, or all when it is empty; undefined when there is no such record. */
  after(id: string, lagMs: number): IteratorObject<T> | undefined;
  findSeen(index: K, key: string, lagMs: number): readonly T[];
}

export interface TableOptions<T, K extends string> {
  readonly indexes: Indexes<T, K>;
  readonly clock: () => number;
  /** The longest lag that any reader may have now, in ms: older versions are dropped. */
  readonly longestLagMs: () => number;
  /** Records kept from before, in order of creation. */
  readonly kept: Iterable<readonly [id: string, versions: readonly Version<T>[]]>;
  /** Writes a record through. */
  readonly save: (id: string, versions: readonly Version<T>[]) => void;
}

interface Row<T> {
  readonly position: number;
  versions: readonly Version<T>[];
}

export function createTable<T, K extends string>(options: TableOptions<T, K>): Table<T, K> {
  const { indexes, clock, longestLagMs, kept, save } = options;
  const names = Object.keys(indexes).filter((name): name is K => Object.hasOwn(indexes, name));
  const rows = new Map<string, Row<T>>();
  const order: Row<T>[] = [];
  const found = new Map(names.map((name) => [name, createIndex<T>(indexes[name])]));
  let newestAt = 0;
  let listed: { readonly lagMs: number; readonly values: readonly T[] } | undefined;

  function add(id: string, versions: readonly Version<T>[]): void {
    const row: Row<T> = rows.get(id) ?? { position: order.length, versions: [] };
    if (row.position === order.length) {
      rows.set(id, row);
      order.push(row);
    }
    for (const index of found.values()) index.move(row, row.versions, versions);
    row.versions = versions;
    newestAt = Math.max(newestAt, versions.at(-1)?.at ?? 0);
    listed = undefined;
  }
  for (const [id, versions] of kept) add(id, versions);

  function candidates(name: K, key: string): readonly Row<T>[] {
    return found.get(name)?.rows(key) ?? [];
  }
  const has = (name: K, key: string, value: T | undefined): value is T =>
    value !== undefined && indexes[name](value).includes(key);

  return {
    put(id, value, at) {
      const before = rows.get(id)?.versions ?? [];
      const horizon = clock() - longestLagMs();
      const keepFrom = at <= horizon ? before.length : before.findLastIndex((old) => old.at <= horizon);
      const versions = [...before.slice(Math.max(0, keepFrom)), { at, value }];
      add(id, versions);
      save(id, versions);
    },
    latest: (id) => rows.get(id)?.versions.at(-1)?.value,
    *all() {
      for (const { versions } of order) {
        const last = versions.at(-1);
        if (last !== undefined) yield last.value;
      }
    },
    find(name, key) {
      return candidates(name, key)
        .map(({ versions }) => versions.at(-1)?.value)
        .filter((value) => has(name, key, value));
    },
    seen(id, lagMs) {
      const row = rows.get(id);
      return row === undefined ? undefined : visible(row, lagMs, clock());
    },
    list(lagMs) {
      if (listed?.lagMs === lagMs) return listed.values;
      const now = clock();
      const values = order.map((row) => visible(row, lagMs, now)).filter((value) => value !== undefined);
      // What is not visible yet will be without anybody writing.
      if (newestAt + lagMs <= now) listed = { lagMs, values };
      return values;
    },
    after(id, lagMs) {
      const from = id === '' ? 0 : rows.get(id)?.position;
      return from === undefined ? undefined : visibleFrom(order, id === '' ? 0 : from + 1, lagMs, clock());
    },
    findSeen(name, key, lagMs) {
      const now = clock();
      return candidates(name, key)
        .map((row) => visible(row, lagMs, now))
        .filter((value) => has(name, key, value));
    },
  };
}

function visible<T>({ versions }: Row<T>, lagMs: number, now: number): T | undefined {
  const last = versions.at(-1);
  if (last !== undefined && last.at + lagMs <= now) return last.value;
  return versions.findLast((version) => version.at + lagMs <= now)?.value;
}

function* visibleFrom<T>(order: readonly Row<T>[], from: number, lagMs: number, now: number): Generator<T> {
  for (let position = from; position < order.length; position += 1) {
    const row = order[position];
    const value = row && visible(row, lagMs, now);
    if (value !== undefined) yield value;
  }
}

/** Makes something of a list once, and gives it again for the same list. */
export function once<T, R>(make: (list: readonly T[]) => R): (list: readonly T[]) => R {
  const made = new WeakMap<readonly T[], { readonly result: R }>();
  return (list) => {
    const there = made.get(list) ?? { result: make(list) };
    made.set(list, there);
    return there.result;
  };
}

/** Rows by key. A row is found under the keys of all its versions: readers with a lag still see the old ones. */
function createIndex<T>(keysOf: (value: T) => readonly string[]) {
  const byKey = new Map<string, Row<T> | Row<T>[]>();
  const keysOfAll = (versions: readonly Version<T>[]): readonly string[] => {
    const keys = versions.flatMap(({ value }) => keysOf(value));
    return keys.length > 1 ? [...new Set(keys)] : keys;
  };

  function put(key: string, row: Row<T>): void {
    const there = byKey.get(key);
    // Most keys are of one row, and an array for each of 100,000 is memory.
    if (there === undefined) {
      byKey.set(key, row);
      return;
    }
    const all = Array.isArray(there) ? there : [there];
    const isLast = (all.at(-1)?.position ?? -1) < row.position;
    all.push(row);
    if (!isLast) all.sort((one, other) => one.position - other.position);
    byKey.set(key, all);
  }

  function remove(key: string, row: Row<T>): void {
    const there = byKey.get(key);
    const rest = Array.isArray(there) ? there.filter((one) => one !== row) : [];
    if (rest.length === 0) byKey.delete(key);
    else byKey.set(key, rest);
  }

  return {
    rows(key: string): readonly Row<T>[] {
      const there = byKey.get(key);
      if (there === undefined) return [];
      return Array.isArray(there) ? there : [there];
    },
    move(row: Row<T>, before: readonly Version<T>[], after: readonly Version<T>[]): void {
      const old = keysOfAll(before);
      const now = keysOfAll(after);
      for (const key of old) if (!now.includes(key)) remove(key, row);
      for (const key of now) if (!old.includes(key)) put(key, row);
    },
  };
}
