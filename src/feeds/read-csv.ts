import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';

import { CsvError, parse } from 'csv-parse';
import { parse as parseNow } from 'csv-parse/sync';

import { MAX_RECORD_BYTES } from './feed.ts';

/** One record as csv-parse reads it, before anybody knows what a column means. */
export interface CsvRecord {
  readonly cells: readonly string[];
  /** Physical line where the record starts, from 1. */
  readonly line: number;
  /** Why the cells cannot be trusted. After the last two nothing more is read. */
  readonly fault?: 'stray_quote' | 'record_too_long' | 'quote_unclosed';
}

/** Quotes in odd places end up in the cell instead of swallowing the next rows; `isStrict` finds them afterwards. */
const LENIENT = { relax_quotes: true, relax_column_count: true, record_delimiter: '\n' } as const;

/**
 * Streams records (RFC 4180 quoting, lines ending in \n); blank lines come as one empty cell. Memory is bounded by
 * the largest record. `linesBefore`: physical lines cut off in front of `text`.
 */
export async function* readCsv(
  text: AsyncIterable<string>,
  { delimiter, linesBefore }: { readonly delimiter: string; readonly linesBefore: number },
): AsyncGenerator<CsvRecord> {
  let broken: { fault: 'record_too_long' | 'quote_unclosed'; raw: string } | undefined;
  const parser = parse({
    ...LENIENT,
    delimiter,
    info: true,
    raw: true,
    max_record_size: MAX_RECORD_BYTES,
    // Not an error of the stream: that would throw away records which are read and not yet taken.
    skip_records_with_error: true,
    on_skip(error, raw) {
      const fault = error?.code === 'CSV_MAX_RECORD_SIZE' ? 'record_too_long' : 'quote_unclosed';
      broken ??= { fault, raw: raw ?? '' };
      return undefined;
    },
    on_record: (parsed) => (broken === undefined ? parsed : null),
  });
  async function* untilBroken(): AsyncGenerator<string> {
    for await (const chunk of text) {
      if (broken !== undefined) return;
      if (chunk !== '') yield chunk;
    }
  }
  const source = Readable.from(untilBroken());
  const closed = finished(source, { cleanup: true }).catch(() => undefined);
  // Errors of the source arrive through the parser, which the pipeline destroys.
  const flow = pipeline(source, parser).catch(() => undefined);
  let line = linesBefore + 1;
  try {
    for await (const { record, raw, info } of parser as AsyncIterable<Parsed>) {
      yield isStrict(record, raw, delimiter) ? { cells: record, line } : { cells: record, line, fault: 'stray_quote' };
      line = linesBefore + info.lines + 1;
    }
  } finally {
    await Promise.all([flow, closed]);
  }
  if (broken !== undefined) yield { cells: firstLine(broken.raw, delimiter), line, fault: broken.fault };
}

interface Parsed {
  readonly record: string[];
  readonly raw: string;
  readonly info: { readonly lines: number };
}

/** Up to `count` records of a text that may be cut anywhere. */
export function sampleCsv(text: string, delimiter: string, count: number): readonly (readonly string[])[] {
  const records: (readonly string[])[] = [];
  try {
    parseNow(text, {
      ...LENIENT,
      delimiter,
      to: count,
      max_record_size: MAX_RECORD_BYTES,
      on_record(record: string[]) {
        records.push(record);
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
  }
  return records;
}

/** The first line of a record that never ended, split without any quoting: enough to say whose row it was. */
function firstLine(raw: string, delimiter: string): readonly string[] {
  return (raw.split('\n', 1)[0] ?? '').split(delimiter).map((cell) => cell.replaceAll('"', ''));
}

/**
 * Whether `raw` is what RFC 4180 writes for these cells: a quoted cell doubles its quotes, an unquoted one has none.
 * Where it is not, a stray quote may have joined cells or whole rows.
 */
function isStrict(cells: readonly string[], raw: string, delimiter: string): boolean {
  if (!raw.includes('"')) return true;
  let at = 0;
  for (const cell of cells) {
    const quoted = raw[at] === '"';
    if (!quoted && cell.includes('"')) return false;
    const written = quoted ? `"${cell.replaceAll('"', '""')}"` : cell;
    if (!raw.startsWith(written, at)) return false;
    at += written.length;
    const next = raw[at];
    if (next !== undefined && next !== delimiter && next !== '\n') return false;
    at += 1;
  }
  return true;
}
