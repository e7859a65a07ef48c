import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export const ADMIN_TOKEN = 'test-admin-token-0123456789-0123456789';
export const SCIM_TOKEN = 'test-scim-token-0123456789-0123456789a';

export type StoreKind = 'sqlite' | 'postgres';

/** The databases that a journey runs on: PostgreSQL where TEST_DATABASE_URL names one (CI starts its own). */
export function storeKinds(): readonly StoreKind[] {
  return process.env['TEST_DATABASE_URL'] === undefined ? ['sqlite'] : ['sqlite', 'postgres'];
}

export interface Home {
  readonly dir: string;
  readonly databaseUrl?: string;
  remove(): Promise<void>;
}

let databases = 0;

/** A data folder of its own, and on PostgreSQL a database of its own; both go with `remove`. */
export async function makeHome(kind: StoreKind): Promise<Home> {
  const dir = mkdtempSync(join(tmpdir(), 'bridge-test-'));
  const base = process.env['TEST_DATABASE_URL'];
  if (kind === 'sqlite' || base === undefined) {
    return { dir, remove: async () => rmSync(dir, { recursive: true, force: true }) };
  }
  databases += 1;
  const name = `bridge_test_${String(process.pid)}_${String(Date.now())}_${String(databases)}`;
  await onServer(base, `create database ${name}`);
  const url = new URL(base);
  url.pathname = `/${name}`;
  return {
    dir,
    databaseUrl: url.toString(),
    remove: async () => {
      rmSync(dir, { recursive: true, force: true });
      await onServer(base, `drop database if exists ${name} with (force)`);
    },
  };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

export interface Bridge {
  readonly url: string;
  readonly child: ChildProcess;
  /** stdout and stderr so far. */
  output(): string;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
  stop(): Promise<number | null>;
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Starts `bridge serve` as its own process and waits until it is ready. */
export async function startBridge(home: Home, env: Readonly<Record<string, string>>, port?: number): Promise<Bridge> {
  const listen = port ?? (await freePort());
  const url = `http://127.0.0.1:${String(listen)}`;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'src/main.ts', 'serve'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      HOST: '127.0.0.1',
      PORT: String(listen),
      BRIDGE_DATA_DIR: home.dir,
      BRIDGE_ADMIN_TOKEN: ADMIN_TOKEN,
      BRIDGE_SCIM_TOKEN: SCIM_TOKEN,
      BRIDGE_LOG_LEVEL: 'warn',
      ...(home.databaseUrl === undefined
        ? {}
        : {
            DATABASE_URL: home.databaseUrl,
            BRIDGE_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
            BRIDGE_TOKEN_PEPPER: Buffer.alloc(32, 9).toString('base64'),
          }),
      ...env,
    },
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const bridge: Bridge = {
    url,
    child,
    output: () => text,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop: async () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
  await ready(bridge, () => text);
  return bridge;
}

async function ready(bridge: Bridge, output: () => string): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (bridge.child.exitCode !== null) throw new Error(`the bridge stopped at start:\n${output()}`);
    try {
      const response = await fetch(`${bridge.url}/readyz`);
      if (response.ok) return;
    } catch {
      // not listening yet
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the bridge was not ready in 20 s:\n${output()}`);
}

export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

/** One HTTP call with JSON both ways. */
export async function call<T = Record<string, unknown>>(
  url: string,
  token: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<T>> {
  const raw = typeof body === 'string';
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined
        ? {}
        : {
            'content-type': raw ? 'text/csv' : path.startsWith('/scim') ? 'application/scim+json' : 'application/json',
          }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as T, headers: response.headers };
}
