import type { ChangeState, RunState } from '../../core/reconcile/plan.ts';
import type { DriftTarget } from '../drift-port.ts';
import type { Clock, Crypto, TenantStore } from '../ports.ts';
import { verifyPlan } from './verify-plan.ts';

/** `left`: what keeps the plan from ending now, or the state in which its run ended. */
export interface Concluded {
  readonly left: 'unknown' | 'leased' | RunState;
  readonly runId: string;
  readonly calls: number;
}

/** Nothing can be claimed any more: verify what was done, and say where the plan and its run stand. */
export async function concludePlan(
  store: TenantStore,
  planId: string,
  drift: DriftTarget,
  clock: Clock,
  crypto: Crypto,
): Promise<Concluded> {
  const counts = await store.plans.counts(planId);
  const count = (...states: readonly ChangeState[]): number =>
    Object.values(counts).reduce((sum, of) => sum + states.reduce((n, state) => n + (of[state] ?? 0), 0), 0);
  const runId = (await store.plans.get(planId))?.runId ?? '';
  if (count('unknown') > 0) return { left: 'unknown', runId, calls: 0 };
  if (count('leased', 'approved') > 0) return { left: 'leased', runId, calls: 0 };
  await store.write((tx) => tx.runs.update(runId, { state: 'verifying', stage: 'verifying' }));
  drift.takeCallCount();
  const diverged = await verifyPlan(store, planId, drift, clock, crypto);
  const calls = drift.takeCallCount();
  const waiting = count('planned', 'held');
  const failed = diverged + count('stale', 'failed', 'skipped');
  const state: RunState = waiting > 0 ? 'awaiting_approval' : failed > 0 ? 'partial' : 'done';
  await store.write(async (tx) => {
    await tx.plans.setState(planId, waiting === 0 ? 'done' : count('planned') > 0 ? 'ready' : 'held');
    await tx.runs.update(runId, {
      state,
      stage: state === 'awaiting_approval' ? 'waiting for approval' : 'done',
      endedAt: clock.now(),
    });
    await tx.audit.append({ actor: 'system', kind: 'plan.applied', subject: planId, data: { state, waiting, failed } });
  });
  return { left: state, runId, calls };
}
