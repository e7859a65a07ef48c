import { fold } from '../fold.ts';
import type { HrRecord } from '../identity/hr-record.ts';

/** Where somebody works: of these, a file is not expected to lose one from one day to the next. */
const UNITS = ['department', 'location', 'company'] as const;

export interface Unit {
  readonly key: string;
  /** As a person reads it. */
  readonly name: string;
}

/** The units that the rows of a file name. */
export interface UnitSet {
  enter(record: HrRecord): void;
  has(key: string): boolean;
}

export function unitsOf(record: HrRecord): readonly Unit[] {
  return UNITS.flatMap((field) => {
    const value = record[field];
    return value === undefined ? [] : [{ key: keyOf(field, value), name: `the ${field} "${value}"` }];
  });
}

/** Spellings are kept as they come, so that a million rows of a few units are folded a few times. */
export function createUnitSet(): UnitSet {
  const spellings = UNITS.map((field) => ({ field, known: new Set<string>() }));
  const keys = new Set<string>();
  return {
    enter(record) {
      for (const { field, known } of spellings) {
        const value = record[field];
        if (value === undefined || known.has(value)) continue;
        known.add(value);
        keys.add(keyOf(field, value));
      }
    },
    has: (key) => keys.has(key),
  };
}

function keyOf(field: string, value: string): string {
  return `${field}:${fold(value)}`;
}
