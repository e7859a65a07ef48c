import { describe, expect, it } from '@jest/globals';

import { dateColumn, readDate } from '../../src/feeds/dates.ts';
import { csv, readAll, verdicts } from './reading.ts';

describe('a date cell', () => {
  it.each([
    ['2026-03-02', '2026-03-02'],
    ['2026/3/2', '2026-03-02'],
    ['20260302', '2026-03-02'],
    ['2026-03-02T00:00:00Z', '2026-03-02'],
    ['2026-03-02 00:00:00.000+01:00', '2026-03-02'],
    ['02.03.2026', '2026-03-02'],
    ['2.3.2026', '2026-03-02'],
    ['2 Mar 2026', '2026-03-02'],
    ['02-Mar-2026', '2026-03-02'],
    ['March 2, 2026', '2026-03-02'],
    ['29/02/2024', '2024-02-29'],
    ['02/29/2024 12:00:00 AM', '2024-02-29'],
    ['05/05/2026', '2026-05-05'],
  ])('%j is %s whatever its column', (text, date) => {
    expect(readDate(text, 'unknown')).toEqual({ kind: 'date', date });
  });

  it.each([
    '0000-00-00',
    '00/00/0000',
    '31.12.9999',
    '12/31/9999',
    '9999-12-31',
    '9999-12-31T00:00:00',
    '01/01/1900',
    '1.1.1900',
    '1900-01-01',
    '2958465',
    'Present',
    'unbefristet',
  ])('%j is no date on purpose', (text) => {
    expect(readDate(text, 'unknown')).toEqual({ kind: 'open' });
  });

  it.each([
    '2026-02-30',
    '31.04.2026',
    '2026-13-01',
    '1/2/26',
    '1850-01-01',
    'soon',
    '19999',
    '60001',
    '32 Mar 2026',
    '2 Foo 2026',
  ])('%j is an error', (text) =>
    expect(readDate(text, 'unknown')).toMatchObject({ kind: 'problem', code: 'date_invalid' }),
  );

  it.each([
    [20_000, '1954-10-03'],
    [45_292, '2024-01-01'],
    [60_000, '2064-04-08'],
  ])('%i is a day number of a spreadsheet', (serial, date) => {
    expect(readDate(String(serial), 'unknown')).toEqual({ kind: 'date', date, serial: true });
    expect(readDate(`${serial}.0`, 'unknown')).toMatchObject({ date });
  });

  it('with two small numbers follows its column and is never guessed', () => {
    expect(readDate('03/04/2026', 'day_first')).toMatchObject({ date: '2026-04-03' });
    expect(readDate('03/04/2026', 'month_first')).toMatchObject({ date: '2026-03-04' });
    expect(readDate('03/04/2026', 'unknown')).toMatchObject({ code: 'date_ambiguous' });
    expect(readDate('03/04/2026', 'mixed')).toMatchObject({ code: 'date_ambiguous' });
    expect(readDate('13/04/2026', 'month_first')).toMatchObject({ code: 'date_invalid' });
  });
});

describe('day numbers of a spreadsheet', () => {
  const file = (...dates: readonly string[]): string =>
    csv('Employee ID,Hire Date', ...dates.map((date, n) => `${n},${date}`));

  it('are read where they are alone in their column, with one note for the column', async () => {
    const feed = await readAll(file('43836', '44256.5', ''));
    expect(verdicts(feed.rows)).toEqual(['warned date_serial', 'warned date_serial', 'accepted']);
    expect(feed.shape.notes).toEqual([
      {
        code: 'date_serials',
        message: '2 cells of "Hire Date" are day numbers of a spreadsheet, and are read as Excel counts from 1900.',
      },
    ]);
  });

  it('are not believed beside written dates that have an order', async () => {
    const feed = await readAll(file('43836', '13/04/2021'));
    expect(verdicts(feed.rows)).toEqual(['quarantined date_ambiguous', 'accepted']);
    const iso = await readAll(file('43836', '2021-04-13'));
    expect(verdicts(iso.rows)).toEqual(['warned date_serial', 'accepted']);
  });
});

describe('the order of a column', () => {
  it.each([
    [['03/04/2026', '13/04/2026'], 'day_first'],
    [['03/04/2026', '04/13/2026'], 'month_first'],
    [['13-04-2026', '04-13-2026'], 'mixed'],
    [['03/04/2026', '12/31/9999', '2026-01-31', ''], 'unknown'],
  ])('%j is %s', (cells, order) => {
    expect(dateColumn(cells).order).toBe(order);
  });

  it('is decided apart for each column; the undecided one quarantines its rows', async () => {
    const file = csv(
      'Employee ID,Hire Date,Termination Date',
      '1,13/01/2020,',
      '2,02/01/2020,03/04/2026',
      '3,02/01/2020,04/04/2026',
    );
    const feed = await readAll(file);
    expect(verdicts(feed.rows)).toEqual(['accepted', 'quarantined date_ambiguous', 'accepted']);
    expect(feed.rows[2]?.hr?.start).toBe('2020-01-02');
    expect(feed.shape.notes).toEqual([
      { code: 'date_order', message: 'Dates of "Hire Date" are read as day first.' },
      {
        code: 'date_order_unknown',
        message:
          'Dates of "Termination Date": 1 cells may have day and month in either order (no cell shows which comes first). Set dateOrder for the column.',
      },
    ]);
    const told = await readAll(file, { dateOrder: { 'termination  date': 'month_first' } });
    expect(told.shape.notes).toHaveLength(1);
    expect(told.rows[1]?.hr?.end).toBe('2026-03-04');
  });
});
