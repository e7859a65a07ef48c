import { beforeAll, describe, expect, it } from '@jest/globals';
import { bodyOf, type Json } from '../scim/requests.ts';
import { DRIFT, ENTERPRISE, PATCH_OP, SEARCH_REQUEST, USER, conformance } from './conformance-world.ts';

const GIVEN = {
  userName: 'projected',
  externalId: 'x1',
  title: 'T',
  name: { givenName: 'Ann', familyName: 'Example' },
  emails: [
    { value: 'a@example.com', type: 'work', primary: true },
    { value: 'b@example.com', type: 'home' },
  ],
  password: 'canary-secret',
  [ENTERPRISE]: { department: 'North', manager: { value: '7' } },
};

conformance('attributes and excludedAttributes', (scim) => {
  let path = '';

  beforeAll(async () => {
    path = `/Users/${await scim.user(GIVEN.userName, GIVEN)}`;
  });

  const asked = async (query: Record<string, string>): Promise<Json> => (await scim.get(path, query)).body as Json;
  const keys = (body: Json): readonly string[] => Object.keys(body).toSorted();

  describe('attributes', () => {
    it.each<[string, string, Json]>([
      ['an attribute', 'title', { title: 'T' }],
      ['several', 'title,externalId', { title: 'T', externalId: 'x1' }],
      ['blanks after the comma', 'title, externalId', { title: 'T', externalId: 'x1' }],
      ['another case', 'TITLE', { title: 'T' }],
      ['a complex attribute', 'name', { name: GIVEN.name }],
      ['a sub-attribute', 'name.familyName', { name: { familyName: 'Example' } }],
      ['a sub-attribute of each element', 'emails.type', { emails: [{ type: 'work' }, { type: 'home' }] }],
      ['a name with its URN', `${USER}:title`, { title: 'T' }],
      ['an attribute of an extension', `${ENTERPRISE}:department`, { [ENTERPRISE]: { department: 'North' } }],
      ['a whole extension', ENTERPRISE, { [ENTERPRISE]: GIVEN[ENTERPRISE] }],
      ['a sub-attribute of an extension', `${ENTERPRISE}:manager.value`, { [ENTERPRISE]: { manager: { value: '7' } } }],
      ['no attribute of the schema', 'favouriteColour', {}],
      ['an attribute without a value', 'nickName', {}],
      ['what is always returned', 'id', {}],
    ])('RFC 7644 3.10, 3.9: %s: nothing else but schemas and id', async (_what, attributes, rest) => {
      const { schemas, id, ...body } = await asked({ attributes });
      expect(body).toEqual(rest);
      expect([id, schemas]).toEqual([path.slice('/Users/'.length), [USER, ENTERPRISE, DRIFT]]);
    });

    it('RFC 7643 7: what is returned never is not returned when it is asked for', async () => {
      expect(keys(await asked({ attributes: 'password' }))).toEqual(['id', 'schemas']);
    });

    it('RFC 7644 3.9: a part of meta may be asked for', async () => {
      expect((await asked({ attributes: 'meta.version' }))['meta']).toEqual({ version: 'W/"1"' });
    });
  });

  describe('excludedAttributes', () => {
    it.each<[string, string, readonly string[]]>([
      ['an attribute', 'title', ['title']],
      ['several', 'title,name', ['title', 'name']],
      ['a name in another case', 'EMAILS', ['emails']],
      ['meta', 'meta', ['meta']],
      ['a name with its URN', `${USER}:externalId`, ['externalId']],
      ['a whole extension', ENTERPRISE, [ENTERPRISE]],
    ])('RFC 7644 3.9: %s is left out, the rest stays', async (_what, excludedAttributes, gone) => {
      const left = Object.entries(await asked({})).filter(([name]) => !gone.includes(name));
      expect(await asked({ excludedAttributes })).toEqual(Object.fromEntries(left));
    });

    it.each([
      ['name.givenName', { name: { familyName: 'Example' } }],
      ['emails.primary', { emails: [{ value: 'a@example.com', type: 'work' }, GIVEN.emails[1]] }],
      [`${ENTERPRISE}:manager`, { [ENTERPRISE]: { department: 'North' } }],
    ])('RFC 7644 3.9: of %s only the part is left out', async (excludedAttributes, left) => {
      const body = await asked({ excludedAttributes });
      for (const [key, value] of Object.entries(left)) expect(body[key]).toEqual(value);
    });

    it.each(['id', 'schemas'])('RFC 7644 3.9: %s, always returned, cannot be left out', async (excludedAttributes) => {
      expect(await asked({ excludedAttributes })).toEqual(await asked({}));
    });

    it('RFC 7644 3.9: a name that the schema lacks leaves nothing out', async () => {
      expect(await asked({ excludedAttributes: 'favouriteColour' })).toEqual(await asked({}));
    });
  });

  it('RFC 7644 3.9: both parameters shape every resource of a list', async () => {
    const [only] = bodyOf(await scim.get('/Users', { attributes: 'title' })).Resources;
    expect(keys(only as unknown as Json)).toEqual(['id', 'schemas', 'title']);
    const [without] = bodyOf(await scim.get('/Users', { excludedAttributes: 'title' })).Resources;
    expect(without).not.toHaveProperty('title');
  });

  it('RFC 7644 3.4.3: in a search they are lists of names', async () => {
    const body = { schemas: [SEARCH_REQUEST], attributes: ['title', 'externalId'] };
    const [only] = bodyOf(await scim.post('/Users/.search', body)).Resources;
    expect(keys(only as unknown as Json)).toEqual(['externalId', 'id', 'schemas', 'title']);
  });

  it('RFC 7644 3.9: a PUT is answered with what is asked for, and stores all of it', async () => {
    const id = await scim.user(scim.unique());
    const reply = await scim.put(`/Users/${id}?attributes=title`, {
      userName: scim.unique(),
      title: 'T',
      nickName: 'N',
    });
    expect(keys(reply.body as Json)).toEqual(['id', 'schemas', 'title']);
    expect(await scim.read(`/Users/${id}`)).toMatchObject({ title: 'T', nickName: 'N' });
  });

  it.each(['attributes=title', 'excludedAttributes=nickName'])(
    'RFC 7644 3.5.2: a PATCH with %s changes what it says and loses nothing',
    async (query) => {
      const id = await scim.user(scim.unique(), { nickName: 'N', emails: [{ value: 'a@example.com' }] });
      const Operations = [{ op: 'add', path: 'title', value: 'T' }];
      const reply = await scim.send('patch', `/Users/${id}?${query}`, {
        headers: { 'content-type': 'application/scim+json' },
        body: { schemas: [PATCH_OP], Operations },
      });
      expect(reply.status).toBe(200);
      expect(reply.body).not.toHaveProperty('nickName');
      expect(await scim.read(`/Users/${id}`)).toMatchObject({
        title: 'T',
        nickName: 'N',
        emails: [{ value: 'a@example.com' }],
      });
    },
  );

  it('RFC 7644 3.5.2: a PATCH that asks for attributes is answered 200 with them, of a group too', async () => {
    const id = await scim.group('G');
    const reply = await scim.send('patch', `/Groups/${id}?attributes=displayName`, {
      headers: { 'content-type': 'application/scim+json' },
      body: { schemas: [PATCH_OP], Operations: [{ op: 'replace', path: 'displayName', value: 'H' }] },
    });
    expect([reply.status, reply.body]).toEqual([200, { schemas: expect.any(Array), id, displayName: 'H' }]);
  });
});
