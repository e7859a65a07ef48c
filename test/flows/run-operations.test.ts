import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DomainError } from '../../src/core/errors.ts';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import { createCallOperation, type DraftLine } from '../../src/flows/call-operation.ts';
import { createRunOperations } from '../../src/flows/call-operation/run-operations.ts';
import type { Job } from '../../src/flows/job-port.ts';
import type { OperationDesk, OperationLine, OperationOutcome } from '../../src/flows/operation-port.ts';
import type { TenantStore } from '../../src/flows/ports.ts';
import { type Database, openDatabase } from '../../src/storage/database.ts';
import { createCrypto } from '../../src/storage/node-crypto.ts';
import { createStore } from '../../src/storage/store.ts';
import { createTenants, DEFAULT_TENANT } from '../../src/storage/tenants.ts';
import { type TestClock, testClock } from '../contract/building.ts';

let database: Database;
let tenant: TenantStore;
let clock: TestClock;
let logged: { readonly code: string; readonly data: unknown }[];
/** What Drift says to each call, in turn; or what is thrown. */
let says: (nth: number) => OperationOutcome | Error;
let asked: number;
let calls: ReturnType<typeof createCallOperation>;
let operations: ReturnType<typeof createRunOperations>;
beforeAll(async () => {
  database = await openDatabase({ url: ':memory:' });
  clock = testClock();
  const crypto = createCrypto({ pepper: new Uint8Array(32).fill(9) });
  await createTenants({ database, clock, crypto }).ensureDefault();
  const store = createStore({ database, clock, crypto, basePolicy: DEFAULT_POLICY });
  tenant = store.tenant(DEFAULT_TENANT);
  calls = createCallOperation({ store, clock, crypto });
  const desk: OperationDesk = {
    async call() {
      asked += 1;
      const said = says(asked);
      if (said instanceof Error) throw said;
      return said;
    },
    takeCallCount: () => 1,
  };
  operations = createRunOperations({
    store,
    clock,
    log: (_level, code, data) => void logged.push({ code, data }),
    deskFor: async () => desk,
    responder: { post: async () => ({ kind: 'delivered', status: 200 }) },
    respondSecrets: () => [],
  });
});
beforeEach(() => {
  asked = 0;
  logged = [];
});
afterAll(() => database.close());

const ok: OperationOutcome = { kind: 'ok', answer: {} };
const options = { dryRun: false, all: false, respondTo: null };

async function* drafts(count: number): AsyncGenerator<DraftLine> {
  for (let line = 1; line <= count; line += 1) {
    yield { line, text: String(line), work: { kind: 'call', input: { params: {}, query: {} } } };
  }
}

const asking = (writes: boolean) => ({
  ...{ tenantId: DEFAULT_TENANT, by: 'token-1', operation: 'x', writes, key: null, options },
});
const batchOf = async (count: number, writes = true): Promise<string> =>
  (await calls.many(asking(writes), drafts(count))).id;
const job = (batchId: string): Job => ({
  ...{ id: 'job', tenantId: DEFAULT_TENANT, kind: 'operation', payload: { batchId }, attempts: 1, fence: 1 },
});
const turn = (batchId: string) => operations.run(job(batchId));
const lines = (batchId: string): Promise<readonly OperationLine[]> =>
  tenant.operations.lines(batchId, { after: 0, limit: 500 });
const stateOf = async (batchId: string) => (await tenant.operations.get(batchId))?.state;

describe('the answer to a line', () => {
  it.each([
    [262_143, null],
    [262_144, null],
    [262_145, 'answer_not_kept'],
  ])('of %i characters is kept: %s', async (size, code) => {
    says = () => ({ kind: 'ok', answer: 'x'.repeat(size - 2) });
    const id = await batchOf(1);
    await turn(id);
    const [line] = await lines(id);
    expect(line).toMatchObject({ state: 'ok', code });
    expect(line?.answer?.length ?? null).toBe(code === null ? size : null);
  });

  it('is kept whole where it is the only one', async () => {
    says = () => ({ kind: 'ok', answer: 'x'.repeat(1_000_000) });
    const { id } = await calls.one(asking(false), { params: {}, query: {} });
    await turn(id);
    expect((await lines(id))[0]?.answer?.length).toBe(1_000_002);
  });
});

describe('a line that is lost', () => {
  const lost: OperationOutcome = { kind: 'unknown', code: 'cut', detail: 'Cut.', look: 'get-x' };

  it('is unknown where it wrote, with the way to find out, and refused where it only read', async () => {
    says = () => lost;
    const [wrote, read] = [await batchOf(1), await batchOf(1, false)];
    await turn(wrote);
    await turn(read);
    expect(await lines(wrote)).toMatchObject([
      { state: 'unknown', code: 'cut', detail: 'Cut. It may have happened; look with get-x.' },
    ]);
    expect(await lines(read)).toMatchObject([{ state: 'refused', code: 'cut', detail: 'Cut.' }]);
  });

  it('is the same after an error that nobody foresaw, of which the log says where but not what', async () => {
    says = () => new TypeError('ann@example.org is no function');
    const [wrote, read] = [await batchOf(2), await batchOf(1, false)];
    await turn(wrote);
    await turn(read);
    expect(await lines(wrote)).toMatchObject([
      ...[
        { state: 'unknown', code: 'internal' },
        { state: 'unknown', code: 'internal' },
      ],
    ]);
    expect(await lines(read)).toMatchObject([{ state: 'refused', code: 'internal' }]);
    expect(JSON.stringify([logged, await lines(wrote)])).not.toContain('ann@');
    expect(logged[0]).toMatchObject({ code: 'operation.bug', data: { code: 'TypeError' } });
  });
});

describe('what stands in the way of every line', () => {
  const refusal = (code: string): OperationOutcome => ({ kind: 'refused', code, status: 401, detail: 'No.' });
  it.each([
    ['credential_dead', () => refusal('credential_dead')],
    ['circuit_open', () => refusal('circuit_open')],
    ['rate_limit', () => refusal('rate_limit')],
    ['drift.unreachable', () => new DomainError('drift.unreachable', 'No.')],
    ['drift.not_configured', () => new DomainError('drift.not_configured', 'No.')],
  ] as const)('lets a batch wait and go on (%s), and a single call end', async (code, why) => {
    says = (nth) => (nth === 2 ? why() : ok);
    const id = await batchOf(3);
    const { again } = await turn(id);
    expect(Date.parse(again ?? '') - Date.parse(clock.now())).toBe(30_000);
    expect(await tenant.operations.get(id)).toMatchObject({ state: 'waiting', code });
    expect((await lines(id)).map(({ state }) => state)).toEqual(['ok', 'queued', 'queued']);
    expect(await turn(id)).toEqual({ again: null });
    expect((await lines(id)).map(({ state }) => state)).toEqual(['ok', 'ok', 'ok']);
    expect(await stateOf(id)).toBe('done');

    says = () => why();
    const { id: single } = await calls.one(asking(true), { params: {}, query: {} });
    expect(await turn(single)).toEqual({ again: null });
    expect(await lines(single)).toMatchObject([{ state: 'refused', code }]);
  });

  it('is none of a line that does not fit, or that the firewall stopped', async () => {
    says = (nth) => new DomainError(nth === 1 ? 'request.invalid' : 'drift.firewall', 'No.');
    const id = await batchOf(2);
    expect(await turn(id)).toEqual({ again: null });
    expect(await lines(id)).toMatchObject([
      { state: 'refused', code: 'request.invalid', status: 400 },
      { state: 'refused', code: 'drift.firewall', status: 409 },
    ]);
  });

  it('is the store itself, which ends the turn and nothing else', async () => {
    says = () => new DomainError('store.unavailable', 'No.');
    const id = await batchOf(1);
    await expect(turn(id)).rejects.toMatchObject({ code: 'store.unavailable' });
    expect(await stateOf(id)).toBe('running');
  });
});

describe('a turn', () => {
  it('lasts two seconds, after which others have theirs', async () => {
    says = () => {
      clock.forward(600);
      return ok;
    };
    const id = await batchOf(10);
    expect(await turn(id)).toEqual({ again: clock.now() });
    expect((await tenant.operations.counts(id)).ok).toBe(4);
    await turn(id);
    await turn(id);
    expect(await stateOf(id)).toBe('done');
  });

  it('takes lines that came while it was at work, and says once that all is done', async () => {
    const key = 'grows';
    says = () => ok;
    const { id } = await calls.many({ ...asking(true), key }, drafts(1));
    const grown: Promise<unknown>[] = [];
    says = () => {
      if (grown.length === 0) grown.push(calls.many({ ...asking(true), key }, drafts(3)));
      return ok;
    };
    await turn(id);
    await Promise.all(grown);
    await turn(id);
    expect((await tenant.operations.counts(id)).ok).toBe(3);
    expect(await stateOf(id)).toBe('done');
    const before = await tenant.operations.get(id);
    clock.forward(1000);
    expect(await turn(id)).toEqual({ again: null });
    expect(await tenant.operations.get(id)).toEqual(before);
  });

  it('that failed too often leaves the batch waiting, and it goes on when it is sent again', async () => {
    const key = 'gave-up';
    says = () => ok;
    const { id } = await calls.many({ ...asking(true), key }, drafts(2));
    await operations.gaveUp(job(id));
    expect(await tenant.operations.get(id)).toMatchObject({ state: 'waiting', code: 'internal' });
    await database.write.deleteFrom('job').execute();
    await calls.many({ ...asking(true), key }, drafts(2));
    expect(await database.read.selectFrom('job').select('payload').execute()).toEqual([
      { payload: JSON.stringify({ batchId: id }) },
    ]);
    await turn(id);
    expect(await stateOf(id)).toBe('done');
  });
});
