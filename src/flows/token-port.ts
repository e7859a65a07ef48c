import type { AuditEntry } from './ports.ts';
import type { Principal } from './principal.ts';

export type TokenAudience = 'scim' | 'api';

export interface TokenRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly audience: TokenAudience;
  readonly scopes: readonly string[];
  readonly subject: string;
  readonly name: string;
  /** Keyed hash of the whole text; the text itself is stored nowhere. */
  readonly hash: string;
  /** Subject of whoever made it: a young token counts as its creator. */
  readonly createdBy: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly revokedAt?: string;
  readonly lastUsedAt?: string;
}

/** Tokens of all tenants. Each change commits together with its audit entry. */
export interface TokenStore {
  /** Whatever its state: the caller decides on expiry and revocation. */
  byHash(hash: string): Promise<(TokenRecord & { readonly tenantState: 'active' | 'paused' }) | null>;
  get(tenantId: string, id: string): Promise<TokenRecord | null>;
  /** Ordered by id; `after` is the last id seen. */
  list(tenantId: string, after: string | null, limit: number): Promise<readonly TokenRecord[]>;
  create(record: TokenRecord, entry: AuditEntry): Promise<void>;
  /** Stores `by` beside the old token, which then ends at `endsAt` at the latest. False when the old one is not live. */
  replace(id: string, by: TokenRecord, endsAt: string, entry: AuditEntry): Promise<boolean>;
  /** False when there is no such token, or it was revoked before. */
  revoke(tenantId: string, id: string, at: string, entry: AuditEntry): Promise<boolean>;
  /** Notes the use, at most once a minute. */
  touch(tenantId: string, id: string, at: string): Promise<void>;
}

/** What the API and the command line do with tokens. Throws DomainError `request.invalid`, `not_found`. */
export interface TokenDesk {
  create(input: {
    readonly by: Principal;
    readonly audience: TokenAudience;
    readonly scopes: readonly string[];
    readonly subject: string;
    readonly name: string;
    readonly expiresInDays: number;
  }): Promise<{ readonly token: string; readonly record: TokenRecord }>;
  rotate(input: {
    readonly by: Principal;
    readonly id: string;
    readonly overlapSeconds: number;
  }): Promise<{ readonly token: string; readonly record: TokenRecord }>;
  revoke(by: Principal, id: string): Promise<void>;
  list(tenantId: string, after: string | null, limit: number): Promise<readonly TokenRecord[]>;
}
