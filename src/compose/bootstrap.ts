import { SCOPES_OF, TOKEN_DAYS } from '../auth/scopes.ts';
import { hashToken, mintToken, parseToken } from '../auth/tokens.ts';
import { DomainError } from '../core/errors.ts';
import type { Clock, Crypto } from '../flows/ports.ts';
import type { TokenAudience, TokenStore } from '../flows/token-port.ts';
import type { StoreMeta } from '../storage/store-meta.ts';
import type { KeptTokens } from './secrets.ts';

const DAY = 86_400_000;
const MANY = 10_000;

export interface BootstrapToken {
  readonly text: string;
  /** `minted`: made now, and to be shown once. */
  readonly origin: 'environment' | 'kept' | 'minted';
}

export interface BootstrapTokens {
  readonly admin: BootstrapToken;
  readonly scim: BootstrapToken;
}

/**
 * The tokens to begin with: the environment's, else those kept in the data folder, else new ones. A changed variable
 * replaces the token before it. One that an administrator rotated or revoked stays so: it is made anew only where no
 * other token of its audience is left. Throws DomainError `conflict` for a variable that names a replaced token.
 */
export async function ensureBootstrapTokens(
  ports: {
    readonly tokens: TokenStore;
    readonly meta: StoreMeta;
    readonly clock: Clock;
    readonly crypto: Crypto;
    readonly pepper: Uint8Array;
    readonly tenantId: string;
  },
  given: { readonly admin?: string; readonly scim?: string },
  kept: KeptTokens,
): Promise<BootstrapTokens> {
  const { tokens, meta, clock, crypto, pepper, tenantId } = ports;
  const result = {
    admin: await ensure('api', given.admin, kept.read().admin),
    scim: await ensure('scim', given.scim, kept.read().scim),
  };
  const minted = Object.entries(result).filter(([, { origin }]) => origin === 'minted');
  if (minted.length > 0)
    kept.write({ ...kept.read(), ...Object.fromEntries(minted.map(([name, { text }]) => [name, text])) });
  return result;

  async function ensure(
    audience: TokenAudience,
    variable: string | undefined,
    file: string | undefined,
  ): Promise<BootstrapToken> {
    const text = variable ?? file;
    if (text === undefined) return mint(audience);
    const origin = variable === undefined ? 'kept' : 'environment';
    const known = await tokens.byHash(hashToken(text, pepper));
    if (known === null) {
      await put(audience, text);
      return { text, origin };
    }
    const now = clock.now();
    if (known.audience === audience && known.revokedAt === undefined && known.expiresAt > now) {
      await replaceBy(audience, known.id);
      return { text, origin };
    }
    if (origin === 'environment') {
      throw new DomainError(
        'conflict',
        `The bootstrap token of ${audience} was used before and replaced, or has ended; choose a new one.`,
      );
    }
    const all = await tokens.list(tenantId, null, MANY);
    const another = all.some((one) => one.audience === audience && one.revokedAt === undefined && one.expiresAt > now);
    return another ? { text, origin } : mint(audience);
  }

  async function mint(audience: TokenAudience): Promise<BootstrapToken> {
    const { text } = mintToken(audience);
    await put(audience, text);
    return { text, origin: 'minted' };
  }

  async function put(audience: TokenAudience, text: string): Promise<void> {
    const now = clock.now();
    const parsed = parseToken(text);
    const id = parsed.kind === 'minted' ? parsed.id : crypto.uuid();
    await tokens.create(
      {
        id,
        tenantId,
        audience,
        scopes: [...SCOPES_OF[audience]],
        subject: 'bootstrap',
        name: `bootstrap ${audience}`,
        hash: hashToken(text, pepper),
        createdBy: 'bootstrap',
        createdAt: now,
        expiresAt: new Date(Date.parse(now) + TOKEN_DAYS.most * DAY).toISOString(),
      },
      { actor: 'system', kind: 'token.created', subject: id, data: { audience } },
    );
    await replaceBy(audience, id);
  }

  /** Remembers which token is the bootstrap token, and revokes the one that was: by id, so that no name can be mistaken. */
  async function replaceBy(audience: TokenAudience, id: string): Promise<void> {
    const mark = `bootstrap_token_${audience}`;
    const before = await meta.get(mark);
    if (before === id) return;
    await meta.set(mark, id);
    if (before === null) return;
    await tokens.revoke(tenantId, before, clock.now(), {
      actor: 'system',
      kind: 'token.replaced',
      subject: before,
      data: { audience, by: id },
    });
  }
}
