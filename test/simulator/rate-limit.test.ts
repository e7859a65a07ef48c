import { describe, expect, it } from '@jest/globals';

import { handClock, withSimulator } from './calling.ts';

describe('the rate limit', () => {
  it('refuses with 429 and no Retry-After once the bucket is full, and drains steadily', async () => {
    const clock = handClock();
    await withSimulator({ clock: clock.now, settings: { ratePerMinute: 60, rateBurst: 5 } }, async ({ call }) => {
      const statuses = [];
      for (let n = 0; n < 6; n += 1) statuses.push((await call('GET', '/scim/Users')).status);
      expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
      const refused = await call('GET', '/users/list');
      expect(refused.json).toMatchObject({ error: { type: 'rate_limit' } });
      expect(refused.headers.has('retry-after')).toBe(false);
      clock.advance(1000);
      expect((await call('GET', '/users/list')).status).toBe(200);
      expect((await call('GET', '/users/list')).status).toBe(429);
    });
  });

  it('has 200 a minute by default, per token, and says what is left under a name nobody would guess', async () => {
    const clock = handClock();
    await withSimulator({ clock: clock.now }, async ({ simulator, call }) => {
      const first = await call('GET', '/users/1');
      expect(first.headers.get('x-calls-left-in-pail')).toBe('199');
      simulator.set({ rateHeader: 'x-odd' });
      expect((await call('GET', '/users/1')).headers.get('x-odd')).toBe('198');
      simulator.set({ rateHeader: null });
      expect((await call('GET', '/users/1')).headers.has('x-odd')).toBe(false);
      for (let n = 3; n < 199; n += 1) await call('GET', '/users/1');
      expect((await call('GET', '/users/1')).status).toBe(404);
      expect((await call('GET', '/users/1')).status).toBe(429);
      expect((await call('GET', '/users/1', undefined, { token: simulator.reinstall() })).status).toBe(404);
    });
  });

  it('draws the name of its header from a seed by setting', () =>
    withSimulator({ settings: { rateHeaderSeed: 1, ratePerMinute: 0 } }, async ({ simulator, call }) => {
      const plain = new Set(['content-type', 'content-length', 'connection', 'date', 'keep-alive']);
      const name = async (rateHeaderSeed: number) => {
        simulator.set({ rateHeaderSeed });
        return [...(await call('GET', '/users/1')).headers.keys()].filter((one) => !plain.has(one)).join();
      };
      const names = [];
      for (let seed = 1; seed <= 8; seed += 1) names.push(await name(seed));
      expect(names[0]).toMatch(/^[a-z-]+$/);
      expect(new Set(names).size).toBeGreaterThan(4);
      expect(await name(1)).toBe(names[0]);
      simulator.set({ rateHeader: null });
      expect(await name(1)).toBe('');
    }));

  it('can change in mid-run; a bucket that shrinks is full and not fuller', async () => {
    const clock = handClock();
    const settings = { ratePerMinute: 300, rateBurst: 50 };
    await withSimulator({ clock: clock.now, settings }, async ({ simulator, call }) => {
      const allowed = async (most: number) => {
        let count = 0;
        while (count < most && (await call('GET', '/users/1')).status === 404) count += 1;
        return count;
      };
      expect(await allowed(60)).toBe(50);
      clock.advance(1000);
      expect(await allowed(60)).toBe(5);
      simulator.set({ ratePerMinute: 60, rateBurst: 10 });
      expect(await allowed(60)).toBe(0);
      clock.advance(1000);
      expect(await allowed(60)).toBe(1);
      simulator.set({ ratePerMinute: 6000, rateBurst: 100 });
      clock.advance(1000);
      expect(await allowed(200)).toBe(100);
      simulator.set({ ratePerMinute: 0 });
      expect(await allowed(150)).toBe(150);
    });
  });

  it('refuses before anything takes effect', async () => {
    const settings = { ratePerMinute: 1 };
    await withSimulator({ clock: handClock().now, settings }, async ({ simulator, call }) => {
      await call('GET', '/users/list');
      const body = { userName: 'late@example.com', displayName: 'Late' };
      expect((await call('POST', '/scim/Users', body)).status).toBe(429);
      expect(simulator.state().users).toHaveLength(4);
      expect(simulator.journal().at(-1)).toMatchObject({ status: 429, effect: null });
    });
  });
});
