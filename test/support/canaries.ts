/** A secret of a test, which nothing else in it looks like. */
export interface Canary {
  readonly name: string;
  readonly secret: string;
}

export interface Sighting {
  readonly canary: string;
  /** Where in the text, and what stands around it. */
  readonly near: string;
}

/** A piece of so many characters is taken for the secret itself. */
const PIECE = 12;

/** As it is, percent-encoded, in hex, as JSON escapes, and in base64 wherever it begins within a longer text. */
export function spellings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift, 0x20), bytes, Buffer.alloc(3, 0x20)]).toString('base64');
    // What stands beside the secret decides over the characters at its ends.
    return whole.slice(shift === 0 ? 0 : shift + 1, Math.floor(((shift + bytes.length) * 4) / 3));
  });
  return [
    secret,
    encodeURIComponent(secret),
    Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
    bytes.toString('hex'),
    JSON.stringify(secret).slice(1, -1),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}

/** Finds canaries in texts: a piece of 12 characters of any spelling is a sighting. */
export function createScan(canaries: readonly Canary[]): (text: string) => readonly Sighting[] {
  const owners = new Map<string, string>();
  for (const { name, secret } of canaries) {
    for (const spelling of spellings(secret)) {
      for (let at = 0; at + PIECE <= spelling.length; at += 1) owners.set(spelling.slice(at, at + PIECE), name);
    }
  }
  return (text) => {
    const seen: Sighting[] = [];
    for (let at = 0; at + PIECE <= text.length; at += 1) {
      const canary = owners.get(text.slice(at, at + PIECE));
      if (canary === undefined) continue;
      seen.push({ canary, near: text.slice(Math.max(0, at - 40), at + 60) });
      at += PIECE;
    }
    return seen;
  };
}
