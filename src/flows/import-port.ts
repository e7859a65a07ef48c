import type { HrRecord } from '../core/identity/hr-record.ts';
import type { Gate } from '../core/reconcile/plan.ts';

export type ImportState = 'receiving' | 'accepted' | 'held' | 'rejected' | 'released';
/** `receiving` ends with the verdict on the file; `accepting` is while the rows of a good one are taken over. */
export type ImportStage = ImportState | 'accepting';

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
  /** To the outside a file whose rows are being taken over is still `receiving`. */
  readonly state: ImportState;
  /** Only while its rows are taken over: what it will be then. Of one feed, one file at a time. */
  readonly accepting?: 'accepted' | 'released';
  /**
   * What the reader found: encoding, delimiter, header line, preset, confidence, columns; and as `memory` what the next
   * file of the feed is compared with.
   */
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
  /**
   * With `only`, under the tenant's lock and only in that stage: what is read after it in the same transaction stays
   * true, also with an empty patch. Answers whether the import is there, and in that stage.
   */
  update(
    importId: string,
    patch: Partial<ImportRecord> & { readonly releaseReason?: string },
    only?: ImportStage,
  ): Promise<boolean>;
  /**
   * Removes an import that nobody has judged yet, with its rows. With `cells`, only what its rows after that record
   * said in the words of the file, so many of them; rows with problems keep it for the fix file.
   */
  discard(importId: string, cells?: { readonly after: number; readonly limit: number }): Promise<void>;
  get(importId: string): Promise<ImportRecord | null>;
  /** The latest import of the feed with these bytes and mode that was judged, and not rejected. */
  sameBytes(feed: string, sha256: string, mode: string): Promise<ImportRecord | null>;
  /** Newest first. */
  list(
    after: string | null,
    limit: number,
    among?: { readonly feed?: string; readonly stages: readonly ImportStage[] },
  ): Promise<readonly ImportRecord[]>;
  rows(
    importId: string,
    query: { readonly outcome?: string; readonly after: number; readonly limit: number },
  ): Promise<readonly ImportRow[]>;
  /** The last five full files of the feed that came into force, newest first. */
  recentFull(feed: string): Promise<readonly ImportRecord[]>;
  /** True once any file of any feed was accepted. */
  anyAccepted(): Promise<boolean>;
  /** Newest accepted import per feed. */
  lastAccepted(feed: string): Promise<{ readonly id: string; readonly acceptedAt: string } | null>;
}
