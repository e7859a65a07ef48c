import { expect, it } from '@jest/globals';
import { DRIFT, ENTERPRISE, GROUP, USER, conformance } from './conformance-world.ts';

interface Described {
  readonly name: string;
  readonly type: string;
  readonly subAttributes?: readonly Described[];
  readonly [characteristic: string]: unknown;
}

conformance('schema documents', (scim) => {
  const described = async (urn: string): Promise<readonly Described[]> => {
    const reply = await scim.send('get', `/Schemas/${urn}`, { token: null });
    return (reply.body as { attributes: readonly Described[] }).attributes;
  };
  const attributeOf = async (urn: string, path: string): Promise<Described | undefined> => {
    let level: readonly Described[] | undefined = await described(urn);
    let found: Described | undefined;
    for (const name of path.split('.')) {
      found = level?.find((attribute) => attribute.name === name);
      level = found?.subAttributes;
    }
    return found;
  };
  const flat = (attributes: readonly Described[]): readonly Described[] =>
    attributes.flatMap((attribute) => [attribute, ...flat(attribute.subAttributes ?? [])]);

  it.each([USER, ENTERPRISE, DRIFT, GROUP])(
    'RFC 7643 7: every attribute of %s tells its characteristics',
    async (urn) => {
      for (const attribute of flat(await described(urn))) {
        expect(attribute).toMatchObject({
          type: expect.stringMatching(/^(string|boolean|decimal|integer|dateTime|binary|reference|complex)$/),
          multiValued: expect.any(Boolean),
          description: expect.any(String),
          required: expect.any(Boolean),
          mutability: expect.stringMatching(/^(readOnly|readWrite|immutable|writeOnly)$/),
          returned: expect.stringMatching(/^(always|never|default|request)$/),
        });
      }
    },
  );

  it('RFC 7643 7: sub-attributes are there for complex attributes, and for no others', async () => {
    for (const urn of [USER, ENTERPRISE, DRIFT, GROUP]) {
      for (const { type, subAttributes } of flat(await described(urn))) {
        expect((subAttributes ?? []).length > 0).toBe(type === 'complex');
      }
    }
  });

  it('RFC 7643 2.3.8: no complex attribute stands inside another', async () => {
    for (const urn of [USER, ENTERPRISE, DRIFT, GROUP]) {
      for (const { subAttributes = [] } of await described(urn)) {
        expect(subAttributes.filter(({ type }) => type === 'complex')).toEqual([]);
      }
    }
  });

  it('RFC 7643 3.1: common attributes are part of no schema document', async () => {
    for (const urn of [USER, GROUP]) {
      const names = (await described(urn)).map(({ name }) => name);
      for (const common of ['schemas', 'id', 'externalId', 'meta']) expect(names).not.toContain(common);
    }
  });

  it.each<[string, string, string, Readonly<Record<string, unknown>>]>([
    ['4.1.1', USER, 'userName', { type: 'string', required: true, uniqueness: 'server', caseExact: false }],
    ['4.1.1', USER, 'name', { type: 'complex', multiValued: false, required: false }],
    ['4.1.1', USER, 'displayName', { type: 'string', mutability: 'readWrite' }],
    ['4.1.1', USER, 'profileUrl', { type: 'reference', referenceTypes: ['external'] }],
    ['4.1.1', USER, 'active', { type: 'boolean', multiValued: false }],
    ['4.1.1', USER, 'password', { mutability: 'writeOnly', returned: 'never', uniqueness: 'none' }],
    ['4.1.2', USER, 'emails', { type: 'complex', multiValued: true }],
    ['4.1.2', USER, 'emails.type', { canonicalValues: ['work', 'home', 'other'] }],
    ['4.1.2', USER, 'emails.primary', { type: 'boolean' }],
    ['4.1.2', USER, 'phoneNumbers.type', { canonicalValues: ['work', 'home', 'mobile', 'fax', 'pager', 'other'] }],
    ['4.1.2', USER, 'photos.value', { type: 'reference' }],
    ['4.1.2', USER, 'photos.type', { canonicalValues: ['photo', 'thumbnail'] }],
    ['4.1.2', USER, 'addresses.country', { type: 'string' }],
    ['4.1.2', USER, 'groups', { mutability: 'readOnly', multiValued: true }],
    ['4.1.2', USER, 'groups.$ref', { type: 'reference', mutability: 'readOnly' }],
    ['4.1.2', USER, 'x509Certificates.value', { type: 'binary' }],
    ['4.2', GROUP, 'displayName', { type: 'string', required: true }],
    ['4.2', GROUP, 'members', { type: 'complex', multiValued: true }],
    ['4.2', GROUP, 'members.value', { mutability: 'immutable' }],
    ['4.2', GROUP, 'members.$ref', { type: 'reference', mutability: 'immutable' }],
    ['4.3', ENTERPRISE, 'employeeNumber', { type: 'string', multiValued: false }],
    ['4.3', ENTERPRISE, 'manager', { type: 'complex', multiValued: false }],
    ['4.3', ENTERPRISE, 'manager.displayName', { mutability: 'readOnly' }],
    ['2.4', USER, 'roles', { type: 'complex', multiValued: true }],
    ['7', DRIFT, 'provisioning.since', { type: 'dateTime', mutability: 'readOnly' }],
    ['7', DRIFT, 'ownedContacts', { type: 'integer', mutability: 'readOnly' }],
  ])('RFC 7643 %s: %s:%s is declared as it is', async (_clause, urn, path, characteristics) => {
    expect(await attributeOf(urn, path)).toMatchObject(characteristics);
  });

  it('RFC 7643 2.4: plural attributes have value, display, type and primary', async () => {
    for (const name of ['emails', 'phoneNumbers', 'ims', 'photos', 'entitlements', 'roles', 'x509Certificates']) {
      const subs = (await attributeOf(USER, name))?.subAttributes?.map((sub) => sub.name);
      expect([name, subs]).toEqual([name, ['value', 'display', 'type', 'primary']]);
    }
  });

  it('RFC 7643 3: schemas is on every resource, with the URNs of what it holds and no others', async () => {
    const plain = await scim.read(`/Users/${await scim.user(scim.unique())}`);
    expect(plain['schemas']).toEqual([USER, DRIFT]);
    const named = await scim.user(scim.unique(), { [ENTERPRISE]: { department: 'Sales' } });
    expect((await scim.read(`/Users/${named}`))['schemas']).toEqual([USER, ENTERPRISE, DRIFT]);
    expect((await scim.read(`/Groups/${await scim.group('G')}`))['schemas']).toEqual([GROUP]);
  });

  it('RFC 7643 3: an extension that is named but has no values is not in schemas', async () => {
    const id = await scim.user(scim.unique(), { schemas: [USER, ENTERPRISE] });
    expect((await scim.read(`/Users/${id}`))['schemas']).toEqual([USER, DRIFT]);
  });

  it('RFC 7643 3.3: an extension with values is known by its key, though schemas does not name it', async () => {
    const id = await scim.user(scim.unique(), { schemas: [USER], [ENTERPRISE]: { division: 'North' } });
    expect(await scim.read(`/Users/${id}`)).toMatchObject({ [ENTERPRISE]: { division: 'North' } });
  });

  it('RFC 7643 3.3: an extension that the service does not have is dropped, not echoed', async () => {
    const urn = 'urn:ietf:params:scim:schemas:extension:robots:2.0:User';
    const id = await scim.user(scim.unique(), { schemas: [USER, urn], [urn]: { arms: 2 } });
    const user = await scim.read(`/Users/${id}`);
    expect(user).not.toHaveProperty([urn]);
    expect(user['schemas']).not.toContain(urn);
  });

  it('RFC 7643 2.1: attribute names and URNs are known in any case', async () => {
    const id = await scim.user(scim.unique(), {
      DISPLAYNAME: 'Ann',
      [ENTERPRISE.toUpperCase()]: { DEPARTMENT: 'Ops' },
    });
    expect(await scim.read(`/Users/${id}`)).toMatchObject({ displayName: 'Ann', [ENTERPRISE]: { department: 'Ops' } });
  });
});
