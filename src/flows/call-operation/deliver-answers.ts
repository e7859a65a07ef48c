import type { JobResult } from '../job-port.ts';
import type { Delivery, OperationLine, Responder } from '../operation-port.ts';
import type { Clock, Store } from '../ports.ts';

/** So long after each failed post the next one is made; after the last the answer stays here. */
const BACKOFF_MS = [5_000, 30_000, 120_000] as const;
const TURN_MS = 5_000;
const LINES = 20;
/** Another post would end the same way. */
const USELESS: ReadonlySet<string> = new Set(['forbidden', 'too_large']);

/**
 * Posts the answers of a batch to the address that its caller named, in their order as far as nothing fails; says when to come
 * back. What becomes of it changes nothing of the line but its delivery.
 */
export function createDeliverAnswers(ports: {
  readonly store: Store;
  readonly clock: Clock;
  readonly responder: Responder;
  readonly respondSecrets: (tenantId: string) => readonly string[];
}): (tenantId: string, batchId: string) => Promise<JobResult> {
  const { store, clock, responder } = ports;

  async function post(tenantId: string, batchId: string, url: string, line: OperationLine): Promise<Delivery> {
    const outcome = await responder.post({
      url,
      id: `${batchId}.${String(line.line)}`,
      body: JSON.stringify(answerOf(batchId, line)),
      secrets: ports.respondSecrets(tenantId),
    });
    const tries = (line.delivery?.tries ?? 0) + 1;
    if (outcome.kind === 'delivered') return { state: 'delivered', tries };
    const isOver = tries > BACKOFF_MS.length || (outcome.kind === 'lost' && USELESS.has(outcome.code));
    return { state: isOver ? 'given_up' : 'due', tries };
  }

  return async (tenantId, batchId) => {
    const tenant = store.tenant(tenantId);
    const batch = await tenant.operations.get(batchId);
    if (batch?.respondTo == null) return { again: null };
    const until = Date.parse(clock.now()) + TURN_MS;
    for (const line of await tenant.operations.due(batchId, clock.now(), LINES)) {
      const delivery = await post(tenantId, batchId, batch.respondTo, line);
      const wait = delivery.state === 'due' ? (BACKOFF_MS[delivery.tries - 1] ?? 0) : null;
      const nextAt = wait === null ? null : new Date(Date.parse(clock.now()) + wait).toISOString();
      await tenant.write((tx) => tx.operations.delivered(batchId, line.line, delivery, nextAt));
      // A receiver that does not answer now is not asked again for each line.
      if (delivery.state === 'due') return { again: nextAt };
      if (Date.parse(clock.now()) >= until) break;
    }
    return { again: await tenant.operations.nextDue(batchId) };
  };
}

/** What is posted; the same members as a line has in the API. */
function answerOf(batchId: string, { line, state, code, detail, status, answer }: OperationLine): unknown {
  return {
    type: 'drift.operation.answered',
    batch: `opb_${batchId}`,
    line,
    state,
    ...(code === null ? {} : { code }),
    ...(detail === null ? {} : { detail }),
    ...(status === null ? {} : { status }),
    ...(answer === null ? {} : { answer: JSON.parse(answer) as unknown }),
  };
}
