import type { Capabilities } from '../core/capabilities.ts';
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

/** What a hint about contacts led to. `hidden`: Drift does not show it to this token (CONTACT-2), which is not gone. */
export type RecalledContacts =
  | { readonly kind: 'seen'; readonly contacts: readonly OwnedContact[] }
  | { readonly kind: 'gone' }
  | { readonly kind: 'hidden' };

/** Why a deprovision may pass the firewall: the client asks for proof again before the call. */
export interface DeprovisionPermit {
  readonly changeId: string;
  readonly fence: number;
}

/** What flows need of Drift. Every read throws DomainError `drift.unreachable` when it cannot be answered in full. */
export interface DriftTarget {
  /** What the organisation can do, measured by harmless reads; never throws for what Drift answers. */
  probe(input: { readonly contactIds: readonly string[] }): Promise<Capabilities>;
  /** Whole listing of agents, both views merged; complete or it throws. */
  listAccounts(): Promise<readonly Account[]>;
  /** Live companies; null where the organisation has no accounts to show (paid plans only, Drift API notes 2.5). */
  listCompanies(): Promise<readonly Company[] | null>;
  /** Contacts with an owner we can see; null where the organisation cannot list them. */
  listContacts(): Promise<readonly OwnedContact[] | null>;
  /**
   * Both views of one agent, or null when it is gone from both. With `known`, as in the store or just answered: the SCIM view
   * alone, one call; what only REST shows is taken over from `known` while SCIM shows the same sign-in name. A `known` agent
   * that SCIM does not show any more comes back with `views.scim` false.
   */
  readAccount(accountId: string, known?: Account): Promise<Account | null>;
  /** Every seat with that userName, re-checked on our side (filters may be ignored); one call where there is none. */
  findAccounts(userName: string): Promise<readonly Account[]>;
  readCompany(companyId: string): Promise<Company | null>;
  readContact(contactId: string): Promise<OwnedContact | null>;
  /** What a hint names, read anew. */
  recallContacts(by: 'id' | 'email' | 'external_id', key: string): Promise<RecalledContacts>;
  createAccount(values: AttributeValues): Promise<Effect<Account>>;
  /** PUT of the whole known resource as just read, with `values` laid over it; always active, roles as read. */
  replaceAccount(accountId: string, values: AttributeValues, seen?: Account): Promise<Effect<Account>>;
  /** `seen`: what `readAccount` answered right before; the resource behind it is written on, without another read. */
  setRole(accountId: string, role: string, seen?: Account): Promise<Effect<Account>>;
  renameAccount(accountId: string, email: string, seen?: Account): Promise<Effect<Account>>;
  removeAccount(accountId: string, permit: DeprovisionPermit): Promise<Effect<null>>;
  /** Whether any agent has that address in either view: both lists are read whole. */
  hasAgent(email: string): Promise<boolean>;
  /** A privacy deletion of every contact, and every agent, with that e-mail (Drift API notes 2.8). */
  eraseContacts(email: string, permit: DeprovisionPermit): Promise<Effect<null>>;
  assignCompany(companyId: string, ownerRestId: string): Promise<Effect<Company>>;
  assignContact(contactId: string, ownerRestId: string): Promise<Effect<OwnedContact>>;
  /** Runs `work` with a target whose calls go before all others, with the same counter. */
  removal<T>(work: (first: DriftTarget) => Promise<T>): Promise<T>;
  /** Calls made since the counter was last taken. */
  takeCallCount(): number;
}
