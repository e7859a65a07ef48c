/**
 * The key of a text whose case does not count (RFC 7643 2.2; RFC 7644 7.8 asks for a preparation of Unicode text before
 * names are compared): canonical composition, then lower case. Stored keys and compared values go through this one door.
 */
export function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/** A character outside ASCII whose key is ASCII (the Kelvin sign folds to `k`): two names would become one. */
export function isConfusable(text: string): boolean {
  return Array.from(text).some((character) => !isAscii(character) && isAscii(fold(character)));
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
