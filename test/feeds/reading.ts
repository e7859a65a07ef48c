import { readFeed } from '../../src/feeds/read-feed.ts';
import type { FeedEnd, FeedProfile, FeedRow, FeedShape } from '../../src/feeds/read-feed.ts';

export const TODAY = '2026-03-02';

export interface WholeFeed {
  readonly shape: FeedShape;
  readonly rows: readonly FeedRow[];
  readonly end: FeedEnd;
}

/** Reads a whole small file, in chunks of `chunk` bytes. */
export async function readAll(
  file: string | Uint8Array,
  profile: Partial<FeedProfile> = {},
  chunk = 65_536,
): Promise<WholeFeed> {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file;
  const feed = await readFeed(inChunks(bytes, chunk), { today: TODAY, companyTimeZone: 'Europe/Berlin', ...profile });
  const rows: FeedRow[] = [];
  for await (const row of feed.rows) rows.push(row);
  return { shape: feed.shape, rows, end: feed.end() };
}

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Lines as a file with a final line end. */
export const csv = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/** `outcome code,code` of each row. */
export const verdicts = (rows: readonly FeedRow[]): readonly string[] =>
  rows.map(({ outcome, problems }) => [outcome, problems.map(({ code }) => code).join(',')].join(' ').trim());

/** UTF-16 with its mark. */
export function utf16(text: string, order: 'le' | 'be'): Uint8Array {
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
  return order === 'le' ? bytes : bytes.swap16();
}
