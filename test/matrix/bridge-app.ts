import { createServer, request, Agent, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { describe } from '@jest/globals';
import { sql } from 'kysely';
import { type Bridge, compose } from '../../src/compose.ts';
import { type Env, loadConfig } from '../../src/config.ts';
import type { Database } from '../../src/storage/database.ts';
import { createLog } from '../../src/telemetry.ts';
import { type TestStore, eachDatabase } from '../support/store.ts';
import { type MountedRoute, withRoutes } from './mounted-routes.ts';

export const PUBLIC_URL = 'https://bridge.example.com';
export const PEPPER = Buffer.alloc(32, 7);

export const ADMIN_TOKEN = 'bootstrap-admin-token-of-the-matrix-0001';
export const SCIM_TOKEN = 'bootstrap-scim-token-of-the-matrix-00001';

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
}

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A suite for each database, in which what the suite opens is closed before its store goes. */
export function eachStore(title: string, suite: (store: TestStore) => void): void {
  eachDatabase(title, (store) => describe('over HTTP', () => suite(store)));
}

/** The whole program over a store of the test, as one process of it would run; no worker, so Drift is never asked. */
export interface BridgeApp {
  readonly routes: readonly MountedRoute[];
  /** Every line of the log, as it would be printed. */
  readonly log: readonly string[];
  readonly bridge: Bridge;
  send(what: Sent): Promise<Got>;
  close(): Promise<void>;
}

export async function openApp(store: TestStore, more: Env = {}): Promise<BridgeApp> {
  const folder = store.dialect === 'sqlite' ? dirname(store.url()) : dirname(import.meta.filename);
  const config = loadConfig({
    HOST: '0.0.0.0',
    BRIDGE_PUBLIC_URL: PUBLIC_URL,
    BRIDGE_DATA_DIR: folder,
    ...(store.dialect === 'postgres' ? { DATABASE_URL: store.url() } : {}),
    BRIDGE_TOKEN_PEPPER: PEPPER.toString('base64'),
    BRIDGE_SECRET_KEY: Buffer.alloc(32, 8).toString('base64'),
    BRIDGE_ADMIN_TOKEN: ADMIN_TOKEN,
    BRIDGE_SCIM_TOKEN: SCIM_TOKEN,
    // Nobody listens there, and nothing may ask.
    DRIFT_BASE_URL: 'http://127.0.0.1:9',
    DRIFT_TOKEN: 'drift-token-of-the-matrix',
    ...more,
  });
  if (!config.ok) throw new Error(JSON.stringify(config.problems));
  const log: string[] = [];
  const options = { log: createLog('debug', { write: (line) => void log.push(line) }) };
  const { made: bridge, routes } = await withRoutes(() => compose(config.config, options));
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const server = await listening(bridge);
  const { port } = server.address() as AddressInfo;
  return {
    routes,
    log,
    bridge,
    send: (what) => exchange(agent, port, what),
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await bridge.close();
    },
  };
}

/** Each request comes from an address of its own: refusals are counted by address, and here all of them are meant. */
async function listening({ web }: Bridge): Promise<Server> {
  let callers = 0;
  const server = createServer((incoming, outgoing) => {
    callers += 1;
    const value = `10.${callers >> 16}.${(callers >> 8) & 255}.${callers & 255}`;
    Object.defineProperty(incoming.socket, 'remoteAddress', { value, configurable: true });
    web(incoming, outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function exchange(agent: Agent, port: number, { method, path, headers = [], body }: Sent): Promise<Got> {
  const length = body === undefined ? [] : ['content-length', String(Buffer.byteLength(body))];
  // As a flat list, so that a header can be sent twice.
  const flat = ['host', `127.0.0.1:${port}`, ...length, ...headers.flat()];
  const outgoing = request({ agent, host: '127.0.0.1', port, method, path, headers: flat });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  let text = '';
  incoming.setEncoding('utf8');
  for await (const chunk of incoming) text += chunk as string;
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, text };
}

/** A note that a request was made, whatever became of it. */
const NOTES = new Set(['last_used_at']);

/**
 * Every row of every table but the log of requests, or of one tenant, as text by table: what must not change is
 * compared byte by byte.
 */
export async function dump(database: Database, tenantId?: string): Promise<Readonly<Record<string, string>>> {
  const tables = await tablesOf(database);
  const dumped: Record<string, string> = {};
  for (const table of tables) {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(database.read);
    const lines = rows
      .filter((row) => tenantId === undefined || (row['tenant_id'] ?? row[table === 'tenant' ? 'id' : '']) === tenantId)
      .map((row) => JSON.stringify(Object.entries(row).filter(([column]) => !NOTES.has(column))))
      .sort();
    dumped[table] = lines.join('\n');
  }
  return dumped;
}

/** Names of the tables that are not the same. */
export function differing(
  left: Readonly<Record<string, string>>,
  right: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.keys({ ...left, ...right }).filter((table) => left[table] !== right[table]);
}

async function tablesOf(database: Database): Promise<readonly string[]> {
  const asked =
    database.dialect === 'sqlite'
      ? sql<{ name: string }>`select name from sqlite_master where type = 'table' order by name`
      : sql<{ name: string }>`select tablename as name from pg_tables where schemaname = 'public' order by 1`;
  const { rows } = await asked.execute(database.read);
  return rows.map(({ name }) => name).filter((name) => !name.startsWith('sqlite_') && name !== 'scim_request');
}
