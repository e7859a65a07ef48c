import { MAX_RECORD_LENGTH } from './terms.ts';
import type { Quote } from './terms.ts';

/** One record as the file has it, before anybody knows what a column means. */
export interface CsvRecord {
  readonly cells: readonly string[];
  /** Physical line where the record starts, from 1. */
  readonly line: number;
  /** Why the cells cannot be trusted. After the last two nothing more is read. */
  readonly fault?: 'stray_quote' | 'record_too_long' | 'quote_unclosed';
}

export interface Dialect {
  readonly delimiter: string;
  readonly quote: Quote;
}

/** Characters that are gathered before they are looked at: a record that spans small chunks is not read again and again. */
const LEAST_TEXT = 32 * 1024;
/** And at most so many at once: a source may hand over a whole file in one piece. */
const MOST_TEXT = 256 * 1024;

/**
 * Streams records (RFC 4180 quoting, lines ending in \n), as many at a time as a piece of text holds; blank lines come as
 * one empty cell. A quote in an odd place ends up in its cell and marks the record. Memory is bounded by the largest
 * record. `linesBefore`: physical lines cut off in front of `text`.
 *
 * Written by hand, since csv-parse takes a third of the time of a whole import: test/feeds/read-csv.test.ts holds both
 * against each other.
 */
export async function* readCsv(
  text: AsyncIterable<string>,
  { linesBefore, ...dialect }: Dialect & { readonly linesBefore: number },
): AsyncGenerator<readonly CsvRecord[]> {
  const scanner = createScanner(dialect, linesBefore + 1);
  let gathered = '';
  for await (const chunk of text) {
    gathered += chunk;
    if (gathered.length < LEAST_TEXT) continue;
    for (let at = 0; at < gathered.length; at += MOST_TEXT) {
      const records = scanner.scan(gathered.slice(at, at + MOST_TEXT), false);
      if (records.length > 0) yield records;
      if (scanner.broken()) return;
    }
    gathered = '';
  }
  const records = scanner.scan(gathered, true);
  if (records.length > 0) yield records;
}

/** Up to `count` records of a text that may be cut anywhere. */
export function sampleCsv(text: string, dialect: Dialect, count: number): readonly (readonly string[])[] {
  const records = createScanner(dialect, 1, count).scan(text, true);
  return records.filter(({ fault }) => fault !== 'quote_unclosed').map(({ cells }) => cells);
}

interface Scanner {
  /** The records that end in what was given so far; `final`: nothing follows. */
  scan(text: string, final: boolean): readonly CsvRecord[];
  /** Whether a record had no end: nothing after it is read. */
  broken(): boolean;
}

function createScanner({ delimiter, quote }: Dialect, firstLine: number, most = Number.POSITIVE_INFINITY): Scanner {
  const separator = delimiter.charCodeAt(0);
  /** The beginning of a record whose end is still to come. */
  let rest = '';
  let line = firstLine;
  let broken = false;

  function scan(more: string, final: boolean): readonly CsvRecord[] {
    if (broken) return [];
    const text = rest + more;
    const records: CsvRecord[] = [];
    let at = 0;
    let nextQuote = position(text.indexOf(quote));
    while (at < text.length && records.length < most) {
      if (nextQuote < at) nextQuote = position(text.indexOf(quote, at));
      const newline = text.indexOf('\n', at);
      const end = newline < 0 ? text.length : newline;
      let taken: Taken | undefined;
      if (nextQuote >= end) {
        if (newline < 0 && !final) break;
        taken = { cells: text.slice(at, end).split(delimiter), end, lines: 1, strict: true };
      } else taken = takeQuoted(text, at, final);
      if (taken === undefined && !final) break;
      if (taken === undefined || taken.end - at > MAX_RECORD_LENGTH) {
        const fault =
          taken === undefined && text.length - at <= MAX_RECORD_LENGTH ? 'quote_unclosed' : 'record_too_long';
        return [...records, giveUp(text.slice(at, at + MAX_RECORD_LENGTH), fault)];
      }
      const { cells, lines, strict } = taken;
      records.push(strict ? { cells, line } : { cells, line, fault: 'stray_quote' });
      line += lines;
      at = taken.end + 1;
    }
    if (records.length >= most) return records;
    rest = text.slice(at);
    if (rest.length <= MAX_RECORD_LENGTH) return records;
    return [...records, giveUp(rest.slice(0, MAX_RECORD_LENGTH), 'record_too_long')];
  }

  /** The first line of a record that never ended, split without any quoting: enough to say whose row it was. */
  function giveUp(raw: string, fault: 'record_too_long' | 'quote_unclosed'): CsvRecord {
    broken = true;
    rest = '';
    const first = raw.split('\n', 1)[0] ?? '';
    return { cells: first.split(delimiter).map((cell) => cell.replaceAll(quote, '')), line, fault };
  }

  /** A record with quotes in it; undefined where its end is not there yet. */
  function takeQuoted(text: string, start: number, final: boolean): Taken | undefined {
    const cells: string[] = [];
    let strict = true;
    let lines = 1;
    let at = start;
    for (;;) {
      let value: string;
      let end: number;
      if (text[at] === quote) {
        const cell = takeQuotedCell(text, at, final);
        if (cell === undefined) return undefined;
        ({ value, end } = cell);
        for (let found = value.indexOf('\n'); found >= 0; found = value.indexOf('\n', found + 1)) lines += 1;
        const after = text.charCodeAt(end);
        if (end < text.length && after !== separator && after !== LINE_END) {
          // Something after the closing quote: nobody knows what was meant, so it all stays in the cell.
          strict = false;
          const from = end;
          end = endOfCell(text, from);
          value = `${quote}${value}${quote}${text.slice(from, end)}`;
        }
      } else {
        end = endOfCell(text, at);
        value = text.slice(at, end);
        // An apostrophe in the middle of an unquoted cell is a letter, not a quote.
        if (quote === '"' && value.includes(quote)) strict = false;
      }
      if (end >= text.length && !final) return undefined;
      cells.push(value);
      if (end >= text.length || text.charCodeAt(end) === LINE_END) return { cells, end, lines, strict };
      at = end + 1;
    }
  }

  /** What stands between quotes, and where it ends; undefined where the closing quote is not there (yet). */
  function takeQuotedCell(text: string, at: number, final: boolean): { value: string; end: number } | undefined {
    let value = '';
    let from = at + 1;
    for (;;) {
      const found = text.indexOf(quote, from);
      if (found < 0 || (found + 1 >= text.length && !final)) return undefined;
      if (text[found + 1] !== quote) return { value: value + text.slice(from, found), end: found + 1 };
      value += text.slice(from, found + 1);
      from = found + 2;
    }
  }

  function endOfCell(text: string, from: number): number {
    let at = from;
    for (; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === separator || code === LINE_END) return at;
    }
    return at;
  }

  return { scan, broken: () => broken };
}

interface Taken {
  readonly cells: readonly string[];
  /** Of the line end, or of the text. */
  readonly end: number;
  /** Physical lines that it takes. */
  readonly lines: number;
  readonly strict: boolean;
}

const LINE_END = 10;

const position = (found: number): number => (found < 0 ? Number.POSITIVE_INFINITY : found);
