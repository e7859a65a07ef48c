import { describe, expect, it } from '@jest/globals';
import type { HrRecord } from '../../../src/core/identity/hr-record.ts';
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
const people = (count: number, over: Partial<HrRecord> = {}): readonly HrRecord[] =>
  keys(count).map((personKey) => ({
    personKey,
    workerType: 'employee',
    status: 'active',
    department: 'North',
    ...over,
  }));
const crossed = { key: 'E1', kind: 'swapped', was: 'Ann Lee', now: 'Bob Ray' } as const;
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
    ['four of a unit gone', file({ present: 900, missing: keys(4), absent: people(4) }), []],
    ['five of a unit gone', file({ present: 900, missing: keys(5), absent: people(5) }), ['unit_vanished']],
    ['six of a unit gone', file({ present: 900, missing: keys(6), absent: people(6) }), ['unit_vanished']],
    [
      'five gone, and somebody still there, in other letters',
      file({ present: 900, missing: keys(5), absent: people(5), units: new Set(['department:north']) }),
      [],
    ],
    [
      'a site and a company gone',
      file({
        present: 900,
        missing: keys(5),
        absent: people(5, { location: 'Oslo', company: 'Example' }),
        units: new Set(['department:north']),
      }),
      ['unit_vanished'],
    ],
    [
      'five of no unit gone',
      file({
        present: 900,
        missing: keys(5),
        absent: keys(5).map((personKey) => ({ personKey, workerType: 'employee', status: 'active' })),
      }),
      [],
    ],
    [
      'units mean nothing to an upsert',
      file({ mode: 'upsert', present: 900, missing: keys(9), absent: people(9) }),
      [],
    ],
    ['columns changed', file({ columns: ['The column "Status" (status) is gone.'] }), ['column_fingerprint']],
    ['keys crossed', file({ crossed: [crossed] }), ['identifier_swap']],
    ['no rows, and reasons beside', file({ rows: 0, doubts: ['x'], columns: ['y'] }), ['empty_source']],
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

  it('name people and units', () => {
    const named = (personKey: string): HrRecord => ({
      personKey,
      workerType: 'employee',
      status: 'active',
      given: 'Ann',
      family: `Lee${personKey}`,
      department: 'North',
    });
    const [missing, unit] = evaluateFile(file({ present: 99, missing: keys(7), absent: keys(6).map(named) }));
    expect(missing?.how).toContain(
      'Missing: Ann LeeE0 (E0), Ann LeeE1 (E1), Ann LeeE2 (E2), Ann LeeE3 (E3), Ann LeeE4 (E4) and 2 more.',
    );
    expect(unit).toMatchObject({ code: 'unit_vanished', limit: 4, value: 6, of: 99, held: 6, who: keys(6) });
    expect(unit?.how).toContain('the department "North" with 6 people');
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
