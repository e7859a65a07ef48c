import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { TenantStore } from '../../src/flows/ports.ts';
import { eachDatabase } from '../support/store.ts';
import { account, freshTenant, later, openWorld, snapshot, START, type World } from './building.ts';

eachDatabase('accounts', (testStore) => {
  let world: World;
  let tenant: TenantStore;
  beforeAll(async () => {
    world = await openWorld(testStore);
  });
  beforeEach(async () => {
    tenant = world.store.tenant(await freshTenant(world));
  });

  type Seen = Parameters<TenantStore['accounts']['putSnapshot']>[1];

  async function observe(seen: Partial<Seen>, startedAt = START): Promise<string> {
    const id = world.crypto.uuid();
    const { accounts = [], companies = [], contacts = [] } = seen;
    const counts = { companies: companies?.length ?? null, contacts: contacts?.length ?? null };
    await tenant.write((tx) =>
      tx.accounts.putSnapshot(snapshot(id, { startedAt, ...counts }), { accounts, companies, contacts }),
    );
    return id;
  }

  const present = async (): Promise<readonly string[]> => (await tenant.accounts.present()).map(({ id }) => id);

  it('has nothing before the first observation', async () => {
    expect(await tenant.accounts.latestSnapshot()).toBeNull();
    expect(await present()).toEqual([]);
    expect(await tenant.accounts.find('1')).toBeNull();
    expect(await tenant.accounts.owned()).toEqual(new Map());
  });

  it('replaces what was seen before by what was seen last', async () => {
    await observe({ accounts: [account('1'), account('2')] });
    const changed = account('2', { values: { userName: 'new@example.com' } });
    const id = await observe({ accounts: [changed, account('3')] }, later(10));
    expect(await tenant.accounts.present()).toEqual([changed, account('3')]);
    expect(await tenant.accounts.find('1')).toEqual({ account: account('1'), present: false, baseline: null });
    expect(await tenant.accounts.latestSnapshot()).toEqual(snapshot(id, { startedAt: later(10), contacts: 0 }));
  });

  it('keeps what was read after the observation began', async () => {
    await observe({ accounts: [account('1'), account('2'), account('4')] });
    const renamed = account('2', { values: { userName: 'renamed@example.com' } });
    await tenant.write(async (tx) => {
      await tx.accounts.putAccount(renamed, renamed.values, later(20));
      await tx.accounts.putAccount(account('3'), null, later(20));
      await tx.accounts.markAbsent('4', later(20));
    });
    await observe({ accounts: [account('1'), account('2'), account('4')] }, later(10));
    expect(await tenant.accounts.present()).toEqual([account('1'), renamed, account('3')]);
    await observe({ accounts: [account('1'), account('2')] }, later(30));
    expect(await tenant.accounts.present()).toEqual([account('1'), account('2')]);
  });

  it('dates baselines, and a read without one leaves the last', async () => {
    await observe({ accounts: [account('1'), account('2')] });
    await tenant.write((tx) => tx.accounts.putAccount(account('1'), { userName: 'a@example.com' }, later(1)));
    await tenant.write((tx) => tx.accounts.putAccount(account('1'), null, later(2)));
    await observe({ accounts: [account('1'), account('2')] }, later(10));
    expect(await tenant.accounts.baselines()).toEqual(
      new Map([['1', { accountId: '1', values: { userName: 'a@example.com' }, at: later(1) }]]),
    );
  });

  it('takes over what both sides agree on, and leaves what was observed', async () => {
    await observe({ accounts: [account('1'), account('2')] });
    const values = { userName: 'agreed@example.com' };
    await tenant.write((tx) =>
      tx.accounts.putBaselines([
        { accountId: '1', values, at: later(1) },
        { accountId: 'unknown', values, at: later(1) },
      ]),
    );
    expect(await tenant.accounts.find('1')).toEqual({ account: account('1'), present: true, baseline: values });
    expect([...(await tenant.accounts.baselines()).keys()]).toEqual(['1']);
  });

  const OWNED: Partial<Seen> = {
    accounts: [account('1'), account('2')],
    companies: [
      { id: 'c1', ownerId: '1', deleted: false },
      { id: 'c2', ownerId: '1', deleted: true },
      { id: 'c3', deleted: false },
      { id: 'c4', ownerId: '1', deleted: false },
    ],
    contacts: [{ id: '9007199254740993', ownerId: '1' }, { id: '5', ownerId: '2' }, { id: '6' }],
  };

  it('counts what each agent owns, deleted companies aside', async () => {
    await observe(OWNED);
    expect(await tenant.accounts.owned()).toEqual(
      new Map([
        ['1', { accounts: 2, contacts: 1, contactsListable: true }],
        ['2', { accounts: 0, contacts: 1, contactsListable: true }],
      ]),
    );
    expect(await tenant.accounts.ownedOf('1')).toEqual({ companies: ['c1', 'c4'], contacts: ['9007199254740993'] });
  });

  it('claims to know nothing of an agent whose owner id is not proven', async () => {
    const { values, active, bot, roles, views, disagreements } = account('1');
    const unproven = { id: '1', values, active, bot, roles, views, disagreements };
    await observe({ ...OWNED, accounts: [unproven] });
    expect(await tenant.accounts.owned()).toEqual(
      new Map([['1', { accounts: 0, contacts: 0, contactsListable: false, accountsListable: false }]]),
    );
  });

  it('follows a handover, and keeps known contacts where they cannot be listed', async () => {
    await observe(OWNED);
    await tenant.write(async (tx) => {
      await tx.accounts.setCompanyOwner('c1', '2');
      await tx.accounts.setContactOwner('9007199254740993', '2');
    });
    expect(await tenant.accounts.ownedOf('1')).toEqual({ companies: ['c4'], contacts: [] });
    await observe({ ...OWNED, contacts: null }, later(10));
    expect(await tenant.accounts.ownedOf('2')).toEqual({ companies: [], contacts: ['5', '9007199254740993'] });
    expect((await tenant.accounts.owned()).get('2')).toEqual({ accounts: 0, contacts: 2, contactsListable: false });
  });

  it('keeps known companies where the organisation shows none, and says so', async () => {
    await observe(OWNED);
    const id = await observe({ ...OWNED, companies: null }, later(10));
    expect((await tenant.accounts.ownedOf('1')).companies).toEqual(['c1', 'c4']);
    expect((await tenant.accounts.owned()).get('1')).toEqual({
      accounts: 2,
      contacts: 1,
      contactsListable: true,
      accountsListable: false,
    });
    expect(await tenant.accounts.latestSnapshot()).toMatchObject({
      id,
      companies: null,
      complete: { accounts: true, companies: false, contacts: true },
    });
    await observe({ ...OWNED, companies: [] }, later(20));
    expect((await tenant.accounts.ownedOf('1')).companies).toEqual([]);
    expect(await tenant.accounts.latestSnapshot()).toMatchObject({ companies: 0, complete: { companies: true } });
  });

  it('marks nobody absent where agents were not seen whole', async () => {
    await observe(OWNED);
    const partial = { accounts: false, companies: true, contacts: true };
    await tenant.write((tx) =>
      tx.accounts.putSnapshot(snapshot('partial', { startedAt: later(10), complete: partial }), {
        accounts: [account('3')],
        companies: [],
        contacts: [],
      }),
    );
    expect(await present()).toEqual(['1', '2', '3']);
    expect((await tenant.accounts.latestSnapshot())?.startedAt).toBe(START);
  });

  it('takes contacts that were re-read one by one, and forgets those that are gone', async () => {
    const id = await observe({ ...OWNED, contacts: [{ id: '5', ownerId: '2' }, { id: '6' }] });
    await tenant.write((tx) =>
      tx.accounts.putContacts(
        id,
        [
          { id: '5', ownerId: '1' },
          { id: '7', ownerId: '1' },
        ],
        ['6'],
      ),
    );
    expect((await tenant.accounts.ownedOf('1')).contacts).toEqual(['5', '7']);
    expect(await tenant.accounts.knownContacts(10)).toEqual(['5', '7']);
    expect(await tenant.accounts.knownContacts(1)).toEqual(['5']);
    await tenant.write((tx) => tx.accounts.putContacts(id, [{ id: '7' }], []));
    expect((await tenant.accounts.ownedOf('1')).contacts).toEqual(['5']);
  });

  it('keeps nothing of an observation that failed on its way', async () => {
    await observe(OWNED);
    const failed = tenant.write(async (tx) => {
      await tx.accounts.putSnapshot(snapshot('broken'), { accounts: [], companies: [], contacts: [] });
      throw new Error('lost');
    });
    await expect(failed).rejects.toThrow('lost');
    expect(await present()).toEqual(['1', '2']);
    expect((await tenant.accounts.ownedOf('1')).companies).toEqual(['c1', 'c4']);
  });
});
