/** Counts of what was committed; kept by the only connection that writes. */
export interface Changes {
  /** A count that grows with every commit that changed one of the tables. */
  watch(tables: readonly string[]): () => number;
}

export interface ChangeCounter extends Changes {
  /** A statement that is no select has run: within a transaction it counts once that is committed. */
  wrote(table: string | undefined, inTransaction: boolean): void;
  ended(how: 'commit' | 'rollback'): void;
}

interface Watch {
  readonly tables: ReadonlySet<string>;
  count: number;
}

/** In the words that are used here; of any others it is not told what they change. */
const WRITES = /^\s*(?:insert\s+(?:or\s+\w+\s+)?into|update(?!\s+or\s)|delete\s+from)\s+("?)(\w+)\1(?=[\s(;]|$)/i;
const CHANGES_NOTHING = /^\s*(?:select|pragma|begin|explain|savepoint|release|rollback)\b/i;

/** What a statement changes: a table, perhaps any of them (undefined), or nothing (null). */
export function tableWritten(sql: string): string | undefined | null {
  return CHANGES_NOTHING.test(sql) ? null : WRITES.exec(sql)?.[2]?.toLowerCase();
}

export function createChangeCounter(): ChangeCounter {
  const watches: Watch[] = [];
  const pending = new Set<string | undefined>();

  function count(table: string | undefined): void {
    for (const watch of watches) if (table === undefined || watch.tables.has(table)) watch.count += 1;
  }

  return {
    watch(tables) {
      const watch: Watch = { tables: new Set(tables), count: 0 };
      watches.push(watch);
      return () => watch.count;
    },
    wrote(table, inTransaction) {
      if (inTransaction) pending.add(table);
      else count(table);
    },
    ended(how) {
      // Not before: who reads beside an open transaction sees what was there before it.
      if (how === 'commit') for (const table of pending) count(table);
      pending.clear();
    },
  };
}
