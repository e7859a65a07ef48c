import type { ImportRecord } from '../import-port.ts';
import type { AuditEntry } from '../ports.ts';

/** Audit entry of an import: ids, counts and codes only. */
export function audited(by: string, kind: string, record: ImportRecord): AuditEntry {
  return {
    actor: by,
    kind,
    subject: record.id,
    data: {
      feed: record.feed,
      mode: record.mode,
      sha256: record.sha256,
      rows: record.counts,
      changes: record.changes,
      gates: record.gates.map((gate) => gate.code),
    },
  };
}
