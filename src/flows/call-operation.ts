import { DomainError } from '../core/errors.ts';
import { type Asked, newBatch, same, saysOtherwise } from './call-operation/asked.ts';
import { operationJob, purgeJob } from './call-operation/jobs.ts';
import { createRemember } from './call-operation/remember.ts';
import { type RoomLimits, KEPT_ANSWER, ROOM, checkOpen, needRoom } from './call-operation/room.ts';
import type { OperationBatch, OperationInput, OperationLine, TakenLine } from './operation-port.ts';
import type { Clock, Crypto, Store } from './ports.ts';

/** Lines of one transaction while a body comes in. */
const SLICE = 200;
/** How often the store is asked for what a worker has done meanwhile: soon at first. */
const POLLS_MS = [25, 50, 100, 200, 400] as const;
/** A person on the line goes before batches. */
const SINGLE_PRIORITY = 5;

/** A line of the body: its text, and what it asks for or why that cannot be. */
export interface DraftLine {
  readonly line: number;
  readonly text: string;
  readonly work: TakenLine['work'];
}

export interface CallOperation {
  /** Takes one call, to be done by a worker. Throws DomainError `conflict` for a key that names something else. */
  one(asked: Asked, input: OperationInput): Promise<OperationBatch>;
  /**
   * Takes the lines of a body as they come, and lets them be done when all have come; a body that does not come whole
   * starts nothing. With a key that is known, lines that were taken before stay as they are. Throws DomainError `conflict`
   * where such a line says something else now, and whatever `lines` throws.
   */
  many(asked: Asked, lines: AsyncIterable<DraftLine>): Promise<OperationBatch>;
  /** The batch as it stands when its work is over, or waits, or `withinMs` have passed. */
  over(tenantId: string, batchId: string, until: Until): Promise<OperationBatch>;
  /** Lines in their order, each when it is settled; ends with the batch, or where it waits, or as `until` says. */
  results(tenantId: string, batchId: string, until: Until): AsyncGenerator<OperationLine>;
  /** They were answered to somebody: what is too large to be kept for a second time goes. */
  given(tenantId: string, batchId: string, lines: readonly OperationLine[]): Promise<void>;
  /**
   * What `make` makes, an id; with a key that is known what it made then. Throws DomainError `conflict` for a key that names
   * something else, and whatever `make` throws: nothing is remembered then.
   */
  remembered(asked: Asked, input: OperationInput, make: () => Promise<string>): Promise<string>;
  /** Throws DomainError `conflict` for a batch that has ended. */
  cancel(tenantId: string, batchId: string, by: string): Promise<void>;
}

export interface Until {
  readonly withinMs: number;
  readonly gone: AbortSignal;
}

export function createCallOperation(ports: {
  readonly store: Store;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly limits?: RoomLimits;
}): CallOperation {
  const { store, clock, crypto, limits = ROOM } = ports;

  /** The batch of the key, or a new one. */
  async function opened(asked: Asked, kind: OperationBatch['kind']): Promise<OperationBatch> {
    const { tenantId, key } = asked;
    const tenant = store.tenant(tenantId);
    const known = key === null ? null : await tenant.operations.byKey(key);
    if (known !== null) return same(known, asked, kind);
    const batch = newBatch(asked, kind, crypto.uuid(), clock.now());
    const isNew = await tenant.write(async (tx) => {
      await tx.jobs.enqueue(purgeJob(batch.createdAt));
      if (!(await tx.operations.create(batch))) return false;
      checkOpen(await tx.operations.open(kind), kind, limits);
      return true;
    });
    // Somebody was quicker with the same key.
    return isNew ? batch : opened(asked, kind);
  }

  async function taken(
    asked: Asked,
    batch: OperationBatch,
    receipt: string,
    lines: AsyncIterable<DraftLine>,
  ): Promise<OperationBatch> {
    const tenant = store.tenant(asked.tenantId);
    await tenant.write((tx) => tx.operations.receive(batch.id, receipt));
    // What an earlier sender did not bring to its end.
    while (await tenant.write((tx) => tx.operations.discard(batch.id, receipt, SLICE)));
    let slice: TakenLine[] = [];
    let last = 0;
    let more = 0;
    const keep = async (): Promise<void> => {
      const [first] = slice;
      if (first === undefined) return;
      const known = await tenant.operations.hashes(batch.id, first.line, last);
      for (const { line, hash } of slice) {
        if (line <= batch.released && known.get(line) !== hash) throw saysOtherwise(line);
      }
      const added = slice.filter(({ line }) => line > batch.released);
      if (added.length > 0 && batch.state === 'cancelled') {
        throw new DomainError('conflict', 'The batch of this key was cancelled; it takes no further lines.');
      }
      if (added.length > 0) await needRoom(store, asked.tenantId, sizeOf(added), limits);
      const own = await tenant.write((tx) => tx.operations.append(batch.id, receipt, added, clock.now()));
      if (!own) throw new DomainError('conflict', 'Another request sends the lines of this key now.');
      more += added.length;
      slice = [];
    };
    for await (const { line, text, work } of lines) {
      slice.push({ line, hash: crypto.hash(text), work });
      last = line;
      if (slice.length >= SLICE) await keep();
    }
    await keep();
    if (last === 0) throw new DomainError('request.invalid', 'The body holds no line.');
    if (more > 0) await release(asked, batch, receipt, { line: last, lines: more });
    // Whoever sends it again does not want to wait, and may know better why it waited.
    else if (batch.state === 'waiting') await tenant.write((tx) => tx.jobs.enqueue(operationJob(batch.id, 0)));
    return (await tenant.operations.get(batch.id)) ?? batch;
  }

  async function release(
    asked: Asked,
    batch: OperationBatch,
    receipt: string,
    upTo: { readonly line: number; readonly lines: number },
  ): Promise<void> {
    const own = await store.tenant(asked.tenantId).write(async (tx) => {
      // Of a running batch the worker that has it goes on by itself: a second one would take its calls for interrupted.
      const before = await tx.operations.release(batch.id, receipt, upTo);
      if (before === null) return false;
      if (before === 'done') checkOpen(await tx.operations.open(batch.kind), batch.kind, limits);
      if (before !== 'running') {
        await tx.jobs.enqueue(operationJob(batch.id, batch.kind === 'single' ? SINGLE_PRIORITY : 0));
      }
      await tx.audit.append({
        actor: asked.by,
        kind: 'operation.asked',
        subject: batch.id,
        data: { operation: batch.operation, lines: upTo.lines, dryRun: batch.dryRun },
      });
      return true;
    });
    if (!own)
      throw new DomainError('conflict', 'The batch of this key was cancelled, or is sent by somebody else now.');
  }

  /** Nothing stays of what did not come whole. */
  async function abandon(tenantId: string, batchId: string, receipt: string): Promise<void> {
    const tenant = store.tenant(tenantId);
    while (await tenant.write((tx) => tx.operations.discard(batchId, receipt, SLICE)));
    await tenant.write((tx) => tx.operations.remove(batchId, receipt));
  }

  async function many(
    asked: Asked,
    lines: AsyncIterable<DraftLine>,
    kind: OperationBatch['kind'],
  ): Promise<OperationBatch> {
    const batch = await opened(asked, kind);
    const receipt = crypto.uuid();
    try {
      return await taken(asked, batch, receipt, lines);
    } catch (error) {
      await abandon(asked.tenantId, batch.id, receipt);
      throw error;
    }
  }

  async function existing(tenantId: string, batchId: string): Promise<OperationBatch> {
    const batch = await store.tenant(tenantId).operations.get(batchId);
    if (batch === null) throw new DomainError('not_found', 'No such batch.');
    return batch;
  }

  /** Waits a little, longer each time; false when the time is over or nobody listens any more. */
  function patience({ withinMs, gone }: Until): () => Promise<boolean> {
    const end = Date.parse(clock.now()) + withinMs;
    let round = 0;
    return async () => {
      const left = end - Date.parse(clock.now());
      if (left <= 0 || gone.aborted) return false;
      await clock.sleep(Math.min(left, POLLS_MS[Math.min(round, POLLS_MS.length - 1)] ?? 0));
      round += 1;
      return true;
    };
  }

  return {
    one: (asked, input) =>
      many(asked, only({ line: 1, text: JSON.stringify(input), work: { kind: 'call', input } }), 'single'),
    many: (asked, lines) => many(asked, lines, 'lines'),

    async over(tenantId, batchId, until) {
      const wait = patience(until);
      for (;;) {
        const batch = await existing(tenantId, batchId);
        if ((batch.state !== 'running' && batch.state !== 'receiving') || !(await wait())) return batch;
      }
    },

    async *results(tenantId, batchId, until) {
      const { operations } = store.tenant(tenantId);
      const wait = patience(until);
      let after = 0;
      for (;;) {
        const { state } = await existing(tenantId, batchId);
        for (let more = true; more;) {
          const lines = await operations.lines(batchId, { after, limit: SLICE });
          const settled = firstOpen(lines);
          for (const line of lines.slice(0, settled)) {
            yield line;
            after = line.line;
          }
          more = settled === SLICE && !until.gone.aborted;
        }
        // Read before the lines: of a batch that had ended then, nothing is missing.
        if (state !== 'running' || !(await wait())) return;
      }
    },

    async given(tenantId, batchId, lines) {
      for (const { line, answer, delivery } of lines) {
        if ((answer?.length ?? 0) <= KEPT_ANSWER || delivery?.state === 'due') continue;
        await store.tenant(tenantId).write((tx) => tx.operations.forget(batchId, line));
      }
    },

    remembered: createRemember({ store, clock, crypto }),

    async cancel(tenantId, batchId, by) {
      const done = await store.tenant(tenantId).write(async (tx) => {
        if (!(await tx.operations.cancel(batchId, clock.now()))) return false;
        await tx.audit.append({ actor: by, kind: 'operation.cancelled', subject: batchId, data: {} });
        return true;
      });
      if (done) return;
      const { state } = await existing(tenantId, batchId);
      throw new DomainError('conflict', `The batch is ${state} already.`);
    },
  };
}

/** Bytes of what they keep, about. */
const sizeOf = (lines: readonly TakenLine[]): number =>
  lines.reduce((sum, { work }) => sum + (work.kind === 'call' ? JSON.stringify(work.input).length : 0), 0);

async function* only<T>(item: T): AsyncGenerator<T> {
  yield item;
}

function firstOpen(lines: readonly OperationLine[]): number {
  const at = lines.findIndex(({ state }) => state === 'queued' || state === 'sent');
  return at < 0 ? lines.length : at;
}
