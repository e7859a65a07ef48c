/**
 * The order of two texts by code points: that of the bytes of UTF-8, in which the stores sort. JavaScript compares
 * UTF-16, in which an emoji comes before a full-width letter. Below, above or 0.
 */
export function compareCodePoints(left: string, right: string): number {
  const end = Math.min(left.length, right.length);
  for (let at = 0; at < end; at += 1) {
    const one = left.charCodeAt(at);
    const other = right.charCodeAt(at);
    if (one !== other) return rank(one) - rank(other);
  }
  return left.length - right.length;
}

/** Half of a surrogate pair is part of a code point above all that need none. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
