import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DomainError, type ErrorCode } from '../../src/core/errors.ts';
import { type PatchResult, applyPatch } from '../../src/scim/patch.ts';
import { PATCH_LIMIT } from '../../src/scim/patch-message.ts';
import { GROUP, USER } from '../../src/scim/schema.ts';
import { VALUES_LIMIT } from '../../src/scim/value.ts';
import { bestTime } from './best-time.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const ID = '01a2';

const ANN = {
  userName: 'ann@example.com',
  name: { givenName: 'Ann', familyName: 'A' },
  displayName: 'Ann',
  active: true,
  emails: [
    { value: 'ann@work.example', type: 'work', primary: true },
    { value: 'ann@home.example', type: 'home' },
  ],
  [ENTERPRISE]: { department: 'Sales', costCenter: 'C' },
};

type Operation = Readonly<Record<string, unknown>>;

const body = (...operations: readonly Operation[]): unknown => ({ schemas: [PATCH], Operations: operations });

function user(...operations: readonly Operation[]): Record<string, unknown> {
  return applyPatch(USER, ID, ANN, body(...operations)).document;
}

function group(...operations: readonly Operation[]): PatchResult {
  return applyPatch(GROUP, ID, { displayName: 'Sales' }, body(...operations));
}

function refusal(work: () => unknown): ErrorCode {
  try {
    work();
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
  throw new Error('taken');
}

describe('single values', () => {
  it('are set by add and replace and cleared by remove, "", null and []', () => {
    expect(user({ op: 'add', path: 'title', value: 'T' })).toEqual({ ...ANN, title: 'T' });
    expect(user({ op: 'Replace', path: 'DISPLAYNAME', value: 'B' })).toMatchObject({ displayName: 'B' });
    for (const value of ['', null, []]) {
      expect(user({ op: 'replace', path: 'displayName', value })).not.toHaveProperty('displayName');
    }
    expect(user({ op: 'remove', path: 'displayName' })).not.toHaveProperty('displayName');
  });

  it('take text for booleans, in any case, and nothing else', () => {
    expect(user({ op: 'replace', path: 'active', value: 'False' })).toMatchObject({ active: false });
    expect(refusal(() => user({ op: 'replace', path: 'active', value: 'no' }))).toBe('scim.invalid_value');
    expect(refusal(() => user({ op: 'replace', path: 'active', value: 0 }))).toBe('scim.invalid_value');
  });

  it('keep the rest of a complex value', () => {
    expect(user({ op: 'replace', path: 'name.familyName', value: 'B' })['name']).toEqual({
      givenName: 'Ann',
      familyName: 'B',
    });
    expect(user({ op: 'replace', path: 'name', value: { familyName: 'B', givenName: '' } })['name']).toEqual({
      familyName: 'B',
    });
    expect(user({ op: 'add', path: 'name', value: {} })['name']).toEqual(ANN.name);
    expect(
      user({ op: 'remove', path: 'name.givenName' }, { op: 'remove', path: 'name.familyName' }),
    ).not.toHaveProperty('name');
  });

  it('of an extension are reached by URN, also with the dot that Microsoft puts', () => {
    for (const path of [
      `${ENTERPRISE}:department`,
      `${ENTERPRISE.toUpperCase()}:Department`,
      `${ENTERPRISE}.department`,
    ]) {
      expect(user({ op: 'replace', path, value: 'Ops' })[ENTERPRISE]).toEqual({ department: 'Ops', costCenter: 'C' });
    }
    expect(user({ op: 'remove', path: ENTERPRISE })).not.toHaveProperty([ENTERPRISE]);
    expect(user({ op: 'add', path: ENTERPRISE, value: { division: 'D' } })[ENTERPRISE]).toEqual({
      ...ANN[ENTERPRISE],
      division: 'D',
    });
    expect(user({ op: 'replace', path: 'urn:ietf:params:scim:schemas:core:2.0:User:title', value: 'T' })).toMatchObject(
      { title: 'T' },
    );
  });

  it.each([['7'], [{ value: '7' }], [[{ value: '7' }]], [{ value: '7', displayName: 'ignored' }]])(
    'take a manager as %j',
    (value) => {
      const path = `${ENTERPRISE}:manager`;
      expect(user({ op: 'Add', path, value })[ENTERPRISE]).toMatchObject({ manager: { value: '7' } });
      const cleared = user({ op: 'Add', path, value }, { op: 'Replace', path, value: '' })[ENTERPRISE];
      expect(cleared).not.toHaveProperty('manager');
    },
  );
});

describe('lists of values', () => {
  const emails = (...operations: readonly Operation[]) => user(...operations)['emails'];

  it('grow by add, and do not double what is there', () => {
    const other = { value: 'x@example.com', type: 'other' };
    expect(emails({ op: 'add', path: 'emails', value: [other] })).toEqual([...ANN.emails, other]);
    expect(emails({ op: 'add', path: 'emails', value: other })).toEqual([...ANN.emails, other]);
    expect(emails({ op: 'add', path: 'emails', value: [{ value: 'ANN@work.example', type: 'work' }] })).toHaveLength(2);
  });

  it('have one primary value: the newest', () => {
    const added = emails({ op: 'add', path: 'emails', value: [{ value: 'x@example.com', primary: true }] });
    expect(added).toMatchObject([{ primary: false }, {}, { value: 'x@example.com', primary: true }]);
    expect(emails({ op: 'replace', path: 'emails[type eq "home"].primary', value: true })).toMatchObject([
      { type: 'work', primary: false },
      { type: 'home', primary: true },
    ]);
    const two = [
      { value: 'a', primary: true },
      { value: 'b', primary: true },
    ];
    expect(refusal(() => emails({ op: 'replace', path: 'emails', value: two }))).toBe('scim.invalid_value');
  });

  it('are replaced as a whole, also without a path, and emptied', () => {
    const one = [{ value: 'x@example.com' }];
    expect(emails({ op: 'replace', path: 'emails', value: one })).toEqual(one);
    expect(emails({ op: 'replace', value: { emails: one } })).toEqual(one);
    expect(emails({ op: 'replace', path: 'emails', value: [] })).toBeUndefined();
    expect(emails({ op: 'remove', path: 'emails' })).toBeUndefined();
  });

  it('lose only the named values where a remove names some', () => {
    expect(emails({ op: 'remove', path: 'emails', value: [{ value: 'ann@home.example' }] })).toEqual([ANN.emails[0]]);
    expect(emails({ op: 'remove', path: 'emails', value: [{ value: 'ann@home.example', type: 'work' }] })).toHaveLength(
      2,
    );
    expect(emails({ op: 'remove', path: 'emails', value: [] })).toHaveLength(2);
  });

  it('are changed where a filter selects', () => {
    expect(emails({ op: 'replace', path: 'emails[type eq "work"].value', value: 'n@example.com' })).toMatchObject([
      { value: 'n@example.com', type: 'work', primary: true },
      ANN.emails[1],
    ]);
    expect(emails({ op: 'replace', path: 'emails[type eq "work"]', value: { value: 'n@example.com' } })).toEqual([
      { value: 'n@example.com', type: 'work' },
      ANN.emails[1],
    ]);
    expect(emails({ op: 'add', path: 'emails[type eq "work"]', value: { display: 'D' } })).toMatchObject([
      { ...ANN.emails[0], display: 'D' },
      ANN.emails[1],
    ]);
    expect(emails({ op: 'remove', path: 'emails[type eq "work" or value ew "home.example"]' })).toBeUndefined();
    expect(emails({ op: 'remove', path: 'emails[type eq "work"].primary' })).toEqual([
      { value: 'ann@work.example', type: 'work' },
      ANN.emails[1],
    ]);
    expect(emails({ op: 'replace', path: 'emails.type', value: 'other' })).toMatchObject([
      { type: 'other' },
      { type: 'other' },
    ]);
  });

  it.each(['Add', 'Replace'])('%s makes the element that a filter of plain eq names, once', (op) => {
    const path = 'addresses[type eq "work"]';
    expect(
      user({ op, path: `${path}.locality`, value: 'York' }, { op, path: `${path}.country`, value: 'GB' })['addresses'],
    ).toEqual([{ locality: 'York', country: 'GB', type: 'work' }]);
    expect(user({ op, path: 'roles[primary eq "True"].value', value: 'ADMIN' })['roles']).toEqual([
      { value: 'ADMIN', primary: true },
    ]);
  });

  it.each([
    { op: 'replace', path: 'emails[value ew "@nowhere"].display', value: 'X' },
    { op: 'add', path: 'emails[type eq "a" or type eq "b"].value', value: 'X' },
    { op: 'remove', path: 'emails[type eq "other"]' },
    { op: 'remove' },
  ])('%j has no target', (operation) => {
    expect(refusal(() => user(operation))).toBe('scim.no_target');
  });
});

describe('a value without a path', () => {
  it('is taken key by key: names, dotted names, URNs, value paths', () => {
    expect(
      user({
        op: 'replace',
        value: {
          displayName: 'B',
          'name.givenName': 'Bea',
          [`${ENTERPRISE}:department`]: 'Ops',
          [ENTERPRISE]: { employeeNumber: '7' },
          'emails[type eq "home"].value': 'h@example.com',
          mailNickname: 'unknown to us',
          'urn:ietf:params:scim:schemas:extension:acme:2.0:User:badge': 'B1',
          'urn:ietf:params:scim:schemas:extension:acme:2.0:User': { badge: 'B1' },
          password: 'secret',
          schemas: ['urn:x'],
          meta: { resourceType: 'User' },
        },
      }),
    ).toEqual({
      ...ANN,
      displayName: 'B',
      name: { givenName: 'Bea', familyName: 'A' },
      emails: [ANN.emails[0], { value: 'h@example.com', type: 'home' }],
      [ENTERPRISE]: { employeeNumber: '7', costCenter: 'C', department: 'Ops' },
    });
  });

  it('may repeat the id, and not change it', () => {
    expect(user({ op: 'replace', value: { id: ID, displayName: 'B' } })).toMatchObject({ displayName: 'B' });
    expect(refusal(() => user({ op: 'replace', value: { id: 'other' } }))).toBe('scim.mutability');
  });
});

describe('what is refused', () => {
  it.each<[ErrorCode, Operation]>([
    ['scim.mutability', { op: 'replace', path: 'id', value: 'other' }],
    ['scim.mutability', { op: 'replace', path: 'meta.created', value: '2001-01-01T00:00:00Z' }],
    ['scim.mutability', { op: 'add', path: 'groups', value: [{ value: '1' }] }],
    [
      'scim.mutability',
      { op: 'replace', path: 'urn:ietf:params:scim:schemas:extension:drift:2.0:User:accountId', value: '1' },
    ],
    ['scim.mutability', { op: 'remove', path: 'urn:ietf:params:scim:schemas:extension:drift:2.0:User' }],
    ['scim.invalid_path', { op: 'replace', path: 'noSuchThing.at.all', value: 'x' }],
    ['scim.invalid_path', { op: 'replace', path: 'emails[type eq', value: 'x' }],
    ['scim.invalid_path', { op: 'replace', path: 'emails[type eq "work"]x', value: 'x' }],
    ['scim.invalid_path', { op: 'replace', path: 'name[givenName eq "x"]', value: 'x' }],
    ['scim.invalid_path', { op: 'replace', path: 'user name', value: 'x' }],
    ['scim.invalid_path', { op: 'replace', path: '"', value: 'x' }],
    ['scim.invalid_path', { op: 'replace', path: 7, value: 'x' }],
    ['scim.invalid_path', { op: 'add', path: '__proto__.polluted', value: 'x' }],
    ['scim.invalid_path', { op: 'add', path: 'constructor.prototype.polluted', value: 'x' }],
    ['scim.invalid_filter', { op: 'replace', path: 'emails[type zz "x"]', value: 'x' }],
    ['scim.invalid_value', { op: 'replace', path: 'displayName', value: { a: 1 } }],
    ['scim.invalid_value', { op: 'replace', path: 'displayName', value: 7 }],
    ['scim.invalid_value', { op: 'replace', path: 'displayName' }],
    ['scim.invalid_value', { op: 'replace', path: 'displayName', value: 'a\u0000b' }],
    ['scim.invalid_value', { op: 'replace', path: 'displayName', value: '\ud800' }],
    ['scim.invalid_value', { op: 'replace', path: 'password', value: 7 }],
    ['scim.mutability', { op: 'remove', path: 'userName' }],
    ['scim.invalid_value', { op: 'replace', path: 'userName', value: '' }],
    ['scim.invalid_value', { op: 'replace', value: 'x' }],
    ['scim.invalid_syntax', { op: 'move', path: 'title', value: 'x' }],
    ['scim.invalid_syntax', { op: 'add', value: { title: 'a', TITLE: 'b' } }],
  ])('%s: %j', (code, operation) => {
    expect(refusal(() => user(operation))).toBe(code);
  });

  it.each([
    null,
    [],
    'x',
    {},
    { schemas: [PATCH] },
    { schemas: [PATCH], Operations: [] },
    { schemas: [PATCH], Operations: {} },
    { schemas: [PATCH], Operations: ['x'] },
    { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], Operations: [{ op: 'remove', path: 'title' }] },
  ])('a body of %j', (message) => {
    expect(refusal(() => applyPatch(USER, ID, ANN, message))).toBe('scim.invalid_syntax');
  });

  it('more operations than a request may hold', () => {
    const operations = (n: number) => Array.from({ length: n }, () => ({ op: 'add', path: 'title', value: 'T' }));
    expect(() => user(...operations(PATCH_LIMIT - 1))).not.toThrow();
    expect(() => user(...operations(PATCH_LIMIT))).not.toThrow();
    expect(refusal(() => user(...operations(PATCH_LIMIT + 1)))).toBe('request.too_large');
  });

  it('more values than an attribute may hold, at once or bit by bit', () => {
    const roles = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, n) => ({ value: `role ${from + n}` }));
    const add = (from: number, to: number) => ({ op: 'add', path: 'roles', value: roles(from, to) });
    expect(() => user(add(0, VALUES_LIMIT - 1))).not.toThrow();
    expect(() => user(add(0, VALUES_LIMIT))).not.toThrow();
    expect(refusal(() => user(add(0, VALUES_LIMIT + 1)))).toBe('scim.invalid_value');
    expect(() => user(add(0, VALUES_LIMIT), add(0, VALUES_LIMIT))).not.toThrow();
    expect(refusal(() => user(add(0, VALUES_LIMIT), add(VALUES_LIMIT, VALUES_LIMIT + 1)))).toBe('scim.invalid_value');
  });

  it('a document that would grow beyond what a request may hold', () => {
    const large = Array.from({ length: 20 }, (_, n) => ({ value: `${n}${'x'.repeat(60_000)}` }));
    expect(refusal(() => user({ op: 'add', path: 'roles', value: large }))).toBe('request.too_large');
  });

  it('the worst that fits in a request costs little', () => {
    const many = Array.from({ length: VALUES_LIMIT }, (_, n) => ({ value: `r${n}` }));
    const operations = [
      ...Array.from({ length: 30 }, () => ({ op: 'add', path: 'roles', value: many })),
      ...Array.from({ length: 30 }, () => ({ op: 'remove', path: 'roles', value: many.slice(1).toReversed() })),
    ];
    expect(bestTime(() => void user(...operations), 3000)).toBeLessThan(3000);
  });

  it('leaves the document as it was', () => {
    const before = structuredClone(ANN);
    expect(() =>
      applyPatch(
        USER,
        ID,
        before,
        body({ op: 'replace', path: 'emails[type eq "work"].value', value: 'x' }, { op: 'remove' }),
      ),
    ).toThrow(DomainError);
    expect(before).toEqual(ANN);
  });
});

describe('members', () => {
  const one = [{ $ref: null, value: 'a', display: 'A' }];

  it.each<[Operation, PatchResult['members'][number]]>([
    [
      { op: 'Add', path: 'members', value: one },
      { kind: 'add', users: ['a'] },
    ],
    [
      { op: 'add', value: { members: one } },
      { kind: 'add', users: ['a'] },
    ],
    [
      { op: 'add', path: 'members', value: { value: 'a', type: 'User' } },
      { kind: 'add', users: ['a'] },
    ],
    [
      { op: 'Remove', path: 'members', value: one },
      { kind: 'remove', users: ['a'] },
    ],
    [
      { op: 'Remove', path: 'members', value: { value: 'a' } },
      { kind: 'remove', users: ['a'] },
    ],
    [
      { op: 'remove', path: 'members', value: [] },
      { kind: 'remove', users: [] },
    ],
    [
      { op: 'remove', path: 'members[value eq "a"]' },
      { kind: 'remove', users: ['a'] },
    ],
    [
      { op: 'remove', path: 'MEMBERS[Value EQ "a" or value eq "b"]' },
      { kind: 'remove', users: ['a', 'b'] },
    ],
    [{ op: 'remove', path: 'members' }, { kind: 'clear' }],
    [
      { op: 'replace', path: 'members', value: [...one, ...one] },
      { kind: 'set', users: ['a'] },
    ],
    [
      { op: 'replace', path: 'members', value: [] },
      { kind: 'set', users: [] },
    ],
    [
      { op: 'replace', value: { members: [], displayName: 'Sales', id: ID } },
      { kind: 'set', users: [] },
    ],
  ])('%j is a delta', (operation, change) => {
    expect(group(operation)).toEqual({ document: { displayName: 'Sales' }, members: [change] });
  });

  it('come in the order of the request, beside other changes', () => {
    const result = group(
      { op: 'remove', path: 'members[value eq "a"]' },
      { op: 'replace', path: 'displayName', value: 'Staff' },
      { op: 'add', path: 'members', value: [{ value: 'b' }] },
    );
    expect(result).toEqual({
      document: { displayName: 'Staff' },
      members: [
        { kind: 'remove', users: ['a'] },
        { kind: 'add', users: ['b'] },
      ],
    });
  });

  it.each<[ErrorCode, Operation]>([
    ['scim.invalid_value', { op: 'add', path: 'members', value: [{ value: 'g', type: 'Group' }] }],
    ['scim.invalid_value', { op: 'add', path: 'members', value: [{ display: 'no id' }] }],
    ['scim.invalid_path', { op: 'remove', path: 'members[display eq "A"]' }],
    ['scim.mutability', { op: 'replace', path: 'members[value eq "a"].value', value: 'b' }],
    ['scim.mutability', { op: 'replace', path: 'members.display', value: 'b' }],
    ['scim.mutability', { op: 'remove', path: 'displayName' }],
  ])('%s: %j', (code, operation) => {
    expect(refusal(() => group(operation))).toBe(code);
  });
});

describe('any PATCH', () => {
  const names = fc.constantFrom(
    'userName', 'emails', 'emails[type eq "work"]', 'emails[type eq "work"].value', 'name', 'name.givenName', ENTERPRISE, `${ENTERPRISE}:manager`,
    'active', 'groups', 'meta', 'id', 'schemas', 'password', '__proto__', 'constructor', 'constructor.prototype', '__proto__.x', 'toString',
    'emails.__proto__', 'emails[__proto__ eq "x"]', 'roles[primary eq "True"].value', '', 'x'.repeat(9000), 'emails[', ']', '"',
  ); // prettier-ignore
  const values = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom('True', '', null, [], {}, [{ value: 'v', type: 'work', primary: true }], { value: 'v' }),
    fc.dictionary(names, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
    fc.constant(JSON.parse('{"__proto__": {"polluted": 1}, "name": {"__proto__": {"polluted": 1}}}')),
  );
  const operation = fc.record(
    { op: fc.constantFrom('add', 'Replace', 'remove', 'x'), path: names, value: values },
    { requiredKeys: ['op'] },
  );

  it('changes the document, or is refused; it never touches a prototype', () => {
    const builtins = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype];
    const before = builtins.map((each) => Object.getOwnPropertyNames(each).length);
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 4 }), (operations) => {
        try {
          const { document } = applyPatch(USER, ID, ANN, body(...operations));
          expect(Object.getPrototypeOf(document)).toBe(Object.prototype);
          expect(document['userName']).toEqual(expect.any(String));
          expect(document).not.toHaveProperty('polluted');
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
        }
      }),
      { numRuns: 5000, seed: 7644 },
    );
    expect(builtins.map((each) => Object.getOwnPropertyNames(each).length)).toEqual(before);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
