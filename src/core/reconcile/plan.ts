import type { AttributeValues } from '../identity/attributes.ts';
import type { Candidate } from './entry.ts';

/** Order of application: links, creates, updates, renames, roles, handovers, then what nothing brings back. */
export const CHANGE_OPS = [
  'link',
  'create',
  'update',
  'rename',
  'role',
  'handover',
  'deprovision',
  // A privacy deletion of one e-mail, asked for as a direct operation (Drift API notes 2.8).
  'erase',
  'accept_drift',
] as const;

export type ChangeOp = (typeof CHANGE_OPS)[number];

export type Reversibility = 'reversible' | 'compensable' | 'irreversible';

export type GateCode =
  | 'empty_source'
  | 'row_shrink'
  | 'missing_from_feed'
  | 'deprovisions'
  | 'creates'
  | 'renames'
  | 'mass_attribute'
  | 'column_fingerprint'
  | 'contacts_touched'
  | 'privileged'
  | 'unit_vanished'
  | 'bad_rows'
  | 'incomplete_file'
  | 'unknown_status'
  | 'identifier_swap';

/** A rule that holds a class of changes; the message answers what tripped, who, what was committed, and how to go on. */
export interface Gate {
  readonly code: GateCode;
  readonly limit: number;
  readonly value: number;
  /** The population that the limit was computed from. */
  readonly of: number;
  readonly window: 'run' | '24h' | '7d' | 'file';
  /** Which class of changes it holds. */
  readonly op?: ChangeOp;
  readonly held: number;
  /** Person ids (or account ids) concerned, first 20. */
  readonly who: readonly string[];
  readonly committed: number;
  readonly notified: readonly string[];
  readonly how: string;
}

/** What was true of the target when the plan was made; re-read and compared before the call. */
export interface Expected {
  /** The account must exist (or must not), with this state hash of the values the plan looked at. */
  readonly exists: boolean;
  readonly hash?: string;
}

/** One item of a plan, before the store gives it an id and a state. Immutable; part of the plan's content hash. */
export interface DraftChange {
  readonly op: ChangeOp;
  readonly personId?: string;
  readonly accountId?: string;
  /** What is there now; for an erase the `email` that it is about. */
  readonly before: AttributeValues;
  /** The attributes after the change; for a handover `{}` (see `handover`). */
  readonly after: AttributeValues;
  readonly handover?: {
    readonly from: string;
    readonly to: string;
    readonly accounts: number;
    readonly contacts: number;
  };
  readonly expected: Expected;
  readonly reasons: readonly string[];
  readonly evidence: readonly Candidate[];
  readonly reversibility: Reversibility;
  readonly gates: readonly GateCode[];
  /** Drift calls that it needs, at the least. */
  readonly calls: number;
}

export type ChangeState =
  | 'planned'
  | 'held'
  | 'approved'
  | 'excluded'
  | 'leased'
  | 'done'
  | 'verified'
  | 'stale'
  | 'failed'
  | 'unknown'
  | 'skipped';

export type PlanState =
  'ready' | 'held' | 'approved' | 'applying' | 'paused' | 'done' | 'rejected' | 'expired' | 'cancelled';

export type RunState =
  | 'queued'
  | 'observing'
  | 'planning'
  | 'awaiting_approval'
  | 'applying'
  | 'verifying'
  | 'done'
  | 'partial'
  | 'failed'
  | 'cancelled';
