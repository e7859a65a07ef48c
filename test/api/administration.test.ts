import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import { type TestApi, as, testApi } from './world.ts';

let api: TestApi;
let call: ReturnType<typeof as>;
beforeEach(async () => {
  api = await testApi();
  call = as(api.app, await api.token());
});
afterEach(() => api.close());

describe('the policy', () => {
  it('is the built-in one, and is replaced whole with its ETag', async () => {
    const before = await call.get('/policy');
    expect(before.body).toEqual(DEFAULT_POLICY);
    const etag = before.headers['etag'] ?? '';
    const put = await call
      .put('/policy')
      .set('if-match', etag)
      .send({ ...DEFAULT_POLICY, verifiedDomains: ['Example.com'] });
    expect(put.status).toBe(200);
    expect(put.body).toMatchObject({ verifiedDomains: ['example.com'] });
    expect(put.headers['etag']).not.toBe(etag);
    expect((await call.get('/policy')).body).toMatchObject({ verifiedDomains: ['example.com'] });
    expect((await call.put('/policy').set('if-match', etag).send(DEFAULT_POLICY)).body).toMatchObject({
      status: 412,
      code: 'policy.version',
    });
    expect((await call.put('/policy').send(DEFAULT_POLICY)).body).toMatchObject({
      status: 428,
      code: 'request.precondition',
    });
    expect((await call.put('/policy').set('if-match', '"x"').send(DEFAULT_POLICY)).status).toBe(412);
  });

  it.each([
    ['a part is missing', { gates: undefined }, 'body.gates'],
    ['a key is not known', { leaver: {} }, 'body.leaver'],
    ['a key inside is not known', { leavers: { ...DEFAULT_POLICY.leavers, grace: 1 } }, 'body.leavers.grace'],
    ['OWNER would be written', { roles: { default: 'OWNER', groups: {} } }, 'body.roles.default'],
    [
      'a removal would need no person',
      { approval: { ...DEFAULT_POLICY.approval, auto: ['deprovision'] } },
      'body.approval.auto[0]',
    ],
    ['weak matches would link', { matching: { ...DEFAULT_POLICY.matching, autoLink: 0.5 } }, 'body.matching.autoLink'],
    ['a domain is none', { verifiedDomains: ['@example.com'] }, 'body.verifiedDomains[0]'],
    [
      'a zone is none',
      { sources: { ...DEFAULT_POLICY.sources, companyTimeZone: 'Moon' } },
      'body.sources.companyTimeZone',
    ],
    ['a number is none', { leavers: { ...DEFAULT_POLICY.leavers, endedDays: 'many' } }, 'body.leavers.endedDays'],
    [
      'no missing file would be enough',
      { leavers: { ...DEFAULT_POLICY.leavers, vanishedFiles: 0 } },
      'body.leavers.vanishedFiles',
    ],
  ])('is refused where %s, and the place is named', async (_, change, place) => {
    const { headers } = await call.get('/policy');
    const put = await call
      .put('/policy')
      .set('if-match', headers['etag'] ?? '')
      .send({ ...DEFAULT_POLICY, ...change });
    expect(put.body).toMatchObject({ status: 422, code: 'policy.invalid' });
    expect((put.body as { errors: { path: string }[] }).errors.map(({ path }) => path)).toContain(place);
    expect((await call.get('/policy')).headers['etag']).toBe(headers['etag']);
  });

  it.each([
    [1, 200],
    [100, 200],
    [101, 422],
  ])('may wait for %i complete files without a person: %i', async (vanishedFiles, status) => {
    const { headers } = await call.get('/policy');
    const put = await call
      .put('/policy')
      .set('if-match', headers['etag'] ?? '')
      .send({ ...DEFAULT_POLICY, leavers: { ...DEFAULT_POLICY.leavers, vanishedFiles } });
    expect(put.status).toBe(status);
  });
});

describe('tokens', () => {
  it('are made, listed without their text, rotated with an overlap, and revoked', async () => {
    const made = await call
      .post('/tokens')
      .send({ audience: 'api', scopes: ['read'], subject: 'Robin', name: 'report' });
    expect(made.status).toBe(201);
    const first = made.body as { id: string; token: string };
    expect(first.token).toMatch(/^dsb_api_/);
    const list = await call.get('/tokens');
    expect((list.body as { items: { id: string }[] }).items.map(({ id }) => id)).toContain(first.id);
    expect(list.text).not.toContain(first.token);
    const rotated = await call.post(`/tokens/${first.id}/rotate`).send({ overlapSeconds: 60 });
    expect(rotated.body).toMatchObject({ subject: 'Robin', scopes: ['read'] });
    const second = rotated.body as { id: string; token: string };
    expect((await as(api.app, first.token).get('/runs')).status).toBe(200);
    api.clock.pass(61_000);
    expect((await as(api.app, first.token).get('/runs')).status).toBe(401);
    expect((await as(api.app, second.token).get('/runs')).status).toBe(200);
    expect((await call.delete(`/tokens/${second.id}`)).status).toBe(204);
    expect((await call.delete(`/tokens/${second.id}`)).status).toBe(404);
    expect((await call.post(`/tokens/${second.id}/rotate`)).status).toBe(404);
    expect((await as(api.app, second.token).get('/runs')).status).toBe(401);
  });

  it.each([
    ['a scope of the other audience', { audience: 'api', scopes: ['scim:read'], subject: 'x' }],
    ['no scope', { scopes: [], subject: 'x' }],
    ['no subject', { scopes: ['read'] }],
    ['a life of more than two years', { scopes: ['read'], subject: 'x', expiresInDays: 731 }],
  ])('are refused with %s', async (_, body) => {
    expect((await call.post('/tokens').send(body)).body).toMatchObject({ status: 400, code: 'request.invalid' });
  });
});

describe('the audit log', () => {
  it('is a chain of ids and codes that verifies', async () => {
    const made = await call.post('/tokens').send({ scopes: ['read'], subject: 'Robin Secretname' });
    const log = await call.get('/audit');
    expect((log.body as { items: { kind: string }[] }).items.at(-1)).toMatchObject({ kind: 'token.created' });
    expect(log.text).not.toMatch(/Secretname/);
    expect(log.text).not.toContain((made.body as { token: string }).token);
    expect((await call.get('/audit/verify')).body).toMatchObject({ ok: true, brokenAt: null });
  });
});

describe('the doctor', () => {
  it('names what is not as it should be', async () => {
    const answer = await call.get('/doctor');
    expect(answer.body).toMatchObject({ ok: true, demo: false });
    expect((answer.body as { checks: unknown[] }).checks).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ code: 'store', state: 'ok' }),
        expect.objectContaining({ code: 'feed.hr', state: 'warn' }),
        expect.objectContaining({ code: 'tokens.approvers', state: 'warn' }),
      ]),
    );
  });
});

describe('a tenant', () => {
  it('is paused for everybody but its administrators, who resume it', async () => {
    const reader = as(api.app, await api.token({ scopes: ['read'] }));
    expect((await call.post('/tenants/default/pause')).body).toEqual({
      id: 'default',
      name: 'default',
      state: 'paused',
    });
    expect((await reader.get('/runs')).body).toMatchObject({ status: 403, code: 'auth.paused' });
    expect((await call.post('/tenants/default/resume')).body).toMatchObject({ state: 'active' });
    expect((await reader.get('/runs')).status).toBe(200);
    expect((await call.post('/tenants/other/pause')).status).toBe(404);
    expect((await call.get('/tenants')).body).toMatchObject({ items: [{ id: 'default' }], total: 1 });
  });
});
