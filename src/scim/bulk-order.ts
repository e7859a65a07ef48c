import type { BulkOperation } from './bulk.ts';

export interface BulkOrder {
  /** Indexes of all operations, as they are to be done. */
  readonly order: readonly number[];
  /** Those that wait for each other in a circle, or for one that does. */
  readonly circular: ReadonlySet<number>;
}

/**
 * As they came, except that an operation waits for those that create what it refers to: then it follows the last of
 * them. Time and space are linear in operations and references.
 */
export function bulkOrder(operations: readonly BulkOperation[]): BulkOrder {
  const creators = new Map<string, number>();
  for (const [at, { bulkId, method }] of operations.entries()) {
    if (bulkId !== undefined && method === 'POST') creators.set(bulkId, at);
  }
  const followers = operations.map((): number[] => []);
  const waitsFor = operations.map(({ references }, at) => {
    const needed = [...references].flatMap((bulkId) => creators.get(bulkId) ?? []);
    for (const creator of needed) followers[creator]?.push(at);
    return needed.length;
  });

  const circular = new Set(operations.keys());
  for (const at of released(operations, followers, waitsFor, new Set())) circular.delete(at);
  return { order: [...released(operations, followers, waitsFor, circular)], circular };
}

/** Operations in request order, each with the earlier ones that waited for it; the `free` ones wait for nobody. */
function* released(
  operations: readonly BulkOperation[],
  followers: readonly (readonly number[])[],
  waitsFor: readonly number[],
  free: ReadonlySet<number>,
): Generator<number> {
  const missing = waitsFor.map((count, at) => (free.has(at) ? 0 : count));
  const isDone = operations.map(() => false);
  for (const first of operations.keys()) {
    const ready = missing[first] === 0 && isDone[first] === false ? [first] : [];
    for (const at of ready) {
      isDone[at] = true;
      yield at;
      for (const follower of followers[at] ?? []) {
        if (free.has(follower)) continue;
        missing[follower] = (missing[follower] ?? 0) - 1;
        if (missing[follower] === 0 && follower < first) ready.push(follower);
      }
    }
  }
}
