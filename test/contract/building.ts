import type { Account } from '../../src/core/identity/account.ts';
import type { HrRecord } from '../../src/core/identity/hr-record.ts';
import type { Entry } from '../../src/core/reconcile/entry.ts';
import type { DraftChange } from '../../src/core/reconcile/plan.ts';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import type { SnapshotInfo } from '../../src/flows/account-port.ts';
import type { ImportRecord } from '../../src/flows/import-port.ts';
import type { OperationBatch } from '../../src/flows/operation-port.ts';
import type { PersonKey, Statement } from '../../src/flows/people-port.ts';
import type { Approval, Change, Plan } from '../../src/flows/plan-port.ts';
import type { Clock, Store } from '../../src/flows/ports.ts';
import type { Run } from '../../src/flows/run-port.ts';
import type { Database } from '../../src/storage/database.ts';
import { createCrypto, type KeyedCrypto } from '../../src/storage/node-crypto.ts';
import { createStore } from '../../src/storage/store.ts';
import { createTenants, type Tenants } from '../../src/storage/tenants.ts';
import type { TestStore } from '../support/store.ts';

export interface World {
  readonly database: Database;
  readonly store: Store;
  readonly tenants: Tenants;
  readonly crypto: KeyedCrypto;
  readonly clock: TestClock;
}

export interface TestClock extends Clock {
  /** Milliseconds. */
  forward(ms: number): void;
}

export const START = '2026-03-02T08:00:00.000Z';

export function later(ms: number, from = START): string {
  return new Date(Date.parse(from) + ms).toISOString();
}

export function testClock(): TestClock {
  let now = Date.parse(START);
  return {
    now: () => new Date(now).toISOString(),
    sleep: async () => undefined,
    forward: (ms) => {
      now += ms;
    },
  };
}

/** One process's view of the store, with the tenants `t1` and `t2`. */
export async function openWorld(testStore: TestStore): Promise<World> {
  const database = await testStore.open();
  const clock = testClock();
  const crypto = createCrypto({ pepper: Buffer.alloc(32, 7) });
  const tenants = createTenants({ database, clock, crypto });
  const known = new Set((await tenants.list()).map(({ id }) => id));
  for (const id of ['t1', 't2']) if (!known.has(id)) await tenants.create({ id, name: id }, 'test');
  return {
    database,
    clock,
    crypto,
    tenants,
    store: createStore({ database, clock, crypto, basePolicy: DEFAULT_POLICY }),
  };
}

/** A tenant of its own for one test. */
export async function freshTenant(world: World): Promise<string> {
  const id = `t-${world.crypto.uuid()}`;
  await world.tenants.create({ id, name: id }, 'test');
  return id;
}

export function idpSays(
  recordKey: string,
  says: { state?: 'active' | 'inactive' | 'deleted'; at?: string; userName?: string; keys?: readonly PersonKey[] } = {},
): Statement {
  const userName = says.userName ?? `${recordKey}@example.com`;
  return {
    source: 'idp',
    recordKey,
    state: says.state ?? 'active',
    at: says.at ?? START,
    keys: [{ kind: 'user_name', value: userName }, ...(says.keys ?? [])],
    data: { userName, emails: [userName] },
  };
}

export function hrSays(
  recordKey: string,
  says: {
    feed?: string;
    state?: 'present' | 'quarantined';
    at?: string;
    record?: Partial<HrRecord>;
    keys?: readonly PersonKey[];
    importId?: string;
  } = {},
): Statement {
  const record: HrRecord = { personKey: recordKey, workerType: 'employee', status: 'active', ...says.record };
  return {
    source: `hr:${says.feed ?? 'hr'}`,
    recordKey,
    state: says.state ?? 'present',
    at: says.at ?? START,
    keys: [{ kind: 'employee', value: recordKey }, ...(says.keys ?? [])],
    data: record,
    rowHash: `hash of ${JSON.stringify(record)}`,
    importId: says.importId ?? 'import-1',
  };
}

export function account(id: string, more: Partial<Account> = {}): Account {
  return {
    id,
    restId: id,
    values: { userName: `agent${id}@example.com` },
    active: true,
    bot: false,
    roles: ['MEMBER'],
    views: { scim: true, rest: true },
    disagreements: [],
    ...more,
  };
}

export function snapshot(id: string, more: Partial<SnapshotInfo> = {}): SnapshotInfo {
  const seen = { accounts: 0, companies: 0, contacts: 0, ...more };
  const complete = { accounts: true, companies: seen.companies !== null, contacts: seen.contacts !== null };
  return { id, startedAt: START, endedAt: later(500), calls: 3, complete, ...seen };
}

export function run(id: string, more: Partial<Run> = {}): Run {
  return {
    id,
    state: 'queued',
    stage: 'queued',
    scope: 'all',
    speculative: false,
    refresh: true,
    progress: { done: 0, total: 0 },
    situations: {},
    population: 0,
    gates: [],
    calls: 0,
    minimumCalls: 0,
    requestedBy: 'maya',
    createdAt: START,
    ...more,
  };
}

export function entry(more: Partial<Entry> = {}): Entry {
  return {
    situation: 'IN_SYNC',
    flags: [],
    lifecycle: { expected: 'active', rule: 'both sources say so' },
    attributes: [],
    candidates: [],
    disposition: 'none',
    reasons: [],
    ...more,
  };
}

export function draft(more: Partial<DraftChange> = {}): DraftChange {
  return {
    op: 'update',
    before: {},
    after: {},
    expected: { exists: true },
    reasons: [],
    evidence: [],
    reversibility: 'reversible',
    gates: [],
    calls: 1,
    ...more,
  };
}

export function change(id: string, planId: string, seq: number, more: Partial<Change> = {}): Change {
  const made =
    more.draft ?? draft({ op: more.op ?? 'update', personId: `person of ${id}`, accountId: `account of ${id}` });
  return {
    id,
    planId,
    seq,
    op: made.op,
    state: 'approved',
    gates: made.gates,
    fence: 0,
    calls: 0,
    updatedAt: START,
    ...more,
    draft: made,
  };
}

export function plan(id: string, more: Partial<Plan> = {}): Plan {
  return {
    id,
    runId: `run of ${id}`,
    kind: 'reconcile',
    hash: `hash of ${id}`,
    state: 'applying',
    summary: '1 to update',
    doc: '{}',
    gates: [],
    requestedBy: 'maya',
    createdAt: START,
    expiresAt: later(24 * 3_600_000),
    ...more,
  };
}

export function operationBatch(id: string, more: Partial<OperationBatch> = {}): OperationBatch {
  return {
    id,
    operation: 'create-contact',
    kind: 'lines',
    state: 'receiving',
    code: null,
    writes: true,
    dryRun: false,
    all: false,
    respondTo: null,
    key: null,
    lines: 0,
    released: 0,
    requestedBy: 'token-1',
    createdAt: START,
    endedAt: null,
    ...more,
  };
}

export function approval(id: string, of: Plan, changes: readonly string[], more: Partial<Approval> = {}): Approval {
  return {
    id,
    planId: of.id,
    hash: of.hash,
    subject: 'omar',
    reason: 'reviewed',
    overrides: [],
    changes,
    createdAt: START,
    expiresAt: later(4 * 3_600_000),
    startedAt: START,
    ...more,
  };
}

export function importRecord(id: string, more: Partial<ImportRecord> = {}): ImportRecord {
  return {
    id,
    feed: 'hr',
    sha256: `bytes of ${id}`,
    mode: 'full',
    state: 'receiving',
    shape: { encoding: 'utf-8' },
    counts: { read: 0, accepted: 0, warned: 0, quarantined: 0, rejected: 0, skipped: 0 },
    changes: { joiners: 0, movers: 0, leavers: 0, vanished: 0 },
    gates: [],
    missing: [],
    requestedBy: 'maya',
    createdAt: START,
    ...more,
  };
}
