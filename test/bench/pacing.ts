import { setTimeout as sleep } from 'node:timers/promises';
import { createDriftClient, type DriftClient } from '../../src/drift/client.ts';
import { listAccounts } from '../../src/drift/operations/accounts.ts';
import { createScimUser, deleteScimUser, getScimUser } from '../../src/drift/operations/scim.ts';
import { getUser, listUsers } from '../../src/drift/operations/users.ts';
import type { Log } from '../../src/flows/ports.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { type Met, recoveredAfter, used, within } from '../drift/hidden-limits.ts';
import type { Sample, Section } from './section.ts';

const SECOND = 1_000;
const END = 240 * SECOND;
const CALLERS = 20;
const DROP = { at: 80 * SECOND, until: 150 * SECOND };
const CREATES = 10_000;
const REMOVALS = 10;

interface World {
  readonly simulator: Simulator;
  readonly client: DriftClient;
  readonly met: Met;
  /** Milliseconds since the start. */
  now(): number;
}

/** A simulator that keeps a limit to itself, and a client that is allowed twice as much. */
async function meeting(ratePerMinute: number, rateBurst: number): Promise<World> {
  const simulator = await startSimulator({ settings: { ratePerMinute, rateBurst, rateHeader: null } });
  const begin = performance.now();
  const now = (): number => performance.now() - begin;
  const [taken, refused, sent]: number[][] = [[], [], []];
  const log: Log = (_level, code, data) => {
    if (code !== 'drift.call') return;
    sent?.push(now());
    (data?.['outcome'] === 'throttled' ? refused : taken)?.push(now());
  };
  const client = createDriftClient({
    baseUrl: simulator.url,
    token: simulator.token,
    scimPath: '/scim',
    ratePerMinute: 2 * ratePerMinute,
    permits: { deprovision: async () => true, erase: async () => false },
    log,
    clock: { now: () => new Date().toISOString(), sleep: (ms) => sleep(ms) },
    random: Math.random,
    // Nothing is given up: what waits is what is measured.
    readWithinMs: 10 * END,
    writeWithinMs: 10 * END,
  });
  return { simulator, client, met: { taken: taken ?? [], refused: refused ?? [], sent: sent ?? [] }, now };
}

async function untilTheEnd(world: World): Promise<void> {
  const caller = async (): Promise<void> => {
    while (world.now() < END) await world.client.call(listUsers);
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

async function close({ client, simulator }: World): Promise<void> {
  await client.close();
  await simulator.close();
}

const refusedShare = ({ met }: World): number => met.refused.length / met.sent.length;

async function steady(name: string, perMinute: number, burst: number, from: number): Promise<Sample> {
  const world = await meeting(perMinute, burst);
  await untilTheEnd(world);
  await close(world);
  return { [`${name}.used`]: used(world.met, perMinute, from, END), [`${name}.429`]: refusedShare(world) };
}

/** A bucket of 20, so that it has room again soon after the drop. */
async function dropping(): Promise<Sample> {
  const world = await meeting(200, 20);
  const drop = sleep(DROP.at).then(() => world.simulator.set({ ratePerMinute: 40 }));
  const back = sleep(DROP.until).then(() => world.simulator.set({ ratePerMinute: 200 }));
  await Promise.all([untilTheEnd(world), drop, back]);
  await close(world);
  return {
    'drop.down': recoveredAfter(world.met, 40, DROP.at, DROP.until),
    'drop.up': recoveredAfter(world.met, 200, DROP.until, END),
    'drop.used': used(world.met, 200, DROP.until + 60 * SECOND, END),
    'drop.429': refusedShare(world),
  };
}

/** Seats are asked for by the thousand; meanwhile people leave. */
async function leaving(): Promise<Sample> {
  const world = await meeting(300, 5);
  const { client, met } = world;
  const seats = Array.from({ length: CREATES }, async (_, n) => {
    const body = { userName: `seat${String(n)}@example.com`, displayName: `Seat ${String(n)}` };
    const made = await client.call(createScimUser, { body });
    return made.kind === 'ok' ? made.value.id : null;
  });
  // The first of them got their seats, and are the ones who leave.
  const leavers = await Promise.all(seats.slice(0, REMOVALS));
  const waits: number[] = [];
  let wrong = 0;
  for (const [index, userId] of leavers.entries()) {
    const start = 60 * SECOND + index * 15 * SECOND;
    await sleep(Math.max(0, start - world.now()));
    const session = client.session({ priority: 'removal' });
    const release = client.holdForRemoval();
    const timed = async (ask: () => Promise<{ readonly kind: string }>, expected: string): Promise<void> => {
      const before = performance.now();
      const { kind } = await ask();
      waits.push(performance.now() - before);
      wrong += Number(kind !== expected);
    };
    const params = { userId: userId ?? '' };
    const permit = { changeId: 'bench', fence: 1 };
    await timed(() => session.call(getScimUser, { params }), 'ok');
    await timed(() => session.call(getUser, { params }), 'ok');
    await timed(() => session.call(listAccounts, { query: { index: 0, size: 65 } }), 'ok');
    await timed(() => session.call(getScimUser, { params }), 'ok');
    await timed(() => session.call(deleteScimUser, { params, permit }), 'ok');
    await timed(() => session.call(getScimUser, { params }), 'refused');
    release();
  }
  const waiting = CREATES - within(met.taken, 0, world.now()) + waits.length;
  await client.close();
  await Promise.allSettled(seats);
  await world.simulator.close();
  return {
    'leaving.longest': Math.max(...waits),
    'leaving.middle': waits.toSorted((a, b) => a - b)[Math.floor(waits.length / 2)] ?? Number.NaN,
    'leaving.waiting': waiting,
    'leaving.errors': wrong,
  };
}

/** The client's pacing in real time against a simulator that keeps its limit to itself; the same in every round, so once. */
export async function pacing(): Promise<Section> {
  const measure = async (): Promise<Sample> => {
    const samples = await Promise.all([
      steady('five', 300, 5, 60 * SECOND),
      steady('minute', 200, 200, 120 * SECOND),
      dropping(),
      leaving(),
    ]);
    return Object.assign({}, ...samples) as Sample;
  };
  const least = { least: 0.85 } as const;
  const most = { most: 0.03 } as const;
  const share = (text: string, of: string, bar: typeof least | typeof most) =>
    ({ text, value: (m: (name: string) => number) => m(of), unit: 'ratio', bar }) as const;
  const ms = (text: string, of: string, bar?: number) =>
    ({
      text,
      value: (m: (name: string) => number) => m(of),
      unit: 'ms',
      ...(bar === undefined ? {} : { bar: { most: bar } }),
    }) as const;
  return {
    title: 'Pacing against limits that nobody tells, the ceiling set to twice the limit',
    notes: [
      `Four simulators at once for ${String(END / SECOND)} s, each a leaky bucket without rate headers and Retry-After; ${String(CALLERS)} callers each. Steady state is after`,
      'one minute at 5 a second (bucket of 5), after two at 200 a minute (bucket of 200). The third drops from 200 to 40 a minute for',
      `${String((DROP.until - DROP.at) / SECOND)} s (bucket of 20); recovered: the first 20 s with 85 % of the limit used and at most a tenth refused. The fourth has ${String(CREATES)} creates of`,
      `agents queued at 5 a second, and ${String(REMOVALS)} deprovisions of 6 calls each; the longest of their calls counts, wait and exchange.`,
    ],
    cells: [{ warm: async () => undefined, run: async (round) => (round === 0 ? measure() : {}) }],
    rows: [
      { label: 'deprovision: the longest call', of: 'leaving.longest', unit: 'ms' },
      { label: 'deprovision: the middle one', of: 'leaving.middle', unit: 'ms' },
    ],
    verdicts: [
      share('5 a second: used in steady state', 'five.used', least),
      share('5 a second: 429, of all calls', 'five.429', most),
      share('200 a minute: used in steady state', 'minute.used', least),
      share('200 a minute: 429, of all calls', 'minute.429', most),
      ms('drop to a fifth: recovered after', 'drop.down', 60_000),
      ms('back again: recovered after', 'drop.up', 60_000),
      share('back again: used after a minute', 'drop.used', least),
      share('drop and back: 429, of all calls', 'drop.429', most),
      ms(`deprovision behind ${String(CREATES)} creates: longest call`, 'leaving.longest', 5_000),
      {
        text: 'creates that still waited in the end',
        value: (m) => m('leaving.waiting'),
        unit: 'ratio',
      },
    ],
  };
}
