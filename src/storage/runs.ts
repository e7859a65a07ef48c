import type { Kysely, Selectable, Updateable } from 'kysely';
import type { AttributeEntry, Entry } from '../core/reconcile/entry.ts';
import type { Gate } from '../core/reconcile/plan.ts';
import type { Run, RunScope, RunStore, StoredEntry } from '../flows/run-port.ts';
import { contains } from './dialect.ts';
import type { Schema } from './schema.ts';
import { slices } from './slices.ts';

/** Nothing is to be done about an attribute with one of these verdicts. */
const SETTLED: readonly AttributeEntry['verdict'][] = ['in_sync', 'converged', 'unmanaged', 'not_comparable'];

export function createRunStore(db: Kysely<Schema>, tenantId: string): RunStore {
  const runs = () => db.selectFrom('run').selectAll().where('tenant_id', '=', tenantId);
  const entries = () => db.selectFrom('entry').selectAll().where('tenant_id', '=', tenantId);

  return {
    async create(run) {
      await db.insertInto('run').values(toRow(run)).execute();
    },

    async get(runId) {
      const row = await runs().where('id', '=', runId).executeTakeFirst();
      return row === undefined ? null : toRun(row);
    },

    async update(runId, patch) {
      const set = patchColumns(patch);
      if (Object.keys(set).length === 0) return;
      await db.updateTable('run').set(set).where('tenant_id', '=', tenantId).where('id', '=', runId).execute();
    },

    async list(after, limit) {
      const rows = await runs()
        .$if(after !== null, (query) => query.where('id', '<', after ?? ''))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(toRun);
    },

    async latest() {
      const row = await runs().orderBy('id', 'desc').limit(1).executeTakeFirst();
      return row === undefined ? null : toRun(row);
    },

    async takePlan(runId, planId) {
      const { numUpdatedRows } = await db
        .updateTable('run')
        .set({ plan_id: planId })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', runId)
        .where('plan_id', 'is', null)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    async addEntries(runId, added) {
      for (const slice of slices(added)) {
        await db
          .insertInto('entry')
          .values(slice.map((stored) => entryRow(runId, stored)))
          // A run that begins again after a crash writes the same entries once more.
          .onConflict((conflict) =>
            conflict.columns(['tenant_id', 'run_id', 'n']).doUpdateSet((eb) => ({
              situation: eb.ref('excluded.situation'),
              person_id: eb.ref('excluded.person_id'),
              account_id: eb.ref('excluded.account_id'),
              disposition: eb.ref('excluded.disposition'),
              attributes: eb.ref('excluded.attributes'),
              data: eb.ref('excluded.data'),
              changes: eb.ref('excluded.changes'),
            })),
          )
          .execute();
      }
    },

    async entries(runId, filter, after, limit) {
      const { situation, gate, attribute } = filter;
      const rows = await entries()
        .where('run_id', '=', runId)
        .where('n', '>', after)
        .$if(situation !== undefined, (query) => query.where('situation', '=', situation ?? ''))
        .$if(attribute !== undefined, (query) =>
          query.where((eb) => contains(eb.ref('attributes'), ` ${attribute ?? ''} `)),
        )
        .$if(gate !== undefined, (query) =>
          query.where((eb) =>
            eb.exists(
              eb
                .selectFrom('plan')
                .innerJoin('change', (join) =>
                  join.onRef('change.tenant_id', '=', 'plan.tenant_id').onRef('change.plan_id', '=', 'plan.id'),
                )
                .select('change.id')
                .where('plan.tenant_id', '=', tenantId)
                .where('plan.run_id', '=', runId)
                .where((inner) => contains(inner.ref('change.gates'), JSON.stringify(gate ?? '')))
                .where((inner) =>
                  inner.or([
                    inner('change.person_id', '=', inner.ref('entry.person_id')),
                    inner.and([
                      inner('change.person_id', 'is', null),
                      inner('change.account_id', '=', inner.ref('entry.account_id')),
                    ]),
                  ]),
                ),
            ),
          ),
        )
        .orderBy('n')
        .limit(limit)
        .execute();
      return rows.map(toEntry);
    },

    async latestEntry(personId) {
      const row = await entries()
        .where('person_id', '=', personId)
        .orderBy('run_id', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? null : { runId: row.run_id, entry: toEntry(row) };
    },
  };

  function toRow(run: Run): Selectable<Schema['run']> {
    return {
      tenant_id: tenantId,
      id: run.id,
      state: run.state,
      stage: run.stage,
      scope: JSON.stringify(run.scope),
      speculative: run.speculative ? 1 : 0,
      refresh: run.refresh ? 1 : 0,
      progress_done: run.progress.done,
      progress_total: run.progress.total,
      snapshot_id: run.snapshotId ?? null,
      plan_id: run.planId ?? null,
      situations: JSON.stringify(run.situations),
      population: run.population,
      gates: JSON.stringify(run.gates),
      calls: run.calls,
      minimum_calls: run.minimumCalls,
      error: run.error ?? null,
      requested_by: run.requestedBy,
      created_at: run.createdAt,
      started_at: run.startedAt ?? null,
      ended_at: run.endedAt ?? null,
    };
  }

  function entryRow(runId: string, { n, entry, changes }: StoredEntry): Selectable<Schema['entry']> {
    const open = entry.attributes.filter(({ verdict }) => !SETTLED.includes(verdict));
    return {
      tenant_id: tenantId,
      run_id: runId,
      n,
      situation: entry.situation,
      person_id: entry.personId ?? null,
      account_id: entry.accountId ?? null,
      disposition: entry.disposition,
      attributes: ` ${open.map(({ name }) => name).join(' ')} `,
      data: JSON.stringify(entry),
      changes: JSON.stringify(changes),
    };
  }
}

function patchColumns(patch: Partial<Omit<Run, 'id'>>): Updateable<Schema['run']> {
  const { scope, progress, situations, gates } = patch;
  return {
    ...(patch.state === undefined ? {} : { state: patch.state }),
    ...(patch.stage === undefined ? {} : { stage: patch.stage }),
    ...(scope === undefined ? {} : { scope: JSON.stringify(scope) }),
    ...(patch.speculative === undefined ? {} : { speculative: patch.speculative ? 1 : 0 }),
    ...(patch.refresh === undefined ? {} : { refresh: patch.refresh ? 1 : 0 }),
    ...(progress === undefined ? {} : { progress_done: progress.done, progress_total: progress.total }),
    ...(patch.snapshotId === undefined ? {} : { snapshot_id: patch.snapshotId }),
    ...(patch.planId === undefined ? {} : { plan_id: patch.planId }),
    ...(situations === undefined ? {} : { situations: JSON.stringify(situations) }),
    ...(patch.population === undefined ? {} : { population: patch.population }),
    ...(gates === undefined ? {} : { gates: JSON.stringify(gates) }),
    ...(patch.calls === undefined ? {} : { calls: patch.calls }),
    ...(patch.minimumCalls === undefined ? {} : { minimum_calls: patch.minimumCalls }),
    ...(patch.error === undefined ? {} : { error: patch.error }),
    ...(patch.requestedBy === undefined ? {} : { requested_by: patch.requestedBy }),
    ...(patch.createdAt === undefined ? {} : { created_at: patch.createdAt }),
    ...(patch.startedAt === undefined ? {} : { started_at: patch.startedAt }),
    ...(patch.endedAt === undefined ? {} : { ended_at: patch.endedAt }),
  };
}

function toRun(row: Selectable<Schema['run']>): Run {
  return {
    id: row.id,
    state: row.state as Run['state'],
    stage: row.stage,
    scope: JSON.parse(row.scope) as RunScope,
    speculative: row.speculative === 1,
    refresh: row.refresh === 1,
    progress: { done: row.progress_done, total: row.progress_total },
    ...(row.snapshot_id === null ? {} : { snapshotId: row.snapshot_id }),
    ...(row.plan_id === null ? {} : { planId: row.plan_id }),
    situations: JSON.parse(row.situations) as Run['situations'],
    population: row.population,
    gates: JSON.parse(row.gates) as Gate[],
    calls: row.calls,
    minimumCalls: row.minimum_calls,
    ...(row.error === null ? {} : { error: row.error }),
    requestedBy: row.requested_by,
    createdAt: row.created_at,
    ...(row.started_at === null ? {} : { startedAt: row.started_at }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
  };
}

function toEntry(row: Selectable<Schema['entry']>): StoredEntry {
  return { n: row.n, entry: JSON.parse(row.data) as Entry, changes: JSON.parse(row.changes) as string[] };
}
