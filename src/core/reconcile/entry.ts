import type { AttributeName } from '../identity/attributes.ts';
import type { Situation } from './situation.ts';

/** D = desired now, B = what we last wrote and read back, A = actual now; see `compare.ts`. */
export type Verdict =
  'in_sync' | 'converged' | 'pending' | 'drift' | 'conflict' | 'unattributed' | 'not_comparable' | 'unmanaged';

export interface AttributeEntry {
  readonly name: AttributeName;
  readonly desired?: string;
  readonly baseline?: string;
  readonly actual?: string;
  readonly verdict: Verdict;
  /** Who changed it, in words: the source for pending, "outside change" for drift; absent when nothing differs. */
  readonly attribution?: string;
}

export type Disposition = 'none' | 'ready' | 'needs_approval' | 'held' | 'blocked' | 'suppressed' | 'not_due';

export interface Lifecycle {
  readonly expected: 'active' | 'inactive' | 'absent' | 'undecided';
  /** Since when, or from when (ISO instant). */
  readonly effective?: string;
  /** The rule that said so, in one sentence. */
  readonly rule: string;
  /** For a leaver: when grace ends and removal may be planned. */
  readonly dueAt?: string;
}

export interface Candidate {
  readonly accountId: string;
  readonly confidence: number;
  readonly rule: string;
  /** Contributions that add up to the confidence, for and against. */
  readonly evidence: readonly { readonly feature: string; readonly weight: number; readonly note: string }[];
}

/** One for every person in scope and every unlinked account; a linked account counts in its person's entry. */
export interface Entry {
  readonly situation: Situation;
  readonly flags: readonly string[];
  readonly personId?: string;
  readonly accountId?: string;
  readonly lifecycle: Lifecycle;
  readonly attributes: readonly AttributeEntry[];
  readonly candidates: readonly Candidate[];
  readonly disposition: Disposition;
  /** Sentences that say why, most telling first. No names or values of people: ids and codes only. */
  readonly reasons: readonly string[];
}
