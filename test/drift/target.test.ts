import { describe, expect, it } from '@jest/globals';
import { capable, drift, NEW } from './drift-world.ts';

describe('the SCIM path', () => {
  it.each(['/scim', '/scim/v2'] as const)('is found at %s, remembered, and not asked for again', async (scimPath) => {
    const remembered: string[] = [];
    const world = await drift(
      { scimPath },
      { client: { rememberScimPath: async (path) => void remembered.push(path) } },
    );
    await world.target.listAccounts();
    expect(remembered).toEqual([scimPath]);
    const paths = world.simulator.journal().map(({ path }) => path);
    expect(paths.filter((path) => path.startsWith('/scim'))).toEqual(
      scimPath === '/scim' ? ['/scim/v2/Users', '/scim/Users', '/scim/Users'] : ['/scim/v2/Users', '/scim/v2/Users'],
    );
    expect((await world.target.createAccount(NEW)).kind).toBe('ok');
    expect(world.writes().at(-1)).toBe(`POST ${scimPath}/Users`);
  });

  it.each([403, 404] as const)(
    'is nowhere where the plan lacks it (%d), and the listing does not pretend',
    async (scimRefusalStatus) => {
      const world = await drift({ scimEntitled: false, scimRefusalStatus });
      await expect(world.target.listAccounts()).rejects.toMatchObject({ code: 'drift.unreachable' });
    },
  );

  it('is not taken for missing because of a fault', async () => {
    const world = await drift({ scimPath: '/scim/v2' });
    world.simulator.fault({ kind: 'status', status: 503, path: '/scim/v2/Users' });
    await expect(world.target.listAccounts()).rejects.toMatchObject({ code: 'drift.unreachable' });
    expect(world.simulator.journal().some(({ path }) => path === '/scim/Users')).toBe(false);
    world.simulator.clearFaults();
    expect(await world.target.listAccounts()).toHaveLength(4);
  });
});

describe('the listing of agents', () => {
  it('merges both views, proves the REST id, and knows bots and the OWNER', async () => {
    const { target, idOf } = await drift();
    const accounts = await target.listAccounts();
    const ada = idOf('ada.admin@example.com');
    expect(accounts.find(({ id }) => id === ada)).toEqual({
      id: ada,
      restId: ada,
      values: {
        userName: 'ada.admin@example.com',
        email: 'ada.admin@example.com',
        displayName: 'Ada Admin',
        givenName: 'Ada',
        familyName: 'Admin',
        phone: '555-010-0001',
        locale: 'de-DE',
        role: 'ADMIN',
      },
      active: true,
      bot: false,
      roles: ['ADMIN'],
      views: { scim: true, rest: true },
      disagreements: [],
      // The list of SCIM users has no locale.
      restOnly: ['locale'],
    });
    expect(accounts.filter(({ bot }) => bot).map(({ values }) => values.userName)).toEqual(['bot-77@drift.com']);
    expect(accounts.find(({ roles }) => roles.includes('OWNER'))?.values.userName).toBe('olive.owner@example.com');
    const read = await target.readAccount(ada);
    expect({ ...read, restOnly: ['locale'] }).toEqual(accounts.find(({ id }) => id === ada));
    expect(await target.readAccount('999999999')).toBeNull();
  });

  it('is whole whatever the server caps a page at', async () => {
    const { simulator, target } = await drift({ serverPageCap: 3 });
    simulator.seed({
      users: Array.from({ length: 20 }, (_, n) => ({ email: `p${String(n)}@example.com`, name: `P ${String(n)}` })),
    });
    const accounts = await target.listAccounts();
    expect(new Set(accounts.map(({ id }) => id)).size).toBe(24);
    expect(simulator.journal().filter(({ path }) => path === '/scim/Users' || path === '/scim/v2/Users')).toHaveLength(
      2 + 8,
    );
  });

  it('knows the REST id by the e-mail alone where the id spaces differ, and shows every person once', async () => {
    const { target, idOf } = await drift({ scimIdSpace: 'different' });
    const accounts = await target.listAccounts();
    expect(accounts).toHaveLength(4);
    for (const { id, restId, values, views } of accounts) {
      expect(restId).toBe(idOf(values.userName ?? ''));
      expect(id).not.toBe(restId);
      expect(views).toEqual({ scim: true, rest: true });
    }
    for (const account of accounts) {
      expect((await target.readAccount(account.id))?.restId).toBe(account.restId);
      expect((await target.readAccount(account.id, account))?.restId).toBe(account.restId);
    }
  });

  it('fails as a whole when one view cannot be read', async () => {
    const { simulator, target } = await drift();
    simulator.fault({ kind: 'truncate', path: '/users/list' });
    await expect(target.listAccounts()).rejects.toMatchObject({ code: 'drift.unreachable' });
  });

  it('refuses the answers of another organisation', async () => {
    const { target } = await drift({}, { target: { capabilities: capable({ orgId: '1' }) } });
    await expect(target.listAccounts()).rejects.toMatchObject({ code: 'drift.unreachable' });
  });

  it.each([true, false])('finds an agent by name, filter honoured: %s', async (filterHonoured) => {
    const { target, idOf } = await drift({ filterHonoured, serverPageCap: 2 });
    const found = await target.findAccounts('Mel.Member@example.com');
    expect(found.map(({ id }) => id)).toEqual([idOf('mel.member@example.com')]);
    expect(await target.findAccounts('nobody"@example.com')).toEqual([]);
  });
});

describe('writing agents', () => {
  it('creates with everything known, in one call', async () => {
    const { target, simulator, writes } = await drift({ strictEmail: true });
    const effect = await target.createAccount(NEW);
    expect(effect).toMatchObject({
      kind: 'ok',
      value: { roles: ['ADMIN'], values: { userName: 'nia.new@example.com' } },
    });
    expect(writes()).toHaveLength(1);
    expect(simulator.journal().at(-1)?.body).toEqual({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: 'nia.new@example.com',
      displayName: 'Nia New',
      name: { givenName: 'Nia', familyName: 'New', formatted: 'Nia New' },
      emails: [{ value: 'nia.new@example.com', primary: true }],
      phoneNumbers: [{ value: '+49 30 1234', primary: true }],
      locale: 'de-DE',
      roles: [{ value: 'ADMIN', display: 'ADMIN', type: null, primary: true }],
    });
    const again = await target.createAccount(NEW);
    expect(again).toMatchObject({ kind: 'refused', status: 409, code: 'scim_uniqueness' });
    expect(JSON.stringify(again)).not.toContain('nia');
  });

  it('replaces with the whole resource, so that nothing is cleared', async () => {
    const { target, simulator, idOf, writes } = await drift();
    const ada = idOf('ada.admin@example.com');
    expect(await target.replaceAccount(ada, { displayName: 'Ada A. Admin', familyName: 'Adminson' })).toMatchObject({
      kind: 'ok',
    });
    expect(writes()).toEqual([`PUT /scim/Users/${ada}`]);
    expect(simulator.journal().at(-1)?.body).toEqual({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: 'ada.admin@example.com',
      displayName: 'Ada A. Admin',
      name: { formatted: 'Ada Adminson', givenName: 'Ada', familyName: 'Adminson' },
      emails: [{ value: 'ada.admin@example.com', primary: true }],
      phoneNumbers: [{ value: '555-010-0001', primary: true }],
      locale: 'de-DE',
      roles: [{ value: 'ADMIN', display: 'ADMIN', type: null, primary: true }],
      active: true,
    });
    expect((await target.readAccount(ada))?.values).toMatchObject({
      displayName: 'Ada A. Admin',
      phone: '555-010-0001',
      locale: 'de-DE',
      role: 'ADMIN',
    });
  });

  it('names the schema as policy says', async () => {
    const { target, simulator, idOf } = await drift({}, { target: { schemas: 'sample' } });
    expect((await target.createAccount(NEW)).kind).toBe('ok');
    expect((await target.setRole(idOf('mel.member@example.com'), 'ADMIN')).kind).toBe('ok');
    const sent = simulator.journal().flatMap(({ method, body }) => (method === 'GET' ? [] : [body]));
    expect(sent).toHaveLength(2);
    for (const body of sent) expect(body).toMatchObject({ schemas: ['urn:scim:schemas:core:2.0'] });
  });

  it('sets roles, and only those that there are', async () => {
    const { target, idOf, writes } = await drift();
    const mel = idOf('mel.member@example.com');
    expect(await target.setRole(mel, 'ROLE-IDS=[208]')).toMatchObject({
      kind: 'ok',
      value: { roles: ['ROLE-IDS=[208]'] },
    });
    expect(await target.setRole(mel, 'owner')).toMatchObject({ kind: 'refused', code: 'role_unknown' });
    expect(await target.setRole(mel, 'Chief')).toMatchObject({ kind: 'refused', code: 'role_unknown' });
    expect(writes()).toHaveLength(1);
  });

  it('renames in place through REST, where the id is proven', async () => {
    const { target, idOf, writes } = await drift();
    const mel = idOf('mel.member@example.com');
    expect(await target.renameAccount(mel, 'mel.married@example.com')).toMatchObject({
      kind: 'ok',
      value: { id: mel, values: { userName: 'mel.married@example.com' } },
    });
    expect(writes()).toEqual(['PATCH /users/update']);
    expect((await target.readAccount(mel))?.values.userName).toBe('mel.married@example.com');
    const other = await drift({ scimIdSpace: 'different' });
    const [account] = await other.target.findAccounts('mel.member@example.com');
    expect(await other.target.renameAccount(account?.id ?? '', 'mel.married@example.com')).toMatchObject({
      kind: 'refused',
      code: 'rest_id_unproven',
    });
    expect(other.writes()).toEqual([]);
  });

  it('touches neither bots nor the OWNER', async () => {
    const { target, idOf, writes } = await drift();
    for (const id of [idOf('olive.owner@example.com'), idOf('bot-77@drift.com')]) {
      expect(await target.replaceAccount(id, { displayName: 'X' })).toMatchObject({
        kind: 'refused',
        code: 'protected',
      });
      expect(await target.setRole(id, 'MEMBER')).toMatchObject({ kind: 'refused', code: 'protected' });
      expect(await target.renameAccount(id, 'x@example.com')).toMatchObject({ kind: 'refused', code: 'protected' });
    }
    expect(writes()).toEqual([]);
  });

  it('removes once, with a permit', async () => {
    const { target, idOf, writes } = await drift();
    const mel = idOf('mel.member@example.com');
    const permit = { changeId: 'chg-1', fence: 1 };
    expect(await target.removeAccount(mel, permit)).toEqual({ kind: 'ok', value: null });
    expect(await target.readAccount(mel)).toBeNull();
    expect(await target.removeAccount(mel, permit)).toMatchObject({ kind: 'refused', status: 404 });
    expect(writes()).toHaveLength(2);
    expect(await target.createAccount({ userName: 'mel.member@example.com' })).toMatchObject({
      kind: 'refused',
      status: 409,
    });
  });

  it.each([
    ['cut-before', false],
    ['cut-after', true],
    ['cut-body', true],
    ['truncate', true],
  ] as const)('leaves a create open after %s', async (kind, applied) => {
    const { target, simulator, writes } = await drift();
    simulator.fault({ kind, method: 'POST', path: '/scim*' });
    expect(await target.createAccount(NEW)).toMatchObject({ kind: 'unknown' });
    expect(writes()).toHaveLength(1);
    simulator.clearFaults();
    expect(await target.findAccounts('nia.new@example.com')).toHaveLength(applied ? 1 : 0);
  });

  it.each([false, true])('leaves a replacement open after a 500, applied: %s', async (applied) => {
    const { target, simulator, idOf, writes } = await drift();
    simulator.fault({ kind: 'status', status: 500, method: 'PUT', applied });
    expect(await target.replaceAccount(idOf('mel.member@example.com'), { displayName: 'Mel X' })).toMatchObject({
      kind: 'unknown',
    });
    expect(writes()).toHaveLength(1);
  });
});

describe('a token that is taken away', () => {
  it('stops every further call after one confirmation', async () => {
    const { target, simulator } = await drift({}, { client: { scimPath: '/scim' } });
    simulator.revokeTokens();
    await expect(target.listAccounts()).rejects.toMatchObject({ code: 'drift.credential_dead' });
    const calls = simulator.journal().length;
    expect(calls).toBe(2);
    expect(await target.createAccount(NEW)).toMatchObject({ kind: 'refused', code: 'credential_dead' });
    expect(simulator.journal()).toHaveLength(calls);
  });
});
