import { guard } from './cell.ts';
import { NOTE_COLUMNS } from './header.ts';
import type { RowProblem } from './feed.ts';

export interface FixFileInput {
  readonly importId: string;
  /** Headers of the original, in order, without the note columns of an earlier fix file. */
  readonly headers: readonly string[];
  readonly delimiter: string;
  readonly rows: AsyncIterable<{
    readonly record: number;
    readonly raw: readonly string[];
    readonly problems: readonly FixNote[];
  }>;
}

/** As much of a row's problem as the file shows. */
export type FixNote = Pick<RowProblem, 'message' | 'column' | 'header' | 'suggestion'> & { readonly code: string };

/**
 * The rows to correct, as text of a CSV file that comes back through the same import: original columns in their order,
 * then what is wrong with each row. Starts with a byte order mark, because people open it in a spreadsheet; cells that a
 * spreadsheet would run as a formula are defused. Cells beyond the header come back in `_message`.
 */
export async function* writeFixFile({ importId, headers, delimiter, rows }: FixFileInput): AsyncGenerator<string> {
  const line = (cells: readonly string[]): string =>
    `${cells.map((cell) => quote(guard(cell), delimiter)).join(delimiter)}\r\n`;
  yield `\uFEFF${line([...headers, ...NOTE_COLUMNS])}`;
  for await (const { record, raw, problems } of rows) {
    const cells = headers.map((_, index) => raw[index] ?? '');
    const surplus = raw.slice(headers.length).filter((cell) => cell !== '');
    const messages = problems.map(({ message }) => message);
    if (surplus.length > 0) messages.push(`Cells beyond the header: ${surplus.join(delimiter)}`);
    yield line([
      ...cells,
      importId,
      String(record),
      problems.flatMap(({ header, column }) => header ?? column ?? []).join(' | '),
      problems.map(({ code }) => code).join(' | '),
      messages.join(' | '),
      problems.flatMap(({ suggestion }) => suggestion ?? []).join(' | '),
    ]);
  }
}

/** RFC 4180; also where spaces at the ends would get lost. */
function quote(cell: string, delimiter: string): string {
  if (!cell.includes(delimiter) && !/["\r\n]|^\s|\s$/.test(cell)) return cell;
  return `"${cell.replaceAll('"', '""')}"`;
}
