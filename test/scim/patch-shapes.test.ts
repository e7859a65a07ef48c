import { describe, expect, it } from '@jest/globals';
import { DomainError } from '../../src/core/errors.ts';
import { readDocument } from '../../src/scim/document.ts';
import { applyPatch } from '../../src/scim/patch.ts';
import { GROUP, USER } from '../../src/scim/schema.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const DRIFT = 'urn:ietf:params:scim:schemas:extension:drift:2.0:User';
const ACME = 'urn:ietf:params:scim:schemas:extension:acme:2.0:User';
const CORE = 'urn:ietf:params:scim:schemas:core:2.0:User';
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const ID = '01a2';

const WORK = { value: 'ann@work.example', type: 'work', primary: true };
const HOME = { value: 'ann@home.example', type: 'home' };
const ANN = { userName: 'ann@example.com', displayName: 'Ann', active: true, emails: [WORK, HOME] };

type Operation = Readonly<Record<string, unknown>>;
type Json = Readonly<Record<string, unknown>>;

const body = (operations: readonly Operation[]): unknown => ({ schemas: [PATCH], Operations: operations });
const patched = (before: Json, ...operations: readonly Operation[]): Json =>
  applyPatch(USER, ID, before, body(operations)).document;
const user = (...operations: readonly Operation[]): Json => patched(ANN, ...operations);
const members = (...operations: readonly Operation[]) =>
  applyPatch(GROUP, ID, { displayName: 'Sales' }, body(operations)).members;

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
  return 'taken';
}

describe('RFC 7644 3.5.2: a filter in the path', () => {
  const three = [
    { value: 'a', type: 'work', primary: true },
    { value: 'b', type: 'work' },
    { value: 'c', type: 'home' },
  ];
  const phones = (...operations: readonly Operation[]): unknown =>
    patched({ ...ANN, phoneNumbers: three }, ...operations)['phoneNumbers'];

  it('means every value that it matches, not the first', () => {
    expect(phones({ op: 'replace', path: 'phoneNumbers[type eq "work"].display', value: 'D' })).toEqual([
      { value: 'a', display: 'D', type: 'work', primary: true },
      { value: 'b', display: 'D', type: 'work' },
      three[2],
    ]);
    expect(phones({ op: 'remove', path: 'phoneNumbers[type eq "work"]' })).toEqual([three[2]]);
    expect(phones({ op: 'add', path: 'phoneNumbers[value pr].type', value: 'other' })).toMatchObject([
      { type: 'other' },
      { type: 'other' },
      { type: 'other' },
    ]);
  });

  it('leaves one primary value where it makes several primary', () => {
    const result = phones({ op: 'replace', path: 'phoneNumbers[value pr].primary', value: 'True' });
    expect((result as Json[]).filter(({ primary }) => primary === true)).toHaveLength(1);
  });

  it('of several conditions makes one value, shared by all operations', () => {
    const path = 'phoneNumbers[type eq "mobile" and primary eq "False"]';
    expect(
      phones(
        { op: 'Add', path: `${path}.value`, value: '+1' },
        { op: 'Add', path: `${path}.display`, value: 'Mobile' },
        { op: 'Replace', path: `${path}.value`, value: '+2' },
      ),
    ).toEqual([...three, { value: '+2', display: 'Mobile', type: 'mobile', primary: false }]);
  });

  it('takes not primary for what nothing is said of (RFC 7643 2.4)', () => {
    expect(phones({ op: 'replace', path: 'phoneNumbers[primary eq false].display', value: 'D' })).toMatchObject([
      { value: 'a' },
      { value: 'b', display: 'D' },
      { value: 'c', display: 'D' },
    ]);
  });

  it.each([
    ['replace', 'emails[value eq "gone@example.com"].value', 'new@example.com'],
    ['add', 'emails[type eq "other"].type', 'home'],
    ['add', 'emails[type eq "a" and type eq "b"].value', 'x@example.com'],
    ['replace', 'emails[type eq "other"]', { type: 'home', value: 'x@example.com' }],
    ['replace', 'roles[primary eq true].primary', false],
  ])('%s %s makes nothing that the filter would not find again', (op, path, value) => {
    expect(refusal(() => user({ op, path, value }))).toBe('scim.no_target');
  });

  it('once made is found again, however often the request comes', () => {
    const operation = { op: 'add', path: 'emails[type eq "other"].value', value: 'o@example.com' };
    const once = user(operation);
    expect(patched(once, operation)).toEqual(once);
  });
});

describe('RFC 7643 2.4: primary', () => {
  it('goes to the value that is said to be primary, not to one that is only named again', () => {
    const before = { ...ANN, emails: [HOME, WORK] };
    const value = [
      { ...HOME, primary: true },
      { value: WORK.value, display: 'W' },
    ];
    expect(patched(before, { op: 'add', path: 'emails', value })['emails']).toEqual([
      { ...HOME, primary: true },
      { ...WORK, display: 'W', primary: false },
    ]);
  });
});

describe('RFC 7643 2.5: what says nothing is not kept', () => {
  it('a type without a value, be it sent or left over', () => {
    expect(readDocument(USER, { userName: 'a', phoneNumbers: [{ type: 'work', value: '' }] })).toEqual({
      userName: 'a',
    });
    expect(user({ op: 'remove', path: 'emails[type eq "work"].value' })['emails']).toEqual([HOME]);
    expect(user({ op: 'replace', path: 'emails[type eq "home"].value', value: '' })['emails']).toEqual([WORK]);
    expect(user({ op: 'remove', path: 'emails.value' })).not.toHaveProperty('emails');
  });

  it('but what the same request fills again keeps its place', () => {
    expect(
      user(
        { op: 'remove', path: 'emails[type eq "work"].value' },
        { op: 'add', path: 'emails[type eq "work"].value', value: 'n@example.com' },
      )['emails'],
    ).toEqual([{ ...WORK, value: 'n@example.com' }, HOME]);
  });

  it('an address with something in it is something', () => {
    const addresses = [{ locality: 'York', type: 'work' }];
    expect(readDocument(USER, { userName: 'a', addresses })).toMatchObject({ addresses });
  });
});

describe('the manager', () => {
  const path = `${ENTERPRISE}:manager`;
  const managed = { ...ANN, [ENTERPRISE]: { manager: { value: '7', $ref: 'https://example.com/Users/7' } } };

  it.each<[unknown, unknown]>([
    ['8', { value: '8' }],
    [{ value: '8' }, { value: '8' }],
    [[{ value: '8' }], { value: '8' }],
    [['8'], { value: '8' }],
    [
      { $ref: 'https://example.com/Users/8', value: '8' },
      { value: '8', $ref: 'https://example.com/Users/8' },
    ],
    [{ value: '7' }, managed[ENTERPRISE].manager],
    [{ value: '8', displayName: 'read-only' }, { value: '8' }],
    [{ value: '8', managerId: 'unknown' }, { value: '8' }],
  ])('%j is read, and an old address does not outlive its value', (value, manager) => {
    expect(patched(managed, { op: 'Replace', path, value })[ENTERPRISE]).toEqual({ manager });
    expect(patched(managed, { op: 'replace', value: { [path]: value } })[ENTERPRISE]).toEqual({ manager });
    expect(patched(managed, { op: 'replace', value: { [ENTERPRISE]: { manager: value } } })).toMatchObject({
      [ENTERPRISE]: { manager },
    });
  });

  it.each(['', null, [], {}, { value: '' }, { value: null }, [{ value: '' }]])('%j takes it away', (value) => {
    expect(patched(managed, { op: 'Replace', path, value })).not.toHaveProperty([ENTERPRISE]);
    expect(patched(managed, { op: 'Remove', path, value })).not.toHaveProperty([ENTERPRISE]);
    expect(readDocument(USER, { userName: 'a', [ENTERPRISE]: { manager: value } })).toEqual({ userName: 'a' });
  });

  it('is reached with a dot before it, and by its parts', () => {
    expect(patched(managed, { op: 'replace', path: `${ENTERPRISE}.manager`, value: '8' })[ENTERPRISE]).toEqual({
      manager: { value: '8' },
    });
    expect(patched(managed, { op: 'replace', path: `${path}.value`, value: '8' })[ENTERPRISE]).toEqual({
      manager: { value: '8' },
    });
    expect(refusal(() => user({ op: 'replace', path: `${path}.displayName`, value: 'X' }))).toBe('scim.mutability');
  });
});

describe('a value without a path', () => {
  it('is not refused for names that are none of ours, whatever they are made of', () => {
    const odd = { 'Employee Type': 'x', 'a"b': 1, '(': 2, '': 3, 'x y z': [1], [`${ACME}:badge no`]: 'B' };
    expect(user({ op: 'replace', value: { ...odd, ' displayName ': 'B' } })).toEqual({ ...ANN, displayName: 'B' });
    expect(user({ op: 'add', value: { [ENTERPRISE]: { 'cost center': 'C', division: 'D' } } })).toMatchObject({
      [ENTERPRISE]: { division: 'D' },
    });
  });

  it('is refused for a filter that cannot be read', () => {
    expect(refusal(() => user({ op: 'replace', value: { 'emails[type eq': 'x' } }))).toBe('scim.invalid_path');
    expect(refusal(() => user({ op: 'replace', value: { 'emails[type zz "x"].value': 'x' } }))).toBe(
      'scim.invalid_filter',
    );
  });

  it('may hold what is read-only where it says nothing', () => {
    const value = { id: '', groups: [], meta: null, [DRIFT]: null, displayName: 'B', [`${CORE}:title`]: 'T' };
    expect(user({ op: 'replace', value })).toEqual({ ...ANN, displayName: 'B', title: 'T' });
    expect(refusal(() => user({ op: 'replace', value: { groups: [{ value: 'g' }] } }))).toBe('scim.mutability');
    expect(refusal(() => user({ op: 'replace', value: { [DRIFT]: { accountId: '1' } } }))).toBe('scim.mutability');
    expect(refusal(() => user({ op: 'replace', path: 'groups', value: [] }))).toBe('scim.mutability');
  });

  it('drops the password in every shape', () => {
    for (const value of [
      { password: 's3cret' },
      { [CORE]: { password: 's3cret' } },
      { [`${CORE}:password`]: 's3cret' },
    ]) {
      expect(JSON.stringify(user({ op: 'add', value }))).not.toContain('s3cret');
    }
    expect(user({ op: 'Replace', path: 'password', value: 's3cret' })).toEqual(ANN);
  });
});

describe('values', () => {
  it.each(['True', 'FALSE', 'true '])('%j is a boolean by the schema, everywhere', (text) => {
    const truth = text.trim().toLowerCase() === 'true';
    expect(user({ op: 'replace', path: 'active', value: text })).toMatchObject({ active: truth });
    expect(user({ op: 'replace', value: { active: text } })).toMatchObject({ active: truth });
    expect(user({ op: 'add', path: 'emails[type eq "home"].primary', value: text })).toMatchObject({
      emails: [{ primary: !truth }, { primary: truth }],
    });
    // A text stays one where the schema says so.
    expect(user({ op: 'replace', path: 'title', value: text })).toMatchObject({ title: text });
  });

  it.each(['yes', '1', 1, 0, 'on', ['True', 'False'], { value: true }])('%j is no boolean', (value) => {
    expect(refusal(() => user({ op: 'replace', path: 'active', value }))).toBe('scim.invalid_value');
    expect(refusal(() => user({ op: 'replace', value: { active: value } }))).toBe('scim.invalid_value');
    expect(refusal(() => readDocument(USER, { userName: 'a', active: value }))).toBe('scim.invalid_value');
  });

  it('of a role may be JSON in a text: it is kept as it came', () => {
    const value = JSON.stringify({ id: 'r1', value: 'Admin', displayName: 'Admin' });
    const roles = [{ value, type: 'WindowsAzureActiveDirectoryRole', primary: 'False' }];
    expect(user({ op: 'Add', path: 'roles', value: roles })['roles']).toEqual([{ ...roles[0], primary: false }]);
  });

  it('that must be there are not taken away (3.5.2.2), nor emptied', () => {
    expect(refusal(() => user({ op: 'remove', path: 'userName' }))).toBe('scim.mutability');
    expect(refusal(() => user({ op: 'replace', path: 'userName', value: '' }))).toBe('scim.invalid_value');
    expect(refusal(() => user({ op: 'replace', value: { userName: null } }))).toBe('scim.invalid_value');
  });
});

describe('members', () => {
  it.each<[Operation, unknown]>([
    [
      { op: 'remove', path: 'members[type eq "User" and value eq "a"]' },
      { kind: 'remove', users: ['a'] },
    ],
    [
      { op: 'Remove', path: 'members', value: [{ value: 'g', type: 'Group', display: null, $ref: null }] },
      { kind: 'remove', users: ['g'] },
    ],
    [
      { op: 'Add', path: 'members', value: [{ value: 'a', type: null, display: null, $ref: null }] },
      { kind: 'add', users: ['a'] },
    ],
    [
      { op: 'add', path: 'members', value: 'a' },
      { kind: 'add', users: ['a'] },
    ],
    [
      { op: 'replace', path: 'members[value eq "a"]', value: [{ value: 'a', display: 'A' }] },
      { kind: 'add', users: ['a'] },
    ],
    [{ op: 'Remove', path: 'members', value: null }, { kind: 'clear' }],
  ])('%j', (operation, change) => {
    expect(members(operation)).toEqual([change]);
  });

  it.each<[string, Operation]>([
    ['scim.mutability', { op: 'replace', path: 'members[value eq "a"]', value: { value: 'b' } }],
    ['scim.invalid_value', { op: 'add', path: 'members', value: [{ value: 'g', type: 'group' }] }],
    ['scim.invalid_value', { op: 'replace', value: { members: [{ value: 'g', type: 'Group' }] } }],
    ['scim.invalid_path', { op: 'remove', path: 'members[value eq "a" and value eq "b"]' }],
    ['scim.invalid_path', { op: 'remove', path: 'members[type eq "User"]' }],
    ['scim.invalid_path', { op: 'remove', path: 'members[not (value eq "a")]' }],
  ])('%s: %j', (code, operation) => {
    expect(refusal(() => members(operation))).toBe(code);
  });

  it('are untouched by a rename', () => {
    expect(members({ op: 'Replace', value: { displayName: 'Staff', id: ID } })).toEqual([]);
  });
});
