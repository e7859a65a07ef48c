import type { EmploymentStatus, HrRecord } from '../core/identity/hr-record.ts';
import type { FeedEvidence, FeedExpectation } from './evidence.ts';
import type { FeedMapping } from './own-mapping.ts';
import type { DateOrder, FeedColumn, FeedDoubt, Quote, RowProblemCode } from './terms.ts';

/** The words of this room: what a feed is told, and what it says of a file and of each row. See docs/hr-feeds.md. */

export interface FeedProfile {
  /** One ASCII character; absent = detected. */
  readonly delimiter?: string;
  /** Around cells: `"` or `'`; absent = detected. */
  readonly quote?: Quote;
  /** utf-8, utf-16le, utf-16be or windows-1252; absent = detected. */
  readonly encoding?: string;
  /** As the upload was named: one that is still being written is refused. */
  readonly fileName?: string;
  /** Header -> field, before any synonym; `ignore` keeps a column out. `Email[2]` names the second of equal headers. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Field -> where its value comes from and what is done to it; before `columns`. */
  readonly mapping?: FeedMapping;
  /** Text that went through the wrong encoding twice ("Ã©") is taken as it was meant ("é"). Never done unasked. */
  readonly repairText?: boolean;
  /** Status word -> status, before the words of the preset; case and spacing do not matter. */
  readonly statusWords?: Readonly<Record<string, EmploymentStatus>>;
  /** Header -> order, for columns such as 03/04/2026 that no cell decides. */
  readonly dateOrder?: Readonly<Record<string, DateOrder>>;
  /** What came with the file, and what the feed's earlier files were like. */
  readonly expected?: FeedExpectation;
  /** Called every 1,000 rows and at the end: data records yielded, bytes taken from the source (which run ahead). */
  readonly progress?: (progress: { readonly rows: number; readonly bytes: number }) => void;
  /** YYYY-MM-DD in the company's zone. */
  readonly today: string;
  /** IANA zone of workers whose row names none. */
  readonly companyTimeZone: string;
}

/**
 * `accepted` and `warned` rows carry a record. `quarantined`: a person is named, the row cannot be trusted; the person
 * counts as present. `rejected`: not even the key can be read.
 */
export type RowOutcome = 'accepted' | 'warned' | 'quarantined' | 'rejected';

export interface RowProblem {
  /** Field that the cell was meant for. */
  readonly column?: string;
  /** Header as printed in the file. */
  readonly header?: string;
  /** The cell; masked where it is personal. */
  readonly value?: string;
  readonly code: RowProblemCode;
  readonly severity: 'warning' | 'error';
  readonly message: string;
  readonly suggestion?: string;
}

/** One of several employments of a person: what its row says of it. */
export interface Employment extends HrRecord {
  readonly record: number;
  readonly employmentKey?: string;
}

export interface FeedRow {
  /** Data record, from 1. */
  readonly record: number;
  /** Physical line where the record starts, from 1. */
  readonly line: number;
  readonly outcome: RowOutcome;
  /** Of accepted and warned rows, except those that only repeat an earlier one (`repeats`). */
  readonly hr?: HrRecord;
  /** Person key where it can be read, even when the row is quarantined: a bad row counts as present. */
  readonly key?: string;
  /** The earlier record that this row repeats cell by cell. */
  readonly repeats?: number;
  /** Of the row that stands for a person with several employments: all of them, this one first. */
  readonly employments?: readonly Employment[];
  /** The record that stands for the person of this row, which is one of several employments. */
  readonly furtherOf?: number;
  /** In words: why `hr.status` is what it is. */
  readonly statusRule?: string;
  /** Cells as read, without the `_` columns of a fix file. */
  readonly raw: readonly string[];
  /** Of a fix file: which import and record the row corrects. */
  readonly fixes?: { readonly importId: string; readonly record: string };
  readonly problems: readonly RowProblem[];
}

/** Something about the whole file that a person should know. */
export interface FeedNote {
  readonly code:
    | 'encoding_fallback'
    | 'encoding_damaged'
    | 'date_order'
    | 'date_order_unknown'
    | 'date_serials'
    | 'mojibake'
    | 'single_quotes'
    | 'preamble';
  readonly message: string;
  /** Up to five cells to look at. */
  readonly places?: readonly NotePlace[];
}

export interface NotePlace {
  readonly record: number;
  readonly line: number;
  readonly header: string;
  /** Masked where it is personal, except for the letters in question. */
  readonly value: string;
}

export interface FeedShape {
  readonly encoding: string;
  readonly delimiter: string;
  readonly quote: Quote;
  /** Physical line of the header row. */
  readonly headerLine: number;
  readonly preset: string;
  /** 0 to 1: share of the columns that the preset explains, raised by headers that only this system writes. */
  readonly confidence: number;
  readonly columns: readonly FeedColumn[];
  /** The file is a fix file that this bridge wrote: it corrects rows of an import and is never a full snapshot. */
  readonly fixFile: boolean;
  readonly notes: readonly FeedNote[];
}

/** A key that stands in different rows: every one of them is quarantined, the first by the importer. */
export interface ConflictingKey {
  readonly key: string;
  /** The record that was yielded before the conflict was known. */
  readonly firstRecord: number;
  readonly rows: number;
}

/** Rows of one person that do not follow each other: `instead` was yielded with `hr`, and `record` stands for the person. */
export interface StandingRow {
  readonly key: string;
  readonly record: number;
  readonly instead: number;
}

export interface FeedEnd {
  /** Data records: the number of rows yielded. */
  readonly read: number;
  /** Preamble, blank, repeated header and total lines (records, not physical lines). */
  readonly skipped: number;
  readonly completeness: readonly FeedDoubt[];
  readonly conflictingKeys: readonly ConflictingKey[];
  readonly standing: readonly StandingRow[];
  /** Total and signature lines after the last row; `count` when they say how many rows there are. */
  readonly trailer?: { readonly lines: readonly { line: number; text: string }[]; readonly count?: number };
  /** What speaks for the file being whole, and what to remember of it for the next one. */
  readonly evidence: FeedEvidence;
  /** Notes that became known while reading. */
  readonly notes: readonly FeedNote[];
}
