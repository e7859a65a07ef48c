import { expect, it } from '@jest/globals';
import type { Json } from '../scim/requests.ts';
import { conformance, expectError } from './conformance-world.ts';

const A = { value: 'a@example.com', type: 'work' };
const B = { value: 'b@example.com', type: 'home' };
const C = { value: 'c@example.com', type: 'other' };

conformance('primary', (scim) => {
  /** The values that are primary after the operations, in order. */
  const primaries = async (emails: readonly Json[], ...operations: readonly Json[]): Promise<readonly unknown[]> => {
    const path = `/Users/${await scim.user(scim.unique(), { emails })}`;
    expect((await scim.patch(path, ...operations)).status).toBe(200);
    const after = (await scim.read(path))['emails'] as readonly Json[];
    return after.filter(({ primary }) => primary === true).map(({ value }) => value);
  };
  const BEFORE = [{ ...A, primary: true }, B];

  it.each<[string, Json, readonly string[]]>([
    ['added by path', { op: 'add', path: 'emails', value: [{ ...C, primary: true }] }, [C.value]],
    ['added without a path', { op: 'add', value: { emails: [{ ...C, primary: true }] } }, [C.value]],
    [
      'made by a selection',
      { op: 'add', path: 'emails[type eq "other" and primary eq true].value', value: C.value },
      [C.value],
    ],
    ['set in a selected value', { op: 'replace', path: 'emails[type eq "home"].primary', value: true }, [B.value]],
    ['set as text, as Entra does', { op: 'Replace', path: 'emails[type eq "home"].primary', value: 'True' }, [B.value]],
    [
      'in a value that is replaced',
      { op: 'replace', path: 'emails[type eq "home"]', value: { ...B, primary: true } },
      [B.value],
    ],
    ['in a list that is replaced', { op: 'replace', path: 'emails', value: [A, { ...B, primary: true }] }, [B.value]],
  ])('RFC 7643 2.4: a new primary, %s, is the only one', async (_what, operation, left) => {
    expect(await primaries(BEFORE, operation)).toEqual(left);
  });

  it.each<[string, Json, readonly string[]]>([
    ['a value that is not primary is added', { op: 'add', path: 'emails', value: [C] }, [A.value]],
    ['another value goes', { op: 'remove', path: 'emails[type eq "home"]' }, [A.value]],
    ['it is said again', { op: 'replace', path: 'emails[type eq "work"].primary', value: true }, [A.value]],
    ['its own value changes', { op: 'replace', path: 'emails[type eq "work"].display', value: 'D' }, [A.value]],
  ])('RFC 7643 2.4: the primary stays when %s', async (_what, operation, left) => {
    expect(await primaries(BEFORE, operation)).toEqual(left);
  });

  it.each<[string, Json]>([
    ['it is set to false', { op: 'replace', path: 'emails[primary eq true].primary', value: false }],
    ['it is removed', { op: 'remove', path: 'emails[primary eq true].primary' }],
    ['its value is removed', { op: 'remove', path: 'emails[primary eq true]' }],
  ])('RFC 7643 2.4: nobody is primary when %s', async (_what, operation) => {
    expect(await primaries(BEFORE, operation)).toEqual([]);
  });

  it('RFC 7643 2.4: two in one added list are 400 invalidValue', async () => {
    const path = `/Users/${await scim.user(scim.unique(), { emails: BEFORE })}`;
    const value = [B, C].map((email) => ({ ...email, primary: true }));
    expectError(await scim.patch(path, { op: 'add', path: 'emails', value }), 400, 'invalidValue');
    expect(await scim.read(path)).toHaveProperty('emails', BEFORE);
  });

  it('RFC 7643 2.4: a selection of several cannot make all of them primary', async () => {
    const operation = { op: 'replace', path: 'emails[value pr].primary', value: true };
    expect(await primaries(BEFORE, operation)).toEqual([B.value]);
  });

  it('RFC 7643 2.4: each attribute has a primary of its own', async () => {
    const id = await scim.user(scim.unique(), {
      emails: [{ ...A, primary: true }],
      phoneNumbers: [{ value: '+1', primary: true }],
    });
    expect(await scim.read(`/Users/${id}`)).toMatchObject({
      emails: [{ primary: true }],
      phoneNumbers: [{ primary: true }],
    });
  });
});
