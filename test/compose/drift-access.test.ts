import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createDriftAccess, type DriftAccess } from '../../src/compose/drift-access.ts';
import { systemClock } from '../../src/compose/system.ts';
import type { Config } from '../../src/config.ts';
import { type Env, loadConfig } from '../../src/config.ts';
import type { DomainError } from '../../src/core/errors.ts';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import type { Database } from '../../src/storage/database.ts';
import { createCrypto } from '../../src/storage/node-crypto.ts';
import { createStore } from '../../src/storage/store.ts';
import { createTenants } from '../../src/storage/tenants.ts';
import { eachDatabase } from '../support/store.ts';

const PEPPER = Buffer.alloc(32, 9);
const SECRET_KEY = Buffer.alloc(32, 7);

eachDatabase('Drift credentials', (testStore) => {
  describe('of an installation', () => {
    let databases: readonly Database[];
    let simulator: Simulator;
    const opened: DriftAccess[] = [];
    const logged: unknown[] = [];
    beforeAll(async () => {
      databases = [await testStore.open(), await testStore.open()];
      const world = {
        database: databases[0] as Database,
        clock: systemClock,
        crypto: createCrypto({ pepper: PEPPER }),
      };
      await createTenants(world).ensureDefault();
    });
    beforeEach(async () => {
      simulator = await startSimulator({ seed: 7, settings: { ratePerMinute: 0, scimPath: '/scim' } });
      simulator.seed({ users: [{ email: 'ann@example.com', name: 'Ann', role: 'MEMBER' }] });
      logged.length = 0;
      for (const table of ['secret', 'setting', 'job'] as const) await databases[0]?.write.deleteFrom(table).execute();
    });
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
      await simulator.close();
    });

    /** The nth process of the installation, started with this environment. */
    async function start(env: Env, options: { readonly nth?: 0 | 1; readonly web?: boolean } = {}) {
      const loaded = loadConfig({
        DRIFT_BASE_URL: simulator.url,
        DRIFT_SETTLE_MS: '4000',
        DATABASE_URL: 'postgres://x',
        BRIDGE_SECRET_KEY: SECRET_KEY.toString('base64'),
        BRIDGE_TOKEN_PEPPER: PEPPER.toString('base64'),
        ...env,
      });
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
      const config: Config = loaded.config;
      const database = databases[options.nth ?? 0] as Database;
      const crypto = createCrypto({ pepper: PEPPER });
      const clock = systemClock;
      const store = createStore({ database, clock, crypto, basePolicy: DEFAULT_POLICY });
      const access = await createDriftAccess({
        config,
        database,
        store,
        clock,
        crypto,
        log: (level, code, data) => void logged.push([level, code, data]),
        keys: { pepper: PEPPER, ...(options.web === true ? {} : { secretKey: SECRET_KEY }) },
      });
      opened.push(access);
      return { access, store, tenant: store.tenant('default'), database };
    }

    const oauth = (): Env => {
      const { clientId, clientSecret, refreshToken } = simulator.grant();
      return { DRIFT_CLIENT_ID: clientId, DRIFT_CLIENT_SECRET: clientSecret, DRIFT_REFRESH_TOKEN: refreshToken };
    };
    const org = async (access: DriftAccess): Promise<unknown> => {
      try {
        const info = await (await access.client('default')).tokenInfo();
        return info.kind === 'ok' ? info.value.authenticated_userid : info.code;
      } catch (error) {
        return (error as DomainError).code;
      }
    };
    const GOOD = expect.stringMatching(/^orgId:\d+$/) as unknown;
    const tokenCalls = () => simulator.journal().filter(({ path }) => path === '/oauth2/token').length;

    it('come from the environment once: a private app', async () => {
      const { access, tenant } = await start({ DRIFT_TOKEN: simulator.token });
      expect(await org(access)).toEqual(GOOD);
      expect(await access.credentialState('default')).toEqual({ kind: 'good' });
      expect(await access.credentialState('other')).toEqual({ kind: 'none' });
      await expect(access.client('other')).rejects.toMatchObject({ code: 'drift.not_configured' });
      const jobs = await databases[0]?.read.selectFrom('job').select(['kind', 'payload']).execute();
      expect(jobs).toEqual([{ kind: 'probe', payload: JSON.stringify({ fresh: true }) }]);
      await tenant.write((tx) => tx.settings.set('drift.capabilities', '{"probedAt":"x","unknown":{},"orgId":null}'));
      // A second start with the same token is no news.
      await start({ DRIFT_TOKEN: simulator.token }, { nth: 1 });
      expect(await tenant.settings.get('drift.capabilities')).not.toBe('');
    });

    it('renew themselves in two processes that share the store, and outlast the environment', async () => {
      const env = oauth();
      const [one, two] = [await start(env), await start(env, { nth: 1 })];
      expect(await Promise.all([one, two, one, two].map(({ access }) => org(access)))).toEqual([
        GOOD,
        GOOD,
        GOOD,
        GOOD,
      ]);
      expect(tokenCalls()).toBe(1);
      // The seed is spent by now: a start that took it again would end the grant.
      const three = await start(env);
      expect(await org(three.access)).toEqual(GOOD);
      const other = await start({ ...env, DRIFT_SCIM_TOKEN: 'scim-token-of-its-own' });
      expect(await org(other.access)).toEqual(GOOD);
      expect(tokenCalls()).toBe(1);
      const stored = await databases[0]?.read.selectFrom('secret').select('ciphertext').execute();
      expect(JSON.stringify(stored)).not.toContain(env['DRIFT_REFRESH_TOKEN']);
    });

    it('are taken from the environment again when it holds others', async () => {
      await start({ DRIFT_TOKEN: 'token-of-yesterday' });
      const { access } = await start({ DRIFT_TOKEN: simulator.token });
      expect(await org(access)).toEqual(GOOD);
      const second = await start(oauth());
      expect(await org(second.access)).toEqual(GOOD);
      // The process that began with the token has noticed.
      expect(await org(access)).toEqual(GOOD);
      expect(simulator.journal().filter(({ path }) => path === '/app/token_info')).toHaveLength(3);
      expect(tokenCalls()).toBe(1);
    });

    it('that Drift refused for good are dead in all processes and over a restart, until there are others', async () => {
      const env = { DRIFT_TOKEN: simulator.token };
      const [one, two] = [await start(env), await start(env, { nth: 1 })];
      const web = await start({}, { web: true });
      expect(await org(one.access)).toEqual(GOOD);
      const client = await two.access.client('default');
      simulator.revokeTokens();
      expect(await org(one.access)).toMatch(/credential_dead$/);
      const calls = simulator.journal().length;
      const dead = {
        kind: 'dead',
        at: expect.any(String) as unknown,
        detail: expect.stringMatching(/install the private app/) as unknown,
      };
      for (const { access } of [one, two, web, await start(env)]) {
        expect(await access.credentialState('default')).toEqual(dead);
      }
      await expect(two.access.target('default')).rejects.toMatchObject({
        code: 'drift.credential_dead',
        message: expect.stringMatching(/new token/) as unknown,
      });
      // A client that was had before, too.
      expect(await client.request('GET', '/users/list')).toMatchObject({ kind: 'refused', code: 'credential_dead' });
      expect(simulator.journal()).toHaveLength(calls);
      expect(JSON.parse((await one.tenant.settings.get('drift.credential_dead')) ?? '')).toEqual({
        at: expect.any(String) as unknown,
        kind: 'rest',
        hash: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
      });

      const again = await start({ DRIFT_TOKEN: simulator.reinstall() });
      expect(await again.access.credentialState('default')).toEqual({ kind: 'good' });
      expect(await org(again.access)).toEqual(GOOD);
      expect(await org(two.access)).toEqual(GOOD);
    });

    it('given later are verified before those before are dropped', async () => {
      const { access, tenant } = await start({ DRIFT_TOKEN: simulator.token });
      const other = await start({ DRIFT_TOKEN: simulator.token }, { nth: 1 });
      expect(await org(other.access)).toEqual(GOOD);
      const replace = (token: string, scimToken = token) =>
        access.replace('default', { kind: 'token', token, scimToken }, 'tok_1');
      await expect(replace('token-that-drift-never-made')).rejects.toMatchObject({ code: 'drift.refused' });
      await expect(replace(simulator.token, 'scim-token-that-is-none')).rejects.toMatchObject({
        code: 'drift.refused',
      });
      expect(await org(access)).toEqual(GOOD);

      simulator.revokeTokens();
      expect(await org(access)).toMatch(/credential_dead$/);
      const token = simulator.reinstall();
      expect(await replace(token)).toEqual({
        kind: 'token',
        organisation: expect.stringMatching(/^\d+$/) as unknown,
        scopes: expect.arrayContaining(['user_read']) as unknown,
      });
      expect(await org(access)).toEqual(GOOD);
      expect(await org(other.access)).toEqual(GOOD);
      expect(await tenant.settings.get('drift.credential_dead')).toBe('');

      // The environment still holds the token of before, which is no reason to go back to it.
      const later = await start({ DRIFT_TOKEN: 'x'.repeat(8) });
      expect(await org(later.access)).not.toEqual(GOOD);
      await later.access.replace('default', { kind: 'token', token, scimToken: token }, 'tok_1');
      const last = await start({ DRIFT_TOKEN: 'x'.repeat(8) });
      expect(await org(last.access)).toEqual(GOOD);
    });

    it('by OAuth are not lost by a verification that fails half-way', async () => {
      const { access } = await start({ DRIFT_TOKEN: simulator.token });
      const { clientId, clientSecret, refreshToken } = simulator.grant();
      const given = { kind: 'oauth', clientId, clientSecret, refreshToken } as const;
      simulator.fault({ kind: 'status', status: 503, path: '/app/token_info' });
      await expect(access.replace('default', given, 'tok_1')).rejects.toMatchObject({ code: 'drift.unreachable' });
      simulator.clearFaults();
      expect(tokenCalls()).toBe(1);
      expect(await access.replace('default', given, 'tok_1')).toMatchObject({ kind: 'oauth' });
      expect(tokenCalls()).toBe(1);
      expect(await org(access)).toEqual(GOOD);
      expect(tokenCalls()).toBe(1);
    }, 60_000);

    it('of another organisation are refused once this one is known', async () => {
      const { access, tenant } = await start({ DRIFT_TOKEN: simulator.token });
      await tenant.write((tx) =>
        tx.settings.set(
          'drift.capabilities',
          JSON.stringify({ probedAt: '2030-01-01T00:00:00.000Z', orgId: '12', unknown: {} }),
        ),
      );
      await expect(
        access.replace('default', { kind: 'token', token: simulator.token, scimToken: simulator.token }, 'tok_1'),
      ).rejects.toMatchObject({ code: 'conflict', message: expect.stringMatching(/of 12/) as unknown });

      // Nobody could look at the environment's when they were taken: it is noticed before anything else is sent.
      const { access: later } = await start({ DRIFT_TOKEN: simulator.reinstall() });
      expect(await later.credentialState('default')).toEqual({ kind: 'good' });
      const calls = simulator.journal().length;
      const mine = expect.stringMatching(/are of organisation \d+, and what this tenant knows is of 12/) as unknown;
      await expect(later.target('default')).rejects.toMatchObject({ code: 'drift.credential_dead', message: mine });
      expect(
        simulator
          .journal()
          .slice(calls)
          .map(({ path }) => path),
      ).toEqual(['/app/token_info']);
      expect(await later.credentialState('default')).toMatchObject({ kind: 'dead', detail: mine });
      await expect(later.client('default')).rejects.toMatchObject({ code: 'drift.credential_dead' });
      expect(simulator.journal()).toHaveLength(calls + 1);
    });

    it('are not sealed by a process without the key, which says where to do it', async () => {
      const { access } = await start({}, { web: true });
      await expect(
        access.replace('default', { kind: 'token', token: simulator.token, scimToken: simulator.token }, 'tok_1'),
      ).rejects.toMatchObject({ code: 'conflict', message: expect.stringMatching(/BRIDGE_MODE=all/) as unknown });
      expect(simulator.journal()).toHaveLength(0);
    });

    it('are replaced one after another', async () => {
      const { access } = await start({});
      const given = { kind: 'token', token: simulator.token, scimToken: simulator.token } as const;
      const [first, second] = await Promise.allSettled([
        access.replace('default', given, 'tok_1'),
        access.replace('default', given, 'tok_2'),
      ]);
      expect(first.status).toBe('fulfilled');
      expect(second).toMatchObject({ status: 'rejected', reason: { code: 'conflict' } });
      expect(await org(access)).toEqual(GOOD);
    });

    it('leave no value in the audit log', async () => {
      const { access, database } = await start(oauth());
      await access.replace('default', { kind: 'token', token: simulator.token, scimToken: simulator.token }, 'tok_1');
      simulator.revokeTokens();
      expect(await org(access)).toMatch(/credential_dead$/);
      const rows = await database.read.selectFrom('audit').select(['kind', 'actor', 'data']).orderBy('seq').execute();
      expect(rows.slice(-3).map(({ kind, actor }) => `${kind} by ${actor}`)).toEqual([
        'drift.credentials_seeded by system',
        'drift.credentials_replaced by tok_1',
        'drift.credential_dead by system',
      ]);
      expect(JSON.stringify([rows, logged])).not.toMatch(/sim-private|sim-access|sim-refresh/);
    });
  });
});
