import { createHmac } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { selfSigned } from './certificate.ts';
import { NOW, outgoingFor, type Receiver, startReceiver } from './receiver.ts';

const SECRET = Buffer.alloc(24, 7).toString('base64');
const NEXT_SECRET = Buffer.alloc(64, 9).toString('base64');
const SECONDS = String(Date.parse(NOW) / 1000);

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

function keep<T extends { close(): Promise<void> }>(one: T): T {
  open.push(one);
  return one;
}

async function receiver(options: Parameters<typeof startReceiver>[0] = {}): Promise<Receiver> {
  return keep(await startReceiver(options));
}

function expected(secret: string, id: string, body: string): string {
  return `v1,${createHmac('sha256', Buffer.from(secret, 'base64')).update(`${id}.${SECONDS}.${body}`).digest('base64')}`;
}

describe('a post (Standard Webhooks 1.0.0)', () => {
  it('carries id, time and one signature per secret over exactly what is sent', async () => {
    const { url, received } = await receiver();
    const body = '{"name":"Zoë","id":9007199254740993}';
    const outcome = await keep(outgoingFor()).post({
      url: `${url}?for=1`,
      id: 'msg_1',
      body,
      secrets: [SECRET, `whsec_${NEXT_SECRET}`],
    });
    expect(outcome).toEqual({ kind: 'delivered', status: 204 });
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      path: '/hook?for=1',
      body,
      headers: {
        'content-type': 'application/json',
        'webhook-id': 'msg_1',
        'webhook-timestamp': SECONDS,
        'webhook-signature': `${expected(SECRET, 'msg_1', body)} ${expected(NEXT_SECRET, 'msg_1', body)}`,
      },
    });
  });

  it('has no signature when there is no secret', async () => {
    const { url, received } = await receiver();
    await keep(outgoingFor()).post({ url, id: 'msg_1', body: '{}', secrets: [] });
    expect(received[0]?.headers).not.toHaveProperty('webhook-signature');
    expect(received[0]?.headers).toHaveProperty('webhook-id', 'msg_1');
  });

  it('takes secrets of 24 to 64 bytes in base64 and refuses every other', async () => {
    const { url, received } = await receiver();
    const { post } = keep(outgoingFor());
    const of = (bytes: number) => Buffer.alloc(bytes, 1).toString('base64');
    for (const secret of [of(24), of(64)]) await post({ url, id: 'a', body: '{}', secrets: [secret] });
    expect(received).toHaveLength(2);
    for (const secret of [of(23), of(65), '', 'whsec_', `${of(24)}!`, 'whsec_not base64 at all, and long enough']) {
      await expect(post({ url, id: 'a', body: '{}', secrets: [secret] })).rejects.toMatchObject({
        code: 'request.invalid',
      });
    }
    expect(received).toHaveLength(2);
  });

  it('refuses an id that cannot stand in a header', async () => {
    const { post } = keep(outgoingFor());
    for (const id of ['', 'a b', 'a\r\nx: y', 'é', 'a'.repeat(257)]) {
      await expect(post({ url: 'https://example.com/', id, body: '', secrets: [] })).rejects.toMatchObject({
        code: 'request.invalid',
      });
    }
  });

  it('sends a body of 1 MiB and not one of a byte more', async () => {
    const { url, received } = await receiver();
    const { post } = keep(outgoingFor());
    const limit = 1024 * 1024;
    for (const size of [limit - 1, limit]) {
      expect(await post({ url, id: 'a', body: 'x'.repeat(size), secrets: [] })).toMatchObject({ kind: 'delivered' });
    }
    const outcome = await post({ url, id: 'a', body: `${'x'.repeat(limit - 1)}é`, secrets: [] });
    expect(outcome).toEqual({ kind: 'lost', code: 'too_large' });
    expect(received.map(({ body }) => body.length)).toEqual([limit - 1, limit]);
  });
});

describe('the answer to a post', () => {
  it.each([
    [200, 'delivered'],
    [299, 'delivered'],
    [301, 'refused'],
    [307, 'refused'],
    [410, 'refused'],
    [500, 'refused'],
  ])('is its status: %d is %s, and no redirect is followed', async (status, kind) => {
    const elsewhere = await receiver();
    const { url } = await receiver({
      answer: (response) => response.writeHead(status, { location: elsewhere.url }).end('thanks'),
    });
    expect(await keep(outgoingFor()).post({ url, id: 'a', body: '{}', secrets: [] })).toEqual({ kind, status });
    expect(elsewhere.connections()).toBe(0);
  });

  it('is not read beyond a little, however long it goes on', async () => {
    let closed: Promise<unknown> | undefined;
    let written = 0;
    const { url } = await receiver({
      answer: (response) => {
        response.writeHead(200);
        closed = new Promise((resolve) => response.once('close', resolve));
        const more = (): void => {
          while (!response.destroyed) {
            written += 16_384;
            if (!response.write('x'.repeat(16_384))) break;
          }
        };
        response.on('drain', more);
        more();
      },
    });
    expect(await keep(outgoingFor()).post({ url, id: 'a', body: '{}', secrets: [] })).toEqual({
      kind: 'delivered',
      status: 200,
    });
    await closed;
    expect(written).toBeLessThan(16 * 1024 * 1024);
  });

  it('uses a connection again, also after an answer with a body', async () => {
    const { url, connections } = await receiver({ answer: (response) => response.end('x'.repeat(10_000)) });
    const { post } = keep(outgoingFor());
    for (let at = 0; at < 5; at += 1) await post({ url, id: 'a', body: '{}', secrets: [] });
    // Two at the most: an answer may still be on its way when the next post begins.
    expect(connections()).toBeLessThanOrEqual(2);
  });
});

describe('a post that is not answered', () => {
  it('says that nobody listens, and logs the code without the address', async () => {
    const gone = await startReceiver();
    await gone.close();
    const { post, logged } = keep(outgoingFor());
    expect(await post({ url: gone.url, id: 'a', body: '{}', secrets: [] })).toEqual({
      kind: 'lost',
      code: 'not_connected',
    });
    expect(logged).toEqual([{ code: 'outgoing.lost', data: { code: 'not_connected' } }]);
  });

  it('says that the name is unknown', async () => {
    const unknown = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    for (const resolve of [() => Promise.reject(unknown), () => Promise.resolve([])]) {
      const { post } = keep(outgoingFor({ resolve }));
      expect(await post({ url: 'https://hooks.example.com/', id: 'a', body: '{}', secrets: [] })).toEqual({
        kind: 'lost',
        code: 'not_resolved',
      });
    }
  });

  it('ends in time when the receiver, or the resolver, is silent', async () => {
    const { url } = await receiver({ answer: () => undefined });
    const timeouts = { connectMs: 200, totalMs: 200 };
    const silent = { ...timeouts, connectMs: 5000 };
    expect(await keep(outgoingFor({ timeouts })).post({ url, id: 'a', body: '{}', secrets: [] })).toEqual({
      kind: 'lost',
      code: 'timeout',
    });
    const { post } = keep(outgoingFor({ timeouts: silent, resolve: () => new Promise(() => undefined) }));
    expect(await post({ url: 'https://hooks.example.com/', id: 'a', body: '{}', secrets: [] })).toEqual({
      kind: 'lost',
      code: 'timeout',
    });
  });

  it.each([
    ['hangs up', '', 'cut'],
    ['speaks no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', 'unreadable'],
    ['sends headers without end', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`, 'unreadable'],
  ])('says so when the receiver %s', async (_name, text, code) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(text));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    keep({ close: () => new Promise((resolve) => server.close(() => resolve())) });
    const { port } = server.address() as AddressInfo;
    const outcome = await keep(outgoingFor()).post({
      url: `http://127.0.0.1:${String(port)}/`,
      id: 'a',
      body: '{}',
      secrets: [],
    });
    expect(outcome).toEqual({ kind: 'lost', code });
  });
});

describe('https', () => {
  const before = getCACertificates('default');
  afterEach(() => setDefaultCACertificates(before));
  const certificate = selfSigned('hooks.example.com');
  const resolve = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);

  it('reaches the judged address under the name of the URL', async () => {
    setDefaultCACertificates([certificate.cert]);
    const { port, received } = await receiver({ tls: certificate });
    const { post } = keep(outgoingFor({ resolve }));
    const url = `https://hooks.example.com:${String(port)}/hook`;
    expect(await post({ url, id: 'a', body: '{}', secrets: [] })).toEqual({ kind: 'delivered', status: 204 });
    expect(received[0]?.headers.host).toBe(`hooks.example.com:${String(port)}`);
  });

  it('sends nothing to who cannot prove the name', async () => {
    const { port, received } = await receiver({ tls: certificate });
    const url = `https://hooks.example.com:${String(port)}/hook`;
    const untrusted = keep(outgoingFor({ resolve }));
    expect(await untrusted.post({ url, id: 'a', body: '{}', secrets: [] })).toEqual({ kind: 'lost', code: 'tls' });
    setDefaultCACertificates([certificate.cert]);
    const another = `https://other.example.com:${String(port)}/hook`;
    const { post } = keep(outgoingFor({ resolve }));
    expect(await post({ url: another, id: 'a', body: '{}', secrets: [] })).toEqual({ kind: 'lost', code: 'tls' });
    expect(received).toEqual([]);
  });
});
