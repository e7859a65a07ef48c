import { errors, jwtVerify } from 'jose';
import { DomainError } from '../core/errors.ts';
import type { Clock, Crypto } from '../flows/ports.ts';
import type { Principal } from '../flows/principal.ts';
import { TENANT_PAUSED } from './authenticate.ts';
import { type JwtAlgorithm, JWT_ALGORITHMS, type KeySet } from './jwks.ts';
import { SCIM_SCOPES } from './scopes.ts';
import { type JsonObject, decodeSegment, parseSegment } from './strict-json.ts';

export interface JwtSettings {
  /** Exactly as in `iss`. */
  readonly issuer: string;
  readonly audience: string;
  /** Absent: every token belongs to `defaultTenant`. */
  readonly tenantClaim?: string;
  /** Value of that claim -> tenant id. */
  readonly tenants: ReadonlyMap<string, string>;
  readonly defaultTenant: string;
  /** What a token may do that has no claim of scopes at all. */
  readonly defaultScopes: readonly string[];
}

export type JwtAuthentication =
  | { readonly ok: true; readonly principal: Principal }
  /** `because` is a plain sentence that tells nothing but what the token itself says. */
  | { readonly ok: false; readonly reason: 'refused'; readonly because: string }
  /** The issuer's keys cannot be had: the token may be good. */
  | { readonly ok: false; readonly reason: 'unavailable'; readonly retryAfterSeconds: number };

/** Throws DomainError `auth.paused` for a tenant that takes no requests now. */
export type AuthenticateJwt = (token: string) => Promise<JwtAuthentication>;

/** In characters, all of them ASCII; measured before anything is decoded. */
export const MOST_JWT = 8192;
const TOLERANCE_SECONDS = 60;
const MOST_AGE_SECONDS = 24 * 3600;
const MOST_NAME = 512;

/** RFC 9068 2.1; Entra and others set `JWT` or nothing. */
const TYPES: ReadonlySet<unknown> = new Set([undefined, 'jwt', 'application/jwt', 'at+jwt', 'application/at+jwt']);
/** Claims of an ID token (OpenID Connect Core 2, 3.3.2.11) and of a logout or event token (RFC 8417 2.2). */
const OF_OTHER_TOKENS = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events'] as const;
/** Claims that only access tokens have. `azp` is not among them: ID tokens have it too. */
const OF_ACCESS_TOKENS = ['scope', 'scp', 'roles', 'client_id', 'cid', 'appid', 'appidacr', 'azpacr'] as const;
const CLIENT_CLAIMS = ['client_id', 'cid', 'appid', 'azp'] as const;
const SCOPE_CLAIMS = ['scope', 'scp', 'roles'] as const;

/** Whether the text means to be a JWT (RFC 7519 3), good or not: parts with dots between them, the first one an object. */
export function looksLikeJwt(text: string): boolean {
  return text.startsWith('ey') && text.includes('.');
}

/**
 * Access tokens of one issuer (RFC 9068, RFC 8725). The key comes from the issuer's configured set and from nowhere else:
 * `jku`, `x5u`, `jwk` and `x5c` of a token are not read.
 */
export function createAuthenticateJwt(ports: {
  readonly settings: JwtSettings;
  readonly keys: KeySet;
  readonly clock: Pick<Clock, 'now'>;
  readonly crypto: Pick<Crypto, 'keyedHash'>;
  readonly tenantState: (tenantId: string) => Promise<'active' | 'paused' | null>;
}): AuthenticateJwt {
  const { settings, keys, clock } = ports;

  return async (token) => {
    const read = readToken(token);
    if (typeof read === 'string') return refused(read);
    const { header, claims } = read;
    const wrong = headerProblem(header) ?? kindProblem(header, claims);
    if (wrong !== null) return refused(wrong);
    // Before a key is looked for: what is not of our issuer costs its key server nothing.
    if (claims['iss'] !== settings.issuer) return refused('The access token is of another issuer.');

    const kid = header['kid'] as string | undefined;
    const found = await keys.find(header['alg'] as JwtAlgorithm, kid);
    if (found.kind === 'unavailable') {
      return { ok: false, reason: 'unavailable', retryAfterSeconds: found.retryAfterSeconds };
    }
    if (found.kind === 'unknown')
      return refused('The access token is signed with a key that its issuer does not name.');
    try {
      await jwtVerify(token, found.key, {
        algorithms: [...JWT_ALGORITHMS],
        issuer: settings.issuer,
        audience: settings.audience,
        requiredClaims: ['exp', 'iat'],
        clockTolerance: TOLERANCE_SECONDS,
        maxTokenAge: MOST_AGE_SECONDS,
        currentDate: new Date(clock.now()),
      });
    } catch (error) {
      return refused(reasonOf(error));
    }
    return principalOf(claims);
  };

  async function principalOf(claims: JsonObject): Promise<JwtAuthentication> {
    const subject = CLIENT_CLAIMS.map((name) => nameIn(claims, name)).find(isPresent) ?? nameIn(claims, 'sub');
    if (subject === undefined) return refused('The access token names neither a client nor a subject.');
    const tenantId = tenantOf(claims);
    const state = tenantId === undefined ? null : await ports.tenantState(tenantId);
    if (tenantId === undefined || state === null)
      return refused('The access token belongs to no tenant of this service.');
    if (state === 'paused') throw new DomainError('auth.paused', TENANT_PAUSED);
    const hash = ports.crypto.keyedHash(tenantId, `jwt|${settings.issuer}|${subject}`);
    return {
      ok: true,
      principal: {
        tenantId,
        tokenId: `jwt:${hash.slice(0, 24)}`,
        subject,
        audience: 'scim',
        scopes: scopesOf(claims),
      },
    };
  }

  function tenantOf(claims: JsonObject): string | undefined {
    if (settings.tenantClaim === undefined) return settings.defaultTenant;
    const value = own(claims, settings.tenantClaim);
    return typeof value === 'string' ? settings.tenants.get(value) : undefined;
  }

  /** Of all three claims together; a claim that is there and names nothing of ours gives nothing. */
  function scopesOf(claims: JsonObject): readonly string[] {
    const given = SCOPE_CLAIMS.map((name) => own(claims, name)).filter((value) => value !== undefined);
    if (given.length === 0) return settings.defaultScopes;
    const words = new Set(
      given.flatMap((value): readonly unknown[] => (typeof value === 'string' ? value.split(' ') : [value].flat())),
    );
    return SCIM_SCOPES.filter((scope) => words.has(scope));
  }
}

function refused(because: string): JwtAuthentication {
  return { ok: false, reason: 'refused', because };
}

function readToken(token: string): { readonly header: JsonObject; readonly claims: JsonObject } | string {
  if (token.length > MOST_JWT) return `The access token is longer than ${String(MOST_JWT)} characters.`;
  const segments = token.split('.');
  if (segments.length === 5) return 'The access token is encrypted; only signed ones are taken.';
  const [first, second, third] = segments;
  if (segments.length !== 3 || first === undefined || second === undefined || third === undefined) {
    return 'The access token is no signed JWT.';
  }
  const header = parseSegment(first);
  const claims = parseSegment(second);
  // One spelling of a signature: stray bits at its end would make another text of the same token.
  if (header === null || claims === null || third === '' || decodeSegment(third) === null) {
    return 'The access token is damaged: its parts are not base64url, UTF-8 and JSON with each name once.';
  }
  return { header, claims };
}

function headerProblem(header: JsonObject): string | null {
  const { alg, typ, kid } = header;
  if (!JWT_ALGORITHMS.some((name) => name === alg)) {
    return `The access token is not signed with one of ${JWT_ALGORITHMS.join(', ')}.`;
  }
  if (!TYPES.has(typeof typ === 'string' ? typ.toLowerCase() : typ)) return 'The token is not an access token.';
  for (const name of ['crit', 'b64', 'enc', 'zip']) {
    if (name in header) return `The access token has the header ${name}, which is not taken here.`;
  }
  if (kid !== undefined && typeof kid !== 'string') return 'The kid of the access token is no text.';
  return null;
}

/**
 * Which kind of token it is. `at+jwt` says so itself (RFC 9068 2.1); any other must have a claim that only access tokens
 * have, and none that only other tokens have. Keycloak and Cognito also write the kind into a claim. A token that is bound
 * to a key of its client (RFC 9449, RFC 8705) is no bearer token: without the proof it may be stolen.
 */
function kindProblem(header: JsonObject, claims: JsonObject): string | null {
  const notAccess = 'The token is not an access token; an ID token is not taken.';
  if (own(claims, 'cnf') !== undefined) return 'The access token is bound to a key; only bearer tokens are taken.';
  if (OF_OTHER_TOKENS.some((name) => own(claims, name) !== undefined)) return notAccess;
  const typ = own(claims, 'typ');
  if (typ !== undefined && !(typeof typ === 'string' && typ.toLowerCase() === 'bearer')) return notAccess;
  const use = own(claims, 'token_use');
  if (use !== undefined && use !== 'access') return notAccess;
  const declared = typeof header['typ'] === 'string' && header['typ'].toLowerCase().endsWith('at+jwt');
  return declared || OF_ACCESS_TOKENS.some((name) => own(claims, name) !== undefined) ? null : notAccess;
}

/** What may be told: the claims are the sender's own. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) {
    return error.claim === 'iat' ? 'The access token is older than 24 hours.' : 'The access token has expired.';
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return 'The access token is for another audience.';
    return error.reason === 'missing'
      ? `The access token lacks the claim ${error.claim}.`
      : `The claim ${error.claim} of the access token is not acceptable.`;
  }
  return 'The signature of the access token does not verify.';
}

function own(claims: JsonObject, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

function nameIn(claims: JsonObject, name: string): string | undefined {
  const value = own(claims, name);
  return typeof value === 'string' && value !== '' && value.length <= MOST_NAME ? value : undefined;
}

function isPresent<T>(value: T | undefined): value is T {
  return value !== undefined;
}
