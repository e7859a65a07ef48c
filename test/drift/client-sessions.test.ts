import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DriftClient } from '../../src/drift/client.ts';
import { updateAccount } from '../../src/drift/operations/accounts.ts';
import { getScimUser } from '../../src/drift/operations/scim.ts';
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

const USER = json(200, { data: { id: 7, name: 'Ann' } });
const LIST = json(200, { totalResults: 0, Resources: [] });

describe('sessions of a client', () => {
  let server: RecordingServer;
  let client: DriftClient;
  let world = quickWorld();
  const read = (of: DriftClient, userId = '7') => of.call(getUser, { params: { userId } });

  beforeAll(async () => {
    server = await startRecording();
  });
  afterAll(() => server.close());
  beforeEach(() => {
    world = quickWorld();
    client = clientAt(server.url, world);
    server.received.length = 0;
    server.answer = USER;
  });
  afterEach(() => client.close());

  it('count their own calls, retries and all, and leave those of the others alone', async () => {
    const [one, other] = [client.session(), client.session({ priority: 'removal' })];
    await read(client);
    server.answer = (call, response, nth) => (nth < 4 ? json(500, {}) : USER)(call, response, nth);
    await read(one);
    await read(other);
    await read(other);
    expect([client, one, other].map((each) => each.takeCallCount())).toEqual([1, 3, 2]);
    expect([client, one, other].map((each) => each.takeCallCount())).toEqual([0, 0, 0]);
  });

  it('share the knowledge that a bearer is dead', async () => {
    server.answer = json(401, {});
    expect(await read(client.session())).toMatchObject({ code: 'credential_dead' });
    const received = server.received.length;
    expect(await read(client)).toMatchObject({ code: 'credential_dead' });
    expect(await client.tokenInfo()).toMatchObject({ kind: 'refused', code: 'credential_dead' });
    expect(await client.session().credential('rest')).toBe('dead');
    expect(server.received).toHaveLength(received);
  });

  it('stay usable when one of them is closed, and pay for the probes of the SCIM path that they ask for', async () => {
    const auto = clientAt(server.url, { ...world, scimPath: 'auto' });
    server.answer = (call, response, nth) =>
      (call.target.startsWith('/scim/v2')
        ? json(404, {})
        : call.target.includes('count')
          ? LIST
          : json(200, { id: '7', userName: 'ann@example.com' }))(call, response, nth);
    const [one, other] = [auto.session(), auto.session()];
    expect(await one.call(getScimUser, { params: { userId: '7' } })).toMatchObject({ kind: 'ok' });
    await one.close();
    expect(await other.call(getScimUser, { params: { userId: '7' } })).toMatchObject({ kind: 'ok' });
    expect([auto, one, other].map((each) => each.takeCallCount())).toEqual([0, 3, 1]);
    await auto.close();
  });

  it('keep to the SCIM path that they went by, until the next one begins', async () => {
    let live = '/scim';
    const scim: Answering = (call, response, nth) =>
      (!call.target.startsWith(`${live}/Users`)
        ? json(404, {})
        : call.target.includes('count')
          ? LIST
          : json(200, { id: '7', userName: 'ann@example.com' }))(call, response, nth);
    server.answer = scim;
    const remembered: string[] = [];
    const auto = clientAt(server.url, {
      ...world,
      scimPath: 'auto',
      rememberedScimPath: '/scim',
      rememberScimPath: async (path) => void remembered.push(path),
    });
    const before = auto.session();
    await before.call(getScimUser, { params: { userId: '7' } });
    expect(server.received.map(({ target }) => target)).toEqual(['/scim/Users/7']);
    live = '/scim/v2';
    expect(await auto.scim({ again: true })).toEqual({ path: '/scim/v2', entitled: true });
    expect(remembered).toEqual(['/scim/v2']);
    expect(await before.call(getScimUser, { params: { userId: '7' } })).toMatchObject({ status: 404 });
    expect(await auto.session().call(getScimUser, { params: { userId: '7' } })).toMatchObject({ kind: 'ok' });
    await auto.close();
  });

  it('of a removal overtake ten thousand writes that wait for the same budget', async () => {
    const real = clientAt(server.url, {
      ratePerMinute: 600,
      clock: fastClock(1),
      writeWithinMs: 36_000_000,
    });
    server.answer = (call, response, nth) =>
      (call.method === 'PATCH' ? json(200, { data: { accountId: '4_x.example' } }) : USER)(call, response, nth);
    const bulk = real.session();
    for (let n = 0; n < 10_000; n += 1) {
      void bulk.call(updateAccount, { body: { accountId: '4_x.example', ownerId: '7' } }).catch(() => undefined);
    }
    const removal = real.session({ priority: 'removal' });
    const release = real.holdForRemoval();
    for (let n = 0; n < 5; n += 1) {
      const before = server.received.length;
      expect(await read(removal, String(n + 1))).toMatchObject({ kind: 'ok' });
      // A handful of turns at the most, its own among them.
      expect(server.received.length - before).toBeLessThanOrEqual(5);
    }
    release();
    expect(removal.takeCallCount()).toBe(5);
    await real.close();
  });
});
