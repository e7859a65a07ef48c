const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * A segment of a compact JWS (RFC 7515 3.1) as an object, or null. Stricter than what verifiers usually take: one spelling
 * of base64url only (no padding, no stray bits at the end), valid UTF-8, and no member twice (RFC 7515 4, RFC 7519 4), so
 * that no two readers of one token see different things in it.
 */
export function parseSegment(segment: string): JsonObject | null {
  const bytes = decodeSegment(segment);
  if (bytes === null) return null;
  try {
    const text = DECODER.decode(bytes);
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return repeatsMember(text) ? null : (value as JsonObject);
  } catch {
    return null;
  }
}

export function decodeSegment(segment: string): Uint8Array | null {
  const bytes = Buffer.from(segment, 'base64url');
  return bytes.toString('base64url') === segment ? bytes : null;
}

/** `text` is valid JSON; only names of members and brackets matter. */
function repeatsMember(text: string): boolean {
  const open: (Set<string> | null)[] = [];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}[\]]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (token.endsWith(':')) {
      const name = String(JSON.parse(token.slice(0, -1)));
      const names = open.at(-1);
      if (names?.has(name) === true) return true;
      names?.add(name);
    }
  }
  return false;
}
