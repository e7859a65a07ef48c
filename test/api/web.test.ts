import type { RequestListener } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { type Observed, type WebPorts, createWeb } from '../../src/api/web.ts';
import { DomainError } from '../../src/core/errors.ts';

function web(over: Partial<WebPorts> = {}): { readonly app: RequestListener; readonly observed: Observed[] } {
  const observed: Observed[] = [];
  const mounted = express();
  mounted.get('/x', (_request, response) => {
    response.json({ mounted: true });
  });
  const app = createWeb({
    mounts: [{ path: '/api/v1', app: mounted }],
    publicUrl: 'https://bridge.example.com',
    demo: false,
    ping: async () => undefined,
    metrics: {
      request: (one) => void observed.push(one),
      text: async () => ({ contentType: 'text/plain', body: 'm 1\n' }),
    },
    metricsFor: null,
    log: () => undefined,
    ...over,
  });
  return { app, observed };
}

describe('the process', () => {
  it('is alive, ready, and measured', async () => {
    const { app, observed } = web();
    expect((await request(app).get('/healthz')).body).toEqual({ status: 'ok' });
    expect((await request(app).get('/readyz')).body).toEqual({ status: 'ready' });
    expect((await request(app).get('/api/v1/x')).body).toEqual({ mounted: true });
    expect((await request(app).get('/metrics')).text).toBe('m 1\n');
    expect(observed.map(({ surface, status }) => [surface, status])).toEqual([
      ['web', 200],
      ['web', 200],
      ['api', 200],
      ['web', 200],
    ]);
  });

  it('is alive but not ready when the store takes no writes', async () => {
    const { app } = web({ ping: async () => Promise.reject(new Error('disk full')) });
    expect((await request(app).get('/healthz')).status).toBe(200);
    const answer = await request(app).get('/readyz');
    expect(answer.body).toMatchObject({ status: 503, code: 'store.unavailable' });
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.text).not.toContain('disk full');
  });

  it('guards its metrics with the scope "read" where others can reach them', async () => {
    const principal = { tenantId: 't', tokenId: 'i', subject: 's', audience: 'api' as const };
    const nobody = web({ metricsFor: async () => Promise.reject(new DomainError('auth.required', 'token')) });
    expect((await request(nobody.app).get('/metrics')).status).toBe(401);
    const poor = web({ metricsFor: async () => ({ ...principal, scopes: ['plan'] }) });
    expect((await request(poor.app).get('/metrics')).status).toBe(403);
    const reader = web({ metricsFor: async () => ({ ...principal, scopes: ['read'] }) });
    expect((await request(reader.app).get('/metrics')).status).toBe(200);
  });

  it('names its addresses on a page without anything from outside, and never trusts a Host header', async () => {
    const { app } = web();
    const answer = await request(app).get('/').set('host', 'evil.example.org');
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.text).toContain('https://bridge.example.com/scim/v2');
    expect(answer.text).not.toContain('evil.example.org');
    expect(answer.headers['content-security-policy']).toMatch(/default-src 'none'; style-src 'sha256-/);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['strict-transport-security']).toBeDefined();
    expect(answer.headers['x-powered-by']).toBeUndefined();
  });

  it('says in every answer that it is a demo', async () => {
    const { app } = web({ demo: true });
    expect((await request(app).get('/healthz')).headers['x-bridge-demo']).toBe('simulator');
    expect((await request(app).get('/')).text).toContain('built-in simulator');
  });

  it.each([
    ['get', '/nothing', 404, 'not_found'],
    ['post', '/', 405, 'request.method'],
    ['delete', '/healthz', 405, 'request.method'],
    ['get', '/Healthz', 404, 'not_found'],
  ] as const)('answers %s %s with %i as a problem', async (method, path, status, code) => {
    const { app } = web();
    const answer = await request(app)[method](path);
    expect(answer.body).toMatchObject({ status, code });
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });
});
