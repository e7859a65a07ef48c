import { describe, expect, it } from '@jest/globals';
import { type FileFacts, evaluateFile } from '../../../src/core/reconcile/file-gates.ts';
import { policy } from '../builders.ts';

function file(over: Partial<FileFacts> & { readonly rows?: number; readonly bad?: number } = {}): FileFacts {
  const { rows = 60, bad = 0, ...rest } = over;
  return {
    mode: 'full',
    policy: policy(),
    counts: { read: rows, accepted: rows - bad, warned: 0, quarantined: bad, rejected: 0 },
    active: rows - bad,
    recentSizes: [],
    present: 0,
    missing: [],
    unknownStatus: 0,
    doubts: [],
    ...rest,
  };
}

const keys = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `E${String(n)}`);
const codes = (facts: FileFacts): readonly string[] => evaluateFile(facts).map(({ code }) => code);

describe('gates of a file', () => {
  it.each<[string, FileFacts, readonly string[]]>([
    ['a good first file', file(), []],
    ['no rows', file({ rows: 0 }), ['empty_source']],
    ['no rows, narrower mode', file({ rows: 0, mode: 'delta' }), ['empty_source']],
    ['nobody active', file({ active: 0 }), ['empty_source']],
    ['leavers only, narrower mode', file({ active: 0, mode: 'upsert' }), []],
    ['not whole', file({ doubts: ['The trailer says 61 rows.'] }), ['incomplete_file']],
    ['5 % bad', file({ rows: 100, bad: 5 }), []],
    ['over 5 % bad', file({ rows: 100, bad: 6 }), ['bad_rows']],
    ['one bad row of a few', file({ rows: 4, bad: 1 }), []],
    ['two bad rows of a few', file({ rows: 20, bad: 2 }), ['bad_rows']],
    ['one unknown word', file({ unknownStatus: 1 }), []],
    ['a new word', file({ unknownStatus: 2 }), ['unknown_status']],
    ['-10 %', file({ rows: 90, recentSizes: [100] }), []],
    ['below -10 %', file({ rows: 89, recentSizes: [100] }), ['row_shrink']],
    ['+30 %', file({ rows: 130, recentSizes: [100] }), []],
    ['above +30 %', file({ rows: 131, recentSizes: [100] }), ['row_shrink']],
    ['a small team loses three', file({ rows: 7, recentSizes: [10] }), []],
    ['a small team loses four', file({ rows: 6, recentSizes: [10] }), ['row_shrink']],
    ['a small team gains ten', file({ rows: 20, recentSizes: [10] }), []],
    ['a small team gains eleven', file({ rows: 21, recentSizes: [10] }), ['row_shrink']],
    ['the middle of five counts', file({ rows: 90, recentSizes: [100, 10, 1000, 100, 95, 1] }), []],
    ['the middle of four', file({ rows: 95, recentSizes: [100, 110, 90, 1000] }), []],
    ['shrinking does not matter to an upsert', file({ rows: 5, mode: 'upsert', recentSizes: [100] }), []],
    ['99 people, three missing', file({ present: 99, missing: keys(3) }), []],
    ['99 people, four missing', file({ present: 99, missing: keys(4) }), ['missing_from_feed']],
    ['100 people, three missing', file({ present: 100, missing: keys(3) }), []],
    ['100 people, four missing', file({ present: 100, missing: keys(4) }), ['missing_from_feed']],
    ['200 people, six missing', file({ present: 200, missing: keys(6) }), []],
    ['200 people, seven missing', file({ present: 200, missing: keys(7) }), ['missing_from_feed']],
    ['absence means nothing to an upsert', file({ mode: 'upsert', present: 100, missing: keys(50) }), []],
    [
      'everything at once',
      file({ rows: 20, bad: 9, unknownStatus: 9, recentSizes: [100], present: 100, missing: keys(80), doubts: ['x'] }),
      ['incomplete_file', 'row_shrink', 'missing_from_feed', 'bad_rows', 'unknown_status'],
    ],
  ])('%s', (_, facts, expected) => {
    expect(codes(facts)).toEqual(expected);
  });

  it('say what tripped, whether anything was committed, and how to go on', () => {
    const [gate] = evaluateFile(file({ present: 100, missing: keys(30) }));
    expect(gate).toMatchObject({
      code: 'missing_from_feed',
      limit: 3,
      value: 30,
      of: 100,
      window: 'file',
      held: 30,
      committed: 0,
    });
    expect(gate?.who).toEqual(keys(20));
    expect(gate?.how).toMatch(/30 of 100.*Nothing of it was accepted.*release/);
  });

  it('list the people that a truncated file lacks', () => {
    expect(evaluateFile(file({ doubts: ['The last record is cut.'], present: 60, missing: keys(2) }))[0]).toMatchObject(
      {
        code: 'incomplete_file',
        who: keys(2),
      },
    );
  });
});
