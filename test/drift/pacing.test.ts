import { describe, expect, it } from '@jest/globals';
import type { Priority, Turn } from '../../src/drift/budget.ts';
import { createPacer, type Pacer } from '../../src/drift/pacing.ts';
import type { Log } from '../../src/flows/ports.ts';
import { virtualClock, type VirtualClock } from './virtual-clock.ts';

const MINUTE = 60_000;

function paced(ratePerMinute: number) {
  const clock = virtualClock();
  const logged: { readonly code: string; readonly data: unknown }[] = [];
  const log: Log = (_level, code, data) => void logged.push({ code, data });
  const pacer = createPacer({ ratePerMinute, clock, random: () => 0.5, log });
  const seen = (code: string): readonly unknown[] =>
    logged.filter((line) => line.code === code).map(({ data }) => data);
  return { clock, pacer, seen };
}

const ask = (pacer: Pacer, priority: Priority = 'normal', withinMs = 10 * MINUTE): Promise<Turn | null> =>
  pacer.acquire('standard', { withinMs, priority });

/** What a promise has come to by then. */
async function by<T>(clock: VirtualClock, ms: number, promise: Promise<T>): Promise<T | 'waits'> {
  const settled: { readonly value: T }[] = [];
  void promise.then((value) => settled.push({ value }));
  await clock.runUntil(ms);
  return settled[0]?.value ?? (settled.length === 0 ? 'waits' : (null as T));
}

/** Calls without end, each answered at once. */
function flood({ pacer, clock }: { readonly pacer: Pacer; readonly clock: VirtualClock }, callers = 5) {
  const sent: number[] = [];
  const caller = async (): Promise<void> => {
    for (;;) {
      const turn = await ask(pacer);
      if (turn === null) return;
      sent.push(clock.ms());
      turn.passed({});
    }
  };
  for (let n = 0; n < callers; n += 1) void caller();
  return sent;
}

describe('pacing', () => {
  it.each([1, 7, 180, 1000])('lets no minute hold more than %d calls, and soon wastes little of it', async (rate) => {
    const world = paced(rate);
    const sent = flood(world);
    await world.clock.runUntil(10 * MINUTE);
    const tooSoon = sent.filter((at, index) => (sent[index + rate] ?? Number.POSITIVE_INFINITY) - at < MINUTE);
    expect(tooSoon).toEqual([]);
    expect(sent.length).toBeGreaterThanOrEqual(rate * 9 - 1);
  });

  it('begins carefully: three calls at once, then two a second', async () => {
    const world = paced(600);
    const turns = Array.from({ length: 5 }, () => ask(world.pacer));
    const times: number[] = [];
    for (const turn of turns) void turn.then(() => times.push(world.clock.ms()));
    await world.clock.runUntil(3_000);
    expect(times).toEqual([0, 0, 0, 500, 1_000]);
  });

  it('keeps the order of those who wait, and gives a call that was refused its place back', async () => {
    const { pacer, clock } = paced(60);
    const order: string[] = [];
    const turns = ['a', 'b', 'c', 'd', 'e'].map(async (name) => {
      const turn = await ask(pacer);
      order.push(name);
      return turn;
    });
    await clock.runUntil(0);
    expect(order).toEqual(['a', 'b', 'c']);
    (await turns[0])?.throttled(null);
    void pacer.acquire('standard', { withinMs: MINUTE, priority: 'normal', again: true }).then(() => order.push('a'));
    await clock.runUntil(MINUTE);
    expect(order).toEqual(['a', 'b', 'c', 'a', 'd', 'e']);
  });

  it('gives up rather than wait longer than it may, and reports have a budget of their own', async () => {
    const { pacer, clock } = paced(180);
    (await ask(pacer))?.throttled(5_000);
    expect(await by(clock, 0, ask(pacer, 'normal', 1_000))).toBeNull();
    expect(await by(clock, 0, pacer.acquire('reports', { withinMs: 1_000, priority: 'normal' }))).not.toBe('waits');
    const late = [ask(pacer, 'normal', 5_100), ask(pacer, 'normal', 5_100)];
    await clock.runUntil(20_000);
    expect(await late[0]).not.toBeNull();
    // Nobody said what became of the first one: it was to go ahead alone, and the other's time is over.
    expect(await late[1]).toBeNull();
  });

  it('lowers the rate once for all calls that were under way, and not again before something was learned', async () => {
    const { pacer, clock, seen } = paced(600);
    const turns = await Promise.all([ask(pacer), ask(pacer), ask(pacer)]);
    for (const turn of turns) turn?.throttled(null);
    expect(seen('drift.slower')).toHaveLength(1);
    for (let n = 0; n < 3; n += 1) {
      const turn = ask(pacer);
      await clock.runUntil(clock.ms() + 20_000);
      (await turn)?.throttled(null);
    }
    // Four refusals in a row and nothing accepted between them say nothing about a rate.
    expect(seen('drift.slower')).toHaveLength(1);
  });

  it('sends one call ahead after a pause, and doubles the pause while that is refused', async () => {
    const { pacer, clock } = paced(6000);
    const sent: number[] = [];
    for (let n = 0; n < 8; n += 1) {
      void (async () => {
        for (let again = false; ; again = true) {
          const turn = await pacer.acquire('standard', { withinMs: MINUTE, priority: 'normal', again });
          if (turn === null) return;
          sent.push(clock.ms());
          await clock.sleep(10);
          turn.throttled(null);
        }
      })();
    }
    await clock.runUntil(19_000);
    expect(sent).toEqual([0, 0, 0, 510, 1520, 3530, 7540, 11_550, 15_560]);
  });

  it('waits as long as Retry-After says, at most ten minutes', async () => {
    const { pacer, clock } = paced(180);
    (await ask(pacer))?.throttled(7_000);
    const next = ask(pacer);
    expect(await by(clock, 6_999, next)).toBe('waits');
    await clock.runUntil(7_000);
    (await next)?.throttled(1e9);
    const last = ask(pacer, 'normal', 60 * MINUTE);
    expect(await by(clock, 10 * MINUTE + 6_999, last)).toBe('waits');
    expect(await by(clock, 10 * MINUTE + 7_000, last)).not.toBe('waits');
  });

  it('is not slowed down by a client that has little to say', async () => {
    const { pacer, clock, seen } = paced(600);
    for (let n = 0; n < 100; n += 1) {
      (await ask(pacer))?.passed({});
      await clock.runUntil(clock.ms() + 5_000);
    }
    expect(clock.ms()).toBe(500_000);
    expect(seen('drift.slower')).toEqual([]);
  });

  it('slows down when a header says that nothing is left, and tells once of headers that nobody knows', async () => {
    const { pacer, clock, seen } = paced(60);
    const [first, second] = await Promise.all([ask(pacer), ask(pacer)]);
    first?.passed({ 'x-drift-ratelimit-remaining': '0', 'content-type': 'x' });
    second?.passed({ 'x-drift-ratelimit-remaining': '0', 'x-rate-limit': ['9'], 'calls-remaining': 'some' });
    const third = ask(pacer);
    expect(await by(clock, 990, third)).toBe('waits');
    expect(await by(clock, 1_000, third)).not.toBe('waits');
    expect(seen('drift.rate_header')).toEqual([
      { code: 'x-drift-ratelimit-remaining', outcome: '0' },
      { code: 'x-rate-limit', outcome: '9' },
      { code: 'calls-remaining', outcome: 'text' },
    ]);
  });

  it('gives a turn that was not used to the next one at once', async () => {
    const { pacer, clock } = paced(1);
    const first = await ask(pacer);
    const next = ask(pacer);
    expect(await by(clock, 10_000, next)).toBe('waits');
    first?.unused();
    expect(await by(clock, 10_000, next)).not.toBe('waits');
  });

  it('is not stopped by a clock that is set back', async () => {
    const clock = virtualClock();
    let back = 0;
    const shifted = { ...clock, now: () => new Date(Date.parse(clock.now()) - back).toISOString() };
    const pacer = createPacer({ ratePerMinute: 2, clock: shifted, random: () => 0.5, log: () => undefined });
    (await ask(pacer))?.throttled(20_000);
    back = 3_600_000;
    expect(await by(clock, MINUTE, ask(pacer, 'normal', 120 * MINUTE))).not.toBe('waits');
  });
});

describe('removals', () => {
  it('wait for a turn or two behind ten thousand others', async () => {
    const world = paced(600);
    for (let n = 0; n < 10_000; n += 1) {
      void ask(world.pacer, 'normal', 60 * MINUTE).then((turn) => turn?.passed({}));
    }
    await world.clock.runUntil(30_000);
    for (let n = 0; n < 20; n += 1) {
      const since = world.clock.ms();
      const turn = await by(world.clock, since + 200, ask(world.pacer, 'removal'));
      if (turn === 'waits' || turn === null) throw new Error('a removal waits');
      turn.passed({});
    }
  });

  it('find a fifth of the budget kept for them while it is held', async () => {
    const world = paced(600);
    const sent = flood(world);
    await world.clock.runUntil(2 * MINUTE);
    const release = world.pacer.holdForRemoval();
    await world.clock.runUntil(4 * MINUTE);
    const inLast = (ms: number): number => sent.filter((at) => at > world.clock.ms() - ms).length;
    expect(inLast(MINUTE)).toBeGreaterThan(450);
    expect(inLast(MINUTE)).toBeLessThanOrEqual(480);
    // What was kept is there at once, and the ceiling holds for all together.
    const turns = await by(
      world.clock,
      world.clock.ms(),
      Promise.all(Array.from({ length: 4 }, () => ask(world.pacer, 'removal'))),
    );
    expect(turns).not.toBe('waits');
    release();
    release();
    await world.clock.runUntil(7 * MINUTE);
    expect(inLast(MINUTE)).toBeGreaterThan(570);
  });

  it('are held for as long as anybody holds', async () => {
    const world = paced(600);
    const sent = flood(world);
    const [one, other] = [world.pacer.holdForRemoval(), world.pacer.holdForRemoval()];
    one();
    one();
    await world.clock.runUntil(4 * MINUTE);
    expect(sent.filter((at) => at > 3 * MINUTE).length).toBeLessThanOrEqual(480);
    other();
    await world.clock.runUntil(7 * MINUTE);
    expect(sent.filter((at) => at > 6 * MINUTE).length).toBeGreaterThan(570);
  });
});
