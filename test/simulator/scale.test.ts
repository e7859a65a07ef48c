import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { readOrgFile } from '../../src/simulator/org-file.ts';
import { generateOrg } from '../../src/simulator/seed.ts';
import type { SeedData } from '../../src/simulator/seed-schema.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { at, type Caller, caller } from './calling.ts';

// Budgets are in processor time of this process, client and test runner included, and several times what is measured.
const AGENTS = 5000;
const CONTACTS = 100_000;
const ACCOUNTS = 20_000;

const processorMs = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
};

describe('an organisation of 100,000 contacts and 5,000 agents', () => {
  const lines: string[] = [];
  let data: SeedData;
  let simulator: Simulator;
  let call: Caller;
  let startMs = 0;

  beforeAll(async () => {
    const begun = process.cpuUsage();
    data = generateOrg({ seed: 1, agents: AGENTS, contacts: CONTACTS, accounts: ACCOUNTS });
    const settings = { ratePerMinute: 0, contactListing: 'cursor', journalLimit: 1000 } as const;
    simulator = await startSimulator({ seed: 1, settings });
    simulator.seed(data);
    startMs = processorMs(begun);
    call = caller(simulator);
  });
  afterAll(async () => {
    await simulator.close();
    process.stdout.write(lines.map((line) => `simulator: ${line}\n`).join(''));
  });

  /** Processor time of one call, in ms. */
  async function cost(name: string, act: (n: number) => Promise<unknown>, times = 100): Promise<number> {
    for (let n = 0; n < 20; n += 1) await act(n);
    const begun = process.cpuUsage();
    for (let n = 20; n < 20 + times; n += 1) await act(n);
    const ms = processorMs(begun) / times;
    lines.push(`${name.padEnd(32)} ${ms.toFixed(3)} ms`);
    return ms;
  }
  const get = async (path: string): Promise<unknown> => {
    const { status, json } = await call('GET', path);
    expect(status).toBe(200);
    return json;
  };
  const emailOf = (n: number): string => String(data.contacts?.[n * 331]?.attributes['email']);

  it('stands within seconds, in modest memory', () => {
    const { heapUsed } = process.memoryUsage();
    lines.push(`generate, start and seed          ${startMs.toFixed(0)} ms`);
    lines.push(`heap, test runner included        ${(heapUsed / 1e6).toFixed(0)} MB`);
    expect(startMs).toBeLessThan(15_000);
    const { users, contacts, accounts } = simulator.state();
    expect([users.length, contacts.length, accounts.length]).toEqual([AGENTS + 1, CONTACTS, ACCOUNTS]);
  });

  it('answers look-ups, pages and writes at the cost of the answer, not of the organisation', async () => {
    const person = (n: number): string => String(data.users?.[n]?.email);
    const filter = (n: number): string => encodeURIComponent(`userName eq "${person(n)}"`);
    const id = (n: number): number => 2_180_055 + n;
    // What a call costs that looks nothing up: the transport, on both sides.
    const least = await cost('nothing: a user by id', (n) => get(`/users/${id(n)}`));
    const contactIds = (json: unknown): unknown => at(json, 'data', 0, 'attributes', 'email');
    const looks = [
      await cost('agent by userName', async (n) => {
        expect(at(await get(`/scim/Users?filter=${filter(n)}`), 'Resources', 0, 'userName')).toBe(person(n));
      }),
      await cost('ten agents by page', (n) => get(`/scim/Users?startIndex=${n * 20}&count=10`)),
      await cost('contact by e-mail', async (n) => {
        expect(contactIds(await get(`/contacts?email=${encodeURIComponent(emailOf(n))}`))).toBe(emailOf(n));
      }),
      await cost('contact by external id', (n) =>
        get(`/contacts?idType=external&id=crm-${String(n * 397).padStart(6, '0')}`),
      ),
      await cost('ten accounts by page', (n) => get(`/accounts?index=${n * 80}&size=10`)),
      await cost('agent created', (n) =>
        call('POST', '/scim/Users', { userName: `n${n}@example.com`, displayName: 'N' }),
      ),
      await cost('contact created', (n) => call('POST', '/contacts', { attributes: { email: `n${n}@example.net` } })),
      await cost('contact updated by external id', (n) =>
        call('PATCH', `/contacts/normalize?idType=external&id=crm-${String(n * 397).padStart(6, '0')}`, {
          attributes: { city: 'Oslo' },
        }),
      ),
      await cost('account created', (n) =>
        call('POST', '/accounts/create', { ownerId: id(3), domain: `new-${n}.example.org` }),
      ),
      await cost('conversation begun', (n) =>
        call('POST', '/conversations/new', { email: emailOf(n), message: { body: 'Hello' } }),
      ),
    ];
    for (const ms of looks) expect(ms).toBeLessThan(4 * least + 2);
  });

  it('is walked by cursor at the same cost from the first page to the last', async () => {
    // The cursor that the simulator gives out after this contact.
    const cursorAfter = (position: number): string =>
      Buffer.from(`after:${11_751_623_441_268_737n + 2n * BigInt(position)}:${Date.now()}`).toString('base64url');
    const page = async (next: string): Promise<void> => {
      const { data: contacts } = (await get(`/contacts?limit=100&next=${next}`)) as { data: readonly unknown[] };
      expect(contacts).toHaveLength(100);
    };
    const first = await cost('a hundred contacts, first pages', (n) => page(n === 0 ? '' : cursorAfter(n)), 60);
    const last = await cost('a hundred contacts, last pages', (n) => page(cursorAfter(CONTACTS - 200 + n)), 60);
    expect(last).toBeLessThan(3 * first + 2);
  });

  it('is read from a file within seconds', () => {
    const text = JSON.stringify(data);
    const begun = process.cpuUsage();
    const { data: read } = readOrgFile(text);
    const ms = processorMs(begun);
    lines.push(`read from a file of ${(text.length / 1e6).toFixed(0)} MB        ${ms.toFixed(0)} ms`);
    expect(read.contacts).toHaveLength(CONTACTS);
    expect(ms).toBeLessThan(15_000);
  });
});
