import { afterEach, describe, expect, it } from '@jest/globals';
import { ADMIN_TOKEN, call, storeKinds } from '../support/bridge-process.ts';
import { driver } from '../support/journey.ts';
import {
  FIRST_TOKEN as FIRST,
  type WebhookWorld,
  lockStore,
  marksOf,
  openWebhookWorld,
  organisationKnown,
  postEvent,
  rowsOf,
} from '../support/webhook-world.ts';

const SECOND = 'second-verification-token';
const CONTACT = 11_751_623_441_268_737n;

const cleanup: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const undo of cleanup.splice(0).reverse()) await undo();
});

const begin = (kind: 'sqlite' | 'postgres', tokens?: string): Promise<WebhookWorld> =>
  openWebhookWorld(kind, cleanup, tokens);

for (const kind of storeKinds()) {
  describe(`webhooks of Drift, on ${kind}`, () => {
    it('have one effect for each event, however often and in whatever order they come, and none when they are forged', async () => {
      const world = await begin(kind);
      const { simulator } = world;
      expect(await world.webhook()).toMatchObject({ tokens: 1, lastReceivedAt: null });
      const faults = ['duplicate', 'swap', 'forge', 'delay', 'mismatch', 'duplicate', 'drop'] as const;
      for (const [at, fault] of faults.entries()) {
        simulator.webhookFault({ kind: fault, delayMs: 300, nth: 4 * at + 1 });
      }
      for (let n = 0; n < 30; n += 1) {
        const data = { endUserId: CONTACT + BigInt(2 * (n % 10)), timestamp: 1_700_000_000_000 + n, diff: [] };
        simulator.raise({ type: 'contact_updated', data });
      }
      await simulator.webhooksSettled();
      const events = await world.settled(29);
      expect(events).toHaveLength(29);
      expect(new Set(events.map(({ state, why }) => `${state} ${why ?? ''}`))).toEqual(new Set(['done marked']));
      expect(events.reduce((sum, { repeats }) => sum + repeats, 0)).toBe(2);
      expect(await marksOf(world.home)).toEqual(
        Array.from({ length: 10 }, (_, n) => `contact id ${String(CONTACT + BigInt(2 * n))}`),
      );
      const statuses = Map.groupBy(
        simulator.deliveries(),
        ({ fault, status }) => `${fault ?? 'true'} ${String(status)}`,
      );
      expect([...statuses.keys()].toSorted()).toEqual([
        ...['drop null', 'duplicate 200', 'forge 401', 'mismatch 401', 'true 200'],
      ]);
      expect(
        `${world.bridge.output()} ${JSON.stringify(await rowsOf(world.home, 'select * from drift_event'))}`,
      ).not.toMatch(new RegExp(`${FIRST}|never-valid`));
    }, 60_000);

    it('pause the tenant once when the app is disconnected, and again only after somebody resumed it', async () => {
      const world = await begin(kind);
      const { simulator } = world;
      const { api } = driver(world.bridge.url);
      const state = async () =>
        (await api<{ items: readonly { readonly state: string }[] }>('GET', '/tenants')).body.items[0]?.state;
      simulator.webhookFault({ kind: 'duplicate', times: 1 });
      simulator.raise({ type: 'app_disconnected' });
      await simulator.webhooksSettled();
      expect(await world.settled(1)).toMatchObject([
        { type: 'app_disconnected', state: 'done', why: 'tenant_paused', repeats: 1 },
      ]);
      expect(await state()).toBe('paused');
      const paused = async () =>
        (await api<{ items: readonly { readonly data: object }[] }>('GET', '/audit?kind=tenant.paused')).body.items;
      expect(await paused()).toMatchObject([{ data: { reason: 'app_disconnected' } }]);
      // What comes meanwhile is kept, and waits.
      simulator.raise({ type: 'contact_updated', data: { endUserId: 1, timestamp: 1 } });
      simulator.raise({ type: 'app_disconnected', data: { n: 2 } });
      await simulator.webhooksSettled();
      expect((await world.webhook()).events).toMatchObject({ pending: 2 });
      expect((await api('POST', '/tenants/default/resume')).status).toBe(200);
      const events = await world.settled(3);
      expect(events.map(({ type, why }) => `${type} ${why ?? ''}`).toSorted()).toEqual([
        'app_disconnected already_paused',
        'app_disconnected tenant_paused',
        'contact_updated marked',
      ]);
      expect(await state()).toBe('active');
      expect(await paused()).toHaveLength(1);
    }, 60_000);

    it('have their effect after a kill -9 between the answer and the effect, once', async () => {
      const world = await begin(kind);
      const { url } = await world.webhook();
      const event = (n: number) =>
        JSON.stringify({ type: 'contact_updated', orgId: 0, data: { endUserId: n, timestamp: n }, token: FIRST });
      for (let round = 0; round < 2; round += 1) {
        const answers = await Promise.all(
          Array.from({ length: 30 }, (_, n) => postEvent(url, event(100 * round + n + 1))),
        );
        await world.bridge.kill();
        expect(answers.filter((status) => status !== 200)).toEqual([]);
        await world.again();
      }
      const events = await world.settled(60);
      expect(events).toHaveLength(60);
      expect(events.filter(({ state }) => state !== 'done')).toEqual([]);
      expect(await marksOf(world.home)).toHaveLength(60);
    }, 90_000);

    it('are not acknowledged while the store is locked, and are taken when they come again', async () => {
      const world = await begin(kind);
      const { url } = await world.webhook();
      const body = JSON.stringify({ type: 'contact_updated', data: { endUserId: 1, timestamp: 1 }, token: FIRST });
      const release = await lockStore(world.home);
      const refused = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-verification-token': FIRST },
        body,
      });
      await release();
      expect(refused.status).toBe(503);
      expect(refused.headers.get('retry-after')).toBe('5');
      // What was stored after all is known, and what was not is taken.
      expect(await postEvent(url, body)).toBe(200);
      expect(await world.settled(1)).toMatchObject([{ state: 'done', why: 'marked' }]);
    }, 60_000);
  });
}

describe('events of Drift', () => {
  it('of every type that Drift sends are taken, and what is nothing to us is said to be so', async () => {
    const world = await begin('sqlite');
    const types = world.simulator.settings().webhookEvents.filter((type) => type !== 'app_disconnected');
    for (const type of types) world.simulator.raise({ type });
    await world.simulator.webhooksSettled();
    const { url } = await world.webhook();
    expect(await postEvent(url, JSON.stringify({ type: 'not_invented_yet', data: {}, token: FIRST }))).toBe(200);
    const events = await world.settled(types.length + 1);
    expect(events).toHaveLength(types.length + 1);
    const fate = new Map(events.map(({ type, state, why }) => [type, `${state} ${why ?? ''}`]));
    expect(fate.get('not_invented_yet')).toBe('ignored unknown_type');
    expect(fate.get('new_message')).toBe('ignored no_effect');
    expect(fate.get('conversation_push')).toBe('done marked');
    expect(fate.get('gdpr_delete_requested')).toBe('done marked');
    expect([...fate.values()].filter((text) => text.includes('names_nothing'))).toHaveLength(1);
  }, 60_000);

  it('of another organisation are kept, and have no effect', async () => {
    const world = await begin('sqlite');
    await organisationKnown(world.home);
    world.simulator.raise({ type: 'app_disconnected', orgId: 1 });
    world.simulator.raise({ type: 'contact_updated', data: { endUserId: 5, timestamp: 1, orgId: 1 } });
    world.simulator.raise({ type: 'contact_updated', data: { endUserId: 6, timestamp: 1 } });
    await world.simulator.webhooksSettled();
    expect(world.simulator.deliveries().map(({ status }) => status)).toEqual([200, 200, 200]);
    const events = await world.settled(3);
    expect(events.map(({ type, why }) => `${type} ${why ?? ''}`).toSorted()).toEqual([
      'app_disconnected other_org',
      'contact_updated marked',
      'contact_updated other_org',
    ]);
    expect(await marksOf(world.home)).toEqual(['contact id 6']);
  }, 60_000);

  it('are proven by either token while it is exchanged, and by the old one no longer', async () => {
    const world = await begin('sqlite');
    await world.bridge.stop();
    await world.again({ DRIFT_WEBHOOK_TOKENS: `${SECOND},${FIRST}` });
    expect(await world.webhook()).toMatchObject({ tokens: 2 });
    const { simulator } = world;
    const statusOf = async (n: number): Promise<number | null | undefined> => {
      simulator.raise({ type: 'contact_updated', data: { endUserId: n, timestamp: n } });
      await simulator.webhooksSettled();
      return simulator.deliveries().at(-1)?.status;
    };
    expect(await statusOf(1)).toBe(200);
    simulator.set({ webhookToken: SECOND });
    expect(await statusOf(2)).toBe(200);
    await world.bridge.stop();
    await world.again({ DRIFT_WEBHOOK_TOKENS: SECOND });
    expect(await statusOf(3)).toBe(200);
    simulator.set({ webhookToken: FIRST });
    expect(await statusOf(4)).toBe(401);
    simulator.set({ webhookToken: SECOND, webhookFormat: 'old' });
    expect(await statusOf(5)).toBe(401);
    expect(await world.settled(3)).toHaveLength(3);
  }, 60_000);

  it('takes nothing where no token is set up, and is shown to administrators only', async () => {
    const world = await begin('sqlite', '');
    const { url, tokens } = await world.webhook();
    expect(tokens).toBe(0);
    expect(url).toMatch(/\/webhooks\/drift\/[\w-]{32}$/);
    const body = JSON.stringify({ type: 'contact_updated', data: {}, token: '' });
    expect(await postEvent(url, body)).toBe(404);
    expect(await postEvent(`${url.slice(0, -1)}${url.endsWith('x') ? 'y' : 'x'}`, body)).toBe(404);
    const made = await call<{ token: string }>(world.bridge.url, ADMIN_TOKEN, 'POST', '/api/v1/tokens', {
      ...{ scopes: ['read', 'plan', 'approve'], subject: 'reader' },
    });
    const reader = made.body.token;
    expect((await call(world.bridge.url, reader, 'GET', '/api/v1/drift/webhook')).status).toBe(403);
    expect((await call(world.bridge.url, reader, 'GET', '/api/v1/drift/events')).status).toBe(200);
  }, 60_000);
});
