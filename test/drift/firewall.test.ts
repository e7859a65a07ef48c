import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Method } from '../../src/drift/operations/operation.ts';
import { createScimUser, deleteScimUser, patchScimUser, replaceScimUser } from '../../src/drift/operations/scim.ts';
import { updateUser } from '../../src/drift/operations/users.ts';
import { FULL, firewallWorld, isHarm, operations, PATCH_OP, USER_URN } from './firewall-world.ts';

describe('the firewall, by bodies', () => {
  const world = firewallWorld();
  const put = (body: unknown): Promise<unknown> => world.client().request('PUT', '/scim/Users/7', { body });
  const patch = (body: unknown): Promise<unknown> => world.client().request('PATCH', '/scim/Users/7', { body });

  it('lets through what is harmless, whole', async () => {
    await world.client().call(createScimUser, { body: { userName: 'ann@example.com', displayName: 'Ann' } });
    await world.client().call(replaceScimUser, { params: { userId: '7' }, body: { ...FULL, costCentre: 'A1' } });
    await world.client().call(patchScimUser, { params: { userId: '7' }, body: { displayName: 'Ann B.' } });
    await world.client().request('PATCH', '/scim/Users/7', {
      body: operations(
        { op: 'Replace', path: 'name.familyName', value: 'Owner' },
        { op: 'add', path: 'emails[type eq "work"].value', value: 'ann.b@example.com' },
        { op: 'replace', path: 'active', value: true },
        { op: 'replace', value: { active: true, title: 'Product OWNER' } },
        { op: 'remove', path: 'nickName' },
      ),
    });
    await world.client().call(updateUser, { query: { userId: '7' }, body: { availability: 'OFFLINE' } });
    await world.client().request('DELETE', '/contacts/9007199254740993');
    expect(world.server().received.map(({ method, target }) => `${method} ${target}`)).toEqual([
      'POST /scim/Users',
      'PUT /scim/Users/7',
      'PATCH /scim/Users/7',
      'PATCH /scim/Users/7',
      'PATCH /users/update?userId=7',
      'DELETE /contacts/9007199254740993',
    ]);
    expect(JSON.parse(world.server().received[1]?.body ?? '')).toEqual({ ...FULL, costCentre: 'A1' });
  });

  it.each([
    ['false', { ...FULL, active: false }],
    ['nothing at all', { userName: FULL.userName, displayName: FULL.displayName }],
    ['the text False', { ...FULL, active: 'False' }],
    ['the text true', { ...FULL, active: 'true' }],
    ['zero', { ...FULL, active: 0 }],
    ['one', { ...FULL, active: 1 }],
    ['null', { ...FULL, active: null }],
    ['a list', { ...FULL, active: [true] }],
    ['an object', { ...FULL, active: { value: false } }],
    ['another case', { ...FULL, Active: false }],
    ['another case and true', { ...FULL, ACTIVE: true }],
    ['isActive', { ...FULL, isActive: false }],
    ['IsActive', { ...FULL, IsActive: false }],
    ['is_active', { ...FULL, is_active: false }],
    ['a Turkish i', { ...FULL, actıve: false }],
    ['another Turkish i', { ...FULL, ACTİVE: false }],
    ['full-width letters', { ...FULL, ａｃｔｉｖｅ: false }],
    ['an invisible character', { ...FULL, 'act\u200bive': false }],
    ['a blank', { ...FULL, ' active': false }],
    ['inactive', { ...FULL, inactive: true }],
    ['deactivated', { ...FULL, deactivated: true }],
    ['a URN before it', { ...FULL, [`${USER_URN}:active`]: false }],
    ['an extension', { ...FULL, [USER_URN]: { active: false } }],
    ['something nested', { ...FULL, custom: { deeper: [{ active: false }] } }],
    ['a list around it', [{ ...FULL, active: false }]],
    ['a text around it', JSON.stringify({ ...FULL, active: false })],
    ['a patch inside', { ...FULL, Operations: [{ op: 'replace', path: 'active', value: false }] }],
    ['a patch under another key', { ...FULL, custom: [{ op: 'replace', path: 'active', value: false }] }],
    ['the schema of a patch', { ...FULL, schemas: [PATCH_OP] }],
    [
      '__proto__',
      JSON.parse(`{"userName":"a@example.com","displayName":"A","active":true,"__proto__":{"active":false}}`),
    ],
    [
      'an inherited member',
      Object.assign(Object.create({ active: true }) as object, { userName: 'a', displayName: 'A' }),
    ],
    ['a toJSON', { ...FULL, toJSON: () => ({ ...FULL, active: false }) }],
    ['a nested toJSON', { ...FULL, active: { toJSON: () => false } }],
    ['a boxed false', { ...FULL, active: new Boolean(false) }],
    ['the OWNER', { ...FULL, roles: [{ value: 'OWNER' }] }],
    ['the owner', { ...FULL, roles: [{ value: ' owner ', primary: true }] }],
    ['an odd list of roles', { ...FULL, roles: 'OWNER' }],
    ['roles under another case', { ...FULL, Roles: [{ value: 'ADMIN' }] }],
    ['the OWNER by entitlement', { ...FULL, entitlements: [{ value: 'OWNER' }] }],
  ])('refuses a PUT with %s', async (_name, body) => {
    await world.stopped(put(body));
  });

  it('refuses what is not JSON, or too deep, without falling over', async () => {
    const circular: Record<string, unknown> = { ...FULL };
    circular['self'] = circular;
    let deep: unknown = {};
    for (let level = 0; level < 20_000; level += 1) deep = [deep];
    for (const body of [
      circular,
      { ...FULL, deep },
      () => FULL,
      Symbol('x'),
      { ...FULL, title: undefined, active: undefined },
    ]) {
      await world.stopped(put(body));
    }
  });

  it('judges what is sent, not what an object shows at one time', async () => {
    let reads = 0;
    const shifty = {
      ...FULL,
      get active() {
        reads += 1;
        return reads === 1;
      },
    };
    await put(shifty);
    expect(JSON.parse(world.server().received[0]?.body ?? '')).toMatchObject({ active: true });
    world.server().received.length = 0;
    const proxy = new Proxy(
      { ...FULL },
      { get: (target, key) => (key === 'active' ? false : (Reflect.get(target, key) as unknown)) },
    );
    await world.stopped(put(proxy));
  });

  it.each([
    ['active false', operations({ op: 'replace', path: 'active', value: false })],
    ['the text False', operations({ op: 'Replace', path: 'active', value: 'False' })],
    ['another case', operations({ op: 'replace', path: 'ACTIVE', value: false })],
    ['another case and true', operations({ op: 'replace', path: 'Active', value: true })],
    ['isActive', operations({ op: 'replace', path: 'isActive', value: false })],
    ['a URN', operations({ op: 'replace', path: `${USER_URN}:active`, value: false })],
    ['another URN', operations({ op: 'replace', path: 'urn:scim:schemas:core:2.0:active', value: false })],
    ['no path', operations({ op: 'replace', value: { active: false } })],
    ['no path and another case', operations({ op: 'add', value: { Active: 'false' } })],
    ['no path and a dotted name', operations({ op: 'add', value: { 'name.active': false } })],
    ['a null path', operations({ op: 'replace', path: null, value: { active: false } })],
    ['an empty path', operations({ op: 'replace', path: '', value: { active: false } })],
    ['a list as value', operations({ op: 'replace', path: 'active', value: [{ value: false }] })],
    ['a wrapped value', operations({ op: 'replace', path: 'active', value: { active: false } })],
    ['removal', operations({ op: 'remove', path: 'active' })],
    ['removal of everything', operations({ op: 'remove' })],
    ['removal of the roles', operations({ op: 'remove', path: 'roles' })],
    ['a filter', operations({ op: 'replace', path: 'emails[active eq true].value', value: 'x' })],
    ['a filter on active', operations({ op: 'replace', path: 'active[value eq true]', value: false })],
    ['a sub-attribute', operations({ op: 'replace', path: 'active.value', value: false })],
    [
      'a later operation',
      operations({ op: 'add', path: 'title', value: 'x' }, { op: 'replace', path: 'active', value: 0 }),
    ],
    ['a move', operations({ op: 'move', from: 'title', path: 'active' })],
    ['doubled names by case', operations({ op: 'replace', path: 'title', Path: 'active', value: false })],
    [
      'operations by another case',
      { schemas: [PATCH_OP], operations: [{ op: 'replace', path: 'active', value: false }] },
    ],
    [
      'both dialects at once',
      { schemas: [PATCH_OP], Operations: [{ op: 'add', path: 'title', value: 'x' }], active: false },
    ],
    ['no schemas', { Operations: [{ op: 'replace', path: 'active', value: false }] }],
    ['no list', { schemas: [PATCH_OP], Operations: { op: 'replace', path: 'active', value: false } }],
    ['the OWNER', operations({ op: 'replace', path: 'roles', value: [{ value: 'OWNER' }] })],
    ['the OWNER by filter', operations({ op: 'replace', path: 'roles[primary eq true].value', value: 'OWNER' })],
    ['the OWNER without path', operations({ op: 'add', value: { roles: [{ value: 'Owner' }] } })],
    ['a partial false', { active: false }],
    ['a partial isActive', { isActive: false }],
    ['an unknown attribute', { status: 'gone' }],
    ['a list of changes', [{ active: false }]],
  ])('refuses a PATCH with %s', async (_name, body) => {
    await world.stopped(patch(body));
  });

  it('refuses through the table what it refuses through request', async () => {
    const params = { userId: '7' };
    await world.stopped(world.client().call(patchScimUser, { params, body: { active: false } as never }));
    await world.stopped(
      world.client().call(patchScimUser, {
        params,
        body: operations({ op: 'replace', path: 'active', value: false }) as never,
      }),
    );
    await world.stopped(world.client().call(replaceScimUser, { params, body: { ...FULL, isActive: false } }));
    await world.stopped(world.client().call(createScimUser, { body: { ...FULL, active: false } as never }));
    await world.stopped(
      world.client().call({ ...patchScimUser, method: 'DELETE', body: deleteScimUser.body }, { params }),
    );
    await world.stopped(
      world.client().call({ ...updateUser, body: createScimUser.body }, { query: { userId: 7 }, body: FULL }),
    );
  });
});

describe('the firewall, by chance', () => {
  const world = firewallWorld();

  it('is not got round by anything that chance makes up', async () => {
    const name = fc.constantFrom(
      ...[
        'active',
        'Active',
        'isActive',
        'ISACTIVE',
        'is_active',
        'actıve',
        `${USER_URN}:active`,
        'act\u00adive',
        'inactive',
      ],
      ...[
        'userName',
        'displayName',
        'roles',
        'Roles',
        'name',
        'custom',
        'Operations',
        'operations',
        '__proto__',
        'schemas',
      ],
      ...['op', 'path', 'value', 'title', 'status', 'emails'],
    );
    const leaf = fc.constantFrom<unknown>(
      false,
      true,
      'False',
      'false',
      0,
      null,
      '',
      'active',
      'OWNER',
      'x',
      'replace',
      PATCH_OP,
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('any'), { maxLength: 3 }),
        fc.array(fc.tuple(name, tie('any')), { maxLength: 4 }).map(objectOf),
      ),
    })).any;
    const operation = fc.record(
      {
        op: fc.constantFrom('add', 'Replace', 'remove', 'x'),
        path: fc.oneof(
          name,
          name.map((one) => `${USER_URN}:${one}`),
          name.map((one) => `${one}.value`),
          name.map((one) => `${one}[value eq "x"]`),
        ),
        value,
      },
      { requiredKeys: ['op'] },
    );
    const extras = fc.array(fc.tuple(name, value), { maxLength: 4 }).map(objectOf);
    const body = fc.oneof(
      fc.array(operation, { minLength: 1, maxLength: 3 }).map((all) => operations(...all)),
      extras.map((more) => ({ ...FULL, ...more })),
      extras,
      value,
    );
    const segment = fc.constantFrom(
      'scim',
      'SCIM',
      '%73cim',
      'v2',
      'Users',
      'users',
      'Users;x',
      '7',
      '%37',
      '.',
      '..',
      '',
      'gdpr',
      'delete',
      'update',
      'agents',
      'Users%2F7',
    );
    const path = fc.oneof(
      { arbitrary: fc.constantFrom('/scim/Users', '/scim/Users/7', '/users/update'), weight: 3 },
      { arbitrary: fc.array(segment, { maxLength: 5 }).map((all) => `/${all.join('/')}`), weight: 2 },
    );
    const method = fc.constantFrom<Method>('POST', 'PUT', 'PATCH', 'DELETE');
    let passed = 0;
    await fc.assert(
      fc.asyncProperty(method, path, body, async (verb, where, what) => {
        world.server().received.length = 0;
        const query = where === '/users/update' ? { userId: '7' } : {};
        const input = verb === 'DELETE' ? { query } : { query, body: what };
        await world
          .client()
          .request(verb, where, input)
          .catch((error: unknown) => {
            if ((error as { name?: unknown }).name !== 'DomainError') throw error;
          });
        passed += world.server().received.length;
        return !world.server().received.some(isHarm);
      }),
      { numRuns: 3000, seed: 20_300_101 },
    );
    // The property would hold of a wall without a door too.
    expect(passed).toBeGreaterThan(20);
  }, 60_000);
});

/** Like JSON.parse: `__proto__` becomes a member of its own. */
function objectOf(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries);
}
