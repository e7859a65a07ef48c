import { createHash } from 'node:crypto';

import { columnFacts } from './column-facts.ts';
import { dateColumn } from './dates.ts';
import type { DateColumn } from './dates.ts';
import { decodeText } from './decode.ts';
import { chooseDialect } from './delimiter.ts';
import { FeedError } from './terms.ts';
import type { FeedEnd, FeedNote, FeedProfile, FeedRow, FeedShape } from './feed.ts';
import type { Quote } from './terms.ts';
import { HEADER_SEARCH_ROWS, findHeader, mapHeader } from './header.ts';
import type { Mapping } from './header.ts';
import { tidy } from './header-text.ts';
import { createLetterWatch } from './letter-watch.ts';
import { refuseUnfinished } from './not-csv.ts';
import { parseMapping } from './own-mapping.ts';
import { readCsv } from './read-csv.ts';
import type { CsvRecord } from './read-csv.ts';
import { createReading } from './reading.ts';
import { saysActions } from './row-employment.ts';

export { FeedError } from './terms.ts';
export type { FeedEnd, FeedProfile, FeedRow, FeedShape } from './feed.ts';

/** Text on which the delimiter is decided, in UTF-16 code units. */
const HEAD_LENGTH = 64 * 1024;
/** Records on which header and date orders are decided: read ahead, then yielded like the rest. */
const SAMPLE_RECORDS = 1_000;

export interface Feed {
  readonly shape: FeedShape;
  /** Can be iterated once; leaving early closes the source. Throws only what the source throws. */
  readonly rows: AsyncIterable<FeedRow>;
  /** Throws when rows have not been drained. */
  readonly end: () => FeedEnd;
}

/**
 * Reads a CSV file of people from its bytes: encoding, delimiter, header, mapping, then row by row in bounded memory
 * (plus about 100 bytes per person key). Throws FeedError before the first row when the file is no table of people.
 * The caller limits the size of the file.
 */
export async function readFeed(bytes: AsyncIterable<Uint8Array>, profile: FeedProfile): Promise<Feed> {
  refuseUnfinished(profile.fileName);
  const source = watchBytes(bytes, profile.expected?.manifest?.sha256 !== undefined);
  const text = await decodeText(source.bytes, profile.encoding);
  const chunks = text.chunks[Symbol.asyncIterator]();
  let records: AsyncGenerator<readonly CsvRecord[]> | undefined;
  try {
    if (profile.mapping !== undefined) parseMapping(profile.mapping);
    const head = await takeText(chunks);
    const { skip, ...dialect } = chooseDialect(
      head,
      dialectOf(head, profile),
      (records) => findHeader(records, profile) !== undefined,
    );
    const linesBefore = skip === 0 ? 0 : 1;
    records = readCsv(follow(head.slice(skip), chunks), { ...dialect, linesBefore });
    const sample = await takeRecords(records);
    const { header, mapping: byHeader, index } = openTable(sample, profile);
    const body = sample.slice(index + 1);
    const decisive = body.slice(0, SAMPLE_RECORDS);
    const mapping = withActions(byHeader, decisive);
    const { dates, notes } = dateColumns(mapping, decisive, profile);
    const columns = columnFacts(mapping, decisive);
    const reading = createReading({
      mapping,
      profile,
      delimiter: dialect.delimiter,
      dates,
      watch: createLetterWatch(mapping.columns),
      header,
      columns,
      skipped: linesBefore + index,
      bytes: source.count,
    });
    return {
      shape: {
        encoding: text.encoding,
        ...dialect,
        headerLine: header.line,
        preset: mapping.preset.name,
        confidence: mapping.confidence,
        columns,
        fixFile: mapping.fix !== undefined,
        notes: [
          ...text.notes.map((note) => ({ ...note, ...lettersOf(note, mapping, decisive) })),
          ...aboveHeader(sample.slice(0, index), dialect.quote),
          ...notes,
        ],
      },
      rows: reading.rows(followRecords(body, records)),
      end: () => reading.end(text.report(), source.sha256()),
    };
  } catch (error) {
    await (records ?? chunks).return?.(undefined);
    throw error;
  }
}

/** Counts the bytes on their way in, and hashes them where somebody says what the hash has to be. */
function watchBytes(
  bytes: AsyncIterable<Uint8Array>,
  hashed: boolean,
): { bytes: AsyncIterable<Uint8Array>; count: () => number; sha256: () => string | undefined } {
  const hash = hashed ? createHash('sha256') : undefined;
  let count = 0;
  let digest: string | undefined;
  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      count += chunk.length;
      hash?.update(chunk);
      yield chunk;
    }
  }
  return { bytes: watched(), count: () => count, sha256: () => (digest ??= hash?.digest('hex')) };
}

/** Where the encoding was guessed: the first cells that a person has to look at. */
function lettersOf(note: FeedNote, mapping: Mapping, rows: readonly CsvRecord[]): Pick<FeedNote, 'places'> {
  if (note.code !== 'encoding_fallback') return {};
  const watch = createLetterWatch(mapping.columns);
  for (const [at, { cells, line }] of rows.entries()) {
    for (const [index, value] of cells.entries()) {
      if (/[\u0080-\uFFFF]/.test(value)) watch.see({ record: at + 1, line, index, value });
    }
    if (watch.places().length > 4) break;
  }
  return { places: watch.places() };
}

function aboveHeader(records: readonly CsvRecord[], quote: Quote): readonly FeedNote[] {
  const lines = records.filter(({ cells }) => cells.some((cell) => cell.trim() !== '')).length;
  const notes: FeedNote[] = [];
  if (lines > 0) notes.push({ code: 'preamble', message: `${lines} lines above the header are left out.` });
  if (quote === "'") notes.push({ code: 'single_quotes', message: 'Cells are quoted with apostrophes.' });
  return notes;
}

/** A fix file is ours: in quotes, and perhaps saved again by a spreadsheet with a delimiter of its own choice. */
function dialectOf(head: string, { delimiter, quote }: FeedProfile): Pick<FeedProfile, 'delimiter' | 'quote'> {
  if (/^[^\n]*_import["\t,;|]+_record/.test(head)) return { quote: '"' };
  return { ...(delimiter === undefined ? {} : { delimiter }), ...(quote === undefined ? {} : { quote }) };
}

function openTable(
  sample: readonly CsvRecord[],
  profile: FeedProfile,
): { header: CsvRecord; mapping: Mapping; index: number } {
  const index = findHeader(
    sample.map(({ cells }) => cells),
    profile,
  );
  const header = sample[index ?? -1];
  if (index === undefined || header === undefined) {
    throw new FeedError(
      'no_header',
      `no known column names in the first ${Math.min(sample.length, HEADER_SEARCH_ROWS)} rows`,
      'a header row with columns such as Employee ID, First Name, Work Email, Status',
    );
  }
  return { header, mapping: mapHeader(header.cells, profile), index };
}

/** Without an action column that only its header makes one: what it says is something else. */
function withActions(mapping: Mapping, rows: readonly CsvRecord[]): Mapping {
  const index = mapping.index.action;
  const column = mapping.columns[index ?? -1];
  if (index === undefined || column === undefined || column.confidence === 1) return mapping;
  if (saysActions(rows.map(({ cells }) => cells[index] ?? ''))) return mapping;
  const why = 'its words are not about adding, changing and deleting rows';
  const columns = mapping.columns.map((one) => (one === column ? { ...one, field: null, why, confidence: 0 } : one));
  return {
    ...mapping,
    columns,
    index: Object.fromEntries(Object.entries(mapping.index).filter(([field]) => field !== 'action')),
  };
}

/** What the cells of each date column say together; the feed's declaration of an order wins. */
function dateColumns(
  mapping: Mapping,
  rows: readonly CsvRecord[],
  profile: FeedProfile,
): { dates: ReadonlyMap<number, DateColumn>; notes: readonly FeedNote[] } {
  const declared = new Map(Object.entries(profile.dateOrder ?? {}).map(([header, order]) => [tidy(header), order]));
  const dates = new Map<number, DateColumn>();
  const notes: FeedNote[] = [];
  for (const field of ['start', 'end', 'rehire'] as const) {
    const index = mapping.index[field];
    // What an own rule gives needs no decision: it says how the column writes its dates.
    const header = mapping.columns[index ?? -1]?.header;
    if (index === undefined || header === undefined) continue;
    const found = dateColumn(rows.map(({ cells }) => cells[index] ?? ''));
    const order = declared.get(tidy(header)) ?? found.order;
    dates.set(index, { ...found, order });
    notes.push(...dateNotes(header, found, declared.has(tidy(header))));
  }
  return { dates, notes };
}

function dateNotes(
  header: string,
  { order, undecided, serials, tangled }: DateColumn,
  told: boolean,
): readonly FeedNote[] {
  const notes: FeedNote[] = [];
  if (!told && order !== 'unknown' && order !== 'mixed') {
    notes.push({ code: 'date_order', message: `Dates of "${header}" are read as ${order.replace('_', ' ')}.` });
  }
  if (!told && undecided > 0) {
    const why = order === 'mixed' ? 'both orders occur' : 'no cell shows which comes first';
    const message = `Dates of "${header}": ${undecided} cells may have day and month in either order (${why}). Set dateOrder for the column.`;
    notes.push({ code: 'date_order_unknown', message });
  }
  if (serials > 0) {
    const how = tangled ? 'beside written dates, and cannot be trusted' : 'and are read as Excel counts from 1900';
    notes.push({
      code: 'date_serials',
      message: `${serials} cells of "${header}" are day numbers of a spreadsheet, ${how}.`,
    });
  }
  return notes;
}

async function takeText(chunks: AsyncIterator<string>): Promise<string> {
  let head = '';
  while (head.length < HEAD_LENGTH) {
    const next = await chunks.next();
    if (next.done === true) break;
    head += next.value;
  }
  return head;
}

async function* follow(head: string, rest: AsyncIterator<string>): AsyncGenerator<string> {
  try {
    yield head;
    for (;;) {
      const next = await rest.next();
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await rest.return?.();
  }
}

/** Records up to the size of the sample, or a few more; the rest is still to come. */
async function takeRecords(records: AsyncIterator<readonly CsvRecord[]>): Promise<readonly CsvRecord[]> {
  const sample: CsvRecord[] = [];
  while (sample.length < SAMPLE_RECORDS) {
    const next = await records.next();
    if (next.done === true) break;
    for (const record of next.value) sample.push(record);
  }
  return sample;
}

async function* followRecords(
  sample: readonly CsvRecord[],
  rest: AsyncGenerator<readonly CsvRecord[]>,
): AsyncGenerator<readonly CsvRecord[]> {
  try {
    yield sample;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
