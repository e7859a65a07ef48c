import type { DateOrder, RowProblemCode } from './terms.ts';

/** A date cell: a calendar date, an explicit "no date" (open end, unknown start), or a reason why it is neither. */
export type DateCell =
  | { readonly kind: 'date'; readonly date: string; readonly serial?: true }
  | { readonly kind: 'open' }
  | {
      readonly kind: 'problem';
      readonly code: Extract<RowProblemCode, 'date_invalid' | 'date_ambiguous'>;
      readonly message: string;
      readonly suggestion?: string;
    };

/** What the cells of one column proved about the order of day and month. `mixed`: both, so nothing is proven. */
export type ColumnOrder = DateOrder | 'mixed' | 'unknown';

/** SAP's high date, MySQL's zero date, Excel's day one, and the words people write. */
const OPEN_WORDS =
  /^(0000-00-00|00[./-]00[./-]0000|31[./-]12[./-]9999|12[./-]31[./-]9999|9999[./-]12[./-]31|0?1[./-]0?1[./-]1900|1900[./-]0?1[./-]0?1|99991231|19000101|2958465|0|present|current|ongoing|open|none|unlimited|unbefristet|bis auf weiteres)$/i;
const TIME = /[T ]\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)? ?([ap]\.?m\.?|z|[+-]\d{2}:?\d{2})?$/i;
/** The usual form, and the fast way through a million rows. */
const ISO = /^(\d{4})-(\d\d)-(\d\d)$/;
const YEAR_FIRST = /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$/;
const COMPACT = /^(\d{4})(\d{2})(\d{2})$/;
const DOTTED = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/;
const SLASHED = /^(\d{1,2})([/-])(\d{1,2})\2(\d{4})$/;
const DAY_NAME = /^(\d{1,2})[ -]([a-z]{3,9})\.?,?[ -](\d{4})$/i;
const NAME_DAY = /^([a-z]{3,9})\.? (\d{1,2}),? (\d{4})$/i;
const SERIAL = /^(\d{5})(\.\d{1,12})?$/;
const TWO_DIGIT_YEAR = /^\d{1,2}[./-]\d{1,2}[./-]\d{2}$/;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] as const;
const FIRST_SERIAL = 20_000;
const LAST_SERIAL = 60_000;

/** Reads one trimmed, non-empty cell. `order` is that of its column: never guessed from the cell alone. */
export function readDate(text: string, order: ColumnOrder): DateCell {
  const plain = ISO.exec(text);
  if (plain !== null && plain[1] !== '1900' && plain[1] !== '9999' && plain[1] !== '0000') {
    return calendar(plain[1], plain[2], plain[3]);
  }
  if (OPEN_WORDS.test(text)) return { kind: 'open' };
  const day = text.replace(TIME, '');
  if (OPEN_WORDS.test(day)) return { kind: 'open' };
  const yearFirst = YEAR_FIRST.exec(day);
  if (yearFirst !== null) return calendar(yearFirst[1], yearFirst[3], yearFirst[4]);
  const compact = COMPACT.exec(day);
  if (compact !== null) return calendar(compact[1], compact[2], compact[3]);
  const dotted = DOTTED.exec(day);
  if (dotted !== null) return calendar(dotted[3], dotted[2], dotted[1]);
  const slashed = SLASHED.exec(day);
  if (slashed !== null) return bySlashes(slashed[1], slashed[3], slashed[4], order);
  const dayName = DAY_NAME.exec(day);
  if (dayName !== null) return calendar(dayName[3], monthOf(dayName[2]), dayName[1]);
  const nameDay = NAME_DAY.exec(day);
  if (nameDay !== null) return calendar(nameDay[3], monthOf(nameDay[1]), nameDay[2]);
  const serial = SERIAL.exec(day);
  if (serial !== null) return fromSerial(day);
  if (TWO_DIGIT_YEAR.test(day)) return invalid('The year has two digits.', 'Write the year with four digits.');
  return invalid('Not a date that is understood.', 'Write YYYY-MM-DD.');
}

function bySlashes(
  a: string | undefined,
  b: string | undefined,
  year: string | undefined,
  order: ColumnOrder,
): DateCell {
  if (order === 'day_first') return calendar(year, b, a, 'The column writes the day first.');
  if (order === 'month_first') return calendar(year, a, b, 'The column writes the month first.');
  if (Number(a) > 12) return calendar(year, b, a);
  if (Number(b) > 12 || a === b) return calendar(year, a, b);
  const why =
    order === 'mixed'
      ? 'The column has dates with the day first and dates with the month first.'
      : 'No date of the column shows whether day or month comes first.';
  const suggestion = 'Write YYYY-MM-DD, or set the order of this column in the feed (dateOrder).';
  return { kind: 'problem', code: 'date_ambiguous', message: why, suggestion };
}

/** Excel counts days from 1899-12-30 (which absorbs its leap day of 1900). */
function fromSerial(serial: string): DateCell {
  const date = serialDate(serial, 0);
  return date === undefined
    ? invalid('Not a date that is understood.', 'Write YYYY-MM-DD.')
    : { kind: 'date', date, serial: true };
}

/** The day that a spreadsheet's number stands for, `later` days further on; undefined where it is none. */
export function serialDate(text: string, later: number): string | undefined {
  const serial = Number(SERIAL.exec(text)?.[1] ?? Number.NaN);
  if (!(serial >= FIRST_SERIAL && serial <= LAST_SERIAL)) return undefined;
  return new Date(Date.UTC(1899, 11, 30 + serial + later)).toISOString().slice(0, 10);
}

export const openDate = (text: string): boolean => OPEN_WORDS.test(text);

/** YYYY-MM-DD where there is such a day between 1900 and 2200. */
export function calendarDate(
  year: string | undefined,
  month: string | undefined,
  day: string | undefined,
): string | undefined {
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  if (!(y >= 1900 && y <= 2200 && m >= 1 && m <= 12 && d >= 1 && d <= daysIn(y, m))) return undefined;
  return `${y}-${m < 10 ? '0' : ''}${m}-${d < 10 ? '0' : ''}${d}`;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function calendar(
  year: string | undefined,
  month: string | undefined,
  day: string | undefined,
  hint?: string,
): DateCell {
  const date = calendarDate(year, month, day);
  if (date !== undefined) return { kind: 'date', date };
  const y = Number(year);
  if (!(y >= 1900 && y <= 2200)) return invalid('The year is out of range.', 'Write YYYY-MM-DD.');
  return invalid(hint === undefined ? 'There is no such day.' : `There is no such day. ${hint}`, 'Write YYYY-MM-DD.');
}

function monthOf(name: string | undefined): string {
  const start = (name ?? '').slice(0, 3).toLowerCase();
  return String(MONTHS.findIndex((month) => month === start) + 1);
}

const invalid = (message: string, suggestion: string): DateCell => ({
  kind: 'problem',
  code: 'date_invalid',
  message,
  suggestion,
});

/** What the cells of one date column say together. */
export interface DateColumn {
  readonly order: ColumnOrder;
  /** Cells that no other cell of the column explains: 03/04/2026 where the order is not known. */
  readonly undecided: number;
  /** Cells that are day numbers of a spreadsheet. */
  readonly serials: number;
  /** Both day numbers and slashed dates: neither the numbers nor the undecided ones can be trusted. */
  readonly tangled: boolean;
}

/**
 * Decides a column from its cells: a first part above 12 is a day, a second part above 12 too. Day numbers beside
 * slashed dates mean that a spreadsheet understood some of the cells and not the others, perhaps in the wrong order.
 */
export function dateColumn(cells: Iterable<string>): DateColumn {
  let dayFirst = false;
  let monthFirst = false;
  let undecided = 0;
  let serials = 0;
  let slashed = false;
  for (const cell of cells) {
    const text = cell.trim();
    if (SERIAL.test(text)) serials += serialDate(text, 0) === undefined ? 0 : 1;
    const match = SLASHED.exec(text.replace(TIME, ''));
    if (match === null || OPEN_WORDS.test(match[0])) continue;
    slashed = true;
    const [first, second] = [Number(match[1]), Number(match[3])];
    if (first > 12 && second <= 12) dayFirst = true;
    else if (second > 12 && first <= 12) monthFirst = true;
    else if (first !== second) undecided += 1;
  }
  const order = dayFirst && monthFirst ? 'mixed' : dayFirst ? 'day_first' : monthFirst ? 'month_first' : 'unknown';
  return {
    order,
    undecided: order === 'unknown' || order === 'mixed' ? undecided : 0,
    serials,
    tangled: slashed && serials > 0,
  };
}

/** The day after, as YYYY-MM-DD. */
export function nextDay(date: string): string {
  const time = new Date(`${date}T00:00:00Z`);
  time.setUTCDate(time.getUTCDate() + 1);
  return time.toISOString().slice(0, 10);
}
