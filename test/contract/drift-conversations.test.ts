import { expect } from '@jest/globals';
import type { DriftClient } from '../../src/drift/client.ts';
import {
  countConversations,
  createConversation,
  getConversation,
  listConversations,
  reportConversations,
  updateConversation,
} from '../../src/drift/operations/conversations.ts';
import { nextPage } from '../../src/drift/operations/paging.ts';
import { listUsers } from '../../src/drift/operations/users.ts';
import { driftContract, first, offered, ok, refusal, type SimulatedPlace } from './drift-suite.ts';

type Query = Parameters<typeof nextPage>[1];

async function newest(client: DriftClient): Promise<string> {
  return first(offered(await client.call(listConversations, { query: { limit: 1 } })).data).id;
}

async function agentId(client: DriftClient, email: string): Promise<string> {
  return first(ok(await client.call(listUsers)).data.filter((user) => user.email === email)).id;
}

/** Every conversation, and how many calls that took. */
async function walk({ client }: Pick<SimulatedPlace, 'client'>, from: Query): Promise<readonly string[]> {
  const ids: string[] = [];
  let query: Query | null = from;
  for (let page = 0; query !== null && page < 20; page += 1) {
    const value = ok(await client.call(listConversations, { query }));
    ids.push(...value.data.map(({ id }) => id));
    query = nextPage(listConversations, query, value, null);
  }
  return ids;
}

driftContract('conversations', ({ covers, coversAnywhere }) => {
  coversAnywhere('list-conversations', 'is walked by token or cursor, latest change first', async ({ client }) => {
    let query: Query | null = { limit: 25 };
    let before = Number.POSITIVE_INFINITY;
    for (let page = 0; query !== null && page < 3; page += 1) {
      const value = offered(await client.call(listConversations, { query }));
      for (const { id, updatedAt } of value.data) {
        expect(id).toMatch(/^\d+$/);
        expect(updatedAt ?? 0).toBeLessThanOrEqual(before);
        before = updatedAt ?? before;
      }
      query = nextPage(listConversations, query, value, null);
    }
  });

  coversAnywhere('get-conversation', 'reads a conversation with its participants', async ({ client }) => {
    const conversationId = await newest(client);
    const { data: conversation } = ok(await client.call(getConversation, { params: { conversationId } }));
    expect(conversation.id).toBe(conversationId);
    expect(conversation.participants?.every((id) => /^\d+$/.test(id)) ?? true).toBe(true);
  });

  coversAnywhere('count-conversations', 'answers numbers by status', async ({ client }) => {
    const { conversationCount } = offered(await client.call(countConversations));
    expect(Object.values(conversationCount).every((count) => count >= 0)).toBe(true);
  });

  coversAnywhere('report-conversations', 'answers metrics in the order that was asked for', async ({ client }) => {
    const filters = [{ property: 'createdAt', operation: 'HAS_PROPERTY' }];
    const metrics = ['createdAt', 'noSuchMetric'];
    const { data: rows } = offered(await client.call(reportConversations, { body: { filters, metrics } }));
    const row = first(rows);
    expect(row.conversationId).toMatch(/^\d+$/);
    expect(row.metrics).toHaveLength(2);
  });

  covers(
    'list-conversations',
    'reads all pages from the configured place, wherever links point',
    async (place) => {
      const ids = await walk(place, { limit: 50 });
      expect(ids).toHaveLength(61);
      expect(new Set(ids).size).toBe(61);
      expect(await walk(place, { limit: 20, statusId: [1, 3] })).toHaveLength(41);
      expect(await walk(place, { statusId: 2 })).toHaveLength(20);
    },
    {},
    { linkOrigin: 'https://elsewhere.example.net' },
    { pageTokenRequired: true },
    { conversationPaging: 'cursor' },
    { errorsBesideData: true },
  );

  covers(
    'list-conversations',
    'is refused with an expired token, and a repeated one is noticed',
    async (place) => {
      const { client, simulator, advance } = place;
      const value = ok(await client.call(listConversations, { query: { limit: 10 } }));
      const query = nextPage(listConversations, { limit: 10 }, value, null) ?? {};
      advance(600_001);
      expect(refusal(await client.call(listConversations, { query }))).toBe('400 validation_error');
      simulator.set({ repeatCursor: true, pageTokenLifeMs: 3_600_000 });
      await expect(walk(place, { limit: 10 })).rejects.toMatchObject({ code: 'drift.unreachable' });
    },
    {},
    { errorStyle: 'errors' },
  );

  covers(
    'create-conversation',
    'opens one for a new contact, with an agent to answer',
    async ({ client }) => {
      const autoAssigneeId = await agentId(client, 'mel.member@example.com');
      const attributes = { integrationSource: 'contract', autoAssigneeId };
      const body = { email: 'new.visitor@example.net', message: { body: 'Hello', attributes } };
      const created = ok(await client.call(createConversation, { body }));
      expect(Number.isSafeInteger(Number(created.id))).toBe(false);
      const { data: read } = ok(await client.call(getConversation, { params: { conversationId: created.id } }));
      expect(read).toMatchObject({ id: created.id, contactId: created.contactId, participants: [autoAssigneeId] });
    },
    {},
    { conversationPaging: 'cursor' },
  );

  covers(
    'create-conversation',
    'is refused for an assignee who is nobody',
    async ({ client }) => {
      const message = { body: 'Hello', attributes: { autoAssigneeId: 999_999 } };
      const called = await client.call(createConversation, { body: { email: 'cleo@example.net', message } });
      expect(refusal(called)).toBe('400 validation_error');
    },
    {},
    { errorStyle: 'errors' },
  );

  covers(
    'update-conversation',
    'changes status and assignee where that is supported',
    async ({ client }) => {
      const conversationId = await newest(client);
      const assignedAgentId = await agentId(client, 'mel.member@example.com');
      const body = { status: 'closed' as const, assignedAgentId };
      const { data: changed } = ok(await client.call(updateConversation, { params: { conversationId }, body }));
      expect(changed).toMatchObject({ id: conversationId, status: 'closed' });
      expect(changed.participants).toContain(assignedAgentId);
    },
    { conversationUpdate: 'supported' },
  );

  covers(
    'update-conversation',
    'is refused where it is not',
    async ({ client }) => {
      const conversationId = await newest(client);
      const called = await client.call(updateConversation, { params: { conversationId }, body: { status: 'closed' } });
      expect(refusal(called)).toBe('404 not_found');
    },
    { conversationUpdate: 'unsupported' },
    { conversationUpdate: 'unsupported', errorStyle: 'errors' },
  );

  covers('count-conversations', 'counts what the lists show', async ({ client }) => {
    const { conversationCount } = ok(await client.call(countConversations));
    expect(conversationCount).toEqual({ OPEN: 1, CLOSED: 20, PENDING: 40 });
  });

  covers('report-conversations', 'filters, and gives null for what is no number', async ({ client }) => {
    const conversationId = await newest(client);
    const filters = [
      { property: 'numMessages', operation: 'BETWEEN', values: [1, 500] },
      { property: 'status', operation: 'IN', values: ['open'] },
    ];
    const body = { filters, metrics: ['numMessages', 'status', 'noSuchMetric'] };
    const report = ok(await client.call(reportConversations, { body }));
    expect(report).toMatchObject({ count: 1, data: [{ conversationId, metrics: [120, null, null] }] });
  });
});
