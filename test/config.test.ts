import { describe, expect, it } from '@jest/globals';
import { type Env, describeConfig, loadClient, loadConfig } from '../src/config.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const PEPPER = Buffer.alloc(32, 9).toString('base64');
const POSTGRES = { DATABASE_URL: 'postgres://db/bridge', BRIDGE_SECRET_KEY: KEY, BRIDGE_TOKEN_PEPPER: PEPPER };
const BASE = 'https://driftapi.com';
const DRIFT = { DRIFT_TOKEN: 'drift-token' };
const OAUTH = { DRIFT_CLIENT_ID: 'i', DRIFT_CLIENT_SECRET: 'secret-1', DRIFT_REFRESH_TOKEN: 'refresh1' };
const JWT = {
  SCIM_JWT_ISSUER: 'https://issuer.example.com/',
  SCIM_JWT_AUDIENCE: 'api://bridge',
  SCIM_JWKS_URL: 'https://issuer.example.com/keys?appid=7',
};

/** What is unsafe or impossible, which variable is named for it, and a word of the reason. */
const REFUSED: readonly (readonly [string, Env, string, RegExp])[] = [
  ['a port that is no number', { PORT: 'http' }, 'PORT', /whole number/],
  ['a port out of range', { PORT: '65536' }, 'PORT', /from 1 to 65535/],
  ['a host with a port', { HOST: 'http://0.0.0.0' }, 'HOST', /IP address or a host name/],
  ['a public host without its address', { HOST: '0.0.0.0', ...DRIFT }, 'BRIDGE_PUBLIC_URL', /required when HOST/],
  ['a public address that is none', { BRIDGE_PUBLIC_URL: 'bridge.example.com' }, 'BRIDGE_PUBLIC_URL', /absolute/],
  ['a public address with a query', { BRIDGE_PUBLIC_URL: 'https://b.example.com/?a=1' }, 'BRIDGE_PUBLIC_URL', /query/],
  ['a short admin token', { BRIDGE_ADMIN_TOKEN: 'a'.repeat(31) }, 'BRIDGE_ADMIN_TOKEN', /32 characters/],
  ['an admin token with a space', { BRIDGE_ADMIN_TOKEN: `${'a'.repeat(31)} b` }, 'BRIDGE_ADMIN_TOKEN', /ASCII/],
  ['a short SCIM token', { BRIDGE_SCIM_TOKEN: 'secret' }, 'BRIDGE_SCIM_TOKEN', /32 characters/],
  [
    'one token for both',
    { BRIDGE_ADMIN_TOKEN: 'a'.repeat(32), BRIDGE_SCIM_TOKEN: 'a'.repeat(32) },
    'BRIDGE_SCIM_TOKEN',
    /same as BRIDGE_ADMIN_TOKEN/,
  ],
  [
    'a short key',
    { BRIDGE_SECRET_KEY: Buffer.alloc(16, 1).toString('base64') },
    'BRIDGE_SECRET_KEY',
    /32 random bytes/,
  ],
  [
    'a key of zeros',
    { BRIDGE_SECRET_KEY: Buffer.alloc(32).toString('base64') },
    'BRIDGE_SECRET_KEY',
    /32 random bytes/,
  ],
  ['a pepper that is no base64', { BRIDGE_TOKEN_PEPPER: 'z'.repeat(31) + '!' }, 'BRIDGE_TOKEN_PEPPER', /base64/],
  [
    'one key for both',
    { BRIDGE_SECRET_KEY: KEY, BRIDGE_TOKEN_PEPPER: KEY },
    'BRIDGE_TOKEN_PEPPER',
    /same as BRIDGE_SECRET_KEY/,
  ],
  ['a database that is not PostgreSQL', { ...POSTGRES, DATABASE_URL: 'mysql://db' }, 'DATABASE_URL', /postgres:/],
  [
    'PostgreSQL without the secret key',
    { DATABASE_URL: 'postgres://db', BRIDGE_TOKEN_PEPPER: PEPPER },
    'BRIDGE_SECRET_KEY',
    /required with DATABASE_URL/,
  ],
  [
    'PostgreSQL without the pepper',
    { DATABASE_URL: 'postgres://db', BRIDGE_SECRET_KEY: KEY },
    'BRIDGE_TOKEN_PEPPER',
    /required with DATABASE_URL/,
  ],
  ['a web process on SQLite', { BRIDGE_MODE: 'web' }, 'BRIDGE_MODE', /needs DATABASE_URL/],
  ['a worker on SQLite', { BRIDGE_MODE: 'worker' }, 'BRIDGE_MODE', /needs DATABASE_URL/],
  ['an unknown mode', { BRIDGE_MODE: 'both' }, 'BRIDGE_MODE', /"all"\|"web"\|"worker"/],
  [
    'a web process with the secret key',
    { ...POSTGRES, BRIDGE_MODE: 'web' },
    'BRIDGE_SECRET_KEY',
    /not be given to a web/,
  ],
  ['an unknown log level', { BRIDGE_LOG_LEVEL: 'loud' }, 'BRIDGE_LOG_LEVEL', /must be/],
  ['Drift without TLS', { ...DRIFT, DRIFT_BASE_URL: 'http://driftapi.com' }, 'DRIFT_BASE_URL', /only for loopback/],
  [
    'Drift without TLS at a name that only looks local',
    { ...DRIFT, DRIFT_BASE_URL: 'http://127.0.0.1.example.com' },
    'DRIFT_BASE_URL',
    /only for loopback/,
  ],
  [
    'a Drift address with a password',
    { ...DRIFT, DRIFT_BASE_URL: 'https://a:b@example.com' },
    'DRIFT_BASE_URL',
    /password/,
  ],
  ['a Drift address of another scheme', { ...DRIFT, DRIFT_BASE_URL: 'ftp://driftapi.com' }, 'DRIFT_BASE_URL', /http/],
  [
    'a Drift address without a token',
    { DRIFT_BASE_URL: 'https://driftapi.com' },
    'DRIFT_BASE_URL',
    /without DRIFT_TOKEN/,
  ],
  ['an unknown SCIM path', { ...DRIFT, DRIFT_SCIM_PATH: '/scim/v3' }, 'DRIFT_SCIM_PATH', /must be/],
  [
    'half an OAuth client',
    { DRIFT_CLIENT_ID: 'id', DRIFT_CLIENT_SECRET: 'secret-1' },
    'DRIFT_REFRESH_TOKEN',
    /is missing/,
  ],
  ['two ways to sign in to Drift', { ...DRIFT, ...OAUTH }, 'DRIFT_TOKEN', /not both/],
  ['a SCIM token for Drift alone', { DRIFT_SCIM_TOKEN: 'scim-token' }, 'DRIFT_SCIM_TOKEN', /without DRIFT_TOKEN/],
  ['a token with a line break', { DRIFT_TOKEN: 'a\nb' }, 'DRIFT_TOKEN', /ASCII/],
  ['no calls at all', { ...DRIFT, DRIFT_RATE_PER_MINUTE: '0' }, 'DRIFT_RATE_PER_MINUTE', /from 1 to 6000/],
  ['a flood of calls', { ...DRIFT, DRIFT_RATE_PER_MINUTE: '6001' }, 'DRIFT_RATE_PER_MINUTE', /from 1 to 6000/],
  ['a short rest with a real Drift', { ...DRIFT, DRIFT_SETTLE_MS: '450' }, 'DRIFT_SETTLE_MS', /60000 or more/],
  ['59999 ms of rest with it', { ...DRIFT, DRIFT_SETTLE_MS: '59999' }, 'DRIFT_SETTLE_MS', /60000 or more/],
  [
    'a short rest where a database may hold credentials',
    { ...POSTGRES, DRIFT_SETTLE_MS: '450' },
    'DRIFT_SETTLE_MS',
    /60000 or more/,
  ],
  ['a misspelled variable', { DRIFT_TOKN: 'x' }, 'DRIFT_TOKN', /not a setting/],
  ['a Drift token of 7 characters', { DRIFT_TOKEN: '1234567' }, 'DRIFT_TOKEN', /8 characters/],
  ['a SCIM token of 7 characters', { ...DRIFT, DRIFT_SCIM_TOKEN: '1234567' }, 'DRIFT_SCIM_TOKEN', /8 characters/],
  ['a Drift token of 4097 characters', { DRIFT_TOKEN: 'a'.repeat(4097) }, 'DRIFT_TOKEN', /longer than any/],
  ['a refresh token of 7 characters', { ...OAUTH, DRIFT_REFRESH_TOKEN: '1234567' }, 'DRIFT_REFRESH_TOKEN', /8 char/],
  ['a Drift address inside SCIM', { ...DRIFT, DRIFT_BASE_URL: `${BASE}/scim` }, 'DRIFT_BASE_URL', /inside the API/],
  ['a Drift address inside the users', { ...DRIFT, DRIFT_BASE_URL: `${BASE}/U-sers` }, 'DRIFT_BASE_URL', /inside/],
  ['a Drift address with parameters', { ...DRIFT, DRIFT_BASE_URL: `${BASE}/a;b` }, 'DRIFT_BASE_URL', /plain path/],
  ['a Drift address with an encoded slash', { ...DRIFT, DRIFT_BASE_URL: `${BASE}/a%2fb` }, 'DRIFT_BASE_URL', /plain/],
  ['a webhook token of 7 characters', { DRIFT_WEBHOOK_TOKENS: '1234567' }, 'DRIFT_WEBHOOK_TOKENS', /8 to 512/],
  ['a webhook token with a blank', { DRIFT_WEBHOOK_TOKENS: '1234 5678' }, 'DRIFT_WEBHOOK_TOKENS', /without blanks/],
  ['a webhook token of 513 characters', { DRIFT_WEBHOOK_TOKENS: 'a'.repeat(513) }, 'DRIFT_WEBHOOK_TOKENS', /8 to 512/],
  ['an empty webhook token', { DRIFT_WEBHOOK_TOKENS: '12345678,' }, 'DRIFT_WEBHOOK_TOKENS', /8 to 512/],
  ['three webhook tokens', { DRIFT_WEBHOOK_TOKENS: '12345678,a2345678,b2345678' }, 'DRIFT_WEBHOOK_TOKENS', /two while/],
  ['one webhook token twice', { DRIFT_WEBHOOK_TOKENS: '12345678,12345678' }, 'DRIFT_WEBHOOK_TOKENS', /twice/],
  ['a misspelled setting of access tokens', { SCIM_JWT_ISUER: 'x' }, 'SCIM_JWT_ISUER', /not a setting/],
  ['access tokens without an audience', { ...JWT, SCIM_JWT_AUDIENCE: '' }, 'SCIM_JWT_AUDIENCE', /is missing/],
  ['access tokens without an issuer', { ...JWT, SCIM_JWT_ISSUER: undefined }, 'SCIM_JWT_ISSUER', /is missing/],
  ['access tokens without keys', { ...JWT, SCIM_JWKS_URL: undefined }, 'SCIM_JWKS_URL', /is missing/],
  ['scopes for no access tokens', { SCIM_JWT_DEFAULT_SCOPES: 'scim:read' }, 'SCIM_JWT_ISSUER', /is missing/],
  ['an issuer with a space', { ...JWT, SCIM_JWT_ISSUER: 'https://a b' }, 'SCIM_JWT_ISSUER', /ASCII/],
  ['keys without TLS', { ...JWT, SCIM_JWKS_URL: 'http://issuer.example.com/keys' }, 'SCIM_JWKS_URL', /https:/],
  ['keys that are a file', { ...JWT, SCIM_JWKS_URL: 'file:///etc/keys' }, 'SCIM_JWKS_URL', /absolute http/],
  ['keys behind a password', { ...JWT, SCIM_JWKS_URL: 'https://a:b@issuer.example.com' }, 'SCIM_JWKS_URL', /password/],
  ['a fragment of keys', { ...JWT, SCIM_JWKS_URL: 'https://issuer.example.com/#k' }, 'SCIM_JWKS_URL', /fragment/],
  ['a tenant claim without tenants', { ...JWT, SCIM_JWT_TENANT_CLAIM: 'tid' }, 'SCIM_JWT_TENANTS', /is missing/],
  ['tenants without a claim', { ...JWT, SCIM_JWT_TENANTS: 'a=acme' }, 'SCIM_JWT_TENANT_CLAIM', /is missing/],
  [
    'a tenant that is none',
    { ...JWT, SCIM_JWT_TENANT_CLAIM: 'tid', SCIM_JWT_TENANTS: 'a=Acme' },
    'SCIM_JWT_TENANTS',
    /claim-value=tenant-id/,
  ],
  [
    'two tenants for one claim value',
    { ...JWT, SCIM_JWT_TENANT_CLAIM: 'tid', SCIM_JWT_TENANTS: 'a=acme,a=globex' },
    'SCIM_JWT_TENANTS',
    /twice/,
  ],
  [
    'scopes of another audience',
    { ...JWT, SCIM_JWT_DEFAULT_SCOPES: 'admin' },
    'SCIM_JWT_DEFAULT_SCOPES',
    /scim:read or scim:write/,
  ],
];

describe('a start is refused with', () => {
  it.each(REFUSED)('%s', (_, env, variable, reason) => {
    const result = loadConfig(env);
    expect(result.ok).toBe(false);
    if (result.ok) return;
    expect(result.problems.map((problem) => problem.variable)).toContain(variable);
    expect(result.problems.find((problem) => problem.variable === variable)?.problem).toMatch(reason);
  });

  it('every problem at once', () => {
    const result = loadConfig({ PORT: '0', BRIDGE_MODE: 'x', DRIFT_TOKN: '1' });
    expect(result).toMatchObject({ ok: false });
    if (!result.ok)
      expect(result.problems.map(({ variable }) => variable).sort()).toEqual(['BRIDGE_MODE', 'DRIFT_TOKN', 'PORT']);
  });

  it('never a secret in the reason', () => {
    const secret = 'hunter2hunter2hunter2';
    const result = loadConfig({ BRIDGE_ADMIN_TOKEN: secret, BRIDGE_SECRET_KEY: secret, DRIFT_TOKEN: `${secret} x` });
    expect(JSON.stringify(result)).not.toContain(secret);
  });
});

describe('a start is allowed', () => {
  it('with nothing set, as a demo on loopback', () => {
    expect(loadConfig({})).toEqual({
      ok: true,
      config: {
        host: '127.0.0.1',
        port: 8080,
        publicUrl: 'http://127.0.0.1:8080',
        dataDir: './data',
        mode: 'all',
        logLevel: 'info',
        drift: {
          baseUrl: 'https://driftapi.com',
          scimPath: 'auto',
          credentials: null,
          webhookTokens: [],
          ratePerMinute: 180,
          settleMs: 60_000,
        },
        demo: true,
      },
    });
  });

  it('in a container, where a demo names localhost', () => {
    expect(loadConfig({ HOST: '0.0.0.0' })).toMatchObject({
      config: { publicUrl: 'http://localhost:8080', demo: true },
    });
  });

  it('on IPv6, with a slash at the end of an address, or with a variable left blank', () => {
    expect(loadConfig({ HOST: '::1' })).toMatchObject({ config: { publicUrl: 'http://[::1]:8080' } });
    expect(loadConfig({ BRIDGE_PUBLIC_URL: 'https://b.example.com/base/', DRIFT_TOKEN: ' ' })).toMatchObject({
      config: { publicUrl: 'https://b.example.com/base', demo: true },
    });
  });

  it('with a Drift token, or an OAuth client, and SCIM on a token of its own', () => {
    expect(loadConfig(DRIFT)).toMatchObject({
      config: {
        demo: false,
        drift: { credentials: { kind: 'token', token: 'drift-token', scimToken: 'drift-token' } },
      },
    });
    expect(loadConfig({ ...OAUTH, DRIFT_SCIM_TOKEN: 'scim-tok' })).toMatchObject({
      config: {
        demo: false,
        drift: { credentials: { kind: 'oauth', refreshToken: 'refresh1', scimToken: 'scim-tok' } },
      },
    });
  });

  it('with one verification token of webhooks, or two while they are exchanged', () => {
    const tokens = (text: string): unknown => loadConfig({ ...DRIFT, DRIFT_WEBHOOK_TOKENS: text });
    expect(tokens('12345678')).toMatchObject({ config: { drift: { webhookTokens: ['12345678'] } } });
    expect(tokens('12345678, new:token')).toMatchObject({
      config: { drift: { webhookTokens: ['12345678', 'new:token'] } },
    });
  });

  it('with a Drift behind a path', () => {
    expect(loadConfig({ ...DRIFT, DRIFT_BASE_URL: 'https://proxy.example.com/drift_1/v~1/' })).toMatchObject({
      config: { drift: { baseUrl: 'https://proxy.example.com/drift_1/v~1' } },
    });
  });

  it('with a simulator on loopback and a short rest', () => {
    const env = { ...DRIFT, DRIFT_BASE_URL: 'http://127.0.0.1:4010/', DRIFT_SETTLE_MS: '450' };
    expect(loadConfig(env)).toMatchObject({
      config: { drift: { baseUrl: 'http://127.0.0.1:4010', settleMs: 450 } },
    });
  });

  it('on PostgreSQL, which is never a demo, and whose web processes hold no secret key', () => {
    expect(loadConfig(POSTGRES)).toMatchObject({ config: { demo: false, databaseUrl: 'postgres://db/bridge' } });
    const { DATABASE_URL, BRIDGE_TOKEN_PEPPER } = POSTGRES;
    expect(loadConfig({ DATABASE_URL, BRIDGE_TOKEN_PEPPER, BRIDGE_MODE: 'web' })).toMatchObject({
      config: { mode: 'web' },
    });
  });

  it('with access tokens of an issuer, whose name stays as it is', () => {
    expect(loadConfig(JWT)).toMatchObject({
      config: {
        scimJwt: {
          issuer: 'https://issuer.example.com/',
          audience: 'api://bridge',
          jwksUrl: 'https://issuer.example.com/keys?appid=7',
          tenants: new Map(),
          defaultScopes: [],
        },
      },
    });
    const env = {
      ...{ ...JWT, SCIM_JWKS_URL: 'http://127.0.0.1:4011/keys', SCIM_JWT_TENANT_CLAIM: 'tid' },
      SCIM_JWT_TENANTS: 'org=1=acme, b=globex',
      SCIM_JWT_DEFAULT_SCOPES: 'scim:read, scim:write',
    };
    expect(loadConfig(env)).toMatchObject({
      config: {
        scimJwt: {
          tenantClaim: 'tid',
          tenants: new Map([
            ['org=1', 'acme'],
            ['b', 'globex'],
          ]),
          defaultScopes: ['scim:read', 'scim:write'],
        },
      },
    });
  });

  it('beside what Kubernetes sets for a service named "bridge", and what the command line reads', () => {
    const env = {
      BRIDGE_PORT: 'tcp://10.0.0.1:80',
      BRIDGE_PORT_80_TCP_ADDR: '10.0.0.1',
      BRIDGE_SERVICE_HOST: '10.0.0.1',
    };
    expect(loadConfig({ ...env, BRIDGE_URL: 'http://127.0.0.1:8080' }).ok).toBe(true);
  });
});

describe('what is shown of the settings', () => {
  it('names every variable with its value and never a secret', () => {
    const settings = describeConfig({ ...POSTGRES, PORT: '9000', DRIFT_TOKEN: 'drift-token' });
    const of = (name: string): unknown => settings.find(({ variable }) => variable === name);
    expect(of('PORT')).toMatchObject({ value: '9000', isSet: true });
    expect(of('DRIFT_TOKEN')).toMatchObject({ value: '(set)', isSet: true });
    expect(of('HOST')).toMatchObject({ value: '127.0.0.1', isSet: false });
    expect(of('BRIDGE_ADMIN_TOKEN')).toMatchObject({ value: null, isSet: false });
    expect(JSON.stringify(settings)).not.toMatch(/drift-token|postgres:\/\/db/);
    expect(settings.every(({ says }) => says.length > 0)).toBe(true);
  });

  it('tells the command line where the bridge is', () => {
    expect(loadClient({ PORT: '9000', NO_COLOR: '1' })).toEqual({ url: 'http://127.0.0.1:9000', noColor: true });
    expect(loadClient({ BRIDGE_URL: 'https://b.example.com/', BRIDGE_ADMIN_TOKEN: 't' })).toEqual({
      url: 'https://b.example.com',
      token: 't',
      noColor: false,
    });
  });
});
