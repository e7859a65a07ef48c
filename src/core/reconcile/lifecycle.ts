import type { HrStatement, PersonState } from '../identity/person.ts';
import { type Calendar, addDays, daysAfter } from './calendar.ts';
import type { Lifecycle } from './entry.ts';
import type { Policy } from './policy.ts';

/**
 * `seat`: keeps what it has · `wanted`: should get one · `none`: needs none · `joiner`: from a date to come ·
 * `scheduled_leaver`: works, with a last day to come · `vanished`: missing from HR, grace not begun · `grace` and `due`:
 * a statement took the seat away, and removal is not yet, or now, to be planned.
 */
export type SeatPhase =
  'seat' | 'wanted' | 'none' | 'joiner' | 'scheduled_leaver' | 'vanished' | 'grace' | 'due' | 'undecided';

export interface SeatDecision {
  readonly phase: SeatPhase;
  readonly lifecycle: Lifecycle;
  /** Which statement takes the seat away (`grace`, `due`). */
  readonly cause?: 'idp' | 'hr_ended' | 'hr_vanished';
  /** One source says employed or entitled, another says not. */
  readonly disagree: boolean;
  readonly flags: readonly string[];
}

export interface SeatRule {
  readonly now: string;
  readonly policy: Policy;
  readonly calendar: Calendar;
  /** An HR feed has had an accepted import: a new seat needs both. */
  readonly hrFeed: boolean;
  /** Any HR feed may vote now. */
  readonly hrHealthy: boolean;
  readonly votes: (source: string) => boolean;
}

/** From this consecutive complete file without the person on, grace runs. */
const GRACE_FROM_FILE = 2;
const OPEN_END = '9990-01-01';

type HrStance =
  | { readonly kind: 'silent' }
  | { readonly kind: 'employed'; readonly until?: string }
  | { readonly kind: 'starts'; readonly from?: string }
  | { readonly kind: 'ended'; readonly at: string; readonly rule: string }
  | { readonly kind: 'vanished'; readonly files: number; readonly since: string; readonly beforeStart: boolean };

interface Leave {
  readonly cause: 'idp' | 'hr_ended' | 'hr_vanished';
  readonly at: string;
  readonly dueAt: string;
  readonly due: boolean;
  readonly rule: string;
}

/**
 * Whether a person should have a seat now. `seated`: there is a link, or one is about to be made. A seat that exists is
 * lost only by a statement of a source with a vote; where a source without one would have changed the answer, nothing is
 * decided.
 */
export function decideSeat(person: PersonState, seated: boolean, rule: SeatRule): SeatDecision {
  const decision = judge(person, seated, rule, rule.votes);
  if (decision.phase === 'grace' || decision.phase === 'due' || decision.phase === 'undecided') return decision;
  const silent = [
    ...(person.idp !== undefined && !rule.votes('idp') ? ['idp'] : []),
    ...(person.hr !== undefined && rule.hrFeed && !rule.votes(`hr:${person.hr.feed}`) ? [`hr:${person.hr.feed}`] : []),
  ];
  if (silent.length === 0) return decision;
  const withAll = judge(person, seated, rule, () => true);
  return withAll.lifecycle.expected === decision.lifecycle.expected
    ? decision
    : undecided(`${silent.join(' and ')} has no vote in this run, and would decide`);
}

function judge(person: PersonState, seated: boolean, rule: SeatRule, votes: (source: string) => boolean): SeatDecision {
  const idp = person.idp === undefined || !votes('idp') ? 'silent' : person.idp.state === 'active' ? 'active' : 'left';
  const hr: HrStance =
    person.hr === undefined || !rule.hrFeed || !votes(`hr:${person.hr.feed}`)
      ? { kind: 'silent' }
      : stanceOf(person.hr, rule);
  const disagree =
    (idp === 'active' && (hr.kind === 'ended' || hr.kind === 'vanished')) || (idp === 'left' && hr.kind === 'employed');
  const flags = [
    ...(disagree ? ['SOURCES_DISAGREE'] : []),
    ...(rule.hrFeed && person.hr === undefined && idp === 'active' ? ['NOT_IN_HR'] : []),
    ...(person.idp === undefined && seated ? ['NOT_IN_IDP'] : []),
  ];
  const decide = (phase: SeatPhase, lifecycle: Lifecycle, more: Partial<SeatDecision> = {}): SeatDecision => ({
    phase,
    lifecycle,
    disagree,
    flags,
    ...more,
  });
  if (seated) return ofSeated(person, hr, rule, votes, decide);
  if (idp !== 'active') {
    const why = idp === 'left' ? 'The identity provider does not give this person a seat.' : 'No active IdP user.';
    return decide('none', { expected: 'absent', rule: why });
  }
  if (!rule.hrFeed) return decide('wanted', { expected: 'active', rule: 'An active IdP user wants a seat.' });
  switch (hr.kind) {
    case 'employed':
      return decide('wanted', { expected: 'active', rule: 'Active in the identity provider and employed in HR.' });
    case 'starts':
      return decide('joiner', {
        expected: 'absent',
        ...(hr.from === undefined ? {} : { effective: hr.from }),
        rule: 'HR says that employment begins later; the seat is planned then.',
      });
    case 'vanished':
      return hr.beforeStart
        ? decide('vanished', { expected: 'absent', rule: 'before_start: the hire left the HR file before it began.' })
        : decide('none', { expected: 'absent', rule: 'A new seat needs HR too, and HR no longer lists the person.' });
    case 'ended':
      return decide('none', { expected: 'absent', rule: `A new seat needs HR too: ${hr.rule}` });
    case 'silent':
      return person.hr === undefined && !rule.hrHealthy
        ? undecided('HR has no vote in this run, and a new seat needs it')
        : decide(
            'none',
            { expected: 'absent', rule: 'A new seat needs HR too, and HR does not know the person.' },
            { disagree: true },
          );
  }
}

function ofSeated(
  person: PersonState,
  hr: HrStance,
  rule: SeatRule,
  votes: (source: string) => boolean,
  decide: (phase: SeatPhase, lifecycle: Lifecycle, more?: Partial<SeatDecision>) => SeatDecision,
): SeatDecision {
  const leaves = leavesOf(person, hr, rule, votes).sort(
    (left, right) => Number(right.due) - Number(left.due) || (left.dueAt < right.dueAt ? -1 : 1),
  );
  const [leave] = leaves;
  if (leave !== undefined) {
    return decide(
      leave.due ? 'due' : 'grace',
      { expected: leave.due ? 'absent' : 'inactive', effective: leave.at, rule: leave.rule, dueAt: leave.dueAt },
      { cause: leave.cause },
    );
  }
  if (hr.kind === 'vanished') {
    return decide('vanished', {
      expected: 'active',
      effective: hr.since,
      rule: `Missing from ${String(hr.files)} complete HR file; grace begins with the next one that lacks the person.`,
    });
  }
  if (hr.kind === 'employed' && hr.until !== undefined) {
    return decide('scheduled_leaver', {
      expected: 'active',
      effective: hr.until,
      rule: 'HR gives a last day to come; it is a day of work.',
    });
  }
  return decide('seat', {
    expected: 'active',
    rule: 'An existing seat is lost only by a statement, and no source says that it ended.',
  });
}

function leavesOf(
  person: PersonState,
  hr: HrStance,
  { now, policy }: SeatRule,
  votes: (source: string) => boolean,
): Leave[] {
  const { endedDays, vanishedFiles, vanishedDays } = policy.leavers;
  const leaves: Leave[] = [];
  if (person.idp !== undefined && person.idp.state !== 'active' && votes('idp')) {
    const dueAt = daysAfter(person.idp.since, endedDays);
    const said = person.idp.state === 'deleted' ? 'deleted the user' : 'set the user inactive';
    leaves.push({
      cause: 'idp',
      at: person.idp.since,
      dueAt,
      due: dueAt <= now,
      rule: `The identity provider ${said}; grace is ${String(endedDays)} days.`,
    });
  }
  if (hr.kind === 'ended') {
    const dueAt = daysAfter(hr.at, endedDays);
    leaves.push({
      cause: 'hr_ended',
      at: hr.at,
      dueAt,
      due: dueAt <= now,
      rule: `${hr.rule}; grace is ${String(endedDays)} days.`,
    });
  }
  if (hr.kind === 'vanished' && hr.files >= Math.min(GRACE_FROM_FILE, vanishedFiles)) {
    const dueAt = daysAfter(hr.since, vanishedDays);
    leaves.push({
      cause: 'hr_vanished',
      at: hr.since,
      dueAt,
      due: hr.files >= vanishedFiles && dueAt <= now,
      rule: `Missing from ${String(hr.files)} complete HR files in a row; grace ends with file ${String(vanishedFiles)} and after ${String(vanishedDays)} days.`,
    });
  }
  return leaves;
}

/**
 * What HR says today. Dates are read again on every run: a row that was active when its file came may have ended since.
 * The statement counts from when it was both said and in force, so that a back-dated row never shortens grace.
 */
function stanceOf(hr: HrStatement, rule: SeatRule): HrStance {
  const { record } = hr;
  const { calendar, now } = rule;
  const zone = record.timeZone;
  // HR systems write an open end as a day in the last years that a date can hold.
  const end = record.end === undefined || record.end >= OPEN_END ? undefined : record.end;
  const over = end === undefined ? undefined : calendar.startOf(addDays(end, 1), zone);
  if (record.status === 'rescinded') {
    return { kind: 'ended', at: hr.since, rule: 'HR says that the hire was withdrawn' };
  }
  if (over !== undefined && over <= now) {
    return {
      kind: 'ended',
      at: over > hr.since ? over : hr.since,
      rule: `HR gives a last day that is over since 00:00 ${calendar.zoneOf(zone)}`,
    };
  }
  if (record.status === 'ended' && over === undefined) {
    return { kind: 'ended', at: hr.since, rule: 'HR says that employment ended' };
  }
  const today = calendar.dateAt(now, zone);
  const lead = rule.policy.seat.joinerLeadDays;
  const begins = record.start === undefined ? undefined : addDays(record.start, -lead);
  const later = begins !== undefined && begins > today;
  if (hr.state === 'vanished') {
    return {
      kind: 'vanished',
      files: hr.missingFiles,
      since: hr.missingSince ?? now,
      beforeStart: record.start === undefined ? record.status === 'pre' : record.start > today,
    };
  }
  if (later) return { kind: 'starts', from: calendar.startOf(begins, zone) };
  if (record.status === 'pre' && record.start === undefined) return { kind: 'starts' };
  return over === undefined ? { kind: 'employed' } : { kind: 'employed', until: over };
}

function undecided(why: string): SeatDecision {
  return {
    phase: 'undecided',
    lifecycle: { expected: 'undecided', rule: `Nothing is decided: ${why}.` },
    disagree: false,
    flags: [],
  };
}
