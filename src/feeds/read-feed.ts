import { columnOrder } from './dates.ts';
import type { ColumnOrder } from './dates.ts';
import { decodeText } from './decode.ts';
import { chooseDelimiter } from './delimiter.ts';
import { FeedError } from './feed.ts';
import type { FeedEnd, FeedNote, FeedProfile, FeedRow, FeedShape } from './feed.ts';
import { HEADER_SEARCH_ROWS, findHeader, mapHeader } from './header.ts';
import type { Mapping } from './header.ts';
import { readCsv } from './read-csv.ts';
import type { CsvRecord } from './read-csv.ts';
import { createReading } from './reading.ts';

export { FeedError } from './feed.ts';
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
 * (plus about 150 bytes per person key). Throws FeedError before the first row when the file is no table of people.
 * The caller limits the size of the file.
 */
export async function readFeed(bytes: AsyncIterable<Uint8Array>, profile: FeedProfile): Promise<Feed> {
  const text = await decodeText(bytes, profile.encoding);
  const chunks = text.chunks[Symbol.asyncIterator]();
  let records: AsyncGenerator<CsvRecord> | undefined;
  try {
    const head = await takeText(chunks);
    const { delimiter, skip } = chooseDelimiter(head, profile.delimiter, (records) => {
      return findHeader(records, profile) !== undefined;
    });
    const linesBefore = skip === 0 ? 0 : 1;
    records = readCsv(follow(head.slice(skip), chunks), { delimiter, linesBefore });
    const sample = await takeRecords(records);
    const { header, mapping, index } = openTable(sample, profile);
    const body = sample.slice(index + 1);
    const { orders, notes } = dateOrders(mapping, body, profile);
    const reading = createReading({ mapping, profile, delimiter, orders, header, skipped: linesBefore + index });
    return {
      shape: {
        encoding: text.encoding,
        delimiter,
        headerLine: header.line,
        preset: mapping.preset.name,
        confidence: mapping.confidence,
        columns: mapping.columns,
        fixFile: mapping.fix !== undefined,
        notes: [...text.notes, ...notes],
      },
      rows: reading.rows(followRecords(body, records)),
      end: () => reading.end(text.report()),
    };
  } catch (error) {
    await (records ?? chunks).return?.(undefined);
    throw error;
  }
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

/** Orders of day and month per date column, from the feed's declaration or from the sample. */
function dateOrders(
  mapping: Mapping,
  rows: readonly CsvRecord[],
  profile: FeedProfile,
): { orders: ReadonlyMap<number, ColumnOrder>; notes: readonly FeedNote[] } {
  const declared = new Map(Object.entries(profile.dateOrder ?? {}));
  const orders = new Map<number, ColumnOrder>();
  const notes: FeedNote[] = [];
  for (const field of ['start', 'end', 'rehire'] as const) {
    const index = mapping.index[field];
    if (index === undefined) continue;
    const header = mapping.columns[index]?.header ?? '';
    const order = declared.get(header) ?? columnOrder(rows.map(({ cells }) => cells[index] ?? ''));
    orders.set(index, order);
    if (!declared.has(header) && order !== 'unknown') {
      notes.push({ code: 'date_order', message: `Dates of "${header}" are read as ${order.replace('_', ' ')}.` });
    }
  }
  return { orders, notes };
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

async function takeRecords(records: AsyncIterator<CsvRecord>): Promise<readonly CsvRecord[]> {
  const sample: CsvRecord[] = [];
  while (sample.length < SAMPLE_RECORDS) {
    const next = await records.next();
    if (next.done === true) break;
    sample.push(next.value);
  }
  return sample;
}

async function* followRecords(
  sample: readonly CsvRecord[],
  rest: AsyncGenerator<CsvRecord>,
): AsyncGenerator<CsvRecord> {
  try {
    yield* sample;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
