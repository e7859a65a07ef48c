import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '../../src/core/errors.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/core/reconcile/policy.ts';
import { createDriftClient } from '../../src/drift/client.ts';
import { createDriftTarget } from '../../src/drift/target.ts';
import { createAcceptScim } from '../../src/flows/accept-scim.ts';
import { createApplyPlan } from '../../src/flows/apply-plan.ts';
import { createApprovePlan } from '../../src/flows/approve-plan.ts';
import type { DriftTarget } from '../../src/flows/drift-port.ts';
import { createMakePlan } from '../../src/flows/make-plan.ts';
import { createObserveDrift } from '../../src/flows/observe-drift.ts';
import type { Clock, Store, TenantStore } from '../../src/flows/ports.ts';
import type { Principal } from '../../src/flows/principal.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { createCrypto } from '../../src/storage/node-crypto.ts';
import { createStore } from '../../src/storage/store.ts';
import { createTenants } from '../../src/storage/tenants.ts';
import { createDriver, LEAVERS, type Wanted } from './fault-driver.ts';
import { seededRandom } from './seeded-random.ts';

export interface FaultReport {
  readonly seed: number;
  /** Faults that struck, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  readonly calls: number;
  /** userNames with more than one seat. */
  readonly twice: readonly string[];
  /** What a seat, an owner or a leaver is otherwise than it should be. */
  readonly wrong: readonly string[];
  /** Errors that are none of the business's own. */
  readonly crashes: readonly string[];
  /** Changes that are neither done nor given up. */
  readonly undecided: readonly string[];
  /** Effective removals of somebody who stays, or of a leaver more than once; deactivations. */
  readonly forbidden: readonly string[];
  readonly runs: number;
}

/** Time passes so much faster than on the wall, for bridge and Drift alike: backoffs and settle windows are long. */
const FASTER = 10;
const SETTLE_MS = 6_000;
/** On the wall: an answer that takes longer is lost. It stays below the settle window, as in the product. */
const TIMEOUT_MS = 400;

/** Chances of the faults of one call, in their order: together about a third of all calls go wrong. */
const CHANCES = [
  ['cut-before', 0.05],
  ['cut-after', 0.06],
  ['truncate', 0.05],
  ['cut-body', 0.03],
  ['html', 0.03],
  ['empty', 0.02],
  ['status', 0.04],
  ['wrong-org', 0.03],
  ['slow-first-byte', 0.02],
  ['hang', 0.01],
  ['huge', 0.01],
] as const;

/**
 * One organisation's life under faults: people join, change, are renamed and leave with what they own, while about a third
 * of all calls to Drift go wrong; then the faults end, and everything must come to rest as it should be. Duplicates are
 * allowed by this Drift, so that a second create would show. Everything random follows from the seed.
 */
export async function faultRound(seed: number, people = 30): Promise<FaultReport> {
  const began = Date.now();
  const clock: Clock = {
    now: () => new Date(began + (Date.now() - began) * FASTER).toISOString(),
    sleep: async (ms) => {
      await sleep(ms / FASTER);
    },
  };
  const simulator = await startSimulator({
    seed,
    clock: () => Date.parse(clock.now()),
    settings: {
      scimPath: '/scim/v2',
      ratePerMinute: 0,
      contactListing: 'cursor',
      contactOwnerId: 'stored',
      duplicateUser: 'created',
      recreate: 'new-id',
      applyDelayMs: 200,
      listLagMs: 500,
    },
  });
  const folder = await mkdtemp(join(tmpdir(), 'bridge-faults-'));
  const database = await openDatabase({ url: join(folder, 'bridge.db') });
  const random = seededRandom(seed);
  const crypto = createCrypto({ pepper: Buffer.alloc(32, 7) });
  const store = createStore({ database, clock, crypto, basePolicy: POLICY });
  const tenantId = 'faults';
  await createTenants({ database, clock, crypto }).create({ id: tenantId, name: tenantId }, 'test');
  const tenant = store.tenant(tenantId);
  const client = createDriftClient({
    baseUrl: simulator.url,
    scimPath: '/scim/v2',
    ratePerMinute: 60_000,
    token: simulator.token,
    permits: {
      deprovision: (permit) => tenant.plans.mayDeprovision({ ...permit, at: clock.now() }),
      erase: (permit) => tenant.plans.mayErase({ ...permit, at: clock.now() }),
    },
    log: () => undefined,
    clock,
    random: () => random.next(),
    timeouts: { totalMs: TIMEOUT_MS },
  });
  const capabilities = await createDriftTarget({ client: client.session(), clock }).probe({ contactIds: [] });
  const drift = createDriftTarget({ client: client.session(), clock, capabilities });
  const crashes: string[] = [];
  const work = bridgeOf({ store, tenant, clock, crypto, drift, crashes });
  try {
    const driver = createDriver(simulator, work.accept, work.principal, random);
    await driver.seed(people);
    strike(simulator, seed);
    await work.converge(3);
    await driver.change();
    await work.converge(3);
    await driver.leave();
    await work.converge(3);
    const journal = simulator.journal();
    simulator.clearFaults();
    await clock.sleep(2 * SETTLE_MS);
    const rested = await work.converge(12);
    const judged = judge(simulator, driver.wanted());
    const faults: Record<string, number> = {};
    for (const { faulted } of journal) if (faulted !== undefined) faults[faulted] = (faults[faulted] ?? 0) + 1;
    return {
      seed,
      faults,
      calls: journal.length,
      ...judged,
      wrong: [...judged.wrong, ...(rested ? [] : ['a run still plans changes'])],
      crashes,
      undecided: await undecided(tenant),
      runs: work.runs(),
    };
  } finally {
    await client.close();
    await database.close();
    await simulator.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Everything is applied by itself: what is tried here is the way to Drift, not the approvals. */
const POLICY: Policy = {
  ...DEFAULT_POLICY,
  verifiedDomains: ['example.com'],
  leavers: { ...DEFAULT_POLICY.leavers, endedDays: 0 },
  handover: { to: 'holding@example.com', successors: {} },
  gates: Object.fromEntries(
    Object.entries(DEFAULT_POLICY.gates).map(([name, limit]) => [
      name,
      typeof limit === 'number' ? 10_000 : { absolute: 10_000, percent: 100 },
    ]),
  ) as unknown as Policy['gates'],
  approval: {
    ...DEFAULT_POLICY.approval,
    auto: ['link', 'create', 'update', 'rename', 'role', 'handover', 'deprovision'],
  },
};

function strike(simulator: Simulator, seed: number): void {
  for (const [index, [kind, probability]] of CHANCES.entries()) {
    simulator.fault({
      kind,
      probability,
      seed: seed * 100 + index,
      ...(kind === 'slow-first-byte' ? { delayMs: 60 } : {}),
      ...(kind === 'hang' ? { delayMs: 2 * TIMEOUT_MS } : {}),
      ...(kind === 'huge' ? { bytes: 11_000_000 } : {}),
      ...(kind === 'status' ? { status: [500, 502, 503, 504][seed % 4] ?? 500, applied: seed % 3 === 0 } : {}),
    });
  }
}

const PASSES: ReadonlySet<string> = new Set(['drift.unreachable', 'store.unavailable']);

function bridgeOf(ports: {
  readonly store: Store;
  readonly tenant: TenantStore;
  readonly clock: Clock;
  readonly crypto: ReturnType<typeof createCrypto>;
  readonly drift: DriftTarget;
  readonly crashes: string[];
}): {
  readonly accept: ReturnType<typeof createAcceptScim>;
  readonly principal: Principal;
  /** Runs and applies until a run plans nothing; false after so many runs. */
  converge(most: number): Promise<boolean>;
  runs(): number;
} {
  const { tenant, clock, drift, crashes } = ports;
  const log = (): void => undefined;
  const observe = createObserveDrift({ ...ports });
  const make = createMakePlan({ ...ports, log });
  const approve = createApprovePlan(ports);
  const apply = createApplyPlan({ ...ports, log, settleMs: SETTLE_MS });
  const { tenantId } = tenant;
  const principal: Principal = { tenantId, tokenId: 't', subject: 'maya', audience: 'api', scopes: [] };
  let runs = 0;

  /** What passes is tried again, as the worker does; anything else is a crash. */
  async function again<T>(step: () => Promise<T>): Promise<T | null> {
    for (let tries = 0; tries < 60; tries += 1) {
      try {
        return await step();
      } catch (error) {
        if (!(error instanceof DomainError) || !PASSES.has(error.code)) {
          crashes.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
          return null;
        }
        await clock.sleep(2_000);
      }
    }
    return null;
  }

  async function applied(planId: string): Promise<void> {
    for (let pass = 0; pass < 400; pass += 1) {
      const result = await again(() => apply.apply(tenantId, planId, drift));
      if (result === null) return;
      if (result.again !== null) {
        await clock.sleep(Math.max(0, Date.parse(result.again) - Date.parse(clock.now())));
        continue;
      }
      if ((await tenant.plans.get(planId))?.state !== 'paused') return;
      await clock.sleep(1_000);
      await approve.resume(planId, principal);
    }
    crashes.push('a plan did not end');
  }

  return {
    accept: createAcceptScim(ports),
    principal,
    runs: () => runs,
    async converge(most) {
      for (let n = 0; n < most; n += 1) {
        runs += 1;
        const run = await make.start({ tenantId, scope: 'all', speculative: false, refresh: true, by: 'maya' });
        if ((await again(() => observe.observe(tenantId, drift, async () => undefined))) === null) return false;
        const planned = await again(() => make.plan(tenantId, run.id));
        if (planned === null) return false;
        const changes = await tenant.plans.changes(planned.plan.id, { after: 0, limit: 1 });
        if (changes.length === 0) return true;
        await applied(planned.plan.id);
        // What was written is listed a little later.
        await clock.sleep(1_000);
      }
      return false;
    },
  };
}

const DECIDED: ReadonlySet<string> = new Set(['done', 'verified', 'stale', 'failed', 'skipped', 'excluded']);

async function undecided(tenant: TenantStore): Promise<readonly string[]> {
  const found: string[] = [];
  for (const plan of await tenant.plans.list(null, 1_000)) {
    for (const change of await tenant.plans.changes(plan.id, { after: 0, limit: 10_000 })) {
      if (!DECIDED.has(change.state)) found.push(`${change.op} ${change.state} ${change.outcome?.code ?? ''}`);
    }
  }
  return found;
}

function judge(simulator: Simulator, wanted: readonly Wanted[]): Pick<FaultReport, 'twice' | 'wrong' | 'forbidden'> {
  const { users, accounts, contacts } = simulator.state();
  const wrong: string[] = [];
  const twice: string[] = [];
  for (const person of wanted) {
    const seats = users.filter(({ userName }) => userName.toLowerCase() === person.userName);
    if (seats.length > 1) twice.push(person.userName);
    if (person.leaves) {
      if (seats.length > 0) wrong.push(`${person.userName} still has a seat`);
      continue;
    }
    const [seat] = seats;
    if (seat === undefined) wrong.push(`${person.userName} has no seat`);
    else if (seat.displayName !== person.displayName) wrong.push(`${person.userName} is called otherwise`);
  }
  const living = new Set(users.map(({ id }) => id));
  for (const { domain, ownerId, deleted } of accounts) {
    if (!deleted && (ownerId === undefined || !living.has(ownerId))) wrong.push(`${domain} has no living owner`);
  }
  for (const { attributes } of contacts) {
    const owner = attributes['ownerId'];
    if (owner !== undefined && !living.has(Number(owner))) wrong.push('a contact has no living owner');
  }
  const leaving = new Set(wanted.filter(({ leaves }) => leaves).map(({ userName }) => userName));
  const names = new Map(simulator.state().deletedUsers.map(({ id, userName }) => [String(id), userName]));
  const removed = simulator.journal().filter(({ effect }) => effect?.kind === 'scim.delete');
  const forbidden = removed
    .filter(({ effect }) => !leaving.has(names.get(effect?.id ?? '') ?? ''))
    .map(({ effect }) => `removed ${names.get(effect?.id ?? '') ?? 'somebody'}`);
  if (removed.length > LEAVERS) forbidden.push(`${String(removed.length)} removals of ${String(LEAVERS)} leavers`);
  return { twice, wrong, forbidden };
}
