import type { Account } from '../core/identity/account.ts';
import type { AttributeValues } from '../core/identity/attributes.ts';

/** The answer of one Drift call. `unknown`: it may or may not have happened; it is read back, never repeated blind. */
export type Effect<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'refused'; readonly code: string; readonly status: number; readonly detail: string }
  | { readonly kind: 'unknown'; readonly code: string; readonly detail: string };

/** A company in Drift ("account" in its API): owned by exactly one agent (Drift API notes 2.5). */
export interface Company {
  readonly id: string;
  readonly ownerId?: string;
  readonly deleted: boolean;
}

/** A contact as far as ownership needs it (Drift API notes 3.1). Ids are 64-bit, kept as text. */
export interface OwnedContact {
  readonly id: string;
  readonly ownerId?: string;
}

export interface Capabilities {
  readonly scimPath: string;
  readonly scimEntitled: boolean;
  readonly contactsListable: boolean;
  readonly orgId?: string;
}

/** Why a deprovision may pass the firewall: the client asks for proof again before the call. */
export interface DeprovisionPermit {
  readonly changeId: string;
  readonly fence: number;
}

/** What flows need of Drift. Every read throws DomainError `drift.unreachable` when it cannot be answered in full. */
export interface DriftTarget {
  capabilities(): Promise<Capabilities>;
  /** Whole listing of agents, both views merged; complete or it throws. */
  listAccounts(): Promise<readonly Account[]>;
  listCompanies(): Promise<readonly Company[]>;
  /** Contacts with an owner we can see; null where the organisation cannot list them. */
  listContacts(): Promise<readonly OwnedContact[] | null>;
  /** Both views of one agent, or null when it is gone from both. */
  readAccount(accountId: string): Promise<Account | null>;
  /** Every agent with that userName in either view, re-checked on our side (filters may be ignored). */
  findAccounts(userName: string): Promise<readonly Account[]>;
  readCompany(companyId: string): Promise<Company | null>;
  readContact(contactId: string): Promise<OwnedContact | null>;
  createAccount(values: AttributeValues): Promise<Effect<Account>>;
  /** PUT of the whole known resource as just read, with `values` laid over it; always active, roles as read. */
  replaceAccount(accountId: string, values: AttributeValues): Promise<Effect<Account>>;
  setRole(accountId: string, role: string): Promise<Effect<Account>>;
  renameAccount(accountId: string, email: string): Promise<Effect<Account>>;
  removeAccount(accountId: string, permit: DeprovisionPermit): Promise<Effect<null>>;
  assignCompany(companyId: string, ownerRestId: string): Promise<Effect<Company>>;
  assignContact(contactId: string, ownerRestId: string): Promise<Effect<OwnedContact>>;
  /** Calls made since the counter was last taken. */
  takeCallCount(): number;
}
