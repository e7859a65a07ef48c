import { afterEach, describe, expect, it } from '@jest/globals';

import { type OrgFileError, readOrgFile } from '../../src/simulator/org-file.ts';
import { generateOrg } from '../../src/simulator/seed.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';
import { at, caller, handClock, list } from './calling.ts';

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe, 0x00]).toString('base64');

const open: Simulator[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
async function started(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator(options);
  open.push(simulator);
  return simulator;
}

/** An organisation in which everything that a file can hold has happened. */
async function eventful(simulator: Simulator): Promise<void> {
  simulator.seed(generateOrg({ seed: 3, agents: 6, contacts: 12, accounts: 5 }));
  simulator.seed({
    users: [
      { email: 'gone@example.com', name: 'Gone Before', deleted: true },
      { email: 'mono@example.com', name: 'Mono', familyName: 'Only' },
      { email: 'cher@example.com', name: 'Two Words', givenName: 'Cher' },
    ],
    contacts: [
      {
        attributes: { email: 'vip@example.org', externalId: 'x-1' },
        ownerEmail: 'mono@example.com',
        tags: ['customer'],
      },
      { attributes: { email: 'hidden@example.org' }, deleted: true },
    ],
    accounts: [
      { domain: 'dangling.example.org', ownerEmail: 'gone@example.com' },
      { domain: 'nobody.example.org' },
      { domain: 'deleted.example.org', ownerEmail: 'mono@example.com', deleted: true },
      {
        domain: 'rich.example.org',
        ownerEmail: 'mono@example.com',
        customProperties: [{ label: 'Tier', name: 'tier', value: 'gold', type: 'STRING' }],
      },
    ],
    conversations: [
      {
        email: 'vip@example.org',
        status: 'closed',
        participants: ['mono@example.com'],
        tags: [{ name: 'hot', color: 'red' }],
        messages: [
          { from: 'contact', body: 'Hi', attachments: [{ fileName: 'a.png', mimeType: 'image/png', base64: PNG }] },
          {
            from: 'mono@example.com',
            body: 'Hello',
            attachments: [{ fileName: 'a', mimeType: 'text/plain', text: 'ü' }],
          },
          { from: 'bot', body: 'Bye', type: 'private_note' },
        ],
      },
    ],
    playbooks: [{ name: 'Welcome', authorEmail: 'mono@example.com', goals: ['Booked'] }],
    meetings: [{ agentEmail: 'mono@example.com', contactEmail: 'vip@example.org', slotStart: 1_800_000_000_000 }],
  });
  const call = caller(simulator);
  const erased = simulator.state().contacts[0];
  await call('POST', '/gdpr/delete', { email: erased?.attributes['email'] });
  await call('DELETE', `/scim/Users/${simulator.state().users[2]?.id ?? 0}`);
}

describe('an organisation as a file', () => {
  it('comes out of a simulator and makes another one like it', async () => {
    const clock = handClock();
    const settings = { contactOwnerId: 'stored', contactTags: 'supported', gdprDelayMs: 0 } as const;
    const first = await started({ clock: clock.now, seed: 1, settings });
    await eventful(first);
    const text = (await caller(first)('GET', '/__sim/org')).text;
    const { settings: kept, data } = readOrgFile(text);
    const second = await started({ clock: clock.now, seed: 1, settings: kept });
    second.seed(data);
    expect(second.org()).toEqual(first.org());
    expect((await caller(second)('GET', '/__sim/org')).text).toBe(text);
    expect(second.settings()).toEqual(first.settings());

    const [before, after] = [first.state(), second.state()];
    // Ids of agents and accounts are given in order and nothing of these is ever left out.
    const agents = ({ users, deletedUsers }: typeof before) =>
      [...users, ...deletedUsers].map(({ deletedAt, ...agent }) => ({
        ...agent,
        updatedAt: 'whenever',
        gone: deletedAt !== undefined,
      }));
    expect(agents(after)).toEqual(agents(before));
    const owners = ({ accounts }: typeof before) =>
      accounts.map(({ accountId, ownerId, deleted }) => [accountId, ownerId, deleted]);
    expect(owners(after)).toEqual(owners(before));
    expect(after.contacts.map(({ attributes, state, tags }) => ({ attributes, state, tags }))).toEqual(
      before.contacts.map(({ attributes, state, tags }) => ({ attributes, state, tags })),
    );
    expect(
      after.contacts.find(({ attributes }) => attributes['email'] === 'vip@example.org')?.attributes['ownerId'],
    ).toBe(before.users.find(({ userName }) => userName === 'mono@example.com')?.id);
    const said = ({ messages }: typeof before) =>
      messages.map(({ body, type, author, attachments }) => ({ body, type, author: author.type, attachments }));
    expect(said(after)).toEqual(said(before));
  });

  it('has attachments of any bytes', async () => {
    const simulator = await started();
    await eventful(simulator);
    const { messages } = simulator.state();
    const ids = messages.flatMap(({ attachments }) => attachments.map(({ id }) => id));
    const bytes = await Promise.all(
      ids.map(async (id) => {
        const response = await fetch(`${simulator.url}/attachments/${id}/data`, {
          headers: { authorization: `Bearer ${simulator.token}` },
        });
        return [response.headers.get('content-type'), Buffer.from(await response.arrayBuffer()).toString('base64')];
      }),
    );
    expect(bytes).toEqual([
      ['image/png', PNG],
      ['text/plain', Buffer.from('ü').toString('base64')],
    ]);
  });

  it('keeps 64-bit numbers exactly', () => {
    const { data } = readOrgFile(
      '{"contacts":[{"attributes":{"email":"a@example.org","externalId":9007199254740993}}]}',
    );
    expect(data.contacts?.[0]?.attributes['externalId']).toBe(9_007_199_254_740_993n);
  });

  it.each([
    ['', 'not JSON: '],
    ['[]', 'the file: '],
    ['{"user":[]}', 'the file: Unrecognized key: "user"'],
    [
      '{"users":[{"email":"a@example.com","name":"A"},{"email":"nobody","name":"B"}]}',
      'users[1].email: must be an e-mail address',
    ],
    ['{"users":[{"email":"a@example.com"}]}', 'users[0].name: '],
    [
      '{"users":[{"email":"a@example.com","name":"A","role":"BOSS"}]}',
      'users[0].role: must be OWNER, ADMIN, MEMBER or role-ids=[N]',
    ],
    ['{"contacts":[{}]}', 'contacts[0].attributes: '],
    ['{"accounts":[{"domain":"a.example.org","owner":"x"}]}', 'accounts[0]: Unrecognized key: "owner"'],
    ['{"settings":{"scimPath":"/x"}}', 'settings.scimPath: '],
    [
      '{"conversations":[{"email":"a","messages":[{"from":"bot","body":"","attachments":[{"fileName":"a","mimeType":"b"}]}]}]}',
      'conversations[0].messages[0].attachments[0]: needs either text or base64',
    ],
  ])('is refused with the place of what is wrong: %s', (text, problem) => {
    let problems: readonly string[] = [];
    try {
      readOrgFile(text);
    } catch (error) {
      ({ problems } = error as OrgFileError);
    }
    expect(problems[0]).toContain(problem);
  });

  it('says twenty problems and how many more there are', () => {
    const of = (count: number) =>
      JSON.stringify({ users: Array.from({ length: count }, () => ({ email: 'x', name: 'X' })) });
    const problems = (count: number): readonly string[] => {
      try {
        readOrgFile(of(count));
        return [];
      } catch (error) {
        return (error as OrgFileError).problems;
      }
    };
    expect(problems(20)).toHaveLength(20);
    expect(problems(21).at(-1)).toBe('and 1 more');
  });

  it.each([
    [
      {
        users: [
          { email: 'a@example.com', name: 'A' },
          { email: 'A@example.com', name: 'B' },
        ],
      },
      'users[1].email: A@example.com has a seat already',
    ],
    [
      { contacts: [{ attributes: {}, ownerEmail: 'x@example.com' }] },
      'contacts[0].ownerEmail: x@example.com is no agent',
    ],
    [
      { contacts: [{ attributes: { externalId: 7 } }, { attributes: { externalId: '7' } }] },
      'contacts[1].attributes.externalId: a second contact with 7',
    ],
    [
      { accounts: [{ domain: 'a.example.org' }, { domain: 'b.example.org', ownerEmail: 'x@example.com' }] },
      'accounts[1].ownerEmail: x@example.com is no agent',
    ],
    [
      { accounts: [{ domain: 'a.example.org' }, { domain: 'a.example.org' }] },
      'accounts[1].domain: a second account for a.example.org',
    ],
    [{ conversations: [{ email: 'x@example.org' }] }, 'conversations[0].email: x@example.org is no contact'],
    [
      { meetings: [{ agentEmail: 'x@example.com', contactEmail: 'y@example.org', slotStart: 1 }] },
      'meetings[0].agentEmail: x@example.com is no agent',
    ],
  ])('is not planted when it does not hold together, and then nothing is', async (data, problem) => {
    const simulator = await started();
    expect(() => simulator.seed(data)).toThrow(`seed: ${problem}`);
    const refused = await caller(simulator)('POST', '/__sim/seed', data);
    expect([refused.status, at(refused.json, 'problem')]).toEqual([400, `seed: ${problem}`]);
    expect(list((await caller(simulator)('GET', '/__sim/state')).json, 'users')).toEqual([]);
  });
});
