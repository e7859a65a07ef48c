import type { FeedColumn, FeedDoubt } from './terms.ts';

/**
 * Whether a file is whole. The reader says what speaks for and against it; the flow decides. Strongest first: a manifest,
 * a trailer row that counts, a marker file, signs in the bytes.
 */

/** A file below this share of the usual size may be cut. */
export const SMALL_SHARE = 0.8;
/** So many of the topmost keys of the earlier file have to be missing before the end of a sorted file may be cut off. */
export const TAIL_KEYS = 3;

export interface FeedExpectation {
  /** What came with the file. Names the number of data records and the SHA-256 of the bytes, in hex. */
  readonly manifest?: { readonly rows?: number; readonly sha256?: string; readonly asOf?: string };
  /** Whether the marker file was there; absent = the feed has none. */
  readonly done?: boolean;
  /** The feed's files end with a line that says how many rows there are. */
  readonly trailer?: boolean;
  /** What the last accepted files were like: `remember` of their evidence, and the median of their sizes. */
  readonly earlier?: FeedMemory & { readonly medianBytes?: number };
}

/** What is worth keeping of an accepted file for the next one of its feed. */
export interface FeedMemory {
  readonly delimiter?: string;
  /** Headers of the columns that were used, by field. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Digits of every key that is a number, where all of these have one width and one of them a leading zero. */
  readonly keyWidth?: number;
  /** The topmost keys, highest first, where the rows were sorted by key. */
  readonly topKeys?: readonly string[];
}

export interface FeedEvidence {
  /** The strongest thing that says that the file is whole; `signs` = only that nothing speaks against it. */
  readonly proof: 'manifest' | 'trailer' | 'done' | 'signs';
  readonly bytes: number;
  readonly sha256?: string;
  readonly asOf?: string;
  readonly remember: FeedMemory;
}

export interface KeyFacts {
  enter(key: string): void;
  /** Whether the keys came in order, the highest of them, and their common width. */
  facts(): Pick<FeedMemory, 'keyWidth' | 'topKeys'>;
}

/** Order, top and width of the keys of a file, in bounded memory. */
export function createKeyFacts(): KeyFacts {
  let previous: string | undefined;
  let sorted = true;
  let width: number | undefined;
  let padded = false;
  const top: string[] = [];
  return {
    enter(key) {
      if (sorted && previous !== undefined && compareKeys(previous, key) > 0) sorted = false;
      previous = key;
      if (digits(key)) {
        // Ids with letters beside them are another kind and say nothing of the width.
        width = width === undefined || width === key.length ? key.length : -1;
        padded ||= key.startsWith('0');
      }
      if (!sorted || top[0] === key) return;
      top.unshift(key);
      if (top.length > TAIL_KEYS) top.pop();
    },
    facts: () => ({
      ...(width !== undefined && width > 0 && padded ? { keyWidth: width } : {}),
      ...(sorted && top.length === TAIL_KEYS ? { topKeys: top } : {}),
    }),
  };
}

const DIGITS = /^\d+$/;
const digits = (key: string): boolean => DIGITS.test(key);

/** Numbers by value, everything else by code unit, as exports sort. */
function compareKeys(left: string, right: string): number {
  if (digits(left) && digits(right) && left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

export interface EvidenceInput {
  readonly expected: FeedExpectation;
  readonly read: number;
  readonly bytes: number;
  readonly sha256?: string;
  readonly delimiter: string;
  readonly columns: readonly FeedColumn[];
  readonly keys: Pick<FeedMemory, 'keyWidth' | 'topKeys'>;
  /** The trailer line was there and its count is right, wrong, or it gives none. */
  readonly trailerCount?: number;
  readonly hasKey: (key: string) => boolean;
}

/** What was expected of the file against what it is. */
export function weighEvidence(input: EvidenceInput): {
  readonly evidence: FeedEvidence;
  readonly doubts: readonly FeedDoubt[];
} {
  const { expected, read, bytes, sha256, trailerCount, keys } = input;
  const { manifest, earlier = {} } = expected;
  const doubts: FeedDoubt[] = [];
  const doubt = (code: FeedDoubt['code'], message: string, certain: boolean): void =>
    void doubts.push({ code, message, certain });

  if (manifest?.rows !== undefined && manifest.rows !== read) {
    doubt('manifest_rows', `The manifest says ${manifest.rows} rows and the file has ${read}.`, true);
  }
  if (manifest?.sha256 !== undefined && manifest.sha256.toLowerCase() !== sha256) {
    doubt('manifest_bytes', 'The bytes are not those that the manifest names.', true);
  }
  if (expected.trailer === true && trailerCount === undefined) {
    doubt('trailer_missing', `The line at the end that says how many rows there are is missing.`, true);
  }
  if (expected.done === false) doubt('done_missing', 'The marker that says that the file is whole is missing.', true);
  if (earlier.medianBytes !== undefined && bytes < earlier.medianBytes * SMALL_SHARE) {
    doubt('file_small', `The file has ${bytes} bytes; ${earlier.medianBytes} are usual.`, false);
  }
  const top = earlier.topKeys ?? [];
  if (top.length >= TAIL_KEYS && keys.topKeys !== undefined && !top.some((key) => input.hasKey(key))) {
    doubt(
      'key_tail_missing',
      `The rows are sorted and the last ${top.length} people of the earlier file are missing.`,
      false,
    );
  }
  if (earlier.delimiter !== undefined && earlier.delimiter !== input.delimiter) {
    const [before, now] = [earlier.delimiter, input.delimiter].map((one) => JSON.stringify(one));
    doubt('delimiter_changed', `Columns were set apart by ${before ?? ''}, now by ${now ?? ''}.`, true);
  }
  const used = usedColumns(input.columns);
  const lost = Object.entries(earlier.columns ?? {}).filter(([field]) => used[field] === undefined);
  if (lost.length > 0) {
    const names = lost.map(([field, header]) => `"${header}" (${field})`).join(', ');
    doubt('columns_lost', `Columns of the earlier file are missing: ${names}.`, true);
  }

  const manifestProves =
    manifest !== undefined &&
    (manifest.rows !== undefined || manifest.sha256 !== undefined) &&
    !doubts.some(({ code }) => code === 'manifest_rows' || code === 'manifest_bytes');
  const proof = manifestProves
    ? 'manifest'
    : trailerCount !== undefined && trailerCount === read
      ? 'trailer'
      : expected.done === true
        ? 'done'
        : 'signs';
  return {
    evidence: {
      proof,
      bytes,
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(manifest?.asOf === undefined ? {} : { asOf: manifest.asOf }),
      remember: { delimiter: input.delimiter, columns: used, ...keys },
    },
    doubts,
  };
}

function usedColumns(columns: readonly FeedColumn[]): Readonly<Record<string, string>> {
  return Object.fromEntries(columns.flatMap(({ field, header }) => (field === null ? [] : [[field, header]])));
}
