/**
 * Parts of a name as weak evidence: no marks, no case, no punctuation. Never written anywhere and never proof of
 * anything by itself.
 */
export function nameParts(text: string): readonly string[] {
  // Most names are plain ASCII, and 100,000 people are folded on every run.
  const bare = isAscii(text) ? text : text.normalize('NFKD').replace(/\p{M}/gu, '');
  return bare
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part !== '');
}

/** Key of a full name; the order of its parts does not count ("Last, First"). Undefined for fewer than two parts. */
export function nameKey(text: string): string | undefined {
  const parts = nameParts(text).toSorted();
  const distinct = parts.filter((part, index) => part !== parts[index - 1]);
  return distinct.length < 2 ? undefined : distinct.join(' ');
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
