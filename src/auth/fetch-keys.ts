import { request } from 'undici';
import { type FetchKeys, KeySetError } from './jwks.ts';

const TIMEOUT_MS = 5000;
const MOST_BYTES = 256 * 1024;

/** Reads the key set at `url`: no redirect is followed, 256 kB and 5 seconds at the most. Throws KeySetError. */
export function createFetchKeys(url: string, timeoutMs = TIMEOUT_MS): FetchKeys {
  return async () => {
    const { statusCode, body } = await request(url, {
      headers: { accept: 'application/jwk-set+json, application/json' },
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (statusCode !== 200) {
      // To drop a body that nobody reads is an error of the stream, and of no interest.
      body.on('error', () => undefined).destroy();
      throw new KeySetError(`status_${String(statusCode)}`);
    }
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      // Leaving the loop drops the connection.
      if (size > MOST_BYTES) throw new KeySetError('too_large');
      chunks.push(chunk);
    }
    try {
      return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
    } catch {
      throw new KeySetError('not_json');
    }
  };
}
