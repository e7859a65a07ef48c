import { createSecretKey } from 'node:crypto';
import { hashToken, parseToken } from '../auth/tokens.ts';
import type { Principal } from '../flows/principal.ts';
import type { TokenStore } from '../flows/token-port.ts';

/** Whose token it is, be it expired, revoked, paused or for another audience; null where it is nobody's. */
export function createTokenOwner(ports: {
  readonly tokens: Pick<TokenStore, 'byHash'>;
  readonly pepper: Uint8Array;
}): (text: string) => Promise<Pick<Principal, 'tenantId' | 'tokenId'> | null> {
  const key = createSecretKey(ports.pepper);
  return async (text) => {
    const parsed = parseToken(text);
    if (parsed.kind === 'malformed') return null;
    const record = await ports.tokens.byHash(hashToken(text, key));
    if (record === null || (parsed.kind === 'minted' && parsed.id !== record.id)) return null;
    return { tenantId: record.tenantId, tokenId: record.id };
  };
}
