import { beforeAll, expect, it } from '@jest/globals';
import { bodyOf } from '../scim/requests.ts';
import { conformanceOnEach, expectError, idsOf } from './conformance-world.ts';

const TOTAL = 7;

conformanceOnEach('index paging', (scim) => {
  let ids: readonly string[] = [];

  beforeAll(async () => {
    for (let at = 1; at <= TOTAL; at += 1) await scim.user(`p${at}`, at % 2 === 1 ? { title: 'odd' } : {});
    ids = idsOf(await scim.get('/Users'));
  });

  it.each<[string, Record<string, string>, number, number, readonly [number, number]]>([
    ['no parameters: all, from 1', {}, 1, 7, [0, 7]],
    ['a page', { startIndex: '3', count: '2' }, 3, 2, [2, 4]],
    ['a count alone: from 1', { count: '3' }, 1, 3, [0, 3]],
    ['a start alone: to the end', { startIndex: '6' }, 6, 2, [5, 7]],
    ['the last page, of fewer', { startIndex: '6', count: '5' }, 6, 2, [5, 7]],
    ['a page that ends at the end', { startIndex: '6', count: '2' }, 6, 2, [5, 7]],
    ['count 0: the total alone', { count: '0' }, 1, 0, [0, 0]],
    ['a negative count is 0', { count: '-1' }, 1, 0, [0, 0]],
    ['a start of 0 is 1', { startIndex: '0', count: '2' }, 1, 2, [0, 2]],
    ['a negative start is 1', { startIndex: '-3', count: '2' }, 1, 2, [0, 2]],
    ['past the end: nothing', { startIndex: '8', count: '5' }, 8, 0, [0, 0]],
    ['far past the end: nothing', { startIndex: '1000000' }, 1_000_000, 0, [0, 0]],
    ['a count beyond the most', { count: '5000' }, 1, 7, [0, 7]],
    ['a page that does not start at a multiple of its size', { startIndex: '2', count: '4' }, 2, 4, [1, 5]],
  ])('RFC 7644 3.4.2.4: %s', async (_what, query, startIndex, itemsPerPage, [from, to]) => {
    const reply = await scim.get('/Users', query);
    expect(reply.status).toBe(200);
    expect(bodyOf(reply)).toMatchObject({ totalResults: TOTAL, startIndex, itemsPerPage });
    expect(idsOf(reply)).toEqual(ids.slice(from, to));
  });

  it.each([1, 2, 3, 5, 7, 10])('RFC 7644 3.4.2.4: pages of %d give everybody once', async (count) => {
    const seen: string[] = [];
    for (let startIndex = 1; startIndex <= TOTAL; startIndex += count) {
      seen.push(...idsOf(await scim.get('/Users', { startIndex: String(startIndex), count: String(count) })));
    }
    expect(seen).toEqual(ids);
  });

  it('RFC 7644 3.4.2.4: the total is of what the filter lets through', async () => {
    const reply = await scim.get('/Users', { filter: 'title eq "odd"', startIndex: '2', count: '2' });
    expect(bodyOf(reply)).toMatchObject({ totalResults: 4, itemsPerPage: 2, startIndex: 2 });
  });

  it('RFC 7644 3.4.2.4: with count 0 the filter is counted, and nothing given', async () => {
    expect(bodyOf(await scim.get('/Users', { filter: 'title eq "odd"', count: '0' }))).toMatchObject({
      totalResults: 4,
      itemsPerPage: 0,
      Resources: [],
    });
  });

  it.each<[string, Record<string, string>]>([
    ['a word for count', { count: 'ten' }],
    ['a word for startIndex', { startIndex: 'first' }],
    ['a fraction', { count: '1.5' }],
    ['a hexadecimal', { startIndex: '0x10' }],
  ])('RFC 7644 3.4.2.4: %s is 400 invalidValue', async (_what, query) => {
    expectError(await scim.get('/Users', query), 400, 'invalidValue');
  });

  it('RFC 7644 3.4.2.4: what is deleted between two pages is in no later page', async () => {
    const gone = await scim.user('gone');
    const before = bodyOf(await scim.get('/Users', { count: '1' })).totalResults;
    await scim.delete(`/Users/${gone}`);
    const after = await scim.get('/Users', { startIndex: String(before) });
    expect([bodyOf(after).totalResults, idsOf(after)]).toEqual([before - 1, []]);
  });

  it('RFC 7644 3.4.2.4: groups page like users', async () => {
    const groups: string[] = [];
    for (const name of ['a', 'b', 'c']) groups.push(await scim.group(name));
    const reply = await scim.get('/Groups', { startIndex: '2', count: '5' });
    expect(bodyOf(reply)).toMatchObject({ totalResults: 3, itemsPerPage: 2, startIndex: 2 });
    expect(idsOf(reply).every((id) => groups.includes(id))).toBe(true);
  });
});
