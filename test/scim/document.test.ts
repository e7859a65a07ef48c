import { describe, expect, it } from '@jest/globals';
import { DomainError } from '../../src/core/errors.ts';
import { readDocument } from '../../src/scim/document.ts';
import { GROUP, USER } from '../../src/scim/schema.ts';
import { TEXT_LIMIT } from '../../src/scim/value.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const DRIFT = 'urn:ietf:params:scim:schemas:extension:drift:2.0:User';

const user = (body: Record<string, unknown>) => readDocument(USER, { userName: 'ann@example.com', ...body });

function refusal(body: unknown): DomainError {
  try {
    readDocument(USER, body);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('taken');
}

describe('a body as a document', () => {
  it('has canonical names in the order of the schema', () => {
    const document = readDocument(USER, {
      [ENTERPRISE.toUpperCase()]: { DEPARTMENT: 'D' },
      EMAILS: [{ Type: 'work', VALUE: 'a@example.com' }],
      Name: { FAMILYNAME: 'A', givenname: 'B' },
      USERNAME: 'ann',
    });
    expect(JSON.stringify(document)).toBe(
      JSON.stringify({
        userName: 'ann',
        name: { familyName: 'A', givenName: 'B' },
        emails: [{ value: 'a@example.com', type: 'work' }],
        [ENTERPRISE]: { department: 'D' },
      }),
    );
  });

  it('leaves out what is unassigned, read-only, write-only or unknown', () => {
    expect(
      user({
        schemas: ['urn:x'],
        id: null,
        meta: { resourceType: 'User' },
        groups: [{ value: 'x' }],
        password: 'never kept',
        nickName: null,
        title: '',
        phoneNumbers: [],
        emails: [{}, { value: '' }],
        name: { givenName: '' },
        mailNickname: 'x',
        'urn:ietf:params:scim:schemas:extension:acme:2.0:User': { badge: 1 },
        [DRIFT]: { accountId: '1' },
        [ENTERPRISE]: { manager: { managerId: '', displayName: ' ' } },
        __proto__: { x: 1 },
        constructor: 'x',
      }),
    ).toEqual({ userName: 'ann@example.com' });
  });

  it('takes the shapes that clients send instead of the right ones', () => {
    expect(
      user({
        active: 'TRUE',
        emails: { value: 'a@example.com' },
        phoneNumbers: ['+1'],
        name: [{ familyName: 'A' }],
        [ENTERPRISE]: { manager: '7' },
      }),
    ).toEqual({
      userName: 'ann@example.com',
      active: true,
      emails: [{ value: 'a@example.com' }],
      phoneNumbers: [{ value: '+1' }],
      name: { familyName: 'A' },
      [ENTERPRISE]: { manager: { value: '7' } },
    });
  });

  it('keeps a value once, and words outside the canonical ones', () => {
    const email = { value: 'a@example.com', type: 'Personal' };
    expect(user({ emails: [email, email] })).toMatchObject({ emails: [email] });
  });

  it.each([
    ['scim.invalid_syntax', null],
    ['scim.invalid_syntax', []],
    ['scim.invalid_syntax', { userName: 'a', schemas: 'urn:x' }],
    ['scim.invalid_syntax', { userName: 'a', USERNAME: 'b' }],
    ['scim.invalid_value', {}],
    ['scim.invalid_value', { userName: '' }],
    ['scim.invalid_value', { userName: 7 }],
    ['scim.invalid_value', { userName: 'mi\u212ae@example.com' }],
    ['scim.invalid_value', { userName: 'a\u0000' }],
    ['scim.invalid_value', { userName: 'a', active: 'yes' }],
    ['scim.invalid_value', { userName: 'a', title: ['x', 'y'] }],
    ['scim.invalid_value', { userName: 'a', name: 'x' }],
    ['scim.invalid_value', { userName: 'a', password: { a: 1 } }],
    [
      'scim.invalid_value',
      {
        userName: 'a',
        emails: [
          { primary: true, value: 'x' },
          { primary: true, value: 'y' },
        ],
      },
    ],
    ['scim.invalid_value', { userName: 'a', [ENTERPRISE]: 'x' }],
  ])('%s: %j', (code, body) => {
    expect(refusal(body).code).toBe(code);
  });

  it('names the place of a mistake, and does not repeat the value', () => {
    const error = refusal({ userName: 'a', emails: [{ value: 'x' }, { value: 4711 }] });
    expect(error.places).toMatchObject([{ path: 'emails[1].value' }]);
    expect(error.message).not.toContain('4711');
  });

  it('holds texts up to a length, and not one character more', () => {
    const title = (n: number) => ({ title: 'x'.repeat(n) });
    expect(() => user(title(TEXT_LIMIT - 1))).not.toThrow();
    expect(() => user(title(TEXT_LIMIT))).not.toThrow();
    expect(refusal({ userName: 'a', ...title(TEXT_LIMIT + 1) }).code).toBe('scim.invalid_value');
  });

  it('of a group holds no members: they are rows', () => {
    expect(readDocument(GROUP, { displayName: 'G', members: [{ value: '1' }] })).toEqual({ displayName: 'G' });
  });
});
