import type { HrRecord } from './hr-record.ts';

/**
 * What a row says about the end of employment, as one word: a statement counts from when this was first said. A back-dated
 * last day is a new statement; "ended" after an announced last day is the old one come true.
 */
export function employmentStatement(record: HrRecord): string {
  if (record.status === 'rescinded') return 'rescinded';
  if (record.end !== undefined) return `until ${record.end}`;
  return record.status === 'ended' ? 'ended' : 'open';
}
