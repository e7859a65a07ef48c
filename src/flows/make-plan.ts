import { DomainError } from '../core/errors.ts';
import { canonicalText } from '../core/reconcile/canonical.ts';
import { CHANGE_OPS, type DraftChange } from '../core/reconcile/plan.ts';
import { reconcile, type ReconcileResult } from '../core/reconcile/reconcile.ts';
import { loadWorld } from './world.ts';
import { type Approval, type Change, type Plan, plannedChanges } from './plan-port.ts';
import type { Clock, Crypto, Log, Store } from './ports.ts';
import type { Run, RunScope, StoredEntry } from './run-port.ts';

/** Entries written in one transaction. */
const SLICE = 200;
const HOUR = 3_600_000;

export interface MakePlan {
  /** Queues a run; the worker does it. */
  start(input: { tenantId: string; scope: RunScope; speculative: boolean; refresh: boolean; by: string }): Promise<Run>;
  /** Compares the stored snapshot with what the sources say; stores entries, plan and what policy approves by itself. */
  plan(tenantId: string, runId: string): Promise<{ readonly run: Run; readonly plan: Plan; readonly toApply: boolean }>;
}

export function createMakePlan(ports: {
  readonly store: Store;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly log: Log;
}): MakePlan {
  const { clock, crypto, log } = ports;

  async function start(input: Parameters<MakePlan['start']>[0]): Promise<Run> {
    const store = ports.store.tenant(input.tenantId);
    const run: Run = {
      id: crypto.uuid(),
      state: 'queued',
      stage: 'queued',
      scope: input.scope,
      speculative: input.speculative,
      refresh: input.refresh,
      progress: { done: 0, total: 0 },
      situations: {},
      population: 0,
      gates: [],
      calls: 0,
      minimumCalls: 0,
      requestedBy: input.by,
      createdAt: clock.now(),
    };
    await store.write(async (tx) => {
      await tx.runs.create(run);
      await tx.jobs.enqueue({ kind: 'run', dedupeKey: `run:${run.id}`, payload: { runId: run.id } });
      await tx.audit.append({
        actor: input.by,
        kind: 'run.requested',
        subject: run.id,
        data: { speculative: run.speculative },
      });
    });
    return run;
  }

  async function plan(tenantId: string, runId: string): ReturnType<MakePlan['plan']> {
    const store = ports.store.tenant(tenantId);
    const run = await store.runs.get(runId);
    if (run === null) throw new DomainError('not_found', 'No such run.');
    const now = clock.now();
    const only = run.scope === 'all' ? undefined : run.scope.people;
    const world = await loadWorld(store, crypto, now, only);
    const result = reconcile(world.input);
    const made = makeDocument(run, world, result, now);
    const byPerson = changesByPerson(made.changes);
    const entries: StoredEntry[] = result.entries.map((entry, index) => ({
      n: index + 1,
      entry,
      changes: byPerson.get(entry.personId ?? `account:${entry.accountId ?? ''}`) ?? [],
    }));
    for (let from = 0; from < result.agreed.length && !run.speculative; from += SLICE) {
      await store.write(async (tx) => tx.accounts.putBaselines(result.agreed.slice(from, from + SLICE)));
    }
    const auto = run.speculative
      ? []
      : made.changes.filter(
          (change) => change.state === 'planned' && world.input.policy.approval.auto.includes(change.op),
        );
    const left = made.changes.length - auto.length;
    const patch: Partial<Run> = {
      planId: made.plan.id,
      situations: result.situations,
      population: result.population,
      gates: result.gates,
      minimumCalls: run.calls,
      state: auto.length > 0 ? 'applying' : left > 0 && !run.speculative ? 'awaiting_approval' : 'done',
      stage: auto.length > 0 ? 'applying' : 'planned',
      ...(auto.length > 0 ? {} : { endedAt: clock.now() }),
    };
    await store.write(async (tx) => {
      // A worker that lost its lease may have planned the same run: the first plan stands.
      if (!(await tx.runs.takePlan(runId, made.plan.id)))
        throw new DomainError('conflict', 'The run has a plan already.');
      // With the plan that they are of, never before it: entries name its changes.
      await tx.runs.addEntries(runId, entries);
      await tx.plans.create(made.plan, made.changes);
      if (auto.length > 0) {
        const approval = byPolicy(made.plan, auto, now);
        await tx.plans.addApproval(approval);
        await tx.plans.moveChanges(made.plan.id, approval.changes, ['planned'], 'approved', now, approval.id);
        await tx.plans.setState(made.plan.id, ['ready', 'held'], 'applying');
        await tx.jobs.enqueue({ kind: 'apply', dedupeKey: `apply:${made.plan.id}`, payload: { planId: made.plan.id } });
      }
      await tx.runs.update(runId, patch);
      await tx.audit.append({
        actor: 'system',
        kind: 'plan.made',
        subject: made.plan.id,
        data: {
          run: runId,
          hash: made.plan.hash,
          changes: made.changes.length,
          gates: result.gates.map((gate) => gate.code),
        },
      });
    });
    log('info', 'plan.made', { run: runId, plan: made.plan.id, changes: made.changes.length, entries: entries.length });
    return { run: { ...run, ...patch }, plan: made.plan, toApply: auto.length > 0 };
  }

  function makeDocument(
    run: Run,
    world: { readonly policyVersion: number; readonly snapshotId: string | null },
    result: ReconcileResult,
    now: string,
  ): { readonly plan: Plan; readonly changes: readonly Change[] } {
    const drafts = inOrder(result.changes);
    const doc = canonicalText({
      kind: run.speculative ? 'speculative' : 'reconcile',
      runId: run.id,
      snapshotId: world.snapshotId,
      policyVersion: world.policyVersion,
      madeAt: now,
      changes: drafts,
    });
    const planId = crypto.uuid();
    const changes = plannedChanges({ planId, drafts, at: now, newId: () => crypto.uuid() });
    return {
      changes,
      plan: {
        id: planId,
        runId: run.id,
        kind: run.speculative ? 'speculative' : 'reconcile',
        hash: crypto.hash(doc),
        state: changes.length === 0 ? 'done' : changes.every((change) => change.state === 'held') ? 'held' : 'ready',
        summary: result.summary,
        doc,
        gates: result.gates,
        requestedBy: run.requestedBy,
        createdAt: now,
        expiresAt: new Date(Date.parse(now) + 24 * HOUR).toISOString(),
      },
    };
  }

  function byPolicy(plan: Plan, changes: readonly Change[], now: string): Approval {
    return {
      id: crypto.uuid(),
      planId: plan.id,
      hash: plan.hash,
      subject: 'policy',
      reason: 'approval.auto of the policy, held by no gate',
      overrides: [],
      changes: changes.map((change) => change.id),
      createdAt: now,
      expiresAt: plan.expiresAt,
      startedAt: now,
    };
  }

  return { start, plan };
}

/** Links first, deprovisions last; stable within a class. */
function inOrder(drafts: readonly DraftChange[]): readonly DraftChange[] {
  return CHANGE_OPS.flatMap((op) => drafts.filter((draft) => draft.op === op));
}

function changesByPerson(changes: readonly Change[]): ReadonlyMap<string, readonly string[]> {
  const byPerson = new Map<string, string[]>();
  for (const change of changes) {
    const key = change.draft.personId ?? `account:${change.draft.accountId ?? ''}`;
    byPerson.set(key, [...(byPerson.get(key) ?? []), change.id]);
  }
  return byPerson;
}
