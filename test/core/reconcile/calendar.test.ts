import { describe, expect, it } from '@jest/globals';
import { addDays, createCalendar, daysAfter } from '../../../src/core/reconcile/calendar.ts';

const calendar = createCalendar('Europe/Berlin');

describe('calendar', () => {
  it.each([
    ['2026-03-01', 'Europe/Berlin', '2026-02-28T23:00:00.000Z'],
    ['2026-07-01', 'Europe/Berlin', '2026-06-30T22:00:00.000Z'],
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
    ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
    ['2026-10-25', 'Europe/Berlin', '2026-10-24T22:00:00.000Z'],
    ['2026-10-26', 'Europe/Berlin', '2026-10-25T23:00:00.000Z'],
    ['2026-03-02', 'Pacific/Auckland', '2026-03-01T11:00:00.000Z'],
    ['2026-03-02', 'America/Los_Angeles', '2026-03-02T08:00:00.000Z'],
    ['2026-03-02', 'Asia/Kolkata', '2026-03-01T18:30:00.000Z'],
    ['2026-03-02', 'UTC', '2026-03-02T00:00:00.000Z'],
    // Midnight does not exist here on this day: it begins at 01:00.
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z'],
  ])('%s begins in %s at %s', (date, zone, instant) => {
    expect(calendar.startOf(date, zone)).toBe(instant);
    expect(calendar.dateAt(instant, zone)).toBe(date);
    expect(calendar.dateAt(new Date(Date.parse(instant) - 1).toISOString(), zone)).toBe(addDays(date, -1));
  });

  it('takes the company zone where the worker has none or a wrong one, and UTC where that is wrong too', () => {
    expect(calendar.zoneOf(undefined)).toBe('Europe/Berlin');
    expect(calendar.zoneOf('Mars/Olympus')).toBe('Europe/Berlin');
    expect(createCalendar('nowhere').zoneOf('')).toBe('UTC');
    expect(calendar.startOf('2026-03-01', 'Mars/Olympus')).toBe('2026-02-28T23:00:00.000Z');
  });

  it('counts days', () => {
    expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
    expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
    expect(daysAfter('2026-03-01T10:00:00.000Z', 7)).toBe('2026-03-08T10:00:00.000Z');
  });
});
