import { createBetweenRows } from './between-rows.ts';
import type { DecodeReport } from './decode.ts';
import { createKeyFacts, weighEvidence } from './evidence.ts';
import type { FeedEnd, FeedNote, FeedRow } from './feed.ts';
import type { FeedColumn, FeedDoubt } from './terms.ts';
import type { CsvRecord } from './read-csv.ts';
import { createRowReader } from './row.ts';
import type { RowReaderInput } from './row.ts';
import { createTrailerFilter } from './trailer.ts';
import type { Trailer } from './trailer.ts';

/** Rows between two calls of the feed's `progress`. */
const PROGRESS_ROWS = 1_000;

export interface ReadingInput extends RowReaderInput {
  readonly header: CsvRecord;
  readonly columns: readonly FeedColumn[];
  /** Records left out above the header. */
  readonly skipped: number;
  /** Bytes taken from the source so far. */
  readonly bytes: () => number;
}

export interface Reading {
  rows(records: AsyncIterable<readonly CsvRecord[]>): AsyncGenerator<FeedRow>;
  /** Throws when the rows are not drained. */
  end(text: DecodeReport, sha256: string | undefined): FeedEnd;
}

/** Rows of one file, judged one by one and against each other; what must be known of the whole file comes at the end. */
export function createReading({ header, columns, skipped: before, bytes, ...input }: ReadingInput): Reading {
  const { mapping, profile, watch } = input;
  const reader = createRowReader(input);
  const filter = createTrailerFilter(mapping.keySource);
  const between = createBetweenRows(mapping, reader);
  const keys = createKeyFacts();
  const [firstHeader = ''] = header.cells;
  const headerText = header.cells.join('\u001F');
  const doubts = new Map<FeedDoubt['code'], FeedDoubt>();
  const doubt = (code: FeedDoubt['code'], message: string): void =>
    void doubts.set(code, { code, message, certain: true });
  let read = 0;
  let skipped = before;
  let trailer: Trailer | undefined;
  let last: CsvRecord | undefined;
  let drained = false;

  function toRows(record: CsvRecord): readonly FeedRow[] {
    read += 1;
    last = record;
    const row = reader.read(record, read);
    if (row.key !== undefined) keys.enter(row.key);
    for (const { code } of row.problems) {
      const where = `record ${read}, line ${record.line}`;
      if (code === 'stray_quote' && record.cells.some((cell) => cell.includes('\n')))
        doubt(code, `A stray quote in ${where} may have swallowed rows.`);
      if (code === 'swallowed_rows') doubt(code, `A missing quote in ${where} swallowed rows.`);
      if (code === 'quote_unclosed') doubt(code, `A quote opened in ${where} is never closed.`);
      if (code === 'record_too_long') doubt(code, `Reading stopped at ${where}: the record has no end.`);
    }
    if (read % PROGRESS_ROWS === 0) profile.progress?.({ rows: read, bytes: bytes() });
    return between.enter(row);
  }

  const isBlankOrHeader = ({ cells, fault }: CsvRecord): boolean => {
    if (cells[0] === firstHeader && cells.join('\u001F') === headerText) return true;
    return fault === undefined && cells.every((cell) => cell.trim() === '');
  };

  async function* rows(records: AsyncIterable<readonly CsvRecord[]>): AsyncGenerator<FeedRow> {
    for await (const batch of records) {
      for (const record of batch) {
        if (isBlankOrHeader(record)) skipped += 1;
        else for (const held of filter.accept(record)) for (const row of toRows(held)) yield row;
      }
    }
    for (const row of between.end()) yield row;
    trailer = filter.end();
    skipped += trailer?.lines.length ?? 0;
    drained = true;
    profile.progress?.({ rows: read, bytes: bytes() });
  }

  function end(text: DecodeReport, sha256: string | undefined): FeedEnd {
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
    const { evidence, doubts: more } = weighEvidence({
      // A fix file is a part of another file: it proves nothing, and lacks what whole files have.
      expected: mapping.fix === undefined ? (profile.expected ?? {}) : {},
      read,
      bytes: bytes(),
      ...(sha256 === undefined ? {} : { sha256 }),
      delimiter: input.delimiter,
      columns,
      keys: keys.facts(),
      ...(trailer?.count === undefined ? {} : { trailerCount: trailer.count }),
      hasKey: (key) => between.ledger.has(key),
    });
    return {
      read,
      skipped,
      completeness: [...completeness, ...more],
      conflictingKeys: between.ledger.conflicts(),
      standing: between.standing(),
      ...(trailer === undefined ? {} : { trailer }),
      evidence,
      notes: [...text.notes.map(withPlaces), ...watch.notes()],
    };
  }

  const withPlaces = (note: FeedNote): FeedNote =>
    note.code === 'encoding_fallback' ? { ...note, places: watch.places() } : note;

  return { rows, end };
}
