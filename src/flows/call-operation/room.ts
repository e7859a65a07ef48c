import type { Store } from '../ports.ts';

/** Batches of lines, and single calls, of one tenant that may be unfinished at a time. */
const MOST_OPEN = { lines: 20, single: 100 } as const;
/** Bytes of inputs and answers that are kept of one tenant: two bodies of the largest size. */
const MOST_BYTES = 512 * 1024 * 1024;
/** Lines that one transaction empties. */
const SLICE = 500;
/**
 * Characters of JSON of one answer that is kept: among many always, of a single call once it was given; until then a single
 * one has whatever size Drift may answer.
 */
export const KEPT_ANSWER = 256 * 1024;

export interface RoomLimits {
  readonly open: { readonly lines: number; readonly single: number };
  readonly bytes: number;
}

export const ROOM: RoomLimits = { open: MOST_OPEN, bytes: MOST_BYTES };

/** More is asked for than a tenant may have at a time; the message says what to do. */
export class OverLimit extends Error {
  override readonly name = 'OverLimit';
}

/** Throws OverLimit where `open` are more than may be. */
export function checkOpen(open: number, kind: 'single' | 'lines', limits: RoomLimits): void {
  const most = limits.open[kind];
  if (open <= most) return;
  throw new OverLimit(
    `${String(most)} ${kind === 'lines' ? 'batches' : 'calls'} of this tenant are not finished yet: wait until one is, or cancel one (/api/v1/drift/batches lists them).`,
  );
}

/**
 * Makes room for so many bytes: what batches that have ended hold goes, the oldest first; which lines there were and what
 * became of them stays. False where what is not finished takes it all.
 */
export async function makeRoom(store: Store, tenantId: string, bytes: number, limits: RoomLimits): Promise<boolean> {
  const tenant = store.tenant(tenantId);
  while ((await tenant.operations.bytes()) + bytes > limits.bytes) {
    if (!(await tenant.write((tx) => tx.operations.empty(SLICE)))) return false;
  }
  return true;
}

/** Throws OverLimit where there is no room. */
export async function needRoom(store: Store, tenantId: string, bytes: number, limits: RoomLimits): Promise<void> {
  if (await makeRoom(store, tenantId, bytes, limits)) return;
  throw new OverLimit(
    `Inputs and answers that are not finished with take the ${String(limits.bytes)} bytes that are kept of a tenant: wait until a batch has ended, or cancel one.`,
  );
}
