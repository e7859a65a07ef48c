import { expect } from '@jest/globals';
import type { DriftClient } from '../../src/drift/client.ts';
import {
  createAccount,
  deleteAccount,
  getAccount,
  listAccounts,
  updateAccount,
} from '../../src/drift/operations/accounts.ts';
import { nextPage } from '../../src/drift/operations/paging.ts';
import { listUsers } from '../../src/drift/operations/users.ts';
import { driftContract, first, offered, ok, refusal } from './drift-suite.ts';

async function agentId(client: DriftClient, email: string): Promise<string> {
  return first(ok(await client.call(listUsers)).data.filter((user) => user.email === email)).id;
}

driftContract('accounts', ({ covers, coversAnywhere }) => {
  coversAnywhere('list-accounts', 'is walked by the index of its relative address', async ({ client }) => {
    const seen = new Set<string>();
    let query: Parameters<typeof nextPage>[1] | null = { index: 0, size: 65 };
    for (let page = 0; query !== null && page < 3; page += 1) {
      const value = offered(await client.call(listAccounts, { query }));
      for (const account of value.data.accounts) seen.add(account.accountId);
      const { total } = value.data;
      query = nextPage(listAccounts, query, value, null);
      if (query === null && total != null) expect(seen.size).toBe(total);
    }
  });

  coversAnywhere('get-account', 'reads an account of the list by its id', async ({ client }) => {
    const listed = first(offered(await client.call(listAccounts, { query: { size: 1 } })).data.accounts);
    const { data: account } = ok(await client.call(getAccount, { params: { accountId: listed.accountId } }));
    expect([account.accountId, account.ownerId]).toEqual([listed.accountId, listed.ownerId]);
  });

  covers('create-account', 'makes an account of an agent, once for each domain', async ({ client }) => {
    const ownerId = await agentId(client, 'ada.admin@example.com');
    const body = {
      ownerId,
      domain: 'fresh.example.org',
      name: 'Fresh',
      targeted: true,
      customProperties: [{ label: 'Tier', name: 'tier', value: 'gold', type: 'STRING' }],
    };
    const { data: account } = ok(await client.call(createAccount, { body }));
    expect(account).toMatchObject({ ...body, ownerId });
    expect(refusal(await client.call(createAccount, { body }))).toBe('400 validation_error');
  });

  covers(
    'create-account',
    'is refused for an owner who is nobody',
    async ({ client }) => {
      const called = await client.call(createAccount, { body: { ownerId: 999_999, domain: 'fresh.example.org' } });
      expect(refusal(called)).toBe('400 validation_error');
    },
    {},
    { errorStyle: 'errors' },
  );

  covers('update-account', 'hands an account over, and leaves the rest of it alone', async ({ client }) => {
    const before = first(ok(await client.call(listAccounts)).data.accounts);
    const { accountId } = before;
    const ownerId = await agentId(client, 'mel.member@example.com');
    ok(await client.call(updateAccount, { body: { accountId, ownerId } }));
    const { data: after } = ok(await client.call(getAccount, { params: { accountId } }));
    expect(after).toMatchObject({ ownerId, name: before.name, domain: before.domain });
  });

  covers(
    'delete-account',
    'takes an account out of the lists, and leaves it readable and marked',
    async ({ client }) => {
      const { accountId } = first(ok(await client.call(listAccounts)).data.accounts);
      ok(await client.call(deleteAccount, { params: { accountId } }));
      const { accounts } = ok(await client.call(listAccounts)).data;
      expect(accounts.map((account) => account.accountId)).not.toContain(accountId);
      expect(ok(await client.call(getAccount, { params: { accountId } })).data.deleted).toBe(true);
      expect(refusal(await client.call(deleteAccount, { params: { accountId } }))).toBe('404 not_found');
    },
    {},
    { errorStyle: 'errors' },
  );

  covers('delete-account', 'is no removal of agents, whatever its domain sounds like', async ({ client }) => {
    const ownerId = await agentId(client, 'ada.admin@example.com');
    for (const domain of ['superuser.example.org', 'active-members.example.org']) {
      const { accountId } = ok(await client.call(createAccount, { body: { ownerId, domain } })).data;
      ok(await client.call(deleteAccount, { params: { accountId } }));
      expect(ok(await client.call(getAccount, { params: { accountId } })).data.deleted).toBe(true);
    }
  });
});
