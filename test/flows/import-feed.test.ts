import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import { openFeedFile } from '../../src/compose/open-feed.ts';
import { type ImportAnswer, type ImportFeed, createImportFeed } from '../../src/flows/import-feed.ts';
import type { HrRow } from '../../src/flows/people-port.ts';
import type { Store, TenantStore } from '../../src/flows/ports.ts';
import { loadWorld } from '../../src/flows/world.ts';
import { createAuditTrail } from '../../src/storage/audit.ts';
import { type World, freshTenant, importRecord, openWorld } from '../contract/building.ts';
import { eachDatabase } from '../support/store.ts';

const HEADER = 'Employee ID,First Name,Last Name,Work Email,Status,Hire Date,Termination Date';

/** A file with people 1 to n. */
function people(n: number, more: { status?: (id: number) => string; rows?: readonly string[] } = {}): string {
  const rows = Array.from({ length: n }, (_, index) => {
    const id = String(index + 1);
    return `${id},Given${id},Family${id},p${id}@example.com,${more.status?.(index + 1) ?? 'Active'},2020-01-15,`;
  });
  return [HEADER, ...rows, ...(more.rows ?? []), ''].join('\n');
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

eachDatabase('an HR file', (testStore) => {
  let world: World;
  let tenantId: string;
  let tenant: TenantStore;
  let feed: ImportFeed;
  beforeAll(async () => {
    world = await openWorld(testStore);
  });
  beforeEach(async () => {
    tenantId = await freshTenant(world);
    tenant = world.store.tenant(tenantId);
    feed = process(world.store);
  });

  /** What one process knows. */
  function process(store: Store): ImportFeed {
    const { clock, crypto } = world;
    return createImportFeed({ store, clock, crypto, openFeed: openFeedFile, log: () => undefined });
  }

  function upload(text: string, options: { by?: ImportFeed; mode?: 'upsert' } = {}): Promise<ImportAnswer> {
    const { by = feed, ...mode } = options;
    world.clock.forward(1000);
    return by.receive({ tenantId, feed: 'hr', preview: false, bytes: bytesOf(text), by: 'maya', ...mode });
  }

  function release({ id }: ImportAnswer, by = feed): Promise<ImportAnswer> {
    world.clock.forward(1000);
    return by.release({ tenantId, importId: id, reason: 'checked with HR', by: 'omar' });
  }

  /** A process that dies at its n-th transaction. */
  function dyingAt(n: number): ImportFeed {
    let writes = 0;
    return process({
      ...world.store,
      tenant: (id) => {
        const whole = world.store.tenant(id);
        return {
          ...whole,
          write: async (work) => {
            writes += 1;
            if (writes >= n) throw new Error('the process died');
            return whole.write(work);
          },
        };
      },
    });
  }

  async function rows(): Promise<readonly HrRow[]> {
    const keys = Array.from({ length: 300 }, (_, index) => String(index + 1));
    return [...(await tenant.people.hrRows('hr', keys)).values()];
  }

  async function row(key: string): Promise<HrRow | undefined> {
    return (await tenant.people.hrRows('hr', [key])).get(key);
  }

  async function held(): Promise<ImportAnswer> {
    await upload(people(20));
    const answer = await upload(people(10));
    expect(answer.state).toBe('held');
    return answer;
  }

  it('counts once, however often the same bytes are sent at once', async () => {
    await upload(people(20));
    const answers = await Promise.all([1, 2, 3].map(() => upload(people(19))));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.map(({ state }) => state)).toEqual(['accepted', 'accepted', 'accepted']);
    expect(await row('20')).toMatchObject({ state: 'vanished', missingFiles: 1 });
    expect(await tenant.imports.list(null, 10)).toHaveLength(2);
  });

  it('counts once, also where two processes are at work on it', async () => {
    await upload(people(20));
    const both = [process(world.store), process(world.store)];
    const answers = await Promise.all(both.map((by) => upload(people(19), { by })));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(await row('20')).toMatchObject({ state: 'vanished', missingFiles: 1 });
  });

  it('is judged by what the files before it left, when several come at once', async () => {
    const answers = await Promise.all([20, 30, 40, 200].map((n) => upload(people(n))));
    expect(answers.filter(({ state }) => state === 'receiving')).toEqual([]);
    const present = (await rows()).filter(({ state }) => state === 'present').length;
    const newest = await tenant.imports.lastAccepted('hr');
    const last = answers.find(({ id }) => id === newest?.id);
    expect(present).toBe(last?.rows.read);
    // Nobody goes missing by surprise: each verdict was made on what was in force.
    for (const { state, changes } of answers) if (state === 'accepted') expect(changes.vanished).toBeLessThan(11);
  });

  it('stands where it came into force, not where its upload began, also in the same millisecond', async () => {
    const begun = Promise.withResolvers<undefined>();
    const go = Promise.withResolvers<undefined>();
    // It has an id when its upload begins, and is settled only after the second file is in force.
    const slow = process({
      ...world.store,
      tenant: (id) => {
        const whole = world.store.tenant(id);
        return {
          ...whole,
          imports: {
            ...whole.imports,
            sameBytes: async (...args) => {
              begun.resolve(undefined);
              await go.promise;
              return whole.imports.sameBytes(...args);
            },
          },
        };
      },
    });
    const send = (by: ImportFeed, n: number): Promise<ImportAnswer> =>
      by.receive({ tenantId, feed: 'hr', preview: false, bytes: bytesOf(people(n)), by: 'maya' });
    const first = send(slow, 22);
    await begun.promise;
    const second = await send(feed, 20);
    go.resolve(undefined);
    const late = await first;
    expect(late.state).toBe('accepted');
    expect(late.id < second.id).toBe(true);
    expect(await tenant.imports.lastAccepted('hr')).toMatchObject({ id: late.id });
  });

  it('is released once, however many ask for it at once', async () => {
    const file = await held();
    const results = await Promise.allSettled([1, 2, 3].map(() => release(file)));
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value.state : 'refused')).sort()).toEqual([
      'refused',
      'refused',
      'released',
    ]);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'import.not_held' });
    }
    expect(await row('20')).toMatchObject({ state: 'vanished', missingFiles: 1 });
  });

  it('is not released over a newer one', async () => {
    const file = await held();
    await upload(people(25));
    await expect(release(file)).rejects.toMatchObject({ code: 'import.not_held' });
    expect((await rows()).filter(({ state }) => state === 'vanished')).toEqual([]);
    expect((await tenant.imports.get(file.id))?.state).toBe('held');
  });

  it('shows again what its release would do, once that has grown', async () => {
    const file = await held();
    // Somebody came in by a file that was begun before and came into force after.
    await tenant.write(async (tx) => {
      await tx.people.accept({
        source: 'hr:hr',
        recordKey: '77',
        state: 'present',
        data: { personKey: '77', workerType: 'employee', status: 'active' },
        rowHash: 'h',
        importId: 'earlier',
        keys: [{ kind: 'employee', value: '77' }],
        at: world.clock.now(),
      });
    });
    await expect(release(file)).rejects.toMatchObject({ code: 'conflict' });
    const shown = await tenant.imports.get(file.id);
    expect(shown).toMatchObject({ state: 'held', changes: { vanished: 11 } });
    expect(shown?.missing).toContain('77');
    expect((await release(file)).state).toBe('released');
    expect(await row('77')).toMatchObject({ state: 'vanished', missingFiles: 1 });
  });

  it('whose release was cut short is neither held nor forgotten: the next start ends it', async () => {
    await upload(people(200));
    const file = await upload(people(120, { status: (id) => (id < 30 ? 'Active' : 'Terminated') }));
    expect(file.state).toBe('held');
    await expect(release(file, dyingAt(3))).rejects.toThrow('the process died');
    expect(await tenant.imports.get(file.id)).toMatchObject({ state: 'receiving', accepting: 'released' });
    expect((await rows()).some(({ data }) => data.status === 'ended')).toBe(true);
    const next = process(world.store);
    expect(await next.resume(tenantId, { alone: true })).toBe(1);
    expect((await tenant.imports.get(file.id))?.state).toBe('released');
    expect((await rows()).filter(({ data }) => data.status === 'ended')).toHaveLength(91);
    expect(await row('200')).toMatchObject({ state: 'vanished', missingFiles: 1 });
    expect(await next.resume(tenantId, { alone: true })).toBe(0);
    expect(await row('200')).toMatchObject({ missingFiles: 1 });
    const trail = await createAuditTrail(world.database.read, tenantId, world.crypto).list(0, 100);
    expect(trail.filter(({ subject }) => subject === file.id).map(({ kind, actor }) => [kind, actor])).toEqual([
      ['import.held', 'maya'],
      ['import.releasing', 'omar'],
      ['import.released', 'system'],
    ]);
  });

  it('whose release was cut short is ended by whoever releases it again', async () => {
    const file = await held();
    await expect(release(file, dyingAt(2))).rejects.toThrow('the process died');
    await expect(release(file, process(world.store))).rejects.toMatchObject({ code: 'import.not_held' });
    expect((await tenant.imports.get(file.id))?.state).toBe('released');
    expect(await row('20')).toMatchObject({ state: 'vanished', missingFiles: 1 });
    // The same process too, once its own try has failed.
    const again = await upload(people(3));
    const dying = dyingAt(2);
    await expect(release(again, dying)).rejects.toThrow('the process died');
    await expect(release(again, dying)).rejects.toThrow('the process died');
    expect(await feed.resume(tenantId, { alone: false })).toBe(1);
  });

  it('whose acceptance was cut short is ended by the next upload', async () => {
    await upload(people(120));
    const second = people(119, { status: (id) => (id === 1 || id === 100 ? 'Leave' : 'Active') });
    // Its row, its slice, its cells, the claim and one slice of it: then the end.
    await expect(upload(second, { by: dyingAt(6) })).rejects.toThrow('the process died');
    expect((await row('1'))?.data.status).toBe('leave');
    expect((await row('100'))?.data.status).toBe('active');
    expect((await upload(people(118), { by: process(world.store) })).state).toBe('accepted');
    expect((await tenant.imports.list(null, 10)).map(({ state }) => state)).toEqual([
      'accepted',
      'accepted',
      'accepted',
    ]);
    expect(await row('120')).toMatchObject({ missingFiles: 2 });
    expect(await row('119')).toMatchObject({ missingFiles: 1 });
  });

  it('that was being received when the process died is gone after the next start', async () => {
    await expect(upload(people(20), { by: dyingAt(3) })).rejects.toThrow('the process died');
    const [left] = await tenant.imports.list(null, 10);
    expect(left?.state).toBe('receiving');
    // Where others may be at work, it may be theirs, until a day has passed.
    expect(await feed.resume(tenantId, { alone: false })).toBe(0);
    expect(await feed.resume(tenantId, { alone: true })).toBe(1);
    expect(await tenant.imports.list(null, 10)).toEqual([]);
    expect(await tenant.imports.rows(left?.id ?? '', { after: 0, limit: 1 })).toEqual([]);
    await tenant.write((tx) => tx.imports.create(importRecord(world.crypto.uuid(), { createdAt: world.clock.now() })));
    world.clock.forward(25 * 3_600_000);
    expect(await feed.resume(tenantId, { alone: false })).toBe(1);
  });

  it('has no vote while the newest is held; a rejected one takes none away', async () => {
    const votes = async (): Promise<unknown> =>
      (await loadWorld(tenant, world.crypto, world.clock.now())).input.sources;
    const yes = [{ source: 'hr:hr', votes: true }];
    await upload(people(20));
    expect(await votes()).toEqual(yes);
    expect((await upload(`${HEADER}\n`)).state).toBe('rejected');
    expect(await votes()).toEqual(yes);
    const file = await upload(people(10));
    expect(await votes()).toEqual([{ source: 'hr:hr', votes: false, reason: 'the newest file is held' }]);
    expect((await upload(`${HEADER}\n\n`)).state).toBe('rejected');
    expect(await votes()).toEqual([{ source: 'hr:hr', votes: false, reason: 'the newest file is held' }]);
    await release(file);
    expect(await votes()).toEqual(yes);
  });

  it('keeps the words of rows to correct, and of no others', async () => {
    const twice = ['3,Other,Name,other@example.com,Active,2020-01-15,'];
    const file = await upload(people(30, { rows: twice }));
    expect(file.rows).toMatchObject({ read: 31, accepted: 29, quarantined: 2 });
    const kept = (await tenant.imports.rows(file.id, { after: 0, limit: 100 })).filter(({ raw }) => raw !== undefined);
    expect(kept.map(({ record, outcome }) => [record, outcome])).toEqual([
      [3, 'quarantined'],
      [31, 'quarantined'],
    ]);
    expect(kept[0]?.raw).toEqual(['3', 'Given3', 'Family3', 'p3@example.com', 'Active', '2020-01-15', '']);
  });
});
