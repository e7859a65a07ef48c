import type { RenamedKey } from '../../core/identity/crossed-keys.ts';
import type { HrRecord } from '../../core/identity/hr-record.ts';
import { type ManagerGraph, createManagerGraph } from '../../core/identity/manager-graph.ts';
import { type FillCounter, createFillCounter } from '../../core/reconcile/file-fingerprint.ts';
import { type UnitSet, createUnitSet } from '../../core/reconcile/file-units.ts';
import type { FeedEnd } from '../feed-port.ts';
import type { ImportChanges, ImportCounts } from '../import-port.ts';

/** What was counted while a file was read. */
export interface Tally {
  readonly counts: Record<keyof ImportCounts, number>;
  readonly changes: Record<keyof ImportChanges, number>;
  active: number;
  unknownStatus: number;
  /** Keys of the file, and who reports to whom. */
  readonly graph: ManagerGraph;
  /** The last keys in the order of the file, the very last first. */
  readonly tail: string[];
  readonly fill: FillCounter;
  readonly units: UnitSet;
  /** Good rows of known keys, those with another name than before, and the first of them. */
  known: number;
  renamings: number;
  readonly renamed: RenamedKey[];
  /** The first rows of new keys who work here, and of known ones whose employment is over now. */
  readonly joining: HrRecord[];
  readonly leaving: HrRecord[];
}

export function createTally(): Tally {
  return {
    counts: { read: 0, accepted: 0, warned: 0, quarantined: 0, rejected: 0, skipped: 0 },
    changes: { joiners: 0, movers: 0, leavers: 0, vanished: 0 },
    active: 0,
    unknownStatus: 0,
    graph: createManagerGraph(),
    tail: [],
    fill: createFillCounter(),
    units: createUnitSet(),
    known: 0,
    renamings: 0,
    renamed: [],
    joining: [],
    leaving: [],
  };
}

/** What reading a file to its end gave. */
export interface Found {
  readonly end: FeedEnd;
  readonly tally: Tally;
  /** ISO instant that the file speaks of, as far as it is known. */
  readonly asOf: string | undefined;
}
