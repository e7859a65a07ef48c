import type { Account, Baseline, OwnedCounts } from '../identity/account.ts';
import type { CannotLink, Link, PersonState, Tombstone } from '../identity/person.ts';
import type { Policy } from './policy.ts';

/** Whether a source may vote in this run, and why not. */
export interface SourceHealth {
  readonly source: string;
  readonly votes: boolean;
  readonly reason?: string;
}

/** Everything a run decides from: loaded in sets, nothing read later. */
export interface ReconcileInput {
  /** ISO instant. */
  readonly now: string;
  readonly policy: Policy;
  readonly persons: readonly PersonState[];
  /** All accounts of a complete snapshot of Drift. */
  readonly accounts: readonly Account[];
  readonly links: readonly Link[];
  readonly cannotLinks: readonly CannotLink[];
  readonly tombstones: readonly Tombstone[];
  readonly baselines: ReadonlyMap<string, Baseline>;
  /** By account id. */
  readonly owned: ReadonlyMap<string, OwnedCounts>;
  readonly sources: readonly SourceHealth[];
  /** True once an HR feed has had an accepted import: then a new seat needs HR and the IdP. */
  readonly hrFeed: boolean;
  /** Deprovisions that were applied in the rolling windows before now. */
  readonly deprovisioned: { readonly last24h: number; readonly last7d: number };
  /**
   * Ids of persons to look at; absent = all persons and all unlinked accounts. Whoever is given in `persons` still counts
   * for matching and for the limits of gates.
   */
  readonly only?: readonly string[];
  /** Keyed hash of a folded userName, for tombstones. */
  readonly userNameHash: (userName: string) => string;
  /** Content hash of canonical text, for preconditions. */
  readonly hash: (text: string) => string;
}
