import { mask } from './cell.ts';
import type { FeedField, RowOutcome, RowProblem } from './feed.ts';
import type { Mapping } from './header.ts';

/** Cells of these may stand in a report; every other cell is masked. */
const OPEN_FIELDS: ReadonlySet<FeedField> = new Set<FeedField>([
  'personKey',
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

/** Where a problem is, by field or by column index, with the cell and what to do about it. */
interface ProblemPlace {
  readonly field?: FeedField;
  readonly index?: number;
  readonly value?: string;
  readonly suggestion?: string | undefined;
}

export interface ProblemList {
  readonly problems: readonly RowProblem[];
  /** The row stays usable. */
  warn(code: RowProblem['code'], message: string, place?: ProblemPlace): void;
  /** The row cannot be trusted. */
  refuse(code: RowProblem['code'], message: string, place?: ProblemPlace): void;
  hasErrors(): boolean;
  outcome(key: string | undefined): RowOutcome;
}

export function createProblemList(mapping: Mapping): ProblemList {
  const problems: RowProblem[] = [];
  const add = (
    severity: RowProblem['severity'],
    code: RowProblem['code'],
    message: string,
    { suggestion, ...place }: ProblemPlace = {},
  ): void => {
    const hint = suggestion === undefined ? {} : { suggestion };
    problems.push({ ...describe(mapping, place), code, severity, message, ...hint });
  };
  const hasErrors = (): boolean => problems.some(({ severity }) => severity === 'error');
  return {
    problems,
    warn: (code, message, place) => add('warning', code, message, place),
    refuse: (code, message, place) => add('error', code, message, place),
    hasErrors,
    outcome(key) {
      if (hasErrors()) return key === undefined ? 'rejected' : 'quarantined';
      return problems.length > 0 ? 'warned' : 'accepted';
    },
  };
}

function describe(mapping: Mapping, place: ProblemPlace): Pick<RowProblem, 'column' | 'header' | 'value'> {
  const index = place.index ?? (place.field === undefined ? undefined : mapping.index[place.field]);
  const column = index === undefined ? undefined : mapping.columns[index];
  const field = place.field ?? column?.field ?? undefined;
  const open = field !== undefined && OPEN_FIELDS.has(field);
  return {
    ...(field === undefined ? {} : { column: field }),
    ...(column === undefined ? {} : { header: column.header }),
    ...(place.value === undefined ? {} : { value: open ? place.value.slice(0, SHOWN_LENGTH) : mask(place.value) }),
  };
}
