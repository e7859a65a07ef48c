import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { PersonState } from '../../src/core/identity/person.ts';
import type { Statement } from '../../src/flows/people-port.ts';
import type { TenantStore } from '../../src/flows/ports.ts';
import { createAuditTrail } from '../../src/storage/audit.ts';
import { eachDatabase } from '../support/store.ts';
import { freshTenant, hrSays, idpSays, importRecord, later, openWorld, START, type World } from './building.ts';

const number = (value: string) => ({ kind: 'employee' as const, value });

eachDatabase('people', (testStore) => {
  let world: World;
  let second: World;
  let tenant: TenantStore;
  beforeAll(async () => {
    world = await openWorld(testStore);
    second = await openWorld(testStore);
  });
  beforeEach(async () => {
    tenant = world.store.tenant(await freshTenant(world));
  });

  async function accept(statement: Statement): Promise<string> {
    return (await tenant.write((tx) => tx.people.accept(statement))).personId;
  }

  async function stateOf(personId: string): Promise<PersonState> {
    const [state] = await tenant.people.states([personId]);
    if (state === undefined) throw new Error('no such person');
    return state;
  }

  const link = (personId: string, accountId: string) =>
    tenant.write((tx) =>
      tx.people.link({
        personId,
        accountId,
        confidence: 1,
        rule: 'created',
        pinned: false,
        evidence: { change: 'c1' },
        decidedBy: 'policy',
        at: START,
      }),
    );

  it('knows what both sources say of a person', async () => {
    const ann = await accept(hrSays('7', { record: { given: 'Ann', title: 'Lead' } }));
    expect(await accept(idpSays('u1', { keys: [number('7')], at: later(1) }))).toBe(ann);
    expect(await tenant.people.states()).toEqual([
      {
        id: ann,
        idp: {
          recordId: 'u1',
          state: 'active',
          since: later(1),
          userName: 'u1@example.com',
          emails: ['u1@example.com'],
          groups: [],
        },
        hr: {
          recordId: expect.any(String),
          feed: 'hr',
          state: 'present',
          record: { personKey: '7', workerType: 'employee', status: 'active', given: 'Ann', title: 'Lead' },
          missingFiles: 0,
          since: START,
        },
        duplicates: [],
      },
    ]);
  });

  it('names the groups of a user by their display names', async () => {
    await accept(idpSays('u1'));
    const resource = (id: string, type: 'User' | 'Group', doc: Readonly<Record<string, unknown>>) => ({
      id,
      type,
      doc,
      version: 1,
      createdAt: START,
      modifiedAt: START,
      createHash: '',
    });
    await tenant.write(async (tx) => {
      await tx.scim.insert(resource('u1', 'User', { userName: 'u1@example.com' }));
      await tx.scim.insert(resource('g1', 'Group', { displayName: 'Sales EMEA' }));
      await tx.scim.insert(resource('g2', 'Group', { displayName: 'Admins' }));
      await tx.scim.changeMembers('g1', { kind: 'add', users: ['u1'] }, START);
      await tx.scim.changeMembers('g2', { kind: 'add', users: ['u1'] }, START);
    });
    const [all] = await tenant.people.states();
    expect(all?.idp?.groups).toEqual(['Admins', 'Sales EMEA']);
    expect(await tenant.people.states([all?.id ?? ''])).toEqual([all]);
  });

  it('moves `since` of an IdP user only when its state changes', async () => {
    const ann = await accept(idpSays('u1'));
    await accept(idpSays('u1', { userName: 'ann@example.com', at: later(1) }));
    expect((await stateOf(ann)).idp).toMatchObject({ userName: 'ann@example.com', since: START });
    await accept(idpSays('u1', { state: 'inactive', at: later(2) }));
    expect((await stateOf(ann)).idp).toMatchObject({ state: 'inactive', since: later(2) });
  });

  it('leaves `since` where it is when who was switched off is removed: the grace goes on', async () => {
    const bea = await accept(idpSays('bea', { state: 'inactive', at: later(1) }));
    await accept(idpSays('bea', { state: 'deleted', at: later(9) }));
    expect((await stateOf(bea)).idp).toMatchObject({ state: 'deleted', since: later(1) });
  });

  it('moves `since` of a row only when it says something new about the end of employment', async () => {
    const ann = await accept(hrSays('7'));
    const say = async (at: number, record: Parameters<typeof hrSays>[1]) => {
      await accept(hrSays('7', { ...record, at: later(at) }));
      return (await stateOf(ann)).hr?.since;
    };
    expect(await say(1, { record: { title: 'Lead', status: 'leave' } })).toBe(START);
    expect(await say(2, { record: { end: '2026-03-31' } })).toBe(later(2));
    expect(await say(3, { record: { status: 'ended', end: '2026-03-31' } })).toBe(later(2));
    expect(await say(4, { record: { status: 'ended', end: '2026-01-31' } })).toBe(later(4));
    expect(await say(5, { record: { status: 'ended', end: '2026-01-31' }, state: 'quarantined' })).toBe(later(4));
  });

  it('keeps the person of a user that was deleted and came back as a new resource', async () => {
    const ann = await accept(idpSays('u1', { userName: 'ann@example.com' }));
    await accept(idpSays('u1', { userName: 'ann@example.com', state: 'deleted', at: later(1) }));
    expect((await stateOf(ann)).idp).toMatchObject({ state: 'deleted', since: later(1) });
    expect(await accept(idpSays('u2', { userName: 'ann@example.com', at: later(2) }))).toBe(ann);
    expect(await stateOf(ann)).toMatchObject({ idp: { recordId: 'u2', state: 'active' }, duplicates: [] });
  });

  it('never merges two live claims on one key, and says so of everybody concerned', async () => {
    const ann = await accept(hrSays('7'));
    expect(await accept(idpSays('u1', { keys: [number('7')] }))).toBe(ann);
    const rival = await accept(idpSays('u2', { keys: [number('7')] }));
    const other = await accept(idpSays('u3', { keys: [number('9')] }));
    expect(new Set([ann, rival, other]).size).toBe(3);
    const duplicates = new Map((await tenant.people.states()).map((state) => [state.id, state.duplicates]));
    expect(duplicates.get(ann)).toEqual(['hr:hr', 'idp']);
    expect(duplicates.get(rival)).toEqual(['hr:hr', 'idp']);
    expect(duplicates.get(other)).toEqual([]);
    expect((await stateOf(rival)).duplicates).toEqual(['hr:hr', 'idp']);
    // It ends with the claim.
    await accept(idpSays('u2', { keys: [number('7')], state: 'deleted', at: later(1) }));
    expect((await stateOf(ann)).duplicates).toEqual([]);
  });

  it('takes one employee number in two feeds for two people', async () => {
    const one = await accept(hrSays('7', { feed: 'uk' }));
    const two = await accept(hrSays('7', { feed: 'de' }));
    expect(one).not.toBe(two);
    expect((await tenant.people.states()).flatMap((state) => state.duplicates)).toEqual([]);
  });

  it('merges two people when a record gains the key that makes them one', async () => {
    const worker = await accept(hrSays('7'));
    const user = await accept(idpSays('u1'));
    await tenant.write((tx) =>
      tx.scim.insert({
        id: 'u1',
        type: 'User',
        doc: { userName: 'u1@example.com' },
        version: 1,
        createdAt: START,
        modifiedAt: START,
        createHash: '',
        personId: user,
      }),
    );
    expect(user).not.toBe(worker);
    expect(await accept(idpSays('u1', { keys: [number('7')], at: later(1) }))).toBe(worker);
    expect((await tenant.people.states()).map(({ id }) => id)).toEqual([worker]);
    expect(await tenant.people.person(user)).toMatchObject({ id: worker, state: { idp: { recordId: 'u1' } } });
    expect((await tenant.scim.get('User', 'u1'))?.personId).toBe(worker);
    // What still names the person by the old id reaches the one that it became.
    await link(user, '42');
    expect(await tenant.people.links()).toMatchObject([{ personId: worker, accountId: '42' }]);
    const audit = await createAuditTrail(world.database.read, tenant.tenantId, world.crypto).list(0, 10);
    expect(audit.at(-1)).toMatchObject({ kind: 'person.merged', subject: worker, data: { from: user } });
  });

  it('merges the other way round when the record belongs to a person with an account', async () => {
    const worker = await accept(hrSays('7'));
    const user = await accept(idpSays('u1'));
    await link(user, '42');
    expect(await accept(idpSays('u1', { keys: [number('7')], at: later(1) }))).toBe(user);
    expect(await stateOf(user)).toMatchObject({ hr: { record: { personKey: '7' } } });
    expect(await tenant.people.person(worker)).toMatchObject({ id: user });
  });

  it('gives one person to records of two sources that arrive at once', async () => {
    const other = second.store.tenant(tenant.tenantId);
    for (let n = 0; n < 5; n += 1) {
      const key = `k${String(n)}`;
      const [user, worker] = await Promise.all([
        tenant.write((tx) => tx.people.accept(idpSays(`u${String(n)}`, { keys: [number(key)] }))),
        other.write((tx) => tx.people.accept(hrSays(key))),
      ]);
      expect(user.personId).toBe(worker.personId);
    }
  });

  it('counts complete files that lack a row, and forgets them when it is back', async () => {
    const ann = await accept(hrSays('7'));
    await accept(hrSays('8'));
    const file = async (id: string, mode: 'full' | 'upsert', missing: readonly string[], at: string): Promise<void> => {
      await tenant.write(async (tx) => {
        await tx.imports.create(importRecord(id, { mode }));
        await tx.people.markMissing('hr', missing, id, at);
      });
    };
    expect(await tenant.people.presentKeys('hr')).toEqual(['7', '8']);
    await file('i1', 'full', ['7'], later(1));
    expect(await tenant.people.presentKeys('hr')).toEqual(['8']);
    expect((await stateOf(ann)).hr).toMatchObject({ state: 'vanished', missingFiles: 1, missingSince: later(1) });
    await file('i2', 'upsert', [], later(2));
    expect((await stateOf(ann)).hr).toMatchObject({ missingFiles: 1 });
    await file('i3', 'full', [], later(3));
    expect((await stateOf(ann)).hr).toMatchObject({ missingFiles: 2, missingSince: later(1), since: START });
    await accept(hrSays('7', { at: later(4) }));
    const back = (await stateOf(ann)).hr;
    expect(back).toMatchObject({ state: 'present', missingFiles: 0, since: START });
    expect(back).not.toHaveProperty('missingSince');
  });

  it('gives rows of a feed by key', async () => {
    const ann = await accept(hrSays('7', { record: { given: 'Ann' } }));
    await accept(hrSays('7', { feed: 'other' }));
    const rows = await tenant.people.hrRows('hr', ['7', 'unknown']);
    expect([...rows]).toEqual([
      [
        '7',
        {
          recordKey: '7',
          personId: ann,
          state: 'present',
          rowHash: expect.stringContaining('Ann'),
          data: { personKey: '7', workerType: 'employee', status: 'active', given: 'Ann' },
          missingFiles: 0,
        },
      ],
    ]);
    expect((await tenant.people.hrRows('hr', [])).size).toBe(0);
  });

  it('lists people in pages with their live links', async () => {
    const ids = [await accept(idpSays('u1')), await accept(idpSays('u2')), await accept(idpSays('u3'))];
    await link(ids[0] ?? '', '42');
    await link(ids[1] ?? '', '43');
    await tenant.write((tx) => tx.people.endLink('43', later(1)));
    const page = await tenant.people.list(null, 2);
    expect(page.map(({ id, createdAt, links }) => [id, createdAt, links.map((one) => one.accountId)])).toEqual([
      [ids[0], START, ['42']],
      [ids[1], START, []],
    ]);
    expect((await tenant.people.list(ids[1] ?? '', 2)).map(({ id }) => id)).toEqual([ids[2]]);
    expect(await tenant.people.person('nobody')).toBeNull();
  });

  it('links an account to one person only, until that link ends', async () => {
    const ann = await accept(idpSays('u1'));
    const bob = await accept(idpSays('u2'));
    await link(ann, '42');
    await expect(link(bob, '42')).rejects.toMatchObject({ code: 'conflict' });
    await tenant.write((tx) => tx.people.endLink('42', later(1)));
    await link(bob, '42');
    expect(await tenant.people.links()).toMatchObject([
      { personId: bob, accountId: '42', confidence: 1, pinned: false },
    ]);
  });

  it('keeps the first tombstone of an account', async () => {
    const bury = (at: string) =>
      tenant.write((tx) => tx.people.addTombstone({ accountId: '42', userNameHash: 'h', at, changeId: 'c1' }));
    await bury(START);
    await bury(later(1));
    expect(await tenant.people.tombstones()).toEqual([{ accountId: '42', userNameHash: 'h', at: START }]);
  });

  it('knows which person and account somebody said are not the same', async () => {
    await world.database.write
      .insertInto('cannot_link')
      .values({ tenant_id: tenant.tenantId, person_id: 'p', account_id: '42', decided_by: 'maya', created_at: START })
      .execute();
    expect(await tenant.people.cannotLinks()).toEqual([{ personId: 'p', accountId: '42' }]);
  });
});
