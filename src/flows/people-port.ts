import type { HrRecord } from '../core/identity/hr-record.ts';
import type { CannotLink, IdpStatement, Link, PersonState, Tombstone } from '../core/identity/person.ts';

/** A key by which a record of another source is recognised as the same person. */
export interface PersonKey {
  readonly kind: 'employee' | 'email' | 'external' | 'user_name';
  /** Folded. An `email` key is given only for a verified domain. */
  readonly value: string;
}

export type StoredIdp = Omit<IdpStatement, 'recordId' | 'state' | 'since' | 'groups'>;

/** What a source says now; `since` moves only when `state` changes. */
export type Statement = {
  readonly recordKey: string;
  readonly keys: readonly PersonKey[];
  readonly at: string;
} & (
  | { readonly source: 'idp'; readonly state: IdpStatement['state']; readonly data: StoredIdp }
  | {
      readonly source: `hr:${string}`;
      readonly state: 'present' | 'quarantined';
      readonly data: HrRecord;
      readonly rowHash: string;
      readonly importId: string;
      /** Key of the row whose employment this one goes on with: a record that is new belongs to the person of that one. */
      readonly continues?: string;
    }
);

export interface HrRow {
  readonly recordKey: string;
  readonly personId: string;
  readonly state: 'present' | 'vanished' | 'quarantined';
  readonly rowHash: string;
  readonly data: HrRecord;
  readonly missingFiles: number;
}

export interface PersonDetail {
  readonly id: string;
  readonly createdAt: string;
  readonly state: PersonState;
  readonly links: readonly Link[];
}

export interface PeopleStore {
  /**
   * Stores the statement and finds its person: the record's own, else the one person with an equal key and no live
   * record of this source, else a new one. A record that came back (same userName, same employee) keeps its person.
   */
  accept(statement: Statement): Promise<{ readonly recordId: string; readonly personId: string }>;
  /** Rows of a feed by key, for the differences of an import. */
  hrRows(feed: string, keys: readonly string[]): Promise<ReadonlyMap<string, HrRow>>;
  /** Keys of a feed's rows that are present or quarantined. */
  presentKeys(feed: string): Promise<readonly string[]>;
  /** Marks rows that a complete file lacked (counts them) or, with 0, rows that are back. */
  markMissing(feed: string, keys: readonly string[], importId: string, at: string): Promise<void>;
  /** Every person with what all sources say; with `only`, those. */
  states(only?: readonly string[]): Promise<readonly PersonState[]>;
  person(personId: string): Promise<PersonDetail | null>;
  list(after: string | null, limit: number): Promise<readonly PersonDetail[]>;
  links(): Promise<readonly Link[]>;
  cannotLinks(): Promise<readonly CannotLink[]>;
  tombstones(): Promise<readonly Tombstone[]>;
  link(
    input: Omit<Link, 'id'> & { readonly evidence: unknown; readonly decidedBy: string; readonly at: string },
  ): Promise<string>;
  endLink(accountId: string, at: string): Promise<void>;
  addTombstone(tombstone: Tombstone & { readonly changeId: string }): Promise<void>;
}
