import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { ImportRecord, ImportRow } from '../../src/flows/import-port.ts';
import type { TenantStore } from '../../src/flows/ports.ts';
import { eachDatabase } from '../support/store.ts';
import { freshTenant, importRecord, later, openWorld, type World } from './building.ts';

eachDatabase('imports', (testStore) => {
  let world: World;
  let tenant: TenantStore;
  beforeAll(async () => {
    world = await openWorld(testStore);
  });
  beforeEach(async () => {
    tenant = world.store.tenant(await freshTenant(world));
  });

  async function received(more: Partial<ImportRecord> = {}): Promise<ImportRecord> {
    const record = importRecord(world.crypto.uuid(), more);
    await tenant.write((tx) => tx.imports.create(record));
    return record;
  }

  function row(record: number, outcome: ImportRow['outcome'] = 'accepted'): ImportRow {
    return {
      record,
      line: record + 1,
      outcome,
      key: String(record),
      ...(outcome === 'accepted'
        ? { hr: { personKey: String(record), workerType: 'employee', status: 'active' }, rowHash: 'h', problems: [] }
        : { raw: [String(record), 'x'], problems: [{ code: 'status_unknown', severity: 'error', column: 'Status' }] }),
    };
  }

  it('gives back what was stored, and changes only what a patch names', async () => {
    const record = await received();
    expect(await tenant.imports.get(record.id)).toEqual(record);
    await tenant.write((tx) =>
      tx.imports.update(record.id, {
        state: 'accepted',
        acceptedAt: later(5),
        sha256: 'abc',
        releaseReason: 'checked',
      }),
    );
    expect(await tenant.imports.get(record.id)).toEqual({
      ...record,
      state: 'accepted',
      acceptedAt: later(5),
      sha256: 'abc',
    });
    expect(await tenant.imports.get('unknown')).toBeNull();
  });

  it('pages rows in file order, by outcome, and takes a corrected row for the same', async () => {
    const { id } = await received();
    const rows = Array.from({ length: 250 }, (_, n) => row(n + 1, n % 10 === 9 ? 'quarantined' : 'accepted'));
    await tenant.write((tx) => tx.imports.addRows(id, rows));
    expect(await tenant.imports.rows(id, { after: 0, limit: 1000 })).toEqual(rows);
    const page = await tenant.imports.rows(id, { after: 95, limit: 10 });
    expect(page.map(({ record }) => record)).toEqual([96, 97, 98, 99, 100, 101, 102, 103, 104, 105]);
    const bad = await tenant.imports.rows(id, { outcome: 'quarantined', after: 20, limit: 2 });
    expect(bad).toEqual([row(30, 'quarantined'), row(40, 'quarantined')]);
    await tenant.write((tx) => tx.imports.addRows(id, [row(1, 'quarantined')]));
    expect(await tenant.imports.rows(id, { after: 0, limit: 1 })).toEqual([row(1, 'quarantined')]);
  });

  it('leaves nothing of a discarded import, and discards none that was judged', async () => {
    const { id } = await received();
    await tenant.write((tx) => tx.imports.addRows(id, [row(1)]));
    await tenant.write((tx) => tx.imports.discard(id));
    expect(await tenant.imports.get(id)).toBeNull();
    expect(await tenant.imports.rows(id, { after: 0, limit: 10 })).toEqual([]);
    for (const kept of [await received({ state: 'held' }), await received({ accepting: 'accepted' })]) {
      await tenant.write((tx) => tx.imports.addRows(kept.id, [row(1)]));
      await tenant.write((tx) => tx.imports.discard(kept.id));
      expect(await tenant.imports.get(kept.id)).toEqual(kept);
      expect(await tenant.imports.rows(kept.id, { after: 0, limit: 10 })).toEqual([row(1)]);
    }
  });

  it('forgets the words of good rows in slices, never those of bad ones', async () => {
    const { id } = await received();
    const bad = row(2, 'quarantined');
    await tenant.write((tx) => tx.imports.addRows(id, [{ ...row(1), raw: ['a'] }, bad, { ...row(3), raw: ['c'] }]));
    await tenant.write((tx) => tx.imports.discard(id, { after: 0, limit: 2 }));
    expect(await tenant.imports.rows(id, { after: 0, limit: 10 })).toEqual([row(1), bad, { ...row(3), raw: ['c'] }]);
    await tenant.write((tx) => tx.imports.discard(id, { after: 2, limit: 2 }));
    expect(await tenant.imports.rows(id, { after: 0, limit: 10 })).toEqual([row(1), bad, row(3)]);
  });

  it('is changed only in the stage that is named', async () => {
    const { id } = await received({ state: 'held' });
    const update = (...args: Parameters<TenantStore['imports']['update']>) =>
      tenant.write((tx) => tx.imports.update(...args));
    expect(await update(id, {}, 'held')).toBe(true);
    expect(await update(id, {}, 'receiving')).toBe(false);
    expect(await update('unknown', {}, 'held')).toBe(false);
    expect(await update(id, { state: 'accepted' }, 'accepting')).toBe(false);
    expect(await update(id, { accepting: 'released' }, 'held')).toBe(true);
    expect(await tenant.imports.get(id)).toMatchObject({ state: 'receiving', accepting: 'released' });
    expect(await update(id, {}, 'receiving')).toBe(false);
    expect(await update(id, { state: 'released', acceptedAt: later(1) }, 'accepting')).toBe(true);
    expect(await update(id, { state: 'released' }, 'accepting')).toBe(false);
    const done = await tenant.imports.get(id);
    expect(done?.state).toBe('released');
    expect(done).not.toHaveProperty('accepting');
  });

  it('knows the same bytes again, unless they were not taken or something else came after', async () => {
    const same = (): Promise<ImportRecord | null> => tenant.imports.sameBytes('hr', 'bytes', 'full');
    const first = await received({ sha256: 'bytes' });
    expect(await same()).toBeNull();
    const to = (id: string, patch: Partial<ImportRecord>) => tenant.write((tx) => tx.imports.update(id, patch));
    await to(first.id, { state: 'rejected' });
    expect(await same()).toBeNull();
    await to(first.id, { state: 'held' });
    expect((await same())?.id).toBe(first.id);
    await to(first.id, { state: 'accepted', acceptedAt: later(1) });
    expect((await same())?.id).toBe(first.id);
    expect(await tenant.imports.sameBytes('hr', 'bytes', 'upsert')).toBeNull();
    expect(await tenant.imports.sameBytes('other', 'bytes', 'full')).toBeNull();
    await received({ sha256: 'other bytes', state: 'accepted', acceptedAt: later(2) });
    expect(await same()).toBeNull();
  });

  it('remembers sizes of the last five complete files in force, and the newest of them', async () => {
    expect(await tenant.imports.anyAccepted()).toBe(false);
    expect(await tenant.imports.lastAccepted('hr')).toBeNull();
    const counts = (read: number) => ({ ...importRecord('x').counts, read });
    for (let n = 1; n <= 6; n += 1) {
      await received({ state: n === 3 ? 'released' : 'accepted', acceptedAt: later(n), counts: counts(n) });
    }
    await received({ state: 'held', counts: counts(100) });
    await received({ state: 'accepted', mode: 'delta', acceptedAt: later(9), counts: counts(200) });
    const last = await received({ feed: 'other', state: 'accepted', acceptedAt: later(1), counts: counts(300) });
    expect((await tenant.imports.recentFull('hr')).map((record) => record.counts.read)).toEqual([6, 5, 4, 3, 2]);
    expect(await tenant.imports.anyAccepted()).toBe(true);
    expect(await tenant.imports.lastAccepted('other')).toEqual({ id: last.id, acceptedAt: later(1) });
    expect(await tenant.imports.lastAccepted('hr')).toMatchObject({ acceptedAt: later(9) });
  });

  it('lists imports newest first in pages', async () => {
    const ids = [await received(), await received(), await received()].map(({ id }) => id);
    expect((await tenant.imports.list(null, 2)).map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    expect((await tenant.imports.list(ids[1] ?? '', 2)).map(({ id }) => id)).toEqual([ids[0]]);
    const taken = await received({ feed: 'other', accepting: 'accepted' });
    const held = await received({ feed: 'other', state: 'held' });
    const among = async (...args: Parameters<TenantStore['imports']['list']>) =>
      (await tenant.imports.list(...args)).map(({ id }) => id);
    expect(await among(null, 9, { stages: ['receiving'] })).toEqual(ids.toReversed());
    expect(await among(null, 9, { stages: ['accepting', 'held'] })).toEqual([held.id, taken.id]);
    expect(await among(null, 9, { feed: 'other', stages: ['receiving', 'accepting'] })).toEqual([taken.id]);
    expect(await among(null, 9, { feed: 'hr', stages: ['accepting'] })).toEqual([]);
  });
});
