import type { HrRecord } from '../../core/identity/hr-record.ts';
import type { Policy } from '../../core/reconcile/policy.ts';
import type { ImportRecord } from '../import-port.ts';
import type { PersonKey } from '../people-port.ts';
import type { Aggregates, Clock, TenantStore } from '../ports.ts';
import { audited } from './audited.ts';

/** Rows accepted in one transaction: well under 20 ms on either database. */
const SLICE = 50;

/**
 * Takes over the rows of a file that was claimed. Differences only: a row equal to the last accepted one costs no write.
 * Each slice is one short transaction. May begin again after a crash, and be at work twice: every transaction makes sure
 * that the file is still being taken over, and the last one ends that. Answers the import as it then stands.
 */
export async function acceptRows(
  store: TenantStore,
  clock: Clock,
  policy: Policy,
  record: ImportRecord,
  by: string,
): Promise<ImportRecord> {
  const { accepting: state = 'accepted', ...kept } = record;
  const continues = (record.shape['continues'] ?? {}) as Readonly<Record<string, string>>;
  const seen = new Set<string>();
  let after = 0;
  for (;;) {
    const rows = await store.imports.rows(record.id, { after, limit: SLICE });
    const last = rows.at(-1);
    if (last === undefined) break;
    after = last.record;
    const keyed = rows.flatMap((row) => (row.key === undefined ? [] : [{ ...row, key: row.key }]));
    for (const row of keyed) seen.add(row.key);
    const known = await store.people.hrRows(
      record.feed,
      keyed.map((row) => row.key),
    );
    const at = clock.now();
    const changed = keyed.filter((row) => {
      const before = known.get(row.key);
      if (row.outcome === 'quarantined') return before !== undefined && before.state !== 'quarantined';
      if (row.hr === undefined) return false;
      return before?.rowHash !== row.rowHash || before?.state !== 'present' || before.missingFiles > 0;
    });
    if (changed.length === 0) continue;
    const ours = await store.write(async (tx) => {
      if (!(await tx.imports.update(record.id, {}, 'accepting'))) return false;
      for (const row of changed) {
        const before = known.get(row.key);
        const data = row.outcome === 'quarantined' ? before?.data : row.hr;
        if (data === undefined) continue;
        await tx.people.accept({
          source: `hr:${record.feed}`,
          recordKey: row.key,
          state: row.outcome === 'quarantined' ? 'quarantined' : 'present',
          data,
          rowHash: row.outcome === 'quarantined' ? (before?.rowHash ?? '') : (row.rowHash ?? ''),
          importId: record.id,
          ...(Object.hasOwn(continues, row.key) ? { continues: continues[row.key] ?? '' } : {}),
          keys: personKeys(data, policy),
          at,
        });
      }
      return true;
    });
    if (!ours) return ended(store, record);
  }
  const done: ImportRecord = { ...kept, state };
  const present = record.mode === 'full' ? await store.people.presentKeys(record.feed) : [];
  const missing = present.filter((key) => !seen.has(key));
  const ours = await store.write(async (tx) => finish(tx, done, missing, { by, at: clock.now() }));
  return ours ?? ended(store, record);
}

/** In force once and for all: one file counts once, however many were at work on it. */
async function finish(
  tx: Aggregates,
  file: ImportRecord,
  missing: readonly string[],
  { by, at }: { readonly by: string; readonly at: string },
): Promise<ImportRecord | null> {
  const acceptedAt = after(at, (await tx.imports.lastAccepted(file.feed))?.acceptedAt);
  const done: ImportRecord = { ...file, acceptedAt };
  if (!(await tx.imports.update(done.id, done, 'accepting'))) return null;
  await tx.people.markMissing(done.feed, missing, done.id, acceptedAt);
  await tx.audit.append(audited(by, `import.${done.state}`, done));
  return done;
}

/** Files of a feed stand in the order in which they came into force, also within a millisecond or after a clock was set back. */
function after(now: string, last: string | undefined): string {
  return last === undefined || last < now ? now : new Date(Date.parse(last) + 1).toISOString();
}

/** Somebody else has brought it to its end. */
async function ended(store: TenantStore, record: ImportRecord): Promise<ImportRecord> {
  return (await store.imports.get(record.id)) ?? record;
}

/** Employee id always; the work e-mail only where the tenant has proven that it owns the domain. */
function personKeys(record: HrRecord, policy: Policy): readonly PersonKey[] {
  const keys: PersonKey[] = [{ kind: 'employee', value: record.personKey.normalize('NFKC').toLowerCase() }];
  const email = record.workEmail?.toLowerCase();
  const domain = email?.slice(email.lastIndexOf('@') + 1);
  if (
    email !== undefined &&
    domain !== undefined &&
    policy.verifiedDomains.some((verified) => verified.toLowerCase() === domain)
  ) {
    keys.push({ kind: 'email', value: email });
  }
  return keys;
}
