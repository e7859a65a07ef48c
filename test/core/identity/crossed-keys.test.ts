import { describe, expect, it } from '@jest/globals';
import { crossedKeys, renamedKey } from '../../../src/core/identity/crossed-keys.ts';
import type { HrRecord } from '../../../src/core/identity/hr-record.ts';

function record(personKey: string, given: string, family: string, more: Partial<HrRecord> = {}): HrRecord {
  return { personKey, workerType: 'employee', status: 'active', given, family, start: '2020-01-15', ...more };
}

/** What became of keys: before -> now. */
function crossed(pairs: readonly (readonly [HrRecord, HrRecord])[]): readonly string[] {
  const renamed = pairs.flatMap(([before, now]) => renamedKey(before, now) ?? []);
  return crossedKeys(renamed).map(({ key, kind }) => `${key} ${kind}`);
}

const ann = record('1', 'Ann', 'Lee');
const bob = record('2', 'Bob', 'Ray');

describe('a key', () => {
  it.each<[string, HrRecord, HrRecord, readonly string[]]>([
    ['as it was', ann, ann, []],
    ['with another spelling', ann, record('1', 'ANN', 'Lée'), []],
    ['with the parts exchanged', ann, record('1', 'Lee', 'Ann'), []],
    ['after a marriage', ann, record('1', 'Ann', 'Ray', { start: '2026-01-01' }), []],
    ['after another first name', ann, record('1', 'Alex', 'Lee', { start: '2026-01-01' }), []],
    ['with a new name and the old hire date', ann, record('1', 'Bob', 'Ray'), []],
    ['with a new name and a new hire date', ann, record('1', 'Bob', 'Ray', { start: '2026-01-01' }), ['1 recycled']],
    [
      'with a new name, a new hire date and the old address',
      { ...ann, workEmail: 'a@example.com' },
      record('1', 'Bob', 'Ray', { start: '2026-01-01', workEmail: 'A@example.com' }),
      [],
    ],
    ['that nobody had a name for', { personKey: '1', workerType: 'employee', status: 'active' }, bob, []],
  ])('%s', (_, before, now, expected) => {
    expect(crossed([[before, now]])).toEqual(expected);
  });

  it('exchanged with another is crossed, also within a family, and also three in a row', () => {
    const tim = record('3', 'Tim', 'Lee');
    expect(
      crossed([
        [ann, { ...bob, personKey: '1' }],
        [bob, { ...ann, personKey: '2' }],
      ]),
    ).toEqual(['1 swapped', '2 swapped']);
    expect(
      crossed([
        [ann, { ...tim, personKey: '1' }],
        [tim, { ...ann, personKey: '3' }],
      ]),
    ).toEqual(['1 swapped', '3 swapped']);
    const moved = [
      [ann, { ...bob, personKey: '1' }],
      [bob, { ...tim, personKey: '2' }],
      [tim, { ...ann, personKey: '3' }],
    ] as const;
    expect(crossed(moved)).toHaveLength(3);
  });

  it('that takes the name of one that kept it is somebody of the same name', () => {
    expect(
      crossed([
        [ann, record('1', 'Ann', 'Ray')],
        [bob, bob],
      ]),
    ).toEqual([]);
  });
});
