import { describe, expect, it } from '@jest/globals';

import { decideStatus } from '../../src/feeds/status.ts';
import { TODAY, csv, readAll } from './reading.ts';

const PAST = '2026-03-01';
const FUTURE = '2026-03-03';

describe('status from word, start, end and today', () => {
  it.each([
    ['active', undefined, undefined, 'active', false],
    ['active', PAST, undefined, 'active', false],
    ['active', PAST, TODAY, 'active', false],
    ['active', '2020-01-01', PAST, 'ended', true],
    ['active', TODAY, undefined, 'active', false],
    ['active', FUTURE, undefined, 'pre', false],
    ['leave', PAST, undefined, 'leave', false],
    ['leave', '2020-01-01', PAST, 'ended', true],
    ['ended', '2020-01-01', PAST, 'ended', false],
    ['ended', '2020-01-01', TODAY, 'active', true],
    ['ended', '2020-01-01', FUTURE, 'active', true],
    ['ended', '2020-01-01', undefined, 'ended', false],
    ['ended', FUTURE, undefined, null, false],
    ['pre', undefined, undefined, 'pre', false],
    ['pre', FUTURE, undefined, 'pre', false],
    ['pre', PAST, undefined, 'active', true],
    ['rescinded', FUTURE, undefined, 'rescinded', false],
    [undefined, undefined, undefined, null, false],
    [undefined, PAST, undefined, 'active', false],
    [undefined, undefined, PAST, 'ended', false],
  ] as const)('%s, %s to %s is %s', (word, start, end, status, disagrees) => {
    const decision = decideStatus({
      ...(word === undefined ? {} : { word }),
      ...(start === undefined ? {} : { start }),
      ...(end === undefined ? {} : { end }),
      hasStatusColumn: true,
      today: TODAY,
      zone: 'Europe/Berlin',
    });
    expect(decision.status).toBe(status);
    expect('disagrees' in decision).toBe(disagrees);
    expect(decision.rule).not.toBe('');
  });

  it('says when the last day is over, in the zone of the worker', async () => {
    const feed = await readAll(csv('Employee ID,End Date,Time Zone', '1,2026-02-28,America/New_York', '2,2026-02-28,'));
    expect(feed.rows.map(({ statusRule }) => statusRule)).toEqual([
      'last day 2026-02-28 is over: ended from 2026-03-01 00:00 America/New_York',
      'last day 2026-02-28 is over: ended from 2026-03-01 00:00 Europe/Berlin',
    ]);
  });
});
