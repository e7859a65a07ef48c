import { describe, expect, it } from '@jest/globals';
import type { DriftTargetOptions } from '../../src/drift/target.ts';
import type { SimulatorSettings } from '../../src/simulator/settings.ts';
import { capable, drift, type DriftWorld } from './drift-world.ts';

describe('ownership', () => {
  const seeded = async (
    settings: Partial<SimulatorSettings>,
    target: Partial<DriftTargetOptions> = {},
  ): Promise<DriftWorld> => {
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
    const companies = (await target.listCompanies()) ?? [];
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
    const { target, targetWith, callsOf } = await seeded({ contactListing });
    expect(await target.listContacts()).toBeNull();
    // A refusal is remembered for a day, and not asked for again; an empty list says too little for that.
    const contactLists = async (known: Parameters<typeof capable>[0]): Promise<number> =>
      (await callsOf(() => targetWith({ capabilities: capable(known) }).listContacts())).length;
    expect(await contactLists({ contactListing: 'refused' })).toBe(0);
    expect(await contactLists({ contactListing: 'refused', probedAt: '2029-12-30T23:59:59.000Z' })).toBe(1);
    expect(await contactLists({ contactListing: 'empty' })).toBe(1);
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

  it('moves a contact in three calls, whatever form its owner has', async () => {
    const { target, simulator, idOf, callsOf } = await seeded(
      { contactListing: 'cursor' },
      { contactOwnerAttribute: 'account_manager' },
    );
    const ada = idOf('ada.admin@example.com');
    const [named, free] = [0, 1].map((n) => simulator.state().contacts[n]?.id ?? '');
    // The attributes and the e-mail of the receiver are asked for once.
    await target.assignContact(named ?? '', ada);
    for (const id of [named, free, simulator.state().contacts[2]?.id]) {
      const path = `/contacts/${id ?? ''}`;
      expect(await callsOf(() => target.assignContact(id ?? '', ada))).toEqual([
        `GET ${path}`,
        `PATCH ${path}`,
        `GET ${path}`,
      ]);
    }
    expect(await callsOf(() => target.readContact(named ?? ''))).toHaveLength(2);
    expect(await callsOf(() => target.readContact(named ?? ''))).toHaveLength(1);
  });

  it('asks anew for attributes that the probe did not see, and believes those that it saw', async () => {
    const { targetWith, simulator, idOf, callsOf } = await seeded({ undeclaredAttribute: 'ignored' });
    const id = simulator.state().contacts[0]?.id ?? '';
    const ada = idOf('ada.admin@example.com');
    const before = targetWith({ capabilities: capable({ attributes: [] }), contactOwnerAttribute: 'account_manager' });
    expect(await before.assignContact(id, ada)).toMatchObject({ kind: 'ok' });
    // Withdrawn since: Drift answers with success and keeps nothing, which the read-back shows.
    const after = targetWith({
      capabilities: capable({ attributes: [{ name: 'withdrawn', type: 'STRING' }] }),
      contactOwnerAttribute: 'withdrawn',
    });
    const calls = await callsOf(async () => {
      expect(await after.assignContact(id, ada)).toMatchObject({ kind: 'refused', code: 'owner_did_not_stick' });
    });
    expect(calls).not.toContain('GET /contacts/attributes');
  });

  it('tells an organisation without accounts from a token that may not see them', async () => {
    const { targetWith, simulator, callsOf } = await seeded({});
    const may = capable({ scopes: { granted: ['account_read'], missing: [], excess: [] } });
    const mayNot = capable({ scopes: { granted: ['user_read'], missing: [], excess: [] } });
    const lists = (capabilities: typeof may | null): Promise<unknown> => targetWith({ capabilities }).listCompanies();
    simulator.fault({ kind: 'status', status: 403, path: '/accounts' });
    expect(await lists(may)).toBeNull();
    await expect(lists(mayNot)).rejects.toMatchObject({ code: 'drift.unreachable' });
    // Never probed: the token is asked.
    expect(await callsOf(async () => expect(await lists(null)).toBeNull())).toEqual([
      'GET /accounts',
      'POST /app/token_info',
    ]);
    await expect(lists({ ...may, accountListing: 'listed' })).rejects.toMatchObject({ code: 'drift.unreachable' });
    simulator.clearFaults();
    simulator.fault({ kind: 'status', status: 404, path: '/accounts' });
    expect(await lists(mayNot)).toBeNull();
    simulator.clearFaults();
    simulator.fault({ kind: 'status', status: 500, path: '/accounts' });
    await expect(lists(may)).rejects.toMatchObject({ code: 'drift.unreachable' });
  });

  it('looks at marked contacts by every name that they go by', async () => {
    const { target, simulator, idOf } = await seeded({ contactOwnerId: 'stored' });
    simulator.seed({ contacts: [{ attributes: { email: 'x@example.net', externalId: 'crm-1' } }] });
    const mel = idOf('mel.member@example.com');
    const [one] = simulator.state().contacts;
    const id = one?.id ?? '';
    expect(await target.recallContacts('id', id)).toEqual({ kind: 'seen', contacts: [{ id, ownerId: mel }] });
    expect(await target.recallContacts('email', 'c0@example.net')).toEqual({
      kind: 'seen',
      contacts: [{ id, ownerId: mel }],
    });
    expect(await target.recallContacts('external_id', 'crm-1')).toMatchObject({ kind: 'seen', contacts: [{}] });
    expect(await target.recallContacts('email', 'nobody@example.net')).toEqual({ kind: 'seen', contacts: [] });
    expect(await target.recallContacts('id', '1')).toEqual({ kind: 'gone' });
    simulator.fault({ kind: 'contact-401', path: '/contacts/*' });
    expect(await target.recallContacts('id', id)).toEqual({ kind: 'hidden' });
    simulator.clearFaults();
    simulator.fault({ kind: 'status', status: 503, path: '/contacts/*' });
    await expect(target.recallContacts('id', id)).rejects.toMatchObject({ code: 'drift.unreachable' });
  });

  it('counts what an agent owns whose REST id is known by the e-mail alone', async () => {
    const { target, idOf } = await seeded({
      scimIdSpace: 'different',
      contactListing: 'cursor',
      contactOwnerId: 'stored',
    });
    const mel = (await target.listAccounts()).find(({ values }) => values.userName === 'mel.member@example.com');
    expect(mel?.restId).toBe(idOf('mel.member@example.com'));
    const owner = mel?.restId;
    expect(((await target.listCompanies()) ?? []).filter(({ ownerId }) => ownerId === owner)).toHaveLength(75);
    expect(((await target.listContacts()) ?? []).filter(({ ownerId }) => ownerId === owner)).toHaveLength(230);
  });
});
