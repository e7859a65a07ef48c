import type { AuditEntry } from './ports.ts';

export interface AuditRecord extends AuditEntry {
  readonly seq: number;
  readonly at: string;
  readonly hash: string;
}

export interface AuditVerdict {
  readonly ok: boolean;
  /** Entries that were looked at. */
  readonly entries: number;
  /** Hash of the last entry; of an empty chain, 64 zeros. */
  readonly head: string;
  /** Sequence number of the first entry that is missing or is not what its hash says. */
  readonly brokenAt?: number;
}

/** The reader's side of a tenant's audit log. */
export interface AuditTrail {
  /** Ordered by seq; `after` is the last seq seen, 0 to begin. */
  list(after: number, limit: number): Promise<readonly AuditRecord[]>;
  /** Walks the whole chain in pages. */
  verify(): Promise<AuditVerdict>;
}
