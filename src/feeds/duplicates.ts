import { hash } from 'node:crypto';

import type { ConflictingKey } from './feed.ts';

type Repetition = { readonly kind: 'identical' | 'different'; readonly first: number };

export interface KeyLedger {
  /** Enters a row under its key; undefined when the key is new. */
  enter(key: string, cells: readonly string[], record: number): Repetition | undefined;
  has(key: string): boolean;
  /** Another row stands for the key from now on. */
  move(key: string, cells: readonly string[], record: number): void;
  /** The record that stands for the key. */
  recordOf(key: string): number | undefined;
  inConflict(key: string): boolean;
  /** The row that was entered under the key contradicts another one in a different way than by its key. */
  contradict(key: string): void;
  conflicts(): readonly ConflictingKey[];
}

/** Keys for which there is room at first. */
const FIRST_ROOM = 1_024;

/**
 * Remembers of every key its first record and 48 bits of a digest of the cells: about 100 bytes a person, so that a
 * file of 1,000,000 rows still streams. Rows are yielded before a later one can contradict them; `conflicts` names the
 * keys whose first row must be taken back.
 */
export function createKeyLedger(): KeyLedger {
  /** Key -> place in the two arrays: a million small objects would weigh more than the keys. */
  const places = new Map<string, number>();
  let records = new Float64Array(FIRST_ROOM);
  let digests = new Float64Array(FIRST_ROOM);
  const conflicts = new Map<string, { firstRecord: number; rows: number }>();
  const contradicted = new Map<string, { firstRecord: number; rows: number }>();

  function add(key: string, record: number, digest: number): void {
    const place = places.size;
    if (place === records.length) {
      [records, digests] = [doubled(records), doubled(digests)];
    }
    records[place] = record;
    digests[place] = digest;
    places.set(key, place);
  }

  return {
    enter(key, cells, record) {
      const digest = digestOf(cells);
      const place = places.get(key);
      if (place === undefined) {
        add(key, record, digest);
        return undefined;
      }
      const first = records[place] ?? 0;
      const conflict = conflicts.get(key);
      if (conflict === undefined && digests[place] === digest) return { kind: 'identical', first };
      if (conflict === undefined) conflicts.set(key, { firstRecord: first, rows: 2 });
      else conflict.rows += 1;
      return { kind: 'different', first };
    },
    has: (key) => places.has(key),
    move(key, cells, record) {
      const place = places.get(key);
      if (place === undefined) return;
      records[place] = record;
      digests[place] = digestOf(cells);
    },
    recordOf(key) {
      const place = places.get(key);
      return place === undefined ? undefined : records[place];
    },
    inConflict: (key) => conflicts.has(key) || contradicted.has(key),
    contradict(key) {
      const place = places.get(key);
      if (place !== undefined) contradicted.set(key, { firstRecord: records[place] ?? 0, rows: 1 });
    },
    conflicts: () => [...new Map([...contradicted, ...conflicts])].map(([key, conflict]) => ({ key, ...conflict })),
  };
}

function doubled(numbers: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}

function digestOf(cells: readonly string[]): number {
  let text = '';
  for (const cell of cells) text += `${cell.trim()}\u001F`;
  return Number.parseInt(hash('sha256', text, 'hex').slice(0, 12), 16);
}
