import type { Kysely } from 'kysely';
import type { Policy } from '../core/reconcile/policy.ts';
import type { ScimStore } from '../flows/scim-port.ts';
import type { Aggregates, Clock, Crypto, Store, TenantStore } from '../flows/ports.ts';
import { createAccountStore } from './accounts.ts';
import { createAuditLog } from './audit.ts';
import type { Database } from './database.ts';
import { createEventStore } from './events.ts';
import { createImportStore } from './imports.ts';
import { createJobQueue } from './jobs.ts';
import { createMarkStore } from './marks.ts';
import { createOperationStore } from './operation-batches.ts';
import { createPeopleStore } from './people.ts';
import { createPlanStore } from './plans.ts';
import { createPolicyStore } from './policy.ts';
import { createProvisioningViews } from './provisioning-views.ts';
import { createRunStore } from './runs.ts';
import type { Schema } from './schema.ts';
import { SHOWN_TABLES, createScimStore } from './scim-resources.ts';
import { createScimRequestStore } from './scim-requests.ts';
import { createSettingStore } from './settings.ts';
import { listTenants } from './tenants.ts';
import { writeTransaction } from './write-transaction.ts';

export interface StorePorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly crypto: Crypto;
  /** Version 0 of every tenant's policy: the built-in default, or the file that BRIDGE_POLICY names. */
  readonly basePolicy: Policy;
}

export function createStore(ports: StorePorts): Store {
  const { database } = ports;
  const opened = new Map<string, TenantStore>();
  const stamp = database.changes?.watch(SHOWN_TABLES);

  function open(tenantId: string): TenantStore {
    return {
      tenantId,
      ...aggregates(database.read, tenantId, ports, stamp),
      write: (work) => writeTransaction(database, (tx) => work(aggregates(tx, tenantId, ports))),
    };
  }

  return {
    tenant(tenantId) {
      const known = opened.get(tenantId) ?? open(tenantId);
      opened.set(tenantId, known);
      return known;
    },
    tenants: () => listTenants(database.read),
  };
}

/** All that a tenant's data can be asked on one connection; every statement carries the tenant's id. */
function aggregates(db: Kysely<Schema>, tenantId: string, ports: StorePorts, stamp?: ScimStore['stamp']): Aggregates {
  const { clock, crypto, basePolicy } = ports;
  const { dialect } = ports.database;
  const audit = createAuditLog(db, tenantId, { dialect, clock, crypto });
  return {
    scim: createScimStore(db, tenantId, dialect, createProvisioningViews(db, tenantId, dialect), stamp),
    people: createPeopleStore(db, tenantId, { dialect, crypto, audit }),
    accounts: createAccountStore(db, tenantId),
    imports: createImportStore(db, tenantId),
    runs: createRunStore(db, tenantId),
    plans: createPlanStore(db, tenantId, dialect),
    policy: createPolicyStore(db, tenantId, { dialect, clock, base: basePolicy }),
    scimRequests: createScimRequestStore(db, tenantId, dialect),
    operations: createOperationStore(db, tenantId, dialect),
    events: createEventStore(db, tenantId, dialect),
    marks: createMarkStore(db, tenantId),
    settings: createSettingStore(db, tenantId),
    jobs: createJobQueue(db, tenantId, { clock, crypto }),
    audit,
  };
}
