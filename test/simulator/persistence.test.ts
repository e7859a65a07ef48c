import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { generateOrg } from '../../src/simulator/seed.ts';
import { simulateCommand } from '../../src/simulator/command.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { startSimulatorProcess } from '../support/simulator-process.ts';
import { at, caller, list } from './calling.ts';

let directory: string;
let statePath: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'simulator-'));
  statePath = join(directory, 'drift.db');
});
afterEach(() => rm(directory, { recursive: true }));

describe('the state file', () => {
  it('loses nothing that was answered when the process is killed', async () => {
    const settings = { ratePerMinute: 0, scimPath: 'both' } as const;
    const first = await startSimulatorProcess({ statePath, settings });
    const call = caller(first);
    const answered: string[] = [];
    const creating = (async () => {
      for (let n = 0; ; n += 1) {
        const body = { userName: `p${n}@example.com`, displayName: `P ${n}` };
        const answer = await call('POST', '/scim/Users', body).catch(() => undefined);
        if (answer?.status === 201) answered.push(String(at(answer.json, 'id')));
        else break;
      }
    })();
    while (answered.length < 25) await new Promise((resolve) => setTimeout(resolve, 5));
    await first.kill();
    await creating;

    const second = await startSimulatorProcess({ statePath });
    try {
      expect([second.token, second.instanceId]).toEqual([first.token, first.instanceId]);
      const again = caller(second);
      const state = (await again('GET', '/__sim/state')).json;
      const kept = list(state, 'users').map((user) => String(at(user, 'id')));
      expect(kept).toEqual(expect.arrayContaining(answered));
      expect(kept.length - answered.length).toBeLessThanOrEqual(1);
      const journal = (await again('GET', '/__sim/journal')).json;
      expect(list(journal).map((entry) => at(entry, 'effect', 'id'))).toEqual(kept);
      expect(list(journal).map((entry) => at(entry, 'n'))).toEqual(kept.map((_, index) => index + 1));
      expect((await again('GET', '/scim/v2/Users?count=1')).status).toBe(200);
      const next = await again('POST', '/scim/Users', { userName: 'next@example.com', displayName: 'Next' });
      expect(Number(at(next.json, 'id'))).toBe(Number(kept.at(-1)) + 1);
    } finally {
      await second.stop();
    }
  });

  it('keeps contact ids, deletions, tokens and settings exactly', async () => {
    const options = { statePath, settings: { duplicateContact: 'upsert' } } as const;
    const first = await startSimulator(options);
    first.seed({ users: [{ email: 'a@example.com', name: 'A B' }] });
    const call = caller(first);
    await call('POST', '/contacts', { attributes: { email: 'c@example.org' } });
    await call('POST', '/contacts/timeline', { contactId: 11_751_623_441_268_737n, event: 'Met' });
    first.visit({ email: 'c@example.org', text: 'Hello' });
    await call('DELETE', `/scim/Users/${first.state().users[0]?.id ?? 0}`);
    const before = { state: first.state(), journal: first.journal(), token: first.token, settings: first.settings() };
    await first.close();
    const second = await startSimulator({ statePath });
    try {
      const { token } = second;
      expect({ state: second.state(), journal: second.journal(), token, settings: second.settings() }).toEqual(before);
      const refused = await caller(second)('POST', '/scim/Users', { userName: 'a@example.com', displayName: 'A' });
      expect(refused.status).toBe(409);
    } finally {
      await second.close();
    }
  });

  it('belongs to one simulator at a time', async () => {
    const first = await startSimulator({ statePath });
    await expect(startSimulator({ statePath })).rejects.toThrow('is another simulator running on it?');
    await first.close();
  });
});

describe('a generated organisation', () => {
  const options = { seed: 3, agents: 40, contacts: 300, accounts: 50 };

  it('is the same for the same seed, and another for another', () => {
    expect(generateOrg(options)).toEqual(generateOrg(options));
    expect(generateOrg(options)).not.toEqual(generateOrg({ ...options, seed: 4 }));
  });

  it('has one OWNER, one bot, and ownership that is uneven', async () => {
    const simulator = await startSimulator({ settings: { contactOwnerId: 'stored' } });
    try {
      simulator.seed(generateOrg(options));
      const { users, contacts, accounts } = simulator.state();
      expect([users.length, contacts.length, accounts.length]).toEqual([41, 300, 50]);
      expect(users.filter((user) => user.role === 'OWNER')).toHaveLength(1);
      expect(users.filter((user) => user.bot)).toMatchObject([{ userName: 'bot-128003@drift.com' }]);
      const counts = new Map<unknown, number>();
      for (const { attributes } of contacts) {
        counts.set(attributes['ownerId'], (counts.get(attributes['ownerId']) ?? 0) + 1);
      }
      expect(counts.get(undefined)).toBeGreaterThan(0);
      expect(Math.max(...counts.values())).toBeGreaterThan(30);
      expect(new Set(contacts.map((contact) => contact.attributes['email'])).size).toBe(300);
    } finally {
      await simulator.close();
    }
  });

  it('takes the agents that it is told, and adds the OWNER that they lack', async () => {
    const agents = [{ email: 'kim.hr@example.com', name: 'Kim Hr', role: 'ADMIN' }] as const;
    const data = generateOrg({ seed: 1, agents, contacts: 5, accounts: 2 });
    expect(data.users?.map((user) => user.role ?? user.bot)).toEqual(['OWNER', 'ADMIN', true]);
    const simulator = await startSimulator();
    simulator.seed(data);
    expect(simulator.state().contacts.every((contact) => !('ownerId' in contact.attributes))).toBe(true);
    expect(() => simulator.seed(data)).toThrow('has a seat already');
    await simulator.close();
  });
});

describe('the command', () => {
  it('prints where it is, seeds an empty organisation once, and ends when it is told', async () => {
    const run = async (): Promise<readonly string[]> => {
      const lines: string[] = [];
      const ending = new AbortController();
      const fill = { kind: 'drawn', agents: 3, contacts: 4, accounts: 2 } as const;
      const print = (line: string): void => {
        lines.push(line);
        if (line.includes('faults')) ending.abort();
      };
      await simulateCommand({ state: statePath, seed: 1, fill, print, signal: ending.signal });
      return lines;
    };
    const first = await run();
    expect(first.join('\n')).toMatch(/base URL +http:\/\/127\.0\.0\.1:\d+\n +token +sim-private-/);
    const holds = (lines: readonly string[]) => lines.find((line) => line.includes('holds'));
    expect(holds(first)).toContain('4 users, 4 contacts, 2 accounts');
    expect(holds(await run())).toBe(holds(first));
  });
});
