import { expect, it } from '@jest/globals';
import { bodyOf } from '../scim/requests.ts';
import { PUBLIC_URL } from '../scim/scim-world.ts';
import { LIST, conformance, expectError, idsOf } from './conformance-world.ts';

const UNKNOWN = '0190b7a0-0000-7000-8000-000000000000';

conformance('read and delete', (scim) => {
  it.each([
    ['User', 'Users'],
    ['Group', 'Groups'],
  ])('RFC 7644 3.4.1: a %s is read by its id, with its type and address', async (type, endpoint) => {
    const id = type === 'User' ? await scim.user(scim.unique()) : await scim.group(scim.unique());
    const reply = await scim.get(`/${endpoint}/${id}`);
    expect([reply.status, bodyOf(reply).id]).toEqual([200, id]);
    expect(bodyOf(reply).meta).toMatchObject({
      resourceType: type,
      location: `${PUBLIC_URL}/scim/v2/${endpoint}/${id}`,
    });
  });

  it('RFC 7644 3.4.1: HEAD is GET without the body', async () => {
    const path = `/Users/${await scim.user(scim.unique())}`;
    const [head, get] = [await scim.send('head', path), await scim.send('get', path)];
    expect(head.status).toBe(200);
    expect(head.text).toBeFalsy();
    for (const name of ['etag', 'content-type', 'content-length']) expect(head.headers[name]).toBe(get.headers[name]);
  });

  it.each(['/Users', '/Groups'])('RFC 7644 3.4.1: an id that nobody has below %s is 404', async (endpoint) => {
    expectError(await scim.get(`${endpoint}/${UNKNOWN}`), 404);
  });

  it('RFC 7644 3.4.1: the id of a user is no id of a group', async () => {
    expectError(await scim.get(`/Groups/${await scim.user(scim.unique())}`), 404);
  });

  it('RFC 7643 3.1: an id is compared with its case', async () => {
    const id = await scim.user(scim.unique());
    const upper = id.toUpperCase();
    expect(upper).not.toBe(id);
    expectError(await scim.get(`/Users/${upper}`), 404);
  });

  it.each([
    ['another text', 'x'],
    ['a blank', '%20'],
    ['a path', '..%2f..'],
    ['NUL', '%00'],
    ['500 digits', '9'.repeat(500)],
    ['a prototype', '__proto__'],
    ['the word null', 'null'],
  ])('RFC 7644 3.12: %s is the id of nobody: 404', async (_what, id) => {
    expectError(await scim.get(`/Users/${id}`), 404);
  });

  it('RFC 7644 3.4.1: an id that is not correctly percent-encoded is 400', async () => {
    expectError(await scim.get('/Users/%zz'), 400, 'invalidSyntax');
  });

  it('RFC 7644 3.4.2: a query that finds nobody is 200 with an empty list', async () => {
    const reply = await scim.get('/Users', { filter: 'userName eq "nobody-at-all"' });
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ schemas: [LIST], totalResults: 0, itemsPerPage: 0, Resources: [] });
  });

  it('RFC 7644 3.4.2: numbers of a list are numbers', async () => {
    const { totalResults, itemsPerPage, startIndex } = bodyOf(await scim.get('/Users'));
    expect([totalResults, itemsPerPage, startIndex].map((each) => typeof each)).toEqual(['number', 'number', 'number']);
  });

  it('RFC 7644 3.4.2: a list of one type holds no resource of another', async () => {
    const group = await scim.group(scim.unique('g'));
    expect(idsOf(await scim.get('/Users'))).not.toContain(group);
  });

  it('RFC 7644 3.4.2: a resource in a list is the resource itself', async () => {
    const id = await scim.user(scim.unique(), { title: 'T', emails: [{ value: 'a@example.com' }] });
    const [listed] = bodyOf(await scim.get('/Users', { filter: `id eq "${id}"` })).Resources;
    expect(listed).toEqual(await scim.read(`/Users/${id}`));
  });

  it.each([
    ['Users', { userName: 'gone' }],
    ['Groups', { displayName: 'gone' }],
  ])('RFC 7644 3.6: DELETE below /%s is 204 without a body, then 404', async (endpoint, body) => {
    const path = `/${endpoint}/${bodyOf(await scim.post(`/${endpoint}`, body)).id}`;
    const reply = await scim.delete(path);
    expect([reply.status, reply.text]).toEqual([204, '']);
    expectError(await scim.get(path), 404);
    expectError(await scim.delete(path), 404);
  });

  it.each(['put', 'patch'] as const)('RFC 7644 3.6: %s of what was deleted is 404', async (method) => {
    const id = await scim.user(scim.unique());
    await scim.delete(`/Users/${id}`);
    const reply =
      method === 'put'
        ? await scim.put(`/Users/${id}`, { userName: scim.unique() })
        : await scim.patch(`/Users/${id}`, { op: 'replace', path: 'title', value: 'T' });
    expectError(reply, 404);
  });

  it('RFC 7644 3.6: what was deleted is in no list, and its userName is free again', async () => {
    const userName = scim.unique();
    const id = await scim.user(userName);
    await scim.delete(`/Users/${id}`);
    expect(idsOf(await scim.get('/Users', { filter: `userName eq "${userName}"` }))).toEqual([]);
    const again = await scim.post('/Users', { userName });
    expect(again.status).toBe(201);
    expect(bodyOf(again).id).not.toBe(id);
  });

  it('RFC 7643 4.1.1: a user who is not active is read, listed and found', async () => {
    const userName = scim.unique();
    const id = await scim.user(userName, { active: false });
    expect(await scim.read(`/Users/${id}`)).toMatchObject({ active: false });
    expect(idsOf(await scim.get('/Users', { filter: `userName eq "${userName}"` }))).toEqual([id]);
  });
});
