import { expect, it } from '@jest/globals';
import { bodyOf } from '../scim/requests.ts';
import { ENTERPRISE, conformance, expectError } from './conformance-world.ts';

conformance('unassigned values', (scim) => {
  it.each<[string, string, unknown]>([
    ['null', 'title', null],
    ['an empty text', 'title', ''],
    ['an empty list', 'emails', []],
    ['null for a list', 'emails', null],
    ['an empty object', 'name', {}],
    ['an object of nulls', 'name', { givenName: null, familyName: '' }],
    ['a list of empty objects', 'emails', [{}]],
    ['a list of values of nothing', 'emails', [{ value: null, type: '' }]],
    ['an empty extension', ENTERPRISE, {}],
    ['an extension of nulls', ENTERPRISE, { department: null, manager: {} }],
    ['null for an extension', ENTERPRISE, null],
  ])('RFC 7643 2.5: %s in a POST is no value: the attribute is absent', async (_what, name, value) => {
    const reply = await scim.post('/Users', { userName: scim.unique(), [name]: value });
    expect(reply.status).toBe(201);
    expect(reply.body).not.toHaveProperty([name]);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['an empty text', ''],
  ])('RFC 7643 2.5: %s in a PUT clears the attribute', async (_what, title) => {
    const userName = scim.unique();
    const id = await scim.user(userName, { title: 'T' });
    expect((await scim.put(`/Users/${id}`, { userName, title })).body).not.toHaveProperty('title');
  });

  it.each<[string, string, unknown]>([
    ['null', 'title', null],
    ['an empty text', 'title', ''],
    ['an empty list', 'emails', []],
    ['null for a list', 'emails', null],
    ['null for a complex value', 'name', null],
    ['an empty complex value', 'name', {}],
    ['an empty text for a sub-attribute', 'name.givenName', ''],
  ])('RFC 7643 2.5: a PATCH that replaces by %s unassigns', async (_what, path, value) => {
    const id = await scim.user(scim.unique(), {
      title: 'T',
      emails: [{ value: 'a@example.com' }],
      name: { givenName: 'Ann' },
    });
    await scim.patch(`/Users/${id}`, { op: 'replace', path, value });
    expect(await scim.read(`/Users/${id}`)).not.toHaveProperty(path.split('.'));
  });

  it('RFC 7643 2.5: a sub-attribute of null is absent, its neighbours stay', async () => {
    const reply = await scim.post('/Users', { userName: scim.unique(), name: { givenName: 'Ann', familyName: null } });
    expect(reply.body).toHaveProperty('name', { givenName: 'Ann' });
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['an empty text', ''],
  ])('RFC 7643 2.5: $ref as %s beside a member, as Entra sends it, is no value', async (_what, $ref) => {
    const user = await scim.user(scim.unique());
    const reply = await scim.post('/Groups', { displayName: 'G', members: [{ value: user, $ref, display: null }] });
    expect(reply.status).toBe(201);
    expect(bodyOf(reply).members).toMatchObject([{ value: user, type: 'User' }]);
  });

  it('RFC 7643 2.5: what is required cannot be unassigned: 400 invalidValue', async () => {
    const id = await scim.user(scim.unique());
    for (const value of [null, '']) {
      expectError(await scim.patch(`/Users/${id}`, { op: 'replace', path: 'userName', value }), 400, 'invalidValue');
    }
  });

  it('RFC 7643 2.5: an answer holds no null, no empty text, list or object', async () => {
    const id = await scim.user(scim.unique(), { title: null, name: {}, emails: [], [ENTERPRISE]: { manager: null } });
    expect(JSON.stringify(await scim.read(`/Users/${id}`))).not.toMatch(/:(null|""|\[\]|\{\})/);
  });

  it('RFC 7643 2.5: false and 0 are values', async () => {
    const id = await scim.user(scim.unique(), { active: false, emails: [{ value: 'a@example.com', primary: false }] });
    expect(await scim.read(`/Users/${id}`)).toMatchObject({ active: false, emails: [{ primary: false }] });
  });
});
