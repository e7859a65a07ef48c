import { FeedError } from './terms.ts';
import type { Quote } from './terms.ts';
import { sampleCsv } from './read-csv.ts';
import type { Dialect } from './read-csv.ts';

const CANDIDATES = [',', ';', '\t', '|'] as const;
const SAMPLE_RECORDS = 50;

interface DialectChoice extends Dialect {
  /** Characters of a leading `sep=;` line, with its line end; 0 when there is none. */
  readonly skip: number;
}

/**
 * How a text whose beginning is `head` (lines end in \n) sets its cells apart. A profile's delimiter wins, then Excel's
 * `sep=` line, then the candidate that gives the most constant and widest table, with a large bonus for one that shows a
 * header. Cells may be in single quotes, as UKG HR Service Delivery writes them, where nothing is in double ones.
 */
export function chooseDialect(
  head: string,
  requested: { readonly delimiter?: string; readonly quote?: Quote },
  showsHeader: (records: readonly (readonly string[])[]) => boolean,
): DialectChoice {
  const sep = /^"?sep=([^\n"])"?\n/i.exec(head);
  const skip = sep === null ? 0 : sep[0].length;
  const body = head.slice(skip);
  const delimiter =
    requestedDelimiter(requested.delimiter, sep?.[1]) ?? bestDelimiter(body, requested.quote, showsHeader);
  return { delimiter, quote: requested.quote ?? quoteOf(body, delimiter), skip };
}

function requestedDelimiter(requested: string | undefined, named: string | undefined): string | undefined {
  if (requested === undefined) return named !== undefined && isDelimiter(named) ? named : undefined;
  if (isDelimiter(requested)) return requested;
  throw new FeedError('bad_profile', 'a delimiter that cannot be one', CANDIDATES.join(' '));
}

function bestDelimiter(
  body: string,
  quote: Quote | undefined,
  showsHeader: (records: readonly (readonly string[])[]) => boolean,
): string {
  let best: { delimiter: string; score: number } = { delimiter: ',', score: 0 };
  for (const delimiter of CANDIDATES) {
    const records = sampleCsv(body, { delimiter, quote: quote ?? quoteOf(body, delimiter) }, SAMPLE_RECORDS);
    const score = evenness(records) + (showsHeader(records) ? 1 : 0);
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

/** Longest cell in single quotes that is looked at. */
const LONGEST = 500;

/**
 * Single quotes are quotes where at least two cells begin and end with one, none begins with one and goes on after the
 * next, and no cell is in double quotes. "'t Hooft" alone is a name.
 */
function quoteOf(body: string, delimiter: string): Quote {
  const text = body.slice(0, 16_384);
  if (!text.includes(`'`)) return '"';
  const edge = `\\${delimiter}`;
  if (new RegExp(`(?:^|[${edge}\n])"`).test(text)) return '"';
  const opened = text.match(new RegExp(`(?:^|[${edge}\n])'`, 'g'))?.length ?? 0;
  const cell = new RegExp(`(?:^|[${edge}\n])'(?:[^']|''){0,${LONGEST}}'(?=[${edge}\n]|$)`, 'g');
  const closed = text.match(cell)?.length ?? 0;
  return closed >= 2 && closed >= opened - 1 ? `'` : '"';
}

function isDelimiter(text: string): boolean {
  return /^[\t,;|:^~!#$%&*+/]$/.test(text);
}

/** 0 to 1: the share of records with the most frequent width (above one column), a wider table counting a little more. */
function evenness(records: readonly (readonly string[])[]): number {
  const filled = records.filter((cells) => cells.some((cell) => cell.trim() !== ''));
  const widths = new Map<number, number>();
  for (const cells of filled) if (cells.length > 1) widths.set(cells.length, (widths.get(cells.length) ?? 0) + 1);
  let best = 0;
  for (const [width, times] of widths) best = Math.max(best, (times / filled.length) * (1 - 1 / width));
  return best;
}
