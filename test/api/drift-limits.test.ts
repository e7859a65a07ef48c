import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDatabase, type Database } from '../../src/storage/database.ts';
import { type DriftWorld, driftWorld } from './drift-world.ts';
import { as } from './world.ts';

const AGENTS = 1500;

describe('what is kept of calls', () => {
  let database: Database;
  let world: DriftWorld;
  let admin: ReturnType<typeof as>;
  beforeAll(async () => {
    database = await openDatabase({ url: ':memory:' });
    world = await driftWorld(database);
    world.simulator.seed({
      users: Array.from({ length: AGENTS }, (_, n) => ({
        email: `agent${String(n)}@example.com`,
        name: `Agent ${String(n)} ${'with a long name '.repeat(10)}`,
        role: n === 0 ? 'OWNER' : 'MEMBER',
      })),
    });
    admin = as(world.app, await world.token());
  });
  afterAll(async () => {
    await world.close();
    await database.close();
  });

  it('is twenty unfinished batches, and no more: 429 with what to do', async () => {
    const send = () =>
      admin
        .post('/drift/operations/create-contact?wait=0')
        .set('content-type', 'application/x-ndjson')
        .send('{"attributes":{"email":"a@example.org"}}\n');
    const batches: string[] = [];
    for (let n = 0; n < 20; n += 1) {
      const taken = await send();
      expect(taken.status).toBe(202);
      batches.push((taken.body as { batch: string }).batch);
    }
    const refused = await send();
    expect(refused.body).toMatchObject({
      ...{ status: 429, code: 'request.rate', title: 'Too many requests' },
      detail: expect.stringMatching(/^20 batches .* cancel one/),
    });
    expect(refused.headers['retry-after']).toBe('5');
    for (const batch of batches) await admin.post(`/drift/batches/${batch}/cancel`);
    expect((await send()).status).toBe(202);
  });

  it('is no large answer of a single call once it was given', async () => {
    world.work();
    const ask = () => admin.post('/drift/operations/list-users').set('idempotency-key', 'large').send({});
    const { batch, answer } = (await ask()).body as { batch: string; answer: { data: readonly unknown[] } };
    expect(JSON.stringify(answer).length).toBeGreaterThan(256 * 1024);
    expect((await ask()).body).toEqual({ state: 'ok', answer: null, code: 'answer_not_kept', calls: 1, batch });
    expect((await admin.get(`/drift/batches/${batch}/lines`)).body).toMatchObject({
      items: [{ line: 1, state: 'ok', code: 'answer_not_kept' }],
    });

    const later = await admin.post('/drift/operations/list-users?wait=0').send({});
    const place = (later.headers['location'] ?? '').replace('/api/v1', '');
    for (let tries = 0; tries < 200; tries += 1) {
      const { state } = (await admin.get(place)).body as { state: string };
      if (state === 'done') break;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    const lines = async (): Promise<unknown> => (await admin.get(`${place}/lines`)).body;
    expect(await lines()).toMatchObject({ items: [{ answer: { data: expect.any(Array) } }] });
    expect(await lines()).toMatchObject({ items: [{ code: 'answer_not_kept' }] });
  });
});
