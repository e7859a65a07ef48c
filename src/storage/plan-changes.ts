import type { Kysely, Selectable } from 'kysely';
import type { DraftChange, GateCode } from '../core/reconcile/plan.ts';
import type { Attempt, Change, ChangeOutcome, Override, PlanStore } from '../flows/plan-port.ts';
import { contains, type DialectName, takeFreeRows } from './dialect.ts';
import type { Schema } from './schema.ts';
import { lockTenant } from './tenant-lock.ts';

/** Beyond this an approval of a removal has lapsed, whatever the plan still waits for. */
const LONGEST_WAIT_MS = 7 * 24 * 3_600_000;

type ChangeWork = Pick<
  PlanStore,
  'claim' | 'renew' | 'checked' | 'finish' | 'intend' | 'settle' | 'attempts' | 'mayDeprovision' | 'mayErase'
>;

/** What the approval row keeps as one text. */
export interface ApprovalDoc {
  readonly reason: string;
  readonly overrides: readonly Override[];
  readonly changes: readonly string[];
}

/**
 * Changes under way. Every write names the fence that it was claimed with and does nothing under an older one, so that
 * whoever lost a lease without noticing can change nothing any more.
 */
export function createChangeWork(db: Kysely<Schema>, tenantId: string, dialect: DialectName): ChangeWork {
  /** A change that is still leased under this fence. */
  const held = (changeId: string, fence: number) =>
    db
      .updateTable('change')
      .where('tenant_id', '=', tenantId)
      .where('id', '=', changeId)
      .where('fence', '=', fence)
      .where('state', '=', 'leased');

  return {
    async claim(planId, { at, leaseUntil, unknownBefore }) {
      // One claim at a time in a tenant: two could otherwise lease two changes of one person.
      await lockTenant(db, tenantId, dialect);
      const query = db
        .selectFrom('change')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('plan_id', '=', planId)
        .where((eb) =>
          eb.or([
            eb('state', '=', 'approved'),
            eb.and([eb('state', '=', 'unknown'), eb('updated_at', '<=', unknownBefore)]),
            eb.and([eb('state', '=', 'leased'), eb('lease_until', '<=', at)]),
          ]),
        )
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom('plan')
              .select('plan.id')
              .where('plan.tenant_id', '=', tenantId)
              .where('plan.id', '=', planId)
              .where('plan.state', '=', 'applying'),
          ),
        )
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('change as other')
                .select('other.id')
                .where('other.tenant_id', '=', tenantId)
                .whereRef('other.id', '!=', 'change.id')
                .where((inner) =>
                  inner.or([
                    inner.and([inner('other.state', '=', 'leased'), inner('other.lease_until', '>', at)]),
                    // A create of another plan whose outcome is not known yet may still show up as a seat.
                    inner.and([
                      inner('change.op', '=', 'create'),
                      inner('other.op', '=', 'create'),
                      inner('other.state', 'in', ['leased', 'unknown']),
                      inner('other.updated_at', '>', unknownBefore),
                    ]),
                  ]),
                )
                .where((inner) =>
                  inner.or([
                    inner('other.person_id', '=', inner.ref('change.person_id')),
                    inner('other.account_id', '=', inner.ref('change.account_id')),
                  ]),
                ),
            ),
          ),
        )
        .orderBy('seq')
        .limit(1);
      const row = await takeFreeRows(dialect, query).executeTakeFirst();
      if (row === undefined) return null;
      const leased = { state: 'leased', fence: row.fence + 1, lease_until: leaseUntil, updated_at: at };
      await db
        .updateTable('change')
        .set({ ...leased, checked_fence: null })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', row.id)
        .execute();
      return { change: toChange({ ...row, ...leased }), from: row.state as Change['state'] };
    },

    async renew(changeId, fence, leaseUntil) {
      const { numUpdatedRows } = await held(changeId, fence).set({ lease_until: leaseUntil }).executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    async checked(changeId, fence) {
      const { numUpdatedRows } = await held(changeId, fence).set({ checked_fence: fence }).executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    async finish(changeId, fence, state, outcome, calls, at) {
      const { numUpdatedRows } = await held(changeId, fence)
        .set({ state, outcome: JSON.stringify(outcome), calls, lease_until: null, updated_at: at })
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    async intend(attempt) {
      // The update holds the row: nobody can claim the change between this check and the commit of the intent. A lease
      // that has run out is as good as lost, even while nobody else has asked for it.
      const { numUpdatedRows } = await held(attempt.changeId, attempt.fence)
        .set({ updated_at: attempt.intentAt })
        .where('lease_until', '>', attempt.intentAt)
        .executeTakeFirst();
      if (numUpdatedRows !== 1n) return false;
      await db
        .insertInto('attempt')
        .values({
          tenant_id: tenantId,
          id: attempt.id,
          change_id: attempt.changeId,
          step: attempt.step,
          fence: attempt.fence,
          intent_at: attempt.intentAt,
          outcome: attempt.outcome ?? null,
          finished_at: attempt.finishedAt ?? null,
        })
        .execute();
      return true;
    },

    async settle(attemptId, outcome, at) {
      await db
        .updateTable('attempt')
        .set({ outcome, finished_at: at })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', attemptId)
        .execute();
    },

    async attempts(changeId) {
      const rows = await db
        .selectFrom('attempt')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('change_id', '=', changeId)
        .orderBy('id')
        .execute();
      return rows.map(toAttempt);
    },

    async mayDeprovision({ changeId, fence, accountId, at }) {
      const row = await irreversible('deprovision', changeId, fence, at)
        .where('c.account_id', '=', accountId)
        .where((eb) => eb.not(eb.exists(receives(accountId))))
        .executeTakeFirst();
      return row !== undefined && approves(row.doc, changeId);
    },

    async mayErase({ changeId, fence, email, at }) {
      const row = await irreversible('erase', changeId, fence, at).executeTakeFirst();
      const meant = row === undefined ? undefined : (JSON.parse(row.draft) as DraftChange).before.email;
      return row !== undefined && meant === email && approves(row.doc, changeId);
    },
  };

  /** Handovers, of whatever plan, that are under way to this account: it owns more with every call of theirs. */
  function receives(accountId: string) {
    return db
      .selectFrom('change as h')
      .select('h.id')
      .where('h.tenant_id', '=', tenantId)
      .where('h.op', '=', 'handover')
      .where('h.state', 'in', ['leased', 'unknown'])
      .where((eb) => contains(eb.ref('h.draft'), `"to":${JSON.stringify(accountId)}`));
  }

  /** The change, while it is approved, started in time, leased and checked under this fence, in a plan that is being applied. */
  function irreversible(op: 'deprovision' | 'erase', changeId: string, fence: number, at: string) {
    return (
      db
        .selectFrom('change as c')
        .innerJoin('plan as p', (join) => join.onRef('p.tenant_id', '=', 'c.tenant_id').onRef('p.id', '=', 'c.plan_id'))
        .innerJoin('approval as a', (join) =>
          join
            .onRef('a.tenant_id', '=', 'c.tenant_id')
            .onRef('a.id', '=', 'c.approval_id')
            .onRef('a.plan_id', '=', 'p.id')
            .onRef('a.hash', '=', 'p.hash'),
        )
        .innerJoin('tenant as t', 't.id', 'c.tenant_id')
        .select(['a.doc', 'c.draft'])
        .where('c.tenant_id', '=', tenantId)
        .where('c.id', '=', changeId)
        .where('c.op', '=', op)
        .where('c.state', '=', 'leased')
        .where('c.fence', '=', fence)
        .where('c.checked_fence', '=', fence)
        .where('c.lease_until', '>', at)
        .where('p.kind', 'in', ['reconcile', 'operation'])
        .where('p.state', '=', 'applying')
        .where('t.state', '=', 'active')
        // Expiry bounds the start; what was started in time may wait for its own handover.
        .where('a.started_at', 'is not', null)
        .whereRef('a.started_at', '<', 'a.expires_at')
        .where('a.started_at', '>', new Date(Date.parse(at) - LONGEST_WAIT_MS).toISOString())
    );
  }
}

const approves = (doc: string, changeId: string): boolean =>
  (JSON.parse(doc) as ApprovalDoc).changes.includes(changeId);

function toAttempt(row: Selectable<Schema['attempt']>): Attempt {
  return {
    id: row.id,
    changeId: row.change_id,
    step: row.step,
    fence: row.fence,
    intentAt: row.intent_at,
    ...(row.outcome === null ? {} : { outcome: row.outcome as NonNullable<Attempt['outcome']> }),
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
  };
}

export function toChange(row: Selectable<Schema['change']>): Change {
  return {
    id: row.id,
    planId: row.plan_id,
    seq: row.seq,
    op: row.op as Change['op'],
    state: row.state as Change['state'],
    draft: JSON.parse(row.draft) as DraftChange,
    gates: JSON.parse(row.gates) as GateCode[],
    ...(row.approval_id === null ? {} : { approvalId: row.approval_id }),
    fence: row.fence,
    ...(row.lease_until === null ? {} : { leaseUntil: row.lease_until }),
    calls: row.calls,
    ...(row.outcome === null ? {} : { outcome: JSON.parse(row.outcome) as ChangeOutcome }),
    updatedAt: row.updated_at,
  };
}
