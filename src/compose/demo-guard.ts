import { DomainError } from '../core/errors.ts';
import type { Database } from '../storage/database.ts';
import { createStoreMeta } from '../storage/store-meta.ts';

const MARK = 'demo_simulator';

/** The simulator that a demo was started with. */
export interface DemoSimulator {
  readonly url: string;
  readonly instanceId: string;
}

/**
 * Demo data never reaches a real Drift: a store that was marked as a demo is opened only with the very simulator that it
 * was made for, and a store with any other data never becomes a demo. Throws DomainError `drift.demo_only`.
 */
export async function guardDemo(database: Database, driftUrl: string, demo: DemoSimulator | null): Promise<void> {
  const meta = createStoreMeta(database);
  const mark = await meta.get(MARK);
  if (demo === null) {
    if (mark === null) return;
    throw new DomainError(
      'drift.demo_only',
      'This store holds demo data and is never opened with a Drift of its own; set BRIDGE_DATA_DIR to another folder.',
    );
  }
  if (driftUrl !== demo.url)
    throw new DomainError('drift.demo_only', 'A demo talks to its own simulator and to nothing else.');
  if (mark === demo.instanceId) return;
  if (mark !== null) {
    throw new DomainError(
      'drift.demo_only',
      'This demo belongs to another simulator; delete its folder to begin anew.',
    );
  }
  // Every store has a tenant from its first start on.
  const used = await database.read.selectFrom('tenant').select('id').limit(1).executeTakeFirst();
  if (used !== undefined)
    throw new DomainError('drift.demo_only', 'This store holds data already; it cannot become a demo.');
  await meta.set(MARK, demo.instanceId);
}
