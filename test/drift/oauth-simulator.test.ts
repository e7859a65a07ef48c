import { afterEach, describe, expect, it } from '@jest/globals';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import type { SimulatorSettings } from '../../src/simulator/settings.ts';
import { oauthWorld, type OAuthWorld, testVault } from './oauth-world.ts';
import { clientAt } from './recording-server.ts';

describe('an OAuth grant of the simulator', () => {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
  });

  async function begin(
    settings: Partial<SimulatorSettings> = {},
  ): Promise<{ simulator: Simulator; world: OAuthWorld }> {
    const simulator = await startSimulator({ seed: 4, settings: { ratePerMinute: 0, ...settings } });
    opened.push(simulator);
    const { clientId, clientSecret, refreshToken } = simulator.grant();
    const vault = testVault({ clientId, clientSecret, refreshToken, access: null, lease: null });
    const world = oauthWorld(simulator.url, { vault, real: true });
    opened.push(world);
    return { simulator, world };
  }

  it('is renewed once by five processes with eight callers each: no refresh token is spent twice', async () => {
    const { simulator, world } = await begin();
    for (let round = 1; round <= 3; round += 1) {
      const processes = ['a', 'b', 'c', 'd', 'e'].map((owner) => world.process(owner));
      const before = world.vault.grant?.access?.token;
      const bearers = await Promise.all(
        processes.flatMap((one) =>
          Array.from({ length: 8 }, async () => {
            if (before !== undefined) expect(await one.refused('rest', before)).toBe(true);
            return one.bearer('rest');
          }),
        ),
      );
      expect(new Set(bearers).size).toBe(1);
      expect(bearers[0]).not.toBe(before);
      expect(world.posted).toHaveLength(round);
    }
    expect(world.deaths).toEqual([]);
    expect(simulator.journal().filter(({ path, status }) => path === '/oauth2/token' && status === 200)).toHaveLength(
      3,
    );
  }, 30_000);

  it('survives a call that was cut before it took effect', async () => {
    const { simulator, world } = await begin();
    simulator.fault({ kind: 'cut-before', path: '/oauth2/token', times: 1 });
    expect(await world.process('a').bearer('rest')).toMatch(/^sim-access-/);
    expect(world.deaths).toEqual([]);
  });

  it('is dead when the answer was lost after the refresh token was spent, and that is data', async () => {
    const { simulator, world } = await begin();
    simulator.fault({ kind: 'cut-after', path: '/oauth2/token', times: 1 });
    await expect(world.process('a').bearer('rest')).rejects.toMatchObject({ code: 'drift.credential_dead' });
    expect(world.deaths).toEqual(['rest']);
    expect(world.posted).toHaveLength(2);
  });

  it('goes on after a lost answer where refresh tokens may be used again', async () => {
    const { simulator, world } = await begin({ oauthRefresh: 'reusable' });
    simulator.fault({ kind: 'cut-after', path: '/oauth2/token', times: 1 });
    expect(await world.process('a').bearer('rest')).toMatch(/^sim-access-/);
  });

  it('carries a client over the ends of its bearers, before and after they are refused', async () => {
    const { simulator, world } = await begin({ accessTokenSeconds: 1 });
    simulator.seed({ users: [{ email: 'ann@example.com', name: 'Ann', role: 'MEMBER' }] });
    const credentials = world.process('a');
    const client = clientAt(simulator.url, { credentials, scimPath: simulator.settings().scimPath });
    opened.push(client);
    for (let n = 0; n < 5; n += 1) {
      expect(await client.tokenInfo()).toMatchObject({ kind: 'ok' });
      await new Promise((resolve) => setTimeout(resolve, 450));
    }
    expect(world.posted.length).toBeGreaterThanOrEqual(2);
    expect(simulator.journal().every(({ status }) => status === 200)).toBe(true);
    simulator.revokeTokens();
    expect(await client.tokenInfo()).toMatchObject({ kind: 'refused', code: 'credential_dead' });
    expect(world.deaths).toEqual(['rest']);
    const calls = simulator.journal().length;
    expect(await client.request('GET', '/users/list')).toMatchObject({ kind: 'refused', code: 'credential_dead' });
    expect(simulator.journal()).toHaveLength(calls);
  }, 30_000);
});
