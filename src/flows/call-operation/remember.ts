import { DomainError } from '../../core/errors.ts';
import type { OperationInput } from '../operation-port.ts';
import type { Clock, Crypto, Store } from '../ports.ts';
import { type Asked, newBatch, same, saysOtherwise } from './asked.ts';
import { purgeJob } from './jobs.ts';

/** Remembers under a key what was made without a call to Drift: as a call that is over, whose answer it is. */
export function createRemember({
  store,
  clock,
  crypto,
}: {
  readonly store: Store;
  readonly clock: Clock;
  readonly crypto: Crypto;
}): (asked: Asked, input: OperationInput, make: () => Promise<string>) => Promise<string> {
  return async function remember(asked, input, make): Promise<string> {
    const { tenantId, key } = asked;
    if (key === null) return make();
    const tenant = store.tenant(tenantId);
    const hash = crypto.hash(JSON.stringify(input));
    const known = await tenant.operations.byKey(key);
    if (known !== null) {
      same(known, asked, 'single');
      if ((await tenant.operations.hashes(known.id, 1, 1)).get(1) !== hash) throw saysOtherwise(1);
      const [line] = await tenant.operations.lines(known.id, { after: 0, limit: 1 });
      if (line?.answer != null) return JSON.parse(line.answer) as string;
      throw new DomainError('conflict', 'What this key made is not known any more; take a new one.');
    }
    const made = await make();
    const batch = newBatch(asked, 'single', crypto.uuid(), clock.now());
    const settled = {
      state: 'ok',
      code: null,
      detail: null,
      status: null,
      answer: JSON.stringify(made),
      calls: 0,
    } as const;
    const isNew = await tenant.write(async ({ operations, jobs }) => {
      const at = clock.now();
      await jobs.enqueue(purgeJob(at));
      if (!(await operations.create(batch))) return false;
      await operations.receive(batch.id, batch.id);
      await operations.append(batch.id, batch.id, [{ line: 1, hash, work: { kind: 'call', input } }], at);
      await operations.release(batch.id, batch.id, { line: 1, lines: 1 });
      const { fence = 0 } = (await operations.take(batch.id, at)) ?? {};
      await operations.intend(batch.id, 1, fence);
      await operations.settle(batch.id, 1, fence, settled, { responds: false, at });
      return operations.setState(batch.id, fence, 'done', null, at);
    });
    // Where somebody was quicker with the same key, what he made counts.
    return isNew ? made : remember(asked, input, make);
  };
}
