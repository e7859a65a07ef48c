import { describe, expect, it } from '@jest/globals';
import { createPacer, type Pacer } from '../../src/drift/pacing.ts';
import { quickWorld } from './recording-server.ts';

const START = Date.parse('2030-01-01T00:00:00.000Z');

const LONG = 600_000;

function paced(ratePerMinute: number) {
  const world = quickWorld();
  const pacer = createPacer({ ratePerMinute, ...world });
  const now = (): number => Date.parse(world.clock.now()) - START;
  return { world, pacer, now };
}

/** A server with a hidden limit: so many calls in any minute, more are refused. */
async function meet(pacer: Pacer, now: () => number, hidden: (at: number) => number, until: number) {
  const taken: number[] = [];
  const refused: number[] = [];
  let from = 0;
  while (now() < until) {
    await pacer.acquire('standard', LONG);
    while ((taken[from] ?? now()) <= now() - 60_000) from += 1;
    if (taken.length - from < hidden(now())) {
      taken.push(now());
      pacer.passed('standard', {});
    } else {
      refused.push(now());
      pacer.throttled('standard', null);
    }
  }
  return { taken, refused };
}

describe('pacing', () => {
  it.each([1, 7, 180, 1000])('lets no minute hold more than %d calls, and wastes little of it', async (rate) => {
    const { pacer, now } = paced(rate);
    const calls: number[] = [];
    while (now() < 600_000) {
      await pacer.acquire('standard', LONG);
      calls.push(now());
    }
    const tooSoon = calls.filter((at, index) => (calls[index + rate] ?? Number.POSITIVE_INFINITY) - at < 60_000);
    expect(tooSoon).toEqual([]);
    expect(calls.length).toBeGreaterThanOrEqual(rate * 9);
  });

  it('keeps the order of those who wait', async () => {
    const { pacer } = paced(3);
    const order: number[] = [];
    await Promise.all([1, 2, 3, 4, 5].map((n) => pacer.acquire('standard', LONG).then(() => order.push(n))));
    expect(order).toEqual([1, 2, 3, 4, 5]);
  });

  it('finds a hidden limit and follows it down', async () => {
    const { pacer, now } = paced(600);
    const hidden = (at: number): number => (at < 900_000 ? 300 : 60);
    const { taken, refused } = await meet(pacer, now, hidden, 1_800_000);
    const within = (list: readonly number[], from: number, to: number): number =>
      list.filter((at) => at >= from && at < to).length;
    const steady = within(taken, 300_000, 900_000) / 10;
    expect(steady).toBeGreaterThan(300 * 0.8);
    expect(within(refused, 300_000, 900_000) / within(taken, 300_000, 900_000)).toBeLessThan(0.02);
    expect(within(taken, 1_200_000, 1_800_000) / 10).toBeGreaterThan(60 * 0.8);
    expect(within(refused, 1_200_000, 1_800_000) / 10).toBeLessThan(10);
  });

  it('halves once a window, recovers step by step, and never beyond the ceiling', async () => {
    const { pacer, world } = paced(120);
    for (let n = 0; n < 5; n += 1) pacer.throttled('standard', 0);
    const slower = (): readonly unknown[] =>
      world.logged.filter(({ code }) => code === 'drift.slower').map(({ data }) => data);
    expect(slower()).toEqual([{ class: 'standard', perMinute: 60 }]);
    world.advance(10_000);
    pacer.throttled('standard', 0);
    expect(slower()).toHaveLength(2);
    world.advance(2_000_000);
    pacer.throttled('standard', 0);
    await pacer.acquire('standard', LONG);
    expect(slower().at(-1)).toEqual({ class: 'standard', perMinute: 60 });
  });

  it('gives up rather than wait longer than it may, and reports have a budget of their own', async () => {
    const { pacer } = paced(180);
    pacer.throttled('standard', 5_000);
    expect(await pacer.acquire('standard', 1_000)).toBe(false);
    expect(await pacer.acquire('reports', 1_000)).toBe(true);
  });

  it('slows down when a header says that nothing is left, and tells of headers that nobody knows', async () => {
    const { pacer, world } = paced(60);
    pacer.passed('standard', { 'x-drift-ratelimit-remaining': '0', 'content-type': 'x' });
    pacer.passed('standard', { 'x-drift-ratelimit-remaining': '0', 'x-rate-limit': ['9'] });
    await pacer.acquire('standard', LONG);
    expect(world.slept).toEqual([1_000]);
    expect(world.logged.map(({ data }) => data)).toEqual([
      { code: 'x-drift-ratelimit-remaining', outcome: '0' },
      { code: 'x-rate-limit', outcome: '9' },
    ]);
  });

  it('is not stopped by a clock that is set back', async () => {
    const { pacer, world } = paced(2);
    await pacer.acquire('standard', LONG);
    await pacer.acquire('standard', LONG);
    world.advance(-3_600_000);
    expect(await pacer.acquire('standard', LONG)).toBe(true);
    expect(world.slept.every((ms) => ms <= 60_000)).toBe(true);
  });
});
