import type { HrRecord } from '../core/identity/hr-record.ts';
import { cleanText, isBlank, isTimeZone, looksLikeEmail, readKey, unguard } from './cell.ts';
import type { DateColumn } from './dates.ts';
import type { FeedProfile, FeedRow } from './feed.ts';
import type { FeedField } from './terms.ts';
import type { Mapping } from './header.ts';
import type { LetterWatch } from './letter-watch.ts';
import type { CsvRecord } from './read-csv.ts';
import { createEmploymentReader } from './row-employment.ts';
import type { CellOf } from './row-employment.ts';
import { createProblemList } from './row-problem.ts';
import type { ProblemList } from './row-problem.ts';
import { checkStructure } from './row-structure.ts';

export interface RowReader {
  /** One record as a row; the keys of other rows are not looked at. */
  read(record: CsvRecord, number: number): FeedRow;
  /** The cell of a field as it was mapped, for what is decided between rows. */
  cell(row: FeedRow, field: FeedField): string;
}

export interface RowReaderInput {
  readonly mapping: Mapping;
  readonly profile: FeedProfile;
  readonly delimiter: string;
  readonly dates: ReadonlyMap<number, DateColumn>;
  readonly watch: LetterWatch;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

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

export function createRowReader({ mapping, profile, delimiter, dates, watch }: RowReaderInput): RowReader {
  const employment = createEmploymentReader({ mapping, profile, dates });
  const structure = { mapping, delimiter, repairText: profile.repairText === true, watch };
  const keyWidth = profile.expected?.earlier?.keyWidth;
  const texts = TEXT_FIELDS.flatMap((field) => {
    const index = mapping.index[field];
    return index === undefined ? [] : [{ field, index }];
  });

  const problems = createProblemList(mapping);

  function read(record: CsvRecord, number: number): FeedRow {
    problems.start();
    const whole = checkStructure(record, number, structure, problems);
    const cells = mapping.rules.length === 0 || record.fault !== undefined ? whole : applyRules(whole, problems);
    const cellOf: CellOf = (field) => {
      const cell = cells[mapping.index[field] ?? -1] ?? '';
      return mapping.fix === undefined ? cell : unguard(cell);
    };
    const key = readKeyCell(cellOf, problems);
    const built = key === undefined || problems.hasErrors() ? undefined : build(cells, cellOf, key, problems);
    const row = { record: number, line: record.line, outcome: problems.outcome(key), problems: problems.problems() };
    const raw = mapping.fix === undefined ? { raw: record.cells } : withoutNotes(record.cells);
    if (key === undefined) return { ...row, ...raw };
    if (built === undefined || problems.hasErrors()) return { ...row, ...raw, key };
    return { ...row, ...raw, key, ...built };
  }

  /** The values of own rules, behind the cells of the file. */
  function applyRules(cells: readonly string[], problems: ProblemList): readonly string[] {
    const values = cells.slice(0, mapping.width);
    while (values.length < mapping.width) values.push('');
    for (const { field, value: rule } of mapping.rules) {
      const value = rule(cells);
      if (typeof value === 'string') values.push(value);
      else {
        values.push('');
        // A key that cannot be read is told by `readKeyCell`.
        if (field !== 'personKey' || value.code !== 'required_blank')
          problems.refuse(value.code, value.message, { field });
      }
    }
    return values;
  }

  function withoutNotes(cells: readonly string[]): Pick<FeedRow, 'raw' | 'fixes'> {
    const { fix } = mapping;
    if (fix === undefined) return { raw: cells };
    return {
      raw: cells.filter((_, index) => !fix.notes.has(index)).map(unguard),
      fixes: { importId: cells[fix.importIndex] ?? '', record: cells[fix.recordIndex] ?? '' },
    };
  }

  function readKeyCell(cellOf: CellOf, problems: ProblemList): string | undefined {
    const value = cellOf('personKey');
    const key = readKey(value);
    if (!key.ok) {
      problems.refuse(key.code, key.message, { field: 'personKey', value, suggestion: key.suggestion });
      return undefined;
    }
    const padded = padKey(key.key, keyWidth);
    if (padded === undefined) return key.key;
    problems.refuse('id_zeros_lost', zerosLost(keyWidth), {
      field: 'personKey',
      value,
      suggestion: suggestPadding(padded),
    });
    // Nobody is missing because a spreadsheet ate a zero: the row counts for the person it probably means.
    return padded;
  }

  function build(
    cells: readonly string[],
    cellOf: CellOf,
    key: string,
    problems: ProblemList,
  ): Pick<FeedRow, 'hr' | 'statusRule'> | undefined {
    const hr: Mutable<Partial<HrRecord>> = {};
    for (const { field, index } of texts) {
      const text = cleanText(mapping.fix === undefined ? (cells[index] ?? '') : cellOf(field));
      if (text !== undefined) hr[field] = text;
    }
    const email = cleanText(cellOf('workEmail'));
    if (email !== undefined && looksLikeEmail(email)) hr.workEmail = email;
    else if (email !== undefined) {
      problems.warn('email_invalid', 'Not an e-mail address, left out.', { field: 'workEmail', value: email });
    }
    const managerKey = readManager(cellOf, key, problems);
    if (managerKey !== undefined) hr.managerKey = managerKey;
    const timeZone = readZone(cellOf, problems);
    if (timeZone !== undefined) hr.timeZone = timeZone;
    const decided = employment.read(cellOf, timeZone ?? profile.companyTimeZone, problems);
    if (decided === undefined) return undefined;
    const { rule, ...rest } = decided;
    return { hr: { personKey: key, ...rest, ...hr }, statusRule: rule };
  }

  function readManager(cellOf: CellOf, key: string, problems: ProblemList): string | undefined {
    const value = cellOf('managerKey');
    if (value === '' || isBlank(value)) return undefined;
    const manager = readKey(value);
    const place = { field: 'managerKey', value } as const;
    if (!manager.ok) {
      problems.warn('manager_invalid', manager.message, place);
      return undefined;
    }
    const padded = padKey(manager.key, keyWidth);
    if (padded !== undefined) {
      problems.warn('id_zeros_lost', `${zerosLost(keyWidth)} The manager is left out.`, {
        ...place,
        suggestion: suggestPadding(padded),
      });
      return undefined;
    }
    if (manager.key !== key) return manager.key;
    problems.warn('manager_self', 'The row names itself as manager.', place);
    return undefined;
  }

  function readZone(cellOf: CellOf, problems: ProblemList): string | undefined {
    const value = cleanText(cellOf('timeZone'));
    if (value === undefined || isTimeZone(value)) return value;
    const suggestion = 'Use names such as Europe/Berlin.';
    const message = `Not a time zone; ${profile.companyTimeZone} is used.`;
    problems.warn('time_zone_unknown', message, { field: 'timeZone', value, suggestion });
    return undefined;
  }

  function cell(row: FeedRow, field: FeedField): string {
    const index = mapping.index[field] ?? -1;
    const rule = mapping.rules[index - mapping.width];
    if (rule === undefined) return row.raw[index] ?? '';
    const value = rule.value(row.raw);
    return typeof value === 'string' ? value : '';
  }

  return { read, cell };
}

/** With zeros in front, where the feed's ids always had more digits; undefined where nothing is missing. */
function padKey(key: string, width: number | undefined): string | undefined {
  if (width === undefined || key.length >= width || !/^\d+$/.test(key)) return undefined;
  return key.padStart(width, '0');
}

const zerosLost = (width: number | undefined): string =>
  `Ids of this feed have ${width ?? 0} digits: a spreadsheet may have dropped zeros in front.`;
const suggestPadding = (padded: string): string =>
  `Is it ${padded}? Export again with the id column as text, or map it with pad.`;
