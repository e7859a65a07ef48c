import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createDriftAccess, type DriftAccess } from '../../src/compose/drift-access.ts';
import { systemClock } from '../../src/compose/system.ts';
import { type Env, loadConfig } from '../../src/config.ts';
import { unknownCapabilities } from '../../src/core/capabilities.ts';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import { updateAccount } from '../../src/drift/operations/accounts.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import type { Database } from '../../src/storage/database.ts';
import { createCrypto } from '../../src/storage/node-crypto.ts';
import { createStore } from '../../src/storage/store.ts';
import { createTenants } from '../../src/storage/tenants.ts';
import { json, type RecordingServer, startRecording } from '../drift/recording-server.ts';
import { eachDatabase } from '../support/store.ts';

const PEPPER = Buffer.alloc(32, 9);
const SECRET_KEY = Buffer.alloc(32, 7);
const TOKEN = 'drift-token-for-tests-0001';
const OTHER = { kind: 'token', token: 'drift-token-for-tests-0002', scimToken: 'drift-token-for-tests-0002' } as const;

eachDatabase('Drift', (testStore) => {
  describe('of an installation', () => {
    let database: Database;
    /** Whoever stands where Drift is said to be. */
    let server: RecordingServer;
    const opened: { close(): Promise<void> }[] = [];
    beforeAll(async () => {
      database = await testStore.open();
      await createTenants({ database, clock: systemClock, crypto: createCrypto({ pepper: PEPPER }) }).ensureDefault();
    });
    beforeEach(async () => {
      server = await startRecording();
      for (const table of ['secret', 'setting', 'job'] as const) await database.write.deleteFrom(table).execute();
    });
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
      await server.close();
    });

    /** `past`: set behind the back of what reads the environment. */
    async function start(url: string, env: Env = {}, past: { readonly baseUrl?: string } = {}) {
      const loaded = loadConfig({
        ...{ DRIFT_BASE_URL: url, DRIFT_TOKEN: TOKEN, DRIFT_SETTLE_MS: '4000', DATABASE_URL: 'postgres://x' },
        BRIDGE_SECRET_KEY: SECRET_KEY.toString('base64'),
        BRIDGE_TOKEN_PEPPER: PEPPER.toString('base64'),
        ...env,
      });
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
      const crypto = createCrypto({ pepper: PEPPER });
      const clock = systemClock;
      const store = createStore({ database, clock, crypto, basePolicy: DEFAULT_POLICY });
      const access: DriftAccess = await createDriftAccess({
        config: { ...loaded.config, drift: { ...loaded.config.drift, ...past } },
        ...{ database, store, clock, crypto, log: () => undefined },
        keys: { pepper: PEPPER, secretKey: SECRET_KEY },
      });
      opened.push(access);
      const tenant = store.tenant('default');
      const set = (name: string, value: string) => tenant.write((tx) => tx.settings.set(name, value));
      return { access, tenant, set };
    }
    const asked = () => server.received.map(({ target }) => target);

    it('sends nothing where it cannot be told whose the credentials are and the organisation is known', async () => {
      server.answer = json(200, { credential_id: 'x' });
      const { access, set } = await start(server.url);
      // Nobody knows any organisation yet: they are believed.
      await (await access.client('default')).tokenInfo();
      await set('drift.organisation', '7');
      server.received.length = 0;
      for (const work of [() => access.target('default'), () => access.client('default')]) {
        await expect(work()).rejects.toMatchObject({
          code: 'drift.unreachable',
          message: expect.stringMatching(/of which organisation .* is of 7/) as unknown,
        });
      }
      expect(asked()).toEqual(['/app/token_info', '/app/token_info']);
      server.answer = json(200, { authenticated_userid: 'orgId:7' });
      await access.target('default');
      await access.target('default');
      expect(asked()).toHaveLength(3);
    });

    it.each(['drift.organisation', 'drift.capabilities'])(
      'takes no other credentials of an organisation that it does not say, where %s says one',
      async (setting) => {
        server.answer = json(200, { credential_id: 'x' });
        const { access, tenant, set } = await start(server.url);
        const probed = { ...unknownCapabilities('2030-01-01T00:00:00.000Z', 'test'), orgId: '7' };
        await set(setting, setting === 'drift.organisation' ? '7' : JSON.stringify(probed));
        const before = await tenant.settings.get('drift.credential');
        await expect(access.replace('default', OTHER, 'tok_1')).rejects.toMatchObject({
          code: 'conflict',
          message: expect.stringMatching(/does not say .* of 7/) as unknown,
        });
        expect(await tenant.settings.get('drift.credential')).toBe(before);
        await set(setting, '');
        expect(await access.replace('default', OTHER, 'tok_1')).toMatchObject({ organisation: null });
      },
    );

    it('refuses answers of another organisation than the one that was pinned, whatever was probed', async () => {
      const simulator: Simulator = await startSimulator({ seed: 7, settings: { ratePerMinute: 0, scimPath: '/scim' } });
      opened.push(simulator);
      simulator.seed({ users: [{ email: 'ann@example.com', name: 'Ann', role: 'MEMBER' }] });
      const { access, set } = await start(simulator.url, { DRIFT_TOKEN: simulator.token });
      const info = await (await access.client('default')).tokenInfo();
      const own = info.kind === 'ok' ? (info.value.authenticated_userid ?? '').replace('orgId:', '') : '';
      await set('drift.organisation', own);
      expect(await (await access.target('default')).listAccounts()).toHaveLength(1);
      simulator.fault({ kind: 'wrong-org', path: '/users/list' });
      const nothing = unknownCapabilities('2030-01-01T00:00:00.000Z', 'test');
      for (const probed of ['', JSON.stringify(nothing)]) {
        await set('drift.capabilities', probed);
        await expect((await access.target('default')).listAccounts()).rejects.toMatchObject({
          code: 'drift.unreachable',
          message: expect.stringMatching(/organisation/) as unknown,
        });
      }
    });

    it('is not called where it is a real one and an unknown outcome would be read back within a minute', async () => {
      const { access } = await start(server.url, {}, { baseUrl: 'https://drift.example.com' });
      const refusal = {
        code: 'drift.not_configured',
        message:
          'Nothing is sent to Drift: DRIFT_SETTLE_MS must be 60000 or more for a real Drift: a shorter wait has created people twice.',
      };
      await expect(access.client('default')).rejects.toMatchObject(refusal);
      await expect(access.target('default')).rejects.toMatchObject(refusal);
      await expect(access.replace('default', OTHER, 'tok_1')).rejects.toMatchObject(refusal);
      const slow = await start(server.url, { DRIFT_SETTLE_MS: '60000' }, { baseUrl: 'https://drift.example.com' });
      await slow.access.client('default');
    });

    it('gets a write within half of the rest of an unknown outcome, or not at all', async () => {
      server.answer = json(200, { data: { accountId: '4_x.example', ownerId: 7 } });
      const { access } = await start(server.url, { DRIFT_RATE_PER_MINUTE: '60', DRIFT_SETTLE_MS: '1000' });
      const client = await access.client('default');
      const body = { accountId: '4_x.example', ownerId: '7' };
      const effects = await Promise.all(Array.from({ length: 8 }, () => client.call(updateAccount, { body })));
      const late = effects.filter((effect) => effect.kind === 'refused' && effect.code === 'rate_limit');
      expect(late.length).toBeGreaterThan(0);
      expect(server.received).toHaveLength(8 - late.length);
    });
  });
});
