import type { HrRecord } from '../identity/hr-record.ts';

/** What the columns of a file held: enough to see that the next file of the feed means something else by them. */
export interface FileFingerprint {
  /** Good rows, which `filled` is out of. */
  readonly rows: number;
  /** By field: the header of its column, and what the cells look like. */
  readonly columns: Readonly<Record<string, { readonly header: string; readonly looksLike?: string }>>;
  /** By field: good rows that say something. */
  readonly filled: Readonly<Record<string, number>>;
}

/** Fields whose columns are counted; the key is never blank, and a status is decided, not copied. */
const COUNTED = [
  'start',
  'end',
  'managerKey',
  'workEmail',
  'given',
  'family',
  'display',
  'title',
  'department',
  'location',
  'company',
] as const satisfies readonly (keyof HrRecord)[];

/** Fields that say who is employed: without one of them a narrower file says something else of everybody in it. */
const DECISIVE: readonly string[] = ['personKey', 'status', 'start', 'end'];
/** A share of filled cells may move so many points. */
const POINTS = 15;
/** And always so many rows: in a small team a few people are many percent. */
const ROWS_FREE = 10;

export interface FillCounter {
  enter(record: HrRecord): void;
  readonly rows: number;
  readonly filled: Readonly<Record<string, number>>;
}

export function createFillCounter(): FillCounter {
  const filled: Record<string, number> = Object.fromEntries(COUNTED.map((field) => [field, 0]));
  let rows = 0;
  return {
    enter(record) {
      rows += 1;
      for (const field of COUNTED) if (record[field] !== undefined) filled[field] = (filled[field] ?? 0) + 1;
    },
    get rows() {
      return rows;
    },
    filled,
  };
}

/**
 * How the columns differ from those of the last accepted full file, one sentence each: read from another column, gone,
 * new, another kind of content, or far more or fewer cells filled. A column that no field is read from says nothing.
 */
export function columnChanges(
  before: FileFingerprint,
  now: FileFingerprint,
  mode: 'full' | 'upsert' | 'delta',
): readonly string[] {
  const fields = [...new Set([...Object.keys(before.columns), ...Object.keys(now.columns)])].sort();
  return fields.flatMap((field) => {
    const was = before.columns[field];
    const is = now.columns[field];
    if (was === undefined && is === undefined) return [];
    if (mode !== 'full' && !DECISIVE.includes(field)) return [];
    if (is === undefined) return [`The column "${was?.header ?? ''}" (${field}) is gone.`];
    if (was === undefined) return [`The column "${is.header}" (${field}) is new.`];
    if (headerKey(was.header) !== headerKey(is.header)) {
      return [`${field} was read from "${was.header}" and is now read from "${is.header}".`];
    }
    if (mode !== 'full') return [];
    if (isOtherKind(was.looksLike, is.looksLike) && enough(before, field) && enough(now, field)) {
      return [
        `The cells of "${is.header}" (${field}) looked like ${was.looksLike ?? ''} and now look like ${is.looksLike ?? ''}.`,
      ];
    }
    return fillChange(field, is.header, before, now);
  });
}

function fillChange(field: string, header: string, before: FileFingerprint, now: FileFingerprint): readonly string[] {
  const was = before.filled[field];
  const is = now.filled[field];
  if (was === undefined || is === undefined || before.rows === 0 || now.rows === 0) return [];
  // In whole numbers, so that a limit is one: the shift, times the rows of both files.
  const shift = Math.abs(is * before.rows - was * now.rows);
  if (shift * 100 <= POINTS * before.rows * now.rows || shift <= ROWS_FREE * before.rows) return [];
  const percent = (part: number, of: number): string => `${String(Math.round((part * 100) / of))} %`;
  return [
    `"${header}" (${field}) was filled in ${percent(was, before.rows)} of the rows and is now in ${percent(is, now.rows)}.`,
  ];
}

function enough({ rows, filled }: FileFingerprint, field: string): boolean {
  return (filled[field] ?? rows) > ROWS_FREE;
}

/** Words and text are one kind: a column of titles changes from one to the other by a single cell. */
function isOtherKind(was: string | undefined, is: string | undefined): boolean {
  const [one, other] = [was, is].map((looks) => (looks === 'word' ? 'text' : looks === 'blank' ? undefined : looks));
  return one !== undefined && other !== undefined && one !== other;
}

function headerKey(header: string): string {
  return header.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim();
}
