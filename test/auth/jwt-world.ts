import { createFetchKeys } from '../../src/auth/fetch-keys.ts';
import { createKeySet } from '../../src/auth/jwks.ts';
import { type AuthenticateJwt, type JwtSettings, createAuthenticateJwt } from '../../src/auth/jwt.ts';
import { createCrypto } from '../../src/storage/node-crypto.ts';
import { type TestClock, testClock } from '../api/world.ts';
import { type Json, type KeyServer, type Pair, compact, ecPair, edPair, rsaPair, startKeyServer } from './issuer.ts';

export const ISSUER = 'https://issuer.example.com/';
export const AUDIENCE = 'api://bridge';

export const SETTINGS: JwtSettings = {
  issuer: ISSUER,
  audience: AUDIENCE,
  tenantClaim: 'tid',
  tenants: new Map([
    ['contoso', 'acme'],
    ['fabrikam', 'gone'],
    ['resting', 'paused'],
  ]),
  defaultTenant: 'default',
  defaultScopes: [],
};

export interface JwtWorld {
  readonly clock: TestClock;
  readonly server: KeyServer;
  readonly keys: { readonly rsa: Pair; readonly pss: Pair; readonly ec: Pair; readonly ed: Pair };
  readonly authenticate: AuthenticateJwt;
  /** Seconds since 1970 on the clock. */
  seconds(): number;
  /** Claims of a good token, changed; undefined takes one away. */
  claims(change?: Json): Json;
  /** A good token of the issuer, changed. */
  token(change?: Json, header?: Json, by?: Pair): string;
  close(): Promise<void>;
}

export async function jwtWorld(
  options: { readonly settings?: Partial<JwtSettings>; readonly extraKeys?: readonly Json[] } = {},
): Promise<JwtWorld> {
  const clock = testClock();
  const keys = { rsa: rsaPair('rsa-1'), pss: rsaPair('pss-1', 'PS256'), ec: ecPair('ec-1'), ed: edPair('ed-1') };
  const own = [keys.rsa.jwk, { ...keys.pss.jwk, alg: 'PS256' }, keys.ec.jwk, keys.ed.jwk];
  const server = await startKeyServer([...own, ...(options.extraKeys ?? [])]);
  const seconds = (): number => Math.floor(Date.parse(clock.now()) / 1000);
  const claims = (change: Json = {}): Json => ({
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'service-principal-1',
    azp: 'client-1',
    tid: 'contoso',
    scp: 'scim:read scim:write',
    iat: seconds(),
    nbf: seconds(),
    exp: seconds() + 3600,
    ...change,
  });
  return {
    clock,
    server,
    keys,
    seconds,
    claims,
    token: (change = {}, header = {}, by = keys.rsa) =>
      compact({ alg: by.alg, typ: 'at+jwt', kid: by.kid, ...header }, claims(change), by.alg, by.privateKey),
    authenticate: createAuthenticateJwt({
      settings: { ...SETTINGS, ...options.settings },
      keys: createKeySet({ fetchKeys: createFetchKeys(server.url), clock, log: () => undefined }),
      clock,
      crypto: createCrypto({ pepper: new Uint8Array(32).fill(3) }),
      tenantState: async (id) => (id === 'acme' || id === 'default' ? 'active' : id === 'paused' ? 'paused' : null),
    }),
    close: () => server.close(),
  };
}
