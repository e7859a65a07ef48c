import { ownCopy } from './cell.ts';
import { createKeyLedger } from './duplicates.ts';
import type { KeyLedger } from './duplicates.ts';
import type { Employment, FeedRow, RowProblem, StandingRow } from './feed.ts';
import type { Mapping } from './header.ts';
import type { RowReader } from './row.ts';
import { isPrimary } from './row-employment.ts';

/** What rows say of each other: the same person twice, several employments of one person, values that only one may have. */
export interface BetweenRows {
  /** A row in; the rows that are certain now out, in order. */
  enter(row: FeedRow): readonly FeedRow[];
  /** The rows that were still waiting for the next one. */
  end(): readonly FeedRow[];
  /** What became known too late: of `instead` another row, `record`, stands for the person. */
  standing(): readonly StandingRow[];
  readonly ledger: KeyLedger;
}

/** The row that stands for a person with several employments. */
interface Standing {
  readonly record: number;
  readonly rank: string;
  readonly employment: string;
  /** Every employment seen so far. */
  readonly keys: readonly string[];
}

export function createBetweenRows(mapping: Mapping, reader: RowReader): BetweenRows {
  const ledger = createKeyLedger();
  const unique = mapping.rules.filter((rule) => rule.unique === true && rule.field !== 'personKey');
  const owners = unique.map(() => new Map<string, string>());
  const several = mapping.index.employmentKey !== undefined;
  const standing = new Map<string, Standing>();
  const replaced: { readonly key: string; readonly instead: number }[] = [];
  let waiting: FeedRow[] = [];

  /** Rows of one person under one key. */
  function enterKey(row: FeedRow, key: string): FeedRow {
    const repetition = ledger.enter(key, row.raw, row.record);
    if (repetition === undefined) return row;
    const { kind, first } = repetition;
    if (kind === 'identical') {
      const message = `The row repeats record ${first} word for word and is left out.`;
      return without(row, keyProblem('duplicate_identical', key, message), { repeats: first });
    }
    const message = `Record ${first} has this id too, with other content: neither can be trusted.`;
    return without(row, keyProblem('duplicate_key', key, message));
  }

  function keyProblem(code: RowProblem['code'], key: string, message: string): RowProblem {
    const header = mapping.columns[mapping.keySource]?.header ?? '';
    const severity = code === 'duplicate_identical' || code === 'further_employment' ? 'warning' : 'error';
    return { column: 'personKey', header, value: key.slice(0, 80), code, severity, message };
  }

  function checkUnique(row: FeedRow, key: string): FeedRow {
    for (const [at, { field, header }] of unique.entries()) {
      const value = ownCopy(reader.cell(row, field).trim().toLowerCase());
      if (value === '') continue;
      const owner = owners[at]?.get(value);
      if (owner === undefined) owners[at]?.set(value, key);
      else if (owner !== key) {
        ledger.contradict(owner);
        const message =
          'Two people have this value, and the mapping says that only one can: neither row can be trusted.';
        row = without(row, { column: field, header, code: 'not_unique', severity: 'error', message });
      }
    }
    return row;
  }

  const settled = (row: FeedRow): FeedRow => {
    if (row.key === undefined) return row;
    const entered = enterKey(row, row.key);
    return unique.length === 0 ? entered : checkUnique(entered, row.key);
  };

  /** The rows of one person that follow each other. */
  function flush(): readonly FeedRow[] {
    const rows = waiting;
    waiting = [];
    const [first] = rows;
    if (first?.key === undefined) return rows;
    const { key } = first;
    const before = standing.get(key);
    const employments = rows.map((row) => ownCopy(reader.cell(row, 'employmentKey').trim()));
    const keys = [...(before?.keys ?? []), ...employments];
    if (new Set(keys).size < keys.length || ledger.inConflict(key)) return rows.map(settled);
    if (rows.length === 1 && before === undefined) {
      if (first.hr !== undefined) standing.set(key, standingOf(first, keys));
      return [settled(first)];
    }
    // One bad row may be the employment that counts: then nothing is known of the person.
    if (rows.some(({ hr }) => hr === undefined)) {
      standing.delete(key);
      const message = 'One of the employments of this person cannot be read, and it may be the one that counts.';
      const unclear = rows.map((row) =>
        row.hr === undefined ? row : without(row, keyProblem('employment_unclear', key, message)),
      );
      return before === undefined ? unclear.map((row, at) => (at === 0 ? settled(row) : row)) : unclear.map(settled);
    }
    const best = rows.map((row) => standingOf(row, keys)).reduce((one, other) => (counts(other, one) ? other : one));
    if (before === undefined || counts(best, before)) return stand(key, rows, best, before);
    standing.set(key, { ...before, keys });
    return rows.map((row) => further(row, key, before.record));
  }

  /** The best of these rows stands for the person, also where another one was yielded as the person before. */
  function stand(
    key: string,
    rows: readonly FeedRow[],
    best: Standing,
    before: Standing | undefined,
  ): readonly FeedRow[] {
    standing.set(key, best);
    if (before !== undefined) replaced.push({ key, instead: before.record });
    return rows.map((row) => {
      if (row.record !== best.record) return further(row, key, best.record);
      if (before !== undefined) ledger.move(key, row.raw, row.record);
      const entered = before === undefined ? settled(row) : checkUnique(row, key);
      const others = rows.filter((other) => other !== row);
      return entered.hr === undefined ? entered : { ...entered, employments: employmentsOf([row, ...others], reader) };
    });
  }

  function further(row: FeedRow, key: string, record: number): FeedRow {
    const message = `A further employment of this person; record ${record} stands for the person.`;
    return without(row, keyProblem('further_employment', key, message), { furtherOf: record });
  }

  function standingOf(row: FeedRow, keys: readonly string[]): Standing {
    const employment = ownCopy(reader.cell(row, 'employmentKey').trim());
    return { record: row.record, rank: rankOf(row), employment, keys };
  }

  /** Later is larger: employed, then marked as the main one, then an employee, then the latest start. */
  function rankOf(row: FeedRow): string {
    const status = row.hr?.status;
    const live = status === 'active' || status === 'leave' ? 3 : status === 'pre' ? 2 : status === 'ended' ? 1 : 0;
    const flag = isPrimary(reader.cell(row, 'primary'));
    const main = flag === true ? 2 : flag === undefined ? 1 : 0;
    return `${live}${main}${row.hr?.workerType === 'employee' ? 1 : 0}${row.hr?.start ?? ''}`;
  }

  return {
    ledger,
    standing: () =>
      replaced.flatMap(({ key, instead }) => {
        const record = ledger.recordOf(key);
        return record === undefined || record === instead ? [] : [{ key, record, instead }];
      }),
    enter(row) {
      if (!several) return [settled(row)];
      const [before] = waiting;
      if (row.key !== undefined && row.key === before?.key) {
        waiting.push(row);
        return [];
      }
      const ready = flush();
      waiting = [row];
      return ready;
    },
    end: flush,
  };
}

/** Where nothing else tells, the number of the employment decides, so that the order of an export does not matter. */
function counts(one: Standing, other: Standing): boolean {
  return one.rank === other.rank ? one.employment < other.employment : one.rank > other.rank;
}

/** The row without what it says of the person. */
function without(row: FeedRow, problem: RowProblem, more: Pick<FeedRow, 'repeats' | 'furtherOf'> = {}): FeedRow {
  const { record, line, outcome, key, raw, fixes, problems } = row;
  return {
    record,
    line,
    outcome: problem.severity === 'error' ? 'quarantined' : outcome === 'accepted' ? 'warned' : outcome,
    ...(key === undefined ? {} : { key }),
    ...more,
    ...(fixes === undefined ? {} : { fixes }),
    raw,
    problems: [...problems, problem],
  };
}

function employmentsOf(rows: readonly FeedRow[], reader: RowReader): readonly Employment[] {
  return rows.flatMap((row) => {
    if (row.hr === undefined) return [];
    const employmentKey = reader.cell(row, 'employmentKey').trim();
    return [{ record: row.record, ...(employmentKey === '' ? {} : { employmentKey }), ...row.hr }];
  });
}
