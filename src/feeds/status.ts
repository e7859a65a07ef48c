import type { EmploymentStatus } from '../core/identity/hr-record.ts';

export interface StatusFacts {
  /** What the status cell means; absent when the cell is blank or there is no such column. */
  readonly word?: EmploymentStatus;
  readonly hasStatusColumn: boolean;
  readonly start?: string;
  /** Last day, inclusive. */
  readonly end?: string;
  readonly today: string;
  readonly zone: string;
  /** The day after `end`. */
  readonly dayAfterEnd?: string;
}

export type StatusDecision =
  | { readonly status: EmploymentStatus; readonly rule: string; readonly disagrees?: true; readonly endMissing?: true }
  | { readonly status: null; readonly rule: string };

/**
 * Status from (word, start, end, today). Dates win over words: systems change the word early, late or never, and the
 * last day is a day of work. Only a rescinded hire needs no date. The rule says in words what decided.
 */
export function decideStatus(facts: StatusFacts): StatusDecision {
  const { word, start, end, today } = facts;
  if (word === 'rescinded') return { status: 'rescinded', rule: 'the status says that the hire was withdrawn' };
  if (end !== undefined && end < today) {
    const rule = `last day ${end} is over: ended from ${facts.dayAfterEnd ?? end} 00:00 ${facts.zone}`;
    return word === 'active' || word === 'leave' || word === 'pre'
      ? { status: 'ended', rule: `${rule}, although the status still says ${word}`, disagrees: true }
      : { status: 'ended', rule };
  }
  if (word === 'ended' && start !== undefined && start > today) {
    return { status: null, rule: `the status says ended, the start ${start} is in the future` };
  }
  if (start !== undefined && start > today) return { status: 'pre', rule: `starts on ${start}` };
  if (word === 'ended') {
    if (end === undefined)
      return { status: 'ended', rule: 'the status says ended, without a last day', endMissing: true };
    const rule = `last day ${end} is inclusive: works until ${facts.dayAfterEnd ?? end} 00:00 ${facts.zone}`;
    return { status: 'active', rule: `${rule}, although the status already says ended`, disagrees: true };
  }
  if (word === 'leave') return { status: 'leave', rule: 'on leave: employed' };
  if (word === 'pre') {
    return start === undefined
      ? { status: 'pre', rule: 'the status says not started yet, without a start date' }
      : { status: 'active', rule: `started on ${start}, although the status still says pre`, disagrees: true };
  }
  const until = end === undefined ? '' : ` until ${end} inclusive`;
  if (word === 'active') return { status: 'active', rule: `the status says active${until}` };
  if (start !== undefined || end !== undefined) return { status: 'active', rule: `employed${until} by the dates` };
  if (facts.hasStatusColumn) return { status: null, rule: 'neither a status nor a date' };
  return { status: 'active', rule: 'the file has no status and no dates: who is listed is active' };
}

/** One spelling per word: case, hyphens, underscores, spaces and brackets at the ends do not count. */
export function statusKey(word: string): string {
  return word
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[-_\s]+/g, ' ')
    .trim();
}
