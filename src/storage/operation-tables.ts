interface Owned {
  tenant_id: string;
}

/** What calls to Drift were asked for, and what became of them. */
export interface OperationTables {
  operation_batch: Owned & {
    id: string;
    operation: string;
    kind: string;
    state: string;
    code: string | null;
    /** 0 or 1, as the two after it. */
    writes: number;
    dry_run: number;
    all_pages: number;
    respond_to: string | null;
    batch_key: string | null;
    /** Of the request that sends its lines now. */
    receipt: string | null;
    lines: number;
    /** Last line that may be done. */
    released: number;
    fence: number;
    requested_by: string;
    created_at: string;
    ended_at: string | null;
    /** Of the inputs and answers of its lines. */
    bytes: number;
  };
  operation_line: Owned & {
    batch_id: string;
    line: number;
    hash: string;
    /** JSON OperationInput; null where the line was not valid. */
    input: string | null;
    state: string;
    code: string | null;
    detail: string | null;
    status: number | null;
    answer: string | null;
    calls: number;
    fence: number;
    delivery: string | null;
    delivery_tries: number;
    delivery_at: string | null;
    at: string | null;
  };
}
