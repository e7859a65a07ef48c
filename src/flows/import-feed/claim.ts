import type { ImportRecord } from '../import-port.ts';
import type { Aggregates, TenantStore } from '../ports.ts';
import { audited } from './audited.ts';

/**
 * One file of a feed at a time comes into force, and by a verdict on what is in force at that moment. Both are decided
 * here, in one transaction under the tenant's lock; `basis` is the file that was in force when the verdict was made.
 */
export type Claim =
  | { readonly kind: 'claimed' }
  /** Held or rejected: it has its verdict, and that is all. */
  | { readonly kind: 'judged' }
  /** These bytes are in force, or held, already. */
  | { readonly kind: 'same'; readonly record: ImportRecord }
  /** Another file is coming into force, or did: judge again. */
  | { readonly kind: 'again' }
  /** The import is not in the stage any more in which it was seen. */
  | { readonly kind: 'gone' };

export async function inForce(store: Aggregates, feed: string): Promise<string | null> {
  return (await store.imports.lastAccepted(feed))?.id ?? null;
}

/** Settles what becomes of a file that was read and judged; its rows are taken over afterwards where it is `claimed`. */
export function claimReceived(
  store: TenantStore,
  judged: ImportRecord,
  basis: string | null,
  by: string,
  isNews: (same: ImportRecord) => boolean,
): Promise<Claim> {
  return store.write(async (tx) => {
    if (!(await tx.imports.update(judged.id, {}, 'receiving'))) return { kind: 'gone' };
    if (await overtaken(tx, judged.feed, basis)) return { kind: 'again' };
    const same = await tx.imports.sameBytes(judged.feed, judged.sha256, judged.mode);
    if (same !== null && !isNews(same)) return { kind: 'same', record: same };
    if (judged.state === 'accepted') {
      await tx.imports.update(judged.id, { ...judged, accepting: 'accepted' });
      return { kind: 'claimed' };
    }
    await tx.imports.update(judged.id, judged);
    await tx.audit.append(audited(by, `import.${judged.state}`, judged));
    return { kind: 'judged' };
  });
}

/** Lets a held file begin to come into force. Who decided so is on record from here on, whatever becomes of us. */
export function claimHeld(
  store: TenantStore,
  judged: ImportRecord,
  basis: string | null,
  release: { readonly reason: string; readonly by: string },
): Promise<Claim> {
  return store.write(async (tx) => {
    if (!(await tx.imports.update(judged.id, {}, 'held'))) return { kind: 'gone' };
    if (await overtaken(tx, judged.feed, basis)) return { kind: 'again' };
    await tx.imports.update(judged.id, { ...judged, accepting: 'released', releaseReason: release.reason });
    await tx.audit.append(audited(release.by, 'import.releasing', judged));
    return { kind: 'claimed' };
  });
}

async function overtaken(tx: Aggregates, feed: string, basis: string | null): Promise<boolean> {
  const [busy] = await tx.imports.list(null, 1, { feed, stages: ['accepting'] });
  return busy !== undefined || (await inForce(tx, feed)) !== basis;
}
