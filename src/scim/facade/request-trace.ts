import type { Request } from 'express';
import { DomainError } from '../../core/errors.ts';
import type { Principal } from '../../flows/principal.ts';
import type { RequestTrace, ScimRequest } from '../../flows/scim-request-port.ts';
import type { StoredResource } from '../../flows/scim-port.ts';
import { requestShape } from '../request-shape.ts';

/** Whose request it is, as far as the log needs it. */
type Caller = Pick<Principal, 'tenantId' | 'tokenId'>;

/** An answer, as far as the log needs it. */
interface Answer {
  readonly status: number;
}

/** Takes a request that was answered and is in no transaction; `req` unless it is an operation of a Bulk request. */
type Sink = (trace: Trace, req: Request | null) => void;

/** What an answer says beside its status: the resource that it shows, or why it refuses. */
const notes = new WeakMap<Answer, { readonly code?: string; readonly id?: string; readonly personId?: string }>();

export function showing<A extends Answer>(answer: A, { id, personId }: StoredResource): A {
  notes.set(answer, { id, ...(personId === undefined ? {} : { personId }) });
  return answer;
}

export function refusing<A extends Answer>(answer: A, error: unknown): A {
  if (error instanceof DomainError) notes.set(answer, { code: error.code });
  return answer;
}

const TRACE = Symbol('trace');
type Traced = Request & { [TRACE]?: Trace };

export function traceOf(req: Traced): Trace | undefined {
  return req[TRACE];
}

export function traced(req: Traced, trace: Trace): void {
  req[TRACE] = trace;
}

/**
 * What is kept of one request, or of one operation of a Bulk request, until it is in the log. While it is answered only
 * references are taken; what costs time is worked out when the row is made.
 */
export class Trace implements RequestTrace {
  readonly at: string;
  readonly requestId: string;
  readonly method: string;
  /** Of the request, or relative to the service. */
  readonly url: string;
  readonly #operation: number | undefined;
  readonly #sink: Sink;
  readonly #started = performance.now();
  caller: Caller | undefined;
  /** The answer's; before there is one, what it will be if the change is stored. */
  #status = 200;
  #durationMs = 0;
  #isLogged = false;
  #isAnswered = false;
  #code: string | undefined;
  #resourceId: string | undefined;
  #personId: string | undefined;

  constructor(
    request: { readonly requestId: string; readonly method: string; readonly url: string; readonly operation?: number },
    at: string,
    sink: Sink,
    caller?: Caller,
  ) {
    this.at = at;
    this.requestId = request.requestId;
    this.method = request.method;
    this.url = request.url;
    this.#operation = request.operation;
    this.#sink = sink;
    this.caller = caller;
  }

  operation(operation: number, method: string, url: string): Trace {
    return new Trace({ requestId: this.requestId, method, url, operation }, this.at, this.#sink, this.caller);
  }

  willAnswer(status: number): this {
    this.#status = status;
    return this;
  }

  begins(): void {
    this.#isLogged = false;
  }

  row(change: Parameters<RequestTrace['row']>[0]): ScimRequest {
    this.#isLogged = true;
    this.#durationMs = performance.now() - this.#started;
    return { ...this.#known(requestShape(this.url).path), ...change };
  }

  answered(answer: Answer, req: Request | null = null): void {
    // The row of a change was committed with it. After an error that is not certain; a second row of one request is none.
    if (this.#isAnswered || (this.#isLogged && answer.status < 400)) return;
    this.#isAnswered = true;
    this.#status = answer.status;
    this.#durationMs = performance.now() - this.#started;
    const note = notes.get(answer);
    this.#code = note?.code;
    this.#resourceId = note?.id;
    this.#personId = note?.personId;
    this.#sink(this, req);
  }

  /** Of a request that changed nothing. */
  plainRow(): ScimRequest {
    const { path, resourceId = this.#resourceId } = requestShape(this.url);
    return {
      ...this.#known(path),
      ...(this.#code === undefined ? {} : { code: this.#code }),
      ...(resourceId === undefined ? {} : { resourceId }),
      ...(this.#personId === undefined ? {} : { personId: this.#personId }),
    };
  }

  isRefusedAtTheDoor(): boolean {
    return this.caller === undefined && (this.#status === 401 || this.#status === 403);
  }

  #known(path: string): ScimRequest {
    return {
      at: this.at,
      requestId: this.requestId,
      ...(this.#operation === undefined ? {} : { operation: this.#operation }),
      tokenId: this.caller?.tokenId ?? '',
      method: this.method,
      path,
      status: this.#status,
      changed: [],
      durationMs: this.#durationMs,
    };
  }
}
