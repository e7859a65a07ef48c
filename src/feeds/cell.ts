import { MAX_KEY_LENGTH } from './feed.ts';
import type { RowProblemCode } from './feed.ts';

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
  return { ok: true, key };
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

/** Enough of a personal value to find it in the file, no more: "J***", "j***@example.com". */
export function mask(value: string): string {
  const [first = ''] = value.trim();
  const domain = /@[^@\s]+$/.exec(value.trim())?.[0].slice(0, 80) ?? '';
  return first === '' ? '' : `${first}***${domain}`;
}

/** A cell that a spreadsheet would run gets a quote in front; `unguard` takes it off a fix file that comes back. */
export const guard = (cell: string): string => (/^'*[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell);
export const unguard = (cell: string): string => (/^'+[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell);
