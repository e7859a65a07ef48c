import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { systemClock } from '../../src/compose/system.ts';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import { type DraftLine, createCallOperation } from '../../src/flows/call-operation.ts';
import type { LineState } from '../../src/flows/operation-port.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { createCrypto } from '../../src/storage/node-crypto.ts';
import { createStore } from '../../src/storage/store.ts';
import { createTenants, DEFAULT_TENANT } from '../../src/storage/tenants.ts';
import { eachDatabase } from '../support/store.ts';

const ENTRY = fileURLToPath(new URL('../support/operation-worker.ts', import.meta.url));
const LINES = 12;

eachDatabase('kill -9 in the middle of a batch', (testStore) => {
  it('sends no write twice: the line that was on its way ends unknown, the others are done', async () => {
    const simulator = await startSimulator({ settings: { ratePerMinute: 0 }, seed: 11 });
    const database = await testStore.open();
    const crypto = createCrypto({ pepper: new Uint8Array(32).fill(9) });
    const store = createStore({ database, clock: systemClock, crypto, basePolicy: DEFAULT_POLICY });
    await createTenants({ database, clock: systemClock, crypto }).ensureDefault();
    const { operations } = store.tenant(DEFAULT_TENANT);
    const calls = createCallOperation({ store, clock: systemClock, crypto });
    let child: ChildProcess | null = null;
    try {
      // Each answer comes some time after its effect: that is when the process dies.
      simulator.fault({ method: 'POST', path: '/contacts', kind: 'slow-first-byte', delayMs: 250, every: 1 });
      const { id } = await calls.many(
        {
          tenantId: DEFAULT_TENANT,
          by: 'token-1',
          operation: 'create-contact',
          writes: true,
          key: 'killed',
          options: { dryRun: false, all: false, respondTo: null },
        },
        lines(),
      );
      const settled = async (): Promise<number> => {
        const counts = await operations.counts(id);
        return (['ok', 'unknown', 'refused'] satisfies LineState[]).reduce(
          (sum, state) => sum + (counts[state] ?? 0),
          0,
        );
      };
      const made = (): readonly string[] =>
        simulator
          .journal()
          .filter(({ method, path }) => method === 'POST' && path === '/contacts')
          .map(({ body }) => (body as { attributes: { email: string } }).attributes.email);
      const start = (): ChildProcess =>
        spawn(
          process.execPath,
          [
            '--disable-warning=ExperimentalWarning',
            ENTRY,
            JSON.stringify({ databaseUrl: testStore.url(), driftUrl: simulator.url, token: simulator.token }),
          ],
          { stdio: 'inherit' },
        );

      for (const kills of [3, 7]) {
        child = start();
        await until(async () => made().length >= kills);
        child.kill('SIGKILL');
        await once(child, 'exit');
        expect(await settled()).toBeLessThan(LINES);
      }
      child = start();
      await until(async () => (await settled()) === LINES);

      const { ok = 0, unknown = 0 } = await operations.counts(id);
      expect(ok + unknown).toBe(LINES);
      // One for each kill at the most: a kill between two calls leaves none.
      expect(unknown).toBeLessThanOrEqual(2);
      expect(made().toSorted()).toEqual([...new Set(made())].toSorted());
      expect(made().length).toBeGreaterThanOrEqual(ok);
      const lost = await operations.lines(id, { state: 'unknown', after: 0, limit: 10 });
      expect(lost.every(({ code }) => code === 'interrupted')).toBe(true);
    } finally {
      child?.kill('SIGKILL');
      await simulator.close();
    }
  }, 60_000);
});

async function* lines(): AsyncGenerator<DraftLine> {
  for (let line = 1; line <= LINES; line += 1) {
    const body = { attributes: { email: `killed${String(line)}@example.org` } };
    yield { line, text: JSON.stringify(body), work: { kind: 'call', input: { params: {}, query: {}, body } } };
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1500; tries += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it did not come to that in thirty seconds');
}
