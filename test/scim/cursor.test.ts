import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Response } from 'supertest';
import { createCursors } from '../../src/scim/cursor.ts';
import { createCrypto } from '../../src/storage/node-crypto.ts';
import { eachDatabase } from '../support/store.ts';
import { type Body, type Client, type Json, bodyOf, clientOf } from './requests.ts';
import { type ScimWorld, authenticateForTest, createScimWorld } from './scim-world.ts';

const SEARCH = ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'];

type Query = Readonly<Record<string, string>>;

const cursorOf = (reply: Response): string | undefined => (reply.body as { nextCursor?: string }).nextCursor;
const namesOf = (reply: Response): readonly unknown[] =>
  bodyOf(reply).Resources.map(({ userName, displayName }) => userName ?? displayName);

eachDatabase('RFC 9865: cursor paging', (store) => {
  let world: ScimWorld;
  let acme: Client;
  let globex: Client;
  let revoked = false;

  beforeAll(async () => {
    world = await createScimWorld(await store.open(), {
      authenticate: async (token) => (revoked ? null : authenticateForTest(token)),
    });
    acme = clientOf(world);
    globex = clientOf(world, 'globex-writer');
    for (const name of ['u3', 'u1', 'u5', 'u2', 'u4']) {
      await acme.user(name, { displayName: `D${name}`, title: `T${name}`, nickName: 'n' });
      await globex.user(name);
    }
    for (const name of ['g1', 'g2', 'g3']) await acme.group(name);
  });

  /** Follows the cursors to the end; `between` happens after each page. */
  async function walk(query: Query, between: (page: Response) => Promise<unknown> = async () => undefined) {
    const names: unknown[] = [];
    const sizes: number[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const page: Response = await acme.get('/Users', { ...query, cursor });
      expect(page.status).toBe(200);
      names.push(...namesOf(page));
      sizes.push(bodyOf(page).Resources.length);
      cursor = cursorOf(page);
      await between(page);
    }
    return { names, sizes };
  }

  async function first(query: Query = {}): Promise<string> {
    return cursorOf(await acme.get('/Users', { cursor: '', count: '2', ...query })) ?? '';
  }

  function expectError(reply: Response, scimType: string): void {
    const { status, scimType: type } = reply.body as Body;
    expect([reply.status, status, type]).toEqual([400, '400', scimType]);
  }

  describe('2: pages', () => {
    it('follow each other until one has no nextCursor', async () => {
      expect(await walk({ count: '2' })).toEqual({ names: ['u3', 'u1', 'u5', 'u2', 'u4'], sizes: [2, 2, 1] });
      expect((await walk({ count: '5' })).sizes).toEqual([5]);
      expect((await walk({})).sizes).toEqual([5]);
    });

    it.each([
      ['userName', 'ascending', ['u1', 'u2', 'u3', 'u4', 'u5']],
      ['userName', 'descending', ['u5', 'u4', 'u3', 'u2', 'u1']],
      ['displayName', 'descending', ['u5', 'u4', 'u3', 'u2', 'u1']],
      ['title', 'ascending', ['u1', 'u2', 'u3', 'u4', 'u5']],
      ['meta.created', 'descending', ['u4', 'u2', 'u5', 'u1', 'u3']],
    ])('are sorted by %s %s', async (sortBy, sortOrder, names) => {
      expect((await walk({ count: '2', sortBy, sortOrder })).names).toEqual(names);
    });

    it('are of what the filter lets through, by index or not', async () => {
      expect((await walk({ count: '1', filter: 'userName co "u" and not (userName eq "u1")' })).names).toHaveLength(4);
      expect((await walk({ count: '2', filter: 'title sw "T" and nickName eq "n"' })).sizes).toEqual([2, 2, 1]);
    });

    it('say the total on each, what is on this one, and no startIndex', async () => {
      const page = await acme.get('/Users', { cursor: await first(), count: '2' });
      expect(bodyOf(page)).toMatchObject({ totalResults: 5, itemsPerPage: 2 });
      expect(bodyOf(page)).not.toHaveProperty('startIndex');
    });

    it('may change their size on the way, and have the attributes that are asked for', async () => {
      const page = await acme.get('/Users', { cursor: await first(), count: '1', attributes: 'userName' });
      expect(Object.keys(bodyOf(page).Resources[0] ?? {}).sort()).toEqual(['id', 'schemas', 'userName']);
      expect(namesOf(await acme.get('/Users', { cursor: cursorOf(page) ?? '', count: '9' }))).toEqual(['u2', 'u4']);
    });

    it('of none ask for the total only', async () => {
      for (const count of ['0', '-3']) {
        const page = await acme.get('/Users', { cursor: '', count });
        expect(bodyOf(page)).toMatchObject({ totalResults: 5, itemsPerPage: 0, Resources: [] });
        expect(cursorOf(page)).toBeUndefined();
      }
    });

    it('have a cursor of unreserved characters, short enough for a URL', async () => {
      for (const cursor of [await first(), await first({ sortBy: 'displayName' })]) {
        expect(cursor).toMatch(/^[A-Za-z0-9._~-]{20,400}$/);
      }
    });

    it('are there without a cursor too, by index', async () => {
      const page = await acme.get('/Users', { count: '2' });
      expect(bodyOf(page)).toMatchObject({ startIndex: 1, totalResults: 5 });
      expect(cursorOf(page)).toBeUndefined();
    });
  });

  describe('2: while others write', () => {
    it.each([{}, { sortBy: 'userName' }, { sortBy: 'title' }])(
      'nobody who stays is missed or comes twice (%j)',
      async (sort) => {
        const stay = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6'];
        for (const name of stay) await acme.user(name, { title: name });
        await acme.user('m0', { title: 'm0' });
        await acme.user('m9', { title: 'm9' });
        let added = 0;
        const query = { ...sort, count: '2', filter: 'userName sw "m" and meta.created pr' };
        const { names } = await walk(query, async (page) => {
          added += 1;
          await acme.user(`m0-${added}`, { title: `m0-${added}` });
          // Who came between may go again, be it the very one that the cursor stands at.
          for (const { id, userName = '' } of bodyOf(page).Resources) {
            if (!stay.includes(userName)) expect((await acme.delete(`/Users/${id}`)).status).toBe(204);
          }
        });
        expect(names.filter((name) => stay.includes(String(name))).sort()).toEqual(stay);
        expect(new Set(names).size).toBe(names.length);
        const rest = bodyOf(await acme.get('/Users', { filter: 'userName sw "m"', attributes: 'id' })).Resources;
        for (const { id } of rest) await acme.delete(`/Users/${id}`);
      },
    );

    it('the page goes on where its last resource was, though that is gone', async () => {
      const ids: string[] = [];
      for (const name of ['w1', 'w2', 'w3']) ids.push(await acme.user(name, { displayName: name }));
      const query = { filter: 'userName sw "w"', sortBy: 'displayName', count: '2' };
      const cursor = await first(query);
      await acme.delete(`/Users/${ids[1] ?? ''}`);
      expect(namesOf(await acme.get('/Users', { ...query, cursor }))).toEqual(['w3']);
      for (const id of [ids[0], ids[2]]) await acme.delete(`/Users/${id ?? ''}`);
    });

    it('a key too long for a URL is looked up again', async () => {
      const ids: string[] = [];
      for (const end of ['1', '2', '3']) ids.push(await acme.user(`l${end}`, { displayName: `x`.repeat(1500) + end }));
      const query = { filter: 'userName sw "l"', sortBy: 'displayName', count: '2' };
      const cursor = await first(query);
      expect(cursor.length).toBeLessThan(400);
      expect(namesOf(await acme.get('/Users', { ...query, cursor }))).toEqual(['l3']);
      await acme.delete(`/Users/${ids[1] ?? ''}`);
      expectError(await acme.get('/Users', { ...query, cursor }), 'expiredCursor');
      for (const id of [ids[0], ids[2]]) await acme.delete(`/Users/${id ?? ''}`);
    });
  });

  describe('2: a cursor that is none', () => {
    it.each(['no-such-cursor', '.', 'a.b', 'a.b.c', '%00', 'x'.repeat(10_000)])('%.20s is invalid', async (cursor) => {
      expectError(await acme.get('/Users', { cursor, count: '2' }), 'invalidCursor');
    });

    it('is each that differs in one character, or in length', async () => {
      const cursor = await first({ sortBy: 'userName' });
      const letters = ['A', 'a', '0', '_', '-', '.'];
      for (let at = 0; at < cursor.length; at += 1) {
        const letter = letters.find((each) => each !== cursor[at] && (at + each.charCodeAt(0)) % 3 === 0) ?? '~';
        const mutated = cursor.slice(0, at) + letter + cursor.slice(at + 1);
        expectError(await acme.get('/Users', { cursor: mutated, count: '2', sortBy: 'userName' }), 'invalidCursor');
      }
      for (const mutated of [cursor.slice(1), cursor.slice(0, -1), `${cursor}0`, `A${cursor}`, `${cursor}=`]) {
        expectError(await acme.get('/Users', { cursor: mutated, sortBy: 'userName' }), 'invalidCursor');
      }
    });

    it.each<[string, Query]>([
      ['another filter', { filter: 'userName sw "u1"' }],
      ['no filter', { filter: '' }],
      ['another sort', { sortBy: 'displayName' }],
      ['another order', { sortOrder: 'descending' }],
    ])('is one with %s', async (_, change) => {
      const query = { filter: 'userName sw "u"', sortBy: 'userName', count: '2' };
      const cursor = await first(query);
      const changed = Object.entries({ ...query, ...change, cursor }).filter(
        ([name, value]) => name !== 'filter' || value,
      );
      expectError(await acme.get('/Users', Object.fromEntries(changed)), 'invalidCursor');
    });

    it('is not one whose filter is written differently and means the same', async () => {
      const cursor = await first({ filter: 'userName sw "u"' });
      const page = await acme.get('/Users', { cursor, filter: '(USERNAME  SW "u")' });
      expect(namesOf(page)).toEqual(['u5', 'u2', 'u4']);
    });

    it('is one of another tenant, and of another type', async () => {
      const cursor = await first();
      expectError(await globex.get('/Users', { cursor }), 'invalidCursor');
      expectError(await acme.get('/Groups', { cursor }), 'invalidCursor');
      expectError(await acme.post('/.search', { schemas: SEARCH, cursor }), 'invalidCursor');
      expect((await acme.get('/Users', { cursor })).status).toBe(200);
    });

    it('is any text that we did not write', () => {
      const clock = { now: () => '2026-01-02T03:04:05.000Z' };
      const cursors = createCursors({ sign: (text) => String(text.length).padStart(64, '0'), clock });
      const texts = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.base64String(),
        fc.string().map((text) => `${text}.`),
      );
      fc.assert(
        fc.property(texts, (text) => {
          expect(() => cursors.read('scope', text)).toThrow(expect.objectContaining({ code: 'scim.invalid_cursor' }));
        }),
        { numRuns: 2000, seed: 9865 },
      );
    });

    it('is one in a store with another key', () => {
      const clock = { now: () => '2026-01-02T03:04:05.000Z' };
      const [ours, theirs] = [7, 8].map((byte) => {
        const crypto = createCrypto({ pepper: new Uint8Array(32).fill(byte) });
        return createCursors({ sign: (text) => crypto.purposeHash('cursor', text), clock });
      });
      const cursor = ours?.write('scope', { list: 0, after: { id: 'a', key: 1 }, total: 3 }) ?? '';
      expect(ours?.read('scope', cursor)).toEqual({ list: 0, after: { id: 'a', key: 1 }, total: 3 });
      expect(() => theirs?.read('scope', cursor)).toThrow(expect.objectContaining({ code: 'scim.invalid_cursor' }));
    });
  });

  describe('2: a cursor', () => {
    it('is good for any token of the tenant, and asks for one on every page', async () => {
      const cursor = await first();
      expect((await clientOf(world, 'acme-reader').get('/Users', { cursor })).status).toBe(200);
      expect((await clientOf(world, 'acme-api').get('/Users', { cursor })).status).toBe(401);
      revoked = true;
      expect((await acme.get('/Users', { cursor })).status).toBe(401);
      revoked = false;
    });

    it('expires', async () => {
      const cursor = await first();
      world.advance(3_500_000);
      const page = await acme.get('/Users', { cursor, count: '2' });
      expect(page.status).toBe(200);
      world.advance(200_000);
      expectError(await acme.get('/Users', { cursor, count: '2' }), 'expiredCursor');
      expect((await acme.get('/Users', { cursor: cursorOf(page) ?? '', count: '2' })).status).toBe(200);
    });

    it('does not go with startIndex, and wants a count that is one', async () => {
      expectError(await acme.get('/Users', { cursor: '', startIndex: '1' }), 'invalidValue');
      expectError(await acme.get('/Users', { cursor: '', count: 'many' }), 'invalidCount');
      expectError(await acme.get('/Users', { count: 'many' }), 'invalidValue');
    });
  });

  describe('3: /.search', () => {
    const searched = async (path: string, query: Json): Promise<unknown[]> => {
      const names: unknown[] = [];
      for (let cursor: string | undefined = ''; cursor !== undefined;) {
        const page: Response = await acme.post(path, { schemas: SEARCH, ...query, cursor });
        expect(page.status).toBe(200);
        expect(bodyOf(page).totalResults).toBe(path === '/.search' ? 8 : path === '/Users/.search' ? 5 : 3);
        names.push(...namesOf(page));
        cursor = cursorOf(page);
      }
      return names;
    };

    it.each([1, 2, 3, 5, 7, 8, 9])('pages over all types as over one, %d at a time', async (count) => {
      const names = ['u3', 'u1', 'u5', 'u2', 'u4', 'g1', 'g2', 'g3'];
      expect(await searched('/.search', { count, sortBy: 'id' })).toEqual(names);
    });

    it.each([
      ['/Users/.search', ['u1', 'u2', 'u3', 'u4', 'u5']],
      ['/Groups/.search', ['g1', 'g2', 'g3']],
    ])('pages %s', async (path, names) => {
      expect(await searched(path, { count: 2, sortBy: 'displayName' })).toEqual(names);
    });

    it('takes a cursor that is a text', async () => {
      expectError(await acme.post('/Users/.search', { schemas: SEARCH, cursor: 7 }), 'invalidCursor');
      expectError(await acme.post('/.search', { schemas: SEARCH, cursor: '', startIndex: 1 }), 'invalidValue');
      expect(bodyOf(await acme.post('/.search', { schemas: SEARCH, cursor: null })).startIndex).toBe(1);
    });
  });

  it('4: the provider configuration says so', async () => {
    expect((await acme.get('/ServiceProviderConfig')).body).toMatchObject({
      pagination: {
        cursor: true,
        index: true,
        defaultPaginationMethod: 'index',
        defaultPageSize: 200,
        maxPageSize: 1000,
        cursorTimeout: 3600,
      },
    });
  });
});
