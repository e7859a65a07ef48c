import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { expressionBuilder } from 'kysely';
import type { Comparison, Filter, Position, Sort } from '../../src/core/query.ts';
import type {
  Judge,
  ProvisioningView,
  ResourceType,
  ScimStore,
  StoredResource,
  Surroundings,
} from '../../src/flows/scim-port.ts';
import { render } from '../../src/scim/facade/render.ts';
import { parseFilter } from '../../src/scim/filter.ts';
import { matches } from '../../src/scim/match.ts';
import { GROUP, USER, pathText } from '../../src/scim/schema.ts';
import { sortKey } from '../../src/scim/sort-key.ts';
import type { Schema } from '../../src/storage/schema.ts';
import { compile } from '../../src/storage/scim-filter.ts';
import { createScimStore } from '../../src/storage/scim-resources.ts';
import {
  type WrittenFilter,
  filterable,
  generateClause,
  generateFilter,
  operatorsOf,
} from '../support/generated-filters.ts';
import { generateResources, generateView, membershipsOf, storeResources } from '../support/generated-resources.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { eachDatabase } from '../support/store.ts';

const SEED = 7644;
/** Values tried for each operator of an attribute that an index answers. */
const TRIES = 4;

interface Known {
  readonly id: string;
  readonly document: Readonly<Record<string, unknown>>;
}

const TYPES: readonly ResourceType[] = ['User', 'Group'];
const definitionOf = (type: ResourceType): typeof USER => (type === 'User' ? USER : GROUP);

/** Every filter is written as a client would, read back, and put to the store and to the predicate. */
eachDatabase('a filter in SQL and in memory', (store) => {
  let scim: ScimStore;
  const known = new Map<ResourceType, readonly Known[]>();

  beforeAll(async () => {
    const database = await store.open();
    const random = seededRandom(SEED);
    const generated = generateResources(random, { users: 24, groups: 12 });
    // What the extension says comes from the runs: each user is a person with a view of its own.
    const users = generated.users.map((user) => ({ ...user, personId: `person of ${user.id}` }));
    const views = new Map<string, ProvisioningView>(users.map(({ personId }) => [personId, generateView(random)]));
    const viewsOf: ScimStore['views'] = async (people) => new Map([...views].filter(([id]) => people.includes(id)));
    scim = createScimStore(database.write, 'tenant', database.dialect, viewsOf);
    const stored = { ...generated, users };
    await storeResources(scim, stored);
    // Another tenant has the like, and none of it may be found.
    await storeResources(createScimStore(database.write, 'other', database.dialect), generated);
    const { groups, members } = membershipsOf(stored);
    const document = (resource: StoredResource, around: Surroundings): Known => ({
      id: resource.id,
      document: render('', resource, around),
    });
    known.set(
      'User',
      users.map((user) => {
        const view = views.get(user.personId);
        return document(user, { groups: groups.get(user.id) ?? [], ...(view === undefined ? {} : { view }) });
      }),
    );
    known.set(
      'Group',
      generated.groups.map((group) => document(group, { members: members.get(group.id) ?? [] })),
    );
  });

  function judgeOf(type: ResourceType, filter: Filter, sort?: Sort): Judge {
    const definition = definitionOf(type);
    return {
      reads: new Set(['groups', 'members', 'view']),
      matches: (each, around) => matches(definition, filter, render('', each, around)),
      sortKey: (each, around) => (sort === undefined ? undefined : sortKey(definition, sort, render('', each, around))),
    };
  }

  function expected(type: ResourceType, filter: Filter): readonly Known[] {
    return (known.get(type) ?? []).filter(({ document }) => matches(definitionOf(type), filter, document));
  }

  /** Returns how many were found. */
  async function check(type: ResourceType, { text, filter }: WrittenFilter): Promise<number> {
    if (!isDeepStrictEqual(parseFilter(definitionOf(type), text), filter)) {
      throw new Error(`${text} is read as ${JSON.stringify(parseFilter(definitionOf(type), text))}`);
    }
    const judge = judgeOf(type, filter);
    const { total, resources } = await scim.list(type, { filter, judge, page: { startIndex: 1, count: 100 } });
    const found = resources.map(({ id }) => id).join(' ');
    const wanted = expected(type, filter);
    const ids = wanted.map(({ id }) => id).join(' ');
    if (found !== ids || total !== wanted.length)
      throw new Error(`${text}: SQL finds ${total}: ${found}; memory ${ids}`);
    return total;
  }

  describe.each(TYPES)('%s', (type) => {
    it('every operator on every attribute, plain and negated, and its absence', async () => {
      const random = seededRandom(SEED, 1);
      const seen = new Set<string>();
      for (const place of filterable(type)) {
        const present: Filter = { kind: 'present', path: place.path };
        const name = pathText(place.path);
        await check(type, { text: `${name} pr`, filter: present });
        if (random.chance(0.3)) {
          await check(type, { text: `not (${name} pr)`, filter: { kind: 'not', part: present } });
        }
        for (const op of operatorsOf(place.attribute)) {
          // All of what an index answers; of what is left to the scan, which asks the predicate, a share.
          for (let tries = 0; tries < TRIES; tries += 1) {
            const { text, filter } = generateClause(random, type, place, op);
            const isIndexed = compile(expressionBuilder<Schema, 'scim_resource'>(), 'tenant', filter) !== null;
            if (!isIndexed && place.attribute.type === 'string' && random.chance(0.8)) continue;
            const found = await check(type, { text, filter });
            seen.add(`${place.attribute.type}${place.attribute.caseExact ? ', exact' : ''} ${op}`);
            if (!isIndexed) break;
            const left = await check(type, { text: `not(${text})`, filter: { kind: 'not', part: filter } });
            expect(found + left).toBe(known.get(type)?.length);
          }
        }
      }
      const all: readonly Comparison[] = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'];
      const texts = all.flatMap((op) => [
        `string ${op}`,
        `string, exact ${op}`,
        `reference, exact ${op}`,
        `dateTime ${op}`,
      ]);
      const numbers = ['eq', 'ne', 'gt', 'ge', 'lt', 'le'].map((op) => `integer ${op}`);
      const wanted = [
        ...texts,
        ...(type === 'User' ? [...numbers, 'boolean eq', 'boolean ne', 'binary, exact co'] : []),
      ];
      expect(wanted.filter((each) => !seen.has(each))).toEqual([]);
    });

    it('any filter: nested, negated, value paths, in any way of writing it', async () => {
      let some = 0;
      for (let index = 0; index < 150; index += 1) {
        const found = await check(type, generateFilter(seededRandom(SEED, 100 + index), type));
        if (found > 0 && found < (known.get(type)?.length ?? 0)) some += 1;
      }
      // Filters that let everybody through, or nobody, would prove little.
      expect(some).toBeGreaterThan(20);
    });

    it('pages of any filter and sort, by index and by cursor, are the one list', async () => {
      for (let index = 0; index < 40; index += 1) {
        const random = seededRandom(SEED, 1000 + index);
        const { filter } = generateFilter(random, type);
        const { path } = random.pick(filterable(type).filter(({ attribute }) => attribute.type !== 'complex'));
        const sort: Sort = { path, descending: random.chance(0.5) };
        const judge = judgeOf(type, filter, sort);
        const list = await scim.list(type, { filter, sort, judge, page: { startIndex: 1, count: 100 } });
        const ids = list.resources.map(({ id }) => id);
        const wanted = expected(type, filter).map(({ id }) => id);
        expect([path, ids.toSorted()]).toEqual([path, wanted]);
        const count = 1 + random.below(7);
        const second = await scim.list(type, { filter, sort, judge, page: { startIndex: 1 + count, count } });
        expect([path, second.resources.map(({ id }) => id)]).toEqual([path, ids.slice(count, 2 * count)]);
        const paged: string[] = [];
        let after: Position | null = null;
        for (let more = true; more;) {
          const page = await scim.page(type, { filter, sort, judge, after, count, counts: after === null });
          paged.push(...page.resources.map(({ id }) => id));
          after = page.last;
          more = page.more && after !== null;
        }
        expect([path, paged]).toEqual([path, ids]);
      }
    });
  });
});
