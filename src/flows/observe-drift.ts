import type { DriftTarget } from './drift-port.ts';
import type { SnapshotInfo } from './account-port.ts';
import type { Clock, Crypto, Store } from './ports.ts';

export interface ObserveDrift {
  /** A whole observation of Drift, stored as one dated snapshot; throws, and stores nothing, when a part is missing. */
  observe(
    tenantId: string,
    drift: DriftTarget,
    progress: (done: number, total: number) => Promise<void>,
  ): Promise<SnapshotInfo>;
}

export function createObserveDrift(ports: {
  readonly store: Store;
  readonly clock: Clock;
  readonly crypto: Crypto;
}): ObserveDrift {
  return {
    async observe(tenantId, drift, progress) {
      const startedAt = ports.clock.now();
      drift.takeCallCount();
      await progress(0, 3);
      const accounts = await drift.listAccounts();
      await progress(1, 3);
      const companies = await drift.listCompanies();
      await progress(2, 3);
      const contacts = await drift.listContacts();
      const snapshot: SnapshotInfo = {
        id: ports.crypto.uuid(),
        startedAt,
        endedAt: ports.clock.now(),
        accounts: accounts.length,
        companies: companies.length,
        contacts: contacts === null ? null : contacts.length,
        calls: drift.takeCallCount(),
      };
      await ports.store.tenant(tenantId).write(async (tx) => {
        await tx.accounts.putSnapshot(snapshot, { accounts, companies, contacts });
      });
      await progress(3, 3);
      return snapshot;
    },
  };
}
