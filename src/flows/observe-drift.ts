import { DomainError } from '../core/errors.ts';
import type { DriftTarget, OwnedContact } from './drift-port.ts';
import type { SnapshotInfo } from './account-port.ts';
import type { Mark } from './mark-port.ts';
import type { Clock, Crypto, Store } from './ports.ts';

/** What was marked is looked at again, so many at a time; the rest waits for the next observation. */
export const MARKS_AT_ONCE = 200;

export interface ObserveDrift {
  /**
   * An observation of Drift, stored as one dated snapshot. Agents are seen whole, or it throws and stores nothing; the
   * snapshot says whether companies and contacts could be listed.
   */
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
      const tenant = ports.store.tenant(tenantId);
      const startedAt = ports.clock.now();
      drift.takeCallCount();
      await progress(0, 3);
      // Before anything is read: what is marked meanwhile is not covered by what is read now.
      const marks = await tenant.marks.list(MARKS_AT_ONCE);
      const accounts = await drift.listAccounts();
      await progress(1, 3);
      const companies = await drift.listCompanies();
      await progress(2, 3);
      const contacts = await drift.listContacts();
      // A whole listing has everything that a mark could name.
      const recalled = contacts === null ? await recall(drift, marks) : { seen: [], gone: [], unanswered: [] };
      const snapshot: SnapshotInfo = {
        id: ports.crypto.uuid(),
        startedAt,
        endedAt: ports.clock.now(),
        accounts: accounts.length,
        companies: companies?.length ?? null,
        contacts: contacts?.length ?? null,
        complete: { accounts: true, companies: companies !== null, contacts: contacts !== null },
        calls: drift.takeCallCount(),
      };
      await tenant.write(async (tx) => {
        await tx.accounts.putSnapshot(snapshot, { accounts, companies, contacts });
        await tx.accounts.putContacts(snapshot.id, recalled.seen, recalled.gone);
        await tx.marks.remove(marks.map(({ seq }) => seq));
        await tx.marks.add(recalled.unanswered, startedAt);
      });
      await progress(3, 3);
      return snapshot;
    },
  };
}

interface Recalled {
  readonly seen: readonly OwnedContact[];
  readonly gone: readonly string[];
  /** Drift gave no answer: they line up again, behind the others. */
  readonly unanswered: readonly Mark[];
}

/** Agents are listed whole, and companies too wherever there are any: only contacts have to be looked up one by one. */
async function recall(drift: DriftTarget, marks: readonly Mark[]): Promise<Recalled> {
  const seen = new Map<string, OwnedContact>();
  const gone = new Set<string>();
  const unanswered: Mark[] = [];
  for (const { kind, by, key } of marks) {
    if (kind !== 'contact') continue;
    try {
      const found = await drift.recallContacts(by, key);
      if (found.kind === 'gone') gone.add(key);
      if (found.kind === 'seen') for (const contact of found.contacts) seen.set(contact.id, contact);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      unanswered.push({ kind, by, key });
    }
  }
  return { seen: [...seen.values()], gone: [...gone], unanswered };
}
