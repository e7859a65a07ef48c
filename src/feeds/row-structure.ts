import { repairMojibake } from './cell.ts';
import { MAX_CELL_LENGTH } from './terms.ts';
import type { FeedField } from './terms.ts';
import type { LetterWatch } from './letter-watch.ts';
import type { Mapping } from './header.ts';
import type { CsvRecord } from './read-csv.ts';
import type { ProblemList } from './row-problem.ts';

const FAULTS = {
  stray_quote: 'A quote stands inside a cell: cells or whole rows may have run together.',
  record_too_long: 'The record is longer than any row of people: a quote was left open. Nothing after it was read.',
  quote_unclosed: 'A quote is opened and never closed: the rest of the file is inside this cell.',
} as const;

/** Fields without which the row still says the truth. */
const SPARED: ReadonlySet<FeedField> = new Set<FeedField>([
  'managerKey',
  'workEmail',
  'given',
  'family',
  'preferred',
  'display',
  'title',
  'department',
  'location',
  'company',
  'phone',
  'locale',
]);

export interface StructureInput {
  readonly mapping: Mapping;
  readonly delimiter: string;
  readonly repairText: boolean;
  readonly watch: LetterWatch;
}

/**
 * What makes a record no row of this table, whatever its cells mean; cells are never shifted into place. Answers the
 * cells to go on with: those of the record, but for text that went through a wrong encoding twice, which is repaired
 * where the feed says so and left out where it does not.
 */
export function checkStructure(
  record: CsvRecord,
  number: number,
  { mapping, delimiter, repairText, watch }: StructureInput,
  problems: ProblemList,
): readonly string[] {
  const { cells, fault } = record;
  if (fault !== undefined) {
    problems.refuse(fault, FAULTS[fault]);
    return cells;
  }
  if (cells.length < mapping.minWidth || (cells.length > mapping.width && hasSurplus(cells, mapping.width))) {
    problems.refuse('ragged_row', `The row has ${cells.length} cells, the header ${mapping.minWidth}.`, {
      suggestion: 'Check for a missing or an unquoted delimiter.',
    });
    return cells;
  }
  let kept = cells;
  for (let index = 0; index < cells.length; index += 1) {
    const value = cells[index] ?? '';
    const signs = scan(value);
    if (value.length > MAX_CELL_LENGTH) {
      const message = `The cell has ${value.length} characters; ${MAX_CELL_LENGTH} is the most.`;
      problems.refuse('cell_too_long', message, { index, value });
    }
    if (signs === 0) continue;
    const place = { index, value };
    if ((signs & CONTROLS) > 0) {
      problems.refuse('control_character', 'The cell holds a control character.', place);
    }
    if ((signs & BREAKS) > 0 && swallowsRows(value, mapping.minWidth, delimiter)) {
      problems.refuse('swallowed_rows', 'The cell seems to hold whole rows: a quote is missing.', place);
    }
    if ((signs & LETTERS) === 0) continue;
    // The mark of a lost character, also where it went through a wrong encoding itself.
    if (value.includes('\uFFFD') || value.includes('ï¿½')) {
      const suggestion = 'Export the file again as UTF-8.';
      problems.refuse('encoding_replacement', 'A character of the cell is damaged.', { ...place, suggestion });
      continue;
    }
    const meant = repairMojibake(value);
    watch.see({ record: number, line: record.line, index, value, ...(meant === undefined ? {} : { meant }) });
    if (meant === undefined) continue;
    const field = mapping.columns[index]?.field ?? null;
    if (field === null && mapping.rules.length === 0) continue;
    kept = kept === cells ? [...cells] : kept;
    (kept as string[])[index] = repairText ? meant : '';
    judgeMojibake(field, repairText, place, problems);
  }
  return kept;
}

function judgeMojibake(
  field: FeedField | null,
  repairText: boolean,
  place: { readonly index: number; readonly value: string },
  problems: ProblemList,
): void {
  if (repairText) {
    problems.warn('mojibake', 'The cell went through a wrong encoding; it is read as it was meant.', place);
    return;
  }
  const suggestion = 'Export the file again as UTF-8, or set repairText for the feed.';
  const message = 'The cell went through a wrong encoding before it came here';
  if (field === null || SPARED.has(field))
    problems.warn('mojibake', `${message}; it is left out.`, { ...place, suggestion });
  else problems.refuse('mojibake', `${message}.`, { ...place, suggestion });
}

const CONTROLS = 1;
const BREAKS = 2;
const LETTERS = 4;

/** What is in a cell beyond plain ASCII: control characters other than tab and line break, line breaks, other letters. */
function scan(cell: string): number {
  let signs = 0;
  for (let at = 0; at < cell.length; at += 1) {
    const code = cell.charCodeAt(at);
    if (code >= 0x20 && code < 0x7f) continue;
    if (code === 0x0a) signs |= BREAKS;
    else if (code > 0x7f) signs |= LETTERS;
    else if (code !== 0x09) signs |= CONTROLS;
  }
  return signs;
}

function hasSurplus(cells: readonly string[], width: number): boolean {
  return cells.slice(width).some((cell) => cell.trim() !== '');
}

/** A cell with k line breaks and the delimiters of k rows: what a missing closing quote makes of the rows below. */
function swallowsRows(cell: string, width: number, delimiter: string): boolean {
  if (width < 3) return false;
  const breaks = cell.split('\n').length - 1;
  return cell.split(delimiter).length - 1 >= breaks * (width - 1);
}
