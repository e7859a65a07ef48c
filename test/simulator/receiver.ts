import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { parseJson } from '../../src/simulator/json.ts';

interface Received {
  readonly method: string | undefined;
  readonly header: string | undefined;
  readonly raw: string;
  /** Parsed, 64-bit integers as BigInt. */
  readonly body: unknown;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** Statuses of the next answers; after them 200. */
  readonly answers: number[];
}

/** Runs a test beside an HTTP server that takes webhooks. */
export async function withReceiver(test: (receiver: Receiver) => Promise<void>): Promise<void> {
  const received: Received[] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    void text(request).then((raw) => {
      const header = request.headers['x-verification-token'];
      received.push({ method: request.method, header: header?.toString(), raw, body: parseJson(raw) });
      response.writeHead(answers.shift() ?? 200);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    await test({ url, received, answers });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
