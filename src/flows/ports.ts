import type { Policy } from '../core/reconcile/policy.ts';
import type { AccountStore } from './account-port.ts';
import type { EventStore } from './event-port.ts';
import type { ImportStore } from './import-port.ts';
import type { MarkStore } from './mark-port.ts';
import type { OperationStore } from './operation-port.ts';
import type { PeopleStore } from './people-port.ts';
import type { PlanStore } from './plan-port.ts';
import type { RunStore } from './run-port.ts';
import type { ScimStore } from './scim-port.ts';
import type { ScimRequestStore } from './scim-request-port.ts';

/** The world as flows see it: time, chance, keys, a store and a queue. Drift is in `drift-port.ts`. */
export interface Clock {
  /** UTC ISO instant with milliseconds. */
  now(): string;
  sleep(ms: number): Promise<void>;
}

export interface Crypto {
  /** UUIDv7: sorts by time of creation. */
  uuid(): string;
  /** SHA-256 in hex of text that is not secret. */
  hash(text: string): string;
  /** HMAC-SHA-256 in hex under the tenant's own key: what audit entries and tombstones hold instead of values. */
  keyedHash(tenantId: string, text: string): string;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Codes, ids and counts only: no names, addresses, values, bodies or tokens. */
export type Log = (
  level: LogLevel,
  code: string,
  data?: Readonly<Record<string, string | number | boolean | null>>,
) => void;

export interface AuditEntry {
  /** Token id, `policy`, or `system`. */
  readonly actor: string;
  readonly kind: string;
  /** Id of what it is about. */
  readonly subject: string;
  /** Ids, codes, counts and keyed hashes; never names, e-mails or values. */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface AuditLog {
  /** Appends to the tenant's hash chain in the caller's transaction. */
  append(entry: AuditEntry): Promise<void>;
}

/** `operation`: direct calls of Drift; `event`: webhooks that came in; `probe`: what the organisation can do. */
export type JobKind = 'run' | 'apply' | 'operation' | 'event' | 'probe';

export interface JobQueue {
  /** In the caller's transaction: acknowledged means it will happen. A queued job with the same key is kept instead. */
  enqueue(job: {
    kind: JobKind;
    dedupeKey?: string;
    payload: unknown;
    priority?: number;
    runAt?: string;
  }): Promise<void>;
}

export interface PolicyStore {
  /** The policy in force, and its version (0 = the built-in default or BRIDGE_POLICY). */
  current(): Promise<{ readonly version: number; readonly policy: Policy }>;
  put(policy: Policy, by: string, ifVersion: number): Promise<number>;
}

export interface SettingStore {
  get(name: string): Promise<string | null>;
  set(name: string, value: string): Promise<void>;
  /** Sets it where there is none, and gives what stands then: of several at once, one wins and all learn which. */
  setOnce(name: string, value: string): Promise<string>;
}

/** What a tenant's data can be asked and told; inside `write` all of it is one transaction. */
export interface Aggregates {
  readonly scim: ScimStore;
  readonly scimRequests: ScimRequestStore;
  readonly people: PeopleStore;
  readonly accounts: AccountStore;
  readonly imports: ImportStore;
  readonly runs: RunStore;
  readonly plans: PlanStore;
  readonly policy: PolicyStore;
  readonly operations: OperationStore;
  readonly events: EventStore;
  readonly marks: MarkStore;
  readonly settings: SettingStore;
  readonly jobs: JobQueue;
  readonly audit: AuditLog;
}

export interface TenantStore extends Aggregates {
  readonly tenantId: string;
  /** One transaction; nothing but this store may be awaited inside, and it lasts 20 ms at most. */
  write<T>(work: (tx: Aggregates) => Promise<T>): Promise<T>;
}

export interface Store {
  tenant(tenantId: string): TenantStore;
  tenants(): Promise<readonly { readonly id: string; readonly name: string; readonly state: 'active' | 'paused' }[]>;
}
