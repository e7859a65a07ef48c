import { describe, expect, it } from '@jest/globals';

import { csv, readAll, verdicts } from './reading.ts';

const HEADER = 'Employee ID,First Name,Status,Hire Date,Termination Date,Manager ID,Work Email,Worker Type,Time Zone';
const row = (cells: string): Promise<Awaited<ReturnType<typeof readAll>>> => readAll(csv(HEADER, cells));

describe('one row', () => {
  it.each([
    ['1,Ann,Active,2020-01-06,,2,ann@example.com,Employee,Europe/Berlin', 'accepted'],
    ['1,Ann,active,,,,,,', 'accepted'],
    ['1,Ann,Active,2020-01-06,,2,ann@example,Employee,', 'warned email_invalid'],
    ['1,Ann,Active,2020-01-06,,1,,,', 'warned manager_self'],
    ['1,Ann,Active,2020-01-06,,1.2E+11,,,', 'warned manager_invalid'],
    ['1,Ann,Active,2020-01-06,,,,Alien,', 'warned worker_type_unknown'],
    ['1,Ann,Active,2020-01-06,,,,constructor,', 'warned worker_type_unknown'],
    ['1,Ann,Active,2020-01-06,,,,,Mars/Olympus', 'warned time_zone_unknown'],
    ['1,Ann,Active,45292,,,,,', 'warned date_serial'],
    ['1,Ann,Terminated,2020-01-06,,,,,', 'warned end_missing'],
    ['1,Ann,Vanished,2020-01-06,,,,,', 'quarantined status_unknown'],
    ['1,Ann,toString,2020-01-06,,,,,', 'quarantined status_unknown'],
    ['1,Ann,,,,,,,', 'quarantined status_missing'],
    ['1,Ann,Active,2020-02-30,,,,,', 'quarantined date_invalid'],
    ['1,Ann,Active,1/2/20,,,,,', 'quarantined date_invalid'],
    ['1,Ann,Active,2020-01-06,2019-01-06,,,,', 'quarantined date_order'],
    ['1,Ann,Terminated,2026-04-01,,,,,', 'quarantined date_order'],
    ['1,Ann,Active', 'quarantined ragged_row'],
    ['1,Lee, Ann,Active,2020-01-06,,2,ann@example.com,Employee,UTC', 'quarantined ragged_row'],
    ['1,Ann "A" Lee,Active,,,,,,', 'quarantined stray_quote'],
    ['1,"Ann"Lee,Active,,,,,,', 'quarantined stray_quote'],
    ['1,A\u0000nn,Active,,,,,,', 'quarantined control_character'],
    [',Ann,Active,2020-01-06,,,,,', 'rejected key_missing'],
    ['-,Ann,Active,2020-01-06,,,,,', 'rejected key_missing'],
    ['1.23457E+11,Ann,Active,2020-01-06,,,,,', 'rejected id_exponent'],
    ['"1,23E+11",Ann,Active,2020-01-06,,,,,', 'rejected id_exponent'],
    ['"1\n2",Ann,Active,2020-01-06,,,,,', 'rejected key_invalid'],
  ])('%j is %s', async (cells, verdict) => {
    expect(verdicts((await row(cells)).rows)).toEqual([verdict]);
  });

  it('tolerates empty cells beyond the header', async () => {
    expect(verdicts((await row('1,Ann,Active,,,,,,,,')).rows)).toEqual(['accepted']);
  });

  it('keeps ids exactly as printed, and one that Excel guards', async () => {
    const feed = await readAll(csv('Employee ID,Manager ID', '  00012\u00A0,"=""00034"""', '"=""00034""",'));
    expect(feed.rows.map(({ key, hr }) => [key, hr?.managerKey])).toEqual([
      ['00012', '00034'],
      ['00034', undefined],
    ]);
  });

  it('names the person of a bad row, gives both numbers, and masks what is personal', async () => {
    const feed = await readAll(
      csv(HEADER, '1,Ann,Active,,,,,,', '2,"Bo\nB",Vanished,,,,bo at example.com,,', '3,C\uFFFDc,Active,,,,,,'),
    );
    expect(feed.rows[1]).toMatchObject({
      record: 2,
      line: 3,
      key: '2',
      problems: [
        { column: 'workEmail', header: 'Work Email', value: 'b***' },
        { column: 'status', header: 'Status', value: 'Vanished', severity: 'error' },
      ],
    });
    expect(feed.rows[2]).toMatchObject({ line: 5, problems: [{ header: 'First Name', value: 'C***' }] });
    expect(feed.rows[1]).not.toHaveProperty('hr');
  });

  it('keeps text in one line and as it is spelt', async () => {
    const feed = await readAll(
      csv('Employee ID,Last Name,Job Title', '1, van  der Meer ,"Account\u00A0Executive,\nEMEA"'),
    );
    expect(feed.rows[0]?.hr).toMatchObject({ family: 'van der Meer', title: 'Account Executive, EMEA' });
    expect(feed.rows[0]?.raw[2]).toBe('Account\u00A0Executive,\nEMEA');
  });

  it('takes the words of the feed for a status', async () => {
    const feed = await readAll(csv(HEADER, '1,Ann,Garden  PARTY,,,,,,', '2,Bo,Active,,,,,,'), {
      statusWords: { 'garden-party': 'leave', active: 'pre' },
    });
    expect(feed.rows.map(({ hr }) => hr?.status)).toEqual(['leave', 'pre']);
  });

  it('a returner starts again: the end of the earlier employment does not count', async () => {
    const feed = await readAll(
      csv('Employee ID,Status,Hire Date,Termination Date,Rehire Date', '1,Active,2015-01-01,2018-01-01,2020-05-01'),
    );
    expect(feed.rows[0]?.hr).toMatchObject({ status: 'active', start: '2020-05-01' });
    expect(feed.rows[0]?.hr).not.toHaveProperty('end');
  });
});

describe('rows with one key', () => {
  it('that are equal count once, with a warning', async () => {
    const feed = await readAll(csv('Employee ID,Status', '1,Active', '2,Active', '1,Active '));
    expect(verdicts(feed.rows)).toEqual(['accepted', 'accepted', 'warned duplicate_identical']);
    expect(feed.rows[2]).toMatchObject({ repeats: 1, key: '1' });
    expect(feed.rows[2]).not.toHaveProperty('hr');
    expect(feed.end.conflictingKeys).toEqual([]);
  });

  it('that differ are all quarantined: the later ones here, the first by the importer', async () => {
    const feed = await readAll(
      csv('Employee ID,Status', '1,Active', '2,Active', '1,On leave', '1,Active', '3,Vanished', '3,Active'),
    );
    expect(verdicts(feed.rows)).toEqual([
      'accepted',
      'accepted',
      'quarantined duplicate_key',
      'quarantined duplicate_key',
      'quarantined status_unknown',
      'quarantined duplicate_key',
    ]);
    expect(feed.end.conflictingKeys).toEqual([
      { key: '1', firstRecord: 1, rows: 3 },
      { key: '3', firstRecord: 5, rows: 2 },
    ]);
  });
});

describe('quotes that run away', () => {
  it('a missing closing quote that joins rows is found, although the widths fit', async () => {
    const feed = await readAll(
      csv('Employee ID,First Name,Status', '1,"Ann,Active', '2,Bo ""B"",Active', '3,Cy",Active', '4,Di,Active'),
    );
    expect(verdicts(feed.rows)).toEqual(['quarantined swallowed_rows', 'accepted']);
    expect(feed.end.completeness.map(({ code, certain }) => [code, certain])).toEqual([['swallowed_rows', true]]);
  });

  it('a stray quote over several lines is a reason to doubt, one within a line is not', async () => {
    const over = await readAll(csv('Employee ID,First Name,Status', '1,"Ann,Active', '2,"Bo",Active', '3,Cy,Active'));
    expect(over.rows[0]?.problems[0]?.code).toBe('stray_quote');
    expect(over.end.completeness.map(({ code }) => code)).toEqual(['stray_quote']);
    const within = await readAll(csv('Employee ID,First Name,Status', '1,Ann "A",Active', '3,Cy,Active'));
    expect(within.end.completeness).toEqual([]);
  });

  it('a quote that is never closed ends the file, and says whose row it was', async () => {
    const feed = await readAll(csv('Employee ID,First Name,Status', '1,Ann,Active', '2,"Bo,Active', '3,Cy,Active'));
    expect(verdicts(feed.rows)).toEqual(['accepted', 'quarantined quote_unclosed']);
    expect(feed.rows[1]).toMatchObject({ key: '2', line: 3 });
    expect(feed.end.completeness[0]).toMatchObject({ code: 'quote_unclosed', certain: true });
  });
});
