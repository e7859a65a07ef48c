import { unknownCapabilities } from '../../src/core/capabilities.ts';
import type { Account } from '../../src/core/identity/account.ts';
import type { AttributeValues } from '../../src/core/identity/attributes.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/core/reconcile/policy.ts';
import { type AcceptScim, createAcceptScim } from '../../src/flows/accept-scim.ts';
import { type ApplyPlan, createApplyPlan } from '../../src/flows/apply-plan.ts';
import { type ApprovePlan, createApprovePlan } from '../../src/flows/approve-plan.ts';
import type { Company, DriftTarget, Effect } from '../../src/flows/drift-port.ts';
import { createMakePlan, type MakePlan } from '../../src/flows/make-plan.ts';
import { createObserveDrift, type ObserveDrift } from '../../src/flows/observe-drift.ts';
import type { Plan, PlanStore } from '../../src/flows/plan-port.ts';
import type { Clock, Store, TenantStore } from '../../src/flows/ports.ts';
import type { Principal } from '../../src/flows/principal.ts';
import type { Run, RunScope } from '../../src/flows/run-port.ts';
import type { StoredResource } from '../../src/flows/scim-port.ts';
import type { Database } from '../../src/storage/database.ts';
import { createCrypto, type KeyedCrypto } from '../../src/storage/node-crypto.ts';
import { createStore } from '../../src/storage/store.ts';
import { createTenants } from '../../src/storage/tenants.ts';

export const SETTLE_MS = 60_000;
export const HOUR_MS = 3_600_000;

export interface VirtualClock extends Clock {
  /** Milliseconds; whoever sleeps until then wakes. */
  forward(ms: number): void;
  /** Somebody sleeps for so long at the most. */
  isAwaited(withinMs: number): boolean;
}

/** Time that passes only where a test says so. */
export function virtualClock(start = '2026-03-02T08:00:00.000Z'): VirtualClock {
  let now = Date.parse(start);
  let sleepers: readonly { readonly due: number; readonly wake: () => void }[] = [];
  return {
    now: () => new Date(now).toISOString(),
    sleep: (ms) =>
      new Promise((wake) => {
        sleepers = [...sleepers, { due: now + ms, wake }];
      }),
    forward: (ms) => {
      now += ms;
      const due = sleepers.filter((sleeper) => sleeper.due <= now);
      sleepers = sleepers.filter((sleeper) => sleeper.due > now);
      for (const { wake } of due) wake();
    },
    isAwaited: (withinMs) => sleepers.some(({ due }) => due <= now + withinMs),
  };
}

export interface Seat {
  readonly id: string;
  values: AttributeValues;
  /** Not to be seen in any view before that instant. */
  readonly shownFrom: string;
  /** Removed in SCIM while REST still shows it (Drift API notes 2.2, 4.3). */
  removed: boolean;
}

type Call = Exclude<keyof DriftTarget, 'takeCallCount' | 'probe' | 'removal'>;

/** Drift as its notes describe it, in memory, with the faults that a test asks for. */
export interface FakeDrift extends DriftTarget {
  readonly seats: Seat[];
  readonly companies: Company[];
  /** Every write that reached it, in order: `POST a@example.com`. */
  readonly writes: string[];
  readonly faults: {
    /** So long a new seat stays out of sight. */
    showsAfterMs: number;
    /** So many creates take effect while their answer is lost. */
    lostCreates: number;
    /** So many creates are answered with 409. */
    conflicts: number;
    /** So many deletes are lost before they take effect. */
    lostDeletes: number;
    /** A read of one agent answers 404. */
    hidesById: boolean;
    /** Companies are not listed (any more). */
    hidesCompanies: boolean;
    /** So many erasures take effect while their answer is lost. */
    lostErasures: number;
    /** The REST user has another e-mail, so that its id is no proof. */
    unprovenIds: boolean;
    /** REST keeps showing who was removed. */
    restKeepsRemoved: boolean;
  };
  /** What happens while such a call is under way, before its effect. */
  readonly during: Partial<Record<Call, () => Promise<void>>>;
  seed(userName: string, role?: string): Seat;
  seatsOf(userName: string): number;
}

function fakeDrift(ports: { readonly clock: Clock; readonly plans: () => PlanStore }): FakeDrift {
  const { clock } = ports;
  let nextId = 100;
  let calls = 0;
  const seats: Seat[] = [];
  const companies: Company[] = [];
  const writes: string[] = [];
  const faults: FakeDrift['faults'] = {
    showsAfterMs: 0,
    lostCreates: 0,
    conflicts: 0,
    lostDeletes: 0,
    hidesById: false,
    hidesCompanies: false,
    lostErasures: 0,
    unprovenIds: false,
    restKeepsRemoved: false,
  };
  const during: FakeDrift['during'] = {};
  const called = async (call: Call): Promise<void> => {
    calls += 1;
    await during[call]?.();
  };
  const shown = (): readonly Seat[] => seats.filter((seat) => !seat.removed && seat.shownFrom <= clock.now());
  const refused = (status: number, code: string): Effect<never> => ({ kind: 'refused', code, status, detail: code });

  function add(values: AttributeValues, shownFrom: string): Seat {
    const seat: Seat = { id: String(nextId++), values, shownFrom, removed: false };
    seats.push(seat);
    return seat;
  }

  function find(id: string): Seat {
    const seat = seats.find((one) => one.id === id);
    if (seat === undefined) throw new Error(`the fake Drift has no seat ${id}`);
    return seat;
  }

  async function change(call: 'replaceAccount' | 'setRole' | 'renameAccount', id: string, values: AttributeValues) {
    await called(call);
    writes.push(`PUT ${id}`);
    const seat = find(id);
    seat.values = { ...seat.values, ...values };
    return { kind: 'ok', value: asAccount(seat) } as const;
  }

  const drift: FakeDrift = {
    seats,
    companies,
    writes,
    faults,
    during,
    seed: (userName, role = 'MEMBER') => add({ userName, email: userName, displayName: userName, role }, clock.now()),
    seatsOf: (userName) => seats.filter((seat) => !seat.removed && seat.values.userName === userName).length,

    probe: async () => unknownCapabilities(clock.now(), 'nobody asks'),
    takeCallCount: () => {
      const taken = calls;
      calls = 0;
      return taken;
    },
    async listAccounts() {
      await called('listAccounts');
      return shown()
        .map(asAccount)
        .map(({ restId, ...account }) =>
          faults.unprovenIds || restId === undefined ? account : { ...account, restId },
        );
    },
    async listCompanies() {
      await called('listCompanies');
      return faults.hidesCompanies ? null : [...companies];
    },
    async listContacts() {
      await called('listContacts');
      return [];
    },
    removal: (work) => work(drift),
    async readAccount(id) {
      await called('readAccount');
      const seat = faults.hidesById ? undefined : shown().find((one) => one.id === id);
      if (seat !== undefined) return asAccount(seat);
      const removed = seats.find((one) => one.id === id && one.removed);
      if (removed === undefined || !faults.restKeepsRemoved) return null;
      return { ...asAccount(removed), active: false, roles: [], views: { scim: false, rest: true } };
    },
    async findAccounts(userName) {
      await called('findAccounts');
      return shown()
        .filter((seat) => seat.values.userName === userName)
        .map(asAccount);
    },
    async readCompany(id) {
      await called('readCompany');
      return companies.find((company) => company.id === id) ?? null;
    },
    async readContact() {
      await called('readContact');
      return null;
    },
    async recallContacts() {
      await called('recallContacts');
      return { kind: 'hidden' };
    },
    async createAccount(values) {
      await called('createAccount');
      writes.push(`POST ${values.userName ?? ''}`);
      if (faults.conflicts > 0) {
        faults.conflicts -= 1;
        return refused(409, 'uniqueness');
      }
      const seat = add(values, new Date(Date.parse(clock.now()) + faults.showsAfterMs).toISOString());
      if (faults.lostCreates === 0) return { kind: 'ok', value: asAccount(seat) };
      faults.lostCreates -= 1;
      return { kind: 'unknown', code: 'timeout', detail: 'no answer' };
    },
    replaceAccount: (id, values) => change('replaceAccount', id, values),
    setRole: (id, role) => change('setRole', id, { role }),
    renameAccount: (id, userName) => change('renameAccount', id, { userName, email: userName }),
    async removeAccount(accountId, permit) {
      await called('removeAccount');
      if (!(await ports.plans().mayDeprovision({ ...permit, accountId, at: clock.now() })))
        return refused(0, 'firewall');
      if (faults.lostDeletes > 0) {
        faults.lostDeletes -= 1;
        return { kind: 'unknown', code: 'timeout', detail: 'no answer' };
      }
      writes.push(`DELETE ${accountId}`);
      find(accountId).removed = true;
      return { kind: 'ok', value: null };
    },
    async hasAgent(email) {
      await called('hasAgent');
      return shown().some(({ values }) => values.userName === email);
    },
    async eraseContacts(email, permit) {
      await called('eraseContacts');
      if (!(await ports.plans().mayErase({ ...permit, email, at: clock.now() }))) return refused(0, 'firewall');
      writes.push(`ERASE ${email}`);
      faults.lostErasures -= 1;
      return faults.lostErasures < 0
        ? { kind: 'ok', value: null }
        : { kind: 'unknown', code: 'timeout', detail: 'no answer' };
    },
    async assignCompany(id, ownerId) {
      await called('assignCompany');
      writes.push(`ASSIGN ${id}`);
      const at = companies.findIndex((company) => company.id === id);
      const company = { id, ownerId, deleted: false };
      companies[at] = company;
      return { kind: 'ok', value: company };
    },
    async assignContact(id, ownerId) {
      await called('assignContact');
      writes.push(`ASSIGN ${id}`);
      return { kind: 'ok', value: { id, ownerId } };
    },
  };
  return drift;
}

function asAccount({ id, values }: Seat): Account {
  const { role = 'MEMBER', ...others } = values;
  return {
    id,
    restId: id,
    values: { ...others, role },
    active: true,
    bot: false,
    roles: [role],
    views: { scim: true, rest: true },
    disagreements: [],
  };
}

export interface FlowWorld {
  readonly clock: VirtualClock;
  readonly crypto: KeyedCrypto;
  readonly store: Store;
  readonly tenantId: string;
  readonly tenant: TenantStore;
  readonly drift: FakeDrift;
  readonly accept: AcceptScim;
  readonly observe: ObserveDrift;
  readonly make: MakePlan;
  readonly approve: ApprovePlan;
  readonly apply: ApplyPlan;
  /** Asks for runs. */
  readonly maya: Principal;
  /** Approves plans. */
  readonly omar: Principal;
  joins(userName: string, more?: Record<string, unknown>): Promise<StoredResource>;
  says(user: StoredResource, what: Record<string, unknown>): Promise<void>;
  /** Somebody who is linked to a seat, has no other trace in the plans to come, and leaves now. */
  leaver(userName: string): Promise<{ readonly user: StoredResource; readonly seat: Seat }>;
  queueRun(scope?: RunScope): Promise<Run>;
  /** Observes Drift and plans. */
  run(scope?: RunScope): Promise<Plan>;
  /** Omar approves by the hash and, unless told otherwise, starts it. */
  approved(plan: Plan, more?: Partial<Parameters<ApprovePlan['approve']>[0]>): Promise<Plan>;
  /** One pass of a worker, by another store where the test watches or breaks what it writes. */
  work(plan: Plan, store?: Store): Promise<{ readonly again: string | null }>;
  state(plan: Plan): Promise<string | undefined>;
  /** `create unknown unknown`: operation, state and outcome, in the order of the plan. */
  changes(plan: Plan): Promise<readonly string[]>;
}

/** The real flows over a real store with a tenant of its own, time that stands still and a Drift in memory. */
export async function openFlowWorld(database: Database, policy: Partial<Policy> = {}): Promise<FlowWorld> {
  const clock = virtualClock();
  const crypto = createCrypto({ pepper: Buffer.alloc(32, 7) });
  const basePolicy: Policy = {
    ...DEFAULT_POLICY,
    verifiedDomains: ['example.com'],
    leavers: { ...DEFAULT_POLICY.leavers, endedDays: 0 },
    handover: { to: 'holding@example.com', successors: {} },
    ...policy,
  };
  const store = createStore({ database, clock, crypto, basePolicy });
  const tenantId = `t-${crypto.uuid()}`;
  await createTenants({ database, clock, crypto }).create({ id: tenantId, name: tenantId }, 'test');
  const tenant = store.tenant(tenantId);
  const ports = { store, clock, crypto, log: () => undefined };
  const accept = createAcceptScim(ports);
  const observe = createObserveDrift(ports);
  const make = createMakePlan(ports);
  const approve = createApprovePlan(ports);
  const drift = fakeDrift({ clock, plans: () => tenant.plans });
  drift.seed('owner@example.com', 'OWNER');
  drift.seed('holding@example.com');
  const who = (subject: string): Principal => ({
    tenantId,
    tokenId: `token of ${subject}`,
    subject,
    audience: 'api',
    scopes: [],
  });
  const maya = who('maya');
  const omar = who('omar');

  const joins: FlowWorld['joins'] = (userName, more = {}) =>
    accept.createUser(maya, {
      schemas: [],
      userName,
      displayName: userName,
      active: true,
      emails: [{ value: userName, primary: true, type: 'work' }],
      ...more,
    });
  const says: FlowWorld['says'] = async (user, what) => {
    await accept.change(
      maya,
      'User',
      user.id,
      () => true,
      ({ doc }) => ({ doc: { ...doc, ...what } }),
    );
  };
  const queueRun: FlowWorld['queueRun'] = (scope = 'all') =>
    make.start({ tenantId, scope, speculative: false, refresh: true, by: 'maya' });
  const run: FlowWorld['run'] = async (scope) => {
    const { id } = await queueRun(scope);
    const snapshot = await observe.observe(tenantId, drift, async () => undefined);
    await tenant.write((tx) => tx.runs.update(id, { snapshotId: snapshot.id }));
    return (await make.plan(tenantId, id)).plan;
  };
  const apply = createApplyPlan({ ...ports, settleMs: SETTLE_MS });
  const work: FlowWorld['work'] = (plan, by) =>
    (by === undefined ? apply : createApplyPlan({ ...ports, store: by, settleMs: SETTLE_MS })).apply(
      tenantId,
      plan.id,
      drift,
    );

  return {
    ...{ clock, crypto, store, tenantId, tenant, drift, accept, observe, make, approve, apply, maya, omar },
    ...{ joins, says, queueRun, run, work },
    async leaver(userName) {
      const seat = drift.seed(userName);
      const user = await joins(userName);
      await work(await run());
      await says(user, { active: false });
      return { user, seat };
    },
    approved: (plan, more = {}) =>
      approve.approve({
        planId: plan.id,
        by: omar,
        hash: plan.hash,
        reason: 'reviewed',
        apply: true,
        overrides: [],
        ...more,
      }),
    state: async (plan) => (await tenant.plans.get(plan.id))?.state,
    changes: async (plan) =>
      (await tenant.plans.changes(plan.id, { after: 0, limit: 1000 })).map(({ op, state, outcome }) =>
        [op, state, ...(outcome === undefined ? [] : [outcome.code])].join(' '),
      ),
  };
}

/** The same store, where one worker's reads of plans go another way: something happens right then. */
export function withReads(store: Store, plans: (own: PlanStore) => Partial<PlanStore>): Store {
  return {
    tenants: () => store.tenants(),
    tenant: (tenantId) => {
      const own = store.tenant(tenantId);
      return { ...own, plans: { ...own.plans, ...plans(own.plans) } };
    },
  };
}

/** A process that dies where it would write that; its transaction is rolled back. */
export function dyingAt(store: Store, at: 'finish' | 'create'): Store {
  const die = (): Promise<never> => Promise.reject(new Error('the process died'));
  return {
    tenants: () => store.tenants(),
    tenant: (tenantId) => {
      const own = store.tenant(tenantId);
      return { ...own, write: (work) => own.write((tx) => work({ ...tx, plans: { ...tx.plans, [at]: die } })) };
    },
  };
}
