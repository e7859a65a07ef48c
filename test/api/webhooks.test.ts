import { type IncomingMessage, createServer, request as httpRequest } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { createWeb } from '../../src/api/web.ts';
import { createWebhooks } from '../../src/api/webhooks.ts';
import { createVerificationTokens } from '../../src/auth/verification-tokens.ts';
import { DomainError } from '../../src/core/errors.ts';
import { parseJson } from '../../src/drift/lossless-json.ts';

const ADDRESS = 'an-address-that-nobody-can-guess';
const OLD = 'old-verification-token';
const NEW = 'new-verification-token';
const BYTES = 262_144;

interface Received {
  readonly tenantId: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

function open(tokens: readonly string[] = [OLD, NEW]) {
  const received: Received[] = [];
  const logged: string[] = [];
  let failure: Error | null = null;
  let delay = 0;
  const proof = createVerificationTokens(tokens);
  const log = (...line: readonly unknown[]) => void logged.push(JSON.stringify(line));
  const app = createWebhooks({
    tenantOf: async (address) => (address === ADDRESS ? 'default' : null),
    tokens: () => (proof.count > 0 ? proof : null),
    receive: async (tenantId, payload) => {
      if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
      if (failure !== null) throw failure;
      received.push({ tenantId, payload });
    },
    parse: parseJson,
    log,
    patience: 300,
  });
  const web = createWeb({
    mounts: [{ path: '/webhooks/drift', app }],
    publicUrl: 'https://bridge.example.com',
    demo: false,
    ping: async () => undefined,
    metrics: { request: () => undefined, text: async () => ({ contentType: 'text/plain', body: '' }) },
    metricsFor: null,
    log,
  });
  const server = createServer(web).listen(0, '127.0.0.1');
  const send = (body: string, headers: Readonly<Record<string, string>> = {}, address = ADDRESS) =>
    request(server)
      .post(`/webhooks/drift/${address}`)
      .set({ 'content-type': 'application/json', 'x-verification-token': OLD, ...headers })
      .send(body);
  const fail = (error: Error) => void (failure = error);
  const wait = (milliseconds: number) => void (delay = milliseconds);
  return { server, received, logged, send, fail, wait };
}

const event = (more: object = {}) =>
  JSON.stringify({ type: 'contact_updated', orgId: 7, data: { endUserId: 1 }, token: OLD, ...more });

describe('/webhooks/drift/{address}', () => {
  let world: ReturnType<typeof open>;
  beforeEach(async () => {
    world = open();
    await once(world.server, 'listening');
  });
  afterEach(() => void world.server.close());

  it('takes an event that both tokens prove, whole, and without its token', async () => {
    const answer = await world.send(`{"type":"x","data":{"endUserId":11751623441268737},"token":"${OLD}"}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ received: true });
    expect(world.received).toEqual([
      { tenantId: 'default', payload: { type: 'x', data: { endUserId: 11_751_623_441_268_737n } } },
    ]);
    expect(world.logged).toEqual([]);
  });

  it('takes both tokens while they are exchanged, and not one of each', async () => {
    const statuses: number[] = [];
    for (const [header, body] of [OLD, NEW].flatMap((one) => [OLD, NEW].map((two) => [one, two] as const))) {
      statuses.push((await world.send(event({ token: body }), { 'x-verification-token': header })).status);
    }
    expect(statuses).toEqual([200, 401, 401, 200]);
    expect(world.received).toHaveLength(2);
  });

  it.each<[string, string, Readonly<Record<string, string>>]>([
    ['a wrong token in both', event({ token: 'wrong-token' }), { 'x-verification-token': 'wrong-token' }],
    ['a wrong header', event(), { 'x-verification-token': 'wrong-token' }],
    ['an empty header', event(), { 'x-verification-token': '' }],
    ['a wrong token in the body', event({ token: 'wrong-token' }), {}],
    ['no token in the body (older format)', event({ token: undefined }), {}],
    ['a token in the body that is no text', event({ token: [OLD] }), {}],
    ['a wrong header before a body that is no JSON', 'no JSON', { 'x-verification-token': 'wrong-token' }],
  ])('refuses %s, and tells no token', async (_, body, headers) => {
    const answer = await world.send(body, headers);
    expect(answer.status).toBe(401);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ code: 'auth.required' });
    const told = `${answer.text} ${JSON.stringify(answer.headers)} ${world.logged.join()}`;
    for (const secret of [OLD, NEW, 'wrong-token', ADDRESS]) expect(told).not.toContain(secret);
    expect(world.logged.join()).toContain('webhook.refused');
    expect(world.received).toEqual([]);
  });

  async function sendRaw(headers: readonly string[], body: string | Buffer): Promise<number | undefined> {
    const { port } = world.server.address() as AddressInfo;
    const flat = ['host', 'x', 'content-type', 'application/json', ...headers];
    const outgoing = httpRequest({ port, method: 'POST', path: `/webhooks/drift/${ADDRESS}`, headers: flat });
    outgoing.end(body);
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode;
  }

  it('refuses a header that is missing, or given twice', async () => {
    const header = ['x-verification-token', OLD];
    expect(await sendRaw([], event())).toBe(401);
    expect(await sendRaw([...header, ...header], event())).toBe(401);
    expect(await sendRaw(header, event())).toBe(200);
  });

  it('refuses bytes that are no UTF-8', async () => {
    const bytes = Buffer.from(event({ note: 'x~' }));
    bytes[bytes.indexOf('~')] = 0xff;
    expect(await sendRaw(['x-verification-token', OLD], bytes)).toBe(400);
  });

  it.each<[string, string, Readonly<Record<string, string>>, number]>([
    ['no JSON', 'no JSON', {}, 400],
    ['nothing', '', {}, 400],
    ['half an object', event().slice(0, -1), {}, 400],
    ['an array', `[${event()}]`, {}, 400],
    ['a text', '"token"', {}, 400],
    ['null', 'null', {}, 400],
    ['a form', 'type=x', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['plain text', event(), { 'content-type': 'text/plain' }, 415],
    ['a compressed body', event(), { 'content-encoding': 'gzip' }, 415],
  ])('refuses %s with %i', async (_, body, headers, status) => {
    const answer = await world.send(body, headers);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(world.received).toEqual([]);
  });

  it.each([
    [BYTES - 1, 200],
    [BYTES, 200],
    [BYTES + 1, 413],
  ])('answers a body of %i bytes with %i', async (bytes, status) => {
    const pad = 'x'.repeat(bytes - event({ pad: '' }).length);
    expect((await world.send(event({ pad }))).status).toBe(status);
    expect(world.received).toHaveLength(status === 200 ? 1 : 0);
  });

  it.each([
    [31, 200],
    [32, 200],
    [33, 400],
    [60_000, 400],
  ])('answers a body of %i levels with %i', async (levels, status) => {
    const deep = `${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}`;
    const body = `{"type":"x","token":"${OLD}","brackets":"]]]]{{\\"[[","deep":${deep}}`;
    expect((await world.send(body)).status).toBe(status);
  });

  it('answers what is nobody’s address as what is no address, and takes nothing but POST', async () => {
    const nobody = await world.send(event(), {}, 'an-address-that-is-nobodys-at-all');
    const noAddress = await world.send(event(), {}, 'x');
    const get = await request(world.server).get(`/webhooks/drift/${ADDRESS}`);
    for (const answer of [nobody, noAddress, get]) {
      expect(answer.status).toBe(404);
      expect(answer.body).toEqual(nobody.body);
    }
    expect((await world.send(event(), {}, '%ZZ')).status).toBe(400);
    expect(world.logged.filter((line) => !line.includes('request.invalid'))).toEqual([]);
  });

  it('is nothing at all where no token is set up', async () => {
    const closed = open([]);
    expect((await closed.send(event())).status).toBe(404);
    expect((await closed.send(event({ token: '' }), { 'x-verification-token': '' })).status).toBe(404);
    closed.server.close();
  });

  it('says that an event is to be sent again when it could not be stored', async () => {
    world.fail(new DomainError('store.unavailable', 'The store cannot take a write now; try again.'));
    const answer = await world.send(event());
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    world.fail(new Error('a bug that names a secret'));
    const bug = await world.send(event());
    expect(bug.status).toBe(500);
    expect(bug.text).not.toContain('secret');
  });

  it('does not wait for a store that hangs', async () => {
    world.wait(900);
    expect((await world.send(event())).status).toBe(503);
    world.wait(0);
    expect((await world.send(event())).status).toBe(200);
    // What fails too late for an answer breaks nothing.
    world.wait(900);
    world.fail(new Error('too late'));
    expect((await world.send(event())).status).toBe(503);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(world.logged.join()).not.toContain('too late');
  });

  it('slows down who guesses: 60 refusals a minute are answered, the next is told to wait, a good event is taken', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 61; n += 1) {
      const answer =
        n % 2 === 0
          ? await world.send(event(), { 'x-verification-token': `guess-${String(n)}` })
          : await world.send(event(), {}, `guess-of-an-address-${String(n)}`);
      statuses.push(answer.status);
    }
    expect(statuses.slice(0, 60).filter((status) => status === 429)).toEqual([]);
    expect(statuses[60]).toBe(429);
    const logged = world.logged.length;
    const late = await world.send(event(), { 'x-verification-token': 'guess' });
    expect([late.status, late.headers['retry-after']]).toEqual([429, '60']);
    expect(world.logged).toHaveLength(logged);
    expect((await world.send(event())).status).toBe(200);
  });
});
