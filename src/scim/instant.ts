/** Date part, time part, and what may stand in them: `xsd:dateTime` (RFC 7643 2.3.5). */
const SHAPE = 'dddd-dd-ddTdd:dd:dd';
const DIGITS = '0123456789';
const UTC_LENGTH = '2026-01-02T03:04:05.678Z'.length;

/** The instant in UTC with milliseconds, so that two of them compare as text; undefined when it is none. */
export function instant(text: string): string | undefined {
  if (text.length > 40) return undefined;
  const upper = text.toUpperCase();
  for (let at = 0; at < SHAPE.length; at += 1) {
    const wanted = SHAPE.charAt(at);
    const found = upper.charAt(at);
    if (wanted === 'd' ? !DIGITS.includes(found) || found === '' : wanted !== found) return undefined;
  }
  if (!isDay(upper.slice(0, 'dddd-dd-dd'.length))) return undefined;
  const rest = upper.slice(SHAPE.length);
  // Without an offset it is read as UTC: a server's own zone must not decide.
  const zoned = rest === '' || (rest.startsWith('.') && !hasZone(rest)) ? `${upper}Z` : upper;
  const time = Date.parse(zoned);
  if (Number.isNaN(time)) return undefined;
  const utc = new Date(time).toISOString();
  // Before the year 0 and after 9999 it is written otherwise, and would not compare.
  return utc.length === UTC_LENGTH ? utc : undefined;
}

/** 30 February would be read as a day of March. */
function isDay(date: string): boolean {
  const time = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}

function hasZone(rest: string): boolean {
  return rest.endsWith('Z') || rest.includes('+') || rest.includes('-');
}
