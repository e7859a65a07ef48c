import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { policySchema } from '../../src/api/policy-document.ts';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import { USUAL } from '../../src/scim/dialect.ts';
import { type TestApi, as, testApi } from './world.ts';

describe('settings of connections', () => {
  let api: TestApi;
  let call: ReturnType<typeof as>;
  beforeAll(async () => {
    api = await testApi();
    call = as(api.app, await api.token());
  });
  afterAll(() => api.close());

  async function put(connections: unknown): Promise<{ status: number; body: { errors?: readonly object[] } }> {
    const { headers } = await call.get('/policy');
    const { feeds, companyTimeZone } = DEFAULT_POLICY.sources;
    const sources = { feeds, companyTimeZone, ...(connections === undefined ? {} : { connections }) };
    const reply = await call
      .put('/policy')
      .set('if-match', headers['etag'] ?? '')
      .send({ ...DEFAULT_POLICY, sources });
    return { status: reply.status, body: reply.body as { errors?: readonly object[] } };
  }

  it('are kept as they were put; a connection may be named before it comes, and all of them left out', async () => {
    const connections = {
      'Okta push': { removeWithValue: 'all', patchAnswer: 'none' },
      '0oa1-client': { missingActive: 'true' },
      later: {},
    };
    expect((await put(connections)).status).toBe(200);
    expect((await call.get('/policy')).body).toMatchObject({ sources: { connections } });
    expect((await put(undefined)).status).toBe(200);
    expect(((await call.get('/policy')).body as typeof DEFAULT_POLICY).sources).not.toHaveProperty('connections');
  });

  it.each([
    [{ idp: { removeWithValue: 'some' } }, 'body.sources.connections.idp.removeWithValue'],
    [{ idp: { missingActive: true } }, 'body.sources.connections.idp.missingActive'],
    [{ idp: { missingActive: 'false' } }, 'body.sources.connections.idp.missingActive'],
    [{ idp: { patchAnswer: null } }, 'body.sources.connections.idp.patchAnswer'],
    [{ idp: { userAgent: 'x' } }, 'body.sources.connections.idp.userAgent'],
    [{ idp: 'usual' }, 'body.sources.connections.idp'],
    [{ '': {} }, 'body.sources.connections.'],
    [[], 'body.sources.connections'],
  ])('%j is refused, and the place is named', async (connections, path) => {
    const { status, body } = await put(connections);
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ path }]);
  });

  it('have a usual value each, the first that the schema names, and a description that says what it means', () => {
    const { connections } = policySchema.shape.sources.shape;
    const { shape } = connections.unwrap().valueType;
    const settings = Object.entries(shape);
    const usual = settings.filter(([name]) => name !== 'patchAnswer');
    expect(Object.fromEntries(usual.map(([name, setting]) => [name, setting.unwrap().options[0]]))).toEqual(USUAL);
    for (const [, setting] of settings) {
      for (const value of setting.unwrap().options) expect(setting.description).toMatch(new RegExp(`\\b${value}: `));
      expect(setting.description).toMatch(/RFC 7644 3\.|dropped/);
    }
  });
});
