import { beforeAll, expect, it } from '@jest/globals';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import { eachDatabase } from '../support/store.ts';
import { freshTenant, openWorld, type World } from './building.ts';

eachDatabase('the policy in force', (testStore) => {
  let world: World;
  let other: World;
  beforeAll(async () => {
    world = await openWorld(testStore);
    other = await openWorld(testStore);
  });

  const next = (domain: string) => ({ ...DEFAULT_POLICY, verifiedDomains: [domain] });

  it('is never one that was rolled back, though another got its version', async () => {
    const tenant = world.store.tenant(await freshTenant(world));
    await expect(
      tenant.write(async (tx) => {
        await tx.policy.put(next('gone.example.com'), 'maya', 0);
        expect(await tx.policy.current()).toEqual({ version: 1, policy: next('gone.example.com') });
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    expect(await tenant.policy.current()).toEqual({ version: 0, policy: DEFAULT_POLICY });
    await tenant.write((tx) => tx.policy.put(next('kept.example.com'), 'omar', 0));
    expect(await tenant.policy.current()).toEqual({ version: 1, policy: next('kept.example.com') });
  });

  it('is the new one for every process as soon as it is put', async () => {
    const id = await freshTenant(world);
    const [here, there] = [world.store.tenant(id), other.store.tenant(id)];
    for (let version = 0; version < 3; version += 1) {
      expect(await there.policy.current()).toMatchObject({ version });
      await here.write((tx) => tx.policy.put(next(`v${version}.example.com`), 'maya', version));
      const read = { version: version + 1, policy: next(`v${version}.example.com`) };
      expect(await there.policy.current()).toEqual(read);
      expect(await there.write((tx) => tx.policy.current())).toEqual(read);
    }
  });

  it('of one tenant is not that of another', async () => {
    const [one, two] = [await freshTenant(world), await freshTenant(world)];
    await world.store.tenant(one).write((tx) => tx.policy.put(next('one.example.com'), 'maya', 0));
    await world.store.tenant(two).write((tx) => tx.policy.put(next('two.example.com'), 'maya', 0));
    expect((await world.store.tenant(one).policy.current()).policy.verifiedDomains).toEqual(['one.example.com']);
    expect((await world.store.tenant(two).policy.current()).policy.verifiedDomains).toEqual(['two.example.com']);
  });
});
