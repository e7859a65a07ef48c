import { describe, expect, it } from '@jest/globals';
import type { IdpStatement, PersonState } from '../../../src/core/identity/person.ts';
import { createCalendar } from '../../../src/core/reconcile/calendar.ts';
import { type SeatDecision, type SeatRule, decideSeat } from '../../../src/core/reconcile/lifecycle.ts';
import { NOW, daysBefore, hr, idp, person, policy, unassigned } from '../builders.ts';

function rule(over: Partial<SeatRule> = {}): SeatRule {
  return {
    now: NOW,
    policy: policy(),
    calendar: createCalendar('UTC'),
    hrFeed: true,
    hrHealthy: true,
    votes: () => true,
    ...over,
  };
}

function decide(who: PersonState, seated: boolean, over: Partial<SeatRule> = {}): SeatDecision {
  return decideSeat(who, seated, rule(over));
}

function left(days: number, state: IdpStatement['state'] = 'inactive'): IdpStatement {
  return idp(1, { state, since: daysBefore(days) });
}

const silent =
  (...sources: readonly string[]) =>
  (source: string): boolean =>
    !sources.includes(source);

describe('a new seat', () => {
  it.each<[string, PersonState, boolean, string]>([
    ['an active IdP user, no HR feed', person(1), false, 'wanted'],
    ['an inactive IdP user, no HR feed', person(1, { idp: left(0) }), false, 'none'],
    ['active in both', person(1, { hr: hr(1) }), true, 'wanted'],
    ['on leave', person(1, { hr: hr(1, { status: 'leave' }) }), true, 'wanted'],
    ['a bad row counts as present', person(1, { hr: hr(1, {}, { state: 'quarantined' }) }), true, 'wanted'],
    ['never seen in HR', person(1), true, 'none'],
    ['in HR alone', unassigned(1, { hr: hr(1) }), true, 'none'],
    ['ended in HR', person(1, { hr: hr(1, { status: 'ended' }) }), true, 'none'],
    ['withdrawn in HR', person(1, { hr: hr(1, { status: 'rescinded' }) }), true, 'none'],
    ['vanished from HR', person(1, { hr: hr(1, {}, { state: 'vanished', missingFiles: 1 }) }), true, 'none'],
    ['inactive in the IdP, active in HR', person(1, { idp: left(0), hr: hr(1) }), true, 'none'],
    ['starts tomorrow', person(1, { hr: hr(1, { status: 'pre', start: '2026-03-03' }) }), true, 'joiner'],
    ['starts today', person(1, { hr: hr(1, { status: 'pre', start: '2026-03-02' }) }), true, 'wanted'],
    [
      'not begun, without a date',
      person(1, { hr: { ...hr(1), record: { personKey: '1', workerType: 'employee', status: 'pre' } } }),
      true,
      'joiner',
    ],
    ['knows no source at all', unassigned(1), true, 'none'],
  ])('%s', (_, who, hrFeed, phase) => {
    expect(decide(who, false, { hrFeed }).phase).toBe(phase);
  });

  it.each([
    [0, '2026-03-03', 'joiner'],
    [1, '2026-03-03', 'wanted'],
    [1, '2026-03-04', 'joiner'],
    [2, '2026-03-04', 'wanted'],
  ])('with %d days of lead a start on %s is %s', (joinerLeadDays, start, phase) => {
    const seat = { joinerLeadDays };
    expect(decide(person(1, { hr: hr(1, { start }) }), false, { policy: policy({ seat }) }).phase).toBe(phase);
  });

  it('begins at midnight of the first day in the zone of the worker', () => {
    const who = person(1, { hr: hr(1, { status: 'pre', start: '2026-03-05', timeZone: 'America/New_York' }) });
    expect(decide(who, false).lifecycle).toMatchObject({ expected: 'absent', effective: '2026-03-05T05:00:00.000Z' });
  });

  it('says that a hire was withdrawn before it began', () => {
    const who = person(1, {
      hr: hr(1, { status: 'pre', start: '2026-04-01' }, { state: 'vanished', missingFiles: 1 }),
    });
    expect(decide(who, false)).toMatchObject({ phase: 'vanished', lifecycle: { expected: 'absent' } });
    expect(decide(who, false).lifecycle.rule).toContain('before_start');
  });
});

describe('a seat that exists', () => {
  it.each<[string, PersonState]>([
    ['never seen in HR', person(1)],
    ['never seen in the IdP', unassigned(1, { hr: hr(1) })],
    ['known to no source', unassigned(1)],
    ['on leave', person(1, { hr: hr(1, { status: 'leave' }) })],
    ['a bad row', person(1, { hr: hr(1, {}, { state: 'quarantined' }) })],
    ['starts later', person(1, { hr: hr(1, { status: 'pre', start: '2026-09-01' }) })],
    ['open end as a far date', person(1, { hr: hr(1, { end: '9999-12-31' }) })],
  ])('is kept: %s', (_, who) => {
    expect(decide(who, true)).toMatchObject({ phase: 'seat', lifecycle: { expected: 'active' } });
  });

  it('flags whom HR does not know', () => {
    expect(decide(person(1), true).flags).toEqual(['NOT_IN_HR']);
    expect(decide(person(1), true, { hrFeed: false }).flags).toEqual([]);
    expect(decide(unassigned(1, { hr: hr(1) }), true).flags).toEqual(['NOT_IN_IDP']);
  });

  it.each([
    [6, 'inactive', 'grace'],
    [7, 'inactive', 'due'],
    [8, 'inactive', 'due'],
    [6, 'deleted', 'grace'],
    [7, 'deleted', 'due'],
  ] as const)('%d days after the IdP said %s: %s', (days, state, phase) => {
    const decision = decide(person(1, { idp: left(days, state) }), true, { hrFeed: false });
    expect(decision).toMatchObject({ phase, cause: 'idp', lifecycle: { dueAt: daysBefore(days - 7) } });
    expect(decision.lifecycle.expected).toBe(phase === 'due' ? 'absent' : 'inactive');
  });

  it('is due at once where the policy gives no grace, and never before its instant', () => {
    const leavers = { endedDays: 0, vanishedFiles: 3, vanishedDays: 3 };
    const who = person(1, { idp: idp(1, { state: 'inactive', since: NOW }) });
    expect(decide(who, true, { policy: policy({ leavers }) }).phase).toBe('due');
    const later = person(1, { idp: idp(1, { state: 'inactive', since: '2026-03-02T12:00:00.001Z' }) });
    expect(decide(later, true, { policy: policy({ leavers }) }).phase).toBe('grace');
  });

  it.each([
    // The last day is a day of work: what counts is midnight after it, in the zone of the worker.
    ['2026-03-03', undefined, 'scheduled_leaver', '2026-03-04T00:00:00.000Z'],
    ['2026-03-02', undefined, 'scheduled_leaver', '2026-03-03T00:00:00.000Z'],
    ['2026-03-02', 'Pacific/Auckland', 'grace', '2026-03-02T11:00:00.000Z'],
    ['2026-03-01', undefined, 'grace', '2026-03-02T00:00:00.000Z'],
    ['2026-03-01', 'America/Los_Angeles', 'grace', '2026-03-02T08:00:00.000Z'],
    ['2026-02-23', undefined, 'grace', '2026-02-24T00:00:00.000Z'],
    ['2026-02-22', undefined, 'due', '2026-02-23T00:00:00.000Z'],
  ])('last day %s in %s: %s', (end, timeZone, phase, effective) => {
    const who = person(1, { hr: hr(1, { end, ...(timeZone === undefined ? {} : { timeZone }) }) });
    expect(decide(who, true)).toMatchObject({ phase, lifecycle: { effective } });
  });

  it.each([
    ['2026-03-01T23:59:59.999Z', 'scheduled_leaver'],
    ['2026-03-02T00:00:00.000Z', 'grace'],
  ])('the last day ends at midnight: %s', (now, phase) => {
    expect(decide(person(1, { hr: hr(1, { end: '2026-03-01' }) }), true, { now }).phase).toBe(phase);
  });

  it('counts grace of a back-dated row from when it was said', () => {
    const who = person(1, { hr: hr(1, { status: 'ended', end: '2025-12-01' }, { since: daysBefore(1) }) });
    expect(decide(who, true)).toMatchObject({ phase: 'grace', lifecycle: { dueAt: daysBefore(-6) } });
  });

  it('works until the last day although the word says ended', () => {
    expect(decide(person(1, { hr: hr(1, { status: 'ended', end: '2026-03-02' }) }), true).phase).toBe(
      'scheduled_leaver',
    );
  });

  it('ends without a last day from when it was said', () => {
    const ended = (days: number): PersonState =>
      person(1, { hr: { ...hr(1, { status: 'ended' }), since: daysBefore(days) } });
    expect(decide(ended(6), true).phase).toBe('grace');
    expect(decide(ended(7), true)).toMatchObject({ phase: 'due', cause: 'hr_ended', disagree: true });
  });

  it.each([
    [1, 1, 'vanished'],
    [1, 30, 'vanished'],
    [2, 1, 'grace'],
    [2, 30, 'grace'],
    [3, 2, 'grace'],
    [3, 3, 'due'],
    [4, 3, 'due'],
  ])('missing from %d files, first %d days ago: %s', (missingFiles, days, phase) => {
    const who = person(1, { hr: hr(1, {}, { state: 'vanished', missingFiles, missingSince: daysBefore(days) }) });
    const decision = decide(who, true);
    expect(decision.phase).toBe(phase);
    expect(decision.lifecycle.expected).toBe({ vanished: 'active', grace: 'inactive', due: 'absent' }[phase]);
  });

  it('who vanished after the end has ended', () => {
    const who = person(1, { hr: hr(1, { end: '2026-02-01' }, { state: 'vanished', missingFiles: 1 }) });
    expect(decide(who, true)).toMatchObject({ phase: 'due', cause: 'hr_ended' });
  });

  it('takes the earlier of two statements', () => {
    const who = person(1, { idp: left(1), hr: hr(1, { end: '2026-02-01' }) });
    expect(decide(who, true)).toMatchObject({ phase: 'due', cause: 'hr_ended' });
    expect(decide(person(1, { idp: left(20), hr: hr(1) }), true)).toMatchObject({
      phase: 'due',
      cause: 'idp',
      disagree: true,
    });
  });

  it('is kept when the person is active again within grace', () => {
    expect(decide(person(1, { hr: hr(1) }), true)).toMatchObject({ phase: 'seat', lifecycle: { expected: 'active' } });
  });
});

describe('a source without a vote', () => {
  it.each<[string, PersonState, boolean, string]>([
    ['HR would end a seat', person(1, { hr: hr(1, { end: '2026-01-01' }) }), true, 'undecided'],
    ['HR would begin grace', person(1, { hr: hr(1, {}, { state: 'vanished', missingFiles: 2 }) }), true, 'undecided'],
    ['HR would give a seat', person(1, { hr: hr(1) }), false, 'undecided'],
    ['HR has nothing against a seat', person(1, { hr: hr(1) }), true, 'seat'],
    ['HR is not needed: the IdP left', person(1, { idp: left(9), hr: hr(1) }), true, 'due'],
    ['HR may know a newcomer', person(1), false, 'undecided'],
    ['HR is not needed by whom the IdP does not know', unassigned(1, { hr: hr(1) }), false, 'none'],
  ])('decides nothing: %s', (_, who, seated, phase) => {
    expect(decide(who, seated, { votes: silent('hr:hr'), hrHealthy: false }).phase).toBe(phase);
  });

  it.each<[string, PersonState, boolean, string]>([
    ['the IdP would end a seat', person(1, { idp: left(9) }), true, 'undecided'],
    ['the IdP would give a seat', person(1, { hr: hr(1) }), false, 'undecided'],
    ['the IdP has nothing against it', person(1, { hr: hr(1) }), true, 'seat'],
  ])('decides nothing: %s', (_, who, seated, phase) => {
    expect(decide(who, seated, { votes: silent('idp') }).phase).toBe(phase);
  });
});
