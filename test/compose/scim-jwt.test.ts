import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { type Bridge, compose } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { type Json, type KeyServer, compact, ecPair, rsaPair, startKeyServer } from '../auth/issuer.ts';

const ADMIN = 'admin-token-of-the-test-0123456789abc';
// A text that an installation may choose, and that looks like a JWT.
const SCIM = 'eyJ.scim-token-of-the-test.0123456789abc';
const ISSUER = 'https://login.example.com/contoso/v2.0';
const USER = ['urn:ietf:params:scim:schemas:core:2.0:User'];

const entra = rsaPair('entra-1');
const stranger = ecPair('stranger');

let keys: KeyServer;
let bridge: Bridge;
let folder: string;

async function start(env: Readonly<Record<string, string>>): Promise<Bridge> {
  const result = loadConfig({
    ...{ BRIDGE_DATA_DIR: folder, BRIDGE_ADMIN_TOKEN: ADMIN, BRIDGE_SCIM_TOKEN: SCIM, DRIFT_TOKEN: 'drift-token' },
    ...{ DRIFT_BASE_URL: 'http://127.0.0.1:9', SCIM_JWT_ISSUER: ISSUER, SCIM_JWT_AUDIENCE: 'api://bridge' },
    ...{ SCIM_JWKS_URL: keys.url, SCIM_JWT_TENANT_CLAIM: 'tid', SCIM_JWT_TENANTS: 'contoso=default,old=nobody' },
    ...env,
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return compose(result.config, { log: () => undefined });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-jwt-'));
  keys = await startKeyServer([entra.jwk]);
  bridge = await start({});
});
afterAll(async () => {
  await bridge.close();
  await keys.close();
  rmSync(folder, { recursive: true, force: true });
});

function token(change: Json = {}, by = entra): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    ...{ iss: ISSUER, aud: 'api://bridge', tid: 'contoso', azp: 'app-1', sub: 'sp-1', azpacr: '1' },
    ...{ roles: ['scim:read', 'scim:write'], iat: now, nbf: now, exp: now + 3600, ...change },
  };
  return compact({ alg: by.alg, typ: 'JWT', kid: by.kid }, claims, by.alg, by.privateKey);
}

const get = (bearer: string, path = '/scim/v2/Users') =>
  request(bridge.web).get(path).set('authorization', `Bearer ${bearer}`);
const post = (bearer: string, userName: string) =>
  request(bridge.web).post('/scim/v2/Users').set('authorization', `Bearer ${bearer}`).send({ schemas: USER, userName });

describe('an access token of the issuer', () => {
  it('writes and reads as a token of the bridge does', async () => {
    const created = await post(token(), 'a.person@example.com');
    expect(created.status).toBe(201);
    const { id } = created.body as { id: string };
    expect((await get(token(), `/scim/v2/Users/${id}`)).status).toBe(200);
    expect((await get(SCIM, `/scim/v2/Users/${id}`)).status).toBe(200);
    const audit = await get(ADMIN, '/api/v1/audit');
    expect(audit.text).toMatch(/"actor":"jwt:[0-9a-f]{24}"/);
    expect(audit.text).not.toContain('sp-1');
  });

  it('that lacks the scope gets 403 insufficient_scope', async () => {
    const reader = token({ roles: ['scim:read'] });
    expect((await get(reader)).status).toBe(200);
    const refused = await post(reader, 'nobody@example.com');
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([
      403,
      'Bearer realm="scim", error="insufficient_scope", scope="scim:write"',
    ]);
    const none = await get(token({ roles: undefined }));
    expect([none.status, none.headers['www-authenticate']]).toEqual([
      403,
      'Bearer realm="scim", error="insufficient_scope", scope="scim:read"',
    ]);
  });

  it.each<[string, () => string, string]>([
    ['has expired', () => token({ exp: 1 }), 'The access token has expired.'],
    ['is for another audience', () => token({ aud: 'api://other' }), 'The access token is for another audience.'],
    [
      'is of a stranger',
      () => token({}, stranger),
      'The access token is signed with a key that its issuer does not name.',
    ],
    [
      'is of no tenant of ours',
      () => token({ tid: 'fabrikam' }),
      'The access token belongs to no tenant of this service.',
    ],
    [
      'is of a tenant that is not there',
      () => token({ tid: 'old' }),
      'The access token belongs to no tenant of this service.',
    ],
    ['is too long', () => token({ pad: 'x'.repeat(9000) }), 'The token is longer than 8192 characters.'],
    ['is an ID token', () => token({ nonce: '1' }), 'The token is not an access token; an ID token is not taken.'],
  ])('that %s gets 401 with the reason', async (_, make, why) => {
    const refused = await get(make());
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([
      401,
      `Bearer realm="scim", error="invalid_token", error_description="${why}"`,
    ]);
    expect(refused.headers['content-type']).toMatch(/^application\/scim\+json/);
    expect(refused.body).toMatchObject({ status: '401', detail: why });
  });

  it('opens /scim/v2 and nothing else', async () => {
    expect((await get(token(), '/api/v1/runs')).status).toBe(401);
  });

  it('of a paused tenant gets 403 that says what to do', async () => {
    const switched = (name: string) =>
      request(bridge.web).post(`/api/v1/tenants/default/${name}`).set('authorization', `Bearer ${ADMIN}`);
    await switched('pause');
    const refused = await get(token());
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('resume')]);
    await switched('resume');
    expect((await get(token())).status).toBe(200);
  });
});

describe('a token of the bridge', () => {
  it('goes on beside it, also where it looks like a JWT, and its refusals say why', async () => {
    expect((await get(SCIM)).status).toBe(200);
    const wrong = await get('dsb_scim_damaged');
    expect(wrong.headers['www-authenticate']).toBe(
      'Bearer realm="scim", error="invalid_token", error_description="The bearer token is not one of ours: it is damaged, or of another system."',
    );
    const none = await request(bridge.web).get('/scim/v2/Users');
    expect([none.status, none.headers['www-authenticate']]).toEqual([401, 'Bearer realm="scim"']);
  });

  it('that is paused gets 403 that says what to do, and works again at once when resumed', async () => {
    const api = (path: string, body?: unknown) =>
      request(bridge.web)
        .post(`/api/v1${path}`)
        .set('authorization', `Bearer ${ADMIN}`)
        .send(body as object);
    const made = await api('/tokens', { audience: 'scim', scopes: ['scim:read'], subject: 'okta' });
    const { id, token: text } = made.body as { id: string; token: string };
    expect((await get(text)).status).toBe(200);
    expect((await api(`/tokens/${id}/pause`)).status).toBe(200);
    const refused = await get(text);
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: '403',
      detail: `The token ${id} is paused: an administrator resumes it (bridge token resume ${id}).`,
    });
    expect((await api(`/tokens/${id}/resume`)).status).toBe(200);
    expect((await get(text)).status).toBe(200);
  });
});

describe('keys that are out of reach', () => {
  it('are answered with 503 and Retry-After, not with 401', async () => {
    keys.answer({ status: 500 });
    await bridge.close();
    bridge = await start({});
    const answer = await get(token());
    expect(answer.status).toBe(503);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.headers['www-authenticate']).toBeUndefined();
    expect(answer.body).toMatchObject({ status: '503', detail: expect.stringContaining('issuer') });
    expect((await get(token(), '/scim/v2/Users/0190a0a0-0000-7000-8000-000000000000')).status).toBe(503);
    expect((await get(SCIM)).status).toBe(200);
  });
});
