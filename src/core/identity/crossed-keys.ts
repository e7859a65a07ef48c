import type { HrRecord } from './hr-record.ts';
import { nameKey, nameParts } from './names.ts';

/** Why a key no longer seems to stand for the person that it stood for. */
export interface CrossedKey {
  readonly key: string;
  readonly kind: 'swapped' | 'recycled';
  /** Full names, for the person who decides. */
  readonly was: string;
  readonly now: string;
}

/** A key whose row names somebody as nobody of that name had it before. */
export interface RenamedKey {
  readonly key: string;
  readonly was: string;
  readonly now: string;
  readonly recycled: boolean;
}

/**
 * What a row says of a known key, if it is another name than before. `recycled`: no part of the name is left, and the
 * hire date (or, where one is missing, the address) is another too; whoever marries or corrects a spelling keeps one.
 */
export function renamedKey(before: HrRecord, now: HrRecord): RenamedKey | null {
  const [was, is] = [fullName(before), fullName(now)];
  if (was === is || was === '' || is === '') return null;
  const [oldKey, newKey] = [nameKey(was), nameKey(is)];
  if (oldKey === newKey && oldKey !== undefined) return null;
  return { key: now.personKey, was, now: is, recycled: isSomebodyElse(before, now) };
}

function isSomebodyElse(before: HrRecord, now: HrRecord): boolean {
  const parts = new Set(allParts(before));
  if (allParts(now).some((part) => parts.has(part))) return false;
  if (before.workEmail !== undefined && before.workEmail.toLowerCase() === now.workEmail?.toLowerCase()) return false;
  if (before.start !== undefined && now.start !== undefined) return before.start !== now.start;
  return before.workEmail !== undefined && now.workEmail !== undefined;
}

/**
 * Keys that are crossed, out of all whose name changed in one file: those that were given to somebody else, and those
 * that took the name of another key which changed its name in the same file (two people exchanged, or a shifted column).
 */
export function crossedKeys(renamed: readonly RenamedKey[]): readonly CrossedKey[] {
  const earlier = Map.groupBy(renamed, ({ was }) => nameKey(was) ?? was.toLowerCase());
  return renamed.flatMap(({ key, was, now, recycled }) => {
    const owners = earlier.get(nameKey(now) ?? now.toLowerCase()) ?? [];
    const swapped = owners.some((owner) => owner.key !== key);
    return swapped || recycled ? [{ key, was, now, kind: swapped ? 'swapped' : 'recycled' } as const] : [];
  });
}

/** Given and family name, or the display name, as it is written. */
export function fullName({ given, family, display }: HrRecord): string {
  const name = [given, family].filter((part) => part !== undefined).join(' ');
  return name === '' ? (display ?? '') : name;
}

function allParts({ given, family, preferred, display }: HrRecord): readonly string[] {
  return [given, family, preferred, display].flatMap((name) => (name === undefined ? [] : nameParts(name)));
}
