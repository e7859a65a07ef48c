import { hasControls } from './cell.ts';
import { MAX_CELL_LENGTH } from './feed.ts';
import type { Mapping } from './header.ts';
import type { CsvRecord } from './read-csv.ts';
import type { ProblemList } from './row-problem.ts';

const FAULTS = {
  stray_quote: 'A quote stands inside a cell: cells or whole rows may have run together.',
  record_too_long: 'The record is longer than any row of people: a quote was left open. Nothing after it was read.',
  quote_unclosed: 'A quote is opened and never closed: the rest of the file is inside this cell.',
} as const;

/** What makes a record no row of this table, whatever its cells mean. Cells are never shifted into place. */
export function checkStructure(
  { cells, fault }: CsvRecord,
  mapping: Mapping,
  delimiter: string,
  problems: ProblemList,
): void {
  if (fault !== undefined) {
    problems.refuse(fault, FAULTS[fault]);
    return;
  }
  const surplus = cells.slice(mapping.width).some((cell) => cell.trim() !== '');
  if (cells.length < mapping.minWidth || surplus) {
    problems.refuse('ragged_row', `The row has ${cells.length} cells, the header ${mapping.minWidth}.`, {
      suggestion: 'Check for a missing or an unquoted delimiter.',
    });
    return;
  }
  for (const [index, value] of cells.entries()) {
    const place = { index, value };
    if (value.length > MAX_CELL_LENGTH) {
      const message = `The cell has ${value.length} characters; ${MAX_CELL_LENGTH} is the most.`;
      problems.refuse('cell_too_long', message, place);
    }
    if (hasControls(value)) problems.refuse('control_character', 'The cell holds a control character.', place);
    if (value.includes('\uFFFD')) {
      const suggestion = 'Export the file again as UTF-8.';
      problems.refuse('encoding_replacement', 'A character of the cell is damaged.', { ...place, suggestion });
    }
    if (swallowsRows(value, mapping.minWidth, delimiter)) {
      problems.refuse('swallowed_rows', 'The cell seems to hold whole rows: a quote is missing.', place);
    }
  }
}

/** A cell with k line breaks and the delimiters of k rows: what a missing closing quote makes of the rows below. */
function swallowsRows(cell: string, width: number, delimiter: string): boolean {
  if (width < 3 || !cell.includes('\n')) return false;
  const breaks = cell.split('\n').length - 1;
  return cell.split(delimiter).length - 1 >= breaks * (width - 1);
}
