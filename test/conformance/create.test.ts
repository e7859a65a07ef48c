import { expect, it } from '@jest/globals';
import { bodyOf } from '../scim/requests.ts';
import { PUBLIC_URL } from '../scim/scim-world.ts';
import { ENTERPRISE, USER, conformance, expectError } from './conformance-world.ts';

conformance('create', (scim) => {
  const created = async (more: Readonly<Record<string, unknown>>) =>
    scim.post('/Users', { schemas: [USER], userName: scim.unique(), ...more });

  it.each([
    ['Users', { userName: 'created' }],
    ['Groups', { displayName: 'created' }],
  ])('RFC 7644 3.3: POST of /%s is 201 with Location, equal to meta.location', async (endpoint, body) => {
    const reply = await scim.post(`/${endpoint}`, body);
    const { id, meta } = bodyOf(reply);
    expect(reply.status).toBe(201);
    expect(reply.headers['location']).toBe(`${PUBLIC_URL}/scim/v2/${endpoint}/${id}`);
    expect(meta.location).toBe(reply.headers['location']);
  });

  it('RFC 7644 3.3: what is answered is what is stored', async () => {
    const reply = await created({ title: 'T', emails: [{ value: 'a@example.com', type: 'work', primary: true }] });
    expect(await scim.read(`/Users/${bodyOf(reply).id}`)).toEqual(reply.body);
  });

  it('RFC 7643 3.1: the id is given by the service, is not the one of the client, and is unique', async () => {
    const ids = await Promise.all([1, 2, 3].map(async () => bodyOf(await created({ id: 'mine' })).id));
    expect(new Set([...ids, 'mine']).size).toBe(4);
  });

  it('RFC 7643 3.1: an id is never the reserved bulkId', async () => {
    expect(bodyOf(await created({})).id).not.toContain('bulkId');
  });

  it('RFC 7643 3.1: externalId is kept as the client gave it, case and all', async () => {
    expect((await created({ externalId: 'AbC-1' })).body).toMatchObject({ externalId: 'AbC-1' });
  });

  it('RFC 7643 3.1: meta of the client is ignored; that of the service has all parts', async () => {
    const reply = await created({ meta: { resourceType: 'Robot', created: '2001-01-01T00:00:00Z', version: 'W/"9"' } });
    expect(bodyOf(reply).meta).toEqual({
      resourceType: 'User',
      created: expect.stringMatching(/^2026-01-02T/),
      lastModified: expect.stringMatching(/^2026-01-02T/),
      location: expect.any(String),
      version: 'W/"1"',
    });
  });

  it('RFC 7643 3.1: lastModified of a new resource is its created', async () => {
    const { meta } = (await created({})).body as { meta: Record<string, unknown> };
    expect(meta['lastModified']).toBe(meta['created']);
  });

  it('RFC 7643 4.1.1: every simple attribute of the core schema is kept', async () => {
    const simple = {
      displayName: 'Ann Example',
      nickName: 'Ann',
      profileUrl: 'https://example.com/ann',
      title: 'Agent',
      userType: 'Employee',
      preferredLanguage: 'en-US',
      locale: 'en-US',
      timezone: 'America/Los_Angeles',
      active: false,
    };
    expect((await created(simple)).body).toMatchObject(simple);
  });

  it('RFC 7643 4.1.1: every part of the name is kept', async () => {
    const name = {
      formatted: 'Dr. Ann Bea Example III',
      familyName: 'Example',
      givenName: 'Ann',
      middleName: 'Bea',
      honorificPrefix: 'Dr.',
      honorificSuffix: 'III',
    };
    expect((await created({ name })).body).toMatchObject({ name });
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['emails', { value: 'a@example.com', display: 'A', type: 'work', primary: true }],
    ['phoneNumbers', { value: 'tel:+1-201-555-0123', display: '555', type: 'mobile', primary: true }],
    ['ims', { value: 'ann', display: 'A', type: 'xmpp', primary: true }],
    ['photos', { value: 'https://example.com/ann.png', display: 'A', type: 'photo', primary: true }],
    [
      'addresses',
      { formatted: '1 Way', streetAddress: '1 Way', locality: 'X', region: 'Y', postalCode: '1', country: 'US' },
    ],
    ['entitlements', { value: 'seat', display: 'Seat', type: 'paid', primary: true }],
    ['roles', { value: 'MEMBER', display: 'Member', type: 'drift', primary: true }],
    ['x509Certificates', { value: 'MIIB', display: 'C', type: 'signing', primary: true }],
  ])('RFC 7643 4.1.2: every part of %s is kept', async (attribute, value) => {
    expect((await created({ [attribute]: [value] })).body).toHaveProperty(attribute, [value]);
  });

  it('RFC 7643 4.3: every part of the enterprise extension is kept', async () => {
    const enterprise = {
      employeeNumber: '701984',
      costCenter: '4130',
      organization: 'Example',
      division: 'Sales',
      department: 'North',
      manager: { value: '26118915' },
    };
    expect((await created({ [ENTERPRISE]: enterprise })).body).toHaveProperty([ENTERPRISE], enterprise);
  });

  it.each([
    ['a user without userName', '/Users', { displayName: 'Ann' }],
    ['a user with an empty userName', '/Users', { userName: '' }],
    ['a user with a null userName', '/Users', { userName: null }],
    ['a user with a blank userName', '/Users', { userName: ' \t ' }],
    ['a group without displayName', '/Groups', { members: [] }],
  ])('RFC 7643 2.2: %s lacks what is required: 400 invalidValue', async (_what, path, body) => {
    expectError(await scim.post(path, body), 400, 'invalidValue');
  });

  it.each([['[]'], ['"text"'], ['7'], ['{'], ['null']])(
    'RFC 7644 3.12: the body %s is no resource: 400 invalidSyntax',
    async (body) => {
      const headers = { 'content-type': 'application/scim+json' };
      expectError(await scim.send('post', '/Users', { headers, body }), 400, 'invalidSyntax');
    },
  );

  it('RFC 7644 3.12: an attribute given twice in two cases is ambiguous: 400 invalidSyntax', async () => {
    expectError(await created({ title: 'A', Title: 'B' }), 400, 'invalidSyntax');
  });

  it('RFC 7644 3.3: an unknown attribute breaks nothing and is not kept', async () => {
    const reply = await created({ favouriteColour: 'red' });
    expect(reply.status).toBe(201);
    expect(reply.body).not.toHaveProperty('favouriteColour');
  });

  it('RFC 7644 3.9: the answer to a POST holds the attributes that are asked for', async () => {
    const reply = await scim.post('/Users?attributes=title', { userName: scim.unique(), title: 'T', nickName: 'N' });
    expect(Object.keys(reply.body as object).toSorted()).toEqual(['id', 'schemas', 'title']);
    expect(await scim.read(`/Users/${bodyOf(reply).id}`)).toMatchObject({ nickName: 'N' });
  });

  it('RFC 7644 3.3: a refused POST stores nothing', async () => {
    const userName = scim.unique();
    await scim.post('/Users', { userName, active: 'perhaps' });
    expect(bodyOf(await scim.get('/Users', { filter: `userName eq "${userName}"` })).totalResults).toBe(0);
  });
});
