import { expect } from '@jest/globals';
import { Buffer } from 'node:buffer';
import type { DriftClient } from '../../src/drift/client.ts';
import { getConversation, listConversations } from '../../src/drift/operations/conversations.ts';
import {
  getAttachment,
  getJsonTranscript,
  getTranscript,
  listMessages,
  postMessage,
} from '../../src/drift/operations/messages.ts';
import { nextPage } from '../../src/drift/operations/paging.ts';
import { listUsers } from '../../src/drift/operations/users.ts';
import { driftContract, first, offered, ok, refusal } from './drift-suite.ts';

type Query = Parameters<typeof nextPage>[1];

async function newest(client: DriftClient): Promise<string> {
  return first(offered(await client.call(listConversations, { query: { limit: 1 } })).data).id;
}

driftContract('messages', ({ covers, coversAnywhere }) => {
  coversAnywhere('list-messages', 'is walked by its cursor, nothing twice', async ({ client }) => {
    const params = { conversationId: await newest(client) };
    const seen: string[] = [];
    let query: Query | null = {};
    for (let page = 0; query !== null && page < 3; page += 1) {
      const value = ok(await client.call(listMessages, { params, query }));
      seen.push(...value.data.messages.map(({ id }) => id));
      query = nextPage(listMessages, query, value, null);
    }
    expect(new Set(seen).size).toBe(seen.length);
  });

  coversAnywhere('get-transcript', 'answers a text', async ({ client }) => {
    const params = { conversationId: await newest(client) };
    expect(typeof offered(await client.call(getTranscript, { params }))).toBe('string');
  });

  coversAnywhere('get-json-transcript', 'answers a value', async ({ client }) => {
    const params = { conversationId: await newest(client) };
    expect(typeof offered(await client.call(getJsonTranscript, { params }))).toBe('object');
  });

  coversAnywhere('get-attachment', 'answers the bytes of a file that hangs on a message', async ({ client }) => {
    const params = { conversationId: await newest(client) };
    const { messages } = ok(await client.call(listMessages, { params })).data;
    const attached = messages.flatMap(({ attachments }) => attachments ?? []);
    const documentId = first(attached).id ?? '';
    const { base64 } = offered(await client.call(getAttachment, { params: { documentId } }));
    expect(Buffer.from(base64, 'base64').toString('base64')).toBe(base64);
  });

  covers('list-messages', 'reads a conversation of more than two pages', async ({ client, simulator }) => {
    const params = { conversationId: await newest(client) };
    const pages: number[] = [];
    let query: Query | null = {};
    while (query !== null && pages.length < 9) {
      const value = ok(await client.call(listMessages, { params, query }));
      pages.push(value.data.messages.length);
      query = nextPage(listMessages, query, value, null);
    }
    expect(pages).toEqual([50, 50, 20]);
    simulator.set({ repeatCursor: true });
    const value = ok(await client.call(listMessages, { params, query: { next: '50' } }));
    expect(() => nextPage(listMessages, { next: '50' }, value, null)).toThrow('repeats a cursor');
  });

  covers('post-message', 'speaks as the agent that is named, who then takes part', async ({ client }) => {
    const params = { conversationId: await newest(client) };
    const { data: users } = ok(await client.call(listUsers));
    const userId = first(users.filter(({ email }) => email === 'mel.member@example.com')).id;
    const body = { type: 'chat' as const, body: 'Good <b>day</b>', userId };
    const { messages } = ok(await client.call(postMessage, { params, body })).data;
    expect(first(messages)).toMatchObject({ body: body.body, author: { id: userId, bot: false } });
    expect(ok(await client.call(getConversation, { params })).data.participants).toContain(userId);
  });

  covers('post-message', 'leaves a note that the transcript does not show', async ({ client }) => {
    const params = { conversationId: await newest(client) };
    const note = { type: 'private_note' as const, body: 'For us alone' };
    ok(await client.call(postMessage, { params, body: note }));
    expect(ok(await client.call(getTranscript, { params }))).not.toContain('For us alone');
  });

  covers('post-message', 'is refused for another organisation', async ({ client }) => {
    const params = { conversationId: await newest(client) };
    const body = { type: 'chat' as const, body: 'Hello', orgId: 1 };
    expect(refusal(await client.call(postMessage, { params, body }))).toBe('400 validation_error');
  });

  covers('get-transcript', 'is the text as it came, with its letters', async ({ client }) => {
    const params = { conversationId: await newest(client) };
    const transcript = ok(await client.call(getTranscript, { params }));
    expect(transcript.split('\n').filter((line) => line !== '')).toHaveLength(120);
    expect(transcript).toContain('Line 7: grüße');
  });

  covers('get-json-transcript', 'keeps the whole ids', async ({ client }) => {
    const conversationId = await newest(client);
    const transcript = ok(await client.call(getJsonTranscript, { params: { conversationId } }));
    expect(transcript).toMatchObject({ conversationId: BigInt(conversationId) });
  });

  covers('get-attachment', 'is the file to the byte, with its type', async ({ client, simulator }) => {
    const params = { conversationId: await newest(client) };
    const { messages } = ok(await client.call(listMessages, { params })).data;
    const ids = messages.flatMap(({ attachments }) => (attachments ?? []).map(({ id }) => id ?? ''));
    const files = [];
    for (const documentId of ids) files.push(ok(await client.call(getAttachment, { params: { documentId } })));
    expect(files.map(({ mediaType }) => mediaType?.split(';')[0])).toEqual(['text/plain', 'image/png']);
    expect(files.map(({ base64 }) => base64)).toEqual([
      Buffer.from('A note — with ünicode.').toString('base64'),
      'iVBORw0KGgo//v8=',
    ]);
    expect(simulator.journal().at(-1)?.path).toMatch(/^\/attachments\/\d+\/data$/);
    expect(refusal(await client.call(getAttachment, { params: { documentId: '1' } }))).toBe('404 not_found');
  });
});
