import { beforeAll, expect, it } from '@jest/globals';
import { ENTERPRISE, SEARCH_REQUEST, USER, conformanceOnEach, expectError, namesOf } from './conformance-world.ts';
import { createPeople } from './people.ts';

conformanceOnEach('sort', (scim) => {
  beforeAll(() => createPeople(scim));

  const sorted = async (query: Record<string, string>): Promise<string> =>
    namesOf(await scim.get('/Users', query)).join(' ');

  it.each<[string, string, string]>([
    ['without case', 'userName', 'ann Bob cyd dee eve'],
    ['with what has no value last, or first', 'name.familyName', 'ann cyd Bob dee eve'],
    ['by a name in another case', 'USERNAME', 'ann Bob cyd dee eve'],
    ['by a name with its URN', `${USER}:userName`, 'ann Bob cyd dee eve'],
    ['by the primary or first value of a list', 'emails', 'ann Bob cyd dee eve'],
    ['by a part of the primary or first value', 'emails.type', 'dee ann Bob cyd eve'],
    ['by an extension', `${ENTERPRISE}:department`, 'ann cyd Bob dee eve'],
    ['with its case where that counts', 'externalId', 'ann dee Bob cyd eve'],
    ['by instants', 'meta.created', 'ann Bob cyd dee eve'],
    ['by booleans', 'active', 'Bob ann cyd dee eve'],
  ])('RFC 7644 3.4.2.3: %s: %s', async (_what, sortBy, up) => {
    const down = up.split(' ').toReversed().join(' ');
    expect(await sorted({ sortBy })).toBe(up);
    expect(await sorted({ sortBy, sortOrder: 'ascending' })).toBe(up);
    expect(await sorted({ sortBy, sortOrder: 'descending' })).toBe(down);
  });

  it('RFC 7644 3.4.2.3: of a list the primary value counts, wherever it stands, else the first', async () => {
    const email = (name: string) => ({ value: `${name}@example.com` });
    await scim.other.user('late', { emails: [email('b'), email('a')] });
    await scim.other.user('early', { emails: [email('z'), { ...email('a'), primary: true }] });
    for (const sortBy of ['emails', 'emails.value']) {
      expect(namesOf(await scim.other.get('/Users', { sortBy }))).toEqual(['early', 'late']);
    }
  });

  it('RFC 7644 3.4.2.3: what is equal keeps one order, on every page', async () => {
    const pages = await Promise.all(
      [1, 2, 3, 4, 5].map((n) => sorted({ sortBy: 'locale', startIndex: String(n), count: '1' })),
    );
    expect(pages.join(' ')).toBe(await sorted({ sortBy: 'locale' }));
    expect(new Set(pages).size).toBe(5);
  });

  it.each(['userName', 'title'])('RFC 7644 3.4.2.3: pages by %s follow each other in the order', async (sortBy) => {
    const whole = await sorted({ sortBy, sortOrder: 'descending' });
    const pages = await Promise.all(
      [1, 3, 5].map((n) => sorted({ sortBy, sortOrder: 'descending', startIndex: String(n), count: '2' })),
    );
    expect(pages.join(' ')).toBe(whole);
  });

  it('RFC 7644 3.4.2.3: what is filtered is sorted', async () => {
    expect(await sorted({ filter: 'title pr', sortBy: 'userName', sortOrder: 'descending' })).toBe('dee Bob ann');
  });

  it('RFC 7644 3.4.2.3: sortOrder alone sorts nothing', async () => {
    expect(await sorted({ sortOrder: 'descending' })).toBe(await sorted({}));
  });

  it('RFC 7644 3.4.2.3: without a sort the order is the same on every request', async () => {
    expect(await sorted({})).toBe(await sorted({}));
  });

  it('RFC 7644 3.4.2.3: an order without its case is the order', async () => {
    expect(await sorted({ sortBy: 'userName', sortOrder: 'DESCENDING' })).toBe('eve dee cyd Bob ann');
  });

  it('RFC 7644 3.4.2.3: another order is 400 invalidValue', async () => {
    expectError(await scim.get('/Users', { sortBy: 'userName', sortOrder: 'up' }), 400, 'invalidValue');
  });

  it.each(['favouriteColour', 'name.petName', 'emails[type eq "work"]', '__proto__'])(
    'RFC 7644 3.4.2.3: %s is nothing to sort by: 400 invalidPath',
    async (sortBy) => {
      expectError(await scim.get('/Users', { sortBy }), 400, 'invalidPath');
    },
  );

  it('RFC 7644 3.4.3: a search sorts as a query does', async () => {
    const body = { schemas: [SEARCH_REQUEST], sortBy: 'name.familyName', sortOrder: 'descending' };
    expect(namesOf(await scim.post('/Users/.search', body)).join(' ')).toBe('eve dee Bob cyd ann');
  });
});
