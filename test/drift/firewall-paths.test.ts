import { describe, expect, it } from '@jest/globals';
import { judge, type Outgoing } from '../../src/drift/firewall.ts';
import type { Method } from '../../src/drift/operations/operation.ts';
import { deleteScimUser } from '../../src/drift/operations/scim.ts';
import { createDriftTarget } from '../../src/drift/target.ts';
import { FULL, firewallWorld, operations, PATCH_OP } from './firewall-world.ts';
import { json, quickWorld } from './recording-server.ts';

describe('writes outside the table', () => {
  it.each<[Outgoing['method'], string]>([
    ['DELETE', '/users.json'],
    ['DELETE', '/user-management/1'],
    ['PATCH', '/userprofile/1'],
    ['PATCH', '/usersupdate'],
    ['POST', '/admin/deactivate'],
    ['POST', '/bulk'],
    ['POST', '/contacts/deactivate'],
    ['PUT', '/accounts/1/members'],
  ])('%s %s is refused, since nobody can say what Drift makes of it', (method, path) => {
    const call: Outgoing = { method, path, query: '', body: method === 'DELETE' ? undefined : '{}', scimPath: '/scim' };
    expect(judge(call).kind).toBe('refused');
  });

  it.each<[Outgoing['method'], string]>([
    ['POST', '/contacts'],
    ['PATCH', '/contacts/17'],
    ['PATCH', '/accounts/update'],
    ['POST', '/accounts/create'],
    ['POST', '/app/token_info'],
    ['POST', '/emails/unsubscribe'],
  ])('%s %s passes', (method, path) => {
    expect(judge({ method, path, query: '', body: '{}', scimPath: '/scim' }).kind).toBe('pass');
  });
});

describe('each wall by itself', () => {
  const call = {
    method: 'PUT',
    path: '/scim/Users/7',
    query: '',
    body: JSON.stringify(FULL),
    scimPath: '/scim',
  } as const;

  it('has a door', () => {
    expect(judge(call)).toEqual({ kind: 'pass' });
    expect(judge({ ...call, method: 'DELETE', body: undefined })).toEqual({ kind: 'needs_permit', accountId: '7' });
    expect(judge({ ...call, method: 'DELETE', path: '/contacts/a%40b', body: undefined })).toEqual({ kind: 'pass' });
  });

  it.each<[string, Partial<Outgoing>]>([
    ['a query on a SCIM write', { query: 'active=false' }],
    ['a body on a SCIM delete', { method: 'DELETE' }],
    ['a method that is none', { method: 'PURGE' as Method, path: '/contacts/7' }],
    ['a SCIM write while nobody knows the path', { scimPath: null }],
    ['a SCIM write below another path', { scimPath: '/scim/v2' }],
    ['a write below a SCIM path of another name', { path: '/people/Groups/7', scimPath: '/people' }],
    ['dot segments', { path: '/contacts/..' }],
    ['encoded separators', { path: '/contacts/7%2F8' }],
    ['path parameters', { path: '/contacts/7%3Bx' }],
    ['double encoding', { path: '/contacts/7%2541' }],
    ['control characters', { path: '/contacts/7%0A' }],
    ['encoded letters', { path: '/contacts/%41' }],
    ['bytes that are no text', { path: '/contacts/%FF' }],
    ['lower-case encoding', { path: '/contacts/a%c3%a4' }],
    ['doubled names', { body: `{"active":false,${JSON.stringify(FULL).slice(1)}` }],
    ['doubled names, the last one true', { body: `${JSON.stringify(FULL).slice(0, -1)},"active":true}` }],
    ['blanks that JSON allows', { body: ` ${JSON.stringify(FULL)}` }],
    ['escaped names', { body: JSON.stringify(FULL).replace('active', '\\u0061ctive') }],
    ['no JSON', { body: '{"active":true' }],
    ['no body', { body: undefined }],
    [
      'a patch of nothing',
      { method: 'PATCH', body: '{"schemas":[],"Operations":[{"op":"add","path":"title","value":"x"}]}' },
    ],
    [
      'a patch of an unknown attribute',
      { method: 'PATCH', body: patchOf({ op: 'replace', path: 'status', value: 'gone' }) },
    ],
    ['a PatchOp that is put', { body: JSON.stringify({ ...FULL, schemas: [PATCH_OP] }) }],
    ['a name of the machinery', { body: `${JSON.stringify(FULL).slice(0, -1)},"__proto__":{"x":1}}` }],
    ['what is too deep', { body: `${JSON.stringify(FULL).slice(0, -1)},"x":${'['.repeat(30)}${']'.repeat(30)}}` }],
  ])('refuses %s', (_what, part) => {
    expect(judge({ ...call, ...part })).toMatchObject({ kind: 'refused', reason: expect.any(String) as unknown });
  });
});

function patchOf(operation: unknown): string {
  return JSON.stringify(operations(operation));
}

describe('the firewall, by paths and permits', () => {
  const world = firewallWorld();

  const DELETES: readonly string[] = [
    '/scim/Users/7',
    '/scim/Users/7/',
    '/scim//Users/7',
    '//scim/Users/7',
    '/scim/./Users/7',
    '/scim/x/../Users/7',
    '/x/../scim/Users/7',
    '/scim/%2e/Users/7',
    '/scim/x/%2E%2E/Users/7',
    '/scim/Users/%37',
    '/scim/%55sers/7',
    '/%73cim/Users/7',
    '/scim%2FUsers/7',
    '/scim/Users%2F7',
    '/scim/Users%252F7',
    '/scim/users/7',
    '/SCIM/Users/7',
    '/Scim/USERS/7',
    '/scim/v2/Users/7',
    '/v1/scim/Users/7',
    '/scim/Users/7?x=1',
    '/scim/Users/7#x',
    '/scim/Users;a=b/7',
    '/scim;v=2/Users/7',
    '/scim/Users/7;x',
    '/scim/Users/7%3Bx',
    '/scim\\Users\\7',
    '/scim/Users/7%00',
    '/scim/Users/7%20',
    '/scim/Users/7 ',
    '/scim/Users/.',
    '/scim/Users/..',
    '/scim/Users',
    '/scim/Users/',
    '/scim/Me',
    '/ſcim/Users/7',
    '/sc%C4%B1m/Users/7',
    'scim/Users/7',
    'http://127.0.0.1/scim/Users/7',
    '/users/7',
    '/users/update',
    '/Users/7',
    '/users',
    '/agents/7',
    '/teams/users/7',
    '/v1/users/7',
    '/gdpr/delete',
    '',
    '/',
  ];

  it.each(DELETES)('sends no DELETE to %s without a permit', async (path) => {
    await world.stopped(world.client().request('DELETE', path));
    await world.stopped(world.client().request('DELETE', path, { query: { permit: 'yes' } }));
    await world.stopped(world.client().request('DELETE', path, { body: { active: true } }));
  });

  it.each([
    ['POST', '/scim/Users/7', FULL],
    ['POST', '/scim/Users/.search', { filter: 'userName pr' }],
    ['POST', '/scim/Bulk', { Operations: [{ method: 'DELETE', path: '/Users/7' }] }],
    ['POST', '/scim', FULL],
    ['PUT', '/scim/Users', { ...FULL, id: '7' }],
    ['PUT', '/scim/users/7', FULL],
    ['PATCH', '/scim/Groups/7', operations({ op: 'remove', path: 'members' })],
    ['PATCH', '/users/update', { name: 'Ann' }],
    ['PUT', '/users/update', { name: 'Ann' }],
    ['POST', '/users/7/deactivate', {}],
    ['POST', '/users', { _method: 'DELETE' }],
    ['POST', '/gdpr/delete', { email: 'ann@example.com' }],
    ['POST', '/GDPR/Delete', { email: 'ann@example.com' }],
    ['POST', '/gdpr/delete%2F', { email: 'ann@example.com' }],
    ['delete', '/scim/Users/7', undefined],
    ['PATCH ', '/scim/Users/7', { active: true }],
    ['HEAD', '/scim/Users/7', undefined],
    ['GET', '/scim/Users/7', { active: false }],
  ] as const)('refuses %s %s', async (method, path, body) => {
    await world.stopped(world.client().request(method as Method, path, body === undefined ? {} : { body }));
  });

  it('refuses every field of a REST update that is not known to be harmless', async () => {
    for (const body of [
      { active: false },
      { role: 'admin' },
      { name: null },
      { status: 'DELETED' },
      [{ name: 'x' }],
      'x',
      {},
    ]) {
      const harmless = JSON.stringify(body) === '{}';
      const call = world.client().request('PATCH', '/users/update', { query: { userId: '7' }, body });
      if (harmless) await call;
      else await world.stopped(call);
      world.server().received.length = 0;
    }
    for (const query of [
      { userId: ['7', '8'] },
      { userId: '7', _method: 'DELETE' },
      { userid: '7' },
      { userId: '-7' },
    ]) {
      await world.stopped(world.client().request('PATCH', '/users/update', { query, body: { name: 'Ann' } }));
    }
    await world.stopped(
      world.client().request('GET', '/scim/Users/7', { query: { 'X-HTTP-Method-Override': 'DELETE' } }),
    );
  });

  it('deletes with a permit that is confirmed right before the call, for exactly that account', async () => {
    const permit = { changeId: 'chg-1', fence: 3 };
    const remove = (): Promise<unknown> => world.client().call(deleteScimUser, { params: { userId: '7' }, permit });
    await world.stopped(remove());
    expect(world.asked).toEqual([{ changeId: 'chg-1', fence: 3, accountId: '7' }]);
    world.grant = async () => Promise.reject(new Error('the store is gone'));
    await world.stopped(remove());
    for (const odd of ['true', 1, {}, undefined, null]) {
      world.grant = async () => odd as boolean;
      await world.stopped(remove());
    }
    world.grant = async () => world.server().received.length === 0;
    await remove();
    expect(world.server().received).toMatchObject([{ method: 'DELETE', target: '/scim/Users/7', body: '' }]);
    world.server().received.length = 0;
    await world.stopped(world.client().call(deleteScimUser, { params: { userId: '../Users/7' }, permit }));
    await world.stopped(world.client().call(deleteScimUser, { params: { userId: '7/' }, permit }));
    await world.stopped(world.client().request('DELETE', '/scim/Users/7', { permit } as never));
  });

  it('asks for the proof again before a delete is repeated after a 429', async () => {
    const before = world.server().answer;
    world.server().answer = (call, response, nth) =>
      (nth === 1 ? json(429, { error: { type: 'rate_limit' } }) : before)(call, response, nth);
    world.grant = async () => world.asked.length === 1;
    const call = world
      .client()
      .call(deleteScimUser, { params: { userId: '7' }, permit: { changeId: 'chg-1', fence: 1 } });
    await expect(call).rejects.toMatchObject({ code: 'drift.firewall' });
    expect(world.server().received).toHaveLength(1);
    world.server().answer = before;
  });

  it('turns a stopped removal into a refusal for the flows', async () => {
    const target = createDriftTarget({ client: world.client(), clock: quickWorld().clock });
    expect(await target.removeAccount('7', { changeId: 'chg-1', fence: 1 })).toMatchObject({
      kind: 'refused',
      code: 'firewall',
    });
    expect(world.server().received).toEqual([]);
  });
});
