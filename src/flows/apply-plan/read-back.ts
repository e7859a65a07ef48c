import type { TenantStore } from '../ports.ts';
import type { Work } from './work.ts';

/** Drift lists so many agents a page at the most (Drift API notes 4.5), and all of REST in one answer. */
const PAGE = 100;
export const READ_BACK: ReadonlySet<string> = new Set(['create', 'update', 'rename', 'role']);

/** Calls that a listing of all agents takes. */
export async function leastPages(store: TenantStore): Promise<number> {
  const snapshot = await store.accounts.latestSnapshot();
  return Math.max(1, Math.ceil((snapshot?.accounts ?? 0) / PAGE)) + 1;
}

/** The cheaper way to read back what this plan writes: a call for each change, or one listing for all. */
export async function readBackOf(store: TenantStore, planId: string): Promise<Work['readBack']> {
  const counts = await store.plans.counts(planId);
  const written = Object.entries(counts)
    .filter(([op]) => READ_BACK.has(op))
    .flatMap(([, states]) => ['approved', 'leased', 'unknown', 'done'].map((state) => states[state] ?? 0))
    .reduce((sum, n) => sum + n, 0);
  return written > (await leastPages(store)) + 1 ? 'list' : 'call';
}
