/** One inbound SCIM request, or one operation of a Bulk request: ids, codes, names and hashes, never a value or a secret. */
export interface ScimRequest {
  /** When it came, UTC ISO. */
  readonly at: string;
  /** As the answer's `x-request-id`; the operations of a Bulk request share it. */
  readonly requestId: string;
  /** Of a Bulk request: which operation, 0-based. Absent: the request itself. */
  readonly operation?: number;
  readonly tokenId: string;
  readonly method: string;
  /** Route and resource id; of the query, names and operators. */
  readonly path: string;
  readonly status: number;
  /** Why it was refused. */
  readonly code?: string;
  /** Keyed hash of the resource as it was. */
  readonly before?: string;
  /** Keyed hash of the resource as it is since. */
  readonly after?: string;
  readonly personId?: string;
  readonly resourceId?: string;
  /** Names of the attributes that it changed. */
  readonly changed: readonly string[];
  readonly durationMs: number;
}

/** What identifies a row, and orders rows within an instant; `operation` is -1 for a request itself. */
export type ScimRequestKey = Required<Pick<ScimRequest, 'at' | 'requestId' | 'operation'>>;

export interface ScimRequestFilter {
  readonly method?: string;
  /** Only what is no GET. With a resource or a person it is then found by an index, however long the log is. */
  readonly writes?: boolean;
  /** From and to, both inclusive. */
  readonly status?: readonly [number, number];
  readonly code?: string;
  readonly tokenId?: string;
  readonly resourceId?: string;
  readonly personId?: string;
  readonly requestId?: string;
  /** UTC ISO with milliseconds: `at >= since`. */
  readonly since?: string;
  /** UTC ISO with milliseconds: `at < until`. */
  readonly until?: string;
}

export interface ScimRequestStore {
  /** A row that is there already stays as it is: what a write logged with its change is never logged again. */
  add(rows: readonly ScimRequest[]): Promise<void>;
  /** Newest first; `after` is the key of the last row seen. */
  list(filter: ScimRequestFilter, after: ScimRequestKey | null, limit: number): Promise<readonly ScimRequest[]>;
  /** Removes the oldest rows from before that instant, about `most` of them; true when there are more. */
  purge(before: string, most: number): Promise<boolean>;
}

/** A request on its way through a write, which logs it in its own transaction. */
export interface RequestTrace {
  /** A transaction begins, perhaps once more: what an earlier one wrote is not there. */
  begins(): void;
  /** The row of this request as it stands now; to be stored in the transaction of the change. */
  row(
    change: Pick<ScimRequest, 'before' | 'after' | 'personId' | 'changed'> & { readonly resourceId: string },
  ): ScimRequest;
}
