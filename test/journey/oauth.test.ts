import { afterEach, describe, expect, it } from '@jest/globals';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { makeHome, startBridge, storeKinds } from '../support/bridge-process.ts';
import { driver, effects, employees, hrCsv, scimUser } from '../support/journey.ts';

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of cleanup.splice(0).reverse()) await undo();
});

interface Ended {
  readonly state: string;
  readonly error: string | null;
}

const spent = (simulator: Simulator) =>
  simulator.journal().filter(({ path, status }) => path === '/oauth2/token' && status === 200).length;

for (const kind of storeKinds()) {
  describe(`a bridge with an OAuth client on ${kind}`, () => {
    it('renews its access tokens through runs and a crash, says when the grant is dead, and goes on with another one', async () => {
      const simulator = await startSimulator({
        settings: { ratePerMinute: 0, scimPath: '/scim', accessTokenSeconds: 2 },
      });
      cleanup.push(() => simulator.close());
      const home = await makeHome(kind);
      cleanup.push(() => home.remove());
      const { clientId, clientSecret, refreshToken } = simulator.grant();
      const env = {
        DRIFT_BASE_URL: simulator.url,
        DRIFT_CLIENT_ID: clientId,
        DRIFT_CLIENT_SECRET: clientSecret,
        DRIFT_REFRESH_TOKEN: refreshToken,
        DRIFT_RATE_PER_MINUTE: '6000',
        DRIFT_SETTLE_MS: '450',
      };
      const first = await startBridge(home, env);
      cleanup.push(() => first.kill());
      const before = driver(first.url);
      await before.policy((policy) => ({ ...policy, verifiedDomains: ['example.com'] }));
      const people = employees(3);
      for (const person of people) await before.scim('POST', '/Users', scimUser(person));
      await before.api('POST', '/feeds/hr/imports', hrCsv(people));
      expect(await before.run()).toMatchObject({ state: 'done' });
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      expect(await before.run()).toMatchObject({ state: 'done', situations: { IN_SYNC: 3 } });
      expect(effects(simulator.journal(), 'scim.create')).toHaveLength(3);
      expect(spent(simulator)).toBeGreaterThanOrEqual(2);

      // The environment still holds the first refresh token, which is spent.
      await first.kill();
      const second = await startBridge(home, env);
      cleanup.push(() => second.stop());
      const { api, run } = driver(second.url);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      expect(await run()).toMatchObject({ state: 'done', situations: { IN_SYNC: 3 } });

      simulator.revokeTokens();
      expect(await run()).toMatchObject({ state: 'failed' });
      const calls = simulator.journal().length;
      const dead = await api<Ended>('POST', '/runs?wait=30', { scope: 'all' });
      expect(dead.body).toMatchObject({
        state: 'failed',
        error: expect.stringMatching(/^drift\.credential_dead: .*give the app consent in Drift again/) as unknown,
      });
      expect(simulator.journal()).toHaveLength(calls);
      const { checks } = (
        await api<{ checks: readonly { code: string; state: string; detail: string }[] }>('GET', '/doctor')
      ).body;
      expect(checks).toContainEqual({
        code: 'drift.credentials',
        state: 'fail',
        detail: expect.stringMatching(/give the app consent in Drift again/) as unknown,
      });

      const grant = simulator.grant();
      const put = await api('PUT', '/tenants/default/drift', {
        clientId: grant.clientId,
        clientSecret: grant.clientSecret,
        refreshToken: grant.refreshToken,
      });
      expect([put.status, put.body]).toMatchObject([200, { kind: 'oauth' }]);
      expect(await run()).toMatchObject({ state: 'done', situations: { IN_SYNC: 3 } });
      const audit = JSON.stringify((await api('GET', '/audit?kind=drift.credentials_replaced')).body);
      expect(audit).toContain('drift.credentials_replaced');
      expect(audit).not.toContain(grant.refreshToken);
    }, 120_000);
  });
}
