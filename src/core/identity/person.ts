import type { HrRecord } from './hr-record.ts';

/** What the identity provider last said of one of its users (RFC 7643 4.1, 4.3). */
export interface IdpStatement {
  /** SCIM resource id. */
  readonly recordId: string;
  readonly state: 'active' | 'inactive' | 'deleted';
  /** When `state` was accepted (ISO instant). */
  readonly since: string;
  readonly userName: string;
  readonly externalId?: string;
  readonly employeeNumber?: string;
  readonly displayName?: string;
  readonly given?: string;
  readonly family?: string;
  /** Primary first. */
  readonly emails: readonly string[];
  readonly phone?: string;
  readonly locale?: string;
  readonly title?: string;
  readonly department?: string;
  /** Display names of the groups that the user is a member of. */
  readonly groups: readonly string[];
}

/** What the HR feed last said of one worker. */
export interface HrStatement {
  readonly recordId: string;
  readonly feed: string;
  /** quarantined: the row is there but bad; it counts as present and the last good record stands. */
  readonly state: 'present' | 'vanished' | 'quarantined';
  readonly record: HrRecord;
  /** Consecutive complete files without the person, and when the first of them was accepted. */
  readonly missingFiles: number;
  readonly missingSince?: string;
  /** When the present state of employment was first accepted. */
  readonly since: string;
}

/** One human, with all that the sources say. At most one live statement a source in this release. */
export interface PersonState {
  readonly id: string;
  readonly idp?: IdpStatement;
  readonly hr?: HrStatement;
  /** More than one live user or row claims this person, or a row contradicts another: names the sources. */
  readonly duplicates: readonly string[];
}

export interface Link {
  readonly id: string;
  readonly personId: string;
  readonly accountId: string;
  readonly confidence: number;
  readonly rule: string;
  readonly pinned: boolean;
}

/** A person and an account that somebody said are not the same. */
export interface CannotLink {
  readonly personId: string;
  readonly accountId: string;
}

/** Proof that a Drift identity is gone for good: never create it again (Drift API notes 4.3). */
export interface Tombstone {
  readonly accountId: string;
  readonly personId?: string;
  /** Keyed hash of the folded userName, so that erasure and refusal go together. */
  readonly userNameHash: string;
  readonly at: string;
}
