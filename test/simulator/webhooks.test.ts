import { describe, expect, it } from '@jest/globals';

import type { SimulatorSettings } from '../../src/simulator/settings.ts';
import { WEBHOOK_TYPES } from '../../src/simulator/webhook-events.ts';
import { at, caller, EMAILS, handClock, withSimulator, type World } from './calling.ts';
import { type Receiver, withReceiver } from './receiver.ts';

const TOKEN = 'simulated-verification-token';

function withApp(
  settings: Partial<SimulatorSettings>,
  test: (world: World, receiver: Receiver) => Promise<void>,
): Promise<void> {
  return withReceiver((receiver) => {
    const options = { clock: handClock().now, settings: { webhookUrl: receiver.url, ...settings } };
    return withSimulator(options, (world) => test(world, receiver));
  });
}

const message = (n: number) => ({ type: 'new_message', data: { id: n } }) as const;
const types = ({ received }: Receiver) => received.map(({ body }) => at(body, 'type'));
const ids = ({ received }: Receiver) => received.map(({ body }) => at(body, 'data', 'id'));

describe('a webhook', () => {
  it('is a POST of type, organisation, data and token, with the token in a header as well', () =>
    withApp({}, async ({ simulator }, receiver) => {
      simulator.raise(message(1));
      await simulator.webhooksSettled();
      const [first] = receiver.received;
      expect([first?.method, first?.header]).toEqual(['POST', TOKEN]);
      const orgId = at(first?.body, 'orgId');
      expect(orgId).toEqual(expect.any(Number));
      expect(first?.body).toEqual({ type: 'new_message', orgId, data: { id: 1 }, token: TOKEN });
      expect(simulator.deliveries()).toMatchObject([{ n: 1, type: 'new_message', orgId, attempt: 1, status: 200 }]);
      expect(JSON.stringify(simulator.deliveries())).not.toContain(TOKEN);
    }));

  it('has no token in the body of the old format, and another one after a rotation', () =>
    withApp({ webhookFormat: 'old' }, async ({ simulator }, receiver) => {
      simulator.raise(message(1));
      await simulator.webhooksSettled();
      simulator.set({ webhookFormat: 'current', webhookToken: 'rotated' });
      simulator.raise(message(2));
      await simulator.webhooksSettled();
      expect(receiver.received.map(({ header }) => header)).toEqual([TOKEN, 'rotated']);
      expect(receiver.received.map(({ body }) => at(body, 'token'))).toEqual([undefined, 'rotated']);
    }));

  it('goes out only for types that the app asked for and whose scope it was installed with', () =>
    withApp(
      { scopes: ['contact_read'], webhookEvents: ['new_message', 'user_unsubscribed'] },
      async (world, receiver) => {
        const { simulator } = world;
        simulator.raise({ type: 'contact_identified', data: {} });
        simulator.raise(message(1));
        simulator.set({ scopes: ['conversation_read'] });
        simulator.raise(message(2));
        simulator.reinstall();
        simulator.raise(message(3));
        await simulator.webhooksSettled();
        expect(ids(receiver)).toEqual([3]);
      },
    ));

  it('is not sent by a simulator without a request URL', () =>
    withSimulator({}, async ({ simulator }) => {
      simulator.raise(message(1));
      await simulator.webhooksSettled();
      expect(simulator.deliveries()).toEqual([]);
    }));
});

describe('calls that raise webhooks', () => {
  it('a contact update tells what changed, with an organisation of 0; the API can be left out', () =>
    withApp({}, async ({ simulator, call }, receiver) => {
      const created = await call('POST', '/contacts', { attributes: { email: 'a@example.org', city: 'Oslo' } });
      const id = at(created.json, 'data', 'id');
      const change = (city: string) => call('PATCH', `/contacts/${String(id)}`, { attributes: { city, phone: '555' } });
      await change('Turku');
      await change('Turku');
      simulator.set({ contactUpdatedByApi: false });
      await change('Umea');
      await simulator.webhooksSettled();
      expect(receiver.received).toHaveLength(1);
      simulator.set({ contactUpdatedOrgId: 'own' });
      simulator.raise({ type: 'contact_updated' });
      await simulator.webhooksSettled();
      expect(at(receiver.received[1]?.body, 'orgId')).toBeGreaterThan(99_999);
      expect(receiver.received[0]?.raw).toContain('"endUserId":11751623441268737,');
      expect(receiver.received[0]?.body).toEqual({
        type: 'contact_updated',
        orgId: 0,
        data: {
          endUserId: id,
          timestamp: 1_800_000_000_000,
          diff: [
            { name: 'attributes.city', previous: 'Oslo', updated: 'Turku' },
            { name: 'attributes.phone', previous: null, updated: '555' },
          ],
        },
        token: TOKEN,
      });
    }));

  it('availability, unsubscription and erasure raise theirs; agents and accounts raise none', () =>
    withApp({}, async ({ simulator, call, idOf }, receiver) => {
      const ada = idOf(EMAILS.ada);
      await call('PATCH', `/users/update?userId=${ada}`, { availability: 'AVAILABLE', name: 'Ada' });
      await call('POST', '/emails/unsubscribe', ['a@example.org']);
      await call('POST', '/gdpr/delete', { email: 'a@example.org' });
      await call('POST', '/scim/Users', { userName: 'n@example.com', displayName: 'N' });
      await call('POST', '/accounts/create', { ownerId: ada, domain: 'birch.example.org' });
      await call('DELETE', `/scim/Users/${idOf(EMAILS.mel)}`);
      await simulator.webhooksSettled();
      expect(types(receiver)).toEqual(['user_availability_updated', 'user_unsubscribed', 'gdpr_delete_requested']);
      expect(at(receiver.received[0]?.body, 'data')).toEqual({ id: ada, availability: 'AVAILABLE' });
    }));

  it('revoking every token tells once that the app is gone, and so does an uninstall', () =>
    withApp({}, async ({ simulator, call }, receiver) => {
      simulator.revokeTokens();
      const { clientId, clientSecret, code } = simulator.grant();
      const body = { clientId, clientSecret, code, grantType: 'authorization_code' };
      const token = String(at((await call('POST', '/oauth2/token', body, { token: null })).json, 'accessToken'));
      await call('POST', `/app/uninstall?clientId=${clientId}&clientSecret=${clientSecret}`, undefined, { token });
      await simulator.webhooksSettled();
      expect(types(receiver)).toEqual(['app_disconnected', 'app_disconnected']);
    }));

  it('a call that a fault kept from taking effect raises none', () =>
    withApp({}, async ({ simulator, call }, receiver) => {
      simulator.fault({ kind: 'status', nth: 1 });
      simulator.fault({ kind: 'cut-after', nth: 2 });
      await call('POST', '/emails/unsubscribe', ['a@example.org']);
      await expect(call('POST', '/emails/unsubscribe', ['b@example.org'])).rejects.toThrow();
      await simulator.webhooksSettled();
      expect(receiver.received.map(({ body }) => at(body, 'data', 'email'))).toEqual(['b@example.org']);
    }));
});

describe('deliveries', () => {
  it('can be dropped, doubled, swapped and delayed', () =>
    withApp({}, async ({ simulator }, receiver) => {
      simulator.webhookFault({ kind: 'drop', nth: 1 });
      simulator.webhookFault({ kind: 'duplicate', nth: 2 });
      simulator.webhookFault({ kind: 'swap', nth: 3, delayMs: 40 });
      simulator.webhookFault({ kind: 'delay', nth: 5, delayMs: 20 });
      for (const n of [1, 2, 3, 4, 5, 6]) simulator.raise(message(n));
      await simulator.webhooksSettled();
      expect(ids(receiver)).toEqual([2, 2, 4, 3, 6, 5]);
      expect(simulator.deliveries().map(({ status, fault }) => [status, fault])).toEqual([
        [null, 'drop'],
        [200, 'duplicate'],
        ...Array.from({ length: 5 }, () => [200, undefined]),
      ]);
    }));

  it('a swapped one that nothing follows comes all the same', () =>
    withApp({}, async ({ simulator }, receiver) => {
      simulator.webhookFault({ kind: 'swap', delayMs: 10, times: 1 });
      simulator.raise(message(1));
      await simulator.webhooksSettled();
      expect(ids(receiver)).toEqual([1]);
    }));

  it('can be preceded by a forged one', () =>
    withApp({}, async ({ simulator }, receiver) => {
      simulator.webhookFault({ kind: 'forge', nth: 1 });
      simulator.webhookFault({ kind: 'mismatch', nth: 2, type: 'new_message' });
      for (const n of [1, 2]) simulator.raise(message(n));
      await simulator.webhooksSettled();
      const good = receiver.received.map(({ header, body }) => [header === TOKEN, at(body, 'token') === TOKEN]);
      expect(good).toEqual([
        [false, false],
        [true, true],
        [true, false],
        [true, true],
      ]);
    }));

  it('are not repeated when they fail, unless the setting says so', () =>
    withApp({ webhookRetryMs: 5 }, async ({ simulator }, receiver) => {
      receiver.answers.push(500, 503, 302, 204);
      simulator.raise(message(1));
      await simulator.webhooksSettled();
      simulator.set({ webhookRetries: 2 });
      simulator.raise(message(2));
      await simulator.webhooksSettled();
      expect(ids(receiver)).toEqual([1, 2, 2, 2]);
      expect(simulator.deliveries().map(({ attempt, status }) => [attempt, status])).toEqual([
        [1, 500],
        [1, 503],
        [2, 302],
        [3, 204],
      ]);
    }));

  it('are struck by a seeded chance, always the same ones', () =>
    withApp({}, async ({ simulator }, receiver) => {
      const arrived = async () => {
        simulator.clearWebhookFaults();
        simulator.webhookFault({ kind: 'drop', probability: 0.5, seed: 11 });
        const before = receiver.received.length;
        for (let n = 0; n < 12; n += 1) simulator.raise(message(n));
        await simulator.webhooksSettled();
        return ids(receiver).slice(before);
      };
      const first = await arrived();
      expect(first.length).toBeGreaterThan(1);
      expect(first.length).toBeLessThan(11);
      expect(await arrived()).toEqual(first);
    }));

  it('to nobody are noted as unanswered, and a close waits for none', () =>
    withSimulator({ settings: { webhookUrl: 'http://127.0.0.1:9/', webhookRetries: 9 } }, async ({ simulator }) => {
      simulator.raise(message(1));
      simulator.raise(message(2));
      while (simulator.deliveries().length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      expect(simulator.deliveries()[0]).toMatchObject({ status: null, attempt: 1 });
    }));
});

it('every known type can be raised without data, and has some', () =>
  withApp({ webhookEvents: [...WEBHOOK_TYPES] }, async ({ simulator }, receiver) => {
    for (const type of WEBHOOK_TYPES) simulator.raise({ type });
    await simulator.webhooksSettled();
    expect(types(receiver)).toEqual(WEBHOOK_TYPES);
    expect(receiver.received).toHaveLength(21);
    for (const { body } of receiver.received) {
      expect(Object.keys(Object(at(body, 'data')) as object).length).toBeGreaterThan(0);
    }
    const pushed = receiver.received.find(({ body }) => at(body, 'type') === 'conversation_push');
    expect(at(pushed?.body, 'data', 'data', 'conversationId')).toBe(9_300_417_000_000_001n);
  }));

it('the controls over HTTP raise events, plant faults, and list deliveries', () =>
  withApp({}, async ({ simulator }, receiver) => {
    const call = caller({ url: `${simulator.url}/__sim`, token: '' });
    expect((await call('POST', '/webhook-faults', { kind: 'duplicate', times: 1 })).status).toBe(204);
    expect((await call('POST', '/events', { type: 'new_meeting', data: { agentId: 7 } })).status).toBe(204);
    await simulator.webhooksSettled();
    expect(types(receiver)).toEqual(['new_meeting', 'new_meeting']);
    const { json } = await call('GET', '/deliveries');
    expect(json).toMatchObject([{ n: 1, type: 'new_meeting', data: { agentId: 7 }, fault: 'duplicate' }, { n: 2 }]);
    expect((await call('DELETE', '/webhook-faults')).status).toBe(204);
    expect((await call('DELETE', '/deliveries')).status).toBe(204);
    expect((await call('GET', '/deliveries')).json).toEqual([]);
    expect((await call('POST', '/events', { type: 'agent_created', data: {} })).status).toBe(400);
    expect((await call('POST', '/webhook-faults', { kind: 'lose' })).status).toBe(400);
    expect((await call('PATCH', '/settings', { webhookUrl: 'ftp://example.com' })).status).toBe(400);
  }));
