import { describe, expect, it } from '@jest/globals';
import {
  type FileFingerprint,
  columnChanges,
  createFillCounter,
} from '../../../src/core/reconcile/file-fingerprint.ts';

const BEFORE: FileFingerprint = {
  rows: 100,
  columns: {
    personKey: { header: 'Employee ID', looksLike: 'number' },
    department: { header: 'Department', looksLike: 'word' },
    end: { header: 'Last Day', looksLike: 'date' },
    status: { header: 'Status', looksLike: 'word' },
  },
  filled: { department: 50, end: 20 },
};

function changes(over: Partial<FileFingerprint>, mode: 'full' | 'upsert' | 'delta' = 'full'): readonly string[] {
  return columnChanges(BEFORE, { ...BEFORE, ...over }, mode);
}

/** The columns with some of them otherwise, or gone. */
function columns(over: Record<string, { header: string; looksLike?: string } | undefined>): Partial<FileFingerprint> {
  const all = Object.entries({ ...BEFORE.columns, ...over });
  return {
    columns: Object.fromEntries(all.flatMap(([field, column]) => (column === undefined ? [] : [[field, column]]))),
  };
}

describe('the columns of a file', () => {
  it.each<[string, Partial<FileFingerprint>, number]>([
    ['as they were', {}, 0],
    ['in other letters', columns({ department: { header: ' DEPARTMENT ', looksLike: 'text' } }), 0],
    ['read from another one', columns({ department: { header: 'Team', looksLike: 'word' } }), 1],
    ['one gone, one new', columns({ end: undefined, title: { header: 'Title' } }), 2],
    ['of another kind', columns({ department: { header: 'Department', looksLike: 'number' } }), 1],
    [
      'of another kind in ten rows',
      {
        ...columns({ department: { header: 'Department', looksLike: 'number' } }),
        filled: { department: 10, end: 4 },
        rows: 20,
      },
      0,
    ],
    [
      'blank now, in a file of few',
      { ...columns({ end: { header: 'Last Day', looksLike: 'blank' } }), filled: { department: 10, end: 0 }, rows: 20 },
      0,
    ],
    ['15 points more', { filled: { department: 65, end: 20 } }, 0],
    ['16 points more', { filled: { department: 66, end: 20 } }, 1],
    ['16 points fewer', { filled: { department: 34, end: 20 } }, 1],
    ['many points of ten rows', { rows: 20, filled: { department: 20, end: 4 } }, 0],
    ['many points of eleven rows', { rows: 22, filled: { department: 22, end: 4 } }, 1],
    ['of an empty file', { rows: 0, filled: { department: 0, end: 0 } }, 0],
  ])('%s', (_, over, count) => {
    expect(changes(over)).toHaveLength(count);
  });

  it('say what changed', () => {
    expect(changes({ ...columns({ end: undefined }), filled: { department: 90 } })).toEqual([
      '"Department" (department) was filled in 50 % of the rows and is now in 90 %.',
      'The column "Last Day" (end) is gone.',
    ]);
  });

  it.each<[string, Partial<FileFingerprint>, number]>([
    ['that does not say who is employed', columns({ end: undefined }), 1],
    ['with keys from elsewhere', columns({ personKey: { header: 'File Number' } }), 1],
    ['with few of the others', columns({ department: undefined }), 0],
    ['of other people', { filled: { department: 0, end: 100 } }, 0],
  ])('of a narrower file %s', (_, over, count) => {
    expect(changes(over, 'upsert')).toHaveLength(count);
    expect(changes(over, 'delta')).toHaveLength(count);
  });

  it('are counted by what rows say', () => {
    const fill = createFillCounter();
    fill.enter({ personKey: '1', workerType: 'employee', status: 'active', department: 'Sales' });
    fill.enter({ personKey: '2', workerType: 'employee', status: 'active', end: '2026-01-31' });
    expect(fill.rows).toBe(2);
    expect(fill.filled).toMatchObject({ department: 1, end: 1, title: 0 });
  });
});
