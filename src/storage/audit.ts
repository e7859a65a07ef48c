import type { Kysely } from 'kysely';
import { canonicalText } from '../core/reconcile/canonical.ts';
import type { AuditTrail } from '../flows/audit-port.ts';
import type { AuditLog, Clock, Crypto } from '../flows/ports.ts';
import type { DialectName } from './dialect.ts';
import type { Schema } from './schema.ts';
import { statement } from './statement.ts';
import { lockTenant } from './tenant-lock.ts';

/** What stands before the first entry. */
export const NO_HASH = '0'.repeat(64);
const PAGE = 1000;

interface Chained {
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly kind: string;
  readonly subject: string;
  /** Canonical text, exactly as stored. */
  readonly data: string;
  readonly prev_hash: string;
}

function entryHash(crypto: Crypto, tenantId: string, entry: Chained): string {
  const { seq, at, actor, kind, subject, data, prev_hash: prev } = entry;
  return crypto.hash(canonicalText({ format: 'audit/1', tenantId, seq, at, actor, kind, subject, data, prev }));
}

const insertEntry = statement(
  (
    db,
    _dialect,
    ...[tenantId, seq, at, actor, kind, subject, data, prev, hash]: [
      tenantId: string,
      seq: number,
      at: string,
      actor: string,
      kind: string,
      subject: string,
      data: string,
      prev: string,
      hash: string,
    ]
  ) =>
    db
      .insertInto('audit')
      .values({ tenant_id: tenantId, seq, at, actor, kind, subject, data, prev_hash: prev, hash })
      .compile(),
);

const moveHead = statement((db, _dialect, tenantId: string, seq: number, hash: string) =>
  db.updateTable('tenant').set({ audit_seq: seq, audit_hash: hash }).where('id', '=', tenantId).compile(),
);

/** Appends in the caller's transaction. Writers of a tenant queue at its row: the chain has no gap and no fork. */
export function createAuditLog(
  db: Kysely<Schema>,
  tenantId: string,
  ports: { readonly dialect: DialectName; readonly clock: Clock; readonly crypto: Crypto },
): AuditLog {
  return {
    async append(entry) {
      const head = await lockTenant(db, tenantId, ports.dialect);
      const chained: Chained = {
        seq: head.audit_seq + 1,
        at: ports.clock.now(),
        actor: entry.actor,
        kind: entry.kind,
        subject: entry.subject,
        data: canonicalText(entry.data),
        prev_hash: head.audit_hash,
      };
      const hash = entryHash(ports.crypto, tenantId, chained);
      const { dialect } = ports;
      const { seq, at, actor, kind, subject, data, prev_hash: prev } = chained;
      await insertEntry(db, dialect, tenantId, seq, at, actor, kind, subject, data, prev, hash);
      await moveHead(db, dialect, tenantId, seq, hash);
    },
  };
}

export function createAuditTrail(db: Kysely<Schema>, tenantId: string, crypto: Crypto): AuditTrail {
  const page = (after: number, limit: number) =>
    db
      .selectFrom('audit')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(limit)
      .execute();

  return {
    async list(after, limit) {
      const rows = await page(after, limit);
      return rows.map(({ seq, at, actor, kind, subject, data, hash }) => ({
        seq,
        at,
        actor,
        kind,
        subject,
        data: JSON.parse(data) as Readonly<Record<string, unknown>>,
        hash,
      }));
    },

    async verify() {
      // Taken first: entries that are appended meanwhile are the next verification's.
      const tenant = await db
        .selectFrom('tenant')
        .select(['audit_seq', 'audit_hash'])
        .where('id', '=', tenantId)
        .executeTakeFirst();
      const last = tenant?.audit_seq ?? 0;
      let entries = 0;
      let head = NO_HASH;
      while (entries < last) {
        const rows = await page(entries, Math.min(PAGE, last - entries));
        for (const row of rows) {
          const expected = entries + 1;
          const good = row.seq === expected && row.prev_hash === head && row.hash === entryHash(crypto, tenantId, row);
          if (!good) return { ok: false, entries, head, brokenAt: expected };
          entries = expected;
          head = row.hash;
        }
        if (rows.length === 0) return { ok: false, entries, head, brokenAt: entries + 1 };
      }
      if (tenant !== undefined && tenant.audit_hash !== head) return { ok: false, entries, head, brokenAt: last };
      // Entries that nobody counted: the head was set back.
      const surplus = (await page(last, 1))[0];
      const recount = await db.selectFrom('tenant').select('audit_seq').where('id', '=', tenantId).executeTakeFirst();
      if (surplus !== undefined && (recount?.audit_seq ?? 0) < surplus.seq) {
        return { ok: false, entries, head, brokenAt: surplus.seq };
      }
      return { ok: true, entries, head };
    },
  };
}
