import { MAX_KEY_LENGTH } from './terms.ts';
import type { RowProblemCode } from './terms.ts';

const INVISIBLE = /[\u200B-\u200D\u2060\uFEFF\u00AD]/g;
/** Nothing to tidy: the usual cell, and the fast way through a million rows. */
const PLAIN = /^(?:[!-~]+ )*[!-~]+$/;
const BLANK = /^(|-{1,2}|—|n\/a|#n\/a|\(blank\))$/i;
/** Excel's way to keep leading zeros: `="00123"`. */
const TEXT_FORMULA = /^="([^"]*)"$/;
const EXPONENT = /^\d(?:[.,]\d+)?E\+\d+$/i;
const EMAIL = /^[^\s@<>",;]+@[^\s@<>",;.]+(?:\.[^\s@<>",;.]+)+$/;
const MAX_EMAIL_LENGTH = 254;

export const isBlank = (cell: string): boolean => cell === '' || BLANK.test(cell.replaceAll(INVISIBLE, '').trim());

/** Text of one line in NFC, spaces and line breaks as one space; undefined for a blank cell. Parts are never split. */
export function cleanText(cell: string): string | undefined {
  if (cell === '') return undefined;
  const text = PLAIN.test(cell) ? cell : cell.normalize('NFC').replaceAll(INVISIBLE, '').replaceAll(/\s+/g, ' ').trim();
  const inner = TEXT_FORMULA.exec(text)?.[1] ?? text;
  return BLANK.test(inner) ? undefined : inner;
}

/**
 * A copy that stands alone. Cells are pieces of the text of which they were cut; what outlives its row would keep all of
 * that text in memory.
 */
export const ownCopy = (text: string): string => (text.length < 13 ? text : ` ${text}`.slice(1));

export type KeyCell =
  | { readonly ok: true; readonly key: string }
  | {
      readonly ok: false;
      readonly code: Extract<RowProblemCode, 'key_missing' | 'key_invalid' | 'id_exponent'>;
      readonly message: string;
      readonly suggestion?: string;
    };

/** A person key exactly as printed: only spaces around it go, leading zeros count. */
export function readKey(cell: string): KeyCell {
  const trimmed = cell.replaceAll(INVISIBLE, '').trim();
  const key = TEXT_FORMULA.exec(trimmed)?.[1]?.trim() ?? trimmed;
  if (BLANK.test(key)) return { ok: false, code: 'key_missing', message: `The person's id is blank.` };
  if (EXPONENT.test(key)) {
    return {
      ok: false,
      code: 'id_exponent',
      message: 'A spreadsheet turned the id into a rounded number: its digits are lost.',
      suggestion: 'Export again with the id column as text.',
    };
  }
  if (key.length > MAX_KEY_LENGTH) {
    return { ok: false, code: 'key_invalid', message: `The id is longer than ${MAX_KEY_LENGTH} characters.` };
  }
  if (hasControls(key) || /[\n\t\uFFFD]/.test(key)) {
    return { ok: false, code: 'key_invalid', message: 'The id holds a line break, a control or a damaged character.' };
  }
  return { ok: true, key: ownCopy(key) };
}

export const looksLikeEmail = (text: string): boolean => text.length <= MAX_EMAIL_LENGTH && EMAIL.test(text);

/** Control characters other than tab and line break; no database or directory takes them. */
export function hasControls(cell: string): boolean {
  for (let at = 0; at < cell.length; at += 1) {
    const code = cell.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09 && code !== 0x0a) || code === 0x7f) return true;
  }
  return false;
}

const zones = new Map<string, boolean>();
const MOST_ZONES = 1_000;

/** Whether the runtime knows this IANA zone; asked once per name, since asking costs microseconds. */
export function isTimeZone(name: string): boolean {
  const known = zones.get(name);
  if (known !== undefined) return known;
  let valid = true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    valid = false;
  }
  if (zones.size < MOST_ZONES) zones.set(name, valid);
  return valid;
}

/** First characters of text that was UTF-8 and got read as Windows-1252, followed by one of its later characters. */
const DOUBLE =
  /[\u00C2-\u00F4][\u0080-\u00BF\u0152\u0153\u0160\u0161\u0178\u017D\u017E\u0192\u02C6\u02DC\u2013-\u2122]/;
const windows = new TextDecoder('windows-1252');
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Windows-1252 backwards: character -> byte. */
const BYTES: ReadonlyMap<string, number> = new Map(
  Array.from({ length: 256 }, (_, byte) => [windows.decode(Uint8Array.of(byte)), byte]),
);

/**
 * What a cell such as "JosÃ©" was before its UTF-8 was read as Windows-1252; undefined where it was not: only text whose
 * every character is a byte, and whose bytes are flawless UTF-8, can be that.
 */
export function repairMojibake(cell: string): string | undefined {
  if (!DOUBLE.test(cell)) return undefined;
  const bytes = new Uint8Array(cell.length);
  for (let at = 0; at < cell.length; at += 1) {
    const byte = BYTES.get(cell.charAt(at));
    if (byte === undefined) return undefined;
    bytes[at] = byte;
  }
  try {
    const meant = utf8.decode(bytes);
    return BROKEN.test(meant) ? undefined : meant;
  } catch {
    return undefined;
  }
}

/** What no repair may bring: control characters, and the mark of a character that was lost before. */
const BROKEN = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\uFFFD]/;

/** Letters beyond ASCII, each once, at most eight: what a person has to look at where an encoding was guessed. */
export function foreignLetters(cell: string): string {
  return [...new Set(cell.match(/[\u0080-\u{10FFFF}]/gu) ?? [])].slice(0, 8).join(' ');
}

/** Enough of a personal value to find it in the file, no more: "J***", "j***@example.com". */
export function mask(value: string): string {
  const [first = ''] = value.trim();
  const domain = /@[^@\s]+$/.exec(value.trim())?.[0].slice(0, 80) ?? '';
  return first === '' ? '' : `${first}***${domain}`;
}

/** A cell that a spreadsheet would run gets a quote in front; `unguard` takes it off a fix file that comes back. */
export const guard = (cell: string): string => (/^'*[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell);
export const unguard = (cell: string): string => (/^'+[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell);
