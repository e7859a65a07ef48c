import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Filter, Sort } from '../../src/core/query.ts';
import type { CreatedResource, Judge, ResourceType, ScimStore } from '../../src/flows/scim-port.ts';
import { render } from '../../src/scim/facade/render.ts';
import { parseFilter } from '../../src/scim/filter.ts';
import { matches } from '../../src/scim/match.ts';
import { GROUP, USER } from '../../src/scim/schema.ts';
import { sortKey } from '../../src/scim/sort-key.ts';
import type { Database } from '../../src/storage/database.ts';
import { createScimStore } from '../../src/storage/scim-resources.ts';
import { documents, filters, writeFilter } from '../scim/arbitrary-filter.ts';
import { eachDatabase } from '../support/store.ts';

const AT = '2026-01-02T03:04:05.006Z';
const LATER = '2026-01-02T03:04:05.010Z';

function resource(type: ResourceType, id: string, doc: Record<string, unknown>, version = 1): CreatedResource {
  return { id, type, doc, version, createdAt: AT, modifiedAt: AT, createHash: `hash of ${id}` };
}

const user = (id: string, doc: Record<string, unknown> = {}): CreatedResource =>
  resource('User', id, { userName: `${id}@Example.com`, active: true, ...doc });
const group = (id: string, doc: Record<string, unknown> = {}): CreatedResource =>
  resource('Group', id, { displayName: id, ...doc });

function judge(type: ResourceType, filter: Filter | undefined, sort?: Sort): Judge & { asked: number } {
  const definition = type === 'User' ? USER : GROUP;
  const self = {
    asked: 0,
    reads: new Set(['groups', 'members'] as const),
    matches: (...[each, around]: Parameters<Judge['matches']>) => {
      self.asked += 1;
      return filter === undefined || matches(definition, filter, render('', each, around));
    },
    sortKey: (...[each, around]: Parameters<Judge['sortKey']>) =>
      sort === undefined ? undefined : sortKey(definition, sort, render('', each, around)),
  };
  return self;
}

eachDatabase('the store of SCIM resources', (store) => {
  let database: Database;
  let tenants = 0;

  beforeAll(async () => {
    database = await store.open();
  });

  const tenant = (): { readonly id: string; readonly scim: ScimStore } => {
    tenants += 1;
    const id = `tenant${tenants}`;
    return { id, scim: createScimStore(database.write, id, database.dialect) };
  };

  async function ids(
    scim: ScimStore,
    type: ResourceType,
    query: { filter?: string; sort?: Sort; startIndex?: number; count?: number } = {},
  ): Promise<{ readonly total: number; readonly ids: readonly string[]; readonly asked: number }> {
    const filter = query.filter === undefined ? undefined : parseFilter(type === 'User' ? USER : GROUP, query.filter);
    const judged = judge(type, filter, query.sort);
    const { total, resources } = await scim.list(type, {
      ...(filter === undefined ? {} : { filter }),
      ...(query.sort === undefined ? {} : { sort: query.sort }),
      page: { startIndex: query.startIndex ?? 1, count: query.count ?? 100 },
      judge: judged,
    });
    return { total, ids: resources.map(({ id }) => id), asked: judged.asked };
  }

  describe('one resource', () => {
    it('is read as it was written, by its id and type only', async () => {
      const { scim } = tenant();
      const ann = { ...user('ann', { name: { familyName: 'Zoë 測試' } }), personId: 'p1' };
      await scim.insert(ann);
      const { createHash, ...stored } = ann;
      expect(await scim.get('User', 'ann')).toEqual(stored);
      expect(await scim.get('Group', 'ann')).toBeNull();
      expect(await scim.get('User', 'bob')).toBeNull();
      expect(await scim.byUserName('ann@example.com')).toEqual({ ...stored, createHash });
    });

    it('is found by its external id, by type and with its case', async () => {
      const { scim } = tenant();
      await scim.insert(user('ann', { externalId: 'E1' }));
      await scim.insert(group('sales', { externalId: 'E1' }));
      expect((await scim.byExternalId('Group', 'E1')).map(({ id }) => id)).toEqual(['sales']);
      expect(await scim.byExternalId('Group', 'e1')).toEqual([]);
    });

    it('has a userName of its own in the tenant, whatever the case, also after a change', async () => {
      const { scim } = tenant();
      await scim.insert(user('ann'));
      await scim.insert(user('bob'));
      const twice = { ...user('other'), doc: { userName: 'ANN@example.com', active: true } };
      await expect(scim.insert(twice)).rejects.toMatchObject({ code: 'scim.uniqueness' });
      const renamed = { ...user('bob'), doc: { userName: 'Ann@Example.com' }, version: 2 };
      await expect(scim.replace(renamed, 1)).rejects.toMatchObject({ code: 'scim.uniqueness' });
      await tenant().scim.insert(user('ann'));
    });

    it('is changed only from the version that was read', async () => {
      const { scim } = tenant();
      await scim.insert(user('ann'));
      const next = { ...user('ann', { title: 'T' }), version: 2, modifiedAt: LATER };
      expect(await scim.replace(next, 1)).toBe(true);
      expect(await scim.replace({ ...next, version: 2 }, 1)).toBe(false);
      expect(await scim.get('User', 'ann')).toMatchObject({ version: 2, modifiedAt: LATER, doc: { title: 'T' } });
    });

    it('is gone once removed, and its userName is free again', async () => {
      const { scim } = tenant();
      await scim.insert(user('ann', { emails: [{ value: 'a@example.com' }] }));
      expect(await scim.remove('Group', 'ann', AT)).toBe(false);
      expect(await scim.remove('User', 'ann', AT)).toBe(true);
      expect(await scim.remove('User', 'ann', AT)).toBe(false);
      expect(await scim.get('User', 'ann')).toBeNull();
      expect((await ids(scim, 'User', { filter: 'emails.value eq "a@example.com"' })).total).toBe(0);
      await scim.insert({ ...user('ann2'), doc: { userName: 'ann@example.com' } });
    });
  });

  describe('members', () => {
    it('come and go one by one, twice is once, and strangers are named', async () => {
      const { scim } = tenant();
      for (const id of ['ann', 'bob', 'cid']) await scim.insert(user(id, { displayName: `The ${id}` }));
      await scim.insert(group('sales'));
      const change = (kind: 'add' | 'remove' | 'set', ...users: string[]) =>
        scim.changeMembers('sales', { kind, users }, AT);
      const members = async () => (await scim.membersOfMany(['sales'])).get('sales') ?? [];

      expect(await change('add', 'ann', 'bob')).toEqual({ changed: 2, unknown: [] });
      expect(await change('add', 'ann')).toEqual({ changed: 0, unknown: [] });
      expect(await change('add', 'nobody', 'sales')).toEqual({ changed: 0, unknown: ['nobody', 'sales'] });
      expect(await members()).toEqual([
        { id: 'ann', display: 'The ann' },
        { id: 'bob', display: 'The bob' },
      ]);
      expect(await change('remove', 'ann', 'cid')).toEqual({ changed: 1, unknown: [] });
      expect(await change('set', 'bob', 'cid')).toEqual({ changed: 1, unknown: [] });
      expect(await change('set', 'ann')).toEqual({ changed: 3, unknown: [] });
      expect(await scim.groupsOfMany(['ann', 'bob'])).toEqual(new Map([['ann', [{ id: 'sales', display: 'sales' }]]]));
      expect(await scim.changeMembers('sales', { kind: 'clear' }, AT)).toEqual({ changed: 1, unknown: [] });
      expect(await members()).toEqual([]);
    });

    it('leave when the user is removed, and the group becomes a new version', async () => {
      const { scim } = tenant();
      await scim.insert(user('ann'));
      await scim.insert(user('bob'));
      await scim.insert(group('sales'));
      await scim.insert(group('staff'));
      await scim.changeMembers('sales', { kind: 'add', users: ['ann', 'bob'] }, AT);
      await scim.remove('User', 'ann', LATER);
      expect(await scim.membersOfMany(['sales', 'staff'])).toEqual(
        new Map([['sales', [{ id: 'bob', display: 'bob@Example.com' }]]]),
      );
      expect(await scim.get('Group', 'sales')).toMatchObject({ version: 2, modifiedAt: LATER });
      expect(await scim.get('Group', 'staff')).toMatchObject({ version: 1, modifiedAt: AT });
      await scim.remove('Group', 'sales', LATER);
      expect(await scim.groupsOfMany(['bob'])).toEqual(new Map());
    });

    it('are thousands as well', async () => {
      const { scim } = tenant();
      const users = Array.from({ length: 1203 }, (_, n) => `u${String(n).padStart(4, '0')}`);
      await database.write.transaction().execute(async (tx) => {
        for (const id of users) await createScimStore(tx, `tenant${tenants}`, database.dialect).insert(user(id));
      });
      await scim.insert(group('all'));
      expect(await scim.changeMembers('all', { kind: 'set', users }, AT)).toEqual({ changed: 1203, unknown: [] });
      expect((await scim.membersOfMany(['all'])).get('all')).toHaveLength(1203);
      expect((await scim.groupsOfMany(users)).size).toBe(1203);
      const odd = await ids(scim, 'User', {
        filter: 'title pr or userName ew "1@example.com"',
        startIndex: 3,
        count: 2,
      });
      expect(odd).toMatchObject({ total: 121, ids: ['u0021', 'u0031'], asked: 1203 });
    });
  });

  describe('lists', () => {
    it('are paged in order of creation, with the true total', async () => {
      const { scim } = tenant();
      for (const id of ['c', 'a', 'b']) await scim.insert(user(id));
      await scim.insert(group('g'));
      expect(await ids(scim, 'User')).toMatchObject({ total: 3, ids: ['a', 'b', 'c'] });
      expect(await ids(scim, 'User', { startIndex: 2, count: 1 })).toMatchObject({ total: 3, ids: ['b'] });
      expect(await ids(scim, 'User', { count: 0 })).toMatchObject({ total: 3, ids: [] });
      expect(await ids(scim, 'User', { startIndex: 9 })).toMatchObject({ total: 3, ids: [] });
      expect(await ids(tenant().scim, 'User')).toMatchObject({ total: 0, ids: [] });
    });

    it.each([
      'userName eq "A@EXAMPLE.COM"',
      'externalId eq "E" and active eq true',
      'id eq "a" or displayName eq "THE A"',
      'emails.value eq "A@work.example"',
      'not (userName sw "b")',
      'meta.created ge "2026-01-02T03:04:05.006Z" and meta.lastModified lt "2026-01-02T03:04:05.007Z" and id eq "a"',
      'groups.value eq "g"',
    ])('%s is answered by the indexes alone', async (filter) => {
      const { scim } = tenant();
      await scim.insert(user('a', { externalId: 'E', displayName: 'The A', emails: [{ value: 'a@Work.example' }] }));
      await scim.insert(user('b', { active: false }));
      await scim.insert(group('g'));
      await scim.changeMembers('g', { kind: 'add', users: ['a'] }, AT);
      expect(await ids(scim, 'User', { filter })).toEqual({ total: 1, ids: ['a'], asked: 0 });
    });

    it('find groups by member', async () => {
      const { scim } = tenant();
      await scim.insert(user('a'));
      await scim.insert(group('g'));
      await scim.insert(group('h'));
      await scim.changeMembers('g', { kind: 'add', users: ['a'] }, AT);
      expect(await ids(scim, 'Group', { filter: 'members eq "a"' })).toEqual({ total: 1, ids: ['g'], asked: 0 });
      expect(await ids(scim, 'Group', { filter: 'members.display sw "A@"' })).toMatchObject({ total: 1, ids: ['g'] });
      expect(await ids(scim, 'Group', { filter: 'id eq "h" and members eq "a"' })).toMatchObject({ total: 0 });
    });

    it('are narrowed by an index before documents are looked at', async () => {
      const { scim } = tenant();
      for (const id of ['a', 'b', 'c']) await scim.insert(user(id, { title: 'T', emails: [{ value: 'x', type: id }] }));
      const byTitle = await ids(scim, 'User', { filter: 'userName eq "b@example.com" and title eq "t"' });
      expect(byTitle).toEqual({ total: 1, ids: ['b'], asked: 1 });
      const byElement = await ids(scim, 'User', { filter: 'emails[type eq "c"].value eq "x"' });
      expect(byElement).toMatchObject({ total: 1, ids: ['c'] });
    });

    it.each([
      ['displayName', { attribute: 'displayName' }],
      ['title', { attribute: 'title' }],
    ])('are sorted by %s: case does not count, nothing comes last, and first when descending', async (name, path) => {
      const { scim } = tenant();
      await scim.insert(user('1', { [name]: 'bravo' }));
      await scim.insert(user('2', { [name]: 'Alpha' }));
      await scim.insert(user('3'));
      await scim.insert(user('4', { [name]: 'Charlie' }));
      const sorted = async (descending: boolean) => (await ids(scim, 'User', { sort: { path, descending } })).ids;
      expect(await sorted(false)).toEqual(['2', '1', '4', '3']);
      expect(await sorted(true)).toEqual(['3', '4', '1', '2']);
    });
  });

  it('SQL and the predicate give the same answer to any filter', async () => {
    const { scim } = tenant();
    const docs = fc.sample(documents, { numRuns: 40, seed: 7 });
    const names = ['ann', 'Bob', 'a%b', 'a_b', 'Zoë', 'x@example.com', "o'brien", 'a\\b'];
    for (const [at, doc] of docs.entries()) {
      const name = names[at % names.length] ?? '';
      const id = `u${String(at).padStart(2, '0')}`;
      const filled = Object.entries({ ...doc, userName: `${name}${at < names.length ? '' : at}` }).filter(
        ([, v]) => v !== '',
      );
      const created = at % 2 === 0 ? AT : LATER;
      await scim.insert({ ...user(id), doc: Object.fromEntries(filled), createdAt: created, modifiedAt: LATER });
    }
    const everyone = await ids(scim, 'User');
    expect(everyone.total).toBe(40);
    const all = await Promise.all(everyone.ids.map((id) => scim.get('User', id)));
    await fc.assert(
      fc.asyncProperty(filters, async (filter) => {
        const expected = all.flatMap((each) =>
          each !== null && matches(USER, filter, render('', each, { groups: [] })) ? [each.id] : [],
        );
        const listed = await ids(scim, 'User', { filter: writeFilter(filter) });
        expect(listed.ids).toEqual(expected);
      }),
      { numRuns: 300, seed: 7644 },
    );
  });
});
