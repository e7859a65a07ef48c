import { beforeAll, expect, it } from '@jest/globals';
import { createAuditTrail } from '../../src/storage/audit.ts';
import type { Schema } from '../../src/storage/schema.ts';
import { eachDatabase } from '../support/store.ts';
import { freshTenant, openWorld, type World } from './building.ts';

eachDatabase('audit chain', (testStore) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(testStore);
  });

  const trail = (tenantId: string) => createAuditTrail(world.database.read, tenantId, world.crypto);

  async function chainOf(length: number): Promise<string> {
    const tenantId = await freshTenant(world);
    await world.store.tenant(tenantId).write(async (tx) => {
      for (let n = 2; n <= length; n += 1) {
        await tx.audit.append({ actor: 'system', kind: 'test', subject: `s${String(n)}`, data: { n, list: [1, 'x'] } });
      }
    });
    return tenantId;
  }

  it('verifies what was appended, and lists it in pages', async () => {
    const tenantId = await chainOf(1205);
    const verdict = await trail(tenantId).verify();
    expect(verdict).toMatchObject({ ok: true, entries: 1205 });
    const page = await trail(tenantId).list(1203, 10);
    expect(page.map(({ seq }) => seq)).toEqual([1204, 1205]);
    expect(page[1]).toMatchObject({ subject: 's1205', data: { n: 1205, list: [1, 'x'] }, hash: verdict.head });
  });

  it('is ok and empty for a tenant that never wrote', async () => {
    expect(await trail('nobody').verify()).toEqual({ ok: true, entries: 0, head: '0'.repeat(64) });
  });

  it('has no gap and no fork when eight writers append at once', async () => {
    const tenantId = await freshTenant(world);
    const views = [world, await openWorld(testStore)];
    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        const { store } = views[writer % views.length] ?? world;
        for (let n = 0; n < 10; n += 1) {
          await store
            .tenant(tenantId)
            .write((tx) =>
              tx.audit.append({ actor: `writer ${String(writer)}`, kind: 'test', subject: 's', data: { n } }),
            );
        }
      }),
    );
    expect(await trail(tenantId).verify()).toMatchObject({ ok: true, entries: 81 });
  });

  it('keeps nothing of an entry whose transaction was rolled back', async () => {
    const tenantId = await freshTenant(world);
    const before = await trail(tenantId).verify();
    const failed = world.store.tenant(tenantId).write(async (tx) => {
      await tx.audit.append({ actor: 'system', kind: 'test', subject: 's', data: {} });
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await trail(tenantId).verify()).toEqual(before);
  });

  const FORGERIES: Readonly<Record<string, Partial<Schema['audit']>>> = {
    at: { at: '2020-01-01T00:00:00.000Z' },
    actor: { actor: 'somebody else' },
    kind: { kind: 'harmless' },
    subject: { subject: 's0' },
    data: { data: '{"n":0}' },
    prev_hash: { prev_hash: 'f'.repeat(64) },
    hash: { hash: 'f'.repeat(64) },
    seq: { seq: 1000 },
  };

  it.each(Object.keys(FORGERIES))('finds a changed %s', async (field) => {
    const tenantId = await chainOf(5);
    await world.database.write
      .updateTable('audit')
      .set(FORGERIES[field] ?? {})
      .where('tenant_id', '=', tenantId)
      .where('seq', '=', 3)
      .execute();
    expect(await trail(tenantId).verify()).toMatchObject({ ok: false, brokenAt: 3 });
  });

  it('finds an entry that was taken out, first, in the middle and last', async () => {
    for (const seq of [1, 3, 5]) {
      const tenantId = await chainOf(5);
      await world.database.write.deleteFrom('audit').where('tenant_id', '=', tenantId).where('seq', '=', seq).execute();
      expect(await trail(tenantId).verify()).toMatchObject({ ok: false, brokenAt: seq });
    }
  });

  it('finds a chain of another tenant, and a head that was set back', async () => {
    const tenantId = await chainOf(3);
    const other = await chainOf(1);
    const rows = await world.database.read.selectFrom('audit').selectAll().where('tenant_id', '=', tenantId).execute();
    await world.database.write.deleteFrom('audit').where('tenant_id', '=', other).execute();
    await world.database.write
      .insertInto('audit')
      .values(rows.map((row) => ({ ...row, tenant_id: other })))
      .execute();
    expect(await trail(other).verify()).toMatchObject({ ok: false, brokenAt: 1 });

    await world.database.write
      .updateTable('tenant')
      .set({ audit_seq: 2, audit_hash: rows[1]?.hash ?? '' })
      .where('id', '=', tenantId)
      .execute();
    expect(await trail(tenantId).verify()).toMatchObject({ ok: false, brokenAt: 3 });
  });
});
