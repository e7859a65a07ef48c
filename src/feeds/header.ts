import { choosePreset, KEY_HEADERS, KNOWN_HEADERS, whyUnused } from './choose-preset.ts';
import { FeedError, FIELDS, MAX_COLUMNS, MAX_HEADER_LENGTH } from './terms.ts';
import type { FeedProfile } from './feed.ts';
import type { FeedColumn, FeedField } from './terms.ts';
import { compact, compactAll, compactWord, findColumn, hasSuffix, indexedName, tidy } from './header-text.ts';
import { columnsOf, compileRule } from './own-mapping.ts';
import type { FieldRule, RuleValue } from './own-mapping.ts';
import { generic } from './presets/generic.ts';
import type { Preset } from './presets/preset.ts';

/** Rows in which a header is looked for. */
export const HEADER_SEARCH_ROWS = 50;
const MATCHING_SHARE = 0.6;

/** What the header alone says of a column; the cells may lower the confidence (column-facts.ts). */
export type MappedColumn = Pick<FeedColumn, 'index' | 'header' | 'field' | 'why' | 'confidence'>;

export interface Mapping {
  readonly preset: Preset;
  readonly confidence: number;
  readonly columns: readonly MappedColumn[];
  /** Where the value of a field is; the values of own rules stand behind the columns of the file. */
  readonly index: Readonly<Partial<Record<FeedField, number>>>;
  readonly keyIndex: number;
  /** The column of the file that the key comes from. */
  readonly keySource: number;
  /** Columns up to the last one with a header, and all that the header row has. */
  readonly minWidth: number;
  readonly width: number;
  readonly rules: readonly MappedRule[];
  /** `_import` and `_record` of a fix file. */
  readonly fix?: { readonly importIndex: number; readonly recordIndex: number; readonly notes: ReadonlySet<number> };
}

export interface MappedRule extends Pick<FieldRule, 'unique' | 'sensitive'> {
  readonly field: FeedField;
  readonly header: string;
  readonly value: RuleValue;
}

/**
 * Index of the header among the first records: the first row of which at least 60 % of the cells are known headers and
 * one a key column; otherwise the first row with a key column; otherwise (a table without key) the first with 60 %.
 */
export function findHeader(records: readonly (readonly string[])[], profile: FeedProfile): number | undefined {
  const own = Object.entries(profile.columns ?? {});
  const rules = Object.entries(profile.mapping ?? {});
  const named = (keyOnly: boolean): readonly string[] => [
    ...own.filter(([, field]) => !keyOnly || field === 'personKey').map(([header]) => header),
    ...rules.filter(([field]) => !keyOnly || field === 'personKey').flatMap(([, rule]) => columnsOf(rule)),
  ];
  const ownNames = compactAll(named(false));
  const ownKeys = compactAll(named(true));
  // Columns that are named by place need no header that anybody knows.
  const byPlace = named(true).some((name) => name.startsWith('#'));
  let withKey: number | undefined;
  let known: number | undefined;
  for (const [index, cells] of records.slice(0, HEADER_SEARCH_ROWS).entries()) {
    const filled = cells.map(compact).filter((cell) => cell !== '');
    if (filled.length === 0) continue;
    if (byPlace && filled.length > 1) return index;
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
  const longest = Math.max(0, ...headers.slice(0, minWidth).map((header) => header.length));
  if (longest > MAX_HEADER_LENGTH) {
    throw new FeedError('no_header', `a column name of ${longest} characters`, `at most ${MAX_HEADER_LENGTH}`);
  }
  const own = ownMapping(headers, profile);
  refuseDuplicates(headers, profile);
  const best = choosePreset(headers.filter((header) => !isNoteColumn(header)));
  const ruled = mapRules(headers, profile);
  const taken = assign(headers, best.preset, own, ruled);
  const keyIndex = taken.byField.get('personKey');
  if (keyIndex === undefined) {
    throw new FeedError(
      'no_key_column',
      `the columns ${headers
        .filter((header) => header !== '')
        .join(', ')
        .slice(0, 500)}`,
      `a column with the person's id, such as ${generic.synonyms.personKey?.slice(0, 3).join(', ') ?? 'employee id'}`,
    );
  }
  const [importIndex, recordIndex] = [headers.indexOf('_import'), headers.indexOf('_record')];
  const notes = new Set(headers.flatMap((header, index) => (isNoteColumn(header) ? [index] : [])));
  return {
    ...best,
    columns: headers.map((header, index) => describe(header, index, taken)),
    index: Object.fromEntries(taken.byField),
    keyIndex,
    keySource: ruled.source.get('personKey') ?? keyIndex,
    minWidth,
    width: headers.length,
    rules: ruled.rules,
    ...(importIndex >= 0 && recordIndex >= 0 ? { fix: { importIndex, recordIndex, notes } } : {}),
  };
}

/** What a fix file adds to the columns of the original; they are notes for people and are stripped on the way back. */
export const NOTE_COLUMNS = ['_import', '_record', '_column', '_code', '_message', '_suggestion'] as const;

const isNoteColumn = (header: string): boolean => NOTE_COLUMNS.some((name) => name === header);

function refuseDuplicates(headers: readonly string[], profile: FeedProfile): void {
  const rules = Object.values(profile.mapping ?? {}).flatMap(columnsOf);
  const indexed = [...Object.keys(profile.columns ?? {}), ...rules].map(indexedName);
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
    const index = findColumn(headers, name);
    if (index >= 0) result.set(index, field);
    else if (field === 'personKey') {
      throw new FeedError('no_key_column', `no column "${name}"`, `the key column that the feed's mapping names`);
    }
  }
  return result;
}

interface RuledColumns {
  readonly rules: readonly MappedRule[];
  /** The first column of each rule. */
  readonly source: ReadonlyMap<FeedField, number>;
}

function mapRules(headers: readonly string[], profile: FeedProfile): RuledColumns {
  const rules: MappedRule[] = [];
  const source = new Map<FeedField, number>();
  for (const field of FIELDS) {
    const rule = profile.mapping?.[field];
    if (rule === undefined) continue;
    const names = columnsOf(rule);
    const found = names.map((name) => findColumn(headers, name)).filter((index) => index >= 0);
    if (names.length > 0 && found.length === 0 && (rule.required === true || field === 'personKey')) {
      const code = field === 'personKey' ? 'no_key_column' : 'bad_profile';
      throw new FeedError(code, `no column "${names.join('" or "')}"`, `the column that the feed's mapping requires`);
    }
    const first = found[0];
    if (first !== undefined) source.set(field, first);
    const value = compileRule(rule, (name) => findColumn(headers, name));
    const { unique, sensitive } = rule;
    const flags = { ...(unique === undefined ? {} : { unique }), ...(sensitive === undefined ? {} : { sensitive }) };
    rules.push({ field, header: headers[first ?? -1] ?? '', value, ...flags });
  }
  return { rules, source };
}

interface Taken {
  readonly byField: ReadonlyMap<FeedField, number>;
  readonly why: ReadonlyMap<number, Pick<FeedColumn, 'field' | 'why' | 'confidence'>>;
}

function assign(
  headers: readonly string[],
  preset: Preset,
  own: ReadonlyMap<number, FeedField | 'ignore'>,
  { rules, source }: RuledColumns,
): Taken {
  const byField = new Map<FeedField, number>();
  const why = new Map<number, Pick<FeedColumn, 'field' | 'why' | 'confidence'>>();
  const mapped = { why: `the feed's mapping`, confidence: 1 };
  for (const [at, { field }] of rules.entries()) {
    byField.set(field, headers.length + at);
    const index = source.get(field);
    if (index !== undefined && !why.has(index)) why.set(index, { field, ...mapped });
  }
  for (const [index, target] of own) {
    if (target !== 'ignore' && !byField.has(target)) byField.set(target, index);
    if (!why.has(index)) why.set(index, { field: target === 'ignore' ? null : target, ...mapped });
  }
  const names = headers.map(compact);
  for (const field of FIELDS) {
    const key = byField.get('personKey');
    for (const { from, word } of candidates(field, preset, names[key ?? -1])) {
      const index = columnNamed(compactWord(word), names, headers);
      if (index < 0 || why.has(index)) continue;
      const header = headers[index] ?? '';
      const holder = byField.get(field);
      if (holder === undefined) {
        byField.set(field, index);
        const sure = (from === preset.name ? 0.95 : 0.8) - (hasSuffix(header) ? 0.05 : 0);
        why.set(index, {
          field,
          why: `"${header}" = ${from} synonym "${word}"`,
          confidence: Math.round(sure * 100) / 100,
        });
      } else {
        const giver = headers[holder] ?? `the feed's mapping`;
        why.set(index, { field: null, why: `also means ${field}, which "${giver}" gives`, confidence: 0 });
      }
    }
  }
  return { byField, why };
}

/** The column of that name, rather one that has no suffix: "Status" before "Status (Benefits)". */
function columnNamed(name: string, names: readonly string[], headers: readonly string[]): number {
  const bare = names.findIndex(
    (one, at) => one === name && !isNoteColumn(headers[at] ?? '') && !hasSuffix(headers[at] ?? ''),
  );
  return bare >= 0 ? bare : names.findIndex((one, at) => one === name && !isNoteColumn(headers[at] ?? ''));
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
  const wordsOf = (ofThisKey: boolean): ReadonlySet<string> =>
    new Set(
      kinds
        .filter(([key]) => (compactWord(key) === keyName) === ofThisKey)
        .flatMap(([, words]) => words.map(compactWord)),
    );
  const [same, other] = [wordsOf(true), wordsOf(false)];
  return all.filter(({ word }) => same.has(compactWord(word)) || !other.has(compactWord(word)));
}

function describe(header: string, index: number, taken: Taken): MappedColumn {
  const known = taken.why.get(index);
  if (known !== undefined) return { index, header, ...known };
  const unused = (why: string): MappedColumn => ({ index, header, field: null, why, confidence: 0 });
  if (header === '') return unused('no header');
  if (isNoteColumn(header)) return unused('note of a fix file');
  return unused(whyUnused(header) ?? 'no synonym');
}
