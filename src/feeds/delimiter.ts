import { FeedError } from './feed.ts';
import { sampleCsv } from './read-csv.ts';

const CANDIDATES = [',', ';', '\t', '|'] as const;
const SAMPLE_RECORDS = 50;

export interface DelimiterChoice {
  readonly delimiter: string;
  /** Characters of a leading `sep=;` line, with its line end; 0 when there is none. */
  readonly skip: number;
}

/**
 * The delimiter of a text whose beginning is `head` (lines end in \n). A profile's delimiter wins, then Excel's `sep=`
 * line, then the candidate that gives the most constant and widest table, with a large bonus for one that shows a header.
 */
export function chooseDelimiter(
  head: string,
  requested: string | undefined,
  showsHeader: (records: readonly (readonly string[])[]) => boolean,
): DelimiterChoice {
  const sep = /^"?sep=([^\n"])"?\n/i.exec(head);
  const skip = sep === null ? 0 : sep[0].length;
  if (requested !== undefined) {
    if (!isDelimiter(requested))
      throw new FeedError('bad_profile', 'a delimiter that cannot be one', CANDIDATES.join(' '));
    return { delimiter: requested, skip };
  }
  const named = sep?.[1];
  if (named !== undefined && isDelimiter(named)) return { delimiter: named, skip };
  const body = head.slice(skip);
  let best: { delimiter: string; score: number } = { delimiter: ',', score: 0 };
  for (const delimiter of CANDIDATES) {
    const records = sampleCsv(body, delimiter, SAMPLE_RECORDS);
    const score = evenness(records) + (showsHeader(records) ? 1 : 0);
    if (score > best.score) best = { delimiter, score };
  }
  return { delimiter: best.delimiter, skip };
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
