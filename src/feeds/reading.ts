import type { DecodeReport } from './decode.ts';
import { createKeyLedger } from './duplicates.ts';
import type { FeedDoubt, FeedEnd, FeedRow, RowProblem } from './feed.ts';
import type { CsvRecord } from './read-csv.ts';
import { createRowReader } from './row.ts';
import type { RowReaderInput } from './row.ts';
import { createTrailerFilter } from './trailer.ts';
import type { Trailer } from './trailer.ts';

export interface ReadingInput extends RowReaderInput {
  readonly header: CsvRecord;
  /** Records left out above the header. */
  readonly skipped: number;
}

export interface Reading {
  rows(records: AsyncIterable<CsvRecord>): AsyncGenerator<FeedRow>;
  /** Throws when the rows are not drained. */
  end(text: DecodeReport): FeedEnd;
}

/** Rows of one file, judged one by one and against each other; what must be known of the whole file comes at the end. */
export function createReading({ header, skipped: before, ...input }: ReadingInput): Reading {
  const { mapping } = input;
  const reader = createRowReader(input);
  const filter = createTrailerFilter(mapping.keyIndex);
  const ledger = createKeyLedger();
  const headerText = header.cells.join('\u001F');
  const doubts = new Map<FeedDoubt['code'], FeedDoubt>();
  const doubt = (code: FeedDoubt['code'], message: string): void =>
    void doubts.set(code, { code, message, certain: true });
  let read = 0;
  let skipped = before;
  let trailer: Trailer | undefined;
  let last: CsvRecord | undefined;
  let drained = false;

  function toRow(record: CsvRecord): FeedRow {
    read += 1;
    last = record;
    const row = reader.read(record, read);
    for (const { code } of row.problems) {
      const where = `record ${read}, line ${record.line}`;
      if (code === 'stray_quote' && record.cells.some((cell) => cell.includes('\n')))
        doubt(code, `A stray quote in ${where} may have swallowed rows.`);
      if (code === 'swallowed_rows') doubt(code, `A missing quote in ${where} swallowed rows.`);
      if (code === 'quote_unclosed') doubt(code, `A quote opened in ${where} is never closed.`);
      if (code === 'record_too_long') doubt(code, `Reading stopped at ${where}: the record has no end.`);
    }
    return row.key === undefined ? row : enterKey(row, row.key);
  }

  function enterKey(row: FeedRow, key: string): FeedRow {
    const repetition = ledger.enter(key, row.raw, row.record);
    if (repetition === undefined) return row;
    const { kind, first } = repetition;
    const header = mapping.columns[mapping.keyIndex]?.header ?? '';
    const place = { column: 'personKey', header, value: key.slice(0, 80) } as const;
    const problem: RowProblem =
      kind === 'different'
        ? {
            ...place,
            code: 'duplicate_key',
            severity: 'error',
            message: `Record ${first} has this id too, with other content: neither can be trusted.`,
          }
        : {
            ...place,
            code: 'duplicate_identical',
            severity: 'warning',
            message: `The row repeats record ${first} word for word and is left out.`,
          };
    return {
      record: row.record,
      line: row.line,
      outcome: kind === 'different' ? 'quarantined' : row.outcome === 'accepted' ? 'warned' : row.outcome,
      key,
      ...(kind === 'identical' ? { repeats: first } : {}),
      ...(row.fixes === undefined ? {} : { fixes: row.fixes }),
      raw: row.raw,
      problems: [...row.problems, problem],
    };
  }

  async function* rows(records: AsyncIterable<CsvRecord>): AsyncGenerator<FeedRow> {
    for await (const record of records) {
      const blank = record.fault === undefined && record.cells.every((cell) => cell.trim() === '');
      if (blank || record.cells.join('\u001F') === headerText) skipped += 1;
      else for (const row of filter.accept(record)) yield toRow(row);
    }
    trailer = filter.end();
    skipped += trailer?.lines.length ?? 0;
    drained = true;
  }

  function end(text: DecodeReport): FeedEnd {
    if (!drained) throw new Error('The end of a feed is known only when its rows are drained.');
    const completeness = [...doubts.values()];
    const add = (code: FeedDoubt['code'], message: string, certain: boolean): void =>
      void completeness.push({ code, message, certain });
    if (text.cutCharacter) add('cut_character', 'The file ends inside a character.', true);
    if (last !== undefined && last.cells.length < mapping.minWidth) {
      add('last_record_short', `The last row has ${last.cells.length} of ${mapping.minWidth} cells.`, true);
    }
    if (!text.endsWithNewline) add('no_final_newline', 'The last line has no line end: it may be cut.', false);
    if (trailer?.count !== undefined && trailer.count !== read) {
      add('trailer_count', `The file says ${trailer.count} rows and has ${read}.`, true);
    }
    return {
      read,
      skipped,
      completeness,
      conflictingKeys: ledger.conflicts(),
      ...(trailer === undefined ? {} : { trailer }),
      notes: text.notes,
    };
  }

  return { rows, end };
}
