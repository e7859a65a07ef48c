import type { Request, RequestHandler } from 'express';
import passport from 'passport';
import { DomainError } from '../../core/errors.ts';
import type { Principal } from '../../flows/principal.ts';

/** Who a token stands for, or null. Throws DomainError `auth.paused` for a tenant that takes no requests now. */
export type Authenticate = (token: string) => Promise<Principal | null>;

/** Longer ones are no tokens of anybody's. */
const TOKEN_LIMIT = 8192;

/** Bearer tokens in the header only, never in the query (RFC 6750 2.1, 2.3). */
class BearerStrategy extends passport.Strategy {
  override readonly name = 'bearer';
  /** No private field: passport calls strategies through objects that inherit from them. */
  readonly verify: Authenticate;

  constructor(verify: Authenticate) {
    super();
    this.verify = verify;
  }

  override authenticate(req: Request): void {
    const token = bearerToken(req.headers.authorization);
    if (token === null) {
      this.fail('Bearer realm="scim"', 401);
      return;
    }
    this.verify(token).then(
      (principal) => {
        if (principal?.audience === 'scim') this.success(principal);
        else this.fail('Bearer realm="scim", error="invalid_token"', 401);
      },
      (error: unknown) => this.error(error),
    );
  }
}

function bearerToken(header: string | undefined): string | null {
  if (header === undefined || header.slice(0, 7).toLowerCase() !== 'bearer ') return null;
  const token = header.slice(7).trim();
  return token === '' || token.length > TOKEN_LIMIT ? null : token;
}

const principals = new WeakMap<Request, Principal>();

/** The caller, once `createAuthentication` let it through. */
export function principalOf(req: Request): Principal {
  const principal = principals.get(req);
  if (principal === undefined) throw new DomainError('auth.required', 'A bearer token is required.');
  return principal;
}

export function createAuthentication(authenticate: Authenticate): RequestHandler {
  const authenticator = new passport.Passport();
  authenticator.use(new BearerStrategy(authenticate));
  return (req, res, next) => {
    const decide = (error: unknown, user: Express.User | false | null | undefined, challenge: unknown): void => {
      if (error !== null && error !== undefined) {
        next(error);
      } else if (user === false || user === null || user === undefined) {
        res.setHeader('WWW-Authenticate', typeof challenge === 'string' ? challenge : 'Bearer realm="scim"');
        next(new DomainError('auth.required', 'A valid bearer token is required.'));
      } else {
        principals.set(req, user as Principal);
        next();
      }
    };
    const handler = authenticator.authenticate('bearer', { session: false }, decide) as RequestHandler;
    void handler(req, res, next);
  };
}

/** Reading needs `scim:read`, everything else `scim:write` (RFC 6750 3.1: insufficient_scope). */
export function requireScope(reads: (req: Request) => boolean): RequestHandler {
  return (req, res, next) => {
    const scope = reads(req) ? 'scim:read' : 'scim:write';
    if (principalOf(req).scopes.includes(scope)) {
      next();
      return;
    }
    res.setHeader('WWW-Authenticate', `Bearer realm="scim", error="insufficient_scope", scope="${scope}"`);
    next(new DomainError('auth.scope', `The token lacks the scope ${scope}.`));
  };
}
