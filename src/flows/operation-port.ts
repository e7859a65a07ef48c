import type { Principal } from './principal.ts';

type Json = Readonly<Record<string, unknown>>;

/** What goes into one call to Drift, in the parts that its row of the table names; as it was given, in JSON. */
export interface OperationInput {
  readonly params: Json;
  readonly query: Json;
  readonly body?: unknown;
}

/** What became of one call. `unknown`: it may have happened; `look` names the operation that shows whether it did. */
export type OperationOutcome =
  | { readonly kind: 'ok'; readonly answer: unknown }
  | { readonly kind: 'refused'; readonly code: string; readonly status: number; readonly detail: string }
  | { readonly kind: 'unknown'; readonly code: string; readonly detail: string; readonly look: string | null };

/** Drift, asked by the name of an operation. */
export interface OperationDesk {
  /**
   * `dryRun`: only reads are sent. `all`: every page of a list, up to a limit that the answer tells. Throws DomainError
   * `request.invalid`, `drift.firewall`, `drift.unreachable`, `drift.credential_dead`; the call was not sent then.
   */
  call(request: {
    readonly operation: string;
    readonly input: OperationInput;
    readonly dryRun: boolean;
    readonly all: boolean;
  }): Promise<OperationOutcome>;
  /** Calls made since the counter was last taken. */
  takeCallCount(): number;
}

/** What a caller chooses; a batch that is resumed must have been asked for with the same. */
export interface OperationOptions {
  readonly dryRun: boolean;
  readonly all: boolean;
  /** Each answer is posted there too. */
  readonly respondTo: string | null;
}

/**
 * `receiving`: its lines are still coming, nothing of it was done yet. `waiting`: something stands in the way of every line
 * (`code` says what), and it goes on by itself when that is gone.
 */
export type BatchState = 'receiving' | 'running' | 'waiting' | 'done' | 'cancelled';

/** One request: one call, or the lines of one NDJSON body. */
export interface OperationBatch extends OperationOptions {
  readonly id: string;
  readonly operation: string;
  readonly kind: 'single' | 'lines';
  readonly state: BatchState;
  readonly code: string | null;
  /** Its calls change something: a line that was interrupted is never sent again blind. */
  readonly writes: boolean;
  /** From the header `Idempotency-Key`. */
  readonly key: string | null;
  /** Lines that were taken, and the number of the last. Nothing behind it is done. */
  readonly lines: number;
  readonly released: number;
  /** Token id. */
  readonly requestedBy: string;
  readonly createdAt: string;
  readonly endedAt: string | null;
}

/**
 * `queued`: not done yet (in a cancelled batch it never will be: then it shows as `skipped`). `sent`: the call is on its way.
 * `invalid`: it does not fit the operation; nothing was sent.
 */
export type LineState = 'queued' | 'sent' | 'ok' | 'refused' | 'unknown' | 'invalid' | 'skipped';

export interface OperationLine {
  /** 1-based, as in the body. */
  readonly line: number;
  readonly state: LineState;
  readonly code: string | null;
  readonly detail: string | null;
  /** Of Drift's refusal. */
  readonly status: number | null;
  /** JSON text. */
  readonly answer: string | null;
  readonly calls: number;
  readonly delivery: Delivery | null;
  /** When it was settled. */
  readonly at: string | null;
}

/** How the answer fared at `respondTo`. */
export interface Delivery {
  readonly state: 'due' | 'delivered' | 'given_up';
  readonly tries: number;
}

/** A line as it was taken. */
export interface TakenLine {
  readonly line: number;
  /** Of its text: the same line sent again is known by it. */
  readonly hash: string;
  readonly work:
    | { readonly kind: 'call'; readonly input: OperationInput }
    | { readonly kind: 'invalid'; readonly code: string; readonly detail: string };
}

export interface QueuedLine {
  readonly line: number;
  readonly input: OperationInput;
}

export type SettledLine = Pick<OperationLine, 'state' | 'code' | 'detail' | 'status' | 'answer' | 'calls'>;

export interface OperationStore {
  /** False where the key is taken already. */
  create(batch: OperationBatch): Promise<boolean>;
  get(id: string): Promise<OperationBatch | null>;
  byKey(key: string): Promise<OperationBatch | null>;
  /** Newest first. */
  list(after: string | null, limit: number): Promise<readonly OperationBatch[]>;
  /** Whoever sends the lines now: an earlier sender cannot go on. */
  receive(id: string, receipt: string): Promise<void>;
  /** Hashes of stored lines from `from` to `to`, both inclusive. */
  hashes(id: string, from: number, to: number): Promise<ReadonlyMap<number, string>>;
  /** False where another sender has taken over. */
  append(id: string, receipt: string, lines: readonly TakenLine[], at: string): Promise<boolean>;
  /** Removes lines that were never released, `most` at a time; true when there may be more. Only for who sends them now. */
  discard(id: string, receipt: string, most: number): Promise<boolean>;
  /** Removes a batch of which nothing was released; only for who sends it now. */
  remove(id: string, receipt: string): Promise<void>;
  /**
   * All has come: from now on it may be done. The state that it had until then, of the row as it is locked for this; null
   * where another sender has taken over, or it was cancelled.
   */
  release(
    id: string,
    receipt: string,
    upTo: { readonly line: number; readonly lines: number },
  ): Promise<BatchState | null>;
  /**
   * The batch for one worker, under a new fence, `running` where it waited: what an earlier worker was in the middle of is settled as `unknown` where it
   * changes something, and asked again where it only reads. Null where there is nothing to do.
   */
  take(id: string, at: string): Promise<{ readonly batch: OperationBatch; readonly fence: number } | null>;
  next(id: string, limit: number): Promise<readonly QueuedLine[]>;
  /** To be committed before the call. False where the batch has another worker, or was cancelled. */
  intend(id: string, line: number, fence: number): Promise<boolean>;
  /** Nothing was sent after all. */
  unsend(id: string, line: number, fence: number): Promise<void>;
  /** `responds`: its answer is to be posted from now on. */
  settle(
    id: string,
    line: number,
    fence: number,
    settled: SettledLine,
    how: { readonly responds: boolean; readonly at: string },
  ): Promise<void>;
  /** Of a batch that is not cancelled, by the worker that has it. */
  setState(
    id: string,
    fence: number,
    state: 'running' | 'waiting' | 'done',
    code: string | null,
    at: string,
  ): Promise<boolean>;
  /** False where it has ended already. */
  cancel(id: string, at: string): Promise<boolean>;
  lines(
    id: string,
    query: { readonly state?: LineState; readonly after: number; readonly limit: number },
  ): Promise<readonly OperationLine[]>;
  counts(id: string): Promise<Readonly<Partial<Record<LineState, number>>>>;
  /** Lines whose answer is to be posted by then. */
  due(id: string, at: string, limit: number): Promise<readonly OperationLine[]>;
  /** When the next answer is to be posted; null: none. */
  nextDue(id: string): Promise<string | null>;
  delivered(id: string, line: number, delivery: Delivery, nextAt: string | null): Promise<void>;
  /** Batches of that kind that have not ended; nobody else opens one before the transaction ends. */
  open(kind: OperationBatch['kind']): Promise<number>;
  /** Bytes that inputs and answers of all batches take. */
  bytes(): Promise<number>;
  /**
   * Drops inputs and answers, about `most` lines of them, of the oldest batch that has ended and still holds some, and whose
   * answers are not to be posted any more; what became of each line stays. False where there is none.
   */
  empty(most: number): Promise<boolean>;
  /** Drops the answer of one line. */
  forget(id: string, line: number): Promise<void>;
  /** Removes batches from before that instant, about `most` lines of them; true when there are more. */
  purge(before: string, most: number): Promise<boolean>;
  /** When the oldest batch was made. */
  oldest(): Promise<string | null>;
}

/** Posts an answer to somebody else's address. */
export interface Responder {
  post(delivery: {
    readonly url: string;
    readonly id: string;
    readonly body: string;
    readonly secrets: readonly string[];
  }): Promise<
    | { readonly kind: 'delivered'; readonly status: number }
    | { readonly kind: 'refused'; readonly status: number }
    | { readonly kind: 'lost'; readonly code: string }
  >;
}

/** Makes a plan with one change of an operation that is never a direct call. */
export interface OperationPlanner {
  plan(request: {
    readonly tenantId: string;
    readonly by: Principal;
    readonly operation: string;
    readonly input: { readonly params: unknown; readonly query: unknown; readonly body: unknown };
    readonly reason?: string;
  }): Promise<{ readonly planId: string }>;
}
