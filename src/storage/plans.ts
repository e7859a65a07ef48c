import type { Kysely, Selectable } from 'kysely';
import type { DraftChange, Gate } from '../core/reconcile/plan.ts';
import type { Approval, Change, Plan, PlanStore } from '../flows/plan-port.ts';
import { type DialectName, contains, isOneOf } from './dialect.ts';
import { type ApprovalDoc, createChangeWork, toChange } from './plan-changes.ts';
import type { Schema } from './schema.ts';
import { slices } from './slices.ts';

/** Plans, their changes and approvals; what a worker does with a change is in `plan-changes.ts`. */
export function createPlanStore(db: Kysely<Schema>, tenantId: string, dialect: DialectName): PlanStore {
  const plans = () => db.selectFrom('plan').selectAll().where('tenant_id', '=', tenantId);
  const changes = () => db.selectFrom('change').selectAll().where('tenant_id', '=', tenantId);

  return {
    ...createChangeWork(db, tenantId, dialect),

    async create(plan, made) {
      await db.insertInto('plan').values(planRow(plan)).execute();
      for (const slice of slices(made)) {
        await db.insertInto('change').values(slice.map(changeRow)).execute();
      }
    },

    async get(planId) {
      const row = await plans().where('id', '=', planId).executeTakeFirst();
      return row === undefined ? null : toPlan(row);
    },

    async list(after, limit) {
      const rows = await plans()
        .$if(after !== null, (query) => query.where('id', '<', after ?? ''))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(toPlan);
    },

    async setState(planId, from, to) {
      const { numUpdatedRows } = await db
        .updateTable('plan')
        .set({ state: to })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', planId)
        .where('state', 'in', [...from])
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    async startApprovals(planId, at) {
      const approvals = () =>
        db.selectFrom('approval').select('id').where('tenant_id', '=', tenantId).where('plan_id', '=', planId);
      await db
        .updateTable('approval')
        .set({ started_at: at })
        .where('tenant_id', '=', tenantId)
        .where('plan_id', '=', planId)
        .where('started_at', 'is', null)
        .where('expires_at', '>', at)
        .execute();
      const expired = { code: 'skipped.expired', detail: 'The approval expired before the plan was started.' };
      await db
        .updateTable('change')
        .set({ state: 'skipped', outcome: JSON.stringify(expired), updated_at: at })
        .where('tenant_id', '=', tenantId)
        .where('plan_id', '=', planId)
        .where('state', '=', 'approved')
        .where('approval_id', 'in', approvals().where('started_at', 'is', null))
        .execute();
    },

    async changes(planId, query) {
      const { op, state, gate } = query;
      const rows = await changes()
        .where('plan_id', '=', planId)
        .where('seq', '>', query.after)
        .$if(op !== undefined, (select) => select.where('op', '=', op ?? ''))
        .$if(state !== undefined, (select) => select.where('state', '=', state ?? ''))
        .$if(gate !== undefined, (select) =>
          select.where((eb) => contains(eb.ref('gates'), JSON.stringify(gate ?? ''))),
        )
        .orderBy('seq')
        .limit(query.limit)
        .execute();
      return rows.map(toChange);
    },

    async change(changeId) {
      const row = await changes().where('id', '=', changeId).executeTakeFirst();
      return row === undefined ? null : toChange(row);
    },

    async counts(planId) {
      const rows = await db
        .selectFrom('change')
        .select((eb) => ['op', 'state', eb.fn.countAll<number>().as('n')])
        .where('tenant_id', '=', tenantId)
        .where('plan_id', '=', planId)
        .groupBy(['op', 'state'])
        // In the order in which the plan applies them.
        .orderBy((eb) => eb.fn.min('seq'))
        .orderBy('state')
        .execute();
      const counts: Record<string, Record<string, number>> = {};
      for (const { op, state, n } of rows) counts[op] = { ...counts[op], [state]: n };
      return counts;
    },

    async addApproval(approval) {
      const { reason, overrides, changes: ids } = approval;
      await db
        .insertInto('approval')
        .values({
          tenant_id: tenantId,
          id: approval.id,
          plan_id: approval.planId,
          hash: approval.hash,
          subject: approval.subject,
          doc: JSON.stringify({ reason, overrides, changes: ids } satisfies ApprovalDoc),
          created_at: approval.createdAt,
          expires_at: approval.expiresAt,
          started_at: approval.startedAt ?? null,
        })
        .execute();
    },

    async approvals(planId) {
      const rows = await db
        .selectFrom('approval')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('plan_id', '=', planId)
        .orderBy('id')
        .execute();
      return rows.map(toApproval);
    },

    async moveChanges(planId, ids, from, to, at, approvalId) {
      const rows = await db
        .updateTable('change')
        .set({ state: to, updated_at: at, ...(approvalId === undefined ? {} : { approval_id: approvalId }) })
        .where('tenant_id', '=', tenantId)
        .where('plan_id', '=', planId)
        .where((eb) => isOneOf(dialect, eb.ref('id'), ids))
        .where('state', 'in', [...from])
        .returning('id')
        .execute();
      const moved = new Set(rows.map(({ id }) => id));
      return ids.filter((id) => moved.has(id));
    },

    async erasedSince(at) {
      const rows = await db
        .selectFrom('change')
        .select('draft')
        .where('tenant_id', '=', tenantId)
        .where('op', '=', 'erase')
        .where('state', 'in', ['leased', 'unknown', 'done', 'verified', 'failed'])
        .where('updated_at', '>=', at)
        .execute();
      return rows.flatMap(({ draft }) => (JSON.parse(draft) as DraftChange).before.email ?? []);
    },

    async deprovisionedSince(at) {
      const row = await db
        .selectFrom('change')
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .where('tenant_id', '=', tenantId)
        .where('op', '=', 'deprovision')
        .where('state', 'in', ['done', 'verified'])
        .where('updated_at', '>=', at)
        .executeTakeFirst();
      return row?.n ?? 0;
    },

    async unfinished() {
      const rows = await plans().where('state', 'in', ['approved', 'applying']).orderBy('id').execute();
      return rows.map(toPlan);
    },
  };

  function planRow(plan: Plan): Selectable<Schema['plan']> {
    return {
      tenant_id: tenantId,
      id: plan.id,
      run_id: plan.runId,
      kind: plan.kind,
      hash: plan.hash,
      state: plan.state,
      summary: plan.summary,
      doc: plan.doc,
      gates: JSON.stringify(plan.gates),
      requested_by: plan.requestedBy,
      created_at: plan.createdAt,
      expires_at: plan.expiresAt,
    };
  }

  function changeRow(change: Change): Selectable<Schema['change']> {
    return {
      tenant_id: tenantId,
      id: change.id,
      plan_id: change.planId,
      seq: change.seq,
      op: change.op,
      state: change.state,
      person_id: change.draft.personId ?? null,
      account_id: change.draft.accountId ?? null,
      draft: JSON.stringify(change.draft),
      gates: JSON.stringify(change.gates),
      approval_id: change.approvalId ?? null,
      fence: change.fence,
      lease_until: change.leaseUntil ?? null,
      checked_fence: null,
      calls: change.calls,
      outcome: change.outcome === undefined ? null : JSON.stringify(change.outcome),
      updated_at: change.updatedAt,
    };
  }
}

function toPlan(row: Selectable<Schema['plan']>): Plan {
  return {
    id: row.id,
    runId: row.run_id,
    kind: row.kind as Plan['kind'],
    hash: row.hash,
    state: row.state as Plan['state'],
    summary: row.summary,
    doc: row.doc,
    gates: JSON.parse(row.gates) as Gate[],
    requestedBy: row.requested_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

function toApproval(row: Selectable<Schema['approval']>): Approval {
  return {
    ...(JSON.parse(row.doc) as ApprovalDoc),
    id: row.id,
    planId: row.plan_id,
    hash: row.hash,
    subject: row.subject,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    ...(row.started_at === null ? {} : { startedAt: row.started_at }),
  };
}
