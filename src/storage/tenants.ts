import type { Kysely } from 'kysely';
import { DomainError } from '../core/errors.ts';
import type { Clock, Crypto } from '../flows/ports.ts';
import { createAuditLog, NO_HASH } from './audit.ts';
import type { Database } from './database.ts';
import { WEBHOOK_ADDRESS, newWebhookAddress } from './events.ts';
import type { Schema } from './schema.ts';
import { createSettingStore } from './settings.ts';
import { writeTransaction } from './write-transaction.ts';

export interface Tenant {
  readonly id: string;
  readonly name: string;
  readonly state: 'active' | 'paused';
  readonly createdAt: string;
}

/** Drift organisations that this store serves. Changes commit with their audit entry; `by` is the actor in it. */
export interface Tenants {
  /** The tenant that bootstrap tokens belong to. Safe to call at every start. */
  ensureDefault(): Promise<void>;
  /** Throws DomainError `request.invalid` for an id that is none, `conflict` for one that exists. */
  create(tenant: { readonly id: string; readonly name: string }, by: string): Promise<void>;
  get(tenantId: string): Promise<Tenant | null>;
  list(): Promise<readonly Tenant[]>;
  /** A paused tenant keeps its data; its tokens are refused and its jobs wait. False when there is no such tenant. */
  pause(tenantId: string, by: string): Promise<boolean>;
  resume(tenantId: string, by: string): Promise<boolean>;
}

export const DEFAULT_TENANT = 'default';

export function createTenants(ports: {
  readonly database: Database;
  readonly clock: Clock;
  readonly crypto: Crypto;
}): Tenants {
  const { database, clock } = ports;
  const audit = (tx: Kysely<Schema>, tenantId: string) =>
    createAuditLog(tx, tenantId, { ...ports, dialect: database.dialect });

  async function create(tenant: { readonly id: string; readonly name: string }, by: string): Promise<boolean> {
    return writeTransaction(database, async (tx) => {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('tenant')
        .values({ ...tenant, state: 'active', created_at: clock.now(), audit_seq: 0, audit_hash: NO_HASH })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows !== 1n) return false;
      await createSettingStore(tx, tenant.id).set(WEBHOOK_ADDRESS, newWebhookAddress());
      await audit(tx, tenant.id).append({ actor: by, kind: 'tenant.created', subject: tenant.id, data: {} });
      return true;
    });
  }

  async function setState(tenantId: string, state: Tenant['state'], kind: string, by: string): Promise<boolean> {
    return writeTransaction(database, async (tx) => {
      const { numUpdatedRows } = await tx
        .updateTable('tenant')
        .set({ state })
        .where('id', '=', tenantId)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      await audit(tx, tenantId).append({ actor: by, kind, subject: tenantId, data: {} });
      return true;
    });
  }

  return {
    ensureDefault: async () => {
      await create({ id: DEFAULT_TENANT, name: DEFAULT_TENANT }, 'system');
    },
    async create(tenant, by) {
      if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(tenant.id)) {
        throw new DomainError('request.invalid', 'A tenant id is 1 to 63 lower-case letters, digits and hyphens.');
      }
      if (!(await create(tenant, by))) throw new DomainError('conflict', `The tenant "${tenant.id}" exists already.`);
    },
    async get(tenantId) {
      const row = await database.read.selectFrom('tenant').selectAll().where('id', '=', tenantId).executeTakeFirst();
      return row === undefined ? null : toTenant(row);
    },
    list: () => listTenants(database.read),
    pause: (tenantId, by) => setState(tenantId, 'paused', 'tenant.paused', by),
    resume: (tenantId, by) => setState(tenantId, 'active', 'tenant.resumed', by),
  };
}

export async function listTenants(db: Kysely<Schema>): Promise<readonly Tenant[]> {
  const rows = await db.selectFrom('tenant').selectAll().orderBy('id').execute();
  return rows.map(toTenant);
}

function toTenant(row: {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly created_at: string;
}): Tenant {
  return {
    id: row.id,
    name: row.name,
    state: row.state === 'paused' ? 'paused' : 'active',
    createdAt: row.created_at,
  };
}
