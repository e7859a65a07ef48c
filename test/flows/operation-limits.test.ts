import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createCallOperation, type DraftLine } from '../../src/flows/call-operation.ts';
import { createRunOperations } from '../../src/flows/call-operation/run-operations.ts';
import type { OperationOutcome } from '../../src/flows/operation-port.ts';
import type { Store, TenantStore } from '../../src/flows/ports.ts';
import { type World, freshTenant, later, openWorld } from '../contract/building.ts';
import { eachDatabase } from '../support/store.ts';

const LIMITS = { open: { lines: 20, single: 100 }, bytes: 1_000_000 };
const INPUT = { params: {}, query: {} };
/** Bytes of it where it is kept. */
const INPUT_SIZE = JSON.stringify(INPUT).length;

eachDatabase('what one tenant may keep', (testStore) => {
  let world: World;
  let tenant: TenantStore;
  let says: OperationOutcome;
  beforeAll(async () => {
    world = await openWorld(testStore);
  });
  beforeEach(async () => {
    tenant = world.store.tenant(await freshTenant(world));
    says = { kind: 'ok', answer: {} };
  });

  const calls = (bytes = LIMITS.bytes, store: Store = world.store) =>
    createCallOperation({ ...world, store, limits: { ...LIMITS, bytes } });
  const asking = (key: string | null = null, writes = true) => ({
    ...{ tenantId: tenant.tenantId, by: 'token-1', operation: 'x', writes, key },
    options: { dryRun: false, all: false, respondTo: null },
  });
  async function* drafts(count: number, body?: string): AsyncGenerator<DraftLine> {
    for (let line = 1; line <= count; line += 1) {
      const input = body === undefined ? INPUT : { ...INPUT, body };
      yield { line, text: String(line), work: { kind: 'call', input } };
    }
  }
  const turn = (batchId: string, bytes = LIMITS.bytes) =>
    createRunOperations({
      ...world,
      log: () => undefined,
      deskFor: async () => ({ call: async () => says, takeCallCount: () => 1 }),
      responder: { post: async () => ({ kind: 'delivered', status: 200 }) },
      respondSecrets: () => [],
      limits: { ...LIMITS, bytes },
    }).run({
      ...{ id: 'job', tenantId: tenant.tenantId, kind: 'operation', payload: { batchId }, attempts: 1, fence: 1 },
    });
  const linesOf = (id: string) => tenant.operations.lines(id, { after: 0, limit: 500 });
  /** A batch that is over, with an answer of so many bytes in each line. */
  async function over(count: number, answer: number, bytes?: number): Promise<string> {
    says = { kind: 'ok', answer: 'x'.repeat(answer - 2) };
    const { id } = await calls(bytes).many(asking(), drafts(count));
    await turn(id, bytes);
    world.clock.forward(1000);
    return id;
  }

  it.each([
    ['lines', 20],
    ['single', 100],
  ] as const)('is at most so many unfinished at a time (%s: %i)', async (kind, most) => {
    const open = async () => {
      const flow = calls();
      return (await (kind === 'lines' ? flow.many(asking(), drafts(1)) : flow.one(asking(), INPUT))).id;
    };
    const ids: string[] = [];
    for (let n = 0; n < most; n += 1) ids.push(await open());
    await expect(open()).rejects.toMatchObject({ name: 'OverLimit', message: expect.stringContaining('cancel one') });
    expect(await tenant.operations.list(null, 200)).toHaveLength(most);
    await calls().cancel(tenant.tenantId, ids[0] ?? '', 'token-1');
    await turn(ids[1] ?? '');
    await open();
    await open();
    await expect(open()).rejects.toMatchObject({ name: 'OverLimit' });
  });

  it('is no more where many ask at the same moment', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 30 }, () => calls().many(asking(), drafts(1))));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
    expect(await tenant.operations.list(null, 100)).toHaveLength(20);
  });

  it('counts a batch that is over as unfinished again when it gets further lines', async () => {
    const { id } = await calls().many(asking('grows'), drafts(1));
    await turn(id);
    for (let n = 0; n < 20; n += 1) await calls().many(asking(), drafts(1));
    await expect(calls().many(asking('grows'), drafts(2))).rejects.toMatchObject({ name: 'OverLimit' });
    expect(await tenant.operations.get(id)).toMatchObject({ state: 'done', released: 1 });
    await calls().many(asking('grows'), drafts(1));
  });

  it('is counted in bytes, through everything that may become of a line', async () => {
    const id = await over(3, 100);
    expect(await tenant.operations.bytes()).toBe(3 * (INPUT_SIZE + 100));
    await tenant.write((tx) => tx.operations.forget(id, 2));
    expect(await tenant.operations.bytes()).toBe(3 * INPUT_SIZE + 200);
    expect((await linesOf(id)).map(({ code }) => code)).toEqual([null, 'answer_not_kept', null]);
    await expect(
      calls().many(
        asking('cut'),
        (async function* () {
          yield* drafts(250);
          throw new Error('the sender left');
        })(),
      ),
    ).rejects.toThrow('the sender left');
    expect(await tenant.operations.bytes()).toBe(3 * INPUT_SIZE + 200);
    while (await tenant.write((tx) => tx.operations.empty(1)));
    expect(await tenant.operations.bytes()).toBe(0);
    const umlauts = await calls().many(asking(), drafts(1, 'äöü€😀'));
    expect(await tenant.operations.bytes()).toBe(Buffer.byteLength(JSON.stringify({ ...INPUT, body: 'äöü€😀' })));
    await tenant.write((tx) => tx.operations.cancel(umlauts.id, later(0)));
    while (await tenant.write((tx) => tx.operations.empty(10)));
    expect(await tenant.operations.bytes()).toBe(0);
  });

  it.each([
    [-1, ['answer_not_kept', null]],
    [0, [null, null]],
    [1, [null, null]],
  ])(
    'makes room with the oldest that is over, as far as needed (room for the new one and %i)',
    async (spare, codes) => {
      const each = INPUT_SIZE + 1000;
      const [first, second] = [await over(1, 1000), await over(1, 1000)];
      await calls(2 * each + INPUT_SIZE + spare).many(asking(), drafts(1));
      expect([...(await linesOf(first)), ...(await linesOf(second))].map(({ code }) => code)).toEqual(codes);
      expect((await linesOf(first))[0]).toMatchObject({ state: 'ok', calls: 1 });
    },
  );

  it.each([
    [-1, false],
    [0, true],
    [1, true],
  ])('takes no line that there is no room for beside what is unfinished (%i)', async (spare, fits) => {
    await calls().many(asking(), drafts(4));
    const taken = calls(5 * INPUT_SIZE + spare).many(asking('next'), drafts(1));
    if (fits) await taken;
    else await expect(taken).rejects.toMatchObject({ name: 'OverLimit', message: expect.stringContaining('wait') });
    expect((await tenant.operations.list(null, 10)).length).toBe(fits ? 2 : 1);
  });

  it('keeps no answers where unfinished batches take all the room', async () => {
    const { id } = await calls().many(asking(), drafts(2));
    await turn(id, 2 * INPUT_SIZE - 1);
    expect(await linesOf(id)).toMatchObject([
      { state: 'ok', code: 'answer_not_kept', answer: null },
      { state: 'ok', code: 'answer_not_kept', answer: null },
    ]);
  });

  it.each([
    [262_143, true],
    [262_144, true],
    [262_145, false],
  ])('is the answer of a single call once it was given, up to a size (%i: %s)', async (size, isKept) => {
    says = { kind: 'ok', answer: 'x'.repeat(size - 2) };
    const { id } = await calls().one(asking(), INPUT);
    await turn(id);
    const lines = await linesOf(id);
    expect(lines[0]?.answer).toHaveLength(size);
    await calls().given(tenant.tenantId, id, lines);
    expect((await linesOf(id))[0]).toMatchObject(isKept ? { code: null } : { code: 'answer_not_kept', answer: null });
    expect(await tenant.operations.bytes()).toBe(INPUT_SIZE + (isKept ? size : 0));
  });

  describe('what was made under a key', () => {
    it('is made once, whoever asks first, and is forgotten with its batch', async () => {
      let made = 0;
      const make = async () => `plan-${String((made += 1))}`;
      const ask = (key: string | null, input: object = {}) =>
        calls().remembered(asking(key), { ...INPUT, ...input }, make);
      expect([await ask('a'), await ask('a'), await ask('b'), await ask(null)]).toEqual([
        ...['plan-1', 'plan-1', 'plan-2', 'plan-3'],
      ]);
      await expect(ask('a', { body: {} })).rejects.toMatchObject({ code: 'conflict' });
      const both = await Promise.all([ask('c'), ask('c'), ask('c')]);
      expect(new Set(both).size).toBe(1);
      await expect(calls().one(asking('a'), { ...INPUT, body: {} })).rejects.toMatchObject({ code: 'conflict' });
      world.clock.forward(7 * 86_400_000 - 1);
      while (await tenant.write((tx) => tx.operations.purge(sevenDaysAgo(), 10)));
      expect(await ask('a')).toBe('plan-1');
      world.clock.forward(2);
      while (await tenant.write((tx) => tx.operations.purge(sevenDaysAgo(), 10)));
      expect(await ask('a')).not.toBe('plan-1');
    });

    const sevenDaysAgo = () => new Date(Date.parse(world.clock.now()) - 7 * 86_400_000).toISOString();
  });

  describe('a batch that goes on under its key', () => {
    it('must do the same kind of work: what only reads is asked again after an interruption', async () => {
      await calls().many(asking('kind', false), drafts(1));
      await expect(calls().many(asking('kind', true), drafts(2))).rejects.toMatchObject({ code: 'conflict' });
      await calls().many(asking('other', true), drafts(1));
      await expect(calls().many(asking('other', false), drafts(1))).rejects.toMatchObject({ code: 'conflict' });
    });

    // On SQLite one transaction is over before the next one begins.
    if (testStore.dialect === 'postgres') {
      it('gets a job where its worker says just then that all is done', async () => {
        const { id } = await calls().many(asking('late'), drafts(1));
        await world.database.write.deleteFrom('job').execute();
        const fence = (await tenant.write((tx) => tx.operations.take(id, later(0))))?.fence ?? 0;
        const settled = { state: 'ok', code: null, detail: null, status: null, answer: null, calls: 1 } as const;
        await tenant.write(async ({ operations }) => {
          await operations.intend(id, 1, fence);
          await operations.settle(id, 1, fence, settled, { responds: false, at: later(0) });
        });

        /** The worker ends the batch between the moment when it is looked at and the one when it is released. */
        let ending: Promise<unknown> | undefined;
        async function endsNow(): Promise<void> {
          await new Promise<void>((holds) => {
            ending = tenant.write(async ({ operations }) => {
              await operations.setState(id, fence, 'done', null, later(1));
              holds();
              await new Promise((resolve) => setTimeout(resolve, 150));
            });
          });
        }
        const racing: Store = {
          ...world.store,
          tenant: (tenantId) => {
            const own = world.store.tenant(tenantId);
            return {
              ...own,
              write: (work) =>
                own.write((tx) => {
                  const operations: typeof tx.operations = {
                    ...tx.operations,
                    release: async (...given) => {
                      if (ending === undefined) await endsNow();
                      return tx.operations.release(...given);
                    },
                  };
                  return work({ ...tx, operations });
                }),
            };
          },
        };
        await calls(LIMITS.bytes, racing).many(asking('late'), drafts(2));
        await ending;
        expect(await tenant.operations.get(id)).toMatchObject({ state: 'running', released: 2 });
        const jobs = await world.database.read.selectFrom('job').select('dedupe_key').execute();
        expect(jobs.map(({ dedupe_key: key }) => key)).toContain(`operation:${id}`);
      });
    }
  });
});
