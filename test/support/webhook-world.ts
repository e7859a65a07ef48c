import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import pg from 'pg';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { type Bridge, type Home, type StoreKind, freePort, makeHome, startBridge } from './bridge-process.ts';
import { driver } from './journey.ts';

export const FIRST_TOKEN = 'first-verification-token';

export interface EventBody {
  readonly type: string;
  readonly object: string | null;
  readonly state: string;
  readonly why: string | null;
  readonly repeats: number;
}

export interface WebhookBody {
  readonly url: string;
  readonly tokens: number;
  readonly lastReceivedAt: string | null;
  readonly events: Readonly<Record<string, number>>;
}

export interface WebhookWorld {
  readonly simulator: Simulator;
  readonly home: Home;
  bridge: Bridge;
  /** Starts the bridge once more on what it left. */
  again(env?: Readonly<Record<string, string>>): Promise<void>;
  webhook(): Promise<WebhookBody>;
  events(): Promise<readonly EventBody[]>;
  /** Waits until no event is pending, and gives them all. */
  settled(count: number): Promise<readonly EventBody[]>;
}

/** A bridge that takes webhooks, on a store of its own, and the Drift that sends them; `cleanup` takes what ends them. */
export async function openWebhookWorld(
  kind: StoreKind,
  cleanup: (() => Promise<unknown>)[],
  tokens = FIRST_TOKEN,
): Promise<WebhookWorld> {
  const simulator = await startSimulator({ settings: { ratePerMinute: 0, webhookToken: FIRST_TOKEN } });
  cleanup.push(() => simulator.close());
  const home = await makeHome(kind);
  cleanup.push(() => home.remove());
  const port = await freePort();
  const start = (env: Readonly<Record<string, string>> = {}): Promise<Bridge> =>
    startBridge(
      home,
      {
        ...{ DRIFT_BASE_URL: simulator.url, DRIFT_TOKEN: simulator.token, DRIFT_SETTLE_MS: '450' },
        ...{ DRIFT_WEBHOOK_TOKENS: tokens, ...env },
      },
      port,
    );
  const world: WebhookWorld = {
    simulator,
    home,
    bridge: await start(),
    again: async (env) => void (world.bridge = await start(env)),
    webhook: async () => {
      const { body } = await driver(world.bridge.url).api<WebhookBody>('GET', '/drift/webhook');
      return body;
    },
    events: async () => {
      const { body } = await driver(world.bridge.url).api<{ items: readonly EventBody[] }>(
        'GET',
        '/drift/events?limit=500',
      );
      return body.items;
    },
    async settled(count) {
      for (let tries = 0; tries < 300; tries += 1) {
        const { pending = 0, done = 0, ignored = 0 } = (await world.webhook()).events;
        if (pending === 0 && done + ignored >= count) return world.events();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(
        `events were not settled in 15 s: ${JSON.stringify(await world.events())}\n${world.bridge.output()}`,
      );
    },
  };
  cleanup.push(async () => world.bridge.stop());
  simulator.set({ webhookUrl: (await world.webhook()).url });
  return world;
}

/** What a person could send by hand. */
export async function postEvent(url: string, body: string, token = FIRST_TOKEN): Promise<number> {
  const headers = { 'content-type': 'application/json', 'x-verification-token': token };
  return (await fetch(url, { method: 'POST', headers, body })).status;
}

/** `contact id 7`, in order. */
export async function marksOf(home: Home): Promise<readonly string[]> {
  const query = 'select kind, key_by, key from mark order by kind, key_by, key';
  const rows = await rowsOf(home, query);
  return rows.map((row) => Object.values(row).join(' '));
}

export async function rowsOf(home: Home, query: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  if (home.databaseUrl === undefined) {
    const database = new DatabaseSync(join(home.dir, 'bridge.db'), { readOnly: true });
    try {
      return database.prepare(query).all();
    } finally {
      database.close();
    }
  }
  const client = new pg.Client({ connectionString: home.databaseUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(query)).rows;
  } finally {
    await client.end();
  }
}

/** The probe at the start says which organisation the credentials are of. */
export async function organisationKnown(home: Home): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const [row] = await rowsOf(home, "select value from setting where name = 'drift.capabilities'");
    if (/"orgId":"\d/.test(String(row?.['value']))) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the organisation was not known in 15 s');
}

/** Somebody else holds what every event has to write. */
export async function lockStore(home: Home): Promise<() => Promise<void>> {
  if (home.databaseUrl === undefined) {
    // The bridge writes several times a second: the lock is waited for.
    const database = new DatabaseSync(join(home.dir, 'bridge.db'), { timeout: 5_000 });
    database.exec('begin immediate');
    return async () => {
      database.exec('rollback');
      database.close();
    };
  }
  const client = new pg.Client({ connectionString: home.databaseUrl });
  await client.connect();
  await client.query('begin');
  await client.query('lock table drift_event in access exclusive mode');
  return async () => {
    await client.query('rollback');
    await client.end();
  };
}
