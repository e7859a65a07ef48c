import { describe, expect, it } from '@jest/globals';

import type { SeedConversation } from '../../src/simulator/seed-schema.ts';
import type { SimulatorSettings } from '../../src/simulator/settings.ts';
import { at, EMAILS, handClock, list, withSimulator, type World } from './calling.ts';
import { withReceiver } from './receiver.ts';

const VISITOR = 'vi.sitor@example.org';
const PATH = '/conversations/9300417000000001';

function seed({ simulator }: World, more: Partial<SeedConversation> = {}): void {
  const contacts = [{ attributes: { email: VISITOR, name: 'Vi Sitor' } }];
  simulator.seed({ contacts, conversations: [{ email: VISITOR, createdAt: 1000, ...more }] });
}

describe('messages', () => {
  it('come fifty at a time, with a cursor while more follow', () =>
    withSimulator({}, async (world) => {
      seed(world, { messages: Array.from({ length: 120 }, (_, n) => ({ from: 'contact', body: `m${n}` })) });
      const bodies: unknown[] = [];
      let next: string | undefined = '';
      const sizes = [];
      while (next !== undefined) {
        const { json } = await world.call('GET', `${PATH}/messages?next=${next}`);
        const page = list(json, 'data', 'messages');
        sizes.push(page.length);
        bodies.push(...page.map((message) => at(message, 'body')));
        expect(at(json, 'pagination', 'more')).toBe(at(json, 'pagination', 'next') !== undefined);
        next = at(json, 'pagination', 'next') as string | undefined;
      }
      expect(sizes).toEqual([50, 50, 20]);
      expect(new Set(bodies).size).toBe(120);
      expect((await world.call('GET', `${PATH}/messages?next=x`)).status).toBe(400);
      world.simulator.set({ repeatCursor: true });
      const again = await world.call('GET', `${PATH}/messages?next=50`);
      expect(at(again.json, 'pagination', 'next')).toBe('50');
    }));

  it('are posted as a bot, or as an agent who then takes part', () =>
    withSimulator({ clock: handClock().now }, async (world) => {
      const { simulator, call, idOf } = world;
      seed(world);
      const byBot = await call('POST', `${PATH}/messages`, { type: 'chat', body: 'Hi <script>x</script><b>you</b>' });
      expect(byBot.text).toContain('"id":10100417000000003,');
      const author = { type: 'user', id: idOf(EMAILS.bot), bot: true };
      expect(at(byBot.json, 'data', 'messages', 0)).toMatchObject({ author, body: 'Hi x<b>you</b>', type: 'chat' });
      const userId = idOf(EMAILS.mel);
      const note = await call('POST', `${PATH}/messages`, { type: 'private_note', body: 'warm', userId });
      expect(at(note.json, 'data', 'messages', 0, 'author')).toEqual({ type: 'user', id: userId, bot: false });
      expect(simulator.journal().at(-1)?.effect).toEqual({ kind: 'message.create', id: '10100417000000005' });
      expect(simulator.state().conversations).toMatchObject([{ participants: [userId] }]);
      const { json } = await call('GET', PATH);
      expect(Number(at(json, 'data', 'updatedAt'))).toBeGreaterThan(1_800_000_000_000);
    }));

  it('are refused when they are wrong', () =>
    withSimulator({}, async (world) => {
      seed(world);
      for (const body of [
        { body: 'x' },
        { type: 'edit', body: 'x' },
        { type: 'chat' },
        { type: 'chat', body: 1 },
        { type: 'chat', body: 'x', buttons: ['y'] },
        { type: 'chat', body: 'x', userId: 5 },
        { type: 'chat', body: 'x', orgId: 5 },
      ]) {
        expect([body, (await world.call('POST', `${PATH}/messages`, body)).status]).toEqual([body, 400]);
      }
      expect((await world.call('POST', '/conversations/1/messages', { type: 'chat', body: 'x' })).status).toBe(404);
      expect(world.simulator.state().messages).toEqual([]);
      const buttons = [{ label: 'Yes', value: 'yes' }];
      const answer = await world.call('POST', `${PATH}/messages`, { type: 'chat', buttons });
      expect(at(answer.json, 'data', 'messages', 0, 'buttons')).toEqual(buttons);
    }));

  it('make a transcript as text and as JSON, and have attachments as they are', () =>
    withSimulator({}, async (world) => {
      seed(world, {
        messages: [
          {
            from: 'contact',
            body: '<p>Hello</p>',
            createdAt: 2000,
            attachments: [{ fileName: 'a.csv', mimeType: 'text/csv', text: 'a,b\n1,2\n' }],
          },
          { from: EMAILS.mel, body: 'between us', type: 'private_note', createdAt: 3000 },
          { from: EMAILS.mel, body: 'Welcome', createdAt: 4000 },
        ],
      });
      const text = await world.call('GET', `${PATH}/transcript`);
      expect(text.headers.get('content-type')).toBe('text/plain;charset=utf-8');
      expect(text.text).toBe(
        '1970-01-01T00:00:02.000Z Vi Sitor: Hello\n1970-01-01T00:00:04.000Z Mel Member: Welcome\n',
      );
      const { json } = await world.call('GET', `${PATH}/json_transcript`);
      expect(at(json, 'data', 'conversationId')).toBe(9_300_417_000_000_001n);
      expect(list(json, 'data', 'messages')).toHaveLength(3);
      const id = at(json, 'data', 'messages', 0, 'attachments', 0, 'id');
      const file = await world.call('GET', `/attachments/${String(id)}/data`);
      expect([file.text, file.headers.get('content-type')]).toEqual(['a,b\n1,2\n', 'text/csv']);
      expect((await world.call('GET', '/attachments/1/data')).status).toBe(404);
    }));

  it('raise their webhooks, and a close raises the export, twice nested', () =>
    withReceiver((receiver) => {
      const settings: Partial<SimulatorSettings> = {
        webhookUrl: receiver.url,
        conversationUpdate: 'supported',
        webhookEvents: [
          'contact_identified',
          'new_conversation',
          'new_message',
          'new_command_message',
          'conversation_participant_added',
          'conversation_push',
          'conversation_manual_push',
          'conversation_status_updated',
        ],
      };
      return withSimulator({ settings, clock: handClock().now }, async ({ simulator, call, idOf }) => {
        const mel = idOf(EMAILS.mel);
        simulator.visit({ email: VISITOR, text: 'Hello' });
        await call('POST', `${PATH}/messages`, { type: 'private_note', body: '/away', userId: mel });
        await call('PATCH', PATH, { status: 'closed' });
        await simulator.webhooksSettled();
        expect(receiver.received.map(({ body }) => at(body, 'type'))).toEqual([
          'contact_identified',
          'new_conversation',
          'new_message',
          'conversation_participant_added',
          'new_message',
          'new_command_message',
          'conversation_status_updated',
          'conversation_push',
          'conversation_manual_push',
        ]);
        const conversationId = 9_300_417_000_000_001n;
        expect(at(receiver.received[2]?.body, 'data')).toMatchObject({
          id: 10_100_417_000_000_003n,
          conversationId,
          body: 'Hello',
          author: { type: 'contact', id: 11_751_623_441_268_737n, bot: false },
        });
        const inner = { conversationId, userId: mel, pushedAt: 1_800_000_000_000 };
        expect(at(receiver.received[7]?.body, 'data')).toEqual({ source: 'conversation_manual_push', data: inner });
        expect(at(receiver.received[8]?.body, 'data')).toEqual(inner);
      });
    }));
});

describe('the report', () => {
  const ask = (world: World, body: unknown) => world.call('POST', '/reports/conversations', body);

  it('gives the metrics in the order of the request, NaN for what is missing', () =>
    withSimulator({}, async (world) => {
      seed(world, {
        messages: [
          { from: 'contact', body: 'a' },
          { from: EMAILS.mel, body: 'b' },
          { from: 'bot', body: 'c' },
        ],
      });
      const metrics = ['numMessages', 'toString', 'lastAgentId', 'numBotMessages', 'timeToClose'];
      const answer = await ask(world, { filters: [], metrics });
      const row = {
        conversationId: 9_300_417_000_000_001n,
        metrics: [3, 'NaN', world.idOf(EMAILS.mel), 1, 'NaN'],
      };
      expect(answer.json).toEqual({ count: 1, data: [row] });
      expect((await world.call('POST', '/reports/conversation-summary', { metrics })).json).toEqual(answer.json);
    }));

  it('filters, and refuses filters that it does not know', () =>
    withSimulator({}, async (world) => {
      seed(world);
      const count = async (filter: unknown) =>
        at((await ask(world, { filters: [filter], metrics: ['createdAt'] })).json, 'count');
      expect(await count({ property: 'createdAt', operation: 'BETWEEN', values: [1000, 1000] })).toBe(1);
      expect(await count({ property: 'createdAt', operation: 'BETWEEN', values: [1, 2] })).toBe(0);
      expect(await count({ property: 'status', operation: 'IN', values: ['open'] })).toBe(1);
      expect(await count({ property: 'lastAgentId', operation: 'HAS_PROPERTY' })).toBe(0);
      for (const body of [
        {},
        { metrics: [1] },
        { metrics: [], filters: {} },
        { metrics: [], filters: [{ operation: 'IN', values: [] }] },
        { metrics: [], filters: [{ property: 'status', operation: 'LIKE', values: [] }] },
        { metrics: [], filters: [{ property: 'createdAt', operation: 'BETWEEN', values: [1] }] },
        { metrics: [], filters: [{ property: 'status', operation: 'IN', values: 'open' }] },
      ]) {
        expect([body, (await ask(world, body)).status]).toEqual([body, 400]);
      }
    }));

  it('has a rate limit of its own: sixty a minute', () =>
    withSimulator({ clock: handClock().now }, async (world) => {
      const statuses = [];
      for (let n = 0; n < 61; n += 1) statuses.push((await ask(world, { metrics: [] })).status);
      expect(statuses.lastIndexOf(200)).toBe(59);
      expect(statuses.at(-1)).toBe(429);
      const other = await world.call('GET', '/users/list');
      expect([other.status, other.headers.get('x-calls-left-in-pail')]).toEqual([200, '199']);
      world.simulator.set({ reportsPerMinute: 0 });
      expect((await ask(world, { metrics: [] })).status).toBe(200);
    }));
});
