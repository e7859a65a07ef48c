import type { HrRecord } from './hr-record.ts';
import { nameParts } from './names.ts';

/** Days between two employments of one person: after a longer break an equal address may be somebody else's by now. */
const GAP_DAYS = 90;
const DAY = 86_400_000;

/**
 * New keys that go on with the employment of an old one, as new key -> old key: a contractor who was hired, or somebody
 * who was hired again under another number. Only where the old one is over in the same file, the address is the same, a
 * part of the name is too, the break is short, and nobody else on either side has that address.
 */
export function continuedEmployments(
  joining: readonly HrRecord[],
  over: readonly HrRecord[],
): Readonly<Record<string, string>> {
  const joiners = byAddress(joining);
  const leavers = byAddress(over);
  const continued: [string, string][] = [];
  for (const [address, [joiner, rival]] of joiners) {
    const [leaver, other] = leavers.get(address) ?? [];
    if (joiner === undefined || rival !== undefined || leaver === undefined || other !== undefined) continue;
    if (goesOn(leaver, joiner)) continued.push([joiner.personKey, leaver.personKey]);
  }
  return Object.fromEntries(continued);
}

function goesOn(before: HrRecord, now: HrRecord): boolean {
  const names = new Set(parts(before));
  if (!parts(now).some((part) => names.has(part))) return false;
  if (before.start !== undefined && now.start !== undefined && now.start < before.start) return false;
  if (before.end === undefined || now.start === undefined) return true;
  return (Date.parse(now.start) - Date.parse(before.end)) / DAY <= GAP_DAYS;
}

function parts({ given, family, preferred, display }: HrRecord): readonly string[] {
  return [given, family, preferred, display].flatMap((name) => (name === undefined ? [] : nameParts(name)));
}

function byAddress(records: readonly HrRecord[]): ReadonlyMap<string, readonly HrRecord[]> {
  return Map.groupBy(
    records.filter(({ workEmail }) => workEmail !== undefined),
    ({ workEmail = '' }) => workEmail.toLowerCase(),
  );
}
