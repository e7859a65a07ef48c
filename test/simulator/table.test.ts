import { describe, expect, it } from '@jest/globals';

import { createRandom } from '../../src/simulator/strikes.ts';
import { createTable, once } from '../../src/simulator/table.ts';

interface Row {
  readonly id: string;
  readonly keys: readonly string[];
  readonly n: number;
}

describe('a table of the simulator', () => {
  it('finds by key, lists and walks what a plain search over all versions finds, at every lag', () => {
    for (const seed of [1, 2, 3]) {
      const random = createRandom(seed);
      const some = (most: number): number => Math.floor(random() * most);
      let now = 1000;
      const lags = [0, 10, 40];
      const saved = new Map<string, readonly { readonly at: number; readonly value: Row }[]>();
      const options = {
        indexes: { key: (row: Row) => row.keys },
        clock: () => now,
        longestLagMs: () => 40,
        save: (id: string, versions: readonly { readonly at: number; readonly value: Row }[]) =>
          void saved.set(id, versions),
      };
      const table = createTable<Row, 'key'>({ ...options, kept: [] });
      // Every version there ever was, by id in order of creation: the slow and simple model.
      const all = new Map<string, { readonly at: number; readonly value: Row }[]>();
      const seenBy = (versions: readonly { readonly at: number; readonly value: Row }[], lag: number) =>
        versions.findLast(({ at }) => at + lag <= now)?.value;
      for (let step = 0; step < 600; step += 1) {
        now += some(12);
        const id = String(some(25));
        const value = { id, keys: Array.from({ length: some(3) }, () => `k${some(6)}`), n: step };
        // Some become visible later, as an erasure does.
        const at = some(10) === 0 ? now + 15 : Math.max(now, all.get(id)?.at(-1)?.at ?? 0);
        if (at >= (all.get(id)?.at(-1)?.at ?? 0)) {
          table.put(id, value, at);
          all.set(id, [...(all.get(id) ?? []), { at, value }]);
        }
        const restored = step % 100 === 0 ? createTable<Row, 'key'>({ ...options, kept: saved }) : table;
        const key = `k${some(6)}`;
        const truths = [...all.values()].flatMap((versions) => versions.at(-1)?.value ?? []);
        expect(restored.find('key', key)).toEqual(truths.filter(({ keys }) => keys.includes(key)));
        expect([...restored.all()]).toEqual(truths);
        for (const lag of lags) {
          const seen = [...all.values()].flatMap((versions) => seenBy(versions, lag) ?? []);
          expect(restored.list(lag)).toEqual(seen);
          expect(restored.findSeen('key', key, lag)).toEqual(seen.filter(({ keys }) => keys.includes(key)));
          expect(restored.seen(id, lag)).toEqual(seenBy(all.get(id) ?? [], lag));
          const later = [...all.keys()].slice([...all.keys()].indexOf(id) + 1);
          expect([...(restored.after(id, lag) ?? [])]).toEqual(seen.filter((row) => later.includes(row.id)));
        }
      }
    }
  });

  it('gives the same list until it changes, and knows no record that is not there', () => {
    let now = 1000;
    const table = createTable<Row, never>({
      indexes: {},
      clock: () => now,
      longestLagMs: () => 5,
      kept: [],
      save: () => undefined,
    });
    table.put('a', { id: 'a', keys: [], n: 1 }, now);
    const halves = once((rows: readonly Row[]) => rows.map(({ n }) => n / 2));
    const list = table.list(0);
    expect(table.list(0)).toBe(list);
    expect(halves(table.list(0))).toBe(halves(list));
    expect(table.list(5)).toEqual([]);
    now += 5;
    expect(table.list(5)).toHaveLength(1);
    table.put('b', { id: 'b', keys: [], n: 2 }, now);
    expect(table.list(0)).toHaveLength(2);
    expect(halves(table.list(0))).toEqual([0.5, 1]);
    expect(table.after('c', 0)).toBeUndefined();
    expect([...(table.after('', 0) ?? [])]).toHaveLength(2);
  });
});
