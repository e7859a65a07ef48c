import { FeedError, MAX_COLUMNS } from './feed.ts';
import type { FeedColumn, FeedField, FeedProfile } from './feed.ts';
import { bamboohr } from './presets/bamboohr.ts';
import { UNUSED_HEADERS, generic } from './presets/generic.ts';
import type { Preset } from './presets/preset.ts';
import { workday } from './presets/workday.ts';

/** Rows in which a header is looked for. */
export const HEADER_SEARCH_ROWS = 50;
const MATCHING_SHARE = 0.6;
const PRESETS: readonly Preset[] = [workday, bamboohr];

/** The order in which fields take columns: the key first. */
const FIELDS: readonly FeedField[] = [
  'personKey',
  'status',
  'workerType',
  'start',
  'end',
  'rehire',
  'managerKey',
  'workEmail',
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
  'timeZone',
];

export interface Mapping {
  readonly preset: Preset;
  readonly confidence: number;
  readonly columns: readonly FeedColumn[];
  readonly index: Readonly<Partial<Record<FeedField, number>>>;
  readonly keyIndex: number;
  /** Columns up to the last one with a header, and all that the header row has. */
  readonly minWidth: number;
  readonly width: number;
  /** `_import` and `_record` of a fix file. */
  readonly fix?: { readonly importIndex: number; readonly recordIndex: number; readonly notes: ReadonlySet<number> };
}

/** One spelling per header: NFKC, no-break and repeated spaces, line breaks and case do not count. */
function tidy(header: string): string {
  return header
    .normalize('NFKC')
    .replaceAll(/[\u200B\uFEFF]/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .toLowerCase();
}

/** What synonyms are compared by: a bracketed suffix such as "(Employment Profile)" dropped, letters and digits only. */
function compact(header: string): string {
  const bare = tidy(header).replace(/ ?[([][^()[\]]*[)\]]$/, '');
  return (bare === '' ? tidy(header) : bare).replaceAll('#', 'number').replaceAll(/[^\p{L}\p{N}]/gu, '');
}

const compactAll = (headers: readonly string[]): ReadonlySet<string> => new Set(headers.map(compact));
const KEY_HEADERS = compactAll([generic, ...PRESETS].flatMap(({ synonyms }) => synonyms.personKey ?? []));
const KNOWN_HEADERS = compactAll([
  ...[generic, ...PRESETS].flatMap(({ synonyms }) => FIELDS.flatMap((field) => synonyms[field] ?? [])),
  ...Object.keys(UNUSED_HEADERS),
]);
const UNUSED = new Map(Object.entries(UNUSED_HEADERS).map(([header, why]) => [compact(header), why]));

/** Whether a mapped header (`Email`, `Email[2]`) names this one; `nth` counts equal headers from 1. */
function names(mapped: string, header: string, nth: number): boolean {
  const indexed = /^(.*)\[(\d+)\]$/.exec(mapped);
  if (indexed !== null && tidy(indexed[1] ?? '') === tidy(header)) return Number(indexed[2]) === nth;
  return tidy(mapped) === tidy(header) && nth === 1;
}

/**
 * Index of the header among the first records: the first row of which at least 60 % of the cells are known headers and
 * one a key column; otherwise the first row with a key column; otherwise (a table without key) the first with 60 %.
 */
export function findHeader(records: readonly (readonly string[])[], profile: FeedProfile): number | undefined {
  const own = Object.entries(profile.columns ?? {});
  const ownNames = new Set(own.map(([header]) => compact(header)));
  const ownKeys = new Set(own.filter(([, field]) => field === 'personKey').map(([header]) => compact(header)));
  let withKey: number | undefined;
  let known: number | undefined;
  for (const [index, cells] of records.slice(0, HEADER_SEARCH_ROWS).entries()) {
    const filled = cells.map(compact).filter((cell) => cell !== '');
    if (filled.length === 0) continue;
    const hits = filled.filter((cell) => KNOWN_HEADERS.has(cell) || ownNames.has(cell)).length;
    const hasKey = filled.some((cell) => KEY_HEADERS.has(cell) || ownKeys.has(cell));
    const enough = hits / filled.length >= MATCHING_SHARE;
    if (enough && hasKey) return index;
    if (hasKey && filled.length > 1) withKey ??= index;
    if (enough && filled.length > 1) known ??= index;
  }
  return withKey ?? known;
}

/** Maps a header row. Throws FeedError: `too_many_columns`, `duplicate_header`, `no_key_column`, `bad_profile`. */
export function mapHeader(cells: readonly string[], profile: FeedProfile): Mapping {
  const headers = cells.map((cell) => cell.replaceAll(/\s+/g, ' ').trim());
  const minWidth = headers.findLastIndex((header) => header !== '') + 1;
  if (minWidth > MAX_COLUMNS) {
    throw new FeedError('too_many_columns', `${minWidth} columns`, `at most ${MAX_COLUMNS}`);
  }
  const own = ownMapping(headers, profile);
  refuseDuplicates(headers, profile);
  const best = choosePreset(headers);
  const taken = assign(headers, best.preset, own);
  const columns = headers.map((header, index) => describe(header, index, taken));
  const keyIndex = taken.byField.get('personKey');
  if (keyIndex === undefined) {
    throw new FeedError(
      'no_key_column',
      `the columns ${headers.filter((header) => header !== '').join(', ')}`,
      `a column with the person's id, such as ${generic.synonyms.personKey?.slice(0, 3).join(', ') ?? 'employee id'}`,
    );
  }
  const [importIndex, recordIndex] = [headers.indexOf('_import'), headers.indexOf('_record')];
  const notes = new Set(headers.flatMap((header, index) => (isNoteColumn(header) ? [index] : [])));
  return {
    preset: best.preset,
    confidence: best.confidence,
    columns,
    index: Object.fromEntries(taken.byField),
    keyIndex,
    minWidth,
    width: headers.length,
    ...(importIndex >= 0 && recordIndex >= 0 ? { fix: { importIndex, recordIndex, notes } } : {}),
  };
}

/** What a fix file adds to the columns of the original; they are notes for people and are stripped on the way back. */
export const NOTE_COLUMNS = ['_import', '_record', '_column', '_code', '_message', '_suggestion'] as const;

const isNoteColumn = (header: string): boolean => NOTE_COLUMNS.some((name) => name === header);

function refuseDuplicates(headers: readonly string[], profile: FeedProfile): void {
  const indexed = Object.keys(profile.columns ?? {}).map((name) => tidy(/^(.*)\[\d+\]$/.exec(name)?.[1] ?? ''));
  const seen = new Map<string, number>();
  for (const [index, header] of headers.entries()) {
    const name = tidy(header);
    if (name === '') continue;
    const first = seen.get(name);
    if (first !== undefined && !indexed.includes(name)) {
      throw new FeedError(
        'duplicate_header',
        `"${header}" as column ${first + 1} and as column ${index + 1}`,
        `every header once, or a mapping that names "${header}[1]" or "${header}[2]"`,
      );
    }
    seen.set(name, first ?? index);
  }
}

/** The feed's own mapping by column index. */
function ownMapping(headers: readonly string[], profile: FeedProfile): ReadonlyMap<number, FeedField | 'ignore'> {
  const result = new Map<number, FeedField | 'ignore'>();
  for (const [name, target] of Object.entries(profile.columns ?? {})) {
    const field = target === 'ignore' ? 'ignore' : FIELDS.find((known) => known === target);
    if (field === undefined) {
      throw new FeedError('bad_profile', `"${name}" mapped to "${target}"`, `one of ${FIELDS.join(', ')} or ignore`);
    }
    const counts = new Map<string, number>();
    const index = headers.findIndex((header) => {
      const nth = (counts.get(tidy(header)) ?? 0) + 1;
      counts.set(tidy(header), nth);
      return names(name, header, nth);
    });
    if (index >= 0) result.set(index, field);
    else if (field === 'personKey') {
      throw new FeedError('no_key_column', `no column "${name}"`, `the key column that the feed's mapping names`);
    }
  }
  return result;
}

function choosePreset(headers: readonly string[]): { preset: Preset; confidence: number } {
  const names = headers.filter((header) => header !== '' && !isNoteColumn(header)).map(compact);
  const share = (preset: Preset): number => {
    const known = compactAll(
      FIELDS.flatMap((field) => [...(preset.synonyms[field] ?? []), ...(generic.synonyms[field] ?? [])]),
    );
    return names.filter((name) => known.has(name) || UNUSED.has(name)).length / Math.max(1, names.length);
  };
  let best = { preset: generic, signs: 1 };
  for (const preset of PRESETS) {
    const signature = compactAll(preset.signature);
    const signs = names.filter((name) => signature.has(name)).length;
    if (signs > best.signs) best = { preset, signs };
  }
  const covered = share(best.preset);
  const confidence = best.preset === generic ? covered : covered * 0.7 + Math.min(1, best.signs / 4) * 0.3;
  return { preset: best.preset, confidence: Math.round(confidence * 100) / 100 };
}

interface Taken {
  readonly byField: ReadonlyMap<FeedField, number>;
  readonly why: ReadonlyMap<number, { field: FeedField | null; why: string }>;
}

function assign(headers: readonly string[], preset: Preset, own: ReadonlyMap<number, FeedField | 'ignore'>): Taken {
  const byField = new Map<FeedField, number>();
  const why = new Map<number, { field: FeedField | null; why: string }>();
  for (const [index, target] of own) {
    if (target !== 'ignore') byField.set(target, index);
    why.set(index, { field: target === 'ignore' ? null : target, why: `the feed's mapping` });
  }
  const names = headers.map(compact);
  for (const field of FIELDS) {
    for (const { from, word } of candidates(field, preset, names[byField.get('personKey') ?? -1])) {
      const index = names.findIndex((name, at) => name === compact(word) && !isNoteColumn(headers[at] ?? ''));
      if (index < 0 || why.has(index)) continue;
      const holder = byField.get(field);
      if (holder === undefined) {
        byField.set(field, index);
        why.set(index, { field, why: `"${headers[index] ?? ''}" = ${from} synonym "${word}"` });
      } else {
        why.set(index, { field: null, why: `also means ${field}, which "${headers[holder] ?? ''}" gives` });
      }
    }
  }
  return { byField, why };
}

/** Synonyms of a field, the preset's before the common ones; of the manager none that names another kind of key. */
function candidates(
  field: FeedField,
  preset: Preset,
  keyName: string | undefined,
): readonly { from: string; word: string }[] {
  const own = (preset.synonyms[field] ?? []).map((word) => ({ from: preset.name, word }));
  const common = (generic.synonyms[field] ?? []).map((word) => ({ from: generic.name, word }));
  const all = preset === generic ? own : [...own, ...common];
  if (field !== 'managerKey' || preset.managerFor === undefined || keyName === undefined) return all;
  const kinds = Object.entries(preset.managerFor);
  const same = compactAll(kinds.filter(([key]) => compact(key) === keyName).flatMap(([, words]) => words));
  const other = compactAll(kinds.filter(([key]) => compact(key) !== keyName).flatMap(([, words]) => words));
  return all.filter(({ word }) => same.has(compact(word)) || !other.has(compact(word)));
}

function describe(header: string, index: number, taken: Taken): FeedColumn {
  const known = taken.why.get(index);
  if (known !== undefined) return { index, header, ...known };
  if (header === '') return { index, header, field: null, why: 'no header' };
  if (isNoteColumn(header)) return { index, header, field: null, why: 'note of a fix file' };
  const unused = UNUSED.get(compact(header));
  return { index, header, field: null, why: unused ?? 'no synonym' };
}
