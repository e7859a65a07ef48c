import { beforeAll, expect, it } from '@jest/globals';
import { type Json, bodyOf } from '../scim/requests.ts';
import { LIST, SEARCH_REQUEST, conformance, expectError, idsOf } from './conformance-world.ts';

conformance('search', (scim) => {
  let users: readonly string[] = [];
  let groups: readonly string[] = [];

  beforeAll(async () => {
    for (const name of ['ann', 'bob', 'cyd']) await scim.user(name, { displayName: `D ${name}`, title: 'T' });
    for (const name of ['D team', 'D zone']) await scim.group(name);
    users = idsOf(await scim.get('/Users'));
    groups = idsOf(await scim.get('/Groups'));
  });

  const search = (path: string, more: Json = {}) =>
    scim.post(`${path}/.search`, { schemas: [SEARCH_REQUEST], ...more });

  it.each<[string, Json]>([
    ['filter', { filter: 'userName eq "ann"' }],
    ['sortBy and sortOrder', { sortBy: 'userName', sortOrder: 'descending' }],
    ['startIndex and count', { startIndex: 2, count: 1 }],
    ['count 0', { count: 0 }],
    ['startIndex 0', { startIndex: 0, count: 2 }],
    ['attributes', { attributes: ['title'] }],
    ['excludedAttributes', { excludedAttributes: ['title', 'meta'] }],
  ])('RFC 7644 3.4.3: %s of the body is as of a query', async (_what, more) => {
    const query = Object.fromEntries(Object.entries(more).map(([name, value]) => [name, String(value)]));
    const [posted, got] = [await search('/Users', more), await scim.get('/Users', query)];
    expect(posted.status).toBe(200);
    expect(posted.body).toEqual(got.body);
  });

  it.each<[string, () => readonly string[]]>([
    ['', () => [...users, ...groups]],
    ['/Users', () => users],
    ['/Groups', () => groups],
  ])('RFC 7644 3.4.3: %s/.search finds all that is below it', async (path, expected) => {
    const reply = await search(path);
    expect(bodyOf(reply)).toMatchObject({ schemas: [LIST], totalResults: expected().length });
    expect(idsOf(reply)).toEqual(expected());
  });

  it('RFC 7644 3.4.2.1: at the root an attribute of both types is asked of both', async () => {
    expect(bodyOf(await search('', { filter: 'displayName sw "D"' })).totalResults).toBe(5);
  });

  it.each<[string, Json]>([
    ['a user', { filter: 'userName eq "ann"' }],
    ['a group', { filter: 'displayName eq "D team"' }],
    ['either', { filter: 'meta.resourceType eq "Group" and displayName eq "D zone"' }],
  ])('RFC 7644 3.4.2.1: at the root a filter finds %s', async (_what, more) => {
    expect(bodyOf(await search('', more)).totalResults).toBe(1);
  });

  it('RFC 7644 3.4.2.1: at the root a name that a type lacks has no value there', async () => {
    expect(idsOf(await search('', { filter: 'not (title pr)' }))).toEqual(groups);
  });

  it.each([1, 2, 3, 4, 5])('RFC 7644 3.4.2.4: at the root pages of %d give everything once', async (count) => {
    const seen: string[] = [];
    for (let startIndex = 1; startIndex <= 5; startIndex += count) {
      const reply = await search('', { startIndex, count });
      expect(bodyOf(reply)).toMatchObject({ totalResults: 5, startIndex, itemsPerPage: idsOf(reply).length });
      seen.push(...idsOf(reply));
    }
    expect(seen).toEqual([...users, ...groups]);
  });

  it.each<[string, Json, string]>([
    ['no schemas', {}, 'invalidSyntax'],
    ['another schema', { schemas: [LIST] }, 'invalidSyntax'],
    ['a bad filter', { schemas: [SEARCH_REQUEST], filter: 'userName' }, 'invalidFilter'],
    ['a filter that is no text', { schemas: [SEARCH_REQUEST], filter: 7 }, 'invalidValue'],
    ['a count that is no number', { schemas: [SEARCH_REQUEST], count: 'many' }, 'invalidValue'],
    ['attributes that are no names', { schemas: [SEARCH_REQUEST], attributes: [7] }, 'invalidValue'],
  ])('RFC 7644 3.4.3: a search with %s is 400', async (_what, body, scimType) => {
    for (const path of ['/.search', '/Users/.search']) expectError(await scim.post(path, body), 400, scimType);
  });

  it('RFC 7644 3.4.3: names of the message are read without their case', async () => {
    const body = { Schemas: [SEARCH_REQUEST.toLowerCase()], FILTER: 'userName eq "ann"' };
    expect(bodyOf(await scim.post('/Users/.search', body)).totalResults).toBe(1);
  });

  it('RFC 7644 3.4.3: a search has no resource of its own: no Location, no ETag', async () => {
    const { headers } = await search('');
    expect(headers).not.toHaveProperty('location');
    expect(headers).not.toHaveProperty('etag');
  });
});
