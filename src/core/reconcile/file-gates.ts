import { type CrossedKey, fullName } from '../identity/crossed-keys.ts';
import type { HrRecord } from '../identity/hr-record.ts';
import { type UnitSet, unitsOf } from './file-units.ts';
import type { Gate, GateCode } from './plan.ts';
import { type Policy, limitFor } from './policy.ts';

/** What was counted while a file was read, and what is known from the files before it. */
export interface FileFacts {
  readonly mode: 'full' | 'upsert' | 'delta';
  readonly policy: Policy;
  /** Data records; preamble, blank and total lines are no rows. */
  readonly counts: {
    readonly read: number;
    readonly accepted: number;
    readonly warned: number;
    readonly quarantined: number;
    readonly rejected: number;
  };
  /** Good rows of people who work or will work here. */
  readonly active: number;
  /** Rows read in the last accepted full files of the feed, at most five count; empty for a first file. */
  readonly recentSizes: readonly number[];
  /** People of the feed that are present, and the keys of those that this file lacks (full files only). */
  readonly present: number;
  readonly missing: readonly string[];
  /** What is known of them, as far as it was loaded. */
  readonly absent?: readonly HrRecord[];
  /** Of all rows of the file. */
  readonly units?: Pick<UnitSet, 'has'>;
  /** Rows whose status word nobody has mapped. */
  readonly unknownStatus: number;
  /** Why the file cannot be whole, as sentences. */
  readonly doubts: readonly string[];
  /** How the columns differ from those of the last accepted file, as sentences. */
  readonly columns?: readonly string[];
  /** Keys that seem to stand for somebody else than before. */
  readonly crossed?: readonly CrossedKey[];
}

const WHO = 20;
/** One bad row is a bad row, whatever share of a small file it is; the rest goes on. */
const BAD_ROWS_FREE = 1;
/** One unknown word is a typing error and quarantines its row; more of them are a new word in the HR system. */
const UNKNOWN_STATUS_FREE = 1;
/** A small file may lose or gain so many rows before the percentage counts. */
const SHRINK_FREE = 3;
const GROW_FREE = 10;
/** A unit of fewer people may go: a team of four is dissolved more often than an export forgets it. */
const UNIT_SIZE = 5;
/** People of whom the explanation gives the name. */
const NAMED = 5;

/**
 * Gates of one file, before any of its rows is accepted. `empty_source` rejects the
 * file; the others hold it until somebody releases it. Absence means something only in a full file.
 */
export function evaluateFile(facts: FileFacts): readonly Gate[] {
  const empty = emptySource(facts);
  if (empty.length > 0) return empty;
  return [
    ...incompleteFile(facts),
    ...columnFingerprint(facts),
    ...identifierSwap(facts),
    ...rowShrink(facts),
    ...missingFromFeed(facts),
    ...unitVanished(facts),
    ...badRows(facts),
    ...unknownStatus(facts),
  ];
}

function emptySource({ mode, counts, active }: FileFacts): readonly Gate[] {
  if (counts.read > 0 && (mode !== 'full' || active > 0)) return [];
  const what = counts.read === 0 ? 'The file has no rows' : 'The file has nobody who works here';
  return [
    gate({
      code: 'empty_source',
      limit: 1,
      value: counts.read === 0 ? 0 : active,
      of: counts.read,
      held: counts.read,
      how: `${what}: it is rejected, nothing of it was stored, and nobody is missing because of it. This cannot be released; send a whole file.`,
    }),
  ];
}

function incompleteFile({ counts, doubts, missing, absent }: FileFacts): readonly Gate[] {
  if (doubts.length === 0) return [];
  return [
    gate({
      code: 'incomplete_file',
      limit: 0,
      value: doubts.length,
      of: counts.read,
      held: counts.read,
      who: missing,
      how: explain(`The file is not whole: ${doubts.join(' ')}${named(missing, absent)}`),
    }),
  ];
}

function columnFingerprint({ counts, columns = [] }: FileFacts): readonly Gate[] {
  if (columns.length === 0) return [];
  return [
    gate({
      code: 'column_fingerprint',
      limit: 0,
      value: columns.length,
      of: counts.read,
      held: counts.read,
      how: explain(`The columns are not those of the last accepted file: ${columns.join(' ')}`),
    }),
  ];
}

function identifierSwap({ counts, crossed = [] }: FileFacts): readonly Gate[] {
  if (crossed.length === 0) return [];
  const first = crossed.slice(0, NAMED).map(({ key, kind, was, now }) => {
    return `${key} was ${was} and is ${now} now (${kind === 'swapped' ? 'exchanged with another key' : 'given to somebody else'}).`;
  });
  return [
    gate({
      code: 'identifier_swap',
      limit: 0,
      value: crossed.length,
      of: counts.read,
      held: counts.read,
      who: crossed.map(({ key }) => key),
      how: explain(
        `Ids stand for other people than before: ${first.join(' ')} A release takes each of them as the same person with a new name; if they are not, correct the ids.`,
      ),
    }),
  ];
}

function rowShrink({ mode, policy, counts, recentSizes }: FileFacts): readonly Gate[] {
  const usual = median(recentSizes.slice(0, 5));
  if (mode !== 'full' || usual === null || counts.read === 0) return [];
  const { rowShrinkPercent, rowGrowPercent } = policy.gates;
  const least = Math.min(Math.ceil((usual * (100 - rowShrinkPercent)) / 100), Math.floor(usual - SHRINK_FREE));
  const most = Math.max(Math.floor((usual * (100 + rowGrowPercent)) / 100), Math.ceil(usual + GROW_FREE));
  if (counts.read >= least && counts.read <= most) return [];
  const shrunk = counts.read < least;
  return [
    gate({
      code: 'row_shrink',
      limit: shrunk ? least : most,
      value: counts.read,
      of: usual,
      held: counts.read,
      how: explain(
        `The file has ${String(counts.read)} rows; the last accepted ones had ${String(usual)} in the middle, and ${shrunk ? `at least ${String(least)}` : `at most ${String(most)}`} are expected.`,
      ),
    }),
  ];
}

function missingFromFeed({ mode, policy, present, missing, absent }: FileFacts): readonly Gate[] {
  const limit = limitFor(policy.gates.missingFromFeed, present);
  if (mode !== 'full' || missing.length <= limit) return [];
  return [
    gate({
      code: 'missing_from_feed',
      limit,
      value: missing.length,
      of: present,
      held: missing.length,
      who: missing,
      how: explain(
        `${String(missing.length)} of ${String(present)} people are not in the file; at most ${String(limit)} may go missing at once.${named(missing, absent)}`,
      ),
    }),
  ];
}

/** A unit is gone where no row names it any more and so many of its people are not in the file at all: who moved is. */
function unitVanished({ mode, present, absent = [], units }: FileFacts): readonly Gate[] {
  if (mode !== 'full') return [];
  const byUnit = new Map<string, HrRecord[]>();
  for (const record of absent) {
    for (const unit of unitsOf(record)) {
      if (units?.has(unit.key) === true) continue;
      const own = byUnit.get(unit.name);
      if (own === undefined) byUnit.set(unit.name, [record]);
      else own.push(record);
    }
  }
  const gone = [...byUnit]
    .filter(([, people]) => people.length >= UNIT_SIZE)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  if (gone.length === 0) return [];
  const people = [...new Set(gone.flatMap(([, own]) => own.map(({ personKey }) => personKey)))].sort();
  const listed = gone.map(([unit, own]) => `${unit} with ${String(own.length)} people`);
  return [
    gate({
      code: 'unit_vanished',
      limit: UNIT_SIZE - 1,
      value: people.length,
      of: present,
      held: people.length,
      who: people,
      how: explain(
        `Whole units are not in the file any more: ${listed.slice(0, WHO).join(', ')}.${named(people, absent)}`,
      ),
    }),
  ];
}

function badRows({ policy, counts }: FileFacts): readonly Gate[] {
  const bad = counts.quarantined + counts.rejected;
  const limit = Math.max(BAD_ROWS_FREE, Math.floor((counts.read * policy.gates.badRowsPercent) / 100));
  if (bad <= limit) return [];
  return [
    gate({
      code: 'bad_rows',
      limit,
      value: bad,
      of: counts.read,
      held: counts.read,
      how: explain(
        `${String(bad)} of ${String(counts.read)} rows are bad; more than ${String(limit)} say that the file, not a row, has a problem.`,
      ),
    }),
  ];
}

function unknownStatus({ counts, unknownStatus: value }: FileFacts): readonly Gate[] {
  if (value <= UNKNOWN_STATUS_FREE) return [];
  return [
    gate({
      code: 'unknown_status',
      limit: UNKNOWN_STATUS_FREE,
      value,
      of: counts.read,
      held: counts.read,
      how: explain(
        `${String(value)} rows have a status word that is not mapped; add it to the feed's statusWords in the policy and send the file again.`,
      ),
    }),
  ];
}

function gate(input: {
  readonly code: GateCode;
  readonly limit: number;
  readonly value: number;
  readonly of: number;
  readonly held: number;
  readonly who?: readonly string[];
  readonly how: string;
}): Gate {
  return { ...input, window: 'file', who: (input.who ?? []).slice(0, WHO), committed: 0, notified: [] };
}

/** Who is missing, by name as far as it is known. */
function named(missing: readonly string[], absent: readonly HrRecord[] = []): string {
  if (missing.length === 0) return '';
  const names = new Map(absent.map((record) => [record.personKey, fullName(record)]));
  const first = missing.slice(0, NAMED).map((key) => {
    const name = names.get(key) ?? '';
    return name === '' ? key : `${name} (${key})`;
  });
  const more = missing.length > NAMED ? ` and ${String(missing.length - NAMED)} more` : '';
  return ` Missing: ${first.join(', ')}${more}.`;
}

function explain(what: string): string {
  return `${what} Nothing of it was accepted: the last accepted file stands, and nobody leaves because of this one. It stays held; send a better file, or release this one once with a reason.`;
}

function median(sizes: readonly number[]): number | null {
  const sorted = sizes.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) return null;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
