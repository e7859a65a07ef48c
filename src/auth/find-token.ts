import { createSecretKey } from 'node:crypto';
import type { TokenAudience, TokenStore } from '../flows/token-port.ts';
import { hashToken, parseToken } from './tokens.ts';

export type KnownToken = NonNullable<Awaited<ReturnType<TokenStore['byHash']>>>;

/**
 * The record that a text belongs to, be it expired, revoked or paused; or why it belongs to none. With an audience, what
 * says of itself that it is for another one is not looked up.
 */
export type FindToken = (
  text: string,
  audience?: TokenAudience,
) => Promise<KnownToken | 'malformed' | 'audience' | 'unknown'>;

export function createFindToken(ports: {
  readonly tokens: Pick<TokenStore, 'byHash'>;
  readonly pepper: Uint8Array;
}): FindToken {
  // Made once: from plain bytes node makes the key anew, for longer than the hash takes.
  const key = createSecretKey(ports.pepper);
  return async (text, audience) => {
    const parsed = parseToken(text);
    if (parsed.kind === 'malformed') return 'malformed';
    if (parsed.kind === 'minted' && audience !== undefined && parsed.audience !== audience) return 'audience';
    const record = await ports.tokens.byHash(hashToken(text, key));
    return record === null || (parsed.kind === 'minted' && parsed.id !== record.id) ? 'unknown' : record;
  };
}
