import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DriftClient, DriftClientOptions } from '../../src/drift/client.ts';
import { createCircuit } from '../../src/drift/circuit.ts';
import { updateAccount } from '../../src/drift/operations/accounts.ts';
import { getContact } from '../../src/drift/operations/contacts.ts';
import { getUser } from '../../src/drift/operations/users.ts';
import {
  type Answering,
  clientAt,
  fastClock,
  json,
  quickWorld,
  type RecordingServer,
  startRecording,
} from './recording-server.ts';

const N = 8;
const down = json(503, {});
const USER = json(200, { data: { id: 7, name: 'Ann' } });
const ACCOUNT = json(200, { data: { accountId: '4_x.example', ownerId: 7 } });
const up: Answering = (call, response, nth) =>
  (call.method === 'PATCH' ? ACCOUNT : call.target === '/app/token_info' ? json(200, {}) : USER)(call, response, nth);

describe('a Drift that does not answer', () => {
  let server: RecordingServer;
  let client: DriftClient;
  let world = quickWorld();
  const clients: DriftClient[] = [];
  const fresh = (options: Partial<DriftClientOptions> = {}): void => {
    world = quickWorld();
    client = clientAt(server.url, { ...world, ...options });
    clients.push(client);
  };
  const read = (of: DriftClient = client) => of.call(getUser, { params: { userId: '7' } });
  const write = (of: DriftClient = client) =>
    of.call(updateAccount, { body: { accountId: '4_x.example', ownerId: '7' } });
  const states = (): readonly unknown[] =>
    world.logged.filter(({ code }) => code === 'drift.circuit').map(({ data }) => data);
  const fastFailures = async (): Promise<void> => {
    await expect(read()).rejects.toMatchObject({ code: 'drift.unreachable' });
    expect(await write()).toMatchObject({ kind: 'refused', code: 'circuit_open', status: 503 });
  };
  /** Losses up to the last one before it opens, by sessions of all kinds. */
  const lose = async (times: number): Promise<void> => {
    server.answer = down;
    for (let n = 0; n < times; n += 1) expect(await write(client.session())).toMatchObject({ kind: 'unknown' });
  };

  beforeAll(async () => {
    server = await startRecording();
  });
  afterAll(async () => {
    await Promise.all(clients.map((one) => one.close()));
    await server.close();
  });
  beforeEach(() => {
    fresh();
    server.received.length = 0;
  });

  it(`is not asked any more after ${String(N)} losses in a row, all sessions together, and nothing is left open by that`, async () => {
    await lose(N - 1);
    expect(states()).toEqual([]);
    await lose(1);
    expect(states()).toEqual([{ outcome: 'open', losses: N }]);
    server.received.length = 0;
    await fastFailures();
    await fastFailures();
    expect(await write(client.session({ priority: 'removal' }))).toMatchObject({ code: 'circuit_open' });
    expect(server.received).toEqual([]);
    expect(states()).toHaveLength(1);
  });

  it('is asked again by one read after a rest, and by all when that was answered', async () => {
    await lose(N);
    server.received.length = 0;
    world.advance(1_000);
    // The read is the probe; it fails, the next rest is twice as long, and its own second try is stopped.
    await expect(read()).rejects.toMatchObject({ code: 'drift.unreachable' });
    expect(server.received).toHaveLength(1);
    world.advance(1_000 - 200);
    await fastFailures();
    expect(server.received).toHaveLength(1);
    world.advance(1_000);
    server.answer = up;
    expect(await read()).toMatchObject({ kind: 'ok' });
    expect(await write()).toMatchObject({ kind: 'ok' });
    expect(states()).toEqual([{ outcome: 'open', losses: N }, { outcome: 'closed' }]);
  });

  it('is never probed by a write: a harmless read goes ahead of it', async () => {
    await lose(N);
    server.received.length = 0;
    world.advance(1_000);
    expect(await write()).toMatchObject({ kind: 'refused', code: 'circuit_open' });
    expect(server.received.map(({ target }) => target)).toEqual(['/app/token_info']);
    world.advance(2_000);
    server.answer = up;
    expect(await write()).toMatchObject({ kind: 'ok' });
    expect(server.received.map(({ target }) => target)).toEqual([
      '/app/token_info',
      '/app/token_info',
      '/accounts/update',
    ]);
  });

  it('has one probe at a time', async () => {
    await lose(N);
    server.received.length = 0;
    world.advance(1_000);
    server.answer = up;
    const reads = await Promise.allSettled([read(), read(), read(), read()]);
    expect(server.received).toHaveLength(1);
    expect(reads.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
  });

  it('is not meant by refusals, by a 429, by a contact of its own trouble, or by losses with answers between them', async () => {
    const refusals: Answering[] = [
      json(400, {}),
      json(404, {}),
      json(500, { error: { type: 'CONTACT-5', message: 'odd values' } }),
    ];
    for (const answer of refusals) {
      server.answer = answer;
      for (let n = 0; n < N; n += 1) await client.call(getContact, { params: { contactId: '1' } });
    }
    for (let n = 0; n < 3 * N; n += 1) {
      server.answer = n % N === N - 1 ? ACCOUNT : down;
      await write();
    }
    expect(states()).toEqual([]);
  });

  it('has nothing to do with a dead credential', async () => {
    server.answer = json(401, {});
    for (let n = 0; n < 2 * N; n += 1) expect(await read()).toMatchObject({ code: 'credential_dead' });
    expect(states()).toEqual([]);
    expect(server.received).toHaveLength(2);
  });

  it('keeps nobody waiting who waited for a turn when it went away', async () => {
    fresh({ ratePerMinute: 600, clock: fastClock(50) });
    server.answer = down;
    const effects = await Promise.all(Array.from({ length: 30 }, () => write()));
    const kinds = effects.map(({ kind }) => kind);
    // Those that were sent are open, and only those.
    expect(kinds.filter((kind) => kind === 'unknown')).toHaveLength(server.received.length);
    expect(kinds.filter((kind) => kind === 'refused')).toHaveLength(30 - server.received.length);
    expect(server.received.length).toBeLessThan(N + 4);
  });
});

describe('the rest between two probes', () => {
  it('is drawn anew each time, doubles, and has an end; a clock set back does not prolong it', () => {
    const rests: number[] = [];
    const world = quickWorld();
    const circuit = createCircuit({ ...world, random: () => 0.25 });
    for (let n = 0; n < N; n += 1) circuit.lost();
    for (let n = 0; n < 9; n += 1) {
      let ms = 0;
      for (; circuit.isResting(); ms += 250) world.advance(250);
      rests.push(ms);
      expect(circuit.enter()).toBe('probe');
      expect(circuit.enter()).toBe('open');
      circuit.lost();
    }
    expect(rests).toEqual([750, 1500, 3000, 6000, 12_000, 24_000, 45_000, 45_000, 45_000]);
    world.advance(-3_600_000);
    expect(circuit.isResting()).toBe(false);
  });

  it('is over at once when a probe was not sent after all', () => {
    const world = quickWorld();
    const circuit = createCircuit(world);
    for (let n = 0; n < N; n += 1) circuit.lost();
    world.advance(60_000);
    expect(circuit.enter()).toBe('probe');
    circuit.unused();
    expect(circuit.enter()).toBe('probe');
    circuit.answered();
    expect(circuit.enter()).toBe('closed');
  });
});
