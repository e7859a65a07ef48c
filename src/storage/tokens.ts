import type { Kysely, Selectable } from 'kysely';
import type { AuditEntry, Clock, Crypto } from '../flows/ports.ts';
import type { TokenRecord, TokenStore } from '../flows/token-port.ts';
import { createAuditLog } from './audit.ts';
import type { Database } from './database.ts';
import type { Schema } from './schema.ts';
import { statement } from './statement.ts';
import { writeTransaction } from './write-transaction.ts';

const TOUCH_EVERY_MS = 60_000;

/** One statement a request says who is asking, and whether the tenant is open. */
const rowByHash = statement((db, _dialect, hash: string) =>
  db
    .selectFrom('token')
    .innerJoin('tenant', 'tenant.id', 'token.tenant_id')
    .selectAll('token')
    .select('tenant.state as tenant_state')
    .where('token.hash', '=', hash)
    .compile(),
);

export function createTokenStore(ports: {
  readonly database: Database;
  readonly clock: Clock;
  readonly crypto: Crypto;
}): TokenStore {
  const { database } = ports;
  /** When this process last noted a use: a busy token costs no write, not even one that changes nothing. */
  const touched = new Map<string, number>();

  async function audited(tx: Kysely<Schema>, tenantId: string, entry: AuditEntry): Promise<void> {
    await createAuditLog(tx, tenantId, { ...ports, dialect: database.dialect }).append(entry);
  }

  return {
    stamp: database.changes?.watch(['token', 'tenant']) ?? (() => null),

    async byHash(hash) {
      const {
        rows: [row],
      } = await rowByHash(database.read, database.dialect, hash);
      if (row === undefined) return null;
      return { ...toRecord(row), tenantState: row.tenant_state === 'paused' ? 'paused' : 'active' };
    },

    async get(tenantId, id) {
      const row = await database.read
        .selectFrom('token')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .executeTakeFirst();
      return row === undefined ? null : toRecord(row);
    },

    async list(tenantId, after, limit) {
      const rows = await database.read
        .selectFrom('token')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .$if(after !== null, (query) => query.where('id', '>', after ?? ''))
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(toRecord);
    },

    create: (record, entry) =>
      writeTransaction(database, async (tx) => {
        await tx.insertInto('token').values(toRow(record)).execute();
        await audited(tx, record.tenantId, entry);
      }),

    replace: (id, by, endsAt, entry) =>
      writeTransaction(database, async (tx) => {
        const old = await tx
          .updateTable('token')
          .set((eb) => ({
            // The overlap shortens the old one's life, it never lengthens it.
            expires_at: eb.case().when('expires_at', '<', endsAt).then(eb.ref('expires_at')).else(endsAt).end(),
          }))
          .where('tenant_id', '=', by.tenantId)
          .where('id', '=', id)
          .where('revoked_at', 'is', null)
          .where('expires_at', '>', by.createdAt)
          .returning('paused_at')
          .executeTakeFirst();
        if (old === undefined) return false;
        await tx
          .insertInto('token')
          .values({ ...toRow(by), paused_at: old.paused_at })
          .execute();
        await audited(tx, by.tenantId, entry);
        return true;
      }),

    revoke: (tenantId, id, at, entry) =>
      writeTransaction(database, async (tx) => {
        const revoked = await tx
          .updateTable('token')
          .set({ revoked_at: at })
          .where('tenant_id', '=', tenantId)
          .where('id', '=', id)
          .where('revoked_at', 'is', null)
          .executeTakeFirst();
        if (revoked.numUpdatedRows === 0n) return false;
        await audited(tx, tenantId, entry);
        return true;
      }),

    setPaused: (tenantId, id, at, entry) =>
      writeTransaction(database, async (tx) => {
        const changed = await tx
          .updateTable('token')
          .set({ paused_at: at })
          .where('tenant_id', '=', tenantId)
          .where('id', '=', id)
          .where('revoked_at', 'is', null)
          .where('paused_at', at === null ? 'is not' : 'is', null)
          .executeTakeFirst();
        if (changed.numUpdatedRows === 0n) return false;
        await audited(tx, tenantId, entry);
        return true;
      }),

    async lastOfEach(after) {
      const rows = await database.read
        .selectFrom('token')
        .select(['tenant_id', 'id', 'audience', 'expires_at'])
        .where('revoked_at', 'is', null)
        .where('expires_at', '>', after)
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('token as later')
                .select('later.id')
                .whereRef('later.tenant_id', '=', 'token.tenant_id')
                .whereRef('later.audience', '=', 'token.audience')
                .whereRef('later.subject', '=', 'token.subject')
                .where('later.revoked_at', 'is', null)
                .whereRef('later.expires_at', '>', 'token.expires_at'),
            ),
          ),
        )
        .orderBy('expires_at')
        .execute();
      return rows.map((row) => ({
        tenantId: row.tenant_id,
        id: row.id,
        audience: audienceOf(row.audience),
        expiresAt: row.expires_at,
      }));
    },

    async touch(tenantId, id, at) {
      const key = JSON.stringify([tenantId, id]);
      const instant = Date.parse(at);
      if (instant - (touched.get(key) ?? -Infinity) < TOUCH_EVERY_MS) return;
      touched.set(key, instant);
      const before = new Date(instant - TOUCH_EVERY_MS).toISOString();
      await writeTransaction(database, async (tx) => {
        await tx
          .updateTable('token')
          .set({ last_used_at: at })
          .where('tenant_id', '=', tenantId)
          .where('id', '=', id)
          .where((eb) => eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<=', before)]))
          .execute();
      });
    },
  };
}

type Row = Selectable<Schema['token']>;

function toRow(record: TokenRecord): Row {
  return {
    tenant_id: record.tenantId,
    id: record.id,
    audience: record.audience,
    scopes: JSON.stringify(record.scopes),
    subject: record.subject,
    name: record.name,
    hash: record.hash,
    created_by: record.createdBy,
    created_at: record.createdAt,
    expires_at: record.expiresAt,
    revoked_at: record.revokedAt ?? null,
    last_used_at: record.lastUsedAt ?? null,
    paused_at: record.pausedAt ?? null,
  };
}

function toRecord(row: Row): TokenRecord {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    audience: audienceOf(row.audience),
    scopes: JSON.parse(row.scopes) as string[],
    subject: row.subject,
    name: row.name,
    hash: row.hash,
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at }),
    ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at }),
    ...(row.paused_at === null ? {} : { pausedAt: row.paused_at }),
  };
}

function audienceOf(text: string): TokenRecord['audience'] {
  return text === 'scim' ? 'scim' : 'api';
}
