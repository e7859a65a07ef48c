import { afterEach, describe, expect, it } from '@jest/globals';
import type { AttributeValues } from '../../src/core/identity/attributes.ts';
import type { DriftTarget } from '../../src/flows/drift-port.ts';
import type { DriftClient, DriftClientOptions } from '../../src/drift/client.ts';
import { createDriftTarget, type DriftTargetOptions } from '../../src/drift/target.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import type { SimulatorSettings } from '../../src/simulator/settings.ts';
import { clientAt } from './recording-server.ts';

interface World {
  readonly simulator: Simulator;
  readonly client: DriftClient;
  readonly target: DriftTarget;
  readonly idOf: (email: string) => string;
  /** Writes that the simulator received: method and path. */
  readonly writes: () => readonly string[];
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function drift(
  settings: Partial<SimulatorSettings> = {},
  options: { readonly client?: Partial<DriftClientOptions>; readonly target?: Partial<DriftTargetOptions> } = {},
): Promise<World> {
  const simulator = await startSimulator({ settings: { ratePerMinute: 0, ...settings } });
  simulator.seed({
    users: [
      { email: 'olive.owner@example.com', name: 'Olive Owner', role: 'OWNER' },
      { email: 'ada.admin@example.com', name: 'Ada Admin', role: 'ADMIN', phone: '555-010-0001', locale: 'de-DE' },
      { email: 'mel.member@example.com', name: 'Mel Member' },
      { email: 'bot-77@drift.com', name: 'Bot', bot: true },
    ],
    attributes: [{ name: 'account_manager', displayName: 'Account manager', type: 'STRING' }],
  });
  const client = clientAt(simulator.url, {
    scimPath: 'auto',
    token: simulator.token,
    permits: { deprovision: async () => true },
    ...options.client,
  });
  open.push(client, simulator);
  return {
    simulator,
    client,
    target: createDriftTarget({ client, ...options.target }),
    idOf: (email) => String(simulator.state().users.find((user) => user.userName === email)?.id),
    writes: () =>
      simulator
        .journal()
        .filter(({ method }) => method !== 'GET')
        .map(({ method, path }) => `${method} ${path}`),
  };
}

const NEW: AttributeValues = {
  userName: 'nia.new@example.com',
  email: 'nia.new@example.com',
  displayName: 'Nia New',
  givenName: 'Nia',
  familyName: 'New',
  phone: '+49 30 1234',
  locale: 'de-DE',
  role: 'ADMIN',
};

describe('the SCIM path', () => {
  it.each(['/scim', '/scim/v2'] as const)('is found at %s, remembered, and not asked for again', async (scimPath) => {
    const remembered: string[] = [];
    const world = await drift(
      { scimPath },
      { client: { rememberScimPath: async (path) => void remembered.push(path) } },
    );
    expect(await world.target.capabilities()).toMatchObject({
      scimPath,
      scimEntitled: true,
      orgId: expect.any(String) as unknown,
    });
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
      expect(await world.target.capabilities()).toMatchObject({ scimEntitled: false });
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
    });
    expect(accounts.filter(({ bot }) => bot).map(({ values }) => values.userName)).toEqual(['bot-77@drift.com']);
    expect(accounts.find(({ roles }) => roles.includes('OWNER'))?.values.userName).toBe('olive.owner@example.com');
    expect(await target.readAccount(ada)).toEqual(accounts.find(({ id }) => id === ada));
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

  it('proves no REST id where the id spaces differ, but shows every person once', async () => {
    const { target } = await drift({ scimIdSpace: 'different' });
    const accounts = await target.listAccounts();
    expect(accounts).toHaveLength(4);
    expect(accounts.every(({ restId, views }) => restId === undefined && views.rest && views.scim)).toBe(true);
  });

  it('fails as a whole when one view cannot be read', async () => {
    const { simulator, target } = await drift();
    simulator.fault({ kind: 'truncate', path: '/users/list' });
    await expect(target.listAccounts()).rejects.toMatchObject({ code: 'drift.unreachable' });
  });

  it('refuses the answers of another organisation', async () => {
    const { target } = await drift({}, { target: { orgId: '1' } });
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

describe('ownership', () => {
  const seeded = async (
    settings: Partial<SimulatorSettings>,
    target: Partial<DriftTargetOptions> = {},
  ): Promise<World> => {
    const world = await drift(settings, { target });
    world.simulator.seed({
      accounts: Array.from({ length: 150 }, (_, n) => ({
        domain: `d${String(n)}.example.org`,
        ownerEmail: n % 2 === 0 ? 'mel.member@example.com' : 'ada.admin@example.com',
      })),
      contacts: Array.from({ length: 230 }, (_, n) => ({
        attributes: {
          email: `c${String(n)}@example.net`,
          ...(n % 2 === 0 ? { account_manager: 'mel.member@example.com' } : {}),
        },
        ownerEmail: 'mel.member@example.com',
      })),
    });
    return world;
  };

  it('lists accounts to the last page and gives one to another agent', async () => {
    const { target, idOf, writes, simulator } = await seeded({});
    const [mel, ada] = [idOf('mel.member@example.com'), idOf('ada.admin@example.com')];
    const companies = await target.listCompanies();
    expect(companies).toHaveLength(150);
    const first = companies.find(({ ownerId }) => ownerId === mel);
    expect(await target.assignCompany(first?.id ?? '', ada)).toMatchObject({ kind: 'ok', value: { ownerId: ada } });
    expect(writes()).toEqual(['PATCH /accounts/update']);
    expect(simulator.journal().at(-1)?.body).toEqual({ accountId: first?.id, ownerId: Number(ada) });
    expect(await target.readCompany(first?.id ?? '')).toEqual({ id: first?.id, ownerId: ada, deleted: false });
    expect(await target.readCompany('1_none.example.org')).toBeNull();
    expect(await target.assignCompany(first?.id ?? '', '999')).toMatchObject({ kind: 'refused', status: 400 });
    expect(await target.assignCompany(first?.id ?? '', 'ada')).toMatchObject({
      kind: 'refused',
      code: 'owner_invalid',
    });
  });

  it('notices a list of accounts that goes in circles', async () => {
    const { target } = await seeded({ repeatCursor: true });
    await expect(target.listCompanies()).rejects.toMatchObject({ code: 'drift.unreachable' });
  });

  it.each(['off', 'empty'] as const)('says that contacts cannot be listed (%s)', async (contactListing) => {
    const { target } = await seeded({ contactListing });
    expect(await target.listContacts()).toBeNull();
    expect(await target.capabilities()).toMatchObject({ contactsListable: false });
  });

  it('lists contacts with their native owners, and moves one', async () => {
    const { target, idOf, writes } = await seeded({ contactListing: 'cursor', contactOwnerId: 'stored' });
    const [mel, ada] = [idOf('mel.member@example.com'), idOf('ada.admin@example.com')];
    const contacts = (await target.listContacts()) ?? [];
    expect(contacts).toHaveLength(230);
    expect(contacts.every(({ ownerId }) => ownerId === mel)).toBe(true);
    const id = contacts[0]?.id ?? '';
    expect(BigInt(id) > BigInt(Number.MAX_SAFE_INTEGER)).toBe(true);
    expect(await target.assignContact(id, ada)).toEqual({ kind: 'ok', value: { id, ownerId: ada } });
    expect(writes()).toEqual([`PATCH /contacts/${id}`]);
    expect(await target.readContact(id)).toEqual({ id, ownerId: ada });
    expect(await target.readContact('1')).toBeNull();
  });

  it('notices a list of contacts that goes in circles, and one that is refused after it worked', async () => {
    const circle = await seeded({ contactListing: 'cursor', repeatCursor: true });
    await expect(circle.target.listContacts()).rejects.toMatchObject({ code: 'drift.unreachable' });
    const { target, simulator } = await seeded({ contactListing: 'cursor' });
    await target.listContacts();
    simulator.set({ contactListing: 'off' });
    await expect(target.listContacts()).rejects.toMatchObject({ code: 'drift.unreachable' });
  });

  it('says so when the owner of a contact does not stick', async () => {
    const { target, simulator, idOf, writes } = await seeded({ contactOwnerId: 'ignored' });
    const id = simulator.state().contacts[0]?.id ?? '';
    expect(await target.assignContact(id, idOf('ada.admin@example.com'))).toMatchObject({
      kind: 'refused',
      code: 'owner_did_not_stick',
    });
    expect(writes()).toHaveLength(1);
  });

  it('reads and writes the declared attribute in the form that stands there', async () => {
    const { target, simulator, idOf, writes } = await seeded(
      { contactListing: 'cursor' },
      { contactOwnerAttribute: 'account_manager' },
    );
    const [mel, ada] = [idOf('mel.member@example.com'), idOf('ada.admin@example.com')];
    const contacts = (await target.listContacts()) ?? [];
    expect(contacts.filter(({ ownerId }) => ownerId === mel)).toHaveLength(115);
    const owned = contacts.find(({ ownerId }) => ownerId === mel)?.id ?? '';
    const free = contacts.find(({ ownerId }) => ownerId === undefined)?.id ?? '';
    expect(await target.assignContact(owned, ada)).toEqual({ kind: 'ok', value: { id: owned, ownerId: ada } });
    expect(await target.assignContact(free, ada)).toEqual({ kind: 'ok', value: { id: free, ownerId: ada } });
    const attributes = (id: string): unknown =>
      simulator.state().contacts.find((one) => one.id === id)?.attributes['account_manager'];
    expect([attributes(owned), attributes(free)]).toEqual(['ada.admin@example.com', ada]);
    expect(writes()).toHaveLength(2);
  });

  it('does not write an attribute that nobody declared', async () => {
    const { target, simulator, idOf, writes } = await seeded(
      { undeclaredAttribute: 'created' },
      { contactOwnerAttribute: 'made_up' },
    );
    const id = simulator.state().contacts[0]?.id ?? '';
    expect(await target.assignContact(id, idOf('ada.admin@example.com'))).toMatchObject({
      kind: 'refused',
      code: 'attribute_undeclared',
    });
    expect(writes()).toEqual([]);
  });

  it('gives no answer about a contact that is hidden', async () => {
    const { target, simulator } = await seeded({});
    simulator.fault({ kind: 'contact-401', path: '/contacts/*' });
    await expect(target.readContact(simulator.state().contacts[0]?.id ?? '')).rejects.toMatchObject({
      code: 'drift.unreachable',
    });
  });
});

describe('a token that is taken away', () => {
  it('stops every further call after one confirmation', async () => {
    const { target, simulator } = await drift({}, { client: { scimPath: '/scim' } });
    simulator.revokeTokens();
    await expect(target.listAccounts()).rejects.toMatchObject({ code: 'drift.unreachable' });
    const calls = simulator.journal().length;
    expect(calls).toBe(2);
    expect(await target.createAccount(NEW)).toMatchObject({ kind: 'refused', code: 'credential_dead' });
    expect(simulator.journal()).toHaveLength(calls);
  });
});
