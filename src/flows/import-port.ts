import type { HrRecord } from '../core/identity/hr-record.ts';
import type { Gate } from '../core/reconcile/plan.ts';

export type ImportState = 'receiving' | 'accepted' | 'held' | 'rejected' | 'released';

export interface ImportCounts {
  readonly read: number;
  readonly accepted: number;
  readonly warned: number;
  readonly quarantined: number;
  readonly rejected: number;
  readonly skipped: number;
}

export interface ImportChanges {
  readonly joiners: number;
  readonly movers: number;
  readonly leavers: number;
  readonly vanished: number;
}

export interface ImportRecord {
  readonly id: string;
  readonly feed: string;
  readonly sha256: string;
  readonly mode: 'full' | 'upsert' | 'delta';
  readonly state: ImportState;
  /** What the reader found: encoding, delimiter, header line, preset, confidence, columns. */
  readonly shape: Readonly<Record<string, unknown>>;
  readonly counts: ImportCounts;
  readonly changes: ImportChanges;
  readonly gates: readonly Gate[];
  /** Keys of present people that the file lacks, first 1,000. */
  readonly missing: readonly string[];
  readonly requestedBy: string;
  readonly createdAt: string;
  readonly acceptedAt?: string;
}

export interface ImportRow {
  readonly record: number;
  readonly line: number;
  readonly outcome: 'accepted' | 'warned' | 'quarantined' | 'rejected';
  readonly key?: string;
  readonly hr?: HrRecord;
  readonly rowHash?: string;
  readonly raw?: readonly string[];
  readonly problems: readonly Readonly<Record<string, unknown>>[];
}

export interface ImportStore {
  create(record: ImportRecord): Promise<void>;
  addRows(importId: string, rows: readonly ImportRow[]): Promise<void>;
  update(importId: string, patch: Partial<ImportRecord> & { readonly releaseReason?: string }): Promise<void>;
  /** Removes an import that was only a preview, with its rows. */
  discard(importId: string): Promise<void>;
  get(importId: string): Promise<ImportRecord | null>;
  /** The latest import of the feed with these bytes and mode that was not rejected. */
  sameBytes(feed: string, sha256: string, mode: string): Promise<ImportRecord | null>;
  list(after: string | null, limit: number): Promise<readonly ImportRecord[]>;
  rows(
    importId: string,
    query: { readonly outcome?: string; readonly after: number; readonly limit: number },
  ): Promise<readonly ImportRow[]>;
  /** Rows read in the last five accepted full files of the feed, newest first. */
  recentSizes(feed: string): Promise<readonly number[]>;
  /** True once any file of any feed was accepted. */
  anyAccepted(): Promise<boolean>;
  /** Newest accepted import per feed. */
  lastAccepted(feed: string): Promise<{ readonly id: string; readonly acceptedAt: string } | null>;
}
