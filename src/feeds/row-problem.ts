import { mask } from './cell.ts';
import type { RowOutcome, RowProblem } from './feed.ts';
import type { FeedField } from './terms.ts';
import type { Mapping } from './header.ts';

/** Cells of these may stand in a report; every other cell is masked. */
const OPEN_FIELDS: ReadonlySet<FeedField> = new Set<FeedField>([
  'personKey',
  'employmentKey',
  'primary',
  'action',
  'onLeave',
  'status',
  'workerType',
  'start',
  'end',
  'rehire',
  'managerKey',
  'title',
  'department',
  'location',
  'company',
  'locale',
  'timeZone',
]);
const SHOWN_LENGTH = 80;

/** Whether cells of the field may be shown as they are. */
export const isOpen = (field: FeedField | undefined): boolean => field !== undefined && OPEN_FIELDS.has(field);

/** Where a problem is, by field or by column index, with the cell and what to do about it. */
interface ProblemPlace {
  readonly field?: FeedField;
  readonly index?: number;
  readonly value?: string;
  readonly suggestion?: string | undefined;
}

export interface ProblemList {
  /** Of the row that `start` began. */
  problems(): readonly RowProblem[];
  /** Forgets the row before. */
  start(): void;
  /** The row stays usable. */
  warn(code: RowProblem['code'], message: string, place?: ProblemPlace): void;
  /** The row cannot be trusted. */
  refuse(code: RowProblem['code'], message: string, place?: ProblemPlace): void;
  hasErrors(): boolean;
  outcome(key: string | undefined): RowOutcome;
}

/** What most rows have; one list for all of them. */
const NONE: readonly RowProblem[] = [];

/** The problems of one row after the other. */
export function createProblemList(mapping: Mapping): ProblemList {
  let problems = NONE;
  let errors = 0;
  const add = (
    severity: RowProblem['severity'],
    code: RowProblem['code'],
    message: string,
    { suggestion, ...place }: ProblemPlace = {},
  ): void => {
    const hint = suggestion === undefined ? {} : { suggestion };
    problems = [...problems, { ...describe(mapping, place), code, severity, message, ...hint }];
    if (severity === 'error') errors += 1;
  };
  return {
    problems: () => problems,
    start() {
      problems = NONE;
      errors = 0;
    },
    warn: (code, message, place) => add('warning', code, message, place),
    refuse: (code, message, place) => add('error', code, message, place),
    hasErrors: () => errors > 0,
    outcome(key) {
      if (errors > 0) return key === undefined ? 'rejected' : 'quarantined';
      return problems === NONE ? 'accepted' : 'warned';
    },
  };
}

function describe(mapping: Mapping, place: ProblemPlace): Pick<RowProblem, 'column' | 'header' | 'value'> {
  const index = place.index ?? (place.field === undefined ? undefined : mapping.index[place.field]);
  // The values of own rules stand behind the columns of the file.
  const rule = index === undefined ? undefined : mapping.rules[index - mapping.width];
  const column = index === undefined ? undefined : (mapping.columns[index] ?? rule);
  const field = place.field ?? column?.field ?? undefined;
  const sensitive = mapping.rules.find((one) => one.field === field)?.sensitive;
  const open = sensitive === undefined ? isOpen(field) : !sensitive && isOpen(field);
  return {
    ...(field === undefined ? {} : { column: field }),
    ...(column === undefined ? {} : { header: column.header }),
    ...(place.value === undefined ? {} : { value: open ? place.value.slice(0, SHOWN_LENGTH) : mask(place.value) }),
  };
}
