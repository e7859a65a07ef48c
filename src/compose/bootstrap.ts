import { SCOPES_OF, TOKEN_DAYS } from '../auth/scopes.ts';
import { hashToken, parseToken } from '../auth/tokens.ts';
import { DomainError } from '../core/errors.ts';
import type { Clock, Crypto } from '../flows/ports.ts';
import type { TokenAudience, TokenStore } from '../flows/token-port.ts';
import type { BootstrapTokens } from './secrets.ts';

const DAY = 86_400_000;
const MANY = 10_000;

/**
 * Makes the store accept exactly the bootstrap tokens at hand: a changed one replaces the old, one that was replaced
 * before never comes back. Throws DomainError `conflict` for the latter.
 */
export async function ensureBootstrapTokens(
  ports: {
    readonly tokens: TokenStore;
    readonly clock: Clock;
    readonly crypto: Crypto;
    readonly pepper: Uint8Array;
    readonly tenantId: string;
  },
  given: BootstrapTokens,
): Promise<void> {
  await ensure('api', given.admin);
  await ensure('scim', given.scim);

  async function ensure(audience: TokenAudience, text: string): Promise<void> {
    const { tokens, clock, crypto, pepper, tenantId } = ports;
    const name = `bootstrap ${audience}`;
    const hash = hashToken(text, pepper);
    const now = clock.now();
    const known = await tokens.byHash(hash);
    if (known !== null && (known.revokedAt !== undefined || known.audience !== audience)) {
      throw new DomainError('conflict', `The ${name} token was used before and replaced; choose a new one.`);
    }
    for (const old of await tokens.list(tenantId, null, MANY)) {
      if (old.name !== name || old.hash === hash || old.revokedAt !== undefined) continue;
      await tokens.revoke(tenantId, old.id, now, {
        actor: 'system',
        kind: 'token.replaced',
        subject: old.id,
        data: { name },
      });
    }
    if (known !== null) return;
    const parsed = parseToken(text);
    const id = parsed.kind === 'minted' ? parsed.id : crypto.uuid();
    await tokens.create(
      {
        id,
        tenantId,
        audience,
        scopes: [...SCOPES_OF[audience]],
        subject: 'bootstrap',
        name,
        hash,
        createdBy: 'bootstrap',
        createdAt: now,
        expiresAt: new Date(Date.parse(now) + TOKEN_DAYS.most * DAY).toISOString(),
      },
      { actor: 'system', kind: 'token.created', subject: id, data: { name } },
    );
  }
}
