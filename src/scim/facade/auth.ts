import type { Request, RequestHandler } from 'express';
import passport from 'passport';
import { DomainError } from '../../core/errors.ts';
import type { Principal } from '../../flows/principal.ts';
import { errorBody } from './errors.ts';
import { jsonReply } from './reply.ts';

/** A plain sentence that says what is wrong with a token. */
export interface Refusal {
  readonly refused: string;
}

/** Whether the token is good cannot be told now: the keys of its issuer are out of reach. */
export interface Unavailable {
  readonly retryAfterSeconds: number;
}

/**
 * Who a token stands for; null where the text is no token of this kind, or nothing is to be said about it. Throws
 * DomainError `auth.paused` for a token or tenant that takes no requests now.
 */
export type CheckToken = (token: string) => Promise<Principal | Refusal | Unavailable | null>;

/** Tokens of the bridge; and where an issuer of access tokens (JWT) is trusted, those too, asked second. */
export type Authenticate = CheckToken | { readonly token: CheckToken; readonly jwt: CheckToken };

/** Longer ones are no tokens of anybody's. */
const TOKEN_LIMIT = 8192;
const CHALLENGE = 'Bearer realm="scim"';
const UNKNOWN = 'The token is not known here.';

class IssuerUnavailable extends Error {
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('the keys of the issuer are out of reach');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Bearer tokens in the header only, never in the query (RFC 6750 2.1, 2.3). */
class BearerStrategy extends passport.Strategy {
  override readonly name: string;
  /** No private field: passport calls strategies through objects that inherit from them. */
  readonly check: CheckToken;

  constructor(name: string, check: CheckToken) {
    super();
    this.name = name;
    this.check = check;
  }

  override authenticate(req: Request): void {
    const token = bearerToken(req);
    if (token === null) {
      this.fail(401);
      return;
    }
    if (token.length > TOKEN_LIMIT) {
      this.fail(`The token is longer than ${String(TOKEN_LIMIT)} characters.`, 401);
      return;
    }
    this.check(token).then(
      (answer) => {
        if (answer !== null && 'retryAfterSeconds' in answer) {
          this.error(new IssuerUnavailable(answer.retryAfterSeconds));
        } else if (answer !== null && 'audience' in answer && answer.audience === 'scim') {
          this.success(answer);
        } else if (answer !== null && 'refused' in answer) {
          this.fail(answer.refused, 401);
        } else {
          this.fail(401);
        }
      },
      (error: unknown) => this.error(error),
    );
  }
}

function bearerToken(req: Request): string | null {
  const header = req.headers.authorization;
  if (header === undefined || isGivenTwice(req) || header.slice(0, 7).toLowerCase() !== 'bearer ') return null;
  const token = header.slice(7).trim();
  return token === '' ? null : token;
}

/** Of two headers node keeps the first; which one is meant is not for us to guess. */
function isGivenTwice({ rawHeaders }: Request): boolean {
  let times = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === NAME.length && name.toLowerCase() === NAME) times += 1;
  }
  return times > 1;
}

const NAME = 'authorization';

const PRINCIPAL = Symbol('principal');
type Proven = Request & { [PRINCIPAL]?: Principal };

/** The caller, once `createAuthentication` let it through. */
export function principalOf(req: Proven): Principal {
  const principal = req[PRINCIPAL];
  if (principal === undefined) throw new DomainError('auth.required', 'A bearer token is required.');
  return principal;
}

/** The same, for whoever asks also of requests that were refused. */
export function callerOf(req: Proven): Principal | undefined {
  return req[PRINCIPAL];
}

/** The text of the token that came with it; null where none did, or none that could be anybody's. */
export function tokenOf(req: Request): string | null {
  const token = bearerToken(req);
  return token === null || token.length > TOKEN_LIMIT ? null : token;
}

export function createAuthentication(authenticate: Authenticate): RequestHandler {
  const authenticator = new passport.Passport();
  const checks = typeof authenticate === 'function' ? { bearer: authenticate } : authenticate;
  for (const [name, check] of Object.entries(checks)) authenticator.use(new BearerStrategy(name, check));
  const names = Object.keys(checks);
  return (req, res, next) => {
    const decide = (error: unknown, user: Express.User | false | null | undefined, challenges: unknown): void => {
      if (error instanceof IssuerUnavailable) {
        // Not 401: an IdP that is told so may give up a token that is good.
        const { status, body } = errorBody(503, 'The keys of the token issuer are out of reach; try again later.');
        res.json(jsonReply(status, body, { 'Retry-After': String(error.retryAfterSeconds) }));
      } else if (error !== null && error !== undefined) {
        next(error);
      } else if (user === false || user === null || user === undefined) {
        const why = [challenges].flat().findLast((challenge) => typeof challenge === 'string') ?? UNKNOWN;
        const gaveNone = bearerToken(req) === null;
        res.setHeader('WWW-Authenticate', gaveNone ? CHALLENGE : invalidToken(why));
        next(new DomainError('auth.required', gaveNone ? 'A bearer token is required.' : why));
      } else {
        (req as Proven)[PRINCIPAL] = user as Principal;
        next();
      }
    };
    const handler = authenticator.authenticate(names, { session: false }, decide) as RequestHandler;
    void handler(req, res, next);
  };
}

/** RFC 6750 3: nothing but printable ASCII, without quotes and backslashes, may stand in the description. */
function invalidToken(why: string): string {
  return `${CHALLENGE}, error="invalid_token", error_description="${why.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "'")}"`;
}

/** Reading needs `scim:read`, everything else `scim:write` (RFC 6750 3.1: insufficient_scope). */
export function requireScope(reads: (req: Request) => boolean): RequestHandler {
  return (req, res, next) => {
    const scope = reads(req) ? 'scim:read' : 'scim:write';
    if (principalOf(req).scopes.includes(scope)) {
      next();
      return;
    }
    res.setHeader('WWW-Authenticate', `${CHALLENGE}, error="insufficient_scope", scope="${scope}"`);
    next(new DomainError('auth.scope', `The token lacks the scope ${scope}.`));
  };
}
