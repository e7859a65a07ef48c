import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { type DriftWorld, driftWorld } from '../api/drift-world.ts';
import { as } from '../api/world.ts';
import { eachDatabase } from '../support/store.ts';

interface Result {
  readonly line?: number;
  readonly state: string;
  readonly code?: string;
  readonly batch?: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly detail?: string;
  readonly delivery?: object;
}

eachDatabase('batches of operations', (testStore) => {
  let world: DriftWorld;
  let admin: ReturnType<typeof as>;
  beforeAll(async () => {
    world = await driftWorld(await testStore.open());
    admin = as(world.app, await world.token());
  });
  afterAll(() => world.close());

  const contact = (name: string): object => ({ attributes: { email: `${name}@example.org` } });
  const ndjson = (lines: readonly (object | string)[]): string =>
    lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');

  const send = (name: string, lines: readonly (object | string)[] | string, query = '', key?: string) =>
    admin
      .post(`/drift/operations/${name}${query}`)
      .set('content-type', 'application/x-ndjson')
      .set(key === undefined ? {} : { 'idempotency-key': key })
      .buffer(true)
      .parse((response, done) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => done(null, text));
      })
      .send(typeof lines === 'string' ? lines : ndjson(lines));

  const results = (body: unknown): readonly Result[] =>
    String(body)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Result);
  const states = (body: unknown): readonly string[] =>
    results(body).map(({ line, state, code }) =>
      [line ?? 'batch', state, code].filter((part) => part !== undefined).join(' '),
    );
  const created = (): readonly string[] =>
    world.simulator
      .journal()
      .filter(({ method, path }) => method === 'POST' && path === '/contacts')
      .map(({ body }) => (body as { attributes: { email: string } }).attributes.email);

  it('answers each line in its order, and the batch at the end', async () => {
    world.simulator.clearJournal();
    world.work();
    const lines = [contact('b1'), 'no json', contact('b2'), '', { attributes: {} }, contact('b3')];
    const got = await send('create-contact', lines);
    expect(got.status).toBe(200);
    expect(got.headers['content-type']).toMatch(/^application\/x-ndjson/);
    expect(got.headers['location']).toMatch(/^\/api\/v1\/drift\/batches\/opb_/);
    expect(states(got.body)).toEqual([
      ...['1 ok', '2 invalid request.invalid', '3 ok', '5 invalid request.invalid', '6 ok', 'batch done'],
    ]);
    expect(results(got.body).at(-1)?.counts).toEqual({ ok: 3, invalid: 2 });
    expect(created()).toEqual(['b1@example.org', 'b2@example.org', 'b3@example.org']);
  });

  it('with a key answers what is stored and takes only what is new', async () => {
    world.simulator.clearJournal();
    world.work();
    const first = await send('create-contact', [contact('k1'), contact('k2')], '', 'monday');
    const again = await send('create-contact', [contact('k1'), contact('k2'), contact('k3')], '', 'monday');
    expect(results(again.body).slice(0, 2)).toEqual(results(first.body).slice(0, 2));
    expect(states(again.body)).toEqual(['1 ok', '2 ok', '3 ok', 'batch done']);
    const shorter = await send('create-contact', [contact('k1')], '', 'monday');
    expect(states(shorter.body)).toEqual(['1 ok', '2 ok', '3 ok', 'batch done']);
    expect(created()).toEqual(['k1@example.org', 'k2@example.org', 'k3@example.org']);
  });

  it('refuses another content for a line that it has, another operation and other options, and does nothing then', async () => {
    world.simulator.clearJournal();
    world.work();
    await send('create-contact', [contact('c1'), contact('c2')], '', 'tuesday');
    const other = await send('create-contact', [contact('c1'), contact('other'), contact('c3')], '', 'tuesday');
    expect(other.status).toBe(409);
    expect(String(other.body)).toContain('line 2');
    for (const [name, query] of [
      ['get-contact', ''],
      ['create-contact', '?dryRun=true'],
      ['create-contact', '?respondTo=https://hook.example.org/'],
    ] as const) {
      expect((await send(name, [contact('c1')], query, 'tuesday')).status).toBe(409);
    }
    expect(created()).toEqual(['c1@example.org', 'c2@example.org']);
  });

  it('does nothing of a body with a line that cannot be taken, and keeps nothing of it', async () => {
    world.simulator.clearJournal();
    world.work();
    const long = JSON.stringify({ attributes: { email: 'l@example.org', note: 'x'.repeat(256 * 1024) } });
    expect((await send('create-contact', [contact('l1'), long], '', 'long')).status).toBe(413);
    expect((await send('create-contact', '', '', 'empty')).status).toBe(400);
    expect(await world.store.operations.byKey('long')).toBeNull();
    // What came before the long line was never begun: the same key is free for a corrected body.
    const corrected = await send('create-contact', [contact('l1'), contact('l2')], '', 'long');
    expect(states(corrected.body)).toEqual(['1 ok', '2 ok', 'batch done']);
    expect(created()).toEqual(['l1@example.org', 'l2@example.org']);
  });

  it('takes the lines of a key from one sender at a time, and the later one goes on', async () => {
    await world.rest();
    const { operations } = world.store;
    const later = await send('create-contact', [contact('t1')], '?wait=0', 'two-senders');
    const id = (JSON.parse(String(later.body)) as { batch: string }).batch.slice(4);
    const line = { line: 2, hash: 'h', work: { kind: 'call' as const, input: { params: {}, query: {} } } };
    await world.store.write((tx) => tx.operations.receive(id, 'first'));
    await world.store.write((tx) => tx.operations.receive(id, 'second'));
    expect(await world.store.write((tx) => tx.operations.append(id, 'first', [line], 'now'))).toBe(false);
    expect(await world.store.write((tx) => tx.operations.append(id, 'second', [line], 'now'))).toBe(true);
    expect(await world.store.write((tx) => tx.operations.discard(id, 'first', 10))).toBe(false);
    const upTo = { line: 2, lines: 1 };
    expect(await world.store.write((tx) => tx.operations.release(id, 'first', upTo))).toBeNull();
    expect(await world.store.write((tx) => tx.operations.release(id, 'second', upTo))).toBe('running');
    expect(await operations.counts(id)).toEqual({ queued: 2 });
    await admin.post(`/drift/batches/opb_${id}/cancel`);
  });

  it('goes on when the caller hangs up, and lists what became of each line', async () => {
    world.simulator.clearJournal();
    await world.rest();
    const lines = Array.from({ length: 12 }, (_, n) => contact(`h${String(n)}`));
    const later = await send('create-contact', lines, '?wait=0', 'hung-up');
    expect(later.status).toBe(202);
    const { batch } = JSON.parse(String(later.body)) as { batch: string };
    expect((await admin.get(`/drift/batches/${batch}`)).body).toMatchObject({
      state: 'running',
      counts: { queued: 12 },
    });
    world.work();
    await over(batch);
    const csv = (await admin.get(`/drift/batches/${batch}/lines`).set('accept', 'text/csv')).text.split('\r\n');
    expect(csv.length).toBe(14);
    const ok = (await admin.get(`/drift/batches/${batch}/lines?state=ok&limit=5`)).body as {
      items: Result[];
      next: string;
    };
    expect(ok.items.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5]);
    const rest = (await admin.get(`/drift/batches/${batch}/lines?state=ok&cursor=${ok.next}`)).body as {
      items: Result[];
    };
    expect(rest.items.map(({ line }) => line)).toEqual([6, 7, 8, 9, 10, 11, 12]);
    const listed = (await admin.get('/drift/batches?state=done&operation=create-contact')).body as { items: Result[] };
    expect(listed.items[0]?.batch).toBe(batch);
    expect(created().length).toBe(12);
  });

  it('does nothing of a body that its sender broke off', async () => {
    world.simulator.clearJournal();
    world.work();
    const server = createServer(express().use('/api/v1', world.app)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const headers = {
        authorization: `Bearer ${await world.token()}`,
        'content-type': 'application/x-ndjson',
        'idempotency-key': 'broken-off',
      };
      const path = '/api/v1/drift/operations/create-contact';
      const sending = request({ host: '127.0.0.1', port, path, method: 'POST', headers });
      sending.on('error', () => undefined);
      sending.write(ndjson(Array.from({ length: 450 }, (_, n) => contact(`x${String(n)}`))));
      await eventually(async () => (await world.store.operations.byKey('broken-off')) !== null);
      sending.destroy();
      await eventually(async () => (await world.store.operations.byKey('broken-off')) === null);
      expect(created()).toEqual([]);
    } finally {
      server.close();
    }
  });

  it('stops when it is cancelled, and says which lines were skipped', async () => {
    world.simulator.clearJournal();
    await world.rest();
    const later = await send('create-contact', [contact('s1'), contact('s2')], '?wait=0', 'cancelled');
    const { batch } = JSON.parse(String(later.body)) as { batch: string };
    const cancelled = await admin.post(`/drift/batches/${batch}/cancel`);
    expect(cancelled.body).toMatchObject({ state: 'cancelled', counts: { skipped: 2 } });
    expect((await admin.post(`/drift/batches/${batch}/cancel`)).status).toBe(409);
    const skipped = (await admin.get(`/drift/batches/${batch}/lines?state=skipped`)).body as { items: Result[] };
    expect(skipped.items.map(({ line, state }) => `${String(line)} ${state}`)).toEqual(['1 skipped', '2 skipped']);
    world.work();
    expect(states((await send('create-contact', [contact('s1')], '', 'cancelled')).body)).toEqual([
      ...['1 skipped', '2 skipped', 'batch cancelled'],
    ]);
    const more = [contact('s1'), contact('s2'), contact('s3')];
    expect((await send('create-contact', more, '', 'cancelled')).status).toBe(409);
    expect(created()).toEqual([]);
  });

  it('waits, and fails nothing, while the credential is dead', async () => {
    await world.rest();
    const dead = await driftWorld(await testStore.open(), {}, { token: 'a-token-that-drift-does-not-know' });
    try {
      dead.work();
      const by = as(dead.app, await dead.token());
      const got = await by
        .post('/drift/operations/create-contact')
        .set('content-type', 'application/x-ndjson')
        .set('idempotency-key', 'dead')
        .buffer(true)
        .send(ndjson([contact('d1'), contact('d2')]));
      expect(states(got.text)).toEqual([expect.stringMatching(/^batch waiting (drift\.)?credential_dead$/)]);
      const single = await by.post('/drift/operations/list-users').send({});
      expect(single.body).toMatchObject({ status: 409, code: 'drift.credential_dead' });
      const batch = results(got.text).at(-1)?.batch ?? '';
      expect((await by.get(`/drift/batches/${batch}`)).body).toMatchObject({ state: 'waiting', counts: { queued: 2 } });
      await dead.rest();
      await world.workAhead(40_000);
      expect((await by.get(`/drift/batches/${batch}`)).body).toMatchObject({ state: 'done', counts: { ok: 2 } });
    } finally {
      await dead.close();
    }
  });

  it('posts each answer, signed, to the address that was named, and repeats what was not taken', async () => {
    await withReceiver(async ({ url, received, answers }) => {
      answers.push(503);
      world.work();
      const query = `?respondTo=${encodeURIComponent(url)}`;
      const got = await send('create-contact', [contact('r1'), 'no json', contact('r2')], query, 'respond');
      expect(states(got.body)).toEqual(['1 ok', '2 invalid request.invalid', '3 ok', 'batch done']);
      await eventually(() => received.length >= 1);
      await world.rest();
      await world.workAhead(6_000);
      const { batch = '' } = results(got.body).at(-1) ?? {};
      expect(new Set(received.map(({ body }) => `${body.batch} ${String(body.line)} ${body.state}`))).toEqual(
        new Set([`${batch} 1 ok`, `${batch} 2 invalid`, `${batch} 3 ok`]),
      );
      const { secret } = (await admin.get('/drift/answer-secret')).body as { secret: string };
      const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
      for (const { id, at, raw, signature } of received) {
        const expected = createHmac('sha256', key).update(`${id}.${at}.${raw}`).digest('base64');
        expect(signature).toBe(`v1,${expected}`);
      }
      const ids = received.map(({ id }) => id);
      expect(ids.length).toBe(new Set(ids).size + 1);
      const { items } = (await admin.get(`/drift/batches/${batch}/lines`)).body as { items: Result[] };
      expect(items.map(({ delivery }) => delivery)).toEqual([
        { state: 'delivered', tries: expect.any(Number) },
        { state: 'delivered', tries: expect.any(Number) },
        { state: 'delivered', tries: expect.any(Number) },
      ]);
    });
  });

  it('gives up on an address that never takes an answer, and fails no line by it', async () => {
    await withReceiver(async ({ url, answers }) => {
      answers.push(...Array.from({ length: 20 }, () => 500));
      world.work();
      const got = await send('create-contact', [contact('g1')], `?respondTo=${encodeURIComponent(url)}`);
      expect(states(got.body)).toEqual(['1 ok', 'batch done']);
      await world.rest();
      for (const ahead of [1_000, 40_000, 200_000, 400_000]) await world.workAhead(ahead);
      const { batch = '' } = results(got.body).at(-1) ?? {};
      const { items } = (await admin.get(`/drift/batches/${batch}/lines`)).body as { items: Result[] };
      expect(items).toEqual([expect.objectContaining({ state: 'ok', delivery: { state: 'given_up', tries: 4 } })]);
    });
  });

  it.each(['http://hook.example.org/', 'https://10.0.0.7/', 'https://169.254.169.254/latest', 'no address'])(
    'posts nothing to %s',
    async (url) => {
      const refused = await send('list-users', ['{}'], `?respondTo=${encodeURIComponent(url)}`);
      expect(refused.status).toBe(400);
    },
  );

  describe('what a worker leaves behind', () => {
    it('is unknown where it wrote, and is never sent again blind; what it wrote nothing of goes on', async () => {
      world.simulator.clearJournal();
      await world.rest();
      const later = await send('create-contact', [contact('w1'), contact('w2'), contact('w3')], '?wait=0', 'left');
      const { batch } = JSON.parse(String(later.body)) as { batch: string };
      const id = batch.slice(4);
      await world.store.write(async (tx) => {
        const taken = await tx.operations.take(id, 'now');
        expect(await tx.operations.intend(id, 1, taken?.fence ?? 0)).toBe(true);
      });
      world.work();
      await over(batch);
      expect(states((await send('create-contact', [contact('w1')], '', 'left')).body)).toEqual([
        ...['1 unknown interrupted', '2 ok', '3 ok', 'batch done'],
      ]);
      expect(created()).toEqual(['w2@example.org', 'w3@example.org']);
    });

    it('is asked again where it only read', async () => {
      await world.rest();
      const later = await send('list-users', ['{}'], '?wait=0', 'left-reads');
      const id = (JSON.parse(String(later.body)) as { batch: string }).batch.slice(4);
      await world.store.write(async (tx) => {
        const taken = await tx.operations.take(id, 'now');
        await tx.operations.intend(id, 1, taken?.fence ?? 0);
      });
      world.work();
      await over(`opb_${id}`);
      expect(await world.store.operations.counts(id)).toEqual({ ok: 1 });
    });

    it('cannot be settled by the worker that was given up, except that it knows what happened', async () => {
      await world.rest();
      const later = await send('create-contact', [contact('f1'), contact('f2')], '?wait=0');
      const id = (JSON.parse(String(later.body)) as { batch: string }).batch.slice(4);
      const settled = { state: 'ok', code: null, detail: null, status: null, answer: '{}', calls: 1 } as const;
      const how = { responds: false, at: 'now' };
      const { operations } = world.store;
      const first = await world.store.write((tx) => tx.operations.take(id, 'now'));
      const fence = first?.fence ?? 0;
      await world.store.write((tx) => tx.operations.intend(id, 1, fence));
      const second = await world.store.write((tx) => tx.operations.take(id, 'now'));
      expect(second?.fence).toBe(fence + 1);
      expect(await world.store.write((tx) => tx.operations.intend(id, 2, fence))).toBe(false);
      expect(await operations.counts(id)).toEqual({ unknown: 1, queued: 1 });
      await world.store.write((tx) => tx.operations.settle(id, 2, fence, settled, how));
      expect(await operations.counts(id)).toEqual({ unknown: 1, queued: 1 });
      await world.store.write((tx) => tx.operations.settle(id, 1, fence, settled, how));
      expect(await operations.counts(id)).toEqual({ ok: 1, queued: 1 });
      await admin.post(`/drift/batches/opb_${id}/cancel`);
    });
  });

  it('keeps inputs and answers for seven days, and not longer', async () => {
    await world.rest();
    const before = (await world.store.operations.list(null, 100)).length;
    expect(before).toBeGreaterThan(5);
    await world.workAhead(7 * 86_400_000 - 60_000);
    expect((await world.store.operations.list(null, 100)).length).toBe(before);
    await world.workAhead(7 * 86_400_000 + 60_000);
    expect(await world.store.operations.list(null, 100)).toEqual([]);
    expect(await world.store.operations.oldest()).toBeNull();
  });

  async function over(batch: string): Promise<void> {
    await eventually(async () => {
      const { state } = (await admin.get(`/drift/batches/${batch}`)).body as Result;
      return state === 'done';
    });
  }
});

interface Posted {
  readonly raw: string;
  readonly id: string;
  readonly at: string;
  readonly signature: string;
  readonly body: { readonly batch: string; readonly line: number; readonly state: string };
}

/** Beside an HTTP server that takes answers. */
async function withReceiver(
  test: (receiver: { readonly url: string; readonly received: Posted[]; readonly answers: number[] }) => Promise<void>,
): Promise<void> {
  const received: Posted[] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    void text(request).then((raw) => {
      const header = (name: string): string => String(request.headers[name]);
      received.push({
        raw,
        id: header('webhook-id'),
        at: header('webhook-timestamp'),
        signature: header('webhook-signature'),
        body: JSON.parse(raw) as Posted['body'],
      });
      response.writeHead(answers.shift() ?? 200).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    await test({ url: `http://127.0.0.1:${String(port)}/answers`, received, answers });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('it did not come to that in ten seconds');
}
