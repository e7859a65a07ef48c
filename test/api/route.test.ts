import { afterEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { z } from 'zod';
import { type RouteSpec, route } from '../../src/api/route.ts';
import { type TestApi, as, testApi } from './world.ts';

const open: TestApi[] = [];
async function start(...options: Parameters<typeof testApi>): Promise<TestApi> {
  const api = await testApi(...options);
  open.push(api);
  return api;
}
afterEach(async () => {
  for (const api of open.splice(0)) await api.close();
});

describe('a declaration', () => {
  it('without a scope is refused', () => {
    const spec = {
      method: 'get',
      path: '/x',
      tag: 'x',
      summary: 'x',
      answers: {},
      handle: async () => ({ status: 204 }),
    };
    expect(() => route(spec as unknown as RouteSpec<unknown, unknown, undefined>)).toThrow('declares no scope');
    expect(() => route({ ...spec, scope: 'root' } as unknown as RouteSpec<unknown, unknown, undefined>)).toThrow();
    expect(route({ ...spec, method: 'get', scope: 'read' }).scope).toBe('read');
  });

  it('takes only what it names', () => {
    const schema = z.strictObject({ a: z.string() });
    expect(schema.safeParse({ a: '1', b: '2' }).success).toBe(false);
  });
});

describe('who may come in', () => {
  it('nobody without a token, and the answer says how to send one', async () => {
    const { app } = await start();
    const answer = await request(app).get('/runs');
    expect(answer.status).toBe(401);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="drift-scim-bridge"');
    expect(answer.body).toMatchObject({ status: 401, code: 'auth.required', title: 'Not authenticated' });
  });

  it.each([
    ['of another audience', { audience: 'scim' as const }],
    ['of nobody', undefined],
  ])('not a token %s', async (_, options) => {
    const api = await start();
    const token = options === undefined ? 'x'.repeat(40) : await api.token(options);
    const answer = await as(api.app, token).get('/runs');
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('error="invalid_token"');
  });

  it('a token without the scope is told which one it lacks', async () => {
    const api = await start();
    const token = await api.token({ scopes: ['read'] });
    expect((await as(api.app, token).get('/runs')).status).toBe(200);
    for (const [method, path] of [
      ['post', '/runs'],
      ['post', '/plans/pln_00000000-0000-7000-8000-000000000000/approve'],
      ['put', '/policy'],
      ['get', '/tokens'],
      ['get', '/audit'],
    ] as const) {
      const answer = await as(api.app, token)[method](path);
      expect([path, answer.status]).toEqual([path, 403]);
      expect(answer.body).toMatchObject({ code: 'auth.scope' });
    }
  });

  it('a token after its end, or after its revocation, never again', async () => {
    const api = await start();
    const admin = await api.token();
    const made = await as(api.app, admin)
      .post('/tokens')
      .send({ scopes: ['read'], subject: 'report' });
    const { token, id } = made.body as { token: string; id: string };
    expect((await as(api.app, token).get('/runs')).status).toBe(200);
    expect((await as(api.app, admin).delete(`/tokens/${id}`)).status).toBe(204);
    expect((await as(api.app, token).get('/runs')).status).toBe(401);
    api.clock.pass(25 * 3_600_000);
    expect((await as(api.app, admin).get('/runs')).status).toBe(401);
  });

  it('guessing is slowed down, and a good token is never locked out by it', async () => {
    const api = await start();
    const token = await api.token();
    const statuses = [];
    for (let n = 0; n < 65; n += 1) statuses.push((await request(api.app).get('/runs')).status);
    expect(statuses.slice(0, 60)).toEqual(Array(60).fill(401));
    expect(statuses.slice(60)).toEqual(Array(5).fill(429));
    expect((await as(api.app, token).get('/runs')).status).toBe(200);
  });

  it('the description of the API is open to everybody', async () => {
    const { app } = await start();
    const answer = await request(app).get('/openapi.json');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ openapi: '3.1.0' });
  });
});

describe('bad input', () => {
  it.each<[string, (api: ReturnType<typeof as>) => request.Test, number, string, string | null]>([
    ['an unknown address', (a) => a.get('/nothing'), 404, 'not_found', null],
    ['a method that an address does not take', (a) => a.delete('/runs'), 405, 'request.method', null],
    ['an unknown parameter', (a) => a.get('/runs?color=red'), 400, 'request.invalid', 'query.color'],
    ['a parameter twice', (a) => a.get('/runs?limit=1&limit=2'), 400, 'request.invalid', 'query.limit'],
    ['a limit that is too large', (a) => a.get('/runs?limit=501'), 400, 'request.invalid', 'query.limit'],
    ['a limit of zero', (a) => a.get('/runs?limit=0'), 400, 'request.invalid', 'query.limit'],
    ['a cursor that we did not give out', (a) => a.get('/runs?cursor=abc'), 400, 'request.invalid', 'query.cursor'],
    ['an id of nothing', (a) => a.get('/runs/x'), 404, 'not_found', null],
    ['an id of another kind', (a) => a.get('/plans/run_00000000-0000-7000-8000-000000000000'), 404, 'not_found', null],
    ['an id of no run', (a) => a.get('/runs/run_00000000-0000-7000-8000-000000000000'), 404, 'not_found', null],
    ['an address that is not UTF-8', (a) => a.get('/runs/%E0%A4%A'), 400, 'request.invalid', null],
    [
      'JSON that ends early',
      (a) => a.post('/runs').set('content-type', 'application/json').send('{"scope":'),
      400,
      'request.invalid',
      'body',
    ],
    [
      'a body that is not JSON',
      (a) => a.post('/runs').type('form').send({ scope: 'all' }),
      415,
      'request.media_type',
      null,
    ],
    [
      'a charset that nobody knows',
      (a) => a.post('/runs').set('content-type', 'application/json; charset=klingon').send('{}'),
      415,
      'request.media_type',
      null,
    ],
    [
      'a body that is too large',
      (a) => a.post('/runs').send({ scope: { people: ['x'.repeat(3_000_000)] } }),
      413,
      'request.too_large',
      null,
    ],
    [
      'a key that is not known',
      (a) => a.post('/runs').send({ scope: 'all', sped: 1 }),
      400,
      'request.invalid',
      'body.sped',
    ],
    [
      'a person that is none',
      (a) => a.post('/runs').send({ scope: { people: ['run_1'] } }),
      400,
      'request.invalid',
      'body.scope',
    ],
    [
      'a person that is not known',
      (a) => a.post('/runs').send({ scope: { people: ['per_00000000-0000-7000-8000-000000000000'] } }),
      400,
      'request.invalid',
      'body.scope.people[0]',
    ],
    ['a wait that is too long', (a) => a.post('/runs?wait=61').send({}), 400, 'request.invalid', 'query.wait'],
    [
      'prototype pollution',
      (a) => a.post('/runs').set('content-type', 'application/json').send('{"__proto__":{"a":1}}'),
      400,
      'request.invalid',
      null,
    ],
  ])('%s is a problem that names the place', async (_, send, status, code, place) => {
    const api = await start();
    const answer = await send(as(api.app, await api.token()));
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([status, code]);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    if (place !== null) {
      const { errors } = answer.body as { errors?: { path: string }[] };
      expect(errors?.map(({ path }) => path).join()).toContain(place);
    }
    expect(answer.text).not.toMatch(/at .*\.ts:|node_modules|<html/);
    expect(await api.store.runs.list(null, 10)).toEqual([]);
  });

  it('a method that is refused names those that are not', async () => {
    const api = await start();
    const answer = await as(api.app, await api.token()).delete('/runs');
    expect(answer.headers['allow']).toBe('POST, GET, HEAD');
  });

  it('a bug answers 500 with nothing of its inside, and the log has it', async () => {
    const api = await start();
    const token = await api.token();
    await api.store.write(async () => undefined);
    await api.close();
    open.splice(0);
    const answer = await as(api.app, token).get('/runs');
    expect(answer.status).toBe(500);
    expect(answer.body).toMatchObject({ code: 'internal' });
    expect(answer.text).not.toMatch(/driver|destroy|sqlite/i);
    expect(api.logged.at(-1)).toMatchObject({ code: 'http.bug' });
  });
});
