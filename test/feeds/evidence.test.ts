import { describe, expect, it } from '@jest/globals';

import { TAIL_KEYS } from '../../src/feeds/evidence.ts';
import type { FeedExpectation } from '../../src/feeds/evidence.ts';
import { csv, readAll } from './reading.ts';

const file = csv('Employee ID,Status', '001,Active', '002,Active', '003,Active', '004,Active');
const judge = async (expected: FeedExpectation, text = file): Promise<readonly [string, ...string[]]> => {
  const { end } = await readAll(text, { expected });
  return [end.evidence.proof, ...end.completeness.map(({ code, certain }) => `${code}${certain ? '!' : ''}`)];
};

describe('whether a file is whole', () => {
  it.each([
    ['nothing is expected', {}, ['signs']],
    ['the manifest counts as many', { manifest: { rows: 4 } }, ['manifest']],
    ['the manifest counts one more', { manifest: { rows: 5 } }, ['signs', 'manifest_rows!']],
    ['the manifest counts one less', { manifest: { rows: 3 } }, ['signs', 'manifest_rows!']],
    ['the manifest names other bytes', { manifest: { rows: 4, sha256: '00' } }, ['signs', 'manifest_bytes!']],
    ['the manifest says nothing of use', { manifest: { asOf: '2026-03-01' } }, ['signs']],
    ['the marker is there', { done: true }, ['done']],
    ['the marker is missing', { done: false }, ['signs', 'done_missing!']],
    ['the trailer is missing', { trailer: true, done: true }, ['done', 'trailer_missing!']],
    ['the delimiter is the earlier one', { earlier: { delimiter: ',' } }, ['signs']],
    ['the delimiter is another', { earlier: { delimiter: '\t' } }, ['signs', 'delimiter_changed!']],
    ['a column that was used is gone', { earlier: { columns: { end: 'End Date' } } }, ['signs', 'columns_lost!']],
    ['a column that was used has another header', { earlier: { columns: { status: 'State' } } }, ['signs']],
  ] as const)('%s', async (_, expected, judged) => {
    expect(await judge(expected)).toEqual(judged);
  });

  it('a trailer that counts is proof, a stronger one than a marker', async () => {
    expect(await judge({ trailer: true, done: true }, `${file}Total,4\n`)).toEqual(['trailer']);
    expect(await judge({ trailer: true }, `${file}Total,5\n`)).toEqual(['signs', 'trailer_count!']);
    expect(await judge({ trailer: true }, `${file}Report run by Ann Lee,\n`)).toEqual(['signs', 'trailer_missing!']);
  });

  it.each([-1, 0, 1])('a file of 80 %% of the usual size and %i byte', async (more) => {
    const usual = (file.length - more) / 0.8;
    expect(await judge({ earlier: { medianBytes: usual } })).toEqual(more < 0 ? ['signs', 'file_small'] : ['signs']);
  });

  it.each([-1, 0, 1])('of the most topmost keys %i are missing', async (more) => {
    const topKeys = ['009', '008', '007', '006'].slice(0, TAIL_KEYS + more);
    expect(await judge({ earlier: { topKeys } })).toEqual(more < 0 ? ['signs'] : ['signs', 'key_tail_missing']);
    expect(await judge({ earlier: { topKeys: [...topKeys.slice(0, -1), '004'] } })).toEqual(['signs']);
    const unsorted = csv('Employee ID,Status', '002,Active', '001,Active', '003,Active', '004,Active');
    expect(await judge({ earlier: { topKeys } }, unsorted)).toEqual(['signs']);
  });
});

describe('what is worth remembering of a file', () => {
  const remember = async (...keys: readonly string[]): Promise<unknown> =>
    (await readAll(csv('Employee ID,Status', ...keys.map((key) => `${key},Active`)))).end.evidence.remember;
  const columns = { personKey: 'Employee ID', status: 'Status' };

  it('is its delimiter, its columns, the width of its ids and the topmost of them', async () => {
    expect(await remember('001', '002', '003', '010')).toEqual({
      delimiter: ',',
      columns,
      keyWidth: 3,
      topKeys: ['010', '003', '002'],
    });
  });

  it.each([
    ['ids without a zero in front', ['101', '102', '103'], { topKeys: ['103', '102', '101'] }],
    ['ids of several widths', ['8', '9', '10', '011'], { topKeys: ['011', '10', '9'] }],
    ['ids with letters', ['A01', 'A02', 'A03'], { topKeys: ['A03', 'A02', 'A01'] }],
    ['ids with letters beside numbers', ['001', 'A01', '002'], { keyWidth: 3 }],
    ['ids out of order', ['003', '001', '002'], { keyWidth: 3 }],
    ['few rows', ['001', '002'], { keyWidth: 3 }],
  ])('of %s', async (_, keys, more) => {
    expect(await remember(...keys)).toEqual({ delimiter: ',', columns, ...more });
  });

  it('lets lost zeros be found, proposed, and counted for the person they probably mean', async () => {
    const { rows } = await readAll(csv('Employee ID,Manager ID', '12,', '0012,13', '123456,', 'C1,'), {
      expected: { earlier: { keyWidth: 4 } },
    });
    expect(rows.map(({ outcome, key }) => [outcome, key])).toEqual([
      ['quarantined', '0012'],
      ['quarantined', '0012'],
      ['accepted', '123456'],
      ['accepted', 'C1'],
    ]);
    expect(rows[0]?.problems[0]).toMatchObject({
      code: 'id_zeros_lost',
      value: '12',
      suggestion: expect.stringContaining('0012'),
    });
    expect(rows[1]?.problems.map(({ code }) => code)).toEqual(['id_zeros_lost', 'duplicate_key']);
  });
});

describe('what the columns hold', () => {
  it('is told with a kind, a share, and three cells, personal ones masked', async () => {
    const { shape } = await readAll(
      csv(
        'Employee ID,Work Email,Hire Date,Department,Notes,FTE,Blank',
        '1,a@example.com,2020-01-01,Sales,secret,"1,0",',
        '2,b@example.com,2020-01-02,Sales,,0.5,',
        '3,c@example.com,,Ops,hidden,1,',
        '4,,2020-01-03,Ops,,1,',
      ),
    );
    expect(shape.columns.map(({ looksLike, filled, samples }) => [looksLike, filled, samples])).toEqual([
      ['number', 1, ['1', '2', '3']],
      ['email', 0.75, ['a***@example.com', 'b***@example.com', 'c***@example.com']],
      ['date', 0.75, ['2020-01-01', '2020-01-02', '2020-01-03']],
      ['word', 1, ['Sales', 'Ops']],
      ['word', 0.5, ['s***', 'h***']],
      ['number', 1, ['1***', '0***', '1***']],
      ['blank', 0, []],
    ]);
  });

  it('lowers what is believed of a header', async () => {
    const { shape } = await readAll(
      csv('Employee ID,Work Email,Hire Date (x),Status', '1,yes,soon,Active', '2,no,later,Active'),
    );
    expect(shape.columns.map(({ field, confidence }) => [field, confidence])).toEqual([
      ['personKey', 0.95],
      ['workEmail', 0.3],
      ['start', 0.3],
      ['status', 0.95],
    ]);
    expect(shape.columns[1]?.why).toContain('no e-mail addresses');
  });
});
