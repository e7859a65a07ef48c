import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Filter, Position, Sort } from '../../src/core/query.ts';
import type { Judge, ScimStore, StoredResource } from '../../src/flows/scim-port.ts';
import { render } from '../../src/scim/facade/render.ts';
import { matches } from '../../src/scim/match.ts';
import { USER } from '../../src/scim/schema.ts';
import { sortKey } from '../../src/scim/sort-key.ts';
import { createScimStore } from '../../src/storage/scim-resources.ts';
import { documents, filters } from '../scim/arbitrary-filter.ts';
import { eachDatabase } from '../support/store.ts';

const AT = '2026-01-02T03:04:05.006Z';
const LATER = '2026-01-02T03:04:05.010Z';

interface Query {
  readonly filter?: Filter;
  readonly sort?: Sort;
}

function judgeOf({ filter, sort }: Query): Judge & { asked: number } {
  const self = {
    asked: 0,
    reads: new Set<never>(),
    matches: (each: StoredResource) => {
      self.asked += 1;
      return filter === undefined || matches(USER, filter, render('', each, {}));
    },
    sortKey: (each: StoredResource) =>
      sort === undefined ? undefined : sortKey(USER, sort, render('', each, { groups: [] })),
  };
  return self;
}

const sorts = fc.option(
  fc.record({
    path: fc.constantFrom(
      { attribute: 'id' },
      { attribute: 'userName' },
      { attribute: 'displayName' },
      { attribute: 'externalId' },
      { attribute: 'meta', sub: 'created' },
      { attribute: 'title' },
      { attribute: 'active' },
      { attribute: 'name', sub: 'familyName' },
    ),
    descending: fc.boolean(),
  }),
  { nil: undefined },
);

eachDatabase('pages behind a position', (store) => {
  let scim: ScimStore;
  let ids: readonly string[];

  beforeAll(async () => {
    const database = await store.open();
    scim = createScimStore(database.write, 'tenant', database.dialect);
    for (const [at, doc] of fc.sample(documents, { numRuns: 30, seed: 9865 }).entries()) {
      const id = `u${String(at).padStart(2, '0')}`;
      const entries = Object.entries({ ...doc, userName: `${String.fromCodePoint(65 + ((at * 7) % 26))}${at}` });
      await scim.insert({
        id,
        type: 'User',
        doc: Object.fromEntries(entries.filter(([, value]) => value !== '')),
        version: 1,
        createdAt: at % 2 === 0 ? AT : LATER,
        modifiedAt: LATER,
        createHash: id,
      });
    }
    ids = (await pages({}, 100)).ids;
  });

  async function pages(query: Query, count: number, keyless = false) {
    const seen: string[] = [];
    const totals: (number | undefined)[] = [];
    let after: Position | null = null;
    for (;;) {
      const request = { ...query, judge: judgeOf(query), after, count, counts: after === null };
      const page = await scim.page('User', request);
      seen.push(...page.resources.map(({ id }) => id));
      totals.push(page.total);
      if (!page.more || page.last === null) return { ids: seen, totals };
      after = keyless ? { id: page.last.id } : page.last;
    }
  }

  it('are, one after the other, what a list by index is, whatever the filter, the sort and the size', async () => {
    expect(ids).toHaveLength(30);
    await fc.assert(
      fc.asyncProperty(
        fc.option(filters, { nil: undefined }),
        sorts,
        fc.integer({ min: 1, max: 31 }),
        fc.boolean(),
        async (filter, sort, count, keyless) => {
          const query: Query = { ...(filter === undefined ? {} : { filter }), ...(sort === undefined ? {} : { sort }) };
          const list = await scim.list('User', {
            ...query,
            judge: judgeOf(query),
            page: { startIndex: 1, count: 100 },
          });
          const paged = await pages(query, count, keyless);
          expect(paged.ids).toEqual(list.resources.map(({ id }) => id));
          expect(paged.totals[0]).toBe(list.total);
          expect(paged.totals.slice(1).every((total) => total === undefined)).toBe(true);
        },
      ),
      { numRuns: 200, seed: 9865 },
    );
  });

  it('look at no more documents than the page needs once the total is known', async () => {
    const query: Query = { filter: { kind: 'not', part: { kind: 'present', path: { attribute: 'nickName' } } } };
    const judge = judgeOf(query);
    const page = await scim.page('User', { ...query, judge, after: { id: 'u27', key: null }, count: 5, counts: false });
    expect([page.resources.map(({ id }) => id), page.more, judge.asked]).toEqual([['u28', 'u29'], false, 2]);
  });

  describe('of which nothing is asked', () => {
    it('say what there would be', async () => {
      const judge = judgeOf({});
      const none = await scim.page('User', { judge, after: null, count: 0, counts: true });
      expect(none).toEqual({ resources: [], last: null, more: true, total: 30 });
      const end = await scim.page('User', { judge, after: { id: 'u29', key: null }, count: 0, counts: false });
      expect(end).toEqual({ resources: [], last: null, more: false });
    });
  });

  it.each(['displayName', 'title'])('know when the place without a key is gone (%s)', async (attribute) => {
    const sort = { path: { attribute }, descending: false };
    const request = { sort, judge: judgeOf({ sort }), after: { id: 'nobody' }, count: 5, counts: false };
    await expect(scim.page('User', request)).rejects.toMatchObject({ code: 'scim.expired_cursor' });
  });
});
