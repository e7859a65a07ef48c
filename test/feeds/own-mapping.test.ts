import { describe, expect, it } from '@jest/globals';

import { compileRule, parseMapping } from '../../src/feeds/own-mapping.ts';
import type { FeedMapping, FieldRule } from '../../src/feeds/own-mapping.ts';
import { csv, readAll, verdicts } from './reading.ts';

const HEADERS = ['A', 'B', 'C'];
/** What a rule makes of one cell in column A (and two more). */
const of = (transforms: NonNullable<FieldRule['transforms']>, ...cells: readonly string[]): unknown =>
  compileRule({ column: 'A', transforms }, (name) => HEADERS.indexOf(name))(cells);

describe('a transform', () => {
  it.each([
    ['trim', [{ op: 'trim' }], ' x ', 'x'],
    ['lower', [{ op: 'lower' }], 'ÄB', 'äb'],
    ['pad', [{ op: 'pad', width: 5 }], '42', '00042'],
    ['pad, of what is long enough', [{ op: 'pad', width: 5 }], '123456', '123456'],
    ['pad, of what is no number', [{ op: 'pad', width: 5 }], 'C-7', 'C-7'],
    ['split from the start', [{ op: 'split', by: ',', take: 2 }], 'Lee, Ann', 'Ann'],
    ['split from the end', [{ op: 'split', by: ' ', take: -1 }], 'Ann Marie Lee', 'Lee'],
    ['split beyond the end', [{ op: 'split', by: ',', take: 3 }], 'Lee, Ann', ''],
    ['map', [{ op: 'map', words: { 'Im Dienst': 'active' } }], ' im dienst ', 'active'],
    ['map, else keep', [{ op: 'map', words: { x: 'y' }, otherwise: 'keep' }], 'z', 'z'],
    ['map, of a blank cell', [{ op: 'map', words: { x: 'y' } }], '', ''],
    [
      'map by a word of the language',
      [{ op: 'map', words: { x: 'y' }, otherwise: 'keep' }],
      'constructor',
      'constructor',
    ],
    [
      'domain_alias',
      [{ op: 'domain_alias', domains: { 'Old.example.com': 'example.com' } }],
      'a@OLD.example.com',
      'a@example.com',
    ],
    [
      'domain_alias, of another',
      [{ op: 'domain_alias', domains: { 'old.example.com': 'example.com' } }],
      'a@example.org',
      'a@example.org',
    ],
    ['const', [{ op: 'const', value: 'Larkfield' }], 'x', 'Larkfield'],
    ['two, in their order', [{ op: 'split', by: '|', take: 1 }, { op: 'lower' }], 'AB|C', 'ab'],
  ] as const)('%s', (_, transforms, cell, value) => {
    expect(of(transforms as never, cell)).toBe(value);
  });

  it('coalesce takes the first column that is not blank', () => {
    const transforms = [{ op: 'coalesce' as const, columns: ['B', 'C'] }];
    expect(of(transforms, 'a', 'b', 'c')).toBe('a');
    expect(of(transforms, ' ', '', 'c')).toBe('c');
    expect(of(transforms, '', '', '')).toBe('');
  });

  it.each([
    ['YYYY-MM-DD', '2026-03-02', '2026-03-02'],
    ['YYYYMMDD', '20260302', '2026-03-02'],
    ['DD.MM.YYYY', '2.3.2026', '2026-03-02'],
    ['DD/MM/YYYY', '02/03/2026', '2026-03-02'],
    ['MM/DD/YYYY', '03/02/2026', '2026-03-02'],
    ['DD-MM-YYYY', '02-03-2026', '2026-03-02'],
    ['MM-DD-YYYY', '03-02-2026', '2026-03-02'],
    ['excel-1900', '46083', '2026-03-02'],
    ['excel-1904', '44621', '2026-03-02'],
    ['instant', '2026-03-01T23:30:00Z', '2026-03-02'],
    ['instant', '2026-03-02 00:30:00+01:00', '2026-03-02'],
    ['DD.MM.YYYY', '31.12.9999', ''],
    ['DD/MM/YYYY', ' ', ''],
  ] as const)('date %s reads %j', (format, cell, value) => {
    expect(of([{ op: 'date', format, tz: 'Europe/Berlin' }], cell)).toBe(value);
  });

  it.each([
    ['DD/MM/YYYY', '03/13/2026'],
    ['MM/DD/YYYY', '13/03/2026'],
    ['DD.MM.YYYY', '2.3.26'],
    ['YYYYMMDD', '2026-03-02'],
    ['excel-1900', '1'],
    ['instant', '2026-03-02'],
    ['instant', '2026-13-02T00:00:00Z'],
  ] as const)('date %s does not read %j', (format, cell) => {
    expect(of([{ op: 'date', format }], cell)).toMatchObject({ code: 'date_invalid' });
  });
});

describe('a mapping', () => {
  it('says what is wrong with it, and where', () => {
    const fault = (mapping: unknown): string => {
      try {
        parseMapping(mapping);
        return 'nothing';
      } catch (error) {
        return String(error);
      }
    };
    expect(fault({ salary: { column: 'A' } })).toContain('mapping');
    expect(fault({ start: {} })).toContain('start');
    expect(fault({ start: { column: 'A', transforms: [{ op: 'run', code: '1+1' }] } })).toContain(
      'start.transforms.0.op',
    );
    expect(fault({ start: { column: 'A', transforms: [{ op: 'date', format: 'DD.MM.YY' }] } })).toContain(
      'start.transforms.0.format',
    );
    expect(fault({ start: { column: 'A', transforms: [{ op: 'date', format: 'instant', tz: 'Mars' }] } })).toContain(
      'time zone',
    );
    expect(fault({ given: { column: 'A', transforms: [{ op: 'split', by: ',', take: 0 }] } })).toContain('take');
    expect(fault({ given: { column: 'A', more: true } })).toContain('more');
    expect(fault({ company: { transforms: [{ op: 'const', value: 'x' }] } })).toBe('nothing');
  });

  it.each([-1, 0, 1])('of the most transforms %i', (more) => {
    const transforms = Array.from({ length: 10 + more }, () => ({ op: 'trim' }));
    const parse = (): FeedMapping => parseMapping({ given: { column: 'A', transforms } });
    if (more > 0) expect(parse).toThrow('given.transforms');
    else expect(parse()).toHaveProperty('given');
  });

  it('wins over the columns of the feed and over synonyms, and is shown', async () => {
    const file = csv('Employee ID,First Name,Rufname,Status', '1,Ann,Annie,Active');
    const { rows, shape } = await readAll(file, {
      columns: { 'First Name': 'given' },
      mapping: { given: { column: 'Rufname' } },
    });
    expect(rows[0]?.hr).toMatchObject({ given: 'Annie' });
    expect(rows[0]?.hr).not.toHaveProperty('preferred');
    expect(shape.columns[2]).toMatchObject({ field: 'given', why: "the feed's mapping", confidence: 1 });
  });

  it('quarantines a row that it cannot read, naming column and cell rules', async () => {
    const mapping: FeedMapping = {
      start: { column: 'Ab', transforms: [{ op: 'date', format: 'DD/MM/YYYY' }] },
      given: { column: 'First Name', required: true, sensitive: true },
      title: { column: 'Title', sensitive: true },
      status: { column: 'Status', transforms: [{ op: 'map', words: { on: 'active' } }], blankMeans: 'active' },
    };
    const { rows } = await readAll(
      csv(
        'Employee ID,First Name,Title,Ab,Status',
        '1,Ann,AE,02/03/2020,on',
        '2,,AE,02/03/2020,on',
        '3,Cy,AE,2020-03-02,on',
        '4,Di,AE,02/03/2020,off',
        '5,Ed,AE,02/03/2020,',
      ),
      { mapping },
    );
    expect(verdicts(rows)).toEqual([
      'accepted',
      'quarantined required_blank',
      'quarantined date_invalid',
      'quarantined value_unmapped',
      'accepted',
    ]);
    expect(rows[2]?.problems[0]).toMatchObject({ column: 'start', header: 'Ab' });
    expect(rows[0]?.hr?.start).toBe('2020-03-02');
    expect(rows.map(({ raw }) => raw.length)).toEqual([5, 5, 5, 5, 5]);
  });

  it('masks what it calls sensitive', async () => {
    const mapping: FeedMapping = { managerKey: { column: 'Boss', sensitive: true }, personKey: { column: 'No' } };
    const { rows } = await readAll(csv('No,Boss', '1,1.2E+11', '2,'), { mapping });
    expect(rows[0]?.problems[0]).toMatchObject({ code: 'manager_invalid', value: '1***' });
  });

  it('refuses a file without a column that it requires', async () => {
    const file = csv('Employee ID,Status', '1,Active');
    await expect(readAll(file, { mapping: { end: { column: 'Austritt', required: true } } })).rejects.toMatchObject({
      code: 'bad_profile',
    });
    await expect(readAll(file, { mapping: { personKey: { column: 'Badge' } } })).rejects.toMatchObject({
      code: 'no_key_column',
    });
    await expect(readAll(file, { mapping: { salary: { column: 'Status' } } as never })).rejects.toMatchObject({
      code: 'bad_profile',
    });
    expect((await readAll(file, { mapping: { end: { column: 'Austritt' } } })).rows[0]?.outcome).toBe('accepted');
  });

  it('holds both rows of a value that only one person may have', async () => {
    const { rows, end } = await readAll(
      csv('Employee ID,Mail', '1,a@example.com', '2,A@example.com', '3,', '4,', '1,a@example.com'),
      {
        mapping: { workEmail: { column: 'Mail', unique: true } },
      },
    );
    expect(verdicts(rows)).toEqual([
      'accepted',
      'quarantined not_unique',
      'accepted',
      'accepted',
      'warned duplicate_identical',
    ]);
    expect(end.conflictingKeys).toEqual([{ key: '1', firstRecord: 1, rows: 1 }]);
  });

  it('finds columns by place where the headers say nothing', async () => {
    const { rows, shape } = await readAll(csv('x;y;z', '7;Ann;A', '8;Bo;A'), {
      mapping: { personKey: { column: '#1' }, given: { column: '#2' }, family: { column: '#9' } },
    });
    expect(shape.headerLine).toBe(1);
    expect(rows.map(({ hr }) => [hr?.personKey, hr?.given])).toEqual([
      ['7', 'Ann'],
      ['8', 'Bo'],
    ]);
  });
});
