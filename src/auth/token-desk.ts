import { DomainError } from '../core/errors.ts';
import type { Clock } from '../flows/ports.ts';
import type { Principal } from '../flows/principal.ts';
import type { TokenDesk, TokenRecord, TokenStore } from '../flows/token-port.ts';
import { ROTATION_OVERLAP, SCOPES_OF, TOKEN_DAYS } from './scopes.ts';
import { hashToken, mintToken } from './tokens.ts';

const DAY = 86_400_000;

export function createTokenDesk(ports: {
  readonly tokens: TokenStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly pepper: Uint8Array;
}): TokenDesk {
  const { tokens, clock, pepper } = ports;

  function mint(of: Omit<TokenRecord, 'id' | 'hash'>): { readonly token: string; readonly record: TokenRecord } {
    const { id, text } = mintToken(of.audience);
    return { token: text, record: { ...of, id, hash: hashToken(text, pepper) } };
  }

  async function live(tenantId: string, id: string): Promise<TokenRecord> {
    const record = await tokens.get(tenantId, id);
    if (record === null || record.revokedAt !== undefined || record.expiresAt <= clock.now()) {
      throw new DomainError('not_found', 'No such live token.');
    }
    return record;
  }

  async function setPaused(by: Principal, id: string, at: string | null): Promise<TokenRecord> {
    await live(by.tenantId, id);
    const kind = at === null ? 'token.resumed' : 'token.paused';
    await tokens.setPaused(by.tenantId, id, at, { actor: by.tokenId, kind, subject: id, data: {} });
    return live(by.tenantId, id);
  }

  return {
    async create({ by, audience, scopes, subject, name, expiresInDays }) {
      const foreign = scopes.filter((scope) => !SCOPES_OF[audience].some((own) => own === scope));
      if (scopes.length === 0 || foreign.length > 0) {
        throw new DomainError(
          'request.invalid',
          `A token of audience "${audience}" takes one or more of the scopes ${SCOPES_OF[audience].join(', ')}.`,
        );
      }
      if (!(expiresInDays > 0 && expiresInDays <= TOKEN_DAYS.most)) {
        throw new DomainError('request.invalid', `A token lasts 1 to ${TOKEN_DAYS.most} days.`);
      }
      const now = clock.now();
      const minted = mint({
        tenantId: by.tenantId,
        audience,
        scopes: [...new Set(scopes)],
        subject,
        name,
        createdBy: by.subject,
        createdAt: now,
        expiresAt: new Date(Date.parse(now) + expiresInDays * DAY).toISOString(),
      });
      await tokens.create(minted.record, {
        actor: by.tokenId,
        kind: 'token.created',
        subject: minted.record.id,
        data: { audience, scopes: minted.record.scopes, expiresAt: minted.record.expiresAt },
      });
      return minted;
    },

    async rotate({ by, id, overlapSeconds }) {
      if (!(overlapSeconds >= 0 && overlapSeconds <= ROTATION_OVERLAP.most)) {
        throw new DomainError('request.invalid', `The overlap is 0 to ${ROTATION_OVERLAP.most} seconds.`);
      }
      const now = clock.now();
      const old = await live(by.tenantId, id);
      const { audience, scopes, subject, name } = old;
      const lifetime = Date.parse(old.expiresAt) - Date.parse(old.createdAt);
      const minted = mint({
        tenantId: by.tenantId,
        audience,
        scopes,
        subject,
        name,
        createdBy: by.subject,
        createdAt: now,
        expiresAt: new Date(Date.parse(now) + Math.min(lifetime, TOKEN_DAYS.most * DAY)).toISOString(),
        ...(old.pausedAt === undefined ? {} : { pausedAt: old.pausedAt }),
      });
      const endsAt = new Date(Date.parse(now) + overlapSeconds * 1000).toISOString();
      const replaced = await tokens.replace(id, minted.record, endsAt, {
        actor: by.tokenId,
        kind: 'token.rotated',
        subject: id,
        data: { replacedBy: minted.record.id, endsAt },
      });
      if (!replaced) throw new DomainError('not_found', 'No such live token.');
      return minted;
    },

    async revoke(by, id) {
      const gone = await tokens.revoke(by.tenantId, id, clock.now(), {
        actor: by.tokenId,
        kind: 'token.revoked',
        subject: id,
        data: {},
      });
      if (!gone) throw new DomainError('not_found', 'No such live token.');
    },

    async pause(by, id) {
      if (id === by.tokenId) {
        throw new DomainError(
          'conflict',
          'A token does not pause itself: nobody could resume it with it. Use another.',
        );
      }
      return setPaused(by, id, clock.now());
    },

    resume: (by, id) => setPaused(by, id, null),

    list: (tenantId, after, limit) => tokens.list(tenantId, after, limit),
  };
}
