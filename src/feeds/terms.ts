import { FEED_FIELDS } from '../core/reconcile/feed-terms.ts';

/** Words and limits that every part of this room uses; what a feed is told and what it says is in feed.ts. */

/** Largest cell, in UTF-16 code units; a longer one quarantines its row. */
export const MAX_CELL_LENGTH = 8_192;
/** Most columns of a table; more refuse the file. */
export const MAX_COLUMNS = 100;
/** Longest name of a column, in UTF-16 code units; a longer one refuses the file. */
export const MAX_HEADER_LENGTH = 256;
/** Longest person key, in UTF-16 code units. */
export const MAX_KEY_LENGTH = 256;
/** Longest record, in UTF-16 code units; beyond it a quote was left open and nothing after it can be trusted. */
export const MAX_RECORD_LENGTH = 1_000_000;

/**
 * A person attribute or a helper that a column can be mapped to, in the order in which they take columns: the key first.
 * `employmentKey` and `primary` tell the rows of one person apart; `onLeave` and `action` speak beside `status`; `rehire`
 * moves `start` when it is the later date.
 */
export const FIELDS = FEED_FIELDS;

export type FeedField = (typeof FIELDS)[number];

/** Order of day and month in a date column written with numbers only. */
export type DateOrder = 'day_first' | 'month_first';

export type Quote = '"' | "'";

export type RowProblemCode =
  // errors
  | 'key_missing'
  | 'key_invalid'
  | 'id_exponent'
  | 'id_zeros_lost'
  | 'duplicate_key'
  | 'employment_unclear'
  | 'not_unique'
  | 'required_blank'
  | 'value_unmapped'
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
  | 'action_unknown'
  | 'date_invalid'
  | 'date_ambiguous'
  | 'date_order'
  // warnings
  | 'date_serial'
  | 'mojibake'
  | 'further_employment'
  | 'end_missing'
  | 'status_disagrees'
  | 'email_invalid'
  | 'manager_invalid'
  | 'manager_self'
  | 'worker_type_unknown'
  | 'time_zone_unknown'
  | 'duplicate_identical';

export interface FeedColumn {
  readonly index: number;
  readonly header: string;
  readonly field: FeedField | null;
  /** In words: why the column is used, or not. */
  readonly why: string;
  /** 0 to 1: how sure it is that the column holds what the field means; 0 where it is not used. */
  readonly confidence: number;
  /** Of the first 1,000 rows: share of cells that are not blank, what they look like, up to three of them (personal ones masked). */
  readonly filled: number;
  readonly looksLike: 'blank' | 'number' | 'date' | 'email' | 'word' | 'text';
  readonly samples: readonly string[];
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
    | 'trailer_count'
    | 'trailer_missing'
    | 'done_missing'
    | 'manifest_rows'
    | 'manifest_bytes'
    | 'file_small'
    | 'key_tail_missing'
    | 'delimiter_changed'
    | 'columns_lost';
  readonly message: string;
  /** False: whole files look like this too (`no_final_newline`); true: part of the file is missing or unreadable. */
  readonly certain: boolean;
}

export type FeedErrorCode =
  | 'empty_file'
  | 'not_csv'
  | 'unfinished_upload'
  | 'no_header'
  | 'no_key_column'
  | 'duplicate_header'
  | 'too_many_columns'
  | 'bad_profile';

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
