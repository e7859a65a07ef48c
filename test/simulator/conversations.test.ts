import { describe, expect, it } from '@jest/globals';

import type { SeedConversation } from '../../src/simulator/seed-schema.ts';
import { at, EMAILS, handClock, list, withSimulator, type World } from './calling.ts';

const VISITOR = 'vi.sitor@example.org';
const planted = (count: number, more: Partial<SeedConversation> = {}): readonly SeedConversation[] =>
  Array.from({ length: count }, (_, index) => ({ email: VISITOR, createdAt: 1000 + index, ...more }));

function seed({ simulator }: World, conversations: readonly SeedConversation[]): void {
  const known = simulator.state().contacts.length > 0;
  simulator.seed({ ...(!known && { contacts: [{ attributes: { email: VISITOR } }] }), conversations });
}

/** The path and query of an absolute link. */
const pathOf = (link: unknown): string => String(link).replace(/^https:\/\/api\.drift\.com/, '');

describe('the list of conversations', () => {
  it('pages by token, newest change first, with absolute links to another host and none at the end', () =>
    withSimulator({}, async (world) => {
      seed(world, planted(5));
      const first = await world.call('GET', '/conversations/list?limit=2&page_token=');
      expect(first.text).toContain('"id":9300417000000009,');
      expect(list(first.json, 'data').map((one) => at(one, 'createdAt'))).toEqual([1004, 1003]);
      expect(at(first.json, 'links', 'self')).toBe('https://api.drift.com/conversations/list?limit=2&page_token=');
      const next = String(at(first.json, 'links', 'next'));
      expect(next).toMatch(/^https:\/\/api\.drift\.com\/conversations\/list\?limit=2&page_token=./);
      const second = await world.call('GET', pathOf(next));
      const third = await world.call('GET', pathOf(at(second.json, 'links', 'next')));
      expect(list(third.json, 'data').map((one) => at(one, 'createdAt'))).toEqual([1000]);
      expect(at(third.json, 'links')).not.toHaveProperty('next');
      expect(list(third.json, 'data')[0]).not.toHaveProperty('participants');
      expect(list((await world.call('GET', '/conversations/list')).json, 'data')).toHaveLength(5);
    }));

  it('moves rows between pages when they change in the middle of a walk', () =>
    withSimulator({}, async (world) => {
      seed(world, planted(4));
      const first = await world.call('GET', '/conversations/list?limit=2');
      seed(world, planted(1, { createdAt: 2_000_000_000_000 }));
      const second = await world.call('GET', pathOf(at(first.json, 'links', 'next')));
      expect(at(second.json, 'data', 0, 'id')).toEqual(at(first.json, 'data', 1, 'id'));
    }));

  it('refuses what it does not understand, and links to any origin', () =>
    withSimulator({}, async (world) => {
      seed(world, planted(3));
      const status = async (query: string) => (await world.call('GET', `/conversations/list?${query}`)).status;
      expect(await status('limit=101')).toBe(400);
      expect(await status('limit=0')).toBe(400);
      expect(await status('statusId=4')).toBe(400);
      expect(await status('statusId=toString')).toBe(400);
      expect(await status('page_token=Zm9yZWlnbg')).toBe(400);
      world.simulator.set({ linkOrigin: 'http://other.example.com:8080/x' });
      const { json } = await world.call('GET', '/conversations/list?limit=2');
      expect(at(json, 'links', 'next')).toMatch(/^http:\/\/other\.example\.com:8080\/conversations\/list\?/);
      world.simulator.set({ pageTokenRequired: true });
      expect(await status('limit=2')).toBe(400);
      expect(await status('limit=2&page_token=')).toBe(200);
    }));

  it('lets tokens expire, and repeats one by setting', async () => {
    const clock = handClock();
    await withSimulator({ clock: clock.now, settings: { pageTokenLifeMs: 1000 } }, async (world) => {
      seed(world, planted(6));
      const next = pathOf(at((await world.call('GET', '/conversations/list?limit=2')).json, 'links', 'next'));
      clock.advance(999);
      expect((await world.call('GET', next)).status).toBe(200);
      world.simulator.set({ repeatCursor: true });
      const second = await world.call('GET', next);
      const third = await world.call('GET', pathOf(at(second.json, 'links', 'next')));
      expect(list(third.json, 'data')).toEqual(list(second.json, 'data'));
      clock.advance(1);
      const refused = await world.call('GET', next);
      expect([refused.status, at(refused.json, 'error', 'type')]).toEqual([400, 'validation_error']);
    });
  });

  it('filters by status, and counts them', () =>
    withSimulator({}, async (world) => {
      seed(world, [
        ...planted(3),
        ...planted(2, { status: 'closed' }),
        ...planted(1, { status: 'pending' }),
        ...planted(1, { status: 'bulk_sent' }),
      ]);
      const found = await world.call('GET', '/conversations/list?statusId=2&statusId=3&limit=1');
      expect(at(found.json, 'links', 'next')).toContain('statusId=2&statusId=3');
      const all = await world.call('GET', '/conversations/list?statusId=2&statusId=3');
      expect(list(all.json, 'data').map((one) => at(one, 'status'))).toEqual(['closed', 'pending', 'closed']);
      const stats = await world.call('GET', '/conversations/stats');
      expect(stats.json).toEqual({ conversationCount: { OPEN: 3, CLOSED: 2, PENDING: 1 } });
    }));

  it('has an older form by setting: a number in, pagination out while more follow, 50 at most', () =>
    withSimulator({ settings: { conversationPaging: 'cursor' } }, async (world) => {
      seed(world, planted(3));
      const first = await world.call('GET', '/conversations/list?limit=2');
      expect(first.json).toMatchObject({ pagination: { more: true, next: '2' } });
      expect(first.json).not.toHaveProperty('links');
      const second = await world.call('GET', '/conversations/list?limit=2&next=2');
      expect(second.json).not.toHaveProperty('pagination');
      expect(list(second.json, 'data')).toHaveLength(1);
      expect((await world.call('GET', '/conversations/list?limit=51')).status).toBe(400);
    }));

  it('answers under /v1 by setting, and not without the scope', () =>
    withSimulator({ settings: { scopes: ['conversation_read'] } }, async (world) => {
      seed(world, planted(1));
      expect((await world.call('GET', '/v1/conversations/list')).status).toBe(404);
      world.simulator.set({ v1Prefix: true });
      const answer = await world.call('GET', '/v1/conversations/list');
      const path = `/v1/conversations/${String(at(answer.json, 'data', 0, 'id'))}`;
      expect((await world.call('GET', path)).status).toBe(200);
      expect((await world.call('POST', `${path}/messages`, { type: 'chat', body: 'x' })).status).toBe(403);
    }));
});

describe('a conversation', () => {
  it('names its participants, also those whose seat is gone', () =>
    withSimulator({}, async (world) => {
      const { simulator, call, idOf } = world;
      const mel = idOf(EMAILS.mel);
      const tags = [{ name: 'demo', color: 'FF0000' }];
      seed(world, planted(1, { participants: [EMAILS.mel], tags, relatedPlaybookId: 12 }));
      await call('DELETE', `/scim/Users/${mel}`);
      const [conversation] = simulator.state().conversations;
      const answer = await call('GET', `/conversations/${conversation?.id ?? ''}`);
      expect(answer.json).toEqual({
        data: {
          id: 9_300_417_000_000_001n,
          status: 'open',
          contactId: 11_751_623_441_268_737n,
          inboxId: 1,
          participants: [mel],
          createdAt: 1000,
          updatedAt: 1000,
          relatedPlaybookId: 12,
          conversationTags: tags,
        },
      });
      expect((await call('GET', '/conversations/9300417000000002')).status).toBe(404);
    }));

  it('is created with its contact, without a wrapper', () =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      const ada = idOf(EMAILS.ada);
      const attributes = { integrationSource: 'crm', autoAssigneeId: ada };
      const answer = await call('POST', '/conversations/new', { email: VISITOR, message: { body: 'Hi', attributes } });
      expect(answer.json).toMatchObject({
        id: 9_300_417_000_000_001n,
        contactId: 11_751_623_441_268_737n,
        participants: [ada],
        status: 'open',
      });
      expect(answer.json).not.toHaveProperty('data');
      expect(simulator.journal().at(-1)?.effect).toEqual({ kind: 'conversation.create', id: '9300417000000001' });
      await call('POST', '/conversations/new', { email: VISITOR.toUpperCase(), message: { body: 'Again' } });
      expect(simulator.state().contacts).toHaveLength(1);
      expect(simulator.state().messages.map(({ body }) => body)).toEqual(['Hi', 'Again']);
    }));

  it('is not created from a wrong request, and then there is no contact either', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const message = { body: 'Hi' };
      for (const body of [
        { message },
        { email: 'nobody', message },
        { email: VISITOR },
        { email: VISITOR, message: { body: '' } },
        { email: VISITOR, message: { ...message, attributes: [] } },
        { email: VISITOR, message: { ...message, attributes: { autoAssigneeId: 9 } } },
        { email: VISITOR, message: { ...message, attributes: { autoAssigneeId: '9' } } },
        { email: VISITOR, message: { ...message, attributes: { integrationSource: 1 } } },
        [],
        '{"email"',
      ]) {
        const refused = await call('POST', '/conversations/new', body);
        expect([body, refused.status, at(refused.json, 'error', 'type')]).toEqual([body, 400, 'validation_error']);
      }
      expect([simulator.state().contacts, simulator.state().conversations]).toEqual([[], []]);
    }));

  it('cannot be updated, unless the setting follows the one guide that says so', () =>
    withSimulator({}, async (world) => {
      const { simulator, call, idOf } = world;
      seed(world, planted(1));
      const path = '/conversations/9300417000000001';
      expect((await call('PATCH', path, { status: 'closed' })).status).toBe(404);
      simulator.set({ conversationUpdate: 'supported' });
      const assignedAgentId = idOf(EMAILS.ada);
      const answer = await call('PATCH', path, { status: 'closed', assignedAgentId });
      expect(answer.json).toMatchObject({ data: { status: 'closed', participants: [assignedAgentId] } });
      expect((await call('PATCH', path, { status: 'gone' })).status).toBe(400);
      expect((await call('PATCH', path, {})).status).toBe(400);
      expect((await call('PATCH', path, { assignedAgentId: 1 })).status).toBe(400);
      expect((await call('PATCH', '/conversations/1', { status: 'open' })).status).toBe(404);
    }));

  it('is opened again by what its contact writes', () =>
    withSimulator({}, async (world) => {
      seed(world, planted(1, { status: 'closed' }));
      expect(world.simulator.visit({ email: VISITOR, text: 'One more thing' })).toBe('9300417000000001');
      expect(world.simulator.state().conversations).toMatchObject([{ status: 'open' }]);
      const answer = await world.call('POST', '/__sim/visits', { email: 'new@example.org', text: 'Hello' });
      expect(answer.json).toEqual({ conversationId: 9_300_417_000_000_003n });
    }));

  it('is erased with its contact, messages and all', async () => {
    const clock = handClock();
    await withSimulator({ clock: clock.now }, async (world) => {
      const attachments = [{ fileName: 'a.txt', mimeType: 'text/plain', text: 'private' }];
      seed(world, planted(1, { messages: [{ from: 'contact', body: 'private', attachments }] }));
      await world.call('POST', '/gdpr/delete', { email: VISITOR });
      expect((await world.call('GET', '/conversations/9300417000000001')).status).toBe(200);
      clock.advance(200);
      for (const path of ['', '/messages', '/transcript', '/json_transcript']) {
        expect((await world.call('GET', `/conversations/9300417000000001${path}`)).status).toBe(404);
      }
      expect((await world.call('GET', '/attachments/640001/data')).status).toBe(404);
      expect((await world.call('GET', '/conversations/list')).json).toMatchObject({ data: [] });
      expect(JSON.stringify(world.simulator.state().messages)).toBe('[]');
    });
  });

  it('is planted only for contacts and agents that exist', () =>
    withSimulator({}, async (world) => {
      await Promise.resolve();
      const { simulator } = world;
      expect(() => simulator.seed({ conversations: planted(1) })).toThrow('is no contact');
      expect(() => seed(world, planted(1, { participants: ['x@example.com'] }))).toThrow('is no agent');
      expect(simulator.state().contacts).toEqual([]);
    }));
});
