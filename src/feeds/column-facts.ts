import { cleanText, looksLikeEmail, mask } from './cell.ts';
import { readDate } from './dates.ts';
import type { FeedColumn } from './terms.ts';
import type { MappedColumn, Mapping } from './header.ts';
import type { CsvRecord } from './read-csv.ts';
import { isOpen } from './row-problem.ts';

const MOST_SAMPLES = 3;
/** A column looks like something when so many of its filled cells do. */
const MOST_OF = 0.8;
/** What a column of another kind than its field can be believed. */
const DOUBTFUL = 0.3;

/** What the columns hold, on the rows that were read ahead; a header that promises something else is believed less. */
export function columnFacts(mapping: Mapping, rows: readonly CsvRecord[]): readonly FeedColumn[] {
  return mapping.columns.map((column) => {
    const filled: string[] = [];
    for (const { cells } of rows) {
      const text = cleanText(cells[column.index] ?? '');
      if (text !== undefined) filled.push(text);
    }
    const looksLike = kindOf(filled);
    const samples = [...new Set(filled)].slice(0, MOST_SAMPLES).map((text) => shown(column, text));
    const share = rows.length === 0 ? 0 : Math.round((filled.length / rows.length) * 1000) / 1000;
    return { ...column, ...doubted(column, looksLike), filled: share, looksLike, samples };
  });
}

function doubted(column: MappedColumn, looksLike: FeedColumn['looksLike']): Partial<MappedColumn> {
  const { field, confidence, why } = column;
  if (looksLike === 'blank' || confidence <= DOUBTFUL) return {};
  if (field === 'workEmail' && looksLike !== 'email')
    return { confidence: DOUBTFUL, why: `${why}, but its cells are no e-mail addresses` };
  const isDate = field === 'start' || field === 'end' || field === 'rehire';
  // Day numbers of a spreadsheet, and 20260131, are dates too.
  if (isDate && looksLike !== 'date' && looksLike !== 'number')
    return { confidence: DOUBTFUL, why: `${why}, but its cells are no dates` };
  return {};
}

function kindOf(filled: readonly string[]): FeedColumn['looksLike'] {
  if (filled.length === 0) return 'blank';
  const least = filled.length * MOST_OF;
  const count = (test: (text: string) => boolean): number => filled.filter(test).length;
  if (count((text) => /^[\d.,+-]+$/.test(text) && /^\d+([.,]\d+)?$/.test(text)) >= least) return 'number';
  if (count(looksLikeEmail) >= least) return 'email';
  if (count((text) => /\d/.test(text) && !isProblem(text)) >= least) return 'date';
  if (new Set(filled).size <= Math.max(3, filled.length / 10)) return 'word';
  return 'text';
}

function isProblem(text: string): boolean {
  const cell = readDate(text, 'unknown');
  return cell.kind === 'problem' && cell.code !== 'date_ambiguous';
}

/** Cells of columns that nobody mapped may be anything. */
function shown({ field }: MappedColumn, text: string): string {
  return isOpen(field ?? undefined) ? text.slice(0, 80) : mask(text);
}
