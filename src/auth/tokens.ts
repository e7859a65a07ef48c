import { type KeyObject, createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { TokenAudience } from '../flows/token-port.ts';

/**
 * `dsb_<audience>_<id>_<secret><checksum>`: a prefix that secret scanners find, a public id of 12 characters, 256 random
 * bits as 43 characters, and CRC-32 of all that precedes as 6 characters, so that a look-alike is refused offline.
 */
export const TOKEN_PATTERN = /^dsb_(api|scim)_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

/** A bootstrap token is any text of this length or more that can stand in an Authorization header. */
export const BOOTSTRAP_LENGTH = { least: 32, most: 512 } as const;

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 12;
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;

export interface MintedToken {
  readonly id: string;
  /** Shown once. */
  readonly text: string;
}

/** `random` gives so many bytes of a cryptographic source. */
export function mintToken(audience: TokenAudience, random: (bytes: number) => Uint8Array = randomBytes): MintedToken {
  const id = base62(random(16), ID_LENGTH + 12).slice(-ID_LENGTH);
  const body = `dsb_${audience}_${id}_${base62(random(32), SECRET_LENGTH)}`;
  return { id, text: `${body}${checksum(body)}` };
}

export type ParsedToken =
  | { readonly kind: 'minted'; readonly audience: TokenAudience; readonly id: string }
  | { readonly kind: 'bootstrap' }
  /** It cannot be a token: the store need not be asked. */
  | { readonly kind: 'malformed' };

export function parseToken(text: string): ParsedToken {
  const [, audience, id, , sum] = TOKEN_PATTERN.exec(text) ?? [];
  if ((audience === 'api' || audience === 'scim') && id !== undefined) {
    return sum === checksum(text.slice(0, -CHECKSUM_LENGTH)) ? { kind: 'minted', audience, id } : { kind: 'malformed' };
  }
  // What looks like ours is ours: a damaged token is never tried as a bootstrap token.
  const fits = text.length >= BOOTSTRAP_LENGTH.least && text.length <= BOOTSTRAP_LENGTH.most;
  return fits && !/^dsb_(api|scim)_/.test(text) ? { kind: 'bootstrap' } : { kind: 'malformed' };
}

/** HMAC-SHA-256 in hex. 256 random bits need no slow hash, and a slow one would be a way to stop the service. */
export function hashToken(text: string, pepper: Uint8Array | KeyObject): string {
  return createHmac('sha256', pepper).update(text).digest('hex');
}

function checksum(text: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return base62(bytes, CHECKSUM_LENGTH);
}

/** The bytes as one number to the base 62, padded with zeros in front. */
function base62(bytes: Uint8Array, length: number): string {
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  while (value > 0n) {
    text = `${DIGITS.charAt(Number(value % 62n))}${text}`;
    value /= 62n;
  }
  return text.padStart(length, '0');
}
