import { createHash } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { FeedError } from '../../src/feeds/read-feed.ts';
import type { FeedProfile } from '../../src/feeds/read-feed.ts';
import { readAll } from './reading.ts';

const ROWS = 50;
const HEADER = 'ID,Name,Status,Hire Date,Title\n';
const row = (n: number): string => {
  const title = n % 7 === 0 ? '"AE,\n""N"""' : 'AE';
  return `${String(n).padStart(3, '0')},Zoë,Active,2020-01-${String((n % 28) + 1).padStart(2, '0')},${title}\n`;
};
const table = HEADER + Array.from({ length: ROWS }, (_, n) => row(n + 1)).join('');
const whole = Buffer.from(table);
const counted = Buffer.from(`${table}Total,${String(ROWS)},,,\n`);
const MANIFEST = { expected: { manifest: { rows: ROWS } } };
const TRAILER = { expected: { trailer: true } };
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The codes that say why the file is not whole; undefined where it is no table at all. */
async function doubtsOf(bytes: Uint8Array, profile: Partial<FeedProfile>): Promise<readonly string[] | undefined> {
  try {
    return (await readAll(bytes, profile)).end.completeness.map(({ code }) => code);
  } catch (error) {
    if (error instanceof FeedError) return undefined;
    throw error;
  }
}

/** Lengths at which a cut leaves whole rows only. */
function rowEnds(bytes: Buffer): ReadonlySet<number> {
  const ends = new Set<number>();
  let quoted = false;
  for (const [index, byte] of bytes.entries()) {
    if (byte === 0x22) quoted = !quoted;
    if (byte === 0x0a && !quoted) ends.add(index + 1);
  }
  return ends;
}

describe('a file of 50 rows', () => {
  it('is whole when nothing is cut off', async () => {
    expect(await doubtsOf(whole, {})).toEqual([]);
    expect(await doubtsOf(whole, MANIFEST)).toEqual([]);
    expect(await doubtsOf(counted, TRAILER)).toEqual([]);
  });

  it('cut at any byte is incomplete or no table, but for the end of a row; there a manifest knows', async () => {
    const ends = rowEnds(whole);
    let knownByManifest = 0;
    for (let length = 0; length < whole.length; length += 1) {
      const doubts = await doubtsOf(whole.subarray(0, length), MANIFEST);
      if (doubts?.length === 0) throw new Error(`A cut at byte ${String(length)} looks whole.`);
      const others = doubts?.filter((code) => code !== 'manifest_rows');
      if (others?.length !== 0) continue;
      knownByManifest += 1;
      if (!ends.has(length)) throw new Error(`Only the manifest tells a cut at byte ${String(length)}.`);
    }
    // After the header and after 49 rows.
    expect(knownByManifest).toBe(ROWS);
  }, 60_000);

  it('cut at any byte of its last rows and its trailer, or after any row, is incomplete', async () => {
    const ends = rowEnds(counted);
    for (let length = 0; length < counted.length; length += 1) {
      if (length < counted.length - 250 && !ends.has(length)) continue;
      const doubts = await doubtsOf(counted.subarray(0, length), TRAILER);
      if (doubts?.length === 0) throw new Error(`A cut at byte ${String(length)} looks whole.`);
    }
  }, 60_000);

  it('cut after any row is incomplete when the manifest names the hash, or the marker is missing', async () => {
    const manifest = { expected: { manifest: { sha256: sha256(whole).toUpperCase() } } };
    expect(await doubtsOf(whole, manifest)).toEqual([]);
    for (const length of [...rowEnds(whole)].filter((end) => end < whole.length)) {
      expect(await doubtsOf(whole.subarray(0, length), manifest)).toContain('manifest_bytes');
      expect(await doubtsOf(whole.subarray(0, length), { expected: { done: false } })).toContain('done_missing');
    }
  }, 60_000);
});
