import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Capabilities, unknownCapabilities } from '../../src/core/capabilities.ts';
import { as, testApi, type TestApi } from './world.ts';

interface Doctor {
  readonly ok: boolean;
  readonly checks: readonly { readonly code: string; readonly state: string; readonly detail: string }[];
  readonly capabilities: Capabilities | null;
}

let api: TestApi;
let call: ReturnType<typeof as>;
beforeAll(async () => {
  api = await testApi({ policy: { ownership: { contactAttribute: 'owner_email' } } });
  call = as(api.app, await api.token());
});
afterAll(() => api.close());

const known = (more: Partial<Capabilities> = {}): Capabilities => ({
  ...unknownCapabilities(api.clock.now(), 'Drift gave no answer (timeout)'),
  orgId: '7',
  scimPath: '/scim',
  scimEntitled: true,
  scopes: { granted: ['user_read'], missing: [{ scope: 'account_read', operations: ['list-accounts'] }], excess: [] },
  attributes: [{ name: 'region', type: 'STRING' }],
  carrier: { name: 'owner_email', declared: false },
  ...more,
});
const store = (capabilities: Capabilities): Promise<void> =>
  api.store.write((tx) => tx.settings.set('drift.capabilities', JSON.stringify(capabilities)));
const doctor = async (): Promise<Doctor> => (await call.get('/doctor')).body as Doctor;
const check = ({ checks }: Doctor, code: string): string | undefined => checks.find((one) => one.code === code)?.state;

describe('the doctor', () => {
  it('says that Drift was never probed', async () => {
    const answer = await doctor();
    expect(answer.capabilities).toBeNull();
    expect(check(answer, 'drift.probe')).toBe('warn');
    // One token is set up, and nothing came yet.
    expect(answer.checks.find(({ code }) => code === 'drift.webhooks')).toMatchObject({
      state: 'warn',
      detail: expect.stringMatching(/^No event came yet.*bridge drift webhook/) as unknown,
    });
  });

  it('shows one check per capability, and the capabilities themselves', async () => {
    const capabilities = known();
    await store(capabilities);
    const answer = await doctor();
    expect(answer.capabilities).toEqual(capabilities);
    expect(answer.ok).toBe(false);
    const states = Object.fromEntries(answer.checks.map(({ code, state }) => [code, state]));
    expect(states).toMatchObject({
      'drift.scim': 'ok',
      'drift.scopes': 'fail',
      'drift.org': 'ok',
      'drift.filter': 'warn',
      'drift.active': 'warn',
      'drift.contacts': 'warn',
      'drift.accounts': 'warn',
      'drift.attributes': 'ok',
      'drift.carrier': 'fail',
    });
    expect(answer.checks.find(({ code }) => code === 'drift.filter')?.detail).toContain('timeout');
  });

  it('reads what an unknown version left behind as nothing', async () => {
    for (const text of ['{}', 'null', '[1]', '{"probedAt":', '']) {
      await api.store.write((tx) => tx.settings.set('drift.capabilities', text));
      expect((await doctor()).capabilities).toBeNull();
    }
  });
});

describe('a probe that is asked for', () => {
  const queued = async (): Promise<number> => {
    // A queued job of the same key is kept instead of a second one.
    const answer = await call.get('/audit?kind=probe.requested');
    return (answer.body as { items: unknown[] }).items.length;
  };

  it('is queued and goes on without anybody waiting', async () => {
    await store(known());
    api.clock.pass(1000);
    const answer = await call.post('/doctor/probe');
    expect(answer.status).toBe(202);
    expect(await queued()).toBe(1);
  });

  it('is waited for, until the store shows a newer one', async () => {
    api.clock.pass(1000);
    const asked = call.post('/doctor/probe?wait=30').then((answer) => answer);
    const later = setTimeout(() => void store(known({ orgId: '8', probedAt: '2099-01-01T00:00:00.000Z' })), 20);
    const answer = await asked;
    clearTimeout(later);
    expect(answer.status).toBe(200);
    expect((answer.body as Doctor).capabilities?.orgId).toBe('8');
  });

  it('answers when the time is over, at most a minute', async () => {
    await store(known());
    api.clock.pass(1000);
    expect((await call.post('/doctor/probe?wait=2')).status).toBe(202);
    expect((await call.post('/doctor/probe?wait=61')).body).toMatchObject({ status: 400, code: 'request.invalid' });
    expect((await call.post('/doctor/probe?wait=-1')).body).toMatchObject({ status: 400 });
  });

  it('takes an administrator', async () => {
    const reader = as(api.app, await api.token({ scopes: ['read'] }));
    expect((await reader.get('/doctor')).status).toBe(200);
    expect((await reader.post('/doctor/probe')).status).toBe(403);
  });
});

describe('webhooks', () => {
  let own: TestApi;
  beforeAll(async () => {
    own = await testApi();
  });
  afterAll(() => own.close());

  const seen = async (code: string): Promise<{ readonly state: string; readonly detail: string } | undefined> =>
    ((await as(own.app, await own.token()).get('/doctor')).body as Doctor).checks.find((one) => one.code === code);
  const arrive = (count: number): Promise<void> =>
    own.store.write(async (tx) => {
      for (let n = 0; n < count; n += 1) {
        await tx.events.add({
          id: `event-${String(n)}`,
          type: 'new_message',
          object: null,
          contentHash: `hash-${String(n)}`,
          freshAfter: '2000-01-01T00:00:00.000Z',
          receivedAt: own.clock.now(),
          hints: { orgIds: [], marks: [] },
        });
      }
    });

  it.each([
    [1000, undefined],
    [1001, 'warn'],
  ] as const)('of which %d wait are %s', async (count, state) => {
    await arrive(count);
    expect(await seen('drift.webhooks')).toMatchObject({
      state: 'ok',
      detail: expect.stringContaining(`${String(count)} wait`) as unknown,
    });
    expect((await seen('drift.events_waiting'))?.state).toBe(state);
  });

  it('that did not come for a week, and an app that was disconnected, are said', async () => {
    own.clock.pass(7 * 86_400_000);
    expect((await seen('drift.webhooks'))?.state).toBe('ok');
    own.clock.pass(1);
    expect(await seen('drift.webhooks')).toMatchObject({
      state: 'warn',
      detail: expect.stringContaining('Nothing arrived in 7 days') as unknown,
    });
    await own.store.write((tx) => tx.settings.set('drift.disconnected_at', own.clock.now()));
    // Resumed since.
    expect(await seen('drift.disconnected')).toBeUndefined();
    await own.store.write((tx) => tx.events.pauseTenant());
    expect(await seen('drift.disconnected')).toMatchObject({ state: 'fail' });
  });
});
