import { DomainError } from '../core/errors.ts';
import type { ApplyPlan } from '../flows/apply-plan.ts';
import type { DriftTarget } from '../flows/drift-port.ts';
import type { Job, JobHandler, JobResult } from '../flows/job-port.ts';
import type { MakePlan } from '../flows/make-plan.ts';
import type { ObserveDrift } from '../flows/observe-drift.ts';
import { applyPriority } from '../flows/plan-port.ts';
import type { Clock, Log, Store } from '../flows/ports.ts';
import type { Run } from '../flows/run-port.ts';

export interface Pipeline {
  readonly handlers: Readonly<Record<'run' | 'apply', JobHandler>>;
  /** A job that failed too often: its run says so, its plan pauses. */
  gaveUp(job: Job): Promise<void>;
  /** At start: plans with work left are taken up again, whatever became of their jobs. */
  resume(): Promise<void>;
}

/** The order of the flows, and the only place that knows it. */
export function createPipeline(ports: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly observeDrift: ObserveDrift;
  readonly makePlan: MakePlan;
  readonly applyPlan: ApplyPlan;
  /** Throws DomainError `drift.not_configured` where the tenant has no credentials. */
  readonly driftFor: (tenantId: string) => Promise<DriftTarget>;
}): Pipeline {
  const { store, clock } = ports;

  /** snapshot -> compare -> plan -> what policy approves by itself. Safe to begin again after a crash at any point. */
  async function run(job: Job): Promise<JobResult> {
    const runId = textOf(job.payload['runId']);
    const tenant = store.tenant(job.tenantId);
    const found = await tenant.runs.get(runId);
    if (found === null || found.planId !== undefined || found.state === 'cancelled') return { again: null };
    // Another worker may have planned the run meanwhile: then it is not this one's any more.
    const say = (patch: Partial<Run>): Promise<void> =>
      tenant.write(async (tx) => {
        if ((await tx.runs.get(runId))?.planId === undefined) await tx.runs.update(runId, patch);
      });
    try {
      await say({ state: 'observing', stage: 'observing Drift', startedAt: clock.now() });
      const fresh = found.refresh ? null : await tenant.accounts.latestSnapshot();
      const snapshot =
        fresh ??
        (await ports.observeDrift.observe(job.tenantId, await ports.driftFor(job.tenantId), async (done, total) => {
          await tenant.write((tx) => tx.runs.update(runId, { progress: { done, total } }));
        }));
      await say({
        state: 'planning',
        stage: 'comparing',
        snapshotId: snapshot.id,
        calls: fresh === null ? snapshot.calls : 0,
      });
      await ports.makePlan.plan(job.tenantId, runId);
    } catch (error) {
      // What the business expects fails the run and says why; anything else is a bug and is retried by the worker.
      if (!(error instanceof DomainError)) throw error;
      await say({
        state: 'failed',
        stage: 'failed',
        error: `${error.code}: ${error.message}`,
        endedAt: clock.now(),
      });
      ports.log('error', 'run.failed', { run: runId, code: error.code });
    }
    return { again: null };
  }

  async function apply(job: Job): Promise<JobResult> {
    return ports.applyPlan.apply(job.tenantId, textOf(job.payload['planId']), await ports.driftFor(job.tenantId));
  }

  async function gaveUp(job: Job): Promise<void> {
    const tenant = store.tenant(job.tenantId);
    const planId = textOf(job.payload['planId']);
    const runId = textOf(job.payload['runId']);
    await tenant.write(async (tx) => {
      if (job.kind === 'run') {
        const error = 'unexpected: the run failed again and again; see the log for its job.';
        await tx.runs.update(runId, { state: 'failed', stage: 'failed', error, endedAt: clock.now() });
      } else if (job.kind === 'apply') await tx.plans.setState(planId, ['applying'], 'paused');
      await tx.audit.append({ actor: 'system', kind: 'job.gave_up', subject: job.id, data: { kind: job.kind } });
    });
  }

  async function resume(): Promise<void> {
    for (const { id } of await store.tenants()) {
      const tenant = store.tenant(id);
      for (const plan of await tenant.plans.unfinished()) {
        if (plan.state !== 'applying') continue;
        const counts = await tenant.plans.counts(plan.id);
        await tenant.write((tx) =>
          tx.jobs.enqueue({
            kind: 'apply',
            dedupeKey: `apply:${plan.id}`,
            payload: { planId: plan.id },
            priority: applyPriority(counts),
          }),
        );
      }
    }
  }

  return { handlers: { run, apply }, gaveUp, resume };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
