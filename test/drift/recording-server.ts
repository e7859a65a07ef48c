import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDriftClient, type DriftClient, type DriftClientOptions } from '../../src/drift/client.ts';

export interface Received {
  readonly method: string;
  /** Path and query, as they came over the wire. */
  readonly target: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export type Answering = (call: Received, response: ServerResponse, nth: number) => void;

/** A real HTTP server that remembers what it received, in order. */
export interface RecordingServer {
  readonly url: string;
  readonly received: Received[];
  answer: Answering;
  close(): Promise<void>;
}

export const json =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answering =>
  (_call, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

export async function startRecording(answer: Answering = json(200, {})): Promise<RecordingServer> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const call = {
        method: request.method ?? '',
        target: request.url ?? '',
        authorization: request.headers.authorization,
        body,
      };
      received.push(call);
      recording.answer(call, response, received.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const recording: RecordingServer = {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    received,
    answer,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return recording;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

export interface Logged {
  readonly level: string;
  readonly code: string;
  readonly data: unknown;
}

/** Time that passes as fast as it is asked to; what is logged is kept. */
export function quickWorld(): Pick<DriftClientOptions, 'clock' | 'random' | 'log'> & {
  readonly logged: Logged[];
  readonly slept: number[];
  readonly advance: (ms: number) => void;
} {
  let now = Date.parse('2030-01-01T00:00:00.000Z');
  const logged: Logged[] = [];
  const slept: number[] = [];
  return {
    logged,
    slept,
    advance: (ms) => {
      now += ms;
    },
    clock: {
      now: () => new Date(now).toISOString(),
      sleep: async (ms) => {
        slept.push(ms);
        now += ms;
      },
    },
    random: () => 0.5,
    log: (level, code, data) => void logged.push({ level, code, data }),
  };
}

/** Real time, so many times as fast. */
export function fastClock(times: number): DriftClientOptions['clock'] {
  const begin = Date.now();
  return {
    now: () => new Date(begin + (Date.now() - begin) * times).toISOString(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms / times).unref()),
  };
}

export const TOKEN = 'drift-token-for-tests-0001';

/** A client with quick time, no permit for anything, and a high rate; any of it can be set otherwise. */
export function clientAt(url: string, options: Partial<DriftClientOptions> = {}): DriftClient {
  return createDriftClient({
    baseUrl: url,
    scimPath: '/scim',
    token: TOKEN,
    ratePerMinute: 6000,
    permits: { deprovision: async () => false, erase: async () => false },
    timeouts: { connectMs: 1_000, totalMs: 2_000 },
    ...quickWorld(),
    ...options,
  });
}
