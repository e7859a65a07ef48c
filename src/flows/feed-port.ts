import type { EmploymentStatus, HrRecord } from '../core/identity/hr-record.ts';

/** What an import is told about a file before it reads it. */
export interface FeedProfile {
  readonly columns: Readonly<Record<string, string>>;
  readonly statusWords: Readonly<Record<string, EmploymentStatus>>;
  /** YYYY-MM-DD in the company's zone. */
  readonly today: string;
  readonly companyTimeZone: string;
}

export interface FeedRow {
  readonly record: number;
  readonly line: number;
  readonly outcome: 'accepted' | 'warned' | 'quarantined' | 'rejected';
  readonly hr?: HrRecord;
  /** Readable even where the row is quarantined: a bad row counts as present. */
  readonly key?: string;
  readonly repeats?: number;
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
  readonly columns: readonly {
    readonly index: number;
    readonly header: string;
    readonly field: string | null;
    readonly why: string;
  }[];
}

export interface FeedEnd {
  readonly read: number;
  readonly skipped: number;
  readonly completeness: readonly { readonly code: string; readonly message: string; readonly certain: boolean }[];
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
