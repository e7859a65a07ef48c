import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type TestApi, as, testApi } from './world.ts';

interface Token {
  readonly id: string;
  readonly token: string;
}

let api: TestApi;
let call: ReturnType<typeof as>;
beforeEach(async () => {
  api = await testApi();
  call = as(api.app, await api.token());
});
afterEach(() => api.close());

async function made(subject: string, expiresInDays: number, name = subject): Promise<Token> {
  const body = { audience: 'api', scopes: ['read', 'admin'], subject, name, expiresInDays };
  return (await call.post('/tokens').send(body)).body as Token;
}

const check = async (caller = call): Promise<unknown> =>
  ((await caller.get('/doctor')).body as { checks: { code: string }[] }).checks.find(
    ({ code }) => code === 'tokens.expiry',
  );

it('a token is paused at once, says what to do, and is resumed', async () => {
  const { id, token } = await made('robin', 90);
  const robin = as(api.app, token);
  expect((await robin.get('/runs')).status).toBe(200);
  expect((await call.post(`/tokens/${id}/pause`)).body).toMatchObject({ id, pausedAt: api.clock.now() });
  const refused = await robin.get('/runs');
  expect(refused.body).toMatchObject({ status: 403, code: 'auth.paused' });
  expect(refused.text).toContain(`bridge token resume ${id}`);
  expect((await call.post(`/tokens/${id}/pause`)).status).toBe(200);
  expect((await call.post(`/tokens/${id}/resume`)).body).toMatchObject({ id, pausedAt: null });
  expect((await robin.get('/runs')).status).toBe(200);
  const kinds = ((await call.get('/audit')).body as { items: { kind: string; subject: string }[] }).items;
  expect(kinds.filter(({ subject }) => subject === id).map(({ kind }) => kind)).toEqual([
    'token.created',
    'token.paused',
    'token.resumed',
  ]);
});

it('what cannot be paused is said', async () => {
  const { id, token } = await made('robin', 90);
  expect((await as(api.app, token).post(`/tokens/${id}/pause`)).body).toMatchObject({ status: 409, code: 'conflict' });
  expect((await call.post('/tokens/nobody/pause')).body).toMatchObject({ status: 404, code: 'not_found' });
  expect((await call.post('/tokens/a%20b/pause')).status).toBe(400);
  await call.delete(`/tokens/${id}`);
  expect((await call.post(`/tokens/${id}/resume`)).status).toBe(404);
});

it('the list says how long each token lasts, and warns', async () => {
  const { id } = await made('robin', 30);
  const list = (await call.get('/tokens?subject=robin')).body as { items: unknown[] };
  expect(list.items).toMatchObject([
    { id, expiresInDays: 30, warning: 'expires_within_30_days', pausedAt: null, lastUsedAt: null },
  ]);
  const csv = await call.get('/tokens').set('accept', 'text/csv');
  expect(csv.text.split('\r\n')[0]).toMatch(/lastUsedAt,pausedAt,expiresInDays,warning$/);
});

it('the doctor names each connection that loses its last token, and fails once one has', async () => {
  const keeper = as(api.app, (await made('keeper', 400)).token);
  const okta = await made('okta', 20, 'Okta push');
  await made('entra', 10);
  await made('entra', 200);
  const warned = await check(keeper);
  expect(warned).toMatchObject({ state: 'warn' });
  expect(JSON.stringify(warned)).toContain(`${okta.id} (Okta push) ends in 20 days`);
  expect(JSON.stringify(warned)).not.toContain('entra');
  api.clock.pass(21 * 86_400_000);
  const failed = await check(keeper);
  expect(failed).toMatchObject({ state: 'fail' });
  expect(JSON.stringify(failed)).toContain(`${okta.id} (Okta push) ended 2026-03-22`);
  // Each that has ended is revoked, and nobody is warned any more.
  const all = ((await keeper.get('/tokens')).body as { items: { id: string; warning: string | null }[] }).items;
  for (const { id } of all.filter(({ warning }) => warning === 'expired')) await keeper.delete(`/tokens/${id}`);
  expect(await check(keeper)).toMatchObject({ state: 'ok' });
});
