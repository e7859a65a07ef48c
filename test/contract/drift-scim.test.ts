import { expect } from '@jest/globals';
import { getAccount, listAccounts } from '../../src/drift/operations/accounts.ts';
import {
  createScimUser,
  deleteScimUser,
  getScimUser,
  listScimUsers,
  patchScimUser,
  replaceScimUser,
} from '../../src/drift/operations/scim.ts';
import { nextPage } from '../../src/drift/operations/paging.ts';
import type { DriftClient } from '../../src/drift/client.ts';
import { driftContract, first, offered, ok, refusal, type Place, type SimulatedPlace } from './drift-suite.ts';

const PERMIT = { changeId: 'change-1', fence: 1 };
const NEW = {
  userName: 'nia.new@example.com',
  displayName: 'Nia New',
  emails: [{ value: 'nia.new@example.com', primary: true }],
  roles: [{ value: 'MEMBER', display: 'MEMBER', primary: true }],
  active: true as const,
};

async function scimIdOf(client: DriftClient, userName: string): Promise<string> {
  const { Resources: found } = ok(await client.call(listScimUsers, { query: { filter: `userName eq "${userName}"` } }));
  // The filter may be without effect (Drift API notes 4.5).
  return first(found.filter((user) => user.userName === userName)).id;
}

/** An organisation without SCIM is no failure. */
async function withScim({ client }: Place): Promise<DriftClient> {
  first((await client.scim()).entitled ? [client] : []);
  return client;
}

const agents = ({ simulator }: SimulatedPlace): readonly string[] =>
  simulator.state().users.map(({ userName }) => userName);

driftContract('SCIM users', ({ covers, coversAnywhere }) => {
  coversAnywhere('list-scim-users', 'is walked to its total by what was received', async (place) => {
    const client = await withScim(place);
    const seen = new Set<string>();
    let query: Parameters<typeof nextPage>[1] | null = { startIndex: 1, count: 3 };
    let total = 0;
    for (let page = 0; query !== null && page < 20; page += 1) {
      const value = offered(await client.call(listScimUsers, { query }));
      for (const user of value.Resources) seen.add(user.id);
      total = value.totalResults;
      query = nextPage(listScimUsers, query, value, null);
    }
    expect(seen.size).toBe(query === null ? total : 60);
    expect(total).toBeGreaterThan(0);
  });

  coversAnywhere('get-scim-user', 'reads an agent of the list by its id', async (place) => {
    const client = await withScim(place);
    const listed = first(offered(await client.call(listScimUsers, { query: { count: 5 } })).Resources);
    const user = ok(await client.call(getScimUser, { params: { userId: listed.id } }));
    expect([user.id, user.userName]).toEqual([listed.id, listed.userName]);
  });

  coversAnywhere('get-scim-user', 'says plainly who is not there', async (place) => {
    const client = await withScim(place);
    const called = await client.call(getScimUser, { params: { userId: '999999999' } });
    expect(refusal(called)).toMatch(/^40[34] /);
  });

  covers(
    'list-scim-users',
    'holds the owner and a bot, and nobody who was removed',
    async ({ client }) => {
      const { Resources: users } = ok(await client.call(listScimUsers, { query: { count: 100 } }));
      expect(users.map(({ userName }) => userName)).toEqual(
        expect.arrayContaining(['olive.owner@example.com', 'bot-77@drift.com']),
      );
      expect(users.map(({ userName }) => userName)).not.toContain('gone@example.com');
    },
    {},
    { scimPath: '/scim/v2' },
    { scimContentType: 'scim+json' },
  );

  covers(
    'create-scim-user',
    'gives a seat, and answers the agent with its id',
    async ({ client }) => {
      const created = ok(await client.call(createScimUser, { body: NEW }));
      expect(created).toMatchObject({ userName: NEW.userName, active: true });
      expect(await scimIdOf(client, NEW.userName)).toBe(created.id);
    },
    {},
    { scimPath: '/scim/v2' },
    { scimContentType: 'scim+json' },
    { scimIdSpace: 'different' },
    { filterHonoured: false },
    { strictEmail: true },
  );

  covers(
    'create-scim-user',
    'is refused for somebody who was removed, in whatever words',
    async ({ client }) => {
      const called = await client.call(createScimUser, { body: { ...NEW, userName: 'gone@example.com' } });
      expect(refusal(called)).toMatch(/^(409|400) /);
    },
    {},
    { scimErrors: 'rest' },
    { recreateStatus: 400 },
  );

  covers(
    'create-scim-user',
    'makes another agent where a removed one may come back',
    async ({ client }) => {
      const created = ok(await client.call(createScimUser, { body: { ...NEW, userName: 'gone@example.com' } }));
      expect(created.userName).toBe('gone@example.com');
    },
    { recreate: 'new-id' },
  );

  covers(
    'create-scim-user',
    'is refused when the seats are used up or the name is taken',
    async ({ client }) => {
      expect(refusal(await client.call(createScimUser, { body: NEW }))).toMatch(/^403 /);
      const taken = await client.call(createScimUser, { body: { ...NEW, userName: 'ADA.admin@example.com' } });
      expect(refusal(taken)).toMatch(/^409 /);
    },
    { seatLimit: 4 },
    { seatLimit: 4, scimErrors: 'rest' },
  );

  covers(
    'replace-scim-user',
    'sends the whole resource, and clears what it leaves out',
    async ({ client }) => {
      const userId = await scimIdOf(client, 'mel.member@example.com');
      const before = ok(await client.call(getScimUser, { params: { userId } }));
      const known = Object.fromEntries(Object.entries(before).filter(([, value]) => value !== null));
      const body = { ...known, userName: before.userName, displayName: 'Mel Moved', active: true as const };
      ok(await client.call(replaceScimUser, { params: { userId }, body }));
      expect(ok(await client.call(getScimUser, { params: { userId } }))).toMatchObject({ displayName: 'Mel Moved' });
      const bare = { userName: before.userName, displayName: 'Mel Moved', active: true as const };
      ok(await client.call(replaceScimUser, { params: { userId }, body: bare }));
      expect(ok(await client.call(getScimUser, { params: { userId } })).locale ?? null).toBeNull();
    },
    {},
    { scimPath: '/scim/v2' },
    { scimContentType: 'scim+json' },
    { scimIdSpace: 'different' },
  );

  covers(
    'patch-scim-user',
    'changes an agent with a PatchOp',
    async ({ client }) => {
      const userId = await scimIdOf(client, 'mel.member@example.com');
      const body = {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'] as ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [{ op: 'replace' as const, path: 'displayName', value: 'Mel Patched' }],
      };
      ok(await client.call(patchScimUser, { params: { userId }, body }));
      expect(ok(await client.call(getScimUser, { params: { userId } })).displayName).toBe('Mel Patched');
    },
    { patchDialect: 'both' },
    { patchDialect: 'patchop' },
  );

  covers(
    'patch-scim-user',
    'changes an agent with a part of the resource',
    async ({ client }) => {
      const userId = await scimIdOf(client, 'mel.member@example.com');
      ok(await client.call(patchScimUser, { params: { userId }, body: { displayName: 'Mel Patched' } }));
      expect(ok(await client.call(getScimUser, { params: { userId } })).displayName).toBe('Mel Patched');
    },
    { patchDialect: 'both' },
    { patchDialect: 'partial' },
  );

  covers(
    'patch-scim-user',
    'is refused in the dialect that is not spoken',
    async ({ client }) => {
      const userId = await scimIdOf(client, 'mel.member@example.com');
      const called = await client.call(patchScimUser, { params: { userId }, body: { displayName: 'Mel Patched' } });
      expect(refusal(called)).toMatch(/^400 /);
    },
    { patchDialect: 'patchop' },
    { patchDialect: 'patchop', scimErrors: 'rest' },
  );

  covers(
    'delete-scim-user',
    'goes out with a permit for this agent, and removes it for good',
    async (place) => {
      const { client, permitted } = place;
      const userId = await scimIdOf(client, 'mel.member@example.com');
      const called = await client.call(deleteScimUser, { params: { userId }, permit: PERMIT });
      expect(called.kind).toBe('ok');
      expect(permitted).toEqual([userId]);
      expect(refusal(await client.call(getScimUser, { params: { userId } }))).toMatch(/^404 /);
      const again = await client.call(deleteScimUser, { params: { userId }, permit: PERMIT });
      expect(refusal(again)).toMatch(/^404 /);
    },
    {},
    { scimPath: '/scim/v2' },
    { scimErrors: 'rest' },
    { scimIdSpace: 'different' },
    { deletedVisibleInRest: true },
  );

  covers('delete-scim-user', 'is stopped without a permit, and refused for the owner', async (place) => {
    const { client } = place;
    const userId = await scimIdOf(client, 'mel.member@example.com');
    await expect(client.call(deleteScimUser, { params: { userId } })).rejects.toMatchObject({ code: 'drift.firewall' });
    expect(agents(place)).toContain('mel.member@example.com');
    const owner = await scimIdOf(client, 'olive.owner@example.com');
    expect(refusal(await client.call(deleteScimUser, { params: { userId: owner }, permit: PERMIT }))).toMatch(/^403 /);
  });

  covers(
    'list-scim-users',
    'is not to be had in a plan without SCIM, on either path',
    async ({ client }) => {
      const { entitled } = await client.scim();
      expect(entitled).toBe(false);
      await expect(client.call(listScimUsers)).rejects.toThrow('not entitled');
    },
    { scimEntitled: false, scimRefusalStatus: 403 },
    { scimEntitled: false, scimRefusalStatus: 404 },
    { scimEntitled: false, scimRefusalStatus: 404, scimErrors: 'rest' },
  );

  covers(
    'create-scim-user',
    'knows roles by their number where they have one',
    async ({ client }) => {
      const withRole = (value: string): typeof NEW => ({ ...NEW, roles: [{ value, display: value, primary: true }] });
      expect(ok(await client.call(createScimUser, { body: withRole('role-ids=[77]') })).userName).toBe(NEW.userName);
      const unknown = { ...withRole('role-ids=[9]'), userName: 'noa.new@example.com' };
      expect(refusal(await client.call(createScimUser, { body: unknown }))).toMatch(/^400 /);
    },
    { roleIds: [77] },
    { roleIds: [77], scimErrors: 'rest' },
  );

  covers(
    'create-scim-user',
    'makes a second agent of one name where nobody minds: look it up first',
    async ({ client }) => {
      const known = await scimIdOf(client, 'mel.member@example.com');
      const created = await client.call(createScimUser, { body: { ...NEW, userName: 'mel.member@example.com' } });
      expect(ok(created).id).not.toBe(known);
    },
    { duplicateUser: 'created' },
  );

  covers(
    'replace-scim-user',
    'renames, or does not and says nothing',
    async ({ client, simulator }) => {
      const userId = await scimIdOf(client, 'mel.member@example.com');
      const body = { userName: 'mel.moved@example.com', displayName: 'Mel Member', active: true as const };
      ok(await client.call(replaceScimUser, { params: { userId }, body }));
      const { userName } = ok(await client.call(getScimUser, { params: { userId } }));
      expect(userName === body.userName).toBe(simulator.settings().scimRename === 'applied');
    },
    { scimRename: 'ignored' },
    { scimRename: 'applied' },
  );

  covers(
    'delete-scim-user',
    'leaves accounts with an owner who is gone, or with none',
    async ({ client, simulator }) => {
      const userId = await scimIdOf(client, 'mel.member@example.com');
      const owned = first(
        ok(await client.call(listAccounts)).data.accounts.filter(({ ownerId }) => ownerId === userId),
      );
      ok(await client.call(deleteScimUser, { params: { userId }, permit: PERMIT }));
      const { data: left } = ok(await client.call(getAccount, { params: { accountId: owned.accountId } }));
      expect(left.ownerId ?? null).toBe(simulator.settings().deletingAgentOwner === 'cleared' ? null : userId);
    },
    { deletingAgentOwner: 'dangling' },
    { deletingAgentOwner: 'cleared' },
  );
});
