import type { Paint } from './terminal.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** A table in plain characters; the last column may be as wide as it likes, others are cut at `widest`. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly (string | number | null)[])[],
  paint: Paint,
  widest = 44,
): string {
  const cells = rows.map((row) =>
    columns.map((_, at) => cut(text(row[at] ?? null), at < columns.length - 1 ? widest : 200)),
  );
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...cells.map((row) => (row[at] ?? '').length)));
  const line = (row: readonly string[]): string =>
    columns
      .map(({ align }, at) => {
        const cell = row[at] ?? '';
        const width = widths[at] ?? 0;
        if (align === 'right') return cell.padStart(width);
        return at === columns.length - 1 ? cell : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  const head = line(columns.map(({ title }) => title));
  return [paint('dim', head), ...cells.map(line)].map((each) => `  ${each}\n`).join('');
}

function text(value: string | number | null): string {
  return value === null ? '-' : String(value).replaceAll(/\s+/g, ' ');
}

function cut(value: string, width: number): string {
  return value.length > width ? `${value.slice(0, width - 1)}…` : value;
}

/** Text broken at words, each line after the first indented. */
export function wrap(value: string, indent = 2, width = 100): string {
  const lines: string[] = [];
  let line = '';
  for (const word of value.split(' ')) {
    if (line !== '' && line.length + word.length >= width - indent) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}

/** `12,345`, the same in every locale. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}
