import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { DriftEventKey, EventStore } from '../../src/flows/event-port.ts';
import type { Mark } from '../../src/flows/mark-port.ts';
import type { TenantStore } from '../../src/flows/ports.ts';
import { createWebhookAddresses } from '../../src/storage/events.ts';
import { createMarkStore } from '../../src/storage/marks.ts';
import { eachDatabase } from '../support/store.ts';
import { type World, freshTenant, later, openWorld } from './building.ts';

type Added = Parameters<EventStore['add']>[0];

const contact = (key: string): Mark => ({ kind: 'contact', by: 'id', key });

function event(n: number, more: Partial<Added> = {}): Added {
  return {
    id: `event-${String(n).padStart(3, '0')}`,
    type: 'contact_updated',
    object: `contact:${String(n)}`,
    receivedAt: later(n * 1000),
    contentHash: `hash-${String(n)}`,
    freshAfter: later(-1),
    hints: { orgIds: ['7'], marks: [contact(String(n))] },
    ...more,
  };
}

const DONE = { state: 'done', why: 'marked', at: later(60_000) } as const;

eachDatabase('events of Drift', (testStore) => {
  let world: World;
  let tenant: TenantStore;
  beforeAll(async () => {
    world = await openWorld(testStore);
  });
  beforeEach(async () => {
    tenant = world.store.tenant(await freshTenant(world));
  });

  const add = (...events: readonly Added[]) =>
    tenant.write(async (tx) => {
      const fresh: boolean[] = [];
      for (const one of events) fresh.push(await tx.events.add(one));
      return fresh;
    });
  const settle = (...ids: readonly string[]) => tenant.write((tx) => tx.events.settle(ids, DONE));
  const ids = async () => (await tenant.events.list({}, null, 1000)).map(({ id }) => id);

  it('takes what has had its effect as new when the same comes again later, and what waits for it never', async () => {
    await add(event(1), event(2));
    await settle('event-001');
    const hints = { orgIds: ['8'], marks: [contact('9')] };
    const again = (n: number, ms: number) =>
      add(event(n, { id: `late-${String(n)}`, hints, receivedAt: later(90_000), freshAfter: later(ms) }));
    expect(await again(1, 999)).toEqual([false]);
    expect(await again(1, 1000)).toEqual([true]);
    expect(await again(2, 80_000)).toEqual([false]);
    expect(await tenant.events.list({}, null, 10)).toMatchObject([
      { id: 'event-001', receivedAt: later(90_000), repeats: 2, state: 'pending', why: null, settledAt: null },
      { id: 'event-002', receivedAt: later(2000), repeats: 1, state: 'pending' },
    ]);
    const waiting = await tenant.write((tx) => tx.events.pending(10));
    expect(waiting.map(({ id, hints: kept }) => [id, kept.marks[0]?.key])).toEqual([
      ['event-002', '2'],
      ['event-001', '9'],
    ]);
  });

  it('keeps one of each content, counts how often it came again, and tells the two apart', async () => {
    expect(await add(event(1), event(2), event(1, { id: 'again' }), event(1, { id: 'and again' }))).toEqual([
      ...[true, true, false, false],
    ]);
    expect(await tenant.events.list({}, null, 10)).toMatchObject([
      { id: 'event-002', repeats: 0 },
      { id: 'event-001', repeats: 2, state: 'pending', why: null, settledAt: null },
    ]);
    await settle('event-001');
    expect(await add(event(1, { id: 'late' }))).toEqual([false]);
    expect(await tenant.events.counts()).toEqual({ pending: 1, done: 1, ignored: 0 });
  });

  it('takes one of several that come at the same time', async () => {
    const one = async (n: number): Promise<boolean> => (await add(event(1, { id: `event-${String(n)}` })))[0] ?? false;
    const fresh = await Promise.all(Array.from({ length: 12 }, async (_, n) => one(n)));
    expect(fresh.filter(Boolean)).toHaveLength(1);
    expect(await tenant.events.list({}, null, 10)).toMatchObject([{ repeats: 11 }]);
  });

  it('gives the pending ones oldest first, and forgets what they hinted at when they end', async () => {
    await add(event(3), event(1), event(2));
    const pending = await tenant.write((tx) => tx.events.pending(2));
    expect(pending.map(({ id }) => id)).toEqual(['event-001', 'event-002']);
    expect(pending[0]).toEqual({
      ...{ id: 'event-001', type: 'contact_updated', object: 'contact:1' },
      hints: { orgIds: ['7'], marks: [contact('1')] },
    });
    await settle('event-001', 'event-003');
    await tenant.write((tx) => tx.events.settle(['event-001'], { ...DONE, state: 'ignored', why: 'x' }));
    expect((await tenant.write((tx) => tx.events.pending(10))).map(({ id }) => id)).toEqual(['event-002']);
    expect((await tenant.events.list({}, null, 10)).at(-1)).toMatchObject({ state: 'done', why: 'marked' });
    const rows = await world.database.read
      .selectFrom('drift_event')
      .select(['id', 'hints'])
      .where('tenant_id', '=', tenant.tenantId)
      .orderBy('id')
      .execute();
    expect(rows.map(({ hints }) => hints === null)).toEqual([true, false, true]);
  });

  it('gives a pending event to one of two workers that take at the same time', async () => {
    await add(...Array.from({ length: 30 }, (_, n) => event(n)));
    const take = () =>
      tenant.write(async (tx) => {
        const got = (await tx.events.pending(20)).map(({ id }) => id);
        await tx.events.settle(got, DONE);
        return got;
      });
    const taken = (await Promise.all([take(), take(), take()])).flat();
    expect(taken).toHaveLength(new Set(taken).size);
    expect(taken.length + (await tenant.events.counts()).pending).toBe(30);
  });

  it('knows whether so many wait: one less, as many, one more', async () => {
    await add(event(1), event(2), event(3), event(4));
    await settle('event-004');
    const waiting = async (count: number) => tenant.events.areWaiting(count);
    expect([await waiting(0), await waiting(2), await waiting(3), await waiting(4)]).toEqual([true, true, true, false]);
  });

  it('lists newest first, by pages, also where many came at one instant', async () => {
    const events = Array.from({ length: 25 }, (_, n) => event(n, { receivedAt: later(Math.floor(n / 10) * 1000) }));
    await add(...events);
    const seen: string[] = [];
    for (let after: DriftEventKey | null = null; ;) {
      const page: readonly DriftEventKey[] = await tenant.events.list({}, after, 7);
      seen.push(...page.map(({ id }) => id));
      const last = page.at(-1);
      if (last === undefined) break;
      after = { receivedAt: last.receivedAt, id: last.id };
    }
    expect(seen).toEqual(events.map(({ id }) => id).toReversed());
    const between = await tenant.events.list({ since: later(1000), until: later(2000) }, null, 100);
    expect(between.map(({ id }) => id)).toEqual(seen.slice(5, 15));
    expect(await tenant.events.lastReceivedAt()).toBe(later(2000));
  });

  it('forgets what is too old, in slices, and never what is pending', async () => {
    await add(...Array.from({ length: 10 }, (_, n) => event(n)));
    await settle(...Array.from({ length: 9 }, (_, n) => `event-00${String(n + 1)}`));
    expect(await tenant.events.oldestSettled()).toBe(later(1000));
    const purge = () => tenant.write((tx) => tx.events.purge({ upTo: later(5000), most: 100, slice: 3 }));
    expect([await purge(), await purge()]).toEqual([true, false]);
    expect(await ids()).toEqual(['event-009', 'event-008', 'event-007', 'event-006', 'event-000']);
    expect(await tenant.events.oldestSettled()).toBe(later(6000));
  });

  it.each([
    [5, 5],
    [6, 6],
    [7, 6],
  ])('of %i events keeps %i where it keeps 6 at most, the newest', async (count, kept) => {
    await add(...Array.from({ length: count }, (_, n) => event(n, { receivedAt: later(0) })));
    await settle(...Array.from({ length: count }, (_, n) => event(n).id));
    await tenant.write((tx) => tx.events.purge({ upTo: later(-1), most: 6, slice: 100 }));
    expect(await ids()).toEqual(Array.from({ length: kept }, (_, n) => event(count - 1 - n).id));
  });

  it('pauses its tenant once, in the transaction of the caller', async () => {
    expect(await tenant.events.isTenantPaused()).toBe(false);
    const failed = tenant.write(async (tx) => {
      await tx.events.pauseTenant();
      throw new Error('rolled back');
    });
    await expect(failed).rejects.toThrow('rolled back');
    expect(await tenant.events.isTenantPaused()).toBe(false);
    expect(await tenant.write((tx) => tx.events.pauseTenant())).toBe(true);
    expect(await tenant.write((tx) => tx.events.pauseTenant())).toBe(false);
    expect(await world.tenants.get(tenant.tenantId)).toMatchObject({ state: 'paused' });
  });

  it('finds the tenant by its address', async () => {
    const address = `address-of-${tenant.tenantId}`;
    await tenant.write(async (tx) => {
      await tx.settings.set('drift.webhook_id', address);
      await tx.settings.set('colour', 'green');
    });
    const addresses = createWebhookAddresses(world.database);
    expect(await addresses.tenantOf(address)).toBe(tenant.tenantId);
    expect(await addresses.tenantOf('green')).toBeNull();
    const other = world.store.tenant(await freshTenant(world));
    await expect(other.write((tx) => tx.settings.set('drift.webhook_id', address))).rejects.toThrow(/unique/i);
  });
});

eachDatabase('marks', (testStore) => {
  let world: World;
  let tenant: TenantStore;
  beforeAll(async () => {
    world = await openWorld(testStore);
  });
  beforeEach(async () => {
    tenant = world.store.tenant(await freshTenant(world));
  });

  const add = (...marks: readonly Mark[]) => tenant.write((tx) => tx.marks.add(marks, later(0)));
  const keys = async () => (await tenant.marks.list(1000)).map(({ key }) => key);

  it('are one for each object, in the order of the last time', async () => {
    expect(await add(contact('1'), contact('2'), contact('1'))).toEqual([]);
    await add({ kind: 'agent', by: 'id', key: '1' }, { kind: 'contact', by: 'email', key: '1' });
    await add(contact('1'));
    expect((await tenant.marks.list(10)).map(({ kind, by, key }) => `${kind} ${by} ${key}`)).toEqual([
      ...['contact id 2', 'agent id 1', 'contact email 1', 'contact id 1'],
    ]);
    expect(await tenant.marks.list(1)).toMatchObject([{ key: '2' }]);
  });

  it('stay when the object is marked once more while it is looked at', async () => {
    await add(contact('1'), contact('2'));
    const seen = (await tenant.marks.list(10)).map(({ seq }) => seq);
    await add(contact('1'));
    await tenant.write((tx) => tx.marks.remove(seen));
    expect(await keys()).toEqual(['1']);
    // Nor does a number ever come back.
    await tenant.write(async (tx) => tx.marks.remove((await tx.marks.list(10)).map(({ seq }) => seq)));
    await add(contact('3'));
    expect((await tenant.marks.list(10)).filter(({ seq }) => seen.includes(seq))).toEqual([]);
  });

  it('are kept by hundreds, and added by several at the same time', async () => {
    const many = (from: number) => Array.from({ length: 130 }, (_, n) => contact(String(from + n)));
    await Promise.all([add(...many(0)), add(...many(100)), add(...many(60).toReversed())]);
    const all = await tenant.marks.list(1000);
    expect(all).toHaveLength(230);
    expect(new Set(all.map(({ seq }) => seq)).size).toBe(230);
  });

  it.each([
    [2, 0],
    [3, 0],
    [4, 1],
  ])('of %i that come where 3 fit, %i are lost', async (count, lost) => {
    const most = 3;
    const store = createMarkStore(world.database.write, tenant.tenantId, most);
    const marks = Array.from({ length: count }, (_, n) => contact(String(n)));
    expect(await store.add(marks, later(0))).toEqual(marks.slice(count - lost));
    expect(await keys()).toHaveLength(count - lost);
    // What is marked already is marked again, however full it is.
    expect(await store.add([contact('9'), contact('0')], later(1))).toEqual(count < most ? [] : [contact('9')]);
    expect((await keys()).at(-1)).toBe('0');
  });
});
