import { DomainError, type ErrorCode } from '../../core/errors.ts';
import type { Job, JobHandler, JobResult } from '../job-port.ts';
import type {
  OperationBatch,
  OperationDesk,
  OperationOutcome,
  QueuedLine,
  Responder,
  SettledLine,
} from '../operation-port.ts';
import type { Clock, Log, Store } from '../ports.ts';
import { createDeliverAnswers } from './deliver-answers.ts';
import { KEPT_DAYS, deliverJob } from './jobs.ts';
import { type RoomLimits, KEPT_ANSWER, ROOM, makeRoom } from './room.ts';

/** So long one batch is worked on before others have their turn. */
const TURN_MS = 2_000;
const WAITING_MS = 30_000;
const LINES = 50;
/** Lines that one transaction purges. */
const PURGED = 500;
const DAY_MS = 86_400_000;

/** Nothing was sent, and nothing can be until this is over: it says nothing of the line. */
const WAITS: ReadonlySet<string> = new Set([
  ...['drift.unreachable', 'drift.not_configured', 'drift.credential_dead'],
  ...['credential_dead', 'credential_renewed', 'circuit_open', 'rate_limit'],
]);
/** What a call may be refused with before it is sent; anything else that is thrown is a bug. */
const REFUSED_HERE: Readonly<Partial<Record<ErrorCode, number>>> = { 'drift.firewall': 409, 'request.invalid': 400 };

export interface RunOperations {
  /** Handler of the jobs of kind `operation`. */
  readonly run: JobHandler;
  /** A job that failed too often: its batch waits, and goes on when it is sent again. */
  readonly gaveUp: (job: Job) => Promise<void>;
}

export function createRunOperations(ports: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Throws DomainError `drift.not_configured` where the tenant has no credentials. */
  readonly deskFor: (tenantId: string) => Promise<OperationDesk>;
  readonly responder: Responder;
  /** Keys that answers to somebody's address are signed with. */
  readonly respondSecrets: (tenantId: string) => readonly string[];
  readonly limits?: RoomLimits;
}): RunOperations {
  const { store, clock, log, limits = ROOM } = ports;
  const deliver = createDeliverAnswers(ports);
  const after = (ms: number): string => new Date(Date.parse(clock.now()) + ms).toISOString();

  async function batchTurn(tenantId: string, batchId: string): Promise<JobResult> {
    const tenant = store.tenant(tenantId);
    const found = await tenant.write((tx) => tx.operations.take(batchId, clock.now()));
    if (found === null) return { again: null };
    const { batch, fence } = found;
    // It was over before, and only its job was not told.
    if (batch.state === 'done') return { again: null };
    const until = Date.parse(clock.now()) + TURN_MS;
    let desk: OperationDesk | null = null;
    for (;;) {
      const lines = await tenant.operations.next(batchId, LINES);
      const isRoom = lines.length === 0 || (await makeRoom(store, tenantId, 0, limits));
      for (const line of lines) {
        if (Date.parse(clock.now()) >= until) return { again: clock.now() };
        const own = await tenant.write((tx) => tx.operations.intend(batchId, line.line, fence));
        if (!own) return { again: null };
        let settled: SettledLine | { readonly waits: string };
        try {
          desk ??= await ports.deskFor(tenantId);
          settled = await called(desk, batch, line, isRoom);
        } catch (error) {
          settled = stopped(error, batch);
        }
        if ('waits' in settled) {
          const { waits } = settled;
          await tenant.write(async (tx) => {
            await tx.operations.unsend(batchId, line.line, fence);
            await tx.operations.setState(batchId, fence, 'waiting', waits, clock.now());
          });
          log('warn', 'operation.waits', { batch: batchId, code: waits });
          return { again: after(WAITING_MS) };
        }
        await settle(tenantId, batch, line.line, fence, settled);
      }
      if (lines.length === 0 && (await ended(tenantId, batch, fence))) return { again: null };
    }
  }

  async function called(
    desk: OperationDesk,
    batch: OperationBatch,
    { input }: QueuedLine,
    isRoom: boolean,
  ): Promise<SettledLine | { readonly waits: string }> {
    const { operation, dryRun, all } = batch;
    desk.takeCallCount();
    const outcome = await desk.call({ operation, input, dryRun, all });
    if (outcome.kind === 'refused' && WAITS.has(outcome.code) && batch.kind === 'lines') return { waits: outcome.code };
    return settledBy(outcome, batch, desk.takeCallCount(), isRoom);
  }

  /** A call that was stopped before it went out, or went wrong in a way that nobody foresaw. */
  function stopped(error: unknown, batch: OperationBatch): SettledLine | { readonly waits: string } {
    const none = { status: null, answer: null, calls: 0 };
    if (error instanceof DomainError) {
      const { code, message: detail } = error;
      const status = REFUSED_HERE[code];
      if (status !== undefined) return { ...none, state: 'refused', code, detail, status };
      if (WAITS.has(code)) {
        return batch.kind === 'lines' ? { waits: code } : { ...none, state: 'refused', code, detail };
      }
      if (code === 'store.unavailable') throw error;
    }
    log('error', 'operation.bug', { batch: batch.id, code: nameOf(error), at: placeOf(error) });
    const detail = batch.writes
      ? 'Something went wrong in the bridge; it may have happened.'
      : 'Something went wrong in the bridge.';
    return { ...none, state: batch.writes ? 'unknown' : 'refused', code: 'internal', detail };
  }

  async function settle(
    tenantId: string,
    batch: OperationBatch,
    line: number,
    fence: number,
    settled: SettledLine,
  ): Promise<void> {
    const responds = batch.respondTo !== null;
    await store.tenant(tenantId).write(async (tx) => {
      const at = clock.now();
      await tx.operations.settle(batch.id, line, fence, settled, { responds, at });
      if (responds) await tx.jobs.enqueue(deliverJob(batch.id));
    });
  }

  /** Says that all is done, unless lines came meanwhile: false then. */
  async function ended(tenantId: string, batch: OperationBatch, fence: number): Promise<boolean> {
    return store.tenant(tenantId).write(async (tx) => {
      const at = clock.now();
      // First the state: whoever releases further lines now waits for this transaction, or was before it.
      if (!(await tx.operations.setState(batch.id, fence, 'done', null, at))) return true;
      if ((await tx.operations.next(batch.id, 1)).length > 0) {
        await tx.operations.setState(batch.id, fence, 'running', null, at);
        return false;
      }
      if (batch.respondTo !== null) await tx.jobs.enqueue(deliverJob(batch.id));
      await tx.audit.append({
        actor: batch.requestedBy,
        kind: 'operation.done',
        subject: batch.id,
        data: { operation: batch.operation, ...(await tx.operations.counts(batch.id)) },
      });
      return true;
    });
  }

  async function purge(tenantId: string): Promise<JobResult> {
    const tenant = store.tenant(tenantId);
    const until = Date.parse(clock.now()) + TURN_MS;
    const before = after(-KEPT_DAYS * DAY_MS);
    while (await tenant.write((tx) => tx.operations.purge(before, PURGED))) {
      if (Date.parse(clock.now()) >= until) return { again: clock.now() };
    }
    const oldest = await tenant.operations.oldest();
    // One instant more: what is exactly as old as may be stays.
    return { again: oldest === null ? null : new Date(Date.parse(oldest) + KEPT_DAYS * DAY_MS + 1).toISOString() };
  }

  return {
    async run({ tenantId, payload }) {
      const { batchId, deliver: answersOf } = payload;
      if (typeof batchId === 'string') return batchTurn(tenantId, batchId);
      if (typeof answersOf === 'string') return deliver(tenantId, answersOf);
      return purge(tenantId);
    },

    async gaveUp({ tenantId, payload: { batchId } }) {
      if (typeof batchId !== 'string') return;
      await store.tenant(tenantId).write(async (tx) => {
        const found = await tx.operations.take(batchId, clock.now());
        if (found !== null) await tx.operations.setState(batchId, found.fence, 'waiting', 'internal', clock.now());
      });
    },
  };
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown');

/** `src/…/file.ts:12` of the innermost frame of ours. */
function placeOf(error: unknown): string {
  return /\/(src\/[\w./-]+:\d+)/.exec(error instanceof Error ? (error.stack ?? '') : '')?.[1] ?? '';
}

function settledBy(outcome: OperationOutcome, batch: OperationBatch, calls: number, isRoom: boolean): SettledLine {
  switch (outcome.kind) {
    case 'ok': {
      const answer = JSON.stringify(outcome.answer);
      const settled = { state: 'ok', status: null, calls } as const;
      if (batch.kind === 'single' || (isRoom && answer.length <= KEPT_ANSWER))
        return { ...settled, code: null, detail: null, answer };
      const detail = isRoom ? 'The answer is too large to be kept.' : 'There is no room for more answers.';
      return { ...settled, code: 'answer_not_kept', detail, answer: null };
    }
    case 'refused':
      return {
        state: 'refused',
        code: outcome.code,
        detail: outcome.detail,
        status: outcome.status,
        answer: null,
        calls,
      };
    case 'unknown': {
      const { code, detail, look } = outcome;
      const lost = { code, status: null, answer: null, calls } as const;
      if (!batch.writes) return { ...lost, state: 'refused', detail };
      const where = look === null ? 'read back what is there before it is sent again' : `look with ${look}`;
      return { ...lost, state: 'unknown', detail: `${detail} It may have happened; ${where}.` };
    }
  }
}
