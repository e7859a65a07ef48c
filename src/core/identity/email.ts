import { fold } from '../fold.ts';

/** Good enough to sign in with and to compare: one `@`, a dotted domain, no blanks. Not a test of deliverability. */
export function isEmail(value: string): boolean {
  const at = value.indexOf('@');
  if (at < 1 || at !== value.lastIndexOf('@') || /\s/.test(value)) return false;
  const domain = value.slice(at + 1);
  return domain.includes('.') && !domain.startsWith('.') && !domain.endsWith('.');
}

/** Key of an address: trimmed and folded; undefined where the text is no e-mail address. */
export function emailKey(value: string | undefined): string | undefined {
  const key = value === undefined ? '' : fold(value.trim());
  return isEmail(key) ? key : undefined;
}

export function localPart(key: string): string {
  return key.slice(0, key.indexOf('@'));
}

export function domainOf(key: string): string {
  return key.slice(key.indexOf('@') + 1);
}
