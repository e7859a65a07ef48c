import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DomainError } from '../../src/core/errors.ts';
import { readDocument } from '../../src/scim/document.ts';
import type { Dialect } from '../../src/scim/dialect.ts';
import { applyPatch } from '../../src/scim/patch.ts';
import { USER } from '../../src/scim/schema.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

type Json = Readonly<Record<string, unknown>>;

const word = fc.constantFrom('a', 'b', 'A', 'c');
const type = fc.constantFrom('work', 'home', 'Work');
const primary = fc.constantFrom<unknown>(true, false, 'True', 'false');
const element = fc.record({ value: word, type, primary, display: word }, { requiredKeys: [] });
const condition = fc.oneof(
  type.map((each) => `type eq "${each}"`),
  word.map((each) => `value eq "${each}"`),
  primary.map((each) => `primary eq ${JSON.stringify(each)}`),
  fc.constantFrom('value pr', 'not (primary eq true)', 'display sw "a"', 'type pr'),
);
const filter = fc.oneof(
  condition,
  fc.tuple(condition, fc.constantFrom('and', 'or'), condition).map((each) => each.join(' ')),
);
const path = fc.oneof(
  fc.constantFrom(
    'emails',
    'emails.value',
    'emails.primary',
    'emails.type',
    `${ENTERPRISE}:manager`,
    `${ENTERPRISE}:manager.value`,
    'name',
    'active',
  ),
  fc
    .tuple(filter, fc.constantFrom('', '.value', '.type', '.primary', '.display'))
    .map(([where, sub]) => `emails[${where}]${sub}`),
);
const value = fc.oneof(
  word,
  primary,
  element,
  fc.array(element, { maxLength: 3 }),
  fc.constantFrom('', null, [], {}, { givenName: 'G' }, { value: '7', $ref: 'https://example.com/Users/7' }),
);
const operation = fc.record(
  { op: fc.constantFrom('Add', 'replace', 'Remove'), path, value },
  { requiredKeys: ['op', 'path'] },
);
const dialect: fc.Arbitrary<Dialect> = fc.record({
  removeWithValue: fc.constantFrom('named', 'all'),
  replaceMembers: fc.constantFrom('whole', 'add'),
  replaceWithoutMatch: fc.constantFrom('create', 'noTarget'),
  removeWithoutMatch: fc.constantFrom('noTarget', 'ignore'),
  missingActive: fc.constantFrom('keep', 'true'),
  unknownAttributes: fc.constantFrom('ignore', 'refuse'),
  unknownPath: fc.constantFrom('invalidPath', 'ignore'),
});

function attempt(before: Json, operations: readonly Json[], how: Dialect): Json | undefined {
  try {
    return applyPatch(USER, '1', before, { schemas: [PATCH], Operations: operations }, how).document;
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}

describe('whatever PATCH makes', () => {
  const before = fc.array(element, { maxLength: 4 }).map((emails): Json => {
    const one = emails.findIndex((each) => each.primary === true || each.primary === 'True');
    const list = emails.map((each, at) => (at === one ? { ...each, primary: true } : { ...each, primary: false }));
    return readDocument(USER, { userName: 'ann@example.com', emails: list });
  });
  const requests = fc.tuple(before, fc.array(operation, { minLength: 1, maxLength: 4 }), dialect);
  const runs = { numRuns: 4000, seed: 7644 };

  it('is a document that a PUT could have brought: types, one primary, no doubles, nothing empty', () => {
    let taken = 0;
    fc.assert(
      fc.property(requests, ([start, operations, how]) => {
        const made = attempt(start, operations, how);
        if (made === undefined) return;
        taken += 1;
        expect(readDocument(USER, made)).toEqual(made);
      }),
      runs,
    );
    expect(taken).toBeGreaterThan(500);
  });

  it('without a filter is the same when the same request comes again', () => {
    fc.assert(
      fc.property(requests, ([start, operations, how]) => {
        const [first] = operations.filter(({ path: to }) => !to.includes('['));
        const once = first === undefined ? undefined : attempt(start, [first], how);
        if (first === undefined || once === undefined) return;
        expect(attempt(once, [first], how)).toEqual(once);
      }),
      runs,
    );
  });

  it('leaves what was there before as it was', () => {
    fc.assert(
      fc.property(requests, ([start, operations, how]) => {
        const copy = structuredClone(start);
        attempt(start, operations, how);
        expect(start).toEqual(copy);
      }),
      { ...runs, numRuns: 1000 },
    );
  });
});
