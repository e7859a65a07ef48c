import { describe, expect, it } from '@jest/globals';

import { at, handClock, list, withSimulator } from './calling.ts';

const BASE = 1_800_000_000;

describe('the counts', () => {
  it('tell calls by status, by route and by second, and faults by kind, without a journal', async () => {
    const clock = handClock();
    const settings = { ratePerMinute: 60, rateBurst: 3, journalLimit: 0 };
    await withSimulator({ clock: clock.now, settings }, async ({ simulator, call }) => {
      for (const id of [1, 2, 3, 4]) await call('GET', `/users/${id}`);
      clock.advance(2000);
      await call('GET', '/users/list');
      await call('GET', '/nowhere');
      await call('GET', '/users/list', undefined, { token: 'wrong' });
      simulator.fault({ kind: 'cut-before', times: 1 });
      await expect(call('GET', '/users/list')).rejects.toThrow();
      expect((await call('GET', '/__sim/counts')).json).toEqual({
        calls: { 200: 1, 401: 1, 404: 4, 429: 1, cut: 1 },
        routes: {
          'GET /users/:id': { 404: 3, 429: 1 },
          'GET /users/list': { 200: 1, 401: 1, cut: 1 },
          none: { 404: 1 },
        },
        seconds: [
          { second: BASE, calls: { 404: 3, 429: 1 } },
          { second: BASE + 2, calls: { 200: 1, 401: 1, 404: 1, cut: 1 } },
        ],
        faults: { 'cut-before': 1 },
      });
      expect(simulator.journal()).toEqual([]);
      expect((await call('DELETE', '/__sim/counts')).status).toBe(204);
      expect(simulator.counts()).toEqual({ calls: {}, routes: {}, seconds: [], faults: {} });
    });
  });

  it('keep the last hour of seconds in which there were calls', async () => {
    const clock = handClock();
    await withSimulator({ clock: clock.now, settings: { ratePerMinute: 0 } }, async ({ simulator, call }) => {
      for (let n = 0; n < 3602; n += 1) {
        await call('GET', '/users/1');
        clock.advance(1000);
      }
      const { seconds, calls } = simulator.counts();
      expect([seconds.length, seconds[0]?.second, calls]).toEqual([3600, BASE + 2, { 404: 3602 }]);
    });
  });
});

describe('the journal', () => {
  it('keeps the newest calls up to its limit, or none, and goes on numbering', () =>
    withSimulator({ settings: { ratePerMinute: 0, journalLimit: 3 } }, async ({ simulator, call }) => {
      const numbers = () => simulator.journal().map(({ n }) => n);
      const calls = async (count: number) => {
        for (let n = 0; n < count; n += 1) await call('GET', '/users/1');
      };
      await calls(2);
      expect(numbers()).toEqual([1, 2]);
      await calls(1);
      expect(numbers()).toEqual([1, 2, 3]);
      await calls(1);
      expect(numbers()).toEqual([2, 3, 4]);
      await calls(20);
      expect(numbers()).toEqual([22, 23, 24]);
      simulator.set({ journalLimit: 0 });
      await calls(2);
      expect(numbers()).toEqual([]);
      simulator.set({ journalLimit: 5 });
      await calls(1);
      expect(numbers().at(-1)).toBe(27);
      expect((await call('DELETE', '/__sim/journal')).status).toBe(204);
      await calls(1);
      expect(list((await call('GET', '/__sim/journal')).json).map((entry) => at(entry, 'n'))).toEqual([28]);
    }));
});
