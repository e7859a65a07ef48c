import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createOutgoing, type OutgoingTimeouts } from '../../src/outgoing/post.ts';
import type { Resolve } from '../../src/outgoing/connect.ts';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver on loopback that keeps what it gets and counts connections. */
export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly received: readonly Received[];
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

export async function startReceiver(
  options: {
    readonly host?: string;
    readonly tls?: { readonly cert: string; readonly key: string };
    readonly answer?: (response: ServerResponse, at: number) => void;
  } = {},
): Promise<Receiver> {
  const { host = '127.0.0.1', tls } = options;
  const answer = options.answer ?? ((response: ServerResponse) => response.writeHead(204).end());
  const received: Received[] = [];
  let connections = 0;
  const server: Server = tls === undefined ? createServer() : createTlsServer(tls);
  server.on('request', (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      });
      answer(response, received.length);
    });
  });
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host}:${String(port)}/hook`,
    port,
    received,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const NOW = '2026-11-24T22:00:00.000Z';

/** An Outgoing with a clock that stands still, and what it logged. */
export function outgoingFor(
  options: {
    readonly allowLoopback?: boolean;
    readonly resolve?: Resolve;
    readonly timeouts?: OutgoingTimeouts;
  } = {},
) {
  const logged: { readonly code: string; readonly data: unknown }[] = [];
  const { allowLoopback = true, resolve, timeouts } = options;
  const outgoing = createOutgoing({
    allowLoopback,
    clock: { now: () => NOW },
    log: (_level, code, data) => logged.push({ code, data }),
    ...(resolve !== undefined && { resolve }),
    ...(timeouts !== undefined && { timeouts }),
  });
  return { ...outgoing, logged };
}
