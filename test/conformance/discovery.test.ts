import { expect, it } from '@jest/globals';
import { PUBLIC_URL } from '../scim/scim-world.ts';
import { DRIFT, ENTERPRISE, GROUP, LIST, USER, conformance, expectError } from './conformance-world.ts';

interface Discovered {
  readonly schemas: readonly string[];
  readonly totalResults: number;
  readonly startIndex: number;
  readonly itemsPerPage: number;
  readonly Resources: readonly { readonly id: string; readonly meta: unknown }[];
}

const CONFIG = 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig';

conformance('discovery', (scim) => {
  const open = async (path: string) => scim.send('get', path, { token: null });
  const list = async (path: string) => (await open(path)).body as Discovered;

  it.each(['/ServiceProviderConfig', '/ResourceTypes', '/Schemas', '/ResourceTypes/User', `/Schemas/${USER}`])(
    'RFC 7644 4: %s is read without authentication',
    async (path) => {
      expect((await open(path)).status).toBe(200);
    },
  );

  it('RFC 7644 4: the provider configuration is one object, not a list', async () => {
    expect((await open('/ServiceProviderConfig')).body).toMatchObject({ schemas: [CONFIG] });
    expect((await open('/ServiceProviderConfig')).body).not.toHaveProperty('Resources');
  });

  it.each([
    ['patch', { supported: true }],
    ['bulk', { supported: true, maxOperations: 2000, maxPayloadSize: 4_194_304 }],
    ['filter', { supported: true, maxResults: 1000 }],
    ['changePassword', { supported: false }],
    ['sort', { supported: true }],
    ['etag', { supported: true }],
  ])('RFC 7643 5: the provider configuration says what it does about %s', async (name, said) => {
    expect((await open('/ServiceProviderConfig')).body).toHaveProperty(name, said);
  });

  it('RFC 7643 5: authentication schemes have a type of the list, a name and a description', async () => {
    const { authenticationSchemes } = (await open('/ServiceProviderConfig')).body as {
      authenticationSchemes: readonly Record<string, unknown>[];
    };
    expect(authenticationSchemes.length).toBeGreaterThan(0);
    for (const scheme of authenticationSchemes) {
      expect(['oauth', 'oauth2', 'oauthbearertoken', 'httpbasic', 'httpdigest']).toContain(scheme['type']);
      expect(scheme).toMatchObject({ name: expect.any(String), description: expect.any(String) });
    }
  });

  it('RFC 9865 4: the provider configuration says how it pages', async () => {
    expect((await open('/ServiceProviderConfig')).body).toMatchObject({
      pagination: {
        cursor: true,
        index: true,
        defaultPaginationMethod: 'index',
        defaultPageSize: 200,
        maxPageSize: 1000,
        cursorTimeout: 3600,
      },
    });
  });

  it('RFC 7643 5: the provider configuration has a meta of its own', async () => {
    expect((await open('/ServiceProviderConfig')).body).toMatchObject({
      meta: { resourceType: 'ServiceProviderConfig', location: `${PUBLIC_URL}/scim/v2/ServiceProviderConfig` },
    });
  });

  it.each(['/ServiceProviderConfig', '/ResourceTypes', '/Schemas'])(
    'RFC 7644 4: a filter on %s is 403',
    async (path) => {
      expectError(await open(`${path}?filter=name%20eq%20%22User%22`), 403);
    },
  );

  it.each(['/ResourceTypes', '/Schemas'])('RFC 7644 4: paging and sorting of %s are ignored', async (path) => {
    const whole = await list(path);
    const asked = await list(`${path}?startIndex=2&count=1&sortBy=name&sortOrder=descending`);
    expect(asked.Resources).toEqual(whole.Resources);
    expect(whole.Resources.length).toBeGreaterThan(1);
  });

  it.each([
    ['/ResourceTypes', ['User', 'Group']],
    ['/Schemas', [USER, ENTERPRISE, DRIFT, GROUP]],
  ])('RFC 7644 4: %s is a ListResponse of all there are', async (path, ids) => {
    const { schemas, totalResults, Resources } = await list(path);
    expect([schemas, totalResults]).toEqual([[LIST], ids.length]);
    expect(Resources.map(({ id }) => id).toSorted()).toEqual([...ids].sort());
  });

  it.each([
    ['User', { endpoint: '/Users', schema: USER }],
    ['Group', { endpoint: '/Groups', schema: GROUP }],
  ])('RFC 7643 6: the resource type %s says where and of what schema it is', async (name, told) => {
    expect((await open(`/ResourceTypes/${name}`)).body).toMatchObject({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
      name,
      ...told,
      meta: { resourceType: 'ResourceType', location: `${PUBLIC_URL}/scim/v2/ResourceTypes/${name}` },
    });
  });

  it('RFC 7643 6: extensions of a resource type are named, and none is required', async () => {
    const { schemaExtensions } = (await open('/ResourceTypes/User')).body as { schemaExtensions: readonly unknown[] };
    expect(schemaExtensions).toEqual(
      expect.arrayContaining([
        { schema: ENTERPRISE, required: false },
        { schema: DRIFT, required: false },
      ]),
    );
    expect(schemaExtensions).toHaveLength(2);
  });

  it.each([USER, ENTERPRISE, DRIFT, GROUP])('RFC 7643 7: the schema %s is read by its URN', async (urn) => {
    expect((await open(`/Schemas/${urn}`)).body).toMatchObject({
      id: urn,
      name: expect.any(String),
      attributes: expect.any(Array),
      meta: { resourceType: 'Schema', location: `${PUBLIC_URL}/scim/v2/Schemas/${urn}` },
    });
  });

  it.each(['/ResourceTypes/Robot', '/Schemas/urn:ietf:params:scim:schemas:core:2.0:Robot'])(
    'RFC 7644 3.12: %s, which does not exist, is 404',
    async (path) => {
      expectError(await open(path), 404);
    },
  );
});
