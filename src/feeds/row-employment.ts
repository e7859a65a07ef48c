import type { EmploymentStatus, HrRecord } from '../core/identity/hr-record.ts';
import { cleanText, isBlank } from './cell.ts';
import { nextDay, readDate } from './dates.ts';
import type { DateColumn } from './dates.ts';
import type { FeedProfile } from './feed.ts';
import type { FeedField } from './terms.ts';
import type { Mapping } from './header.ts';
import { STATUS_WORDS, WORKER_WORDS } from './presets/words.ts';
import type { ProblemList } from './row-problem.ts';
import { decideStatus, statusKey } from './status.ts';

interface Dates {
  start?: string;
  end?: string;
}

/** Gives the cell of a field, '' where the file has none. */
export type CellOf = (field: FeedField) => string;

export interface EmploymentReader {
  /** What a row says of the employment; undefined when it cannot be known, with the reason in `problems`. */
  read(
    cellOf: CellOf,
    zone: string,
    problems: ProblemList,
  ): (Pick<HrRecord, 'workerType' | 'status' | 'statusRaw' | 'start' | 'end'> & { readonly rule: string }) | undefined;
}

const YES = /^(yes|y|true|1|x|primary|main|ja|oui|sí|si)$/i;
const NO = /^(no|n|false|0|secondary|nein|non)$/i;
const DELETE = /^(delete|deleted|del|d|remove|removed|terminate|true|yes|1|ja|löschen)$/i;
const KEEP = /^(add|added|insert|create|update|updated|upsert|change|changed|modify|none|no|false|0|a|c|u|i|nein)$/i;

export const isYes = (cell: string): boolean => YES.test(cell.trim());

export function createEmploymentReader({
  mapping,
  profile,
  dates: columns,
}: {
  readonly mapping: Mapping;
  readonly profile: FeedProfile;
  /** What the cells of each date column said together, by index. */
  readonly dates: ReadonlyMap<number, DateColumn>;
}): EmploymentReader {
  const statusOf = remembered(lookUp(statusWordsOf(mapping, profile)));
  const workerTypeOf = remembered(lookUp(WORKER_WORDS));

  /** Start and last day; undefined when a date cell is in error, since no status may be built on it. */
  function readDates(cellOf: CellOf, problems: ProblemList): Dates | undefined {
    const dates: Dates & { rehire?: string } = {};
    let good = true;
    for (const field of ['start', 'end', 'rehire'] as const) {
      const value = cellOf(field).trim();
      if (value === '' || isBlank(value)) continue;
      const column = columns.get(mapping.index[field] ?? -1);
      const cell = readDate(value, column?.order ?? 'unknown');
      if (cell.kind === 'problem') {
        good = false;
        problems.refuse(cell.code, cell.message, { field, value, suggestion: cell.suggestion });
      } else if (cell.kind === 'date' && cell.serial === true && column?.tangled === true) {
        good = false;
        const message =
          'The column has day numbers beside written dates: a spreadsheet understood some of them, perhaps with day and month exchanged.';
        problems.refuse('date_ambiguous', message, {
          field,
          value,
          suggestion: 'Export the column as text, YYYY-MM-DD.',
        });
      } else if (cell.kind === 'date') {
        dates[field] = cell.date;
        if (cell.serial === true) {
          problems.warn('date_serial', `A spreadsheet's day number; read as ${cell.date}.`, { field, value });
        }
      }
    }
    return good ? employmentOf(dates, problems) : undefined;
  }

  function employmentOf({ rehire, ...dates }: Dates & { rehire?: string }, problems: ProblemList): Dates | undefined {
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
    cellOf: CellOf,
    dates: Dates,
    zone: string,
    problems: ProblemList,
  ): { status: EmploymentStatus; statusRaw?: string; rule: string } | undefined {
    const removal = readAction(cellOf, dates, problems);
    if (removal === undefined) return undefined;
    const raw = cleanText(cellOf('status'));
    const place = { field: 'status', value: raw ?? '' } as const;
    let word = raw === undefined ? undefined : statusOf(raw);
    if (raw !== undefined && word === undefined && removal === 'none') {
      const suggestion = `If the word is right, add it to the feed's statusWords.`;
      problems.refuse('status_unknown', 'The status word is not known.', { ...place, suggestion });
      return undefined;
    }
    if (removal !== 'none') word = removal;
    // "Inactive" of somebody on leave is no end: leave is not leaving.
    else if (isYes(cellOf('onLeave')) && (word === undefined || word === 'active' || word === 'ended')) {
      if (word !== 'ended' || dates.end === undefined) word = 'leave';
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

  /** A row that is there to say that the person is gone; undefined = the word is not known. */
  function readAction(cellOf: CellOf, dates: Dates, problems: ProblemList): 'ended' | 'rescinded' | 'none' | undefined {
    if (mapping.index.action === undefined) return 'none';
    const value = cleanText(cellOf('action'));
    if (value === undefined || KEEP.test(value)) return 'none';
    if (DELETE.test(value)) return dates.start !== undefined && dates.start > profile.today ? 'rescinded' : 'ended';
    const suggestion = 'Write delete for a person who is gone, nothing for everybody else.';
    problems.refuse('action_unknown', 'The word for what is to be done is not known.', {
      field: 'action',
      value,
      suggestion,
    });
    return undefined;
  }

  function readWorkerType(cellOf: CellOf, problems: ProblemList): HrRecord['workerType'] {
    const value = cleanText(cellOf('workerType'));
    if (value === undefined) return 'employee';
    const known = workerTypeOf(value);
    if (known !== undefined) return known;
    const message = 'The kind of worker is not known; read as employee.';
    problems.warn('worker_type_unknown', message, { field: 'workerType', value });
    return 'employee';
  }

  return {
    read(cellOf, zone, problems) {
      const dates = readDates(cellOf, problems);
      if (dates === undefined) return undefined;
      const decided = readStatus(cellOf, dates, zone, problems);
      if (decided === undefined) return undefined;
      return { workerType: readWorkerType(cellOf, problems), ...decided, ...dates };
    },
  };
}

const lookUp =
  <T>(words: ReadonlyMap<string, T>) =>
  (text: string): T | undefined =>
    words.get(statusKey(text));

/** Words that are worked out once: a million rows have a handful of them. */
const MOST_REMEMBERED = 500;

function remembered<T>(work: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const result = work(text);
    if (known.size < MOST_REMEMBERED) known.set(text, result);
    return result;
  };
}

/** Whether most words of a column are about adding, changing and deleting rows; an "Action" may be anything. */
export function saysActions(cells: readonly string[]): boolean {
  const filled = cells.map((cell) => cell.trim()).filter((cell) => cell !== '');
  return filled.filter((cell) => KEEP.test(cell) || DELETE.test(cell)).length >= filled.length * ACTION_SHARE;
}

const ACTION_SHARE = 0.8;

/** Whether the cell says that this is the main one of several employments; undefined = it says nothing. */
export function isPrimary(cell: string): boolean | undefined {
  const text = cell.trim();
  return YES.test(text) ? true : NO.test(text) ? false : undefined;
}

/** The feed's own words win over the preset's, those over the common ones. */
function statusWordsOf(mapping: Mapping, profile: FeedProfile): ReadonlyMap<string, EmploymentStatus> {
  const sources = [STATUS_WORDS, mapping.preset.statusWords ?? {}, profile.statusWords ?? {}];
  return new Map(
    sources.flatMap((source) => Object.entries(source).map(([word, status]) => [statusKey(word), status])),
  );
}
