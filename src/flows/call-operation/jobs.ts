/** Three jobs of one kind: the lines of a batch, its answers to somebody's address, and what is too old. */
const PURGE_JOB = { kind: 'operation', dedupeKey: 'operations:purge', payload: { purge: true } } as const;

/** Inputs and answers, which hold what Drift knows of people, are kept so long. */
export const KEPT_DAYS = 7;
const DAY_MS = 86_400_000;

/** For when what was made then is too old. */
export function purgeJob(madeAt: string) {
  return { ...PURGE_JOB, runAt: new Date(Date.parse(madeAt) + KEPT_DAYS * DAY_MS).toISOString() };
}

export function operationJob(batchId: string, priority: number) {
  return { kind: 'operation', dedupeKey: `operation:${batchId}`, payload: { batchId }, priority } as const;
}

export function deliverJob(batchId: string) {
  return { kind: 'operation', dedupeKey: `operation:deliver:${batchId}`, payload: { deliver: batchId } } as const;
}
