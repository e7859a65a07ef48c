import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import { demoAgents } from '../../src/cli/demo/load-demo.ts';
import { sampleHrCsv } from '../../src/cli/demo/make-sample.ts';
import { generateOrg } from '../../src/simulator/seed.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { readAll } from '../feeds/reading.ts';
import type { WholeFeed } from '../feeds/reading.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
interface IdpUser {
  readonly userName: string;
  readonly active: boolean;
  readonly externalId: string;
  readonly [ENTERPRISE]: { readonly employeeNumber?: string };
}
interface Agent {
  readonly name: string;
  readonly email: string;
  readonly role: 'ADMIN' | 'MEMBER';
}

const load = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../src/cli/demo/${name}`, import.meta.url), 'utf8'));
const users = load('idp-users.json') as readonly IdpUser[];
const agents = load('drift-agents.json') as readonly Agent[];

const people = (feed: WholeFeed): ReadonlyMap<string, string | undefined> =>
  new Map(feed.rows.map(({ key, hr }) => [key ?? '', hr?.status ?? 'quarantined']));

it('has the agent whom the first page removes as an example: no OWNER, and nobody else has a use for it', async () => {
  const page = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const [, id] = /delete-scim-user --user-id (\d+)/.exec(page) ?? [];
  const simulator = await startSimulator();
  try {
    simulator.seed(generateOrg({ seed: 20, agents: demoAgents(), contacts: 2000, accounts: 150 }));
    const agent = simulator.state().users.find((user) => String(user.id) === id);
    expect(agent).toMatchObject({ userName: 'casey.winter@example.com', role: 'MEMBER' });
  } finally {
    await simulator.close();
  }
});

describe('the sample', () => {
  it.each(['2026-03-02', '2026-02-28', '2027-08-15', '2032-02-29'])(
    'has 60 people and the same story on %s',
    async (today) => {
      const feed = await readAll(sampleHrCsv(today), { today });
      expect(feed.shape).toMatchObject({ preset: 'workday', encoding: 'windows-1252', headerLine: 3 });
      const count: Record<string, number> = {};
      for (const { outcome } of feed.rows) count[outcome] = (count[outcome] ?? 0) + 1;
      expect(count).toEqual({ accepted: 57, warned: 2, quarantined: 2 });
      expect(feed.end).toMatchObject({ read: 61, skipped: 4, completeness: [], trailer: { count: 61 } });
      const unique = new Map(feed.rows.filter(({ repeats }) => repeats === undefined).map((row) => [row.key, row]));
      expect(unique.size).toBe(60);
      const status: Record<string, number> = {};
      for (const { hr } of unique.values()) status[hr?.status ?? 'none'] = (status[hr?.status ?? 'none'] ?? 0) + 1;
      expect(status).toEqual({ active: 52, leave: 1, ended: 4, pre: 1, none: 2 });
      const managers = [...unique.values()].flatMap(({ hr }) => hr?.managerKey ?? []);
      expect(managers.filter((key) => !unique.has(key))).toEqual(['000999']);
    },
  );

  it('refuses a today that is none', () => {
    expect(() => sampleHrCsv('2026-02-30')).toThrow(RangeError);
  });

  it('fits the identity provider and Drift', async () => {
    const feed = await readAll(sampleHrCsv('2026-03-02'));
    const status = people(feed);
    const mails = new Map(feed.rows.map(({ key, raw }) => [(raw[12] ?? '').toLowerCase(), key ?? '']));
    const keyOf = (user: IdpUser): string | undefined => user[ENTERPRISE].employeeNumber;
    const agentMails = new Set(agents.map(({ email }) => email.toLowerCase()));

    expect(users).toHaveLength(50);
    expect(new Set(users.map(({ userName }) => userName)).size).toBe(50);
    expect(new Set(users.map(({ externalId }) => externalId)).size).toBe(50);
    expect(users.filter(({ active }) => !active).map((user) => status.get(keyOf(user) ?? ''))).toEqual([
      'ended',
      'ended',
    ]);
    expect(users.filter((user) => user.active && status.has(keyOf(user) ?? ''))).toHaveLength(44);
    expect(users.filter((user) => keyOf(user) === undefined)).toHaveLength(4);

    expect(agents).toHaveLength(40);
    expect(agents.filter(({ email }) => !mails.has(email.toLowerCase()))).toHaveLength(3);
    expect(agents.filter(({ role }) => role === 'ADMIN')).toHaveLength(1);
    expect(agents.filter(({ email }) => status.get(mails.get(email.toLowerCase()) ?? '') === 'ended')).toHaveLength(2);
    expect(agents.filter(({ email }) => email !== email.toLowerCase()).length).toBeGreaterThan(2);

    const waiting = users.filter(
      (user) => user.active && status.get(keyOf(user) ?? '') === 'active' && !agentMails.has(user.userName),
    );
    expect(waiting).toHaveLength(13);
  });
});
