/** Rows of one insert statement: enough to be quick, few enough for any database's limit on parameters. */
const ROWS = 100;

export function* slices<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += ROWS) yield items.slice(from, from + ROWS);
}
