import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import { ADMIN_TOKEN, type BridgeApp, type Got, openApp, eachStore } from './bridge-app.ts';
import { bearer } from './requests.ts';

// Several hundred requests in a row, on a machine that has other things to do.
jest.setTimeout(60_000);

const ROUNDS = 10;
const REAL = [
  ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
  ...(['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
];

interface Made {
  readonly id: string;
  readonly token: string;
}

/** With PostgreSQL several processes share a store; each is an app of its own here. SQLite has one process. */
eachStore('what an administrator does at one process', (store) => {
  const apps: BridgeApp[] = [];
  beforeAll(async () => {
    apps.push(await openApp(store));
    if (store.dialect === 'postgres') apps.push(await openApp(store), await openApp(store));
  });
  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
  });
  afterEach(() => void jest.useRealTimers());

  /** The administrator is at the first process. */
  async function administer(method: string, path: string, body?: unknown): Promise<Got> {
    const typed = body === undefined ? [] : ([['content-type', 'application/json']] as const);
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const got = await apps[0]?.send({
      method,
      path: `/api/v1${path}`,
      headers: [bearer(ADMIN_TOKEN), ...typed],
      ...sent,
    });
    if (got === undefined || got.status >= 300)
      throw new Error(`${method} ${path}: ${String(got?.status)} ${String(got?.text)}`);
    return got;
  }

  async function minted(audience: 'api' | 'scim'): Promise<Made> {
    const scopes = audience === 'api' ? ['read'] : ['scim:read'];
    const got = await administer('POST', '/tokens', { audience, scopes, subject: 'somebody' });
    return JSON.parse(got.text) as Made;
  }

  /** What each process says to the token now: also in the plainest read, which takes a shorter way. */
  async function said(audience: 'api' | 'scim', token: string): Promise<ReadonlySet<number>> {
    const paths = audience === 'api' ? ['/api/v1/people', '/metrics'] : ['/scim/v2/Users', `/scim/v2/Users/${NOBODY}`];
    const got = await Promise.all(
      apps.flatMap((app) => paths.map((path) => app.send({ method: 'GET', path, headers: [bearer(token)] }))),
    );
    return new Set(got.map(({ status }) => (status === 404 ? 200 : status)));
  }

  it.each(['api', 'scim'] as const)(
    'revokes, pauses and resumes a token of %s for every process, by the next request',
    async (audience) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const { id, token } = await minted(audience);
        expect(await said(audience, token)).toEqual(new Set([200]));
        await administer('POST', `/tokens/${id}/pause`);
        expect(await said(audience, token)).toEqual(new Set([403]));
        await administer('POST', `/tokens/${id}/resume`);
        expect(await said(audience, token)).toEqual(new Set([200]));
        await administer('DELETE', `/tokens/${id}`);
        expect(await said(audience, token)).toEqual(new Set([401]));
      }
    },
    20_000,
  );

  it('lets nothing in that began after the revocation was answered, under load', async () => {
    const { id, token } = await minted('scim');
    let revokedAt = Number.POSITIVE_INFINITY;
    const late: string[] = [];
    const ask = async (app: BridgeApp): Promise<void> => {
      for (let at = 0; at < 40; at += 1) {
        const began = performance.now();
        const { status } = await app.send({ method: 'GET', path: '/scim/v2/Users', headers: [bearer(token)] });
        if (began >= revokedAt && status !== 401) late.push(String(status));
        if (began < revokedAt && status !== 200 && status !== 401) late.push(String(status));
      }
    };
    const load = apps.flatMap((app) => [ask(app), ask(app)]);
    await administer('DELETE', `/tokens/${id}`);
    revokedAt = performance.now();
    await Promise.all(load);
    expect(late).toEqual([]);
    expect(await said('scim', token)).toEqual(new Set([401]));
  });

  it('rotates with an overlap: both tokens until its end, the new one after it; without one, at once', async () => {
    const start = Date.now();
    jest.useFakeTimers({ now: start, doNotFake: REAL });
    const old = await minted('scim');
    const next = JSON.parse(
      (await administer('POST', `/tokens/${old.id}/rotate`, { overlapSeconds: 60 })).text,
    ) as Made;
    for (const [after, status] of [
      [0, 200],
      [59_999, 200],
      [60_000, 401],
    ] as const) {
      jest.setSystemTime(start + after);
      expect([after, await said('scim', old.token)]).toEqual([after, new Set([status])]);
      expect(await said('scim', next.token)).toEqual(new Set([200]));
    }
    const last = JSON.parse(
      (await administer('POST', `/tokens/${next.id}/rotate`, { overlapSeconds: 0 })).text,
    ) as Made;
    expect(await said('scim', next.token)).toEqual(new Set([401]));
    expect(await said('scim', last.token)).toEqual(new Set([200]));
  });

  it('ends a token when it says, in every process', async () => {
    const start = Date.now();
    jest.useFakeTimers({ now: start, doNotFake: REAL });
    const got = await administer('POST', '/tokens', { scopes: ['read'], subject: 'somebody', expiresInDays: 1 });
    const { token } = JSON.parse(got.text) as Made;
    for (const [after, status] of [
      [86_399_999, 200],
      [86_400_000, 401],
    ] as const) {
      jest.setSystemTime(start + after);
      expect(await said('api', token)).toEqual(new Set([status]));
    }
  });

  it('pauses and resumes the tenant for every process, and keeps its administrators in', async () => {
    const [api, scim] = [await minted('api'), await minted('scim')];
    for (let round = 0; round < 3; round += 1) {
      await administer('POST', '/tenants/default/pause');
      expect(await said('api', api.token)).toEqual(new Set([403]));
      expect(await said('scim', scim.token)).toEqual(new Set([403]));
      await administer('POST', '/tenants/default/resume');
      expect(await said('api', api.token)).toEqual(new Set([200]));
      expect(await said('scim', scim.token)).toEqual(new Set([200]));
    }
  });
});

const NOBODY = '0198c0de-0000-7000-8000-000000000000';
