import { beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import { createStoreMeta } from '../../src/storage/store-meta.ts';
import { eachDatabase } from '../support/store.ts';
import { freshTenant, openWorld, START, type World } from './building.ts';

eachDatabase('tenants, settings and policy', (testStore) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(testStore);
  });

  describe('tenants', () => {
    it('has the default one however often it is asked for', async () => {
      await world.tenants.ensureDefault();
      await world.tenants.ensureDefault();
      expect(await world.tenants.get('default')).toEqual({
        id: 'default',
        name: 'default',
        state: 'active',
        createdAt: START,
      });
      expect((await world.store.tenants()).map(({ id }) => id)).toEqual(['default', 't1', 't2']);
    });

    it('refuses an id that is none, and one that is taken', async () => {
      await expect(world.tenants.create({ id: 'Acme Inc', name: 'Acme' }, 'maya')).rejects.toMatchObject({
        code: 'request.invalid',
      });
      await expect(world.tenants.create({ id: 't1', name: 'again' }, 'maya')).rejects.toMatchObject({
        code: 'conflict',
      });
    });

    it('pauses and resumes', async () => {
      const id = await freshTenant(world);
      expect(await world.tenants.pause(id, 'maya')).toBe(true);
      expect(await world.tenants.get(id)).toMatchObject({ state: 'paused' });
      expect(await world.tenants.resume(id, 'maya')).toBe(true);
      expect(await world.tenants.get(id)).toMatchObject({ state: 'active' });
      expect(await world.tenants.pause('nobody', 'maya')).toBe(false);
      expect(await world.tenants.get('nobody')).toBeNull();
    });
  });

  it('keeps facts about the store as a whole', async () => {
    const meta = createStoreMeta(world.database);
    expect(await meta.get('demo')).toBeNull();
    await meta.set('demo', 'yes');
    await meta.set('demo', 'still');
    expect(await meta.get('demo')).toBe('still');
  });

  it('answers a ping', async () => {
    await expect(world.database.ping()).resolves.toBeUndefined();
  });

  it('keeps settings of a tenant', async () => {
    const tenant = world.store.tenant(await freshTenant(world));
    expect(await tenant.settings.get('scimPath')).toBeNull();
    await tenant.write((tx) => tx.settings.set('scimPath', '/scim'));
    await tenant.write((tx) => tx.settings.set('scimPath', '/scim/v2'));
    expect(await tenant.settings.get('scimPath')).toBe('/scim/v2');
  });

  describe('policy', () => {
    const next = (domain: string) => ({ ...DEFAULT_POLICY, verifiedDomains: [domain] });

    it('begins with the built-in one as version 0 and counts up', async () => {
      const tenant = world.store.tenant(await freshTenant(world));
      expect(await tenant.policy.current()).toEqual({ version: 0, policy: DEFAULT_POLICY });
      expect(await tenant.write((tx) => tx.policy.put(next('example.com'), 'maya', 0))).toBe(1);
      expect(await tenant.write((tx) => tx.policy.put(next('example.org'), 'maya', 1))).toBe(2);
      expect(await tenant.policy.current()).toEqual({ version: 2, policy: next('example.org') });
    });

    it('refuses a version that replaces what its author has not read', async () => {
      const tenant = world.store.tenant(await freshTenant(world));
      const put = (domain: string) => tenant.write((tx) => tx.policy.put(next(domain), 'maya', 0));
      const results = await Promise.allSettled([put('a.example.com'), put('b.example.com'), put('c.example.com')]);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      await expect(put('d.example.com')).rejects.toMatchObject({ code: 'policy.version' });
      expect(await tenant.policy.current()).toMatchObject({ version: 1 });
    });
  });
});
