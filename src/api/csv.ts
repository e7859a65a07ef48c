/** A cell that a spreadsheet would run is defused with a quote in front, as in our fix files. */
const FORMULA = /^'*[=+\-@\t\r]/;

/** RFC 4180. `raw`: for machines, cells exactly as they are. */
export function csvLine(cells: readonly unknown[], raw: boolean): string {
  return `${cells.map((cell) => csvCell(cell, raw)).join(',')}\r\n`;
}

function csvCell(cell: unknown, raw: boolean): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell);
  const text = textOf(cell);
  const safe = !raw && FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function textOf(cell: unknown): string {
  if (typeof cell === 'string') return cell;
  const isFlat = Array.isArray(cell) && cell.every((part) => typeof part === 'string');
  return isFlat ? cell.join(' | ') : JSON.stringify(cell);
}

/** `person.emails` of an item; null where the path ends early. */
export function cellAt(item: unknown, path: string): unknown {
  let value = item;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}
