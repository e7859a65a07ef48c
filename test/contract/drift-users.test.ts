import { expect } from '@jest/globals';
import { listTeams, listUserTeams } from '../../src/drift/operations/teams.ts';
import { getUser, getUsers, listMeetings, listUsers, updateUser } from '../../src/drift/operations/users.ts';
import type { DriftClient } from '../../src/drift/client.ts';
import { driftContract, first, offered, ok, refusal } from './drift-suite.ts';

async function idOf(client: DriftClient, email: string): Promise<string> {
  const { data: users } = ok(await client.call(listUsers));
  return first(users.filter((user) => user.email === email)).id;
}

driftContract('agents and teams', ({ covers, coversAnywhere }) => {
  coversAnywhere('list-users', 'answers everybody at once, of one organisation', async ({ client }) => {
    const { data: users } = ok(await client.call(listUsers));
    expect(users.length).toBeGreaterThan(0);
    expect(new Set(users.map(({ orgId }) => orgId)).size).toBe(1);
  });

  coversAnywhere('get-user', 'reads an agent of the list by its id', async ({ client }) => {
    const listed = first(ok(await client.call(listUsers)).data);
    const { data: user } = ok(await client.call(getUser, { params: { userId: listed.id } }));
    expect([user.id, user.email]).toEqual([listed.id, listed.email]);
  });

  coversAnywhere('get-users', 'reads several by their ids, and leaves out who is not there', async ({ client }) => {
    const known = ok(await client.call(listUsers)).data.slice(0, 19);
    const ids = known.map(({ id }) => id);
    const { data: users } = ok(await client.call(getUsers, { query: { userId: [...ids, '999999999'] } }));
    expect(users.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    const { data: one } = ok(await client.call(getUsers, { query: { userId: first(ids) } }));
    expect(one.map(({ id }) => id)).toEqual([first(ids)]);
  });

  covers('get-users', 'sends twenty ids at most, and never none', async ({ client, simulator }) => {
    const twenty = Array.from({ length: 20 }, (_, n) => n + 900_000);
    expect(ok(await client.call(getUsers, { query: { userId: twenty } })).data).toEqual([]);
    simulator.clearJournal();
    for (const userId of [[], [...twenty, 1]]) {
      await expect(client.call(getUsers, { query: { userId } })).rejects.toMatchObject({ code: 'request.invalid' });
    }
    expect(simulator.journal()).toEqual([]);
  });

  covers(
    'update-user',
    'changes an agent in place, the e-mail too',
    async ({ client }) => {
      const userId = await idOf(client, 'mel.member@example.com');
      const body = {
        name: 'Mel Moved',
        alias: 'Mel',
        email: 'mel.moved@example.com',
        availability: 'AVAILABLE' as const,
      };
      const { data: user } = ok(await client.call(updateUser, { query: { userId }, body }));
      expect(user).toMatchObject(body);
      expect(ok(await client.call(getUser, { params: { userId } })).data).toMatchObject(body);
    },
    {},
    { roleInRestUpdate: 'refused' },
    { scimIdSpace: 'different' },
  );

  covers(
    'update-user',
    'is refused in the words of the organisation',
    async ({ client }) => {
      const userId = await idOf(client, 'mel.member@example.com');
      const called = await client.call(updateUser, { query: { userId }, body: { email: 'ada.admin@example.com' } });
      expect(refusal(called)).toBe('400 validation_error');
    },
    {},
    { errorStyle: 'errors' },
  );

  coversAnywhere('list-meetings', 'answers the meetings of the last month', async ({ client }) => {
    const { data: meetings } = offered(await client.call(listMeetings, { query: { limit: 10 } }));
    expect(meetings.length).toBeLessThanOrEqual(10);
    expect(first(meetings).agentId).toMatch(/^\d+$/);
  });

  covers('list-meetings', 'keeps to the time that was asked for', async ({ client }) => {
    const [meeting] = ok(await client.call(listMeetings)).data;
    const { slotStart = 0 } = meeting ?? {};
    const between = async (min: number, max: number): Promise<number> => {
      const query = { min_start_time: min, max_start_time: max };
      return ok(await client.call(listMeetings, { query })).data.length;
    };
    const start = slotStart ?? 0;
    expect([await between(start, start), await between(start + 1, start + 2), await between(0, start - 1)]).toEqual([
      1, 0, 0,
    ]);
  });

  coversAnywhere('list-teams', 'answers the teams with ids of their members', async ({ client }) => {
    const team = first(offered(await client.call(listTeams)).data);
    expect(team.id).toMatch(/^\S+$/);
    expect(team.members?.every((id) => /^\d+$/.test(id)) ?? true).toBe(true);
  });

  coversAnywhere('list-user-teams', 'answers the teams of one agent', async ({ client }) => {
    const user = first(ok(await client.call(listUsers)).data.filter(({ bot }) => bot !== true));
    const { data: teams } = offered(await client.call(listUserTeams, { params: { userId: user.id } }));
    expect(teams.every(({ members }) => members?.includes(user.id) ?? true)).toBe(true);
  });
});
