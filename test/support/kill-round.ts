import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { freePort, makeHome, startBridge, type StoreKind } from './bridge-process.ts';
import { deactivations, driver, effects, employees, hrCsv, scimUser } from './journey.ts';

const PEOPLE = 14;

export interface KillReport {
  readonly seed: number;
  readonly kills: number;
  /** Acknowledged SCIM users that the bridge does not know any more. */
  readonly lost: readonly string[];
  /** userNames with more than one seat, or with none. */
  readonly twice: readonly string[];
  readonly missing: readonly string[];
  /** DELETE calls for the one leaver: those that took effect, and all that were sent and answered otherwise than 404. */
  readonly deletes: number;
  readonly deleteCalls: number;
  /** Kills that fell before the plan had ended. */
  readonly inTime: number;
  readonly stillOwned: number;
  readonly deactivations: number;
  readonly auditOk: boolean;
  /** `op state code` of every change of the leaver's plan. */
  readonly leaving: readonly string[];
}

/**
 * One life of a bridge whose process is killed (SIGKILL) in the middle of applying creates, and again in the middle of a
 * handover with its removal, while Drift loses answers after it acted on them. Duplicates are allowed by this Drift, so
 * that a second create would show. Everything random follows from the seed.
 */
export async function killRound(kind: StoreKind, seed: number): Promise<KillReport> {
  const random = mulberry32(seed);
  const simulator = await startSimulator({
    settings: {
      scimPath: '/scim/v2',
      ratePerMinute: 0,
      contactListing: 'cursor',
      contactOwnerId: 'stored',
      duplicateUser: 'created',
      applyDelayMs: 20,
      // Longer than a lease and shorter than the settle window: only the window keeps a second create away.
      listLagMs: 900,
    },
  });
  const home = await makeHome(kind);
  const port = await freePort();
  const env = {
    DRIFT_BASE_URL: simulator.url,
    DRIFT_TOKEN: simulator.token,
    DRIFT_RATE_PER_MINUTE: '6000',
    DRIFT_SETTLE_MS: '1500',
  };
  let bridge = await startBridge(home, env, port);
  let kills = 0;
  let inTime = 0;
  /** Kills when Drift has seen so many changes since `from`, a moment later, and starts the bridge again. */
  const killAfter = async (effectsSeen: number, from: number, planId: string): Promise<void> => {
    const until = Date.now() + 20_000;
    while (effects(simulator.journal()).length - from < effectsSeen && Date.now() < until) await pause(2);
    await pause(random() * 25);
    await bridge.kill();
    kills += 1;
    bridge = await startBridge(home, env, port);
    if (['approved', 'applying'].includes((await driver(bridge.url).plan(planId)).state)) inTime += 1;
  };
  try {
    seedOrg(simulator);
    const drive = driver(bridge.url);
    await drive.policy((document) => ({
      ...document,
      verifiedDomains: ['example.com'],
      leavers: { endedDays: 0, vanishedFiles: 3, vanishedDays: 3 },
      handover: { to: 'holding@example.com', successors: {} },
    }));
    const people = employees(PEOPLE);
    const ids: string[] = [];
    for (const person of people)
      ids.push((await drive.scim<{ id: string }>('POST', '/Users', scimUser(person))).body.id);
    await drive.api('POST', '/feeds/hr/imports', hrCsv(people));

    const first = await drive.run();
    const plan = await drive.plan(first.planId ?? '');
    simulator.fault({ method: 'POST', path: '/scim/**', kind: 'cut-after', probability: 0.15, seed });
    await drive.api('POST', `/plans/${plan.id}/approve`, {
      hash: plan.hash,
      reason: 'kill round',
      apply: true,
      override: [{ gate: 'creates', count: PEOPLE, reason: 'kill round' }],
    });
    await killAfter(1 + Math.floor(random() * (PEOPLE - 2)), 0, plan.id);
    await drive.settled(plan.id, 90_000);

    const leaver = people[0]?.userName ?? '';
    simulator.seed({
      accounts: [1, 2, 3, 4, 5, 6].map((n) => ({ domain: `customer${String(n)}.example.org`, ownerEmail: leaver })),
      contacts: [1, 2, 3, 4].map((n) => ({
        attributes: { email: `contact${String(n)}@example.org` },
        ownerEmail: leaver,
      })),
    });
    const leaverId = simulator.state().users.find((user) => user.userName === leaver)?.id;
    await drive.scim('PATCH', `/Users/${ids[0] ?? ''}`, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'replace', path: 'active', value: false }],
    });
    const second = await drive.run();
    const leaving = await drive.plan(second.planId ?? '');
    simulator.fault({ method: 'DELETE', path: '/scim/**', kind: 'cut-after', probability: 0.3, seed: seed + 1 });
    const before = effects(simulator.journal()).length;
    await drive.api('POST', `/plans/${leaving.id}/approve`, { hash: leaving.hash, reason: 'kill round', apply: true });
    await killAfter(1 + Math.floor(random() * 9), before, leaving.id);
    await drive.settled(leaving.id, 90_000);
    simulator.clearFaults();
    await pause(1200);

    const lost: string[] = [];
    for (const id of ids) if ((await drive.scim('GET', `/Users/${id}`)).status !== 200) lost.push(id);
    const live = simulator.state().users.filter((user) => user.deletedAt === undefined);
    const seats = (userName: string): number => live.filter((user) => user.userName === userName).length;
    const audit = await drive.api<{ ok: boolean }>('GET', '/audit/verify');
    const staying = people.slice(1).map((person) => person.userName);
    return {
      seed,
      kills,
      lost,
      twice: people.map((person) => person.userName).filter((userName) => seats(userName) > 1),
      missing: staying.filter((userName) => seats(userName) === 0),
      inTime,
      deletes: effects(simulator.journal(), 'scim.delete').length,
      deleteCalls: simulator
        .journal()
        .filter(({ method, path, status }) => method === 'DELETE' && path.includes('/Users/') && status !== 404).length,
      stillOwned: simulator.state().accounts.filter((account) => account.ownerId === leaverId).length,
      deactivations: deactivations(simulator.journal()).length,
      auditOk: audit.body.ok,
      leaving: (await drive.changes(leaving.id)).map(
        ({ op, state, outcome }) => `${op} ${state} ${outcome?.code ?? ''}`,
      ),
    };
  } finally {
    await bridge.stop();
    await simulator.close();
    await home.remove();
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function seedOrg(simulator: Simulator): void {
  simulator.seed({
    users: [
      { email: 'owner@example.com', name: 'Olive Owner', role: 'OWNER' },
      { email: 'holding@example.com', name: 'Holding Agent', role: 'MEMBER' },
    ],
  });
}

/** A small seeded generator: the same seed kills at the same moments. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
