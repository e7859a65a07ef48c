import type { Account, Baseline, OwnedCounts } from '../core/identity/account.ts';
import type { AttributeValues } from '../core/identity/attributes.ts';
import type { Company, OwnedContact } from './drift-port.ts';

export interface SnapshotInfo {
  readonly id: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly accounts: number;
  readonly companies: number;
  readonly contacts: number | null;
  readonly calls: number;
}

export interface AccountStore {
  /** Replaces what was last observed by a complete observation: one transaction, dated. */
  putSnapshot(
    snapshot: SnapshotInfo,
    seen: {
      readonly accounts: readonly Account[];
      readonly companies: readonly Company[];
      readonly contacts: readonly OwnedContact[] | null;
    },
  ): Promise<void>;
  latestSnapshot(): Promise<SnapshotInfo | null>;
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
