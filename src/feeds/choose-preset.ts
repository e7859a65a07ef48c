import { FIELDS } from './terms.ts';
import { compact, compactAll } from './header-text.ts';
import { generic, UNUSED_HEADERS } from './presets/generic.ts';
import type { Preset } from './presets/preset.ts';
import { PRESETS } from './presets/presets.ts';

/** Headers that only one system writes have to be at least so many. */
const LEAST_SIGNS = 2;

const UNUSED = new Map(Object.entries(UNUSED_HEADERS).map(([header, why]) => [compact(header), why]));

/** What is known of each preset, ready to be compared. */
const CANDIDATES = PRESETS.map((preset) => ({
  preset,
  signature: compactAll(preset.signature),
  known: knownTo(preset),
}));
const COMMON = knownTo(generic);

export const KEY_HEADERS = compactAll([generic, ...PRESETS].flatMap(({ synonyms }) => synonyms.personKey ?? []));
export const KNOWN_HEADERS: ReadonlySet<string> = new Set([
  ...COMMON,
  ...CANDIDATES.flatMap(({ known, signature }) => [...known, ...signature]),
  ...UNUSED.keys(),
]);

/** Why a header that is understood is not used. */
export const whyUnused = (header: string): string | undefined => UNUSED.get(compact(header));

/**
 * The system whose own headers are most in number, then the one that explains most of the columns. Confidence is the
 * share of the columns that it explains, and counts fully when four of them are its own.
 */
export function choosePreset(headers: readonly string[]): { readonly preset: Preset; readonly confidence: number } {
  const names = headers.map(compact).filter((name) => name !== '');
  const share = (known: ReadonlySet<string>): number =>
    names.filter((name) => known.has(name) || COMMON.has(name) || UNUSED.has(name)).length / Math.max(1, names.length);
  let best = { preset: generic, signs: LEAST_SIGNS - 1, covered: share(COMMON) };
  for (const { preset, signature, known } of CANDIDATES) {
    const signs = names.filter((name) => signature.has(name)).length;
    const covered = share(known);
    if (signs > best.signs || (signs === best.signs && best.preset !== generic && covered > best.covered)) {
      best = { preset, signs, covered };
    }
  }
  const { preset, signs, covered } = best;
  const confidence = preset === generic ? covered : covered * 0.7 + Math.min(1, signs / 4) * 0.3;
  return { preset, confidence: Math.round(confidence * 100) / 100 };
}

function knownTo(preset: Preset): ReadonlySet<string> {
  return compactAll(FIELDS.flatMap((field) => preset.synonyms[field] ?? []));
}
