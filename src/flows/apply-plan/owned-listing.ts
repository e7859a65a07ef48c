import type { Company, DriftTarget, OwnedContact } from '../drift-port.ts';
import type { Clock } from '../ports.ts';

/** What a listing of owners shows stays believed for so long, unless an owner was written meanwhile. */
const FRESH_MS = 2_000;

interface Listed {
  /** Null where the organisation shows none. */
  readonly companies: readonly Company[] | null;
  /** Null where the organisation cannot list them. */
  readonly contacts: readonly OwnedContact[] | null;
}

/** Whole listings of what is owned, shared by the changes of one pass: each would list the same pages again. */
export interface OwnedListing {
  list(drift: DriftTarget): Promise<Listed>;
  /** An owner is about to be written, or a removal is about to rest on it. */
  forget(): void;
}

export function createOwnedListing(clock: Clock): OwnedListing {
  let kept: { readonly listed: Listed; readonly from: number } | null = null;
  const now = (): number => Date.parse(clock.now());
  return {
    async list(drift) {
      const from = now();
      // A clock that was set back makes nothing fresh again.
      if (kept !== null && from >= kept.from && from - kept.from <= FRESH_MS) return kept.listed;
      const listed = { companies: await drift.listCompanies(), contacts: await drift.listContacts() };
      kept = { listed, from };
      return listed;
    },
    forget: () => {
      kept = null;
    },
  };
}
