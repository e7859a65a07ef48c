import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DomainError } from '../../src/core/errors.ts';
import { FILTER_LIMITS, type Filter } from '../../src/core/query.ts';
import { parseFilter } from '../../src/scim/filter.ts';
import { GROUP, USER } from '../../src/scim/schema.ts';
import { bestTime } from './best-time.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

function user(filter: string): Filter {
  return parseFilter(USER, filter);
}

/** Takes it, or refuses it as a filter; anything else is a crash. */
function parse(filter: string): void {
  try {
    user(filter);
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'scim.invalid_filter') throw error;
  }
}

function refusal(filter: string, definition = USER): string {
  try {
    parseFilter(definition, filter);
  } catch (error) {
    if (error instanceof DomainError) {
      expect(error.code).toBe('scim.invalid_filter');
      return error.message;
    }
    throw error;
  }
  throw new Error(`taken: ${filter}`);
}

const eq = (attribute: string, value: string | boolean | number, sub?: string): Filter => ({
  kind: 'compare',
  path: sub === undefined ? { attribute } : { attribute, sub },
  op: 'eq',
  value,
});

describe('the grammar of RFC 7644 3.4.2.2', () => {
  it('reads a comparison, with names and operators in any case', () => {
    const expected = { kind: 'compare', path: { attribute: 'userName' }, op: 'sw', value: 'A' };
    expect(user('userName sw "A"')).toEqual(expected);
    expect(user('USERNAME SW "A"')).toEqual(expected);
    expect(user(' ( userName  sw\t"A" ) ')).toEqual(expected);
  });

  it('reads names with their URN, core and extension, in any case', () => {
    expect(user('urn:ietf:params:scim:schemas:core:2.0:User:userName pr')).toEqual({
      kind: 'present',
      path: { attribute: 'userName' },
    });
    expect(user(`${ENTERPRISE}:Manager.VALUE eq "7"`)).toEqual({
      kind: 'compare',
      path: { schema: ENTERPRISE, attribute: 'manager', sub: 'value' },
      op: 'eq',
      value: '7',
    });
    expect(user(`${ENTERPRISE.toUpperCase()}:department pr`)).toEqual({
      kind: 'present',
      path: { schema: ENTERPRISE, attribute: 'department' },
    });
  });

  it('binds and before or, and brackets before both', () => {
    const [a, b, c] = [eq('title', 'a'), eq('title', 'b'), eq('title', 'c')];
    expect(user('title eq "a" or title eq "b" and title eq "c"')).toEqual({
      kind: 'or',
      parts: [a, { kind: 'and', parts: [b, c] }],
    });
    expect(user('(title eq "a" or title eq "b") and title eq "c"')).toEqual({
      kind: 'and',
      parts: [{ kind: 'or', parts: [a, b] }, c],
    });
  });

  it('negates a bracket as a whole', () => {
    expect(user('not (title eq "a" or title eq "b")')).toEqual({
      kind: 'not',
      part: { kind: 'or', parts: [eq('title', 'a'), eq('title', 'b')] },
    });
  });

  it('keeps what stands in quotes: brackets, operators, escapes', () => {
    expect(user('title eq "this and (not) that]"')).toEqual(eq('title', 'this and (not) that]'));
    expect(user('title eq "a\\"b\\\\c\\u0041"')).toEqual(eq('title', 'a"b\\cA'));
  });

  it('keeps the parts of a value path together', () => {
    expect(user('emails[type eq "work" and value co "x"]')).toEqual({
      kind: 'element',
      path: { attribute: 'emails' },
      where: {
        kind: 'and',
        parts: [
          eq('emails', 'work', 'type'),
          { kind: 'compare', path: { attribute: 'emails', sub: 'value' }, op: 'co', value: 'x' },
        ],
      },
    });
  });

  it("takes Entra's value path with a sub-attribute behind it as one element", () => {
    expect(user('emails[type eq "work"].value eq "x@example.com"')).toEqual({
      kind: 'element',
      path: { attribute: 'emails' },
      where: { kind: 'and', parts: [eq('emails', 'work', 'type'), eq('emails', 'x@example.com', 'value')] },
    });
  });

  it('compares a complex attribute by its value, as Entra asks for managers and members', () => {
    expect(user(`${ENTERPRISE}:manager eq "7"`)).toMatchObject({ path: { attribute: 'manager', sub: 'value' } });
    expect(parseFilter(GROUP, 'id eq "1" and members eq "2"')).toMatchObject({
      parts: [{ path: { attribute: 'id' } }, { path: { attribute: 'members', sub: 'value' } }],
    });
  });

  it('folds values by the type of the attribute', () => {
    expect(user('active eq "True"')).toEqual(eq('active', true));
    expect(user('active eq FALSE')).toEqual(eq('active', false));
    expect(user('title eq 7')).toEqual(eq('title', '7'));
    expect(user('meta.created gt "2024-01-02T03:04:05+02:00"')).toMatchObject({ value: '2024-01-02T01:04:05.000Z' });
    expect(user('roles[primary eq "True"].value pr')).toMatchObject({ where: { parts: [{ value: true }, {}] } });
    expect(user('title eq null')).toMatchObject({ value: null });
  });

  it('gives unknown names no value where all types are searched', () => {
    expect(parseFilter(GROUP, 'userName eq "x"', { unknown: 'no_value' })).toMatchObject({
      path: { attribute: 'userName' },
    });
  });
});

describe('a filter that is none', () => {
  it.each([
    ['', 'expected an attribute'],
    ['   ', 'expected an attribute'],
    ['userName', 'expected an operator'],
    ['userName eq', 'expected a value'],
    ['userName zz "x"', 'expected an operator'],
    ['userName eq x', 'a value is a text in quotes'],
    ['userName eq "x', 'a quote is not closed'],
    ['userName eq "\\q"', 'not a JSON string'],
    ['userName eq "\\u0000"', 'no value can hold'],
    ['userName eq "\\ud800"', 'no value can hold'],
    ['(userName eq "x"', 'a bracket is not closed'],
    ['userName eq "x")', 'nothing is open'],
    ['userName eq "x" and', 'expected an attribute'],
    ['userName eq "x" userName eq "y"', 'expected "and"'],
    ['and userName pr', 'no attribute'],
    ['()', 'expected an attribute'],
    ['not userName pr', 'no attribute'],
    ['emails[type eq "work"', 'a bracket is not closed'],
    ['emails[type eq "work")', 'nothing is open'],
    ['emails[emails[type pr]]', 'brackets inside brackets'],
    ['emails[nothing eq "x"]', 'no sub-attribute'],
    ['emails[type eq "work"].nothing pr', 'no sub-attribute'],
    ['userName[type pr]', 'brackets may follow'],
    ['nothing eq "x"', 'no attribute'],
    ['password eq "x"', 'no attribute'],
    ['__proto__ pr', 'no attribute'],
    ['constructor.name pr', 'no attribute'],
    ['name eq "x"', 'no value of its own'],
    ['active gt true', 'a boolean'],
    ['active eq "yes"', 'true or false'],
    ['meta.created gt "yesterday"', 'an instant'],
    ['title gt null', 'null can be compared by eq and ne only'],
    ['user\u0000Name pr', 'no attribute'],
  ])('%j is refused', (filter, message) => {
    expect(refusal(filter)).toContain(message);
  });

  it('is told with the character where it went wrong', () => {
    expect(refusal('userName eq "x" and title zz "y"')).toContain('character 27');
  });
});

describe('caps', () => {
  const clauses = (n: number): string => Array.from({ length: n }, () => 'title pr').join(' or ');
  const deep = (n: number): string => `${'('.repeat(n)}title pr${')'.repeat(n)}`;
  const long = (n: number): string => `title eq "${'x'.repeat(n - 11)}"`;

  it.each([
    ['length', long, FILTER_LIMITS.length],
    ['depth', deep, FILTER_LIMITS.depth],
    ['clauses', clauses, FILTER_LIMITS.clauses],
  ] as const)('%s: as many as allowed, and not one more', (_name, make, limit) => {
    expect(() => user(make(limit - 1))).not.toThrow();
    expect(() => user(make(limit))).not.toThrow();
    expect(refusal(make(limit + 1))).toMatch(/longer|deeper|more than/);
  });

  it.each([
    ['an unterminated text of backslashes', `title eq "${'\\\\'.repeat(4000)}`],
    ['a hundred thousand brackets', '('.repeat(100_000)],
    ['eight thousand brackets', '('.repeat(8000)],
    [
      'what explodes in a disjunctive normal form',
      Array.from({ length: 25 }, () => '(title pr or nickName pr)').join(' and '),
    ],
  ])('%s costs no time', (_name, filter) => {
    expect(bestTime(() => parse(filter), 50)).toBeLessThan(50);
  });
});

describe('any input', () => {
  const words = fc.constantFrom(
    'userName', 'emails', 'emails.value', 'name.familyName', 'active', 'meta.created', `${ENTERPRISE}:department`, 'not', 'and', 'or', 'eq', 'ne',
    'co', 'pr', 'gt', '(', ')', '[', ']', '.value', '"x"', '"True"', 'true', 'null', '5', '"', '\\', ' ', '__proto__', 'toString', '\u0000',
  ); // prettier-ignore

  it('is parsed or refused, in no time and without a crash', () => {
    const input = fc.oneof(
      fc.array(words, { maxLength: 40 }).map((parts) => parts.join(' ')),
      fc.array(words, { maxLength: 40 }).map((parts) => parts.join('')),
      fc.string({ maxLength: 200 }),
    );
    fc.assert(
      fc.property(input, (filter) => {
        expect(bestTime(() => parse(filter), 50)).toBeLessThan(50);
      }),
      { numRuns: 20_000, seed: 7644 },
    );
  });
});
