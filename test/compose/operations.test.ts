import { describe, expect, it } from '@jest/globals';
import { createDriftAccess } from '../../src/compose/drift-access.ts';
import { composeOperations, mayPostHere } from '../../src/compose/operations.ts';
import { systemClock } from '../../src/compose/system.ts';
import { type Env, loadConfig } from '../../src/config.ts';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import { createCallOperation } from '../../src/flows/call-operation.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { createJobWork } from '../../src/storage/jobs.ts';
import { createCrypto } from '../../src/storage/node-crypto.ts';
import { createStore } from '../../src/storage/store.ts';
import { createTenants, DEFAULT_TENANT } from '../../src/storage/tenants.ts';

const PEPPER = Buffer.alloc(32, 9);
const SECRET_KEY = Buffer.alloc(32, 7);

function configured(env: Env) {
  const loaded = loadConfig({
    DATABASE_URL: 'postgres://x',
    BRIDGE_SECRET_KEY: SECRET_KEY.toString('base64'),
    BRIDGE_TOKEN_PEPPER: PEPPER.toString('base64'),
    ...env,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

describe('an operation that needs a secret', () => {
  it('gets it from the stored OAuth credentials, and leaves it nowhere', async () => {
    const simulator = await startSimulator({ settings: { ratePerMinute: 0 }, seed: 5 });
    const database = await openDatabase({ url: ':memory:' });
    try {
      const { clientId, clientSecret, refreshToken } = simulator.grant();
      const config = configured({
        DRIFT_BASE_URL: simulator.url,
        DRIFT_CLIENT_ID: clientId,
        DRIFT_CLIENT_SECRET: clientSecret,
        DRIFT_REFRESH_TOKEN: refreshToken,
      });
      const clock = systemClock;
      const crypto = createCrypto({ pepper: PEPPER });
      await createTenants({ database, clock, crypto }).ensureDefault();
      const store = createStore({ database, clock, crypto, basePolicy: DEFAULT_POLICY });
      const logged: unknown[] = [];
      const log = (...said: readonly unknown[]): void => void logged.push(said);
      const parts = { config, database, store, clock, crypto, log, keys: { pepper: PEPPER, secretKey: SECRET_KEY } };
      const drift = await createDriftAccess(parts);
      const operations = composeOperations({ ...parts, drift });
      const calls = createCallOperation({ store, clock, crypto });
      const jobs = createJobWork(database);
      const tenant = store.tenant(DEFAULT_TENANT);

      const call = async (operation: string, writes: boolean) => {
        const options = { dryRun: false, all: false, respondTo: null };
        const asked = { tenantId: DEFAULT_TENANT, by: 'token-1', operation, writes, key: null, options };
        const { id } = await calls.one(asked, { params: {}, query: {} });
        const now = clock.now();
        const job = await jobs.claim({ owner: 'test', at: now, leaseUntil: now, kinds: ['operation'] });
        if (job === null) throw new Error('no job');
        expect(await operations.run(job)).toEqual({ again: null });
        await jobs.done(job);
        return (await tenant.operations.lines(id, { after: 0, limit: 1 }))[0];
      };
      expect(await call('token-info', false)).toMatchObject({ state: 'ok', answer: expect.stringContaining('orgId:') });
      expect(await call('uninstall-app', true)).toMatchObject({ state: 'ok' });
      expect(simulator.journal().at(-1)).toMatchObject({ method: 'POST', path: '/app/uninstall', status: 200 });

      const stored = JSON.stringify([
        await database.read.selectFrom('operation_line').selectAll().execute(),
        await database.read.selectFrom('operation_batch').selectAll().execute(),
        await database.read.selectFrom('audit').selectAll().execute(),
        logged,
      ]);
      for (const secret of [clientSecret, refreshToken]) expect(stored).not.toContain(secret);
      await operations.close();
      await drift.close();
    } finally {
      await database.close();
      await simulator.close();
    }
  });
});

describe('an address of this machine', () => {
  it.each([
    ['http://127.0.0.1:8080', true],
    ['http://localhost:8080', true],
    ['http://[::1]:8080', true],
    ['https://driftapi.com', false],
  ])('may be posted to where Drift is simulated on it (%s: %s), whatever the address of the bridge', (url, may) => {
    for (const publicUrl of ['http://127.0.0.1:8080', 'https://bridge.example.com']) {
      const env = { DRIFT_BASE_URL: url, BRIDGE_PUBLIC_URL: publicUrl, DRIFT_TOKEN: 'a-token-of-drift' };
      expect(mayPostHere(configured(env))).toBe(may);
    }
  });
});
