import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Api } from './api.ts';
import { control, type Controls } from './control.ts';
import { deliver } from './deliver.ts';
import type { ParsedBody } from './exchange.ts';
import { parseJson, writeJson } from './json.ts';
import type { SimulatorSettings } from './settings.ts';

// Seeding 100,000 contacts in one call is about 30 MB; nothing that Drift takes comes near.
const LARGEST_BODY = 128 * 1024 * 1024;

export interface ServerParts {
  readonly api: Api;
  readonly controls: Controls;
  readonly settings: () => SimulatorSettings;
}

/** Listens and answers; resolves with the server once it is bound. */
export function listen({ api, controls, settings }: ServerParts, host: string, port: number): Promise<Server> {
  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.url ?? '/';
    const cut = target.indexOf('?');
    const path = cut < 0 ? target : target.slice(0, cut);
    const query = new URLSearchParams(cut < 0 ? '' : target.slice(cut + 1));
    const method = request.method ?? 'GET';
    const mediaType = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    const text = await readText(request);
    if (text === undefined) {
      plain(response, 413, { error: { type: 'validation_error', message: 'the body is too large' } });
      return;
    }
    const body = parseBody(text, mediaType);
    if (path.startsWith('/__sim/')) {
      const answer = isLoopback(request.socket.remoteAddress)
        ? control(controls, method, path, body)
        : { status: 403, body: { problem: 'controls answer on loopback only' } };
      plain(response, answer.status, answer.body);
      return;
    }
    const { authorization } = request.headers;
    await deliver(response, api.handle({ method, path, query, authorization, mediaType, body }), settings());
  }

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      // A client that went away while sending is no fault; anything else is a bug of the simulator, and says so.
      if (request.errored !== null || response.destroyed) return;
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.stderr.write(`simulator: ${message}\n`);
      if (!response.headersSent) {
        plain(response, 500, { error: { type: 'internal_error', message: 'the simulator failed' } });
      } else {
        response.destroy();
      }
    });
  });
  // Longer than any client keeps a connection, so that no call meets a connection that is just being closed.
  server.keepAliveTimeout = 120_000;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

export function addressOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function plain(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? undefined : writeJson(body));
}

/** The body as text, or undefined when it is too large. */
async function readText(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody(text: string, mediaType: string): ParsedBody {
  if (text === '') return { kind: 'none' };
  if (mediaType === 'application/x-www-form-urlencoded') {
    return { kind: 'form', value: Object.fromEntries(new URLSearchParams(text)) };
  }
  try {
    return { kind: 'json', value: parseJson(text) };
  } catch {
    return { kind: 'unreadable', text };
  }
}

function isLoopback(address: string | undefined): boolean {
  return address === '::1' || (address?.replace(/^::ffff:/, '').startsWith('127.') ?? false);
}
