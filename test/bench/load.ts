import { connect, type Socket } from 'node:net';

export interface LoadRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  /** ASCII. */
  readonly body?: string;
}

export interface LoadResult {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers that are not 2xx. */
  readonly errors: number;
  readonly requests: number;
  /** Milliseconds of each, in the order in which they ended. */
  readonly times: readonly number[];
  /** Share of the time in which the generator had something to do: at 1 it may be what is measured. */
  readonly busy: number;
}

export interface Target {
  readonly port: number;
  readonly token: string;
}

export interface LoadOptions {
  readonly connections: number;
  readonly milliseconds: number;
}

/**
 * A closed loop: so many connections, each with one request under way, for so long. On plain sockets, and of an answer it
 * reads the status and the length: an HTTP client would need more time for a request than the servers that are measured.
 */
export async function load(
  target: Target,
  next: (n: number) => LoadRequest,
  { connections, milliseconds }: LoadOptions,
): Promise<LoadResult> {
  const open = await Promise.all(Array.from({ length: connections }, () => openConnection(target.port)));
  const times: number[] = [];
  let errors = 0;
  let n = 0;
  const idle = performance.eventLoopUtilization();
  const begin = performance.now();
  const until = begin + milliseconds;
  try {
    await Promise.all(
      open.map(
        (connection) =>
          new Promise<void>((resolve, reject) => {
            let at = 0;
            const send = (): void => {
              at = performance.now();
              if (at >= until) resolve();
              else connection.send(wire(next(n++), target));
            };
            connection.on(reject, (status) => {
              times.push(performance.now() - at);
              if (status < 200 || status > 299) errors += 1;
              send();
            });
            send();
          }),
      ),
    );
  } finally {
    for (const connection of open) connection.close();
  }
  const seconds = (performance.now() - begin) / 1000;
  const busy = performance.eventLoopUtilization(idle).utilization;
  const sorted = Float64Array.from(times).sort();
  return { perSecond: sorted.length / seconds, ...quantiles(sorted), errors, requests: times.length, times, busy };
}

function quantiles(sorted: Float64Array): { readonly p50: number; readonly p99: number } {
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

function wire({ method, path, body }: LoadRequest, { token }: Target): string {
  const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nAccept: application/scim+json\r\n`;
  return body === undefined
    ? `${head}\r\n`
    : `${head}Content-Type: application/scim+json\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`;
}

interface Connection {
  on(failed: (error: Error) => void, answered: (status: number) => void): void;
  send(request: string): void;
  close(): void;
}

const LENGTH = /\r\ncontent-length: (\d+)/i;

async function openConnection(port: number): Promise<Connection> {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opened = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(opened));
    opened.once('error', reject);
  });
  let failed: (error: Error) => void = () => undefined;
  let answered: (status: number) => void = () => undefined;
  /** Bytes of a head that is not whole yet. */
  let held: Buffer | null = null;
  let status = 0;
  /** Bytes of the body that are still to come. */
  let missing = 0;

  socket.removeAllListeners('error');
  socket.on('error', (error) => failed(error));
  socket.on('close', () => failed(new Error('the server closed the connection')));
  socket.on('data', (chunk: Buffer) => {
    if (missing > 0) {
      missing -= chunk.length;
      if (missing === 0) answered(status);
      return;
    }
    const bytes: Buffer = held === null ? chunk : Buffer.concat([held, chunk]);
    const end = bytes.indexOf('\r\n\r\n');
    if (end === -1) {
      held = bytes;
      return;
    }
    held = null;
    const head = bytes.toString('latin1', 0, end);
    status = Number(head.slice(9, 12));
    const length = LENGTH.exec(head)?.[1];
    if (length === undefined && status !== 204) {
      failed(new Error(`an answer (${String(status)}) without Content-Length`));
      return;
    }
    missing = Number(length ?? 0) - (bytes.length - end - 4);
    if (missing === 0) answered(status);
  });
  return {
    on: (onFailure, onAnswer) => {
      failed = onFailure;
      answered = onAnswer;
    },
    send: (request) => void socket.write(request, 'latin1'),
    close: () => {
      failed = () => undefined;
      socket.destroy();
    },
  };
}
