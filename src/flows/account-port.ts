import type { Account, Baseline, OwnedCounts } from '../core/identity/account.ts';
import type { AttributeValues } from '../core/identity/attributes.ts';
import type { Company, OwnedContact } from './drift-port.ts';

export interface SnapshotInfo {
  readonly id: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly accounts: number;
  /** Null where the organisation shows none: what was known of them stays known. */
  readonly companies: number | null;
  /** Null where they cannot be listed: what was known of them stays known. */
  readonly contacts: number | null;
  /** Only a part that is complete can prove that something is not there. */
  readonly complete: { readonly accounts: boolean; readonly companies: boolean; readonly contacts: boolean };
  readonly calls: number;
}

/** What an observation saw; null: a part that could not be listed. */
export interface Seen {
  readonly accounts: readonly Account[];
  readonly companies: readonly Company[] | null;
  readonly contacts: readonly OwnedContact[] | null;
}

export interface AccountStore {
  /**
   * What was last observed, dated, in one transaction. A complete part replaces what was known of it; of any other part
   * nothing is marked absent.
   */
  putSnapshot(snapshot: SnapshotInfo, seen: Seen): Promise<void>;
  /** Contacts as re-read one by one, and those that are gone. */
  putContacts(snapshotId: string, seen: readonly OwnedContact[], gone: readonly string[]): Promise<void>;
  /** Ids of contacts that are known, in no special order. */
  knownContacts(limit: number): Promise<readonly string[]>;
  latestSnapshot(): Promise<SnapshotInfo | null>;
  snapshot(id: string): Promise<SnapshotInfo | null>;
  /** Accounts of the latest complete snapshot. */
  present(): Promise<readonly Account[]>;
  find(accountId: string): Promise<{
    readonly account: Account;
    readonly present: boolean;
    readonly baseline: AttributeValues | null;
  } | null>;
  baselines(): Promise<ReadonlyMap<string, Baseline>>;
  /** One account as just read back, and what is now its baseline. */
  putAccount(account: Account, baseline: AttributeValues | null, at: string): Promise<void>;
  /** What both sides agree on from now on, whoever wrote it; what was observed stays as it is. */
  putBaselines(baselines: readonly Baseline[]): Promise<void>;
  markAbsent(accountId: string, at: string): Promise<void>;
  owned(): Promise<ReadonlyMap<string, OwnedCounts>>;
  ownedOf(
    ownerRestId: string,
  ): Promise<{ readonly companies: readonly string[]; readonly contacts: readonly string[] }>;
  setCompanyOwner(companyId: string, ownerRestId: string): Promise<void>;
  setContactOwner(contactId: string, ownerRestId: string): Promise<void>;
}
