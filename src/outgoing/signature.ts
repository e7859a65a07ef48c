import { createHmac } from 'node:crypto';
import { DomainError } from '../core/errors.ts';

const PREFIX = 'whsec_';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
// Standard Webhooks 1.0.0: a symmetric secret has 24 to 64 bytes.
const LEAST_BYTES = 24;
const MOST_BYTES = 64;

/** The bytes of a secret: base64, with `whsec_` in front or not. Throws DomainError `request.invalid`. */
export function secretKey(secret: string): Buffer {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  const key = BASE64.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
  if (key.byteLength < LEAST_BYTES || key.byteLength > MOST_BYTES) {
    throw new DomainError(
      'request.invalid',
      `A signing secret must be base64 of ${String(LEAST_BYTES)} to ${String(MOST_BYTES)} bytes.`,
    );
  }
  return key;
}

/** `webhook-signature`: one `v1` signature per key, so that a receiver may change its secret (Standard Webhooks 1.0.0). */
export function signatures(id: string, timestamp: string, body: string, keys: readonly Buffer[]): string {
  return keys
    .map((key) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`)
    .join(' ');
}
