import type { Request, Response } from 'express';
import passport from 'passport';
import { DomainError } from '../core/errors.ts';
import type { Principal } from '../flows/principal.ts';
import type { TokenAudience } from '../flows/token-port.ts';
import type { Authenticate, RefusalReason } from './authenticate.ts';

/** Proves who asks, or throws DomainError `auth.required`. */
export type Bearer = (request: Request, response: Response) => Promise<Principal>;

/** RFC 6750 section 2.1; the scheme's case does not count (RFC 9110 section 11.1). */
const HEADER = /^Bearer +([\x21-\x7e]+) *$/i;
const MOST_HEADER = 8192;

export const REFUSALS: Readonly<Record<RefusalReason, string>> = {
  malformed: 'The bearer token is not one of ours: it is damaged, or of another system.',
  unknown: 'The bearer token is not known here.',
  expired: 'The bearer token has expired; rotate it, or have a new one made.',
  revoked: 'The bearer token was revoked.',
  audience: 'The bearer token is for another part of the bridge: SCIM tokens work at /scim, API tokens at /api.',
};

/** Takes the token from the Authorization header only: never from the address or the body, which end up in logs. */
class BearerStrategy extends passport.Strategy {
  // No #private fields: passport runs each request on an object that only inherits from this one.
  private readonly verify: (token: string) => ReturnType<Authenticate>;

  constructor(verify: (token: string) => ReturnType<Authenticate>) {
    super();
    this.verify = verify;
  }

  override authenticate(request: Request): void {
    if (isGivenTwice(request)) {
      this.fail('Send one Authorization header.', 401);
      return;
    }
    const header = request.headers.authorization;
    if (header === undefined) {
      this.fail('Send the token as "Authorization: Bearer …".', 401);
      return;
    }
    const token = header.length > MOST_HEADER ? undefined : HEADER.exec(header)?.[1];
    if (token === undefined) {
      this.fail('The Authorization header is not "Bearer" and a token.', 401);
      return;
    }
    this.verify(token).then(
      (answer) => {
        if (answer.ok) this.success(answer.principal);
        else this.fail(REFUSALS[answer.reason], 401);
      },
      (error: unknown) => this.error(error),
    );
  }
}

/** Of two headers node keeps the first; which one is meant is not for us to guess. */
function isGivenTwice({ rawHeaders }: Request): boolean {
  return rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'authorization').length > 1;
}

export function createBearer(ports: { readonly authenticate: Authenticate; readonly audience: TokenAudience }): Bearer {
  const authenticator = new passport.Authenticator();
  authenticator.use('bearer', new BearerStrategy((token) => ports.authenticate(token, ports.audience)));
  return (request, response) =>
    new Promise((resolve, reject) => {
      const decide = (error: unknown, principal: Principal | false | null | undefined, challenge: unknown): void => {
        if (error !== null && error !== undefined) reject(toError(error));
        else if (principal !== false && principal !== null && principal !== undefined) resolve(principal);
        else reject(new DomainError('auth.required', typeof challenge === 'string' ? challenge : 'A token is needed.'));
      };
      const strategy = authenticator.authenticate('bearer', { session: false }, decide) as (
        request: Request,
        response: Response,
        next: (error: unknown) => void,
      ) => void;
      strategy(request, response, (error) => reject(toError(error)));
    });
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error('authentication failed', { cause: error });
}
