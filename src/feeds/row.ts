import type { EmploymentStatus, HrRecord } from '../core/identity/hr-record.ts';
import { cleanText, isBlank, isTimeZone, looksLikeEmail, readKey, unguard } from './cell.ts';
import { nextDay, readDate } from './dates.ts';
import type { ColumnOrder } from './dates.ts';
import type { FeedField, FeedProfile, FeedRow } from './feed.ts';
import type { Mapping } from './header.ts';
import { STATUS_WORDS, WORKER_WORDS } from './presets/words.ts';
import type { CsvRecord } from './read-csv.ts';
import { createProblemList } from './row-problem.ts';
import type { ProblemList } from './row-problem.ts';
import { checkStructure } from './row-structure.ts';
import { decideStatus, statusKey } from './status.ts';

export interface RowReader {
  /** One record as a row; the keys of other rows are not looked at. */
  read(record: CsvRecord, number: number): FeedRow;
}

export interface RowReaderInput {
  readonly mapping: Mapping;
  readonly profile: FeedProfile;
  readonly delimiter: string;
  /** Order of day and month by index of date column. */
  readonly orders: ReadonlyMap<number, ColumnOrder>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface Employment {
  start?: string;
  end?: string;
}

/** Fields that are one line of text and nothing more. */
const TEXT_FIELDS = [
  'given',
  'family',
  'preferred',
  'display',
  'title',
  'department',
  'location',
  'company',
  'phone',
  'locale',
] as const satisfies readonly FeedField[];

export function createRowReader({ mapping, profile, delimiter, orders }: RowReaderInput): RowReader {
  const words = statusWordsOf(mapping, profile);

  function read(record: CsvRecord, number: number): FeedRow {
    const problems = createProblemList(mapping);
    checkStructure(record, mapping, delimiter, problems);
    const key = readKeyCell(record.cells, problems);
    const built = key === undefined || problems.hasErrors() ? undefined : build(record.cells, key, problems);
    return {
      record: number,
      line: record.line,
      outcome: problems.outcome(key),
      ...(problems.hasErrors() ? {} : built),
      ...(key === undefined ? {} : { key }),
      ...withoutNotes(record.cells),
      problems: problems.problems,
    };
  }

  function withoutNotes(cells: readonly string[]): Pick<FeedRow, 'raw' | 'fixes'> {
    const { fix } = mapping;
    if (fix === undefined) return { raw: cells };
    return {
      raw: cells.filter((_, index) => !fix.notes.has(index)).map(unguard),
      fixes: { importId: cells[fix.importIndex] ?? '', record: cells[fix.recordIndex] ?? '' },
    };
  }

  function cellOf(cells: readonly string[], field: FeedField): string {
    const cell = cells[mapping.index[field] ?? -1] ?? '';
    return mapping.fix === undefined ? cell : unguard(cell);
  }

  function readKeyCell(cells: readonly string[], problems: ProblemList): string | undefined {
    const value = cellOf(cells, 'personKey');
    const key = readKey(value);
    if (key.ok) return key.key;
    problems.refuse(key.code, key.message, { field: 'personKey', value, suggestion: key.suggestion });
    return undefined;
  }

  function build(
    cells: readonly string[],
    key: string,
    problems: ProblemList,
  ): Pick<FeedRow, 'hr' | 'statusRule'> | undefined {
    const hr: Mutable<Partial<HrRecord>> = {};
    for (const field of TEXT_FIELDS) {
      const text = cleanText(cellOf(cells, field));
      if (text !== undefined) hr[field] = text;
    }
    const email = cleanText(cellOf(cells, 'workEmail'));
    if (email !== undefined && looksLikeEmail(email)) hr.workEmail = email;
    else if (email !== undefined) {
      problems.warn('email_invalid', 'Not an e-mail address, left out.', { field: 'workEmail', value: email });
    }
    const managerKey = readManager(cells, key, problems);
    if (managerKey !== undefined) hr.managerKey = managerKey;
    const timeZone = readZone(cells, problems);
    if (timeZone !== undefined) hr.timeZone = timeZone;
    const dates = readDates(cells, problems);
    if (dates === undefined) return undefined;
    const decided = readStatus(cells, dates, timeZone ?? profile.companyTimeZone, problems);
    if (decided === undefined) return undefined;
    const { rule, ...status } = decided;
    const workerType = readWorkerType(cells, problems);
    return { hr: { personKey: key, workerType, ...status, ...dates, ...hr }, statusRule: rule };
  }

  function readManager(cells: readonly string[], key: string, problems: ProblemList): string | undefined {
    const value = cellOf(cells, 'managerKey');
    if (isBlank(value)) return undefined;
    const manager = readKey(value);
    if (manager.ok && manager.key !== key) return manager.key;
    if (manager.ok) problems.warn('manager_self', 'The row names itself as manager.', { field: 'managerKey', value });
    else problems.warn('manager_invalid', manager.message, { field: 'managerKey', value });
    return undefined;
  }

  function readZone(cells: readonly string[], problems: ProblemList): string | undefined {
    const value = cleanText(cellOf(cells, 'timeZone'));
    if (value === undefined || isTimeZone(value)) return value;
    const suggestion = 'Use names such as Europe/Berlin.';
    const message = `Not a time zone; ${profile.companyTimeZone} is used.`;
    problems.warn('time_zone_unknown', message, { field: 'timeZone', value, suggestion });
    return undefined;
  }

  /** Start and last day; undefined when a date cell is in error, since no status may be built on it. */
  function readDates(cells: readonly string[], problems: ProblemList): Employment | undefined {
    const dates: Employment & { rehire?: string } = {};
    for (const field of ['start', 'end', 'rehire'] as const) {
      const value = cellOf(cells, field).trim();
      if (isBlank(value)) continue;
      const cell = readDate(value, orders.get(mapping.index[field] ?? -1) ?? 'unknown');
      if (cell.kind === 'problem') {
        problems.refuse(cell.code, cell.message, { field, value, suggestion: cell.suggestion });
      } else if (cell.kind === 'date') {
        dates[field] = cell.date;
        if (cell.serial === true) {
          problems.warn('date_serial', `A spreadsheet's day number; read as ${cell.date}.`, { field, value });
        }
      }
    }
    return problems.hasErrors() ? undefined : employmentOf(dates, problems);
  }

  function employmentOf(
    { rehire, ...dates }: Employment & { rehire?: string },
    problems: ProblemList,
  ): Employment | undefined {
    // The later employment counts: an end before the return belongs to the earlier one.
    if (rehire !== undefined && (dates.start === undefined || rehire > dates.start)) {
      dates.start = rehire;
      if (dates.end !== undefined && dates.end < rehire) delete dates.end;
    }
    if (dates.start === undefined || dates.end === undefined || dates.end >= dates.start) return dates;
    problems.refuse('date_order', `The last day ${dates.end} is before the start ${dates.start}.`, {
      field: 'end',
      value: dates.end,
      suggestion: 'Correct one of the dates, or map the rehire date.',
    });
    return undefined;
  }

  function readStatus(
    cells: readonly string[],
    dates: Employment,
    zone: string,
    problems: ProblemList,
  ): { status: EmploymentStatus; statusRaw?: string; rule: string } | undefined {
    const raw = cleanText(cellOf(cells, 'status'));
    const place = { field: 'status', value: raw ?? '' } as const;
    const word = raw === undefined ? undefined : words.get(statusKey(raw));
    if (raw !== undefined && word === undefined) {
      const suggestion = `If the word is right, add it to the feed's statusWords.`;
      problems.refuse('status_unknown', 'The status word is not known.', { ...place, suggestion });
      return undefined;
    }
    const decision = decideStatus({
      ...dates,
      ...(word === undefined ? {} : { word }),
      ...(dates.end === undefined ? {} : { dayAfterEnd: nextDay(dates.end) }),
      hasStatusColumn: mapping.index.status !== undefined,
      today: profile.today,
      zone,
    });
    if (decision.status === null) {
      const code = word === undefined ? 'status_missing' : 'date_order';
      problems.refuse(code, `The status cannot be decided: ${decision.rule}.`, place);
      return undefined;
    }
    if (decision.disagrees) problems.warn('status_disagrees', `Dates decide: ${decision.rule}.`, place);
    if (decision.endMissing) problems.warn('end_missing', 'Ended, but the file has no last day.', place);
    return { status: decision.status, rule: decision.rule, ...(raw === undefined ? {} : { statusRaw: raw }) };
  }

  function readWorkerType(cells: readonly string[], problems: ProblemList): HrRecord['workerType'] {
    const value = cleanText(cellOf(cells, 'workerType'));
    if (value === undefined) return 'employee';
    const known = WORKER_WORDS.get(statusKey(value));
    if (known !== undefined) return known;
    const message = 'The kind of worker is not known; read as employee.';
    problems.warn('worker_type_unknown', message, { field: 'workerType', value });
    return 'employee';
  }

  return { read };
}

/** The feed's own words win over the preset's, those over the common ones. */
function statusWordsOf(mapping: Mapping, profile: FeedProfile): ReadonlyMap<string, EmploymentStatus> {
  const sources = [STATUS_WORDS, mapping.preset.statusWords ?? {}, profile.statusWords ?? {}];
  return new Map(
    sources.flatMap((source) => Object.entries(source).map(([word, status]) => [statusKey(word), status])),
  );
}
