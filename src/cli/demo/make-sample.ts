import { readFileSync } from 'node:fs';

const AS_OF = /^As of,(\d{4}-\d{2}-\d{2})\r?$/m;
const DATE = /\b(\d{4})-(\d{2})-(\d{2})\b/g;
const DAY_MS = 86_400_000;

/**
 * The demo's HR file (Windows-1252, CRLF) as it would have been exported on `today` (YYYY-MM-DD): every date of the
 * file in the repository moved by the days between its "As of" line and today. What is no date, as the bad one that the
 * file carries on purpose, stays. Throws RangeError when `today` is no date.
 */
export function sampleHrCsv(today: string): Uint8Array {
  // latin1 keeps every byte as one character: the file is edited without being decoded.
  const text = readFileSync(new URL('./hr-sample.csv', import.meta.url), 'latin1');
  const asOf = AS_OF.exec(text)?.[1];
  const target = dayNumber(today);
  const origin = asOf === undefined ? undefined : dayNumber(asOf);
  if (target === undefined || origin === undefined) throw new RangeError('Not a calendar date (YYYY-MM-DD).');
  const shifted = text.replaceAll(DATE, (date) => {
    const day = dayNumber(date);
    return day === undefined ? date : new Date((day + target - origin) * DAY_MS).toISOString().slice(0, 10);
  });
  return Buffer.from(shifted, 'latin1');
}

/** Days since 1970-01-01; undefined where the calendar has no such day. */
function dayNumber(date: string): number | undefined {
  const time = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== date ? undefined : time / DAY_MS;
}
