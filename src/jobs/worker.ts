import { DomainError } from '../core/errors.ts';
import type { Job, JobHandler, JobWork } from '../flows/job-port.ts';
import type { Clock, JobKind, Log } from '../flows/ports.ts';

const LEASE_MS = 10_000;
const POLL_MS = 200;
/** What passes by itself ends no job; it is tried again after so long. */
const MAY_PASS: ReadonlySet<string> = new Set(['drift.unreachable', 'drift.credential_dead', 'store.unavailable']);
const PASSING_MS = 15_000;
/** A job that failed this often with an unexpected error is given up, and shown. */
const MAX_ATTEMPTS = 20;

/**
 * Jobs of one lane are done one after the other: a run and an apply must not look at the same Drift at once, and whoever
 * waits for a single call must not wait for either.
 */
const LANES: readonly (readonly JobKind[])[] = [['run', 'apply'], ['operation'], ['event', 'probe']];

export interface Worker {
  start(): void;
  /** Looks for work at once instead of at the next poll. */
  wake(): void;
  /** Takes no new job and waits for the one in hand, so long at the most. */
  stop(graceMs: number): Promise<void>;
}

export function createWorker(ports: {
  readonly jobs: JobWork;
  /** Jobs of a kind without a handler are left to other workers. */
  readonly handlers: Readonly<Partial<Record<JobKind, JobHandler>>>;
  readonly clock: Clock;
  readonly log: Log;
  readonly owner: string;
  /** Told when a job is given up, so that nothing waits for it for ever. */
  readonly gaveUp: (job: Job) => Promise<void>;
}): Worker {
  const { jobs, handlers, clock, log, owner } = ports;
  let running = false;
  let current: Promise<unknown> | null = null;
  const sleepers = new Set<() => void>();
  const lanes = LANES.map((kinds) => kinds.filter((kind) => handlers[kind] !== undefined)).filter(
    ({ length }) => length > 0,
  );
  const after = (ms: number): string => new Date(Date.parse(clock.now()) + ms).toISOString();

  async function loop(kinds: readonly JobKind[]): Promise<void> {
    for (;;) {
      if (!running) return;
      const busy = await next(kinds).catch((error: unknown) => {
        log('error', 'worker.claim', { error: nameOf(error) });
        return false;
      });
      if (!busy) {
        await rest();
      }
    }
  }

  async function rest(): Promise<void> {
    let rouse = (): void => undefined;
    const roused = new Promise<void>((resolve) => (rouse = resolve));
    sleepers.add(rouse);
    await Promise.race([clock.sleep(POLL_MS), roused]);
    sleepers.delete(rouse);
  }

  async function next(kinds: readonly JobKind[]): Promise<boolean> {
    const job = await jobs.claim({ owner, at: clock.now(), leaseUntil: after(LEASE_MS), kinds });
    const handle = job === null ? undefined : handlers[job.kind];
    if (job === null || handle === undefined) return false;
    let held = true;
    const heartbeat = async (): Promise<void> => {
      for (;;) {
        await clock.sleep(LEASE_MS / 4);
        if (!held) return;
        await jobs.renew(job, after(LEASE_MS));
      }
    };
    heartbeat().catch((error: unknown) => log('warn', 'worker.renew', { job: job.id, error: nameOf(error) }));
    try {
      const { again } = await handle(job);
      await (again === null ? jobs.done(job) : jobs.again(job, again));
    } catch (error) {
      log('error', 'job.error', { job: job.id, kind: job.kind, attempts: job.attempts, error: nameOf(error) });
      const passes = error instanceof DomainError && MAY_PASS.has(error.code);
      if (passes) await jobs.again(job, after(PASSING_MS));
      else if (job.attempts >= MAX_ATTEMPTS) {
        await ports.gaveUp(job);
        await jobs.failed(job, nameOf(error));
      } else await jobs.again(job, after(Math.min(60_000, 250 * 2 ** job.attempts)), nameOf(error));
    } finally {
      held = false;
    }
    return true;
  }

  function wake(): void {
    for (const rouse of sleepers) rouse();
  }

  return {
    start() {
      if (running) return;
      running = true;
      current = Promise.all(lanes.map(loop));
    },
    wake,
    async stop(graceMs) {
      running = false;
      wake();
      if (current !== null) await Promise.race([current, clock.sleep(graceMs)]);
    },
  };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : 'unknown';
}
