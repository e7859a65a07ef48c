import { describe, expect, it } from '@jest/globals';
import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';

import { readCsv, sampleCsv } from '../../src/feeds/read-csv.ts';
import type { CsvRecord, Dialect } from '../../src/feeds/read-csv.ts';

const COMMA: Dialect = { delimiter: ',', quote: '"' };

async function read(text: string, dialect = COMMA, chunk = 65_536, linesBefore = 0): Promise<readonly CsvRecord[]> {
  async function* source(): AsyncGenerator<string> {
    for (let at = 0; at < text.length; at += chunk) yield text.slice(at, at + chunk);
  }
  const records: CsvRecord[] = [];
  for await (const batch of readCsv(source(), { ...dialect, linesBefore })) records.push(...batch);
  return records;
}

/** What csv-parse makes of a text; undefined where a quote is never closed. */
function theirs(
  text: string,
  { delimiter, quote }: Dialect,
): readonly { cells: readonly string[]; line: number }[] | undefined {
  try {
    const parsed = parse(text, {
      delimiter,
      quote,
      escape: quote,
      relax_quotes: true,
      relax_column_count: true,
      record_delimiter: '\n',
      info: true,
    }) as unknown as readonly { record: string[]; info: { lines: number } }[];
    let line = 1;
    return parsed.map(({ record, info }) => {
      const from = line;
      line = info.lines + 1;
      return { cells: record, line: from };
    });
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}

describe('records', () => {
  it.each([
    ['nothing', '', []],
    ['one cell', 'a', [['a']]],
    [
      'a line end at the end, or none',
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['blank lines', 'a\n\nb\n', [['a'], [''], ['b']]],
    [
      'blank cells',
      ',\n,,\n',
      [
        ['', ''],
        ['', '', ''],
      ],
    ],
    ['quotes', '"a,1","b ""x""","c\nd"\n', [['a,1', 'b "x"', 'c\nd']]],
    ['blank quotes', '"",""\n', [['', '']]],
    ['a quote that is all', '""""\n', [['"']]],
  ] as const)('of %s', async (_, text, cells) => {
    expect((await read(text)).map((record) => record.cells)).toEqual(cells);
  });

  it('have the physical line where they start, and say what is wrong with their quotes', async () => {
    expect(await read('a\n"b\n\n",x\nc "d",y\n"e"f,z\ng\n', COMMA, 65_536, 2)).toEqual([
      { cells: ['a'], line: 3 },
      { cells: ['b\n\n', 'x'], line: 4 },
      { cells: ['c "d"', 'y'], line: 7, fault: 'stray_quote' },
      { cells: ['"e"f', 'z'], line: 8, fault: 'stray_quote' },
      { cells: ['g'], line: 9 },
    ]);
    expect(await read('a\nb,"c\nd\n')).toEqual([
      { cells: ['a'], line: 1 },
      { cells: ['b', 'c'], line: 2, fault: 'quote_unclosed' },
    ]);
  });

  it('are sampled from a text that is cut anywhere', () => {
    expect(sampleCsv('a,b\nc,d\ne,f\n', COMMA, 2)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(sampleCsv('a,b\nc,"d', COMMA, 9)).toEqual([['a', 'b']]);
    expect(sampleCsv('a,b\nc', COMMA, 9)).toEqual([['a', 'b'], ['c']]);
  });

  it('are those that csv-parse finds, whatever the text and the chunks', async () => {
    const dialects: readonly Dialect[] = [
      COMMA,
      { delimiter: ';', quote: "'" },
      { delimiter: '\t', quote: '"' },
      { delimiter: '|', quote: "'" },
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...dialects),
        fc.string({
          unit: fc.constantFrom('a', 'é', '💡', ' ', '"', "'", ',', ';', '\t', '|', '\n', '\n'),
          maxLength: 40,
        }),
        fc.integer({ min: 1, max: 50 }),
        async (dialect, text, chunk) => {
          const ours = await read(text, dialect, chunk);
          const expected = theirs(text, dialect);
          const last = ours.at(-1)?.fault;
          expect(last === 'quote_unclosed').toBe(expected === undefined);
          if (expected !== undefined) expect(ours.map(({ cells, line }) => ({ cells, line }))).toEqual(expected);
        },
      ),
      { seed: 20260302, numRuns: 5_000 },
    );
  });

  it('are marked where a quote stands in or after a cell, and only there', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' '), maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(cell, { minLength: 2, maxLength: 5 }), fc.nat(), async (cells, where) => {
        const written = cells.map((each) => `"${each.replaceAll('"', '""')}"`);
        expect(await read(`${written.join(',')}\n`)).toEqual([{ cells, line: 1 }]);
        const spoilt = written.with(where % cells.length, where % 2 === 0 ? 'a"b' : '"a"b');
        expect((await read(`${spoilt.join(',')}\n`)).map(({ fault }) => fault)).toEqual(['stray_quote']);
      }),
      { seed: 20260302, numRuns: 300 },
    );
  });
});
