import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DriftClient } from '../../src/drift/client.ts';
import { allAccounts, allContacts } from '../../src/drift/listing.ts';
import { updateAccount } from '../../src/drift/operations/accounts.ts';
import { listConversations } from '../../src/drift/operations/conversations.ts';
import { nextPage } from '../../src/drift/operations/paging.ts';
import { getUser } from '../../src/drift/operations/users.ts';
import { clientAt, json, type RecordingServer, startRecording, TOKEN } from './recording-server.ts';

/** Everything in the answers of one server points at another one, which must never be asked. */
describe('the bearer stays with the configured origin', () => {
  let drift: RecordingServer;
  let stranger: RecordingServer;
  let client: DriftClient;

  beforeAll(async () => {
    drift = await startRecording();
    stranger = await startRecording(json(200, { data: { id: 7, name: 'Mallory' } }));
    client = clientAt(drift.url);
  });
  afterAll(async () => {
    await client.close();
    await drift.close();
    await stranger.close();
  });
  beforeEach(() => {
    drift.received.length = 0;
    stranger.received.length = 0;
  });
  const nobodyElseWasAsked = (): void => {
    expect(stranger.received).toEqual([]);
    expect(drift.received.length).toBeGreaterThan(0);
    expect(drift.received.every(({ authorization }) => authorization === `Bearer ${TOKEN}`)).toBe(true);
  };

  it.each([301, 302, 303, 307, 308])('when a read or a write is answered with a redirect %d', async (status) => {
    drift.answer = json(status, {}, { location: `${stranger.url}/users/7` });
    expect(await client.call(getUser, { params: { userId: '7' } })).toMatchObject({ code: 'redirect_refused' });
    const write = await client.call(updateAccount, { body: { accountId: '4_x.example', ownerId: '7' } });
    expect(write).toMatchObject({ kind: 'unknown', code: 'redirect_refused' });
    expect(drift.received).toHaveLength(2);
    nobodyElseWasAsked();
  });

  it('when the next page of accounts is an absolute address', async () => {
    const accounts = (from: number, next: string | null) =>
      json(200, { data: { accounts: [{ accountId: `${String(from)}_x.example`, ownerId: 7 }], total: 2, next } });
    drift.answer = (call, response, nth) => {
      const next = `${stranger.url}/accounts?index=1&size=65&access_token=x`;
      (call.target.includes('index=0') ? accounts(0, next) : accounts(1, null))(call, response, nth);
    };
    expect(await allAccounts(client, async () => true)).toHaveLength(2);
    expect(drift.received.map(({ target }) => target)).toEqual([
      '/accounts?index=0&size=65',
      '/accounts?index=1&size=65',
    ]);
    nobodyElseWasAsked();
  });

  it.each([
    ['a Link header', (url: string) => ({ body: {}, headers: { link: `<${url}/contacts?next=abc>; rel="next"` } })],
    ['the body', (url: string) => ({ body: { next: `${url}/contacts?limit=100&next=abc` }, headers: {} })],
    ['an address without a scheme', (url: string) => ({ body: { next: `${url.slice(5)}/x?next=abc` }, headers: {} })],
  ])('when the next page of contacts is an absolute address in %s', async (_where, made) => {
    const contact = (id: number) => ({ id, attributes: { email: 'ann@example.com' } });
    drift.answer = (call, response, nth) => {
      const first = made(stranger.url);
      const answer = call.target.includes('next=')
        ? json(200, { data: [contact(2)] })
        : json(200, { data: [contact(1)], ...first.body }, first.headers);
      answer(call, response, nth);
    };
    expect(await allContacts(client)).toHaveLength(2);
    expect(drift.received.map(({ target }) => target)).toEqual(['/contacts?limit=100', '/contacts?limit=100&next=abc']);
    nobodyElseWasAsked();
  });

  it('when the next page of conversations is an absolute address, as the vendor shows it', async () => {
    drift.answer = json(200, { data: [], links: { next: `${stranger.url}/conversations/list?page_token=abc` } });
    const called = await client.call(listConversations, { query: {} });
    if (called.kind !== 'ok') throw new Error(called.code);
    const next = nextPage(listConversations, {}, called.value, called.nextLink);
    expect(next).toEqual({ page_token: 'abc' });
    await client.call(listConversations, { query: next ?? {} });
    expect(drift.received[1]?.target).toContain('page_token=abc');
    nobodyElseWasAsked();
  });

  it.each([
    '//evil.example/x',
    '/\\evil.example',
    '/x@evil.example:1/..//',
    '/..',
    'https://evil.example/',
    '/%2e%2e/x',
  ])('when somebody asks for the path %s', async (path) => {
    const target = path.replace('evil.example', new URL(stranger.url).host);
    await expect(client.request('GET', target)).rejects.toMatchObject({ code: 'drift.firewall' });
    expect([...drift.received, ...stranger.received]).toEqual([]);
  });
});
