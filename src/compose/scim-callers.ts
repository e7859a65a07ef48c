import type { Authenticate } from '../auth/authenticate.ts';
import { REFUSALS } from '../auth/bearer.ts';
import { createFetchKeys } from '../auth/fetch-keys.ts';
import { createKeySet } from '../auth/jwks.ts';
import { createAuthenticateJwt, looksLikeJwt } from '../auth/jwt.ts';
import type { Config } from '../config.ts';
import type { Clock, Crypto, Log } from '../flows/ports.ts';
import type { Authenticate as ScimAuthenticate, CheckToken } from '../scim/facade/auth.ts';
import { DEFAULT_TENANT, type Tenants } from '../storage/tenants.ts';

/** Who may call /scim/v2: tokens of the bridge, and access tokens of the issuer that the settings name, if any. */
export function scimCallers(ports: {
  readonly authenticate: Authenticate;
  readonly settings: Config['scimJwt'];
  readonly tenants: Pick<Tenants, 'get'>;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly log: Log;
}): ScimAuthenticate {
  const { authenticate, settings, tenants, clock, crypto, log } = ports;
  const token: CheckToken = async (text) => {
    const answer = await authenticate(text, 'scim');
    return answer.ok ? answer.principal : { refused: REFUSALS[answer.reason] };
  };
  if (settings === undefined) return token;

  const authenticateJwt = createAuthenticateJwt({
    settings: { ...settings, defaultTenant: DEFAULT_TENANT },
    keys: createKeySet({ fetchKeys: createFetchKeys(settings.jwksUrl), clock, log }),
    clock,
    crypto,
    tenantState: async (tenantId) => (await tenants.get(tenantId))?.state ?? null,
  });
  const jwt: CheckToken = async (text) => {
    // What is no JWT was judged as a token of ours, and that judgement stands.
    if (!looksLikeJwt(text)) return null;
    const answer = await authenticateJwt(text);
    if (answer.ok) return answer.principal;
    if (answer.reason === 'refused') return { refused: answer.because };
    return { retryAfterSeconds: answer.retryAfterSeconds };
  };
  return { token, jwt };
}
