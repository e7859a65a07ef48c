import type { Employment, EmploymentStatus, HrRecord } from '../core/identity/hr-record.ts';
import type { FeedPolicy } from '../core/reconcile/policy.ts';

/** What an import is told about a file before it reads it. */
export interface FeedProfile {
  readonly columns: Readonly<Record<string, string>>;
  readonly statusWords: Readonly<Record<string, EmploymentStatus>>;
  readonly delimiter?: string;
  readonly quote?: '"' | "'";
  readonly encoding?: string;
  readonly dateOrder?: Readonly<Record<string, 'day_first' | 'month_first'>>;
  readonly repairText?: boolean;
  readonly mapping?: NonNullable<FeedPolicy['mapping']>;
  /** Every 1,000 rows and at the end: data records yielded, bytes taken from the source (they run ahead of the rows). */
  readonly progress?: (progress: { readonly rows: number; readonly bytes: number }) => void;
  /** As the upload was named: one that is still being written is refused. */
  readonly fileName?: string;
  /** What must be true of the file if it is whole, and what the last accepted one was like. */
  readonly expected?: FeedExpectation;
  /** YYYY-MM-DD in the company's zone. */
  readonly today: string;
  readonly companyTimeZone: string;
}

/** Strongest proof first: a manifest, a trailer row that counts, a marker file, signs in the bytes. */
export interface FeedExpectation {
  /** What came with the file: data records, SHA-256 of the bytes in hex, date or instant that it speaks of. */
  readonly manifest?: { readonly rows?: number; readonly sha256?: string; readonly asOf?: string };
  /** Whether the marker file was there; absent = the feed has none. */
  readonly done?: boolean;
  /** The feed's files end with a line that says how many rows there are. */
  readonly trailer?: boolean;
  readonly earlier?: FeedMemory & {
    /** In the middle of the last accepted files. */
    readonly medianBytes?: number;
  };
}

/** What the reader wants to know of an accepted file when it reads the next one of its feed. Kept as it is given. */
export interface FeedMemory {
  readonly delimiter?: string;
  /** Headers of the columns that were used, by field. */
  readonly columns?: Readonly<Record<string, string>>;
  readonly keyWidth?: number;
  readonly topKeys?: readonly string[];
}

export interface FeedRow {
  readonly record: number;
  readonly line: number;
  readonly outcome: 'accepted' | 'warned' | 'quarantined' | 'rejected';
  readonly hr?: HrRecord;
  /** Readable even where the row is quarantined: a bad row counts as present. */
  readonly key?: string;
  readonly repeats?: number;
  /** Of the row that stands for a person with several employments: all of them, this one first. */
  readonly employments?: readonly (Employment & { readonly record: number })[];
  readonly raw: readonly string[];
  readonly problems: readonly { readonly code: string; readonly severity: string }[];
}

export interface FeedShape {
  readonly encoding: string;
  readonly delimiter: string;
  readonly headerLine: number;
  readonly preset: string;
  readonly confidence: number;
  readonly fixFile: boolean;
  readonly notes?: readonly unknown[];
  readonly columns: readonly {
    readonly index: number;
    readonly header: string;
    readonly field: string | null;
    readonly why: string;
    readonly looksLike?: string;
  }[];
}

export interface FeedEnd {
  readonly read: number;
  readonly skipped: number;
  readonly completeness: readonly { readonly code: string; readonly message: string; readonly certain: boolean }[];
  /** What speaks for the file being whole; without it nothing but signs. */
  readonly evidence?: {
    readonly proof: 'manifest' | 'trailer' | 'done' | 'signs';
    readonly bytes: number;
    readonly remember: FeedMemory;
  };
  /** Something about the whole file that a person should know; what became known while reading. */
  readonly notes?: readonly unknown[];
  /** Total and signature lines that were left out at the end. */
  readonly trailer?: { readonly lines: readonly { readonly line: number; readonly text: string }[] };
  /**
   * Several rows of one person that do not follow each other: `record` stands for the person, and `instead`, which was
   * given with a record before, is a further employment.
   */
  readonly standing?: readonly { readonly key: string; readonly record: number; readonly instead: number }[];
  /** Keys of different rows: the one that came first is quarantined too. */
  readonly conflictingKeys: readonly { readonly key: string; readonly firstRecord: number }[];
}

export interface OpenFeed {
  readonly shape: FeedShape;
  readonly rows: AsyncIterable<FeedRow>;
  /** After the rows are drained. */
  end(): FeedEnd;
  /** SHA-256 of the bytes, in hex, after the rows are drained. */
  sha256(): string;
}

/** Throws DomainError `import.unreadable` where the bytes are no table of people, before the first row. */
export type OpenFeedFile = (bytes: AsyncIterable<Uint8Array>, profile: FeedProfile) => Promise<OpenFeed>;
