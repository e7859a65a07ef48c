import type { JobKind } from './ports.ts';

export interface Job {
  readonly id: string;
  readonly tenantId: string;
  readonly kind: JobKind;
  readonly payload: Readonly<Record<string, unknown>>;
  /** How often it was claimed, this time included. */
  readonly attempts: number;
  readonly fence: number;
}

/** What became of a job: nothing left to do, or look again at an instant. */
export interface JobResult {
  readonly again: string | null;
}

export type JobHandler = (job: Job) => Promise<JobResult>;

/** The worker's side of the queue, over all tenants. Every write is fenced: a lost lease changes nothing. */
export interface JobWork {
  /** The queued job with the highest priority that is due, or one whose lease ran out. */
  claim(input: {
    readonly owner: string;
    readonly at: string;
    readonly leaseUntil: string;
    readonly kinds: readonly JobKind[];
  }): Promise<Job | null>;
  renew(job: Job, leaseUntil: string): Promise<boolean>;
  done(job: Job): Promise<boolean>;
  /** Back into the queue, due at `runAt`; without an error it was no failure, and the count of attempts begins anew. */
  again(job: Job, runAt: string, error?: string): Promise<boolean>;
  failed(job: Job, error: string): Promise<boolean>;
  /** A single process that just started owns every lease that an earlier one left behind. */
  releaseAll(): Promise<number>;
  pending(): Promise<Readonly<Record<string, number>>>;
}
