import { createHash } from 'node:crypto';

import type { FeedProfile } from '../../src/feeds/read-feed.ts';

/** One file of the corpus in test/fixtures/feeds, what it is about, and what the feed is told. */
export interface CorpusFile {
  readonly file: string;
  readonly about: string;
  readonly bytes: string | Uint8Array;
  readonly profile?: Partial<FeedProfile>;
}

/** Lines as a file with a final line end. */
export const lines = (...each: readonly string[]): string => each.map((line) => `${line}\n`).join('');

export const crlf = (text: string): string => text.replaceAll('\n', '\r\n');

/** UTF-16 with its mark. */
export function utf16(text: string, order: 'le' | 'be'): Uint8Array {
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
  return order === 'le' ? bytes : bytes.swap16();
}

const windows = new TextDecoder('windows-1252');
const BYTES = new Map(Array.from({ length: 256 }, (_, byte) => [windows.decode(Uint8Array.of(byte)), byte]));

/** Windows-1252; throws where a character is not in it. */
export function cp1252(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => {
    const byte = BYTES.get(letter);
    if (byte === undefined) throw new Error(`${letter} is not in Windows-1252`);
    return byte;
  });
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
