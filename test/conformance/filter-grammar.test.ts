import { beforeAll, describe, expect, it } from '@jest/globals';
import { ENTERPRISE, conformance, conformanceOnEach, expectError, namesOf } from './conformance-world.ts';
import { createPeople } from './people.ts';

type Asked = readonly [what: string, filter: string, found: string];

conformanceOnEach('filter grammar', (scim) => {
  beforeAll(() => createPeople(scim));

  const found = async (filter: string): Promise<string> =>
    namesOf(await scim.get('/Users', { filter, sortBy: 'userName' })).join(' ');

  it.each<Asked>([
    ['`and` binds tighter than `or`', 'userName eq "eve" or title eq "agent" and userName eq "ann"', 'ann eve'],
    ['`and` binds tighter than `or`, on its left', 'userName eq "ann" and title pr or userName eq "eve"', 'ann eve'],
    ['brackets bind tightest', '(userName eq "eve" or title eq "agent") and userName eq "ann"', 'ann'],
    ['`not` binds tighter than `and`', 'not (title pr) and userName eq "eve"', 'eve'],
    ['`not` binds tighter than `or`', 'not (title pr) or userName eq "ann"', 'ann cyd eve'],
    ['`not` denies an `and` as a whole', 'not (title eq "agent" and userName eq "ann")', 'Bob cyd dee eve'],
    ['`not` denies an `or` as a whole', 'not (title pr or nickName pr)', 'eve'],
    ['`not` denies `not`', 'not (not (userName eq "ann"))', 'ann'],
    ['several `and`', 'title pr and active eq true and externalId pr', 'ann dee'],
    ['several `or`', 'userName eq "ann" or userName eq "bob" or userName eq "eve"', 'ann Bob eve'],
    ['brackets within brackets', '((userName eq "ann") or ((title sw "m") and (active eq false)))', 'ann Bob'],
    ['`and` and `or` by turns', 'title pr and active eq false or title pr and userName eq "dee"', 'Bob dee'],
  ])('RFC 7644 3.4.2.2: %s: %s', async (_what, filter, names) => {
    expect(await found(filter)).toBe(names);
  });

  it.each<Asked>([
    ['attribute names', 'USERNAME eq "ann"', 'ann'],
    ['operators', 'userName EQ "ann" OR userName Eq "eve"', 'ann eve'],
    ['`not` and `pr`', 'NOT (title PR)', 'cyd eve'],
    ['sub-attributes', 'NAME.FAMILYNAME eq "adams"', 'ann'],
    ['names within brackets', 'Emails[TYPE eq "work" AND Value sw "a"]', 'ann'],
    ['URNs', `${ENTERPRISE.toUpperCase()}:DEPARTMENT eq "north"`, 'ann'],
  ])('RFC 7644 3.4.2.2: the case of %s does not count: %s', async (_what, filter, names) => {
    expect(await found(filter)).toBe(names);
  });

  it.each<Asked>([
    ['an operator', 'displayName eq "Cyd (C) and Co [x]"', 'cyd'],
    ['an escaped quote', 'displayName eq "Bob \\"B\\" Example"', 'Bob'],
    ['an escaped backslash', 'nickName eq "back\\\\slash"', 'cyd'],
    ['an escape by number', 'userName eq "\\u0061nn"', 'ann'],
    ['a letter outside ASCII', 'displayName eq "Zo\u00e9"', 'dee'],
    ['the same letter in two parts', 'displayName eq "Zoe\u0301"', 'dee'],
    ['a bracket', 'displayName co "("', 'cyd'],
    ['a percent sign, which is no wildcard', 'userName co "%"', ''],
    ['an underscore, which is no wildcard', 'userName sw "_"', ''],
    ['a quote of SQL', 'userName eq "ann\' or 1=1 --"', ''],
    ['words of the grammar', 'title ne "x" and displayName co "and co"', 'cyd'],
  ])('RFC 7644 3.4.2.2: a text may hold %s: %s', async (_what, filter, names) => {
    expect(await found(filter)).toBe(names);
  });

  it.each<Asked>([
    ['none inside brackets', '(userName eq "ann")', 'ann'],
    ['several', '  userName   eq   "ann"  ', 'ann'],
    ['inside brackets', '( userName eq "ann" )', 'ann'],
    ['none after `not`', 'not(userName eq "ann")', 'Bob cyd dee eve'],
    ['tabs', 'userName\teq\t"ann"', 'ann'],
  ])('RFC 7644 3.4.2.2: blanks: %s', async (_what, filter, names) => {
    expect(await found(filter)).toBe(names);
  });
});

conformance('filter grammar refused', (scim) => {
  it.each<[string, string]>([
    ['a name alone', 'userName'],
    ['no value', 'userName eq'],
    ['no operator', 'userName "ann"'],
    ['no name', 'eq "ann"'],
    ['an unknown operator', 'userName like "ann"'],
    ['a bare word as value', 'userName eq ann'],
    ['a text in single quotes', "userName eq 'ann'"],
    ['an open quote', 'userName eq "ann'],
    ['an unknown escape', 'userName eq "\\x"'],
    ['an open bracket', '(userName eq "ann"'],
    ['a closing bracket too many', 'userName eq "ann")'],
    ['brackets that do not belong together', '(emails[type eq "work")]'],
    ['empty brackets', '()'],
    ['an empty value path', 'emails[]'],
    ['`and` at the end', 'userName eq "ann" and'],
    ['`or` at the beginning', 'or userName eq "ann"'],
    ['nothing between two clauses', 'userName eq "ann" title pr'],
    ['`not` without brackets', 'not userName eq "ann"'],
    ['`and not` without brackets', 'title pr and not userName eq "ann"'],
    ['`pr` with a value', 'title pr "x"'],
    ['an object as value', 'userName eq {"a":1}'],
    ['a list as value', 'userName eq ["ann"]'],
    ['an unknown attribute', 'favouriteColour eq "red"'],
    ['an unknown sub-attribute', 'name.petName eq "x"'],
    ['an unknown URN', 'urn:example:x:userName eq "ann"'],
    ['an unknown name in brackets', 'emails[colour eq "red"]'],
    ['brackets after a simple attribute', 'userName[value eq "ann"]'],
    ['brackets within brackets', 'emails[type[value eq "x"]]'],
    ['a complex attribute without a value of its own', 'name eq "Ann"'],
    ['null with an order', 'title gt null'],
    ['`and` twice', 'title pr and and nickName pr'],
    ['a semicolon', 'title pr; nickName pr'],
    ['nothing', ''],
    ['a prototype', '__proto__ pr'],
  ])('RFC 7644 3.4.2.2: %s is 400 invalidFilter: %s', async (_what, filter) => {
    expectError(await scim.get('/Users', { filter }), 400, 'invalidFilter');
  });

  describe('RFC 7644 7.1: limits', () => {
    const clauses = (n: number) => Array.from({ length: n }, () => 'title pr').join(' or ');
    const nested = (n: number) => `${'('.repeat(n)}title pr${')'.repeat(n)}`;
    const long = (n: number) => `title eq "${'x'.repeat(n - 'title eq ""'.length)}"`;

    it.each<[string, string, string]>([
      ['50 clauses', clauses(50), clauses(51)],
      ['20 brackets', nested(20), nested(21)],
      ['8,192 characters', long(8192), long(8193)],
    ])('RFC 7644 3.4.2.2: %s are taken, one more is 400 invalidFilter', async (_what, most, more) => {
      const search = (filter: string) =>
        scim.post('/Users/.search', { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'], filter });
      expect((await search(most)).status).toBe(200);
      expectError(await search(more), 400, 'invalidFilter');
    });
  });
});
