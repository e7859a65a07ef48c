import type { Duplex } from 'node:stream';
import { type Server, createServer } from 'node:http';
import type { Command } from 'commander';
import { type Bridge, compose } from '../compose.ts';
import { documents } from '../compose/documents.ts';
import { type Config, loadConfig } from '../config.ts';
import { createLog } from '../telemetry.ts';
import { type Context, describe } from './context.ts';
import { showDemo, startDemo } from './demo.ts';
import { CommandError, EXIT } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** How long requests in hand may take when the process is told to stop, in milliseconds. */
const DRAIN_MS = 10_000;
/** Two signals closer together than this are one. */
const IMPATIENT_MS = 1000;
const HEADERS_MS = 15_000;
/** An upload of a large file over a slow line. */
const REQUEST_MS = 3_600_000;

const NO_LISTENING: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is in use',
  EACCES: 'this user may not',
  EADDRNOTAVAIL: 'the address is not of this machine',
};

export function addServe(program: Command, { terminal }: Context): void {
  describe(
    program.command('serve'),
    'Start the bridge. Without Drift credentials it starts the demo: a simulated Drift and invented people.',
    ['bridge serve', 'DRIFT_TOKEN=… BRIDGE_PUBLIC_URL=https://bridge.example.com HOST=0.0.0.0 bridge serve'],
  ).action(() => serve(terminal, settings(terminal)));

  describe(program.command('worker'), 'Start a process that does jobs and serves nothing (PostgreSQL only).', [
    'DATABASE_URL=postgres://… bridge worker',
  ]).action(() => serve(terminal, settings(terminal, { BRIDGE_MODE: 'worker' })));
}

function settings(terminal: Terminal, over: Readonly<Record<string, string>> = {}): Config {
  const result = loadConfig(terminal.env, over);
  if (result.ok) return result.config;
  throw new CommandError(
    'The bridge does not start:',
    result.problems.map(({ variable, problem }) => `${variable} ${problem}`),
  );
}

async function serve(terminal: Terminal, asked: Config): Promise<void> {
  const stop = stopSignal();
  const demo = asked.demo ? await startDemo(asked) : null;
  const config = demo?.config ?? asked;
  // The demo's summary is for people: lines of a log that nobody asked for would stand in its way.
  const log = createLog(config.demo && config.logLevel === 'info' ? 'warn' : config.logLevel);
  let bridge: Bridge | null = null;
  let server: Server | null = null;
  try {
    bridge = await compose(config, { log, ...(demo === null ? {} : { demo: demo.simulator }) });
    if (config.mode !== 'worker') server = await listen(bridge, config);
    bridge.startWorker();
    log('info', 'bridge.started', { url: config.publicUrl, mode: config.mode, version: documents.version });
    if (demo === null) {
      if (server !== null) terminal.out(newTokens(bridge, config));
    } else {
      const { admin, scim } = bridge.tokens;
      const target = {
        url: localUrl(config),
        publicUrl: config.publicUrl,
        adminToken: admin.text,
        scimToken: scim.text,
        // What came from the environment is not written to a screen or a log.
        shownAdmin: admin.origin === 'environment' ? '$BRIDGE_ADMIN_TOKEN' : admin.text,
        shownScim: scim.origin === 'environment' ? 'BRIDGE_SCIM_TOKEN' : scim.text,
      };
      await Promise.race([showDemo(target, (text) => terminal.out(`${text}\n`), terminal.hasColour), stop]);
    }
    await stop;
    log('info', 'bridge.stopping');
  } finally {
    if (server !== null) await drain(server);
    await bridge?.close();
    await demo?.close();
  }
}

async function listen({ web }: Bridge, { host, port }: Config): Promise<Server> {
  const server = createServer({ headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS }, (request, response) => {
    web(request, response);
  });
  server.on('clientError', refuseUnreadable);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = NO_LISTENING[error.code ?? ''];
      reject(reason === undefined ? error : new CommandError(`Cannot listen on ${host}:${String(port)}: ${reason}.`));
    });
    server.listen(port, host, resolve);
  });
  return server;
}

/** What node itself refuses, before anybody could know what was asked for: an answer in JSON all the same. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, title, detail] = UNREADABLE[error.code ?? ''] ?? [400, 'Bad Request', 'This is no HTTP request.'];
  const body = JSON.stringify({ type: 'about:blank', title, status, detail });
  const head = `HTTP/1.1 ${String(status)} ${title}\r\nContent-Type: application/problem+json\r\nContent-Length: ${String(Buffer.byteLength(body))}\r\nConnection: close\r\n\r\n`;
  socket.end(`${head}${body}`);
}

const UNREADABLE: Readonly<Record<string, readonly [status: number, title: string, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    'Request Header Fields Too Large',
    'The address and the headers are over 16 KiB together.',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request did not come to its end in time.'],
};

/** Takes no new connection, lets requests in hand come to their end, and cuts off what is left after a while. */
async function drain(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(timer);
}

/** The address on which this process reaches itself, whatever others call it. */
function localUrl({ host, port }: Config): string {
  const any: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };
  return `http://${any[host] ?? (host.includes(':') ? `[${host}]` : host)}:${String(port)}`;
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let since: number | null = null;
    const stop = (): void => {
      if (since !== null && Date.now() - since > IMPATIENT_MS) process.exit(EXIT.error);
      since ??= Date.now();
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  });
}

/** Tokens that were made at this start; nothing where there are none. What the environment gave is never printed. */
function newTokens({ tokens }: Bridge, { publicUrl, dataDir }: Config): string {
  const minted = [
    ...(tokens.admin.origin === 'minted' ? [`  BRIDGE_ADMIN_TOKEN=${tokens.admin.text}`] : []),
    ...(tokens.scim.origin === 'minted' ? [`  BRIDGE_SCIM_TOKEN=${tokens.scim.text}`] : []),
  ];
  if (minted.length === 0) return '';
  return [
    `The bridge listens at ${publicUrl}. Its new tokens, also kept in ${dataDir}/bootstrap-tokens:`,
    ...minted,
    '',
  ].join('\n');
}
