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
  /** Refused since then, until it is resumed. */
  readonly pausedAt?: string;
  readonly lastUsedAt?: string;
}

/** Tokens of all tenants. Each change commits together with its audit entry. */
export interface TokenStore {
  /** Another number after any token or tenant has changed; null where other processes may change them too. */
  stamp(): number | null;
  /** Whatever its state: the caller decides on expiry and revocation. */
  byHash(hash: string): Promise<(TokenRecord & { readonly tenantState: 'active' | 'paused' }) | null>;
  get(tenantId: string, id: string): Promise<TokenRecord | null>;
  /** Ordered by id; `after` is the last id seen. */
  list(tenantId: string, after: string | null, limit: number): Promise<readonly TokenRecord[]>;
  create(record: TokenRecord, entry: AuditEntry): Promise<void>;
  /**
   * Stores `by` beside the old token, which then ends at `endsAt` at the latest. False when the old one is not live. A
   * paused token's successor is paused too.
   */
  replace(id: string, by: TokenRecord, endsAt: string, entry: AuditEntry): Promise<boolean>;
  /** False when there is no such token, or it was revoked before. */
  revoke(tenantId: string, id: string, at: string, entry: AuditEntry): Promise<boolean>;
  /** `at`: paused since then; null: resumed. False when there is no such token, it was revoked, or it is so already. */
  setPaused(tenantId: string, id: string, at: string | null, entry: AuditEntry): Promise<boolean>;
  /**
   * Of all tenants, the token of each audience and subject that ends last, where that is after `after`; soonest first.
   * When such a token ends, the connection ends with it.
   */
  lastOfEach(after: string): Promise<readonly Pick<TokenRecord, 'tenantId' | 'id' | 'audience' | 'expiresAt'>[]>;
  /** Notes the use, at most once a minute. */
  touch(tenantId: string, id: string, at: string): Promise<void>;
}

/** What the API and the command line do with tokens. Throws DomainError `request.invalid`, `not_found`, `conflict`. */
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
  /** Throws `conflict` for the token that asks: nobody locks himself out. Pausing what is paused changes nothing. */
  pause(by: Principal, id: string): Promise<TokenRecord>;
  resume(by: Principal, id: string): Promise<TokenRecord>;
  list(tenantId: string, after: string | null, limit: number): Promise<readonly TokenRecord[]>;
}
