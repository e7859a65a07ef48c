/** Bytes that look random and are the same in every run (mulberry32). */
export function randomSource(seed: number): (bytes: number) => Uint8Array {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) & 0xff;
  };
  return (bytes) => Uint8Array.from({ length: bytes }, next);
}
