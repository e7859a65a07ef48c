import { expect, it } from '@jest/globals';
import { bodyOf } from '../scim/requests.ts';
import { BULK_REQUEST, conformanceOnEach, expectError } from './conformance-world.ts';

conformanceOnEach('uniqueness', (scim) => {
  const taken = async () => {
    const userName = scim.unique('Taken');
    return { userName, id: await scim.user(userName) };
  };

  it.each<[string, (name: string) => string]>([
    ['the same', (name) => name],
    ['in capitals', (name) => name.toUpperCase()],
    ['in small letters', (name) => name.toLowerCase()],
  ])('RFC 7644 3.3: a userName in use, %s, is 409 uniqueness', async (_what, written) => {
    const { userName } = await taken();
    expectError(await scim.post('/Users', { userName: written(userName) }), 409, 'uniqueness');
  });

  it('RFC 7644 3.5.1: a PUT to a userName in use is 409 uniqueness, nothing changed', async () => {
    const { userName } = await taken();
    const { id } = await taken();
    const before = await scim.read(`/Users/${id}`);
    expectError(await scim.put(`/Users/${id}`, { userName: userName.toUpperCase(), title: 'T' }), 409, 'uniqueness');
    expect(await scim.read(`/Users/${id}`)).toEqual(before);
  });

  it.each([{ op: 'replace', path: 'userName' }, { op: 'add', path: 'userName' }, { op: 'replace' }])(
    'RFC 7644 3.5.2: a PATCH (%j) to a userName in use is 409 uniqueness, nothing changed',
    async (operation) => {
      const { userName } = await taken();
      const { id } = await taken();
      const before = await scim.read(`/Users/${id}`);
      const value = 'path' in operation ? userName : { userName };
      expectError(await scim.patch(`/Users/${id}`, { ...operation, value }), 409, 'uniqueness');
      expect(await scim.read(`/Users/${id}`)).toEqual(before);
    },
  );

  it('RFC 7643 4.1.1: a user who is not active keeps the userName: 409 uniqueness', async () => {
    const { userName, id } = await taken();
    await scim.patch(`/Users/${id}`, { op: 'replace', value: { active: false } });
    expectError(await scim.post('/Users', { userName }), 409, 'uniqueness');
  });

  it('RFC 7644 3.3: a userName that was given up is free', async () => {
    const { userName, id } = await taken();
    await scim.patch(`/Users/${id}`, { op: 'replace', path: 'userName', value: scim.unique() });
    expect((await scim.post('/Users', { userName })).status).toBe(201);
  });

  it('RFC 7644 7.8: the same name in two forms of Unicode is one name', async () => {
    const name = scim.unique('zo');
    await scim.user(`${name}\u00e9`);
    expectError(await scim.post('/Users', { userName: `${name}e\u0301` }), 409, 'uniqueness');
  });

  it('RFC 7644 7.8: a letter that would be taken for another is 400 invalidValue', async () => {
    // The Kelvin sign, which folds to k.
    expectError(await scim.post('/Users', { userName: `${scim.unique()}\u212a` }), 400, 'invalidValue');
  });

  it('RFC 7643 3.1: externalId is unique for nobody: the client keeps it', async () => {
    const externalId = scim.unique('x');
    for (const userName of [scim.unique(), scim.unique()]) {
      expect((await scim.post('/Users', { userName, externalId })).status).toBe(201);
    }
  });

  it('RFC 7643 4.1.2: two users may have one e-mail', async () => {
    const emails = [{ value: 'desk@example.com' }];
    for (const userName of [scim.unique(), scim.unique()]) {
      expect((await scim.post('/Users', { userName, emails })).status).toBe(201);
    }
  });

  it('RFC 7644 3.3: of racing POSTs of one userName one is 201, the others 409', async () => {
    const userName = scim.unique();
    const replies = await Promise.all([1, 2, 3, 4].map((n) => scim.post('/Users', { userName, title: `T${n}` })));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409]);
    expect(bodyOf(await scim.get('/Users', { filter: `userName eq "${userName}"` })).totalResults).toBe(1);
  });

  it('RFC 7644 3.5.1: of racing PUTs to one userName one is 200, the others 409', async () => {
    const userName = scim.unique();
    const ids = [(await taken()).id, (await taken()).id, (await taken()).id];
    const replies = await Promise.all(ids.map((id) => scim.put(`/Users/${id}`, { userName })));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
  });

  it('RFC 7644 3.7.3: in Bulk it is 409 of the operation', async () => {
    const { userName } = await taken();
    const Operations = [{ method: 'POST', path: '/Users', bulkId: 'a', data: { userName } }];
    const reply = await scim.post('/Bulk', { schemas: [BULK_REQUEST], Operations });
    expect(reply.body).toMatchObject({ Operations: [{ status: '409', response: { scimType: 'uniqueness' } }] });
  });
});
