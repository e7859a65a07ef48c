import { expect, it } from '@jest/globals';
import type { Json } from '../scim/requests.ts';
import { PATCH_OP, conformance, expectError } from './conformance-world.ts';

const headers = { 'content-type': 'application/scim+json' };
const TITLE = { op: 'replace', path: 'title', value: 'U' };

conformance('PATCH refused', (scim) => {
  const made = async (): Promise<string> => `/Users/${await scim.user(scim.unique(), { title: 'T' })}`;

  it.each<[string, unknown]>([
    ['no schemas', { Operations: [TITLE] }],
    ['another schema', { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'], Operations: [TITLE] }],
    ['no Operations', { schemas: [PATCH_OP] }],
    ['empty Operations', { schemas: [PATCH_OP], Operations: [] }],
    ['Operations that are no list', { schemas: [PATCH_OP], Operations: TITLE }],
    ['an operation that is no object', { schemas: [PATCH_OP], Operations: ['title'] }],
    ['no op', { schemas: [PATCH_OP], Operations: [{ path: 'title', value: 'U' }] }],
    ['an unknown op', { schemas: [PATCH_OP], Operations: [{ ...TITLE, op: 'move' }] }],
    ['an op that is no text', { schemas: [PATCH_OP], Operations: [{ ...TITLE, op: 1 }] }],
    ['the op twice', { schemas: [PATCH_OP], Operations: [{ ...TITLE, OP: 'add' }] }],
    ['a list', [TITLE]],
  ])('RFC 7644 3.5.2: a body of %s is 400 invalidSyntax', async (_what, body) => {
    const path = await made();
    expectError(await scim.send('patch', path, { headers, body }), 400, 'invalidSyntax');
    expect(await scim.read(path)).toMatchObject({ title: 'T' });
  });

  it('RFC 7644 3.5.2: names of the message are read without their case', async () => {
    const path = await made();
    const body = { SCHEMAS: [PATCH_OP.toUpperCase()], operations: [{ Op: 'replace', Path: 'title', Value: 'U' }] };
    expect((await scim.send('patch', path, { headers, body })).status).toBe(200);
    expect(await scim.read(path)).toMatchObject({ title: 'U' });
  });

  it.each<[string, unknown]>([
    ['an unknown attribute', 'favouriteColour'],
    ['an unknown sub-attribute', 'name.petName'],
    ['a part of what has none', 'title.value'],
    ['an open bracket', 'emails[type eq "work"'],
    ['text behind a bracket', 'emails[type eq "work"]value'],
    ['two brackets', 'emails[type eq "work"][primary eq true]'],
    ['an unknown part behind a bracket', 'emails[type eq "work"].colour'],
    ['a selection in a single value', 'name[givenName eq "Ann"]'],
    ['a number', 7],
    ['a list', ['title']],
    ['a prototype', '__proto__'],
    ['a constructor', 'constructor.prototype'],
    ['two names', 'title nickName'],
  ])('RFC 7644 3.12: the path of %s is 400 invalidPath', async (_what, target) => {
    const path = await made();
    expectError(await scim.patch(path, { op: 'replace', path: target, value: 'x' }), 400, 'invalidPath');
  });

  it.each([
    'emails[type xx "work"].value',
    'emails[colour eq "red"].value',
    'emails[].value',
    'emails[type eq work].value',
  ])('RFC 7644 3.12: a bad filter in the path %s is 400 invalidFilter', async (target) => {
    expectError(await scim.patch(await made(), { op: 'replace', path: target, value: 'x' }), 400, 'invalidFilter');
  });

  it.each(['add', 'replace'])('RFC 7644 3.5.2: %s without a value is 400 invalidValue', async (op) => {
    expectError(await scim.patch(await made(), { op, path: 'title' }), 400, 'invalidValue');
  });

  it.each<[string, unknown]>([
    ['a text', 'T'],
    ['a list', ['title']],
    ['nothing', undefined],
  ])('RFC 7644 3.5.2: %s is no value without a path: 400 invalidValue', async (_what, value) => {
    expectError(await scim.patch(await made(), { op: 'add', value }), 400, 'invalidValue');
  });

  it.each<[string, string, Json]>([
    ['a path that is none', 'invalidPath', { op: 'add', path: 'x y z', value: 'x' }],
    ['a value of the wrong type', 'invalidValue', { op: 'replace', path: 'active', value: 'perhaps' }],
    ['a read-only attribute', 'mutability', { op: 'replace', path: 'id', value: 'x' }],
    ['a selection that finds nothing', 'noTarget', { op: 'remove', path: 'emails[type eq "work"]' }],
  ])('RFC 7644 3.5.2: %s in the last operation undoes all of them', async (_what, scimType, bad) => {
    const path = await made();
    const before = await scim.read(path);
    expectError(await scim.patch(path, TITLE, { op: 'add', path: 'nickName', value: 'N' }, bad), 400, scimType);
    expect(await scim.read(path)).toEqual(before);
  });

  it('RFC 7644 3.5.2: an error in a group undoes its members too', async () => {
    const user = await scim.user(scim.unique());
    const path = `/Groups/${await scim.group('G')}`;
    const before = await scim.read(path);
    const members = { op: 'add', path: 'members', value: [{ value: user }] };
    expectError(await scim.patch(path, members, { op: 'add', path: 'colour', value: 'red' }), 400, 'invalidPath');
    expect(await scim.read(path)).toEqual(before);
  });

  it('RFC 7644 3.5.2: what a set of operations leaves must be a resource: 400, nothing changed', async () => {
    const path = await made();
    const before = await scim.read(path);
    expectError(await scim.patch(path, TITLE, { op: 'replace', path: 'userName', value: [] }), 400, 'invalidValue');
    expect(await scim.read(path)).toEqual(before);
  });

  it('RFC 7644 3.5.2: an extension of somebody else in a path is passed over', async () => {
    const path = await made();
    const urn = 'urn:ietf:params:scim:schemas:extension:robots:2.0:User';
    expect((await scim.patch(path, { op: 'add', path: `${urn}:arms`, value: 2 }, TITLE)).status).toBe(200);
    expect(await scim.read(path)).toMatchObject({ title: 'U' });
  });
});
