/**
 * Days and zones. A last day is a date in the worker's zone; what follows from it is an instant: 00:00 of the next day
 * there. Dates are `YYYY-MM-DD`, instants UTC ISO.
 */
const DAY = 86_400_000;

export interface Calendar {
  /** The date of an instant in a zone. */
  dateAt(instant: string, zone: string | undefined): string;
  /** The first instant of a date in a zone. */
  startOf(date: string, zone: string | undefined): string;
  /** The zone that counts: the worker's own, else the company's. */
  zoneOf(zone: string | undefined): string;
}

/** An unknown zone counts as the company's; an unknown company zone as UTC. Formatters are kept: they are dear. */
export function createCalendar(companyZone: string): Calendar {
  const formatters = new Map<string, Intl.DateTimeFormat | null>();
  const dates = new Map<string, string>();

  function formatterOf(zone: string): Intl.DateTimeFormat | null {
    const known = formatters.get(zone);
    if (known !== undefined) return known;
    let made: Intl.DateTimeFormat | null;
    try {
      made = new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        hourCycle: 'h23',
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
      });
    } catch {
      made = null;
    }
    formatters.set(zone, made);
    return made;
  }

  function zoneOf(zone: string | undefined): string {
    if (zone !== undefined && formatterOf(zone) !== null) return zone;
    return formatterOf(companyZone) === null ? 'UTC' : companyZone;
  }

  /** Wall clock of the zone at an instant, as if it were UTC, in milliseconds. */
  function wallClock(instant: number, zone: string): number {
    const parts: Record<string, number> = {};
    for (const { type, value } of formatterOf(zone)?.formatToParts(instant) ?? []) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second);
  }

  function dateAt(instant: string, zone: string | undefined): string {
    const used = zoneOf(zone);
    const key = `${instant} ${used}`;
    const known = dates.get(key);
    if (known !== undefined) return known;
    const date = new Date(wallClock(Date.parse(instant), used)).toISOString().slice(0, 10);
    dates.set(key, date);
    return date;
  }

  function startOf(date: string, zone: string | undefined): string {
    const used = zoneOf(zone);
    const wall = Date.parse(`${date}T00:00:00.000Z`);
    // An offset is known only at an instant: guess, correct, and where the clock skips midnight take what comes after.
    const offset = (instant: number): number => wallClock(instant, used) - instant;
    const guesses = [wall - offset(wall), wall - offset(wall - offset(wall))].sort((left, right) => left - right);
    const first = guesses.find((guess) => wallClock(guess, used) >= wall) ?? wall;
    return new Date(first).toISOString();
  }

  return { dateAt, startOf, zoneOf };
}

/** The date so many days later (or, below zero, earlier). */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00.000Z`) + days * DAY).toISOString().slice(0, 10);
}

/** The instant so many times 24 hours later. */
export function daysAfter(instant: string, days: number): string {
  return new Date(Date.parse(instant) + days * DAY).toISOString();
}
