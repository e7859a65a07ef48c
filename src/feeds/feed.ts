import type { EmploymentStatus, HrRecord } from '../core/identity/hr-record.ts';

/** The words of this room: what a feed is told, and what it says of a file and of each row. See docs/hr-feeds.md. */

/** Largest cell, in UTF-16 code units; a longer one quarantines its row. */
export const MAX_CELL_LENGTH = 8_192;
/** Most columns of a table; more refuse the file. */
export const MAX_COLUMNS = 100;
/** Longest person key, in UTF-16 code units. */
export const MAX_KEY_LENGTH = 256;
/** Largest record, in bytes of UTF-8; beyond it a quote was left open and nothing after it can be trusted. */
export const MAX_RECORD_BYTES = 1_000_000;

/** A person attribute or a helper that a column can be mapped to. `rehire` moves `start` when it is the later date. */
export type FeedField =
  | 'personKey'
  | 'status'
  | 'workerType'
  | 'start'
  | 'end'
  | 'rehire'
  | 'managerKey'
  | 'workEmail'
  | 'given'
  | 'family'
  | 'preferred'
  | 'display'
  | 'title'
  | 'department'
  | 'location'
  | 'company'
  | 'phone'
  | 'locale'
  | 'timeZone';

/** Order of day and month in a date column written with numbers only. */
export type DateOrder = 'day_first' | 'month_first';

export interface FeedProfile {
  /** One ASCII character; absent = detected. */
  readonly delimiter?: string;
  /** utf-8, utf-16le, utf-16be or windows-1252; absent = detected. */
  readonly encoding?: string;
  /** Header -> field, before any synonym; `ignore` keeps a column out. `Email[2]` names the second of equal headers. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Status word -> status, before the words of the preset; case and spacing do not matter. */
  readonly statusWords?: Readonly<Record<string, EmploymentStatus>>;
  /** Header -> order, for columns such as 03/04/2026 that no cell decides. */
  readonly dateOrder?: Readonly<Record<string, DateOrder>>;
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

export type RowProblemCode =
  // errors
  | 'key_missing'
  | 'key_invalid'
  | 'id_exponent'
  | 'duplicate_key'
  | 'ragged_row'
  | 'stray_quote'
  | 'swallowed_rows'
  | 'quote_unclosed'
  | 'record_too_long'
  | 'cell_too_long'
  | 'control_character'
  | 'encoding_replacement'
  | 'status_unknown'
  | 'status_missing'
  | 'date_invalid'
  | 'date_ambiguous'
  | 'date_order'
  // warnings
  | 'date_serial'
  | 'end_missing'
  | 'status_disagrees'
  | 'email_invalid'
  | 'manager_invalid'
  | 'manager_self'
  | 'worker_type_unknown'
  | 'time_zone_unknown'
  | 'duplicate_identical';

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
  /** In words: why `hr.status` is what it is. */
  readonly statusRule?: string;
  /** Cells as read, without the `_` columns of a fix file. */
  readonly raw: readonly string[];
  /** Of a fix file: which import and record the row corrects. */
  readonly fixes?: { readonly importId: string; readonly record: string };
  readonly problems: readonly RowProblem[];
}

export interface FeedColumn {
  readonly index: number;
  readonly header: string;
  readonly field: FeedField | null;
  /** In words: why the column is used, or not. */
  readonly why: string;
}

/** Something about the whole file that a person should know. */
export interface FeedNote {
  readonly code:
    'encoding_fallback' | 'encoding_damaged' | 'date_order' | 'date_order_unknown' | 'preamble' | 'mapping';
  readonly message: string;
}

export interface FeedShape {
  readonly encoding: string;
  readonly delimiter: string;
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

/** A reason to think that the file is not whole. */
export interface FeedDoubt {
  readonly code:
    | 'no_final_newline'
    | 'last_record_short'
    | 'quote_unclosed'
    | 'stray_quote'
    | 'swallowed_rows'
    | 'cut_character'
    | 'record_too_long'
    | 'trailer_count';
  readonly message: string;
  /** False: whole files look like this too (`no_final_newline`); true: part of the file is missing or unreadable. */
  readonly certain: boolean;
}

/** A key that stands in different rows: every one of them is quarantined, the first by the importer. */
export interface ConflictingKey {
  readonly key: string;
  /** The record that was yielded before the conflict was known. */
  readonly firstRecord: number;
  readonly rows: number;
}

export interface FeedEnd {
  /** Data records: the number of rows yielded. */
  readonly read: number;
  /** Preamble, blank, repeated header and total lines (records, not physical lines). */
  readonly skipped: number;
  readonly completeness: readonly FeedDoubt[];
  readonly conflictingKeys: readonly ConflictingKey[];
  /** Total and signature lines after the last row; `count` when they say how many rows there are. */
  readonly trailer?: { readonly lines: readonly { line: number; text: string }[]; readonly count?: number };
  /** Notes that became known while reading. */
  readonly notes: readonly FeedNote[];
}

export type FeedErrorCode =
  'empty_file' | 'not_csv' | 'no_header' | 'no_key_column' | 'duplicate_header' | 'too_many_columns' | 'bad_profile';

/** The file (or the profile) is no table of people at all; thrown before the first row. Holds no cell of a person. */
export class FeedError extends Error {
  override readonly name = 'FeedError';
  readonly code: FeedErrorCode;
  readonly found: string;
  readonly expected: string;

  constructor(code: FeedErrorCode, found: string, expected: string) {
    super(`Found ${found}; expected ${expected}.`);
    this.code = code;
    this.found = found;
    this.expected = expected;
  }
}
