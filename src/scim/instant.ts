/** Date part, time part, and what may stand in them: `xsd:dateTime` (RFC 7643 2.3.5). */
const SHAPE = 'dddd-dd-ddTdd:dd:dd';
const DIGITS = '0123456789';

/** The instant in UTC with milliseconds, so that two of them compare as text; undefined when it is none. */
export function instant(text: string): string | undefined {
  if (text.length > 40) return undefined;
  const upper = text.toUpperCase();
  for (let at = 0; at < SHAPE.length; at += 1) {
    const wanted = SHAPE.charAt(at);
    const found = upper.charAt(at);
    if (wanted === 'd' ? !DIGITS.includes(found) || found === '' : wanted !== found) return undefined;
  }
  const rest = upper.slice(SHAPE.length);
  // Without an offset it is read as UTC: a server's own zone must not decide.
  const zoned = rest === '' || (rest.startsWith('.') && !hasZone(rest)) ? `${upper}Z` : upper;
  const time = Date.parse(zoned);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

function hasZone(rest: string): boolean {
  return rest.endsWith('Z') || rest.includes('+') || rest.includes('-');
}
