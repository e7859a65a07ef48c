import { beforeAll, expect, it } from '@jest/globals';
import { type Body, bodyOf } from '../scim/requests.ts';
import { SEARCH_REQUEST, conformanceOnEach, expectError, idsOf } from './conformance-world.ts';

interface CursorPage extends Body {
  readonly nextCursor?: string;
  readonly previousCursor?: string;
}

conformanceOnEach('cursor paging', (scim) => {
  let ids: readonly string[] = [];

  beforeAll(async () => {
    for (let at = 1; at <= 5; at += 1) await scim.user(`c${at}`, { title: `T${at % 2}` });
    ids = idsOf(await scim.get('/Users'));
  });

  const page = async (query: Record<string, string>) => {
    const reply = await scim.get('/Users', query);
    expect(reply.status).toBe(200);
    return reply.body as CursorPage;
  };
  const next = async (query: Record<string, string> = {}) =>
    (await page({ cursor: '', count: '2', ...query })).nextCursor ?? '';

  it('RFC 9865 2: an empty cursor asks for the first page, which names the next', async () => {
    const { Resources, nextCursor, itemsPerPage, totalResults } = await page({ cursor: '', count: '2' });
    expect(Resources.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect([typeof nextCursor, itemsPerPage, totalResults]).toEqual(['string', 2, 5]);
  });

  it('RFC 9865 2: nextCursor gives the next page', async () => {
    const { Resources } = await page({ cursor: await next(), count: '2' });
    expect(Resources.map(({ id }) => id)).toEqual(ids.slice(2, 4));
  });

  it('RFC 9865 2: the last page names no next', async () => {
    const second = await page({ cursor: await next(), count: '2' });
    const last = await page({ cursor: second.nextCursor ?? '', count: '2' });
    expect(last.Resources.map(({ id }) => id)).toEqual(ids.slice(4));
    expect(last).not.toHaveProperty('nextCursor');
  });

  it('RFC 9865 2: a page that holds all names no next', async () => {
    expect(await page({ cursor: '', count: '5' })).not.toHaveProperty('nextCursor');
  });

  it('RFC 9865 2: a cursor may be used again, and gives the same page', async () => {
    const cursor = await next();
    expect((await page({ cursor, count: '2' })).Resources).toEqual((await page({ cursor, count: '2' })).Resources);
  });

  it('RFC 9865 2: the count may change between pages', async () => {
    const { Resources } = await page({ cursor: await next(), count: '3' });
    expect(Resources.map(({ id }) => id)).toEqual(ids.slice(2));
  });

  it('RFC 9865 2: without a count the page has the size that the provider says', async () => {
    expect((await page({ cursor: '' })).itemsPerPage).toBe(5);
  });

  it('RFC 9865 2: a cursor is of unreserved characters (RFC 3986 2.3)', async () => {
    expect(await next()).toMatch(/^[A-Za-z0-9._~-]+$/);
  });

  it('RFC 9865 2: startIndex is of the other way of paging: not in the answer', async () => {
    expect(await page({ cursor: '', count: '2' })).not.toHaveProperty('startIndex');
  });

  it('RFC 9865 2: a query without cursor is paged by index, and names no cursor', async () => {
    const answer = await page({ count: '2' });
    expect(answer.startIndex).toBe(1);
    expect(answer).not.toHaveProperty('nextCursor');
  });

  it('RFC 9865 2: filter and sort hold on every page', async () => {
    const query = { filter: 'title eq "T1"', sortBy: 'userName', sortOrder: 'descending', count: '2' };
    const first = await page({ ...query, cursor: '' });
    const second = await page({ ...query, cursor: first.nextCursor ?? '' });
    expect([...first.Resources, ...second.Resources].map(({ userName }) => userName)).toEqual(['c5', 'c3', 'c1']);
  });

  it('RFC 9865 2: what is created meanwhile neither repeats nor hides anybody', async () => {
    const query = { filter: 'userName sw "m"', sortBy: 'userName', count: '2' };
    for (const name of ['m1', 'm3', 'm5']) await scim.user(name);
    const first = await page({ ...query, cursor: '' });
    await scim.user('m0');
    await scim.user('m4');
    const second = await page({ ...query, cursor: first.nextCursor ?? '' });
    const third =
      second.nextCursor === undefined ? [] : (await page({ ...query, cursor: second.nextCursor })).Resources;
    const seen = [...first.Resources, ...second.Resources, ...third].map(({ userName }) => userName);
    expect(seen).toEqual(['m1', 'm3', 'm4', 'm5']);
    for (const { id } of bodyOf(await scim.get('/Users', { filter: 'userName sw "m"' })).Resources) {
      await scim.delete(`/Users/${id}`);
    }
  });

  it.each(['no-such-cursor', 'x', 'MA', '%', '../..'])(
    'RFC 9865 2: the cursor %s is 400 invalidCursor',
    async (cursor) => {
      expectError(await scim.get('/Users', { cursor }), 400, 'invalidCursor');
    },
  );

  it.each<[string, Record<string, string>]>([
    ['another filter', { filter: 'title eq "T1"' }],
    ['another sort', { sortBy: 'title' }],
    ['another order', { sortBy: 'userName', sortOrder: 'descending' }],
  ])('RFC 9865 2: a cursor with %s is 400 invalidCursor', async (_what, query) => {
    expectError(
      await scim.get('/Users', { cursor: await next({ sortBy: 'userName' }), count: '2', ...query }),
      400,
      'invalidCursor',
    );
  });

  it('RFC 9865 2: a cursor of users is none of groups: 400 invalidCursor', async () => {
    expectError(await scim.get('/Groups', { cursor: await next(), count: '2' }), 400, 'invalidCursor');
  });

  it('RFC 9865 6: a cursor of one tenant is none of another', async () => {
    expectError(await scim.other.get('/Users', { cursor: await next(), count: '2' }), 400, 'invalidCursor');
  });

  it('RFC 9865 2: a cursor that was left too long is 400 expiredCursor', async () => {
    const cursor = await next();
    scim.world().advance(3_599_000);
    expect((await scim.get('/Users', { cursor, count: '2' })).status).toBe(200);
    scim.world().advance(2_000);
    expectError(await scim.get('/Users', { cursor, count: '2' }), 400, 'expiredCursor');
  });

  it('RFC 9865 2: a count that is no number is 400 invalidCount', async () => {
    expectError(await scim.get('/Users', { cursor: '', count: 'many' }), 400, 'invalidCount');
  });

  it('RFC 9865 2: cursor and startIndex together are 400', async () => {
    expectError(await scim.get('/Users', { cursor: '', startIndex: '1' }), 400, 'invalidValue');
  });

  it('RFC 9865 2: a cursor belongs to nobody who is not let in', async () => {
    const path = `/Users?count=2&cursor=${await next()}`;
    expectError(await scim.send('get', path, { token: null }), 401);
  });

  it('RFC 9865 3: a search pages by cursor in its body', async () => {
    const search = async (cursor: string) => {
      const reply = await scim.post('/Users/.search', { schemas: [SEARCH_REQUEST], cursor, count: 3 });
      expect(reply.status).toBe(200);
      return reply.body as CursorPage;
    };
    const first = await search('');
    const second = await search(first.nextCursor ?? '');
    expect([...first.Resources, ...second.Resources].map(({ id }) => id)).toEqual(ids);
    expect(second).not.toHaveProperty('nextCursor');
  });
});
