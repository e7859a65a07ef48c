import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EventStore } from '../../src/flows/event-port.ts';
import { type TestApi, as, testApi } from './world.ts';

const AT = '2026-03-02T08:00:00.000Z';
const later = (ms: number): string => new Date(Date.parse(AT) + ms).toISOString();
const uuid = (n: number): string => `0198c0de-0000-7000-8000-${String(n).padStart(12, '0')}`;

interface Item {
  readonly id: string;
  readonly type: string;
}

describe('events of Drift over the API', () => {
  let api: TestApi;
  let reader: ReturnType<typeof as>;
  beforeAll(async () => {
    api = await testApi();
    reader = as(api.app, await api.token({ scopes: ['read'] }));
    await api.store.write(async (tx) => {
      for (let n = 0; n < 12; n += 1) {
        const event: Parameters<EventStore['add']>[0] = {
          ...{ id: uuid(n), receivedAt: later(n * 1000), contentHash: `hash ${String(n)}` },
          freshAfter: later(-1),
          type: n % 2 === 0 ? 'contact_updated' : 'new_message',
          object: n % 2 === 0 ? `contact:${String(n)}` : null,
          hints: { orgIds: ['7'], marks: [{ kind: 'contact', by: 'email', key: 'ann@example.com' }] },
        };
        await tx.events.add(event);
        if (n === 4) await tx.events.add({ ...event, id: uuid(100) });
      }
      await tx.events.settle([uuid(0), uuid(2)], { state: 'done', why: 'marked', at: later(20_000) });
      await tx.events.settle([uuid(1)], { state: 'ignored', why: 'no_effect', at: later(20_000) });
    });
  });
  afterAll(() => api.close());

  const list = async (query = '') =>
    (await reader.get(`/drift/events${query}`)).body as { items: readonly Item[]; next: string | null };
  const numbers = async (query: string) => (await list(query)).items.map(({ id }) => Number(id.slice(-12)));

  it('are listed newest first, with what became of them and nothing of what they said', async () => {
    const answer = await reader.get('/drift/events?limit=500');
    expect(answer.status).toBe(200);
    const { items } = answer.body as { items: readonly Item[] };
    expect(items.map(({ id }) => id)).toEqual(Array.from({ length: 12 }, (_, n) => `evt_${uuid(11 - n)}`));
    expect(items[11]).toEqual({
      ...{ id: `evt_${uuid(0)}`, type: 'contact_updated', object: 'contact:0', receivedAt: later(0) },
      ...{ state: 'done', why: 'marked', settledAt: later(20_000), repeats: 0 },
    });
    expect(items[7]).toMatchObject({ state: 'pending', why: null, settledAt: null, repeats: 1 });
    expect(answer.text).not.toContain('example.com');
  });

  it('are found by each of their columns, and by time', async () => {
    expect(await numbers('?state=done')).toEqual([2, 0]);
    expect(await numbers('?why=no_effect')).toEqual([1]);
    expect(await numbers('?type=new_message&state=pending')).toEqual([11, 9, 7, 5, 3]);
    expect(await numbers('?object=contact:4')).toEqual([4]);
    expect(await numbers(`?since=${later(9000)}&until=${later(11_000)}`)).toEqual([10, 9]);
    expect((await reader.get('/drift/events?state=lost')).status).toBe(400);
    expect((await reader.get('/drift/events?colour=green')).status).toBe(400);
  });

  it('come by pages, as lines and as a table', async () => {
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const { items, next } = await list(`?limit=5&type=contact_updated${cursor}`);
      seen.push(...items.map(({ id }) => id));
      if (next === null) break;
      cursor = `&cursor=${next}`;
    }
    expect(seen).toEqual([10, 8, 6, 4, 2, 0].map((n) => `evt_${uuid(n)}`));
    expect((await reader.get('/drift/events?cursor=bm8')).status).toBe(400);
    const lines = await reader.get('/drift/events').set('accept', 'application/x-ndjson');
    expect(lines.text.trim().split('\n')).toHaveLength(12);
    const table = await reader.get('/drift/events?raw=true').set('accept', 'text/csv');
    expect(table.text.split('\r\n')[0]).toBe('id,type,object,receivedAt,state,why,settledAt,repeats');
  });

  it('come to an address that administrators see, with how many there are', async () => {
    const admin = as(api.app, await api.token({ scopes: ['admin'] }));
    expect((await admin.get('/drift/webhook')).body).toEqual({
      ...{ url: 'http://localhost:8080/webhooks/drift/address-of-the-test', tokens: 1, lastReceivedAt: later(11_000) },
      events: { pending: 9, done: 2, ignored: 1 },
    });
    expect((await reader.get('/drift/webhook')).status).toBe(403);
    expect((await admin.get('/drift/events')).status).toBe(403);
  });
});
