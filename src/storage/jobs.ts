import {
  type Expression,
  type ExpressionBuilder,
  type Kysely,
  type Selectable,
  sql,
  type SqlBool,
  type Updateable,
} from 'kysely';
import type { Job, JobWork } from '../flows/job-port.ts';
import type { Clock, Crypto, JobQueue } from '../flows/ports.ts';
import type { Database } from './database.ts';
import { lockRows, takeFreeRows } from './dialect.ts';
import type { Schema } from './schema.ts';
import { writeTransaction } from './write-transaction.ts';

/** The queue as flows see it: a job stands in the transaction of the change that asks for it. */
export function createJobQueue(
  db: Kysely<Schema>,
  tenantId: string,
  ports: { readonly clock: Clock; readonly crypto: Crypto },
): JobQueue {
  return {
    async enqueue(job) {
      const now = ports.clock.now();
      await db
        .insertInto('job')
        .values({
          tenant_id: tenantId,
          id: ports.crypto.uuid(),
          kind: job.kind,
          dedupe_key: job.dedupeKey ?? null,
          payload: JSON.stringify(job.payload),
          state: 'queued',
          priority: job.priority ?? 0,
          run_at: job.runAt ?? now,
          attempts: 0,
          lease_owner: null,
          lease_until: null,
          fence: 0,
          error: null,
          created_at: now,
        })
        // Whoever has claimed the queued twin and not seen this change yet must not end it before this commits: the twin's row
        // is locked, and it stays due at the earlier of the two times, with the higher of the two priorities.
        .onConflict((conflict) =>
          conflict
            .columns(['tenant_id', 'dedupe_key'])
            .where(sql<boolean>`state = 'queued' and dedupe_key is not null`)
            .doUpdateSet((eb) => ({
              run_at: sql<string>`case when ${eb.ref('job.run_at')} <= ${eb.ref('excluded.run_at')} then ${eb.ref('job.run_at')} else ${eb.ref('excluded.run_at')} end`,
              priority: sql<number>`case when ${eb.ref('job.priority')} >= ${eb.ref('excluded.priority')} then ${eb.ref('job.priority')} else ${eb.ref('excluded.priority')} end`,
            })),
        )
        .execute();
    },
  };
}

/** The queue as workers see it, over all tenants. A finished job leaves no row: what it did is in the audit. */
export function createJobWork(database: Database): JobWork {
  const { dialect } = database;

  /** Writes where the job is still leased under this fence. */
  async function fenced(job: Job, set: Updateable<Schema['job']>): Promise<boolean> {
    return writeTransaction(database, async (tx) => {
      const { numUpdatedRows } = await tx.updateTable('job').set(set).where(mine(job)).executeTakeFirst();
      return numUpdatedRows === 1n;
    });
  }

  return {
    claim: ({ owner, at, leaseUntil, kinds }) =>
      writeTransaction(database, async (tx) => {
        const due = tx
          .selectFrom('job')
          .selectAll()
          .where('kind', 'in', [...kinds])
          .where((eb) =>
            eb.or([
              eb.and([eb('state', '=', 'queued'), eb('run_at', '<=', at)]),
              eb.and([eb('state', '=', 'leased'), eb('lease_until', '<=', at)]),
            ]),
          )
          // The work of a paused tenant waits.
          .where((eb) =>
            eb('tenant_id', 'in', eb.selectFrom('tenant').select('tenant.id').where('tenant.state', '=', 'active')),
          )
          .orderBy('priority', 'desc')
          .orderBy('run_at')
          .orderBy('id')
          .limit(1);
        const row = await takeFreeRows(dialect, due).executeTakeFirst();
        if (row === undefined) return null;
        const leased = { state: 'leased', lease_owner: owner, lease_until: leaseUntil };
        const counted = { attempts: row.attempts + 1, fence: row.fence + 1 };
        await tx
          .updateTable('job')
          .set({ ...leased, ...counted })
          .where('tenant_id', '=', row.tenant_id)
          .where('id', '=', row.id)
          .execute();
        return toJob({ ...row, ...counted });
      }),

    renew: (job, leaseUntil) => fenced(job, { lease_until: leaseUntil }),

    done: (job) =>
      writeTransaction(database, async (tx) => {
        const { numDeletedRows } = await tx.deleteFrom('job').where(mine(job)).executeTakeFirst();
        return numDeletedRows === 1n;
      }),

    again: (job, runAt, error) =>
      writeTransaction(database, async (tx) => {
        const own = await lockRows(dialect, tx.selectFrom('job').selectAll().where(mine(job))).executeTakeFirst();
        if (own === undefined) return false;
        const twin = await queuedTwin(tx, own);
        if (twin !== undefined) {
          // Somebody asked for the same work meanwhile: one of the two is enough, at the earlier of the two times.
          await tx.deleteFrom('job').where(mine(job)).execute();
          if (twin.run_at <= runAt) return true;
          await tx
            .updateTable('job')
            .set({ run_at: runAt })
            .where('tenant_id', '=', twin.tenant_id)
            .where('id', '=', twin.id)
            .execute();
          return true;
        }
        const free = {
          state: 'queued',
          ...(error === undefined ? { attempts: 0 } : {}),
          lease_owner: null,
          lease_until: null,
        };
        await tx
          .updateTable('job')
          .set({ ...free, run_at: runAt, error: error ?? null })
          .where(mine(job))
          .execute();
        return true;
      }),

    failed: (job, error) => fenced(job, { state: 'failed', error, lease_owner: null, lease_until: null }),

    releaseAll: () =>
      writeTransaction(database, async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable('job')
          .set({ lease_until: new Date(0).toISOString() })
          .where('state', '=', 'leased')
          .executeTakeFirst();
        return Number(numUpdatedRows);
      }),

    async pending() {
      const rows = await database.read
        .selectFrom('job')
        .select((eb) => ['state', eb.fn.countAll<number>().as('n')])
        .groupBy('state')
        .execute();
      return { queued: 0, leased: 0, failed: 0, ...Object.fromEntries(rows.map(({ state, n }) => [state, n])) };
    },
  };
}

/** The job while it is leased under the fence that it was claimed with. */
function mine(job: Job): (eb: ExpressionBuilder<Schema, 'job'>) => Expression<SqlBool> {
  return (eb) =>
    eb.and([
      eb('tenant_id', '=', job.tenantId),
      eb('id', '=', job.id),
      eb('fence', '=', job.fence),
      eb('state', '=', 'leased'),
    ]);
}

async function queuedTwin(
  tx: Kysely<Schema>,
  row: Selectable<Schema['job']>,
): Promise<Selectable<Schema['job']> | undefined> {
  if (row.dedupe_key === null) return undefined;
  return tx
    .selectFrom('job')
    .selectAll()
    .where('tenant_id', '=', row.tenant_id)
    .where('dedupe_key', '=', row.dedupe_key)
    .where('state', '=', 'queued')
    .executeTakeFirst();
}

function toJob(row: Selectable<Schema['job']>): Job {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    kind: row.kind as Job['kind'],
    payload: JSON.parse(row.payload) as Readonly<Record<string, unknown>>,
    attempts: row.attempts,
    fence: row.fence,
  };
}
