import { FeedError } from './terms.ts';
import type { FeedNote } from './feed.ts';
import { refuseBinary, refuseOtherText } from './not-csv.ts';

/** Bytes on which the encoding is decided. */
const HEAD_BYTES = 64 * 1024;

export interface DecodedText {
  readonly encoding: string;
  /** Text with every line end as \n and no byte order mark. */
  readonly chunks: AsyncIterable<string>;
  /** Complete once `chunks` is drained. */
  readonly report: () => DecodeReport;
  readonly notes: readonly FeedNote[];
}

export interface DecodeReport {
  readonly endsWithNewline: boolean;
  /** The last bytes are the beginning of a character. */
  readonly cutCharacter: boolean;
  readonly notes: readonly FeedNote[];
}

interface Decoder {
  readonly encoding: string;
  decode(bytes: Uint8Array): string;
  /** What is left at the end; sets `cut` when it is half a character. */
  finish(): { readonly text: string; readonly cut: boolean };
}

/**
 * Decides the encoding on the first 64 KiB and decodes the rest as it comes. Throws FeedError (`empty_file`, `not_csv`,
 * `bad_profile`) and whatever the source throws.
 */
export async function decodeText(
  bytes: AsyncIterable<Uint8Array>,
  requested: string | undefined,
): Promise<DecodedText> {
  const source = bytes[Symbol.asyncIterator]();
  const notes: FeedNote[] = [];
  const { decoder, first } = await begin(source, requested, (note) => notes.push(note));
  const early = [...notes];
  let end: DecodeReport | undefined;

  async function* chunks(): AsyncGenerator<string> {
    const lines = createNewlines();
    try {
      yield lines.normalise(first);
      for (;;) {
        const next = await source.next();
        if (next.done === true) break;
        yield lines.normalise(decoder.decode(next.value));
      }
      const { text, cut } = decoder.finish();
      yield lines.normalise(text);
      end = { endsWithNewline: lines.endsWithNewline(), cutCharacter: cut, notes: notes.slice(early.length) };
    } finally {
      await source.return?.();
    }
  }

  return {
    encoding: decoder.encoding,
    chunks: chunks(),
    report: () => end ?? { endsWithNewline: false, cutCharacter: false, notes: notes.slice(early.length) },
    notes: early,
  };
}

async function begin(
  source: AsyncIterator<Uint8Array>,
  requested: string | undefined,
  note: (note: FeedNote) => void,
): Promise<{ decoder: Decoder; first: string }> {
  try {
    const head = await takeHead(source);
    if (head.length === 0) throw new FeedError('empty_file', 'no bytes', 'a CSV file with a header row');
    refuseBinary(head);
    const { decoder, skip } = chooseDecoder(head, requested, note);
    const first = decoder.decode(head.subarray(skip));
    refuseOtherText(first);
    return { decoder, first };
  } catch (error) {
    await source.return?.();
    throw error;
  }
}

async function takeHead(source: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  while (size < HEAD_BYTES) {
    const next = await source.next();
    if (next.done === true) break;
    parts.push(next.value);
    size += next.value.length;
  }
  return Buffer.concat(parts);
}

/** CRLF and CR become LF, also across chunks and inside quotes. */
function createNewlines(): { normalise(text: string): string; endsWithNewline(): boolean } {
  let afterCr = false;
  let last = '';
  return {
    normalise(text) {
      if (text === '') return text;
      const rest = afterCr && text.startsWith('\n') ? text.slice(1) : text;
      afterCr = text.endsWith('\r');
      const result = rest.includes('\r') ? rest.replaceAll(/\r\n?/g, '\n') : rest;
      if (result !== '') last = result.slice(-1);
      return result;
    },
    endsWithNewline: () => last === '\n',
  };
}

const ENCODINGS: ReadonlyMap<string, 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'> = new Map([
  ['utf-8', 'utf-8'],
  ['utf8', 'utf-8'],
  ['utf-16le', 'utf-16le'],
  ['utf-16be', 'utf-16be'],
  ['windows-1252', 'windows-1252'],
  ['cp1252', 'windows-1252'],
  ['iso-8859-1', 'windows-1252'],
  ['latin1', 'windows-1252'],
]);

function chooseDecoder(
  head: Uint8Array,
  requested: string | undefined,
  note: (note: FeedNote) => void,
): { decoder: Decoder; skip: number } {
  const starts = (...mark: number[]): boolean => mark.every((byte, at) => head[at] === byte);
  if (starts(0xef, 0xbb, 0xbf)) return { decoder: createUtf8(note, 'always'), skip: 3 };
  if (starts(0xff, 0xfe)) return { decoder: createStreaming('utf-16le'), skip: 2 };
  if (starts(0xfe, 0xff)) return { decoder: createStreaming('utf-16be'), skip: 2 };
  if (requested !== undefined) {
    const encoding = ENCODINGS.get(requested.toLowerCase());
    if (encoding === undefined) {
      throw new FeedError('bad_profile', 'an encoding that is not known', [...ENCODINGS.keys()].join(', '));
    }
    return { decoder: encoding === 'utf-8' ? createUtf8(note, 'always') : createStreaming(encoding), skip: 0 };
  }
  const wide = utf16WithoutMark(head);
  if (wide !== undefined) return { decoder: createStreaming(wide), skip: 0 };
  return { decoder: createUtf8(note, 'unless_disproved'), skip: 0 };
}

/** Text of mostly Latin letters in UTF-16 has a zero in every second byte. */
function utf16WithoutMark(head: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const sample = head.subarray(0, 4096);
  const zeros = [0, 0];
  for (const [at, byte] of sample.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const most = (sample.length / 2) * 0.7;
  if (odd > most && even === 0) return 'utf-16le';
  if (even > most && odd === 0) return 'utf-16be';
  return undefined;
}

function createStreaming(encoding: 'utf-16le' | 'utf-16be' | 'windows-1252'): Decoder {
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  return {
    encoding,
    decode: (bytes) => decoder.decode(bytes, { stream: true }),
    finish() {
      const text = decoder.decode();
      return { text, cut: text !== '' };
    },
  };
}

/**
 * UTF-8 that turns into Windows-1252 at the first byte which disproves it. Where well-formed characters beyond ASCII
 * came before (or the file says that it is UTF-8), the text is damaged UTF-8 instead: U+FFFD marks the places, and the
 * rows that hold it are quarantined.
 */
function createUtf8(note: (note: FeedNote) => void, trust: 'always' | 'unless_disproved'): Decoder {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
  const windows = new TextDecoder('windows-1252');
  let mode: 'strict' | 'lenient' | 'windows' = 'strict';
  let beyondAscii = trust === 'always';
  let carry: Uint8Array = new Uint8Array(0);
  let offset = 0;

  function decodeWhole(body: Uint8Array): string {
    if (mode === 'windows') return windows.decode(body);
    if (mode === 'lenient') return lenient.decode(body);
    try {
      const text = strict.decode(body);
      beyondAscii ||= text.length !== body.length;
      return text;
    } catch {
      const text = lenient.decode(body);
      const place = `near byte ${offset + Buffer.byteLength(text.slice(0, text.indexOf('\uFFFD')))}`;
      if (beyondAscii || hasMoreGoodThanBad(text)) {
        mode = 'lenient';
        note({ code: 'encoding_damaged', message: `Broken UTF-8 ${place}: rows that it touches are quarantined.` });
        return text;
      }
      mode = 'windows';
      note({
        code: 'encoding_fallback',
        message: `Not UTF-8 ${place}: read as Windows-1252. Check names with accents.`,
      });
      return windows.decode(body);
    }
  }

  return {
    get encoding() {
      return mode === 'windows' ? 'windows-1252' : 'utf-8';
    },
    decode(bytes) {
      const joined = carry.length === 0 ? bytes : Buffer.concat([carry, bytes]);
      const whole = mode === 'windows' ? joined.length : joined.length - unfinishedBytes(joined);
      carry = Uint8Array.from(joined.subarray(whole));
      const text = decodeWhole(joined.subarray(0, whole));
      // The very byte that disproved UTF-8 may be behind us: what was held back is then text already.
      const rest = mode === 'windows' && carry.length > 0 ? windows.decode(carry) : '';
      if (rest !== '') carry = new Uint8Array(0);
      offset += bytes.length;
      return text + rest;
    },
    finish: () => (carry.length === 0 ? { text: '', cut: false } : { text: '\uFFFD', cut: true }),
  };
}

function hasMoreGoodThanBad(text: string): boolean {
  const bad = text.match(/\uFFFD/g)?.length ?? 0;
  const good = (text.match(/[\u0080-\uFFFF]/g)?.length ?? 0) - bad;
  return good > bad;
}

/** How many bytes at the end begin a UTF-8 sequence that is not all there (0 to 3). */
function unfinishedBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc2) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return byte <= 0xf4 && needed > back ? back : 0;
    }
  }
  return 0;
}
