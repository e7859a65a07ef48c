import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { readAll } from './reading.ts';
import { writeFixFile } from '../../src/feeds/fix-file.ts';

const SEED = { seed: 20260302, numRuns: 150 };
const cell = fc.string({
  unit: fc.constantFrom('a', 'é', '💡', ' ', '"', ',', ';', '\n', "'", '=', '-', '\t'),
  maxLength: 8,
});
const delimiters = fc.constantFrom(',', ';', '\t', '|');

describe('quoting', () => {
  it('what a careful writer quotes comes back cell by cell, whatever the chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 6 }),
        delimiters,
        fc.integer({ min: 1, max: 40 }),
        async (cells, delimiter, chunk) => {
          const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
          const rows = cells.map(([a, b], n) => [`k${n}`, a, b, 'Active']);
          const file = [['Employee ID', 'Notes', 'Locker', 'Status'], ...rows]
            .map((line) => `${line.map(quote).join(delimiter)}\r\n`)
            .join('');
          const feed = await readAll(file, { delimiter }, chunk);
          expect(feed.rows.map(({ raw }) => raw)).toEqual(rows);
          expect(feed.end).toMatchObject({ read: rows.length, conflictingKeys: [] });
        },
      ),
      SEED,
    );
  });

  it('a fix file comes back as it went out', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 4 }),
        delimiters,
        async (cells, delimiter) => {
          const rows = cells.map(([a, b], n) => ({ record: n + 1, raw: [`k${n}`, a, b], problems: [] }));
          const headers = ['Employee ID', 'Notes', 'Locker'];
          const file = await textOf(writeFixFile({ importId: 'imp_1', headers, delimiter, rows: each(rows) }));
          const feed = await readAll(file, { delimiter });
          expect(feed.shape.fixFile).toBe(true);
          expect(feed.rows.map(({ raw }) => raw)).toEqual(rows.map(({ raw }) => raw));
        },
      ),
      SEED,
    );
  });

  it('arbitrary bytes are refused or read, and never crash', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 120 }), fc.integer({ min: 1, max: 9 }), async (noise, chunk) => {
        const bytes = Buffer.concat([Buffer.from('Employee ID,Status\n1,Active\n'), noise]);
        const feed = await readAll(bytes, {}, chunk).catch((error: unknown) => {
          if (error instanceof Error && error.name === 'FeedError') return undefined;
          throw error;
        });
        if (feed !== undefined) expect(feed.end.read).toBe(feed.rows.length);
      }),
      SEED,
    );
  });
});

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function textOf(parts: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const part of parts) text += part;
  return text;
}
