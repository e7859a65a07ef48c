import { createServer } from 'node:http';
import { createServer as createTcpServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { load } from './load.ts';

const OPTIONS = { connections: 3, milliseconds: 100 };
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listening(server: Server): Promise<{ readonly port: number; readonly token: string }> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, token: 'token' };
}

describe('the load generator', () => {
  it('counts every answer once, and those that are no 2xx as errors', async () => {
    const seen: string[] = [];
    const target = await listening(
      createServer((request, response) => {
        seen.push(`${String(request.method)} ${String(request.headers.authorization)}`);
        request.resume().on('end', () => {
          const text = 'x'.repeat(200_000);
          response.writeHead(seen.length % 2 === 0 ? 200 : 503, { 'Content-Length': text.length }).end(text);
        });
      }),
    );

    const result = await load(target, () => ({ method: 'POST', path: '/', body: '{}' }), OPTIONS);

    expect(result.requests).toBe(seen.length);
    expect(new Set(seen)).toEqual(new Set(['POST Bearer token']));
    expect(result.errors).toBe(Math.ceil(seen.length / 2));
    expect(result.times).toHaveLength(seen.length);
  });

  it('reads answers that come in pieces, cut anywhere', async () => {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
    let cut = 0;
    let asked = 0;
    const target = await listening(
      createTcpServer((socket) => {
        socket.setNoDelay(true);
        socket.on('error', () => undefined);
        socket.on('data', () => {
          asked += 1;
          cut = (cut + 1) % answer.length;
          const rest = answer.slice(cut);
          socket.write(answer.slice(0, cut));
          setTimeout(() => socket.write(rest), 1);
        });
      }),
    );

    const result = await load(target, () => ({ method: 'GET', path: '/' }), { connections: 5, milliseconds: 300 });

    expect(result.requests).toBe(asked);
    expect(result.errors).toBe(0);
  });

  it('fails where an answer does not tell its length, and where the server goes away', async () => {
    const chunked = await listening(createServer((_request, response) => response.write('a') && response.end('b')));
    const gone = await listening(createTcpServer((socket) => socket.on('data', () => socket.destroy())));

    await expect(load(chunked, () => ({ method: 'GET', path: '/' }), OPTIONS)).rejects.toThrow(
      'without Content-Length',
    );
    await expect(load(gone, () => ({ method: 'GET', path: '/' }), OPTIONS)).rejects.toThrow('closed the connection');
  });
});
