/** A row whose manager cannot be what the row says. */
export interface ManagerFault {
  readonly record: number;
  readonly managerKey: string;
  readonly code: 'manager_not_found' | 'manager_self' | 'manager_cycle';
}

/**
 * Who reports to whom in one file, by employee id, looked at as a whole once all rows are known: a manager may stand below
 * those who report to them. Numbers instead of names: a million rows take some 100 bytes each.
 */
export interface ManagerGraph {
  /**
   * `record` 0: not in the file, but known from the files before it. Of several rows of a key the last one that names a
   * manager counts.
   */
  enter(key: string, managerKey: string | undefined, record: number): void;
  /** Whether the file has a row of the key. */
  has(key: string): boolean;
  /** Managers that nothing was entered of. */
  strangers(): readonly string[];
  /** In the order of the records. */
  faults(): readonly ManagerFault[];
}

const NOBODY = -1;

export function createManagerGraph(): ManagerGraph {
  const ids = new Map<string, number>();
  const keys: string[] = [];
  const managers: number[] = [];
  /** Record of the row; 0 = known from before; NOBODY = only named as a manager. */
  const records: number[] = [];

  function idOf(key: string): number {
    const known = ids.get(key);
    if (known !== undefined) return known;
    const id = keys.push(key) - 1;
    ids.set(key, id);
    managers.push(NOBODY);
    records.push(NOBODY);
    return id;
  }

  /** Everybody on a cycle. Each has one manager at most, so a walk upwards ends, or meets itself. */
  function onCycles(): ReadonlySet<number> {
    const found = new Set<number>();
    /** The walk that came by, from 1; 0 = none yet. */
    const walks = new Uint32Array(keys.length);
    for (let start = 0; start < keys.length; start += 1) {
      let at = start;
      while (at !== NOBODY && walks[at] === 0) {
        walks[at] = start + 1;
        at = managers[at] ?? NOBODY;
      }
      if (at === NOBODY || walks[at] !== start + 1) continue;
      for (let next = at; !found.has(next); next = managers[next] ?? NOBODY) found.add(next);
    }
    return found;
  }

  return {
    enter(key, managerKey, record) {
      const id = idOf(key);
      if ((records[id] ?? NOBODY) > 0 && (managerKey === undefined || record === 0)) return;
      records[id] = record;
      managers[id] = managerKey === undefined ? NOBODY : idOf(managerKey);
    },
    has: (key) => (records[ids.get(key) ?? NOBODY] ?? NOBODY) > 0,
    strangers: () => keys.filter((_, id) => records[id] === NOBODY),
    faults() {
      const cycles = onCycles();
      const faults: ManagerFault[] = [];
      for (const [id, record] of records.entries()) {
        const manager = managers[id] ?? NOBODY;
        if (record <= 0 || manager === NOBODY) continue;
        const managerKey = keys[manager] ?? '';
        if (manager === id) faults.push({ record, managerKey, code: 'manager_self' });
        else if (records[manager] === NOBODY) faults.push({ record, managerKey, code: 'manager_not_found' });
        else if (cycles.has(id)) faults.push({ record, managerKey, code: 'manager_cycle' });
      }
      return faults.sort((one, other) => one.record - other.record);
    },
  };
}
