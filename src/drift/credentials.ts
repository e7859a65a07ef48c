import { DomainError } from '../core/errors.ts';
import { type Conceal, createConcealment } from './concealment.ts';

/** SCIM may have a bearer of its own (Drift API notes 1.2). */
export type BearerKind = 'rest' | 'scim';

/** Where bearers come from: a private-app token, or an OAuth grant that renews itself. */
export interface DriftCredentials {
  /**
   * The bearer to use now. Throws DomainError `drift.unreachable` where it cannot be had now, `drift.credential_dead` where
   * Drift has confirmed that it is none: then nothing goes out until there are other credentials.
   */
  bearer(kind: BearerKind): Promise<string>;
  /** Drift has refused this bearer, and that is confirmed. True when there is another one to go on with. */
  refused(kind: BearerKind, bearer: string): Promise<boolean>;
  /** Takes these secrets out of what Drift says. */
  readonly conceal: Conceal;
}

/** What is remembered of a credential that Drift has refused for good, by all processes and over restarts. */
export interface Deaths {
  known(): Promise<boolean>;
  record(kind: BearerKind): Promise<void>;
}

export function deadCredential(): DomainError {
  return new DomainError(
    'drift.credential_dead',
    'Drift has refused the credential for good: nothing is sent until there are other credentials.',
  );
}

/** A private-app token: it does not expire, and once it is refused there is no other (Drift API notes 1.2). */
export function tokenCredentials(token: string, scimToken = token, deaths?: Deaths): DriftCredentials {
  for (const one of [token, scimToken]) {
    if (!isBearer(one)) {
      throw new DomainError(
        'drift.not_configured',
        'The Drift token is no token: 8 or more characters without blanks.',
      );
    }
  }
  return {
    conceal: createConcealment(token, scimToken),
    async bearer(kind) {
      if (await deaths?.known()) throw deadCredential();
      return kind === 'scim' ? scimToken : token;
    },
    async refused(kind) {
      await deaths?.record(kind);
      return false;
    },
  };
}

/** What can stand in an Authorization header, and is long enough to be a secret. */
export function isBearer(text: unknown): text is string {
  return typeof text === 'string' && /^[\x21-\x7e]{8,4096}$/.test(text);
}
