import type { AttributeName, AttributeValues } from './attributes.ts';

/** A Drift agent seat: the SCIM user and the REST user of one id, merged (Drift API notes 2.1, 2.2, 4.4). */
export interface Account {
  /** The SCIM id as text, or the REST user id where SCIM does not show the user. */
  readonly id: string;
  /** Numeric id for `ownerId`, proven by the same e-mail in the REST view; absent = not proven. */
  readonly restId?: string;
  readonly values: AttributeValues;
  readonly active: boolean;
  readonly bot: boolean;
  /** Upper-cased SCIM roles as read (`OWNER`, `ADMIN`, `MEMBER`, `ROLE-IDS=[N]`, or unknown words as they are). */
  readonly roles: readonly string[];
  readonly views: { readonly scim: boolean; readonly rest: boolean };
  /** Facts on which the two views contradict each other: attribute names. */
  readonly disagreements: readonly string[];
  /** Values that only the REST view shows, where both are there. */
  readonly restOnly?: readonly AttributeName[];
}

/** The last state we wrote to an account and read back. */
export interface Baseline {
  readonly accountId: string;
  readonly values: AttributeValues;
  readonly at: string;
}

export interface OwnedCounts {
  readonly accounts: number;
  /** Contacts known to name the agent natively or by the declared carrier attribute. */
  readonly contacts: number;
  /** False where the organisation cannot list contacts: `contacts` is then only what is known. */
  readonly contactsListable: boolean;
  /** False where the organisation shows no accounts: `accounts` is then only what is known. Absent: true. */
  readonly accountsListable?: boolean;
}
