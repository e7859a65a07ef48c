/** Longer than any header: what is beyond makes no difference. */
const LONGEST_HEADER = 300;

/** One spelling per header: NFKC, no-break and repeated spaces, line breaks and case do not count. */
export function tidy(header: string): string {
  return header
    .slice(0, LONGEST_HEADER)
    .normalize('NFKC')
    .replaceAll(/[\u200B\uFEFF]/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .toLowerCase();
}

/** A bracketed suffix such as "(Employment Profile)". */
const SUFFIX = / ?[([][^()[\]]*[)\]]$/;

/** A suffix that says whose or which value it is: "Email (Home)" is no work e-mail. ADP's "(Personal Profile)" is none. */
const TELLING = /^(?!.*profile).*(home|privat|personal|emergency|former|previous|old|manager|supervisor|spouse|birth)/;

/** What synonyms are compared by: a bracketed suffix dropped, accents too, letters and digits only. */
export function compact(header: string): string {
  const whole = tidy(header);
  const suffix = SUFFIX.exec(whole)?.[0] ?? '';
  const bare = TELLING.test(suffix) ? whole : whole.slice(0, whole.length - suffix.length);
  return (bare === '' ? whole : bare)
    .replaceAll('#', 'number')
    .normalize('NFD')
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

const words = new Map<string, string>();

/** `compact` of a word of our own, worked out once. */
export function compactWord(word: string): string {
  const known = words.get(word);
  if (known !== undefined) return known;
  const result = compact(word);
  words.set(word, result);
  return result;
}

/** Whether `compact` dropped words. */
export const hasSuffix = (header: string): boolean => SUFFIX.test(tidy(header));

export const compactAll = (headers: readonly string[]): ReadonlySet<string> => new Set(headers.map(compact));

/** Whether a mapped header (`Email`, `Email[2]`) names this one; `nth` counts equal headers from 1. */
function names(mapped: string, header: string, nth: number): boolean {
  const indexed = INDEXED.exec(mapped);
  if (indexed !== null && tidy(indexed[1] ?? '') === tidy(header)) return Number(indexed[2]) === nth;
  return tidy(mapped) === tidy(header) && nth === 1;
}

const INDEXED = /^(.*)\[(\d+)\]$/;

/** `Email` of `Email[2]`. */
export const indexedName = (mapped: string): string => tidy(INDEXED.exec(mapped)?.[1] ?? '');

/** Index of the column that a mapped header names; `#3` is the third whatever its header. -1 when there is none. */
export function findColumn(headers: readonly string[], mapped: string): number {
  const position = /^#(\d{1,3})$/.exec(mapped);
  if (position !== null) {
    const at = Number(position[1]) - 1;
    return at < headers.length ? at : -1;
  }
  const counts = new Map<string, number>();
  return headers.findIndex((header) => {
    const nth = (counts.get(tidy(header)) ?? 0) + 1;
    counts.set(tidy(header), nth);
    return names(mapped, header, nth);
  });
}
