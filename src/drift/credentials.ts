import { DomainError } from '../core/errors.ts';

/** SCIM may have a bearer of its own (Drift API notes 1.2). */
export type BearerKind = 'rest' | 'scim';

/** Where bearers come from: a private-app token, or an OAuth grant that renews itself. */
export interface DriftCredentials {
  /** The bearer to use now. Throws DomainError `drift.unreachable` where it cannot be had. */
  bearer(kind: BearerKind): Promise<string>;
  /** Drift has refused the bearer, and that is confirmed. True when there is a new one to go on with. */
  refused(kind: BearerKind): Promise<boolean>;
}

/** A private-app token: it does not expire, and once it is refused there is no other (Drift API notes 1.2). */
export function tokenCredentials(token: string, scimToken = token): DriftCredentials {
  for (const one of [token, scimToken]) {
    if (!/^[\x21-\x7e]{8,4096}$/.test(one)) {
      throw new DomainError(
        'drift.not_configured',
        'The Drift token is no token: 8 or more characters without blanks.',
      );
    }
  }
  return {
    bearer: async (kind) => (kind === 'scim' ? scimToken : token),
    refused: async () => false,
  };
}
