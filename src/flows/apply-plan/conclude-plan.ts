import type { ChangeState, RunState } from '../../core/reconcile/plan.ts';
import type { DriftTarget } from '../drift-port.ts';
import type { Aggregates, Clock, Crypto, TenantStore } from '../ports.ts';
import { verifyPlan } from './verify-plan.ts';

/** `left`: what keeps the plan from ending now, or the state in which its run ended. */
export interface Concluded {
  readonly left: 'unknown' | 'leased' | RunState;
  readonly runId: string;
  readonly calls: number;
  /** Changes that were read back here. */
  readonly verified: number;
}

/** Nothing can be claimed any more: verify what was done, and say where the plan and its run stand. */
export async function concludePlan(
  store: TenantStore,
  planId: string,
  drift: DriftTarget,
  clock: Clock,
  crypto: Crypto,
): Promise<Concluded> {
  const { count } = await tally(store, planId);
  const runId = (await store.plans.get(planId))?.runId ?? '';
  if (count('unknown') > 0) return { left: 'unknown', runId, calls: 0, verified: 0 };
  if (count('leased', 'approved') > 0) return { left: 'leased', runId, calls: 0, verified: 0 };
  const begun = await store.write(async (tx) => {
    if (!(await tx.plans.setState(planId, ['applying'], 'applying'))) return false;
    await tx.runs.update(runId, { state: 'verifying', stage: 'verifying' });
    return true;
  });
  if (!begun) return { left: 'cancelled', runId, calls: 0, verified: 0 };
  drift.takeCallCount();
  const { diverged, verified } = await verifyPlan(store, planId, drift, clock, crypto);
  const calls = drift.takeCallCount();
  const left = await store.write(async (tx): Promise<Concluded['left']> => {
    // Holds the plan's row: whoever approves, cancels or pauses meanwhile was before this, or comes after it.
    if (!(await tx.plans.setState(planId, ['applying'], 'applying'))) return 'cancelled';
    const now = await tally(tx, planId);
    if (now.count('approved', 'leased', 'unknown') > 0) return 'leased';
    const waiting = now.count('planned', 'held');
    const failed = diverged + now.count('stale', 'failed', 'skipped');
    const state: RunState = waiting > 0 ? 'awaiting_approval' : failed > 0 ? 'partial' : 'done';
    await tx.plans.setState(planId, ['applying'], waiting === 0 ? 'done' : now.count('planned') > 0 ? 'ready' : 'held');
    await tx.runs.update(runId, {
      state,
      stage: state === 'awaiting_approval' ? 'waiting for approval' : 'done',
      endedAt: clock.now(),
    });
    await tx.audit.append({ actor: 'system', kind: 'plan.applied', subject: planId, data: { state, waiting, failed } });
    return state;
  });
  return { left, runId, calls, verified };
}

async function tally(
  at: Pick<Aggregates, 'plans'>,
  planId: string,
): Promise<{ readonly count: (...states: readonly ChangeState[]) => number }> {
  const counts = Object.values(await at.plans.counts(planId));
  return {
    count: (...states) => counts.reduce((sum, of) => sum + states.reduce((n, state) => n + (of[state] ?? 0), 0), 0),
  };
}
