import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseFilter } from '../../src/scim/filter.ts';
import { matches } from '../../src/scim/match.ts';
import { USER } from '../../src/scim/schema.ts';
import { filters, writeFilter } from './arbitrary-filter.ts';
import { bestTime } from './best-time.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

const ANN = {
  id: '1',
  externalId: 'Ext-1',
  userName: 'Ann@Example.com',
  name: { familyName: 'Alpha' },
  active: true,
  nickName: '',
  emails: [
    { type: 'work', value: 'ann@work.example' },
    { type: 'home', value: 'ann@home.example', primary: true },
  ],
  [ENTERPRISE]: { department: 'Sales', manager: { value: '77' } },
  meta: { created: '2026-01-02T03:04:05.000Z' },
};

describe('a document and a filter', () => {
  it.each([
    ['userName eq "ann@example.com"', true],
    ['externalId eq "Ext-1"', true],
    ['externalId eq "ext-1"', false],
    ['id ne "2"', true],
    ['name.familyName sw "AL"', true],
    ['name.familyName ew "pha"', true],
    ['userName co "@EXAMPLE"', true],
    ['title pr', false],
    ['nickName pr', false],
    ['name pr', true],
    ['title eq null', true],
    ['title ne "x"', true],
    ['not (title eq "x")', true],
    ['title co "undef"', false],
    ['title gt "a"', false],
    ['active eq true', true],
    ['active ne true', false],
    ['emails.value eq "ann@home.example"', true],
    ['emails eq "ANN@home.example"', true],
    ['emails.primary eq true', true],
    ['emails[type eq "work" and value co "home"]', false],
    ['emails.type eq "work" and emails.value co "home"', true],
    ['emails[type eq "work"].value eq "ann@work.example"', true],
    ['emails[not (type eq "work")]', true],
    ['phoneNumbers[type eq "work"]', false],
    ['phoneNumbers.value ne "1"', true],
    [`${ENTERPRISE}:department eq "sales"`, true],
    [`${ENTERPRISE}:manager eq "77"`, true],
    [`${ENTERPRISE}:manager.displayName pr`, false],
    ['meta.created ge "2026-01-02T04:04:05+01:00"', true],
    ['meta.created gt "2026-01-02T03:04:05Z"', false],
    ['meta.created sw "2026-01"', true],
    ['not (active eq true and title pr)', true],
  ])('%s: %s', (filter, expected) => {
    expect(matches(USER, parseFilter(USER, filter), ANN)).toBe(expected);
  });

  it('never looks at what the document inherits', () => {
    const inherited = Object.create({ title: 'x' }) as Record<string, unknown>;
    expect(matches(USER, parseFilter(USER, 'title pr'), inherited)).toBe(false);
  });
});

it('what is written out is read back the same', () => {
  fc.assert(
    fc.property(filters, (filter) => {
      expect(parseFilter(USER, writeFilter(filter))).toEqual(filter);
    }),
    { numRuns: 500, seed: 7643 },
  );
});

describe('a long part of a long text', () => {
  const text = 'ab'.repeat(32_768);
  const holds = (filter: string, nickName: string): boolean => matches(USER, parseFilter(USER, filter), { nickName });

  it('is found where it is, and nowhere else', () => {
    const parts = fc.tuple(fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 300 }), fc.nat(300), fc.nat(200));
    fc.assert(
      fc.property(parts, fc.boolean(), ([whole, from, length], other) => {
        const part = whole.slice(from, from + length) + (other ? 'a' : '');
        expect(holds(`nickName co "${part}"`, whole)).toBe(whole !== '' && whole.includes(part));
      }),
      { numRuns: 1000, seed: 7643 },
    );
  });

  it.each(['ab'.repeat(2000) + 'b' + 'ab'.repeat(2000), 'b'.repeat(8000), `${'ab'.repeat(4000)}aa`])(
    'is looked for in no time',
    (part) => {
      expect(bestTime(() => void holds(`nickName co "${part}"`, text), 50)).toBeLessThan(50);
    },
  );
});
