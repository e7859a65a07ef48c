import { hash } from 'node:crypto';

import type { ConflictingKey } from './feed.ts';

type Repetition = { readonly kind: 'identical' | 'different'; readonly first: number };

export interface KeyLedger {
  /** Enters a row under its key; undefined when the key is new. */
  enter(key: string, cells: readonly string[], record: number): Repetition | undefined;
  conflicts(): readonly ConflictingKey[];
}

/**
 * Remembers of every key its first record and 48 bits of a digest of the cells: about 150 bytes a person, so that a
 * file of 1,000,000 rows still streams. Rows are yielded before a later one can contradict them; `conflicts` names the
 * keys whose first row must be taken back.
 */
export function createKeyLedger(): KeyLedger {
  const entries = new Map<string, { readonly record: number; readonly digest: number }>();
  const conflicts = new Map<string, { firstRecord: number; rows: number }>();
  return {
    enter(key, cells, record) {
      const digest = digestOf(cells);
      const first = entries.get(key);
      if (first === undefined) {
        entries.set(key, { record, digest });
        return undefined;
      }
      const conflict = conflicts.get(key);
      if (conflict === undefined && first.digest === digest) return { kind: 'identical', first: first.record };
      if (conflict === undefined) conflicts.set(key, { firstRecord: first.record, rows: 2 });
      else conflict.rows += 1;
      return { kind: 'different', first: first.record };
    },
    conflicts: () => [...conflicts].map(([key, conflict]) => ({ key, ...conflict })),
  };
}

function digestOf(cells: readonly string[]): number {
  const text = cells.map((cell) => cell.trim()).join('\u001F');
  return Number.parseInt(hash('sha256', text, 'hex').slice(0, 12), 16);
}
