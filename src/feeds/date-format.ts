import { calendarDate, openDate, serialDate } from './dates.ts';
import type { FEED_DATE_FORMATS } from '../core/reconcile/feed-terms.ts';

type FeedDateFormat = (typeof FEED_DATE_FORMATS)[number];

/** Days between the two ways in which spreadsheets count. */
const DAYS_1904 = 1_462;
const INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i;

/** Reads trimmed cells of one form: YYYY-MM-DD, '' for an open end, undefined where the text has another form. */
export function dateReader(format: FeedDateFormat, tz = 'UTC'): (text: string) => string | undefined {
  const read = readerOf(format, tz);
  return (text) => (openDate(text) ? '' : read(text));
}

function readerOf(format: FeedDateFormat, tz: string): (text: string) => string | undefined {
  switch (format) {
    case 'excel-1900':
      return (text) => serialDate(text, 0);
    case 'excel-1904':
      return (text) => serialDate(text, DAYS_1904);
    case 'instant': {
      const day = new Intl.DateTimeFormat('en-CA', { timeZone: tz, year: 'numeric', month: '2-digit', day: '2-digit' });
      return (text) => {
        const time = INSTANT.test(text) ? Date.parse(text.replace(' ', 'T')) : Number.NaN;
        return Number.isNaN(time) ? undefined : day.format(time);
      };
    }
    default: {
      const short = format === 'YYYYMMDD' ? String.raw`\d{2}` : String.raw`\d{1,2}`;
      const source = format.replaceAll('.', String.raw`\.`).replace('YYYY', String.raw`(?<y>\d{4})`);
      const pattern = new RegExp(`^${source.replace('MM', `(?<m>${short})`).replace('DD', `(?<d>${short})`)}$`);
      return (text) => {
        const parts = pattern.exec(text)?.groups;
        return calendarDate(parts?.['y'], parts?.['m'], parts?.['d']);
      };
    }
  }
}
