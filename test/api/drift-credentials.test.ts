import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { GivenDriftCredentials } from '../../src/api/world.ts';
import { DomainError } from '../../src/core/errors.ts';
import { type TestApi, testApi } from './world.ts';

const OAUTH = { clientId: 'client-1', clientSecret: 'client-secret-1', refreshToken: 'refresh-token-1' };

describe('PUT /tenants/{tenant}/drift', () => {
  let api: TestApi;
  let admin: string;
  const taken: { tenantId: string; given: GivenDriftCredentials; by: string }[] = [];
  let refusal: DomainError | null = null;
  beforeAll(async () => {
    api = await testApi({
      driftCredentials: {
        async replace(tenantId, given, by) {
          if (refusal !== null) throw refusal;
          taken.push({ tenantId, given, by });
          return { kind: given.kind, organisation: '4021', scopes: ['user_read'] };
        },
      },
    });
    admin = await api.token();
  });
  afterAll(() => api.close());
  beforeEach(() => {
    taken.length = 0;
    refusal = null;
  });
  const put = (body: unknown, token = admin, tenant = 'default') =>
    request(api.app)
      .put(`/tenants/${tenant}/drift`)
      .set('authorization', `Bearer ${token}`)
      .send(body as object);

  it.each<[string, unknown, GivenDriftCredentials]>([
    ['a token', { token: 'token-12' }, { kind: 'token', token: 'token-12', scimToken: 'token-12' }],
    [
      'a token for each half',
      { token: 'token-12', scimToken: 'scim-123' },
      { kind: 'token', token: 'token-12', scimToken: 'scim-123' },
    ],
    ['an OAuth grant', OAUTH, { kind: 'oauth', ...OAUTH }],
    [
      'an OAuth grant beside a SCIM token',
      { ...OAUTH, scimToken: 'scim-123' },
      { kind: 'oauth', ...OAUTH, scimToken: 'scim-123' },
    ],
  ])('takes %s, and shows none of it', async (_what, body, given) => {
    const answer = await put(body);
    expect([answer.status, answer.body]).toEqual([
      200,
      { kind: given.kind, organisation: '4021', scopes: ['user_read'] },
    ]);
    expect(taken).toEqual([{ tenantId: 'default', given, by: expect.stringMatching(/./) as unknown }]);
  });

  it.each<[string, unknown]>([
    ['nothing', {}],
    ['a token of 7 characters', { token: '1234567' }],
    ['a token of 4097 characters', { token: 'a'.repeat(4097) }],
    ['a token with a blank', { token: '1234 5678' }],
    ['a token with a line break', { token: '12345678\nx' }],
    ['a token that is a number', { token: 12_345_678 }],
    ['half an OAuth grant', { clientId: 'client-1', clientSecret: 'client-secret-1' }],
    ['both kinds', { token: 'token-12', ...OAUTH }],
    ['a SCIM token alone', { scimToken: 'scim-123' }],
    ['an address to send it to', { token: 'token-12', baseUrl: 'https://example.com' }],
    ['a list', [{ token: 'token-12' }]],
  ])('refuses %s', async (_what, body) => {
    const answer = await put(body);
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([400, 'request.invalid']);
    expect(answer.text).not.toMatch(/1234567|token-12|secret-1|scim-123/);
    expect(taken).toEqual([]);
  });

  it('is for administrators, and for their own tenant', async () => {
    const reader = await api.token({ scopes: ['read', 'plan', 'approve'] });
    expect((await put({ token: 'token-12' }, reader)).status).toBe(403);
    expect((await put({ token: 'token-12' }, admin, 'globex')).status).toBe(404);
    expect((await put({ token: 'token-12' }, 'nobody')).status).toBe(401);
    expect(taken).toEqual([]);
  });

  it.each([
    ['conflict', 409],
    ['drift.refused', 422],
    ['drift.unreachable', 503],
  ] as const)('says %s with %i', async (code, status) => {
    refusal = new DomainError(code, 'A plain sentence.');
    const answer = await put({ token: 'token-12' });
    expect([answer.status, answer.body]).toMatchObject([status, { code, detail: 'A plain sentence.' }]);
  });
});
