import { describe, expect, it } from '@jest/globals';
import { createManagerGraph } from '../../../src/core/identity/manager-graph.ts';
import { seededRandom } from '../../support/seeded-random.ts';

function faults(rows: readonly (readonly [string, string | undefined])[]): readonly string[] {
  const graph = createManagerGraph();
  for (const [index, [key, manager]] of rows.entries()) graph.enter(key, manager, index + 1);
  return graph.faults().map(({ record, code }) => `${String(record)} ${code}`);
}

describe('managers of a file', () => {
  it.each<[string, readonly (readonly [string, string | undefined])[], readonly string[]]>([
    [
      'a tree, leaves first',
      [
        ['c', 'b'],
        ['b', 'a'],
        ['a', undefined],
      ],
      [],
    ],
    ['nobody', [['a', 'x']], ['1 manager_not_found']],
    [
      'oneself',
      [
        ['a', 'a'],
        ['b', 'a'],
      ],
      ['1 manager_self'],
    ],
    [
      'each other',
      [
        ['a', 'b'],
        ['b', 'a'],
      ],
      ['1 manager_cycle', '2 manager_cycle'],
    ],
    [
      'a tail to a cycle',
      [
        ['t', 'a'],
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'a'],
      ],
      ['2 manager_cycle', '3 manager_cycle', '4 manager_cycle'],
    ],
    [
      'of several rows the one with a manager counts',
      [
        ['a', undefined],
        ['a', 'x'],
        ['a', undefined],
      ],
      ['2 manager_not_found'],
    ],
  ])('%s', (_, rows, expected) => {
    expect(faults(rows)).toEqual(expected);
  });

  it('knows who has a row, who is known from before, and who is a stranger', () => {
    const graph = createManagerGraph();
    graph.enter('a', 'b', 1);
    expect([graph.has('a'), graph.has('b'), graph.has('c')]).toEqual([true, false, false]);
    expect(graph.strangers()).toEqual(['b']);
    graph.enter('b', 'a', 0);
    expect(graph.strangers()).toEqual([]);
    expect(graph.has('b')).toBe(false);
    expect(graph.faults()).toEqual([{ record: 1, managerKey: 'b', code: 'manager_cycle' }]);
    graph.enter('b', undefined, 2);
    expect(graph.faults()).toEqual([]);
  });

  it('finds the same as a walk from everybody', () => {
    const random = seededRandom(20_261_124);
    for (let round = 0; round < 300; round += 1) {
      const n = 1 + random.below(12);
      const managers = Array.from({ length: n }, () => (random.chance(0.2) ? undefined : random.below(n)));
      const cyclic = (id: number): boolean => {
        let at: number | undefined = managers[id];
        for (let step = 0; step < n && at !== undefined && at !== id; step += 1) at = managers[at];
        return at === id;
      };
      const expected = managers.flatMap((manager, id) => {
        if (manager === id) return [`${String(id + 1)} manager_self`];
        return cyclic(id) ? [`${String(id + 1)} manager_cycle`] : [];
      });
      expect(
        faults(managers.map((manager, id) => [String(id), manager === undefined ? undefined : String(manager)])),
      ).toEqual(expected);
    }
  });
});
