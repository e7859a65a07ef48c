import { type Call, objectBody, type Refusal, type Reply, restError, type Route } from './exchange.ts';
import type { Token } from './model.ts';
import type { Org } from './org.ts';

/** What an app needs to begin with OAuth, as after a consent in the browser. */
export interface Grant {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Good for one exchange at the token endpoint. */
  readonly code: string;
  readonly refreshToken: string;
}

const CODE_LIFE_MS = 10 * 60_000;
const invalid = (message: string): Refusal => restError('validation_error', message);

/** Token endpoint, token information, uninstall (Drift API notes 1.3, 2.9). */
export function oauthRoutes(org: Org): readonly Route[] {
  return [
    { method: 'POST', path: '/oauth2/token', open: true, handle: (call) => exchange(org, call) },
    { method: 'POST', path: '/app/token_info', handle: (call) => tokenInfo(org, call) },
    { method: 'POST', path: '/app/uninstall', handle: (call) => uninstall(org, call) },
  ];
}

/** Issues a token; its scopes are those of the settings now and never change (Drift API notes 1.2). */
export function issue(
  org: Org,
  kind: Token['kind'],
  lifeMs: number,
  now: number,
  scopes = org.settings().scopes,
): Token {
  const token: Token = {
    token: `sim-${kind}-${org.secret(24)}`,
    kind,
    scopes,
    credentialId: Number(org.store.next('credential', 50_001n, 1n)),
    createdAt: now,
    expiresAt: lifeMs === 0 ? 0 : now + lifeMs,
    state: 'live',
  };
  org.store.tokens.put(token.token, token, now);
  return token;
}

/** The token behind a text, if it is good for API calls now. */
export function goodBearer(org: Org, text: string, now: number): Token | undefined {
  const token = org.store.tokens.latest(text);
  return token !== undefined && isGood(token, now) && (token.kind === 'private' || token.kind === 'access')
    ? token
    : undefined;
}

function isGood(token: Token, now: number): boolean {
  return token.state === 'live' && (token.expiresAt === 0 || now < token.expiresAt);
}

export function revoke(org: Org, which: (token: Token) => boolean, now: number): void {
  for (const token of [...org.store.tokens.all()]) {
    if (token.state === 'live' && which(token)) org.store.tokens.put(token.token, { ...token, state: 'revoked' }, now);
  }
}

export function grant(org: Org, now: number): Grant {
  return {
    clientId: org.clientId,
    clientSecret: org.clientSecret,
    code: issue(org, 'code', CODE_LIFE_MS, now).token,
    refreshToken: issue(org, 'refresh', 0, now).token,
  };
}

/** Dialect A (form, snake case) and B (JSON, camel case); the answer follows the dialect. The error body is assumed. */
function exchange(org: Org, call: Call): Reply {
  const camel = call.body.kind === 'json';
  const fields: Readonly<Record<string, unknown>> =
    call.body.kind === 'form' ? call.body.value : objectBody(call, invalid);
  const field = (snake: string, camelCase: string): string => {
    const value = fields[camel ? camelCase : snake];
    if (typeof value !== 'string' || value === '') throw invalid(`${camel ? camelCase : snake} is required`);
    return value;
  };
  const grantType = field('grant_type', 'grantType');
  if (field('client_id', 'clientId') !== org.clientId || field('client_secret', 'clientSecret') !== org.clientSecret) {
    throw restError('authentication_error', 'The client credentials are invalid', 401);
  }
  let spent: Token;
  if (grantType === 'authorization_code') {
    spent = redeemable(org, field('code', 'code'), 'code', call.now);
    org.store.tokens.put(spent.token, { ...spent, state: 'used' }, call.now);
  } else if (grantType === 'refresh_token') {
    spent = redeemable(org, field('refresh_token', 'refreshToken'), 'refresh', call.now);
    if (org.settings().oauthRefresh === 'rotating') {
      org.store.tokens.put(spent.token, { ...spent, state: 'used' }, call.now);
    }
  } else {
    throw invalid('the grant type must be authorization_code or refresh_token');
  }
  const seconds = org.settings().accessTokenSeconds;
  const access = issue(org, 'access', seconds * 1000, call.now, [...spent.scopes]);
  const refresh = issue(org, 'refresh', 0, call.now, [...spent.scopes]);
  const body = camel
    ? { accessToken: access.token, refreshToken: refresh.token, orgId: org.orgId, expiresIn: seconds }
    : { access_token: access.token, refresh_token: refresh.token, orgId: org.orgId, expires_in: seconds };
  return { status: 200, body, effect: { kind: 'oauth.token', id: String(access.credentialId) } };
}

function redeemable(org: Org, text: string, kind: Token['kind'], now: number): Token {
  const token = org.store.tokens.latest(text);
  if (token?.kind !== kind || !isGood(token, now)) {
    throw invalid(`the ${kind === 'code' ? 'code' : 'refresh token'} is invalid, expired or already used`);
  }
  return token;
}

/** Milliseconds here, seconds at the token endpoint: Drift's own unit trap (Drift API notes 2.9). */
function tokenInfo(org: Org, call: Call): Reply {
  const body = objectBody(call, invalid);
  const text = body['access_token'] ?? body['accessToken'];
  const token = typeof text === 'string' ? goodBearer(org, text, call.now) : undefined;
  if (token === undefined) throw invalid('the inspected access_token is not known');
  return {
    status: 200,
    body: {
      access_token: token.token,
      authenticated_userid: `orgId:${org.orgId}`,
      credential_id: String(token.credentialId),
      token_type: 'bearer',
      expires_in: token.expiresAt === 0 ? 0 : token.expiresAt - call.now,
      created_at: token.createdAt,
      scope: token.scopes.join(' '),
      id: String(token.credentialId),
    },
  };
}

function uninstall(org: Org, call: Call): Reply {
  if (call.query.get('clientId') !== org.clientId || call.query.get('clientSecret') !== org.clientSecret) {
    throw restError('authentication_error', 'The client credentials are invalid');
  }
  if (call.token?.kind !== 'access') throw invalid('only public apps can be uninstalled here');
  revoke(org, (token) => token.kind !== 'private', call.now);
  org.raise({ type: 'app_disconnected', data: { orgId: org.orgId } });
  return { status: 200, body: { result: 'OK', ok: true }, effect: { kind: 'app.uninstall', id: org.clientId } };
}
