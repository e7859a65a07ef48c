/**
 * What one HR row says of one worker, after its feed's mapping was applied.
 * `undefined` = the column is absent or the cell is blank: no opinion. Dates are calendar dates (`YYYY-MM-DD`) in the
 * worker's zone. Source: docs/hr-feeds.md.
 */
export type EmploymentStatus = 'pre' | 'active' | 'leave' | 'ended' | 'rescinded';

export type WorkerType = 'employee' | 'contingent' | 'intern' | 'external';

export interface HrRecord {
  /** Immutable within the feed (employee id, worker id, personnel number), exactly as printed: leading zeros count. */
  readonly personKey: string;
  readonly workerType: WorkerType;
  /** The cell as it came, for the report. */
  readonly statusRaw?: string;
  readonly status: EmploymentStatus;
  readonly start?: string;
  /** Last day of employment, inclusive. Absent = open end. */
  readonly end?: string;
  readonly managerKey?: string;
  readonly workEmail?: string;
  readonly given?: string;
  readonly family?: string;
  readonly preferred?: string;
  readonly display?: string;
  readonly title?: string;
  readonly department?: string;
  readonly location?: string;
  readonly company?: string;
  readonly phone?: string;
  readonly locale?: string;
  /** IANA zone of the worker; absent = the company's. */
  readonly timeZone?: string;
  /** Of a worker with several: all of them, the one that the rest of this record speaks of first. */
  readonly employments?: readonly Employment[];
}

/** What one row says of one of several employments. */
export interface Employment extends Omit<HrRecord, 'personKey' | 'employments'> {
  /** Position, assignment or contract number, where the file has one. */
  readonly employmentKey?: string;
}
