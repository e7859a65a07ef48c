import { type KeyObject, createHmac, createSecretKey, hash, randomBytes } from 'node:crypto';
import type { Crypto } from '../flows/ports.ts';

export interface KeyedCrypto extends Crypto {
  /** HMAC-SHA-256 in hex under a key of its own per purpose, over all tenants: token hashes, signatures of cursors and of answers. */
  purposeHash(purpose: 'token' | 'cursor' | 'answers', text: string): string;
}

/** `pepper`: at least 32 bytes that only the bridge knows; every key is derived from it and never equals it. */
export function createCrypto(options: { readonly pepper: Uint8Array; readonly now?: () => number }): KeyedCrypto {
  const { pepper } = options;
  if (pepper.byteLength < 32) throw new Error('the token pepper must have 32 bytes or more');
  // As key objects: from plain bytes node makes one anew for each hash, which costs more than the hash.
  const keys = new Map<string, KeyObject>();

  function hmac(label: string, text: string): string {
    const key = keys.get(label) ?? createSecretKey(createHmac('sha256', pepper).update(label).digest());
    keys.set(label, key);
    return createHmac('sha256', key).update(text).digest('hex');
  }

  return {
    uuid: createUuidV7(options.now ?? Date.now),
    hash: (text) => hash('sha256', text, 'hex'),
    keyedHash: (tenantId, text) => hmac(`tenant:${tenantId}`, text),
    purposeHash: (purpose, text) => hmac(`purpose:${purpose}`, text),
  };
}

/**
 * UUIDv7 that never goes back within a process (RFC 9562 6.2, method 1): a 12-bit counter behind the millisecond begins
 * in its lower half and, when it is used up, borrows the next millisecond.
 */
function createUuidV7(now: () => number): () => string {
  let last = -1;
  let counter = 0;
  return () => {
    const bytes = randomBytes(16);
    const instant = Math.max(0, Math.floor(now()));
    if (instant > last) {
      last = instant;
      counter = bytes.readUInt16BE(6) & 0x7ff;
    } else if (counter === 0xfff) {
      last += 1;
      counter = 0;
    } else {
      counter += 1;
    }
    bytes.writeUIntBE(last, 0, 6);
    bytes.writeUInt16BE(0x7000 | counter, 6);
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
    const hex = bytes.toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  };
}
