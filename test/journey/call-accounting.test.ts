import { afterEach, describe, expect, it } from '@jest/globals';
import { generateOrg } from '../../src/simulator/seed.ts';
import type { SimulatorSettings } from '../../src/simulator/settings.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { makeHome, startBridge } from '../support/bridge-process.ts';
import { driver, type Employee, employees, type RunBody, scimUser } from '../support/journey.ts';

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of cleanup.splice(0).reverse()) await undo();
});

const SEED = 20_260_302;
const AGENTS = 230;
const ACCOUNTS = 150;
const CONTACTS = 420;

type Drive = ReturnType<typeof driver>;
type Counted = RunBody & { readonly drift: { readonly calls: number; readonly minimum: number } };

interface Journey {
  readonly simulator: Simulator;
  readonly drive: Drive;
  /** A run to its end, and what Drift saw of it. */
  readonly counted: () => Promise<{ readonly run: Counted; readonly calls: readonly string[] }>;
}

async function begin(settings: Partial<SimulatorSettings>): Promise<Journey> {
  const simulator = await startSimulator({ settings: { ratePerMinute: 0, ...settings } });
  cleanup.push(() => simulator.close());
  simulator.seed(generateOrg({ seed: SEED, agents: AGENTS, accounts: ACCOUNTS, contacts: CONTACTS }));
  const home = await makeHome('sqlite');
  cleanup.push(() => home.remove());
  const bridge = await startBridge(home, {
    DRIFT_BASE_URL: simulator.url,
    DRIFT_TOKEN: simulator.token,
    DRIFT_RATE_PER_MINUTE: '6000',
    DRIFT_SETTLE_MS: '450',
  });
  cleanup.push(() => bridge.stop());
  const drive = driver(bridge.url);
  // The probe at start is no part of any run.
  expect((await drive.api('POST', '/doctor/probe?wait=30')).status).toBe(200);
  await drive.policy((policy) => ({ ...policy, verifiedDomains: ['example.com'] }));
  return {
    simulator,
    drive,
    async counted() {
      const before = simulator.journal().length;
      const { id, planId } = await drive.run();
      if (planId !== null) await drive.settled(planId);
      const run = (await drive.api<Counted>('GET', `/runs/${id}`)).body;
      const calls = simulator
        .journal()
        .slice(before)
        .map(
          ({ method, path, query }) =>
            `${method} ${path.replace(/\d{4,}.*$/, 'N')}${'filter' in query ? ' filter' : ''}`,
        );
      return { run, calls };
    },
  };
}

const times = (n: number, text: string): readonly string[] => Array.from({ length: n }, () => text);

/** Pages of the lists, from the organisation alone: SCIM by 100, REST in one answer, accounts by 65, contacts by 100. */
function pages(simulator: Simulator, contacts: 'listed' | 'not asked'): readonly string[] {
  const agents = simulator.state().users.length;
  return [
    ...times(Math.ceil(agents / 100), 'GET /scim/Users'),
    'GET /users/list',
    ...times(Math.ceil(ACCOUNTS / 65), 'GET /accounts'),
    ...(contacts === 'listed' ? times(Math.ceil(CONTACTS / 100), 'GET /contacts') : []),
  ].toSorted();
}

async function join(drive: Drive, people: readonly Employee[]): Promise<string[]> {
  const ids: string[] = [];
  for (const person of people) {
    ids.push((await drive.scim<{ id: string }>('POST', '/Users', scimUser(person))).body.id);
  }
  return ids;
}

describe('the calls of a run', () => {
  it.each([
    [{ contactListing: 'cursor' }, 'listed'],
    [{ contactListing: 'off' }, 'not asked'],
  ] as const)(
    'that changes nothing are the pages of the lists and nothing else (%j)',
    async (settings, contacts) => {
      const { simulator, counted } = await begin(settings);
      const expected = pages(simulator, contacts);
      for (let round = 1; round <= 2; round += 1) {
        const { run, calls } = await counted();
        expect(calls.toSorted()).toEqual(expected);
        expect(run.drift).toEqual({ calls: expected.length, minimum: expected.length });
      }
    },
    60_000,
  );

  it('that changes something are at most three more for each change, and the run says how many', async () => {
    const { simulator, counted, drive } = await begin({ contactListing: 'off' });
    const people = employees(9);
    const ids = await join(drive, people.slice(0, 1));
    const read = pages(simulator, 'not asked').length;

    const one = await counted();
    expect(one.calls.slice(read)).toEqual(['GET /scim/Users filter', 'POST /scim/Users', 'GET /scim/Users/N']);
    expect(one.run.drift).toEqual({ calls: read + 3, minimum: read + 3 });

    ids.push(...(await join(drive, people.slice(1))));
    // Eight seats: the pages of one listing read them back more cheaply than eight calls.
    const eight = await counted();
    expect(eight.calls.filter((call) => call.startsWith('POST'))).toHaveLength(8);
    const listing = Math.ceil((AGENTS + 1 + 9) / 100) + 1;
    expect(eight.calls.length - read).toBe(8 * 2 + listing);
    expect(eight.run.drift).toEqual({ calls: eight.calls.length, minimum: eight.calls.length });

    for (const id of ids.slice(0, 2)) {
      await drive.scim('PATCH', `/Users/${id}`, {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [{ op: 'replace', path: 'displayName', value: 'Somebody Else' }],
      });
    }
    const two = await counted();
    expect(two.calls.slice(read)).toEqual([
      ...['GET /scim/Users/N', 'PUT /scim/Users/N', 'GET /scim/Users/N'],
      ...['GET /scim/Users/N', 'PUT /scim/Users/N', 'GET /scim/Users/N'],
    ]);
    expect(two.run.drift).toEqual({ calls: read + 6, minimum: read + 6 });

    const none = await counted();
    expect(none.calls).toHaveLength(read);
    expect(none.run.drift).toEqual({ calls: read, minimum: read });
  }, 120_000);

  it.each(['same', 'different'] as const)(
    'that takes a seat away are those of the handover, its proof, and three for the seat (SCIM ids: %s)',
    async (scimIdSpace) => {
      const { simulator, counted, drive } = await begin({ contactListing: 'off', scimIdSpace });
      const { users, accounts } = simulator.state();
      const owned = (id: number): number => accounts.filter(({ ownerId }) => ownerId === id).length;
      const leaver = users.find((user) => user.role === 'MEMBER' && owned(user.id) === 3);
      const receiver = users.find((user) => user.role === 'MEMBER' && user.id !== leaver?.id);
      const userName = leaver?.userName ?? '';
      await drive.policy((policy) => ({
        ...policy,
        leavers: { endedDays: 0, vanishedFiles: 3, vanishedDays: 0 },
        handover: { to: receiver?.userName, successors: {} },
      }));
      const person = { number: '00999', given: leaver?.givenName ?? '', family: leaver?.familyName ?? '', userName };
      const [id] = await join(drive, [person]);
      const read = pages(simulator, 'not asked').length;
      // Linking needs no call.
      expect((await counted()).calls).toHaveLength(read);

      await drive.scim('PATCH', `/Users/${id ?? ''}`, {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [{ op: 'replace', path: 'active', value: false }],
      });
      const before = simulator.journal().length;
      const { planId, id: run } = await drive.run();
      const plan = await drive.plan(planId ?? '');
      const approved = await drive.api('POST', `/plans/${plan.id}/approve`, {
        hash: plan.hash,
        reason: 'left',
        apply: true,
      });
      expect(approved.status).toBe(200);
      expect((await drive.settled(plan.id)).state).toBe('done');
      const calls = simulator
        .journal()
        .slice(before + read)
        .map(({ method, path }) => `${method} ${path.replace(/\d{4,}.*$/, 'N')}`);
      const listing = times(Math.ceil(ACCOUNTS / 65), 'GET /accounts');
      expect(calls).toEqual([
        // Leaver and receiver; what is owned; each record; the proof that nothing is left.
        ...times(2, 'GET /scim/Users/N'),
        ...listing,
        ...times(3, 'PATCH /accounts/update'),
        ...listing,
        // The seat: what it owns, listed anew; the last look, the one irreversible call, the proof of absence.
        ...listing,
        ...['GET /scim/Users/N', 'DELETE /scim/Users/N', 'GET /scim/Users/N'],
      ]);
      const after = (await drive.api<Counted>('GET', `/runs/${run}`)).body.drift;
      expect(after.calls).toBe(read + calls.length);
      expect(after.minimum).toBeLessThanOrEqual(after.calls);
    },
    120_000,
  );
});
