import { hash } from 'node:crypto';
import { DomainError } from '../core/errors.ts';
import type { Clock } from '../flows/ports.ts';
import type { Principal } from '../flows/principal.ts';
import type { TokenAudience, TokenRecord, TokenStore } from '../flows/token-port.ts';
import { type KnownToken, createFindToken } from './find-token.ts';

export type RefusalReason = 'malformed' | 'unknown' | 'expired' | 'revoked' | 'audience';

export type Authentication =
  { readonly ok: true; readonly principal: Principal } | { readonly ok: false; readonly reason: RefusalReason };

/**
 * Throws DomainError `auth.paused` for a paused token, and for a tenant that takes no requests now; its administrators
 * still get in to the API.
 */
export type Authenticate = (token: string, audience: TokenAudience) => Promise<Authentication>;

export const TENANT_PAUSED =
  'The tenant is paused: nothing is taken until an administrator resumes it (POST /api/v1/tenants/{id}/resume).';

const DAY = 86_400_000;
const MINUTE = 60_000;
const MOST_KEPT = 1000;

/**
 * A record is kept only while no token and no tenant changes, and not at all where other processes write: a revoked token
 * is refused by every process at once.
 */
export function createAuthenticate(ports: {
  readonly tokens: Pick<TokenStore, 'byHash' | 'stamp' | 'touch'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly pepper: Uint8Array;
}): Authenticate {
  const { tokens, clock } = ports;
  const find = createFindToken(ports);
  const kept = new Map<string, { readonly stamp: number; readonly record: KnownToken }>();

  async function keptOf(text: string, audience: TokenAudience): Promise<KnownToken | RefusalReason> {
    const stamp = tokens.stamp();
    if (stamp === null) return find(text, audience);
    // Not the token itself: what is kept must be of no use to whoever reads it.
    const digest = hash('sha256', text, 'base64');
    const last = kept.get(digest);
    if (last?.stamp === stamp) return last.record;
    const record = await find(text, audience);
    if (typeof record === 'string') return record;
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(digest, { stamp, record });
    return record;
  }

  return async (text, audience) => {
    const record = await keptOf(text, audience);
    if (typeof record === 'string') return { ok: false, reason: record };
    if (record.audience !== audience) return { ok: false, reason: 'audience' };
    const now = clock.now();
    if (record.revokedAt !== undefined && record.revokedAt <= now) return { ok: false, reason: 'revoked' };
    if (record.expiresAt <= now) return { ok: false, reason: 'expired' };
    if (record.tenantState === 'paused' && (audience === 'scim' || !record.scopes.includes('admin'))) {
      throw new DomainError('auth.paused', TENANT_PAUSED);
    }
    if (record.pausedAt !== undefined) {
      throw new DomainError(
        'auth.paused',
        `The token ${record.id} is paused: an administrator resumes it (bridge token resume ${record.id}).`,
      );
    }
    const used = record.lastUsedAt;
    if (used === undefined || Date.parse(now) - Date.parse(used) >= MINUTE) {
      // Whether the note of the last use can be written does not decide whether the token is good.
      tokens.touch(record.tenantId, record.id, now).catch(() => undefined);
    }
    return { ok: true, principal: principalOf(record, now) };
  };
}

/**
 * Two-person rules count subjects. Who makes a token in another's name must not become a second person by it, so for its
 * first 24 hours a token stands for its creator.
 */
function principalOf(record: TokenRecord, now: string): Principal {
  const isNew = Date.parse(now) - Date.parse(record.createdAt) < DAY;
  return {
    tenantId: record.tenantId,
    tokenId: record.id,
    subject: isNew ? record.createdBy : record.subject,
    connection: record.subject,
    audience: record.audience,
    scopes: record.scopes,
  };
}
