import type { Entry } from '../core/reconcile/entry.ts';
import type { Gate, RunState } from '../core/reconcile/plan.ts';
import type { Situation } from '../core/reconcile/situation.ts';

export type RunScope = 'all' | { readonly people: readonly string[] };

export interface Run {
  readonly id: string;
  readonly state: RunState;
  /** What it is doing, in one or two words. */
  readonly stage: string;
  readonly scope: RunScope;
  /** Plans and reports; applies nothing, not even what policy would. */
  readonly speculative: boolean;
  /** Observe Drift anew; false compares with the latest stored snapshot. */
  readonly refresh: boolean;
  readonly progress: { readonly done: number; readonly total: number };
  readonly snapshotId?: string;
  readonly planId?: string;
  readonly situations: Readonly<Partial<Record<Situation, number>>>;
  readonly population: number;
  readonly gates: readonly Gate[];
  readonly calls: number;
  /** The fewest Drift calls that the same work could have taken. */
  readonly minimumCalls: number;
  /** Code and sentence of what failed the run. */
  readonly error?: string;
  readonly requestedBy: string;
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

export interface EntryFilter {
  readonly situation?: string;
  readonly gate?: string;
  readonly attribute?: string;
}

/** An entry with the change ids that came of it. */
export interface StoredEntry {
  readonly n: number;
  readonly entry: Entry;
  readonly changes: readonly string[];
}

export interface RunStore {
  create(run: Run): Promise<void>;
  get(runId: string): Promise<Run | null>;
  update(runId: string, patch: Partial<Omit<Run, 'id'>>): Promise<void>;
  list(after: string | null, limit: number): Promise<readonly Run[]>;
  latest(): Promise<Run | null>;
  /** Gives the run its one plan; false when it has one already. Holds the run's row until commit. */
  takePlan(runId: string, planId: string): Promise<boolean>;
  addEntries(runId: string, entries: readonly StoredEntry[]): Promise<void>;
  /** Ordered by `n`; `after` is the last n seen, 0 to begin. */
  entries(runId: string, filter: EntryFilter, after: number, limit: number): Promise<readonly StoredEntry[]>;
  /** Entry of a person in the latest run that looked at it. */
  latestEntry(personId: string): Promise<{ readonly runId: string; readonly entry: StoredEntry } | null>;
}
