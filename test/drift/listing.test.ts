import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DriftClient } from '../../src/drift/client.ts';
import { allAccounts, allContacts, allRestUsers, allScimUsers } from '../../src/drift/listing.ts';
import { type Answering, clientAt, json, type RecordingServer, startRecording, TOKEN } from './recording-server.ts';

const user = (n: number): object => ({ id: String(n), userName: `p${String(n)}@example.com` });
const page = (totalResults: number, ...Resources: readonly object[]): Answering =>
  json(200, { totalResults, Resources, startIndex: 1, itemsPerPage: 0, id: null });
const UNREACHABLE = expect.objectContaining({ code: 'drift.unreachable' }) as unknown;

describe('whole listings', () => {
  let server: RecordingServer;
  let stranger: RecordingServer;
  let client: DriftClient;

  beforeAll(async () => {
    server = await startRecording();
    stranger = await startRecording();
  });
  afterAll(async () => {
    await client.close();
    await server.close();
    await stranger.close();
  });
  beforeEach(() => {
    server.received.length = 0;
    client = clientAt(server.url);
  });

  const answers = (...script: readonly Answering[]): void => {
    server.answer = (call, response, nth) => (script[nth - 1] ?? json(500, {}))(call, response, nth);
  };
  const targets = (): readonly string[] => server.received.map(({ target }) => target);

  it('page SCIM users by what came, not by what was said to come', async () => {
    answers(page(3, user(1), user(2)), page(3, user(3)));
    expect(await allScimUsers(client)).toHaveLength(3);
    expect(targets()).toEqual(['/scim/Users?startIndex=1&count=100', '/scim/Users?startIndex=3&count=100']);
  });

  it('are empty where nobody is, even without Resources', async () => {
    answers(json(200, { totalResults: 0 }));
    expect(await allScimUsers(client)).toEqual([]);
  });

  it('take the shapes of the vendor: nulls, empty elements, and 0 items a page', async () => {
    const bare = { emails: [{}], phoneNumbers: [{ primary: true }], photos: [{}], roles: [{}], name: {} };
    const nulls = { emails: null, phoneNumbers: null, roles: null, name: null, displayName: null, active: null };
    answers(page(2, { ...user(1), ...bare, externalId: null, meta: null }, { ...user(2), ...nulls }));
    expect((await allScimUsers(client)).map(({ id }) => id)).toEqual(['1', '2']);
    server.received.length = 0;
    answers(json(200, { totalResults: 0, Resources: null, itemsPerPage: 0 }));
    expect(await allScimUsers(client)).toEqual([]);
  });

  it.each<[string, readonly Answering[]]>([
    ['ends before its total', [page(3, user(1)), page(3)]],
    ['repeats itself', [page(3, user(1)), page(3, user(1))]],
    ['has no total', [json(200, { Resources: [] })]],
    ['holds somebody without a name', [page(1, { id: '1' })]],
    ['holds nobody knows whom', [page(1, {})]],
    ['holds a wrong activity', [page(1, { ...user(1), active: 'False' })]],
    ['holds roles of another shape', [page(1, { ...user(1), roles: ['OWNER'] })]],
    ['never holds still', Array.from({ length: 6 }, (_, n) => page(10 + n, user(n)))],
  ])('of SCIM users fail when the list %s', async (_what, script) => {
    answers(...script);
    await expect(allScimUsers(client)).rejects.toEqual(UNREACHABLE);
  });

  it('begin again when somebody left meanwhile, so that nobody is skipped', async () => {
    answers(page(3, user(1), user(2)), page(2, user(3)), page(2, user(2), user(3)));
    expect((await allScimUsers(client)).map(({ id }) => id)).toEqual(['2', '3']);
  });

  it('read everybody where filters are refused', async () => {
    answers(json(400, { detail: 'no filters' }), page(2, user(1), user(2)));
    expect((await allScimUsers(client, { userName: 'P2@example.com' })).map(({ id }) => id)).toEqual(['2']);
  });

  it('never follow a link to another place: the bearer stays with the configured origin', async () => {
    const account = (n: number): object => ({ accountId: `${String(n)}_x`, ownerId: n });
    const away = `${stranger.url}/accounts?index=65&size=65`;
    answers(
      json(200, { data: { accounts: [account(1)], total: 2, next: away } }),
      json(200, { data: { accounts: [account(2)], total: 2 } }),
    );
    expect(await allAccounts(client, async () => true)).toHaveLength(2);
    expect(targets()).toEqual(['/accounts?index=0&size=65', '/accounts?index=65&size=65']);
    server.received.length = 0;
    const contact = (n: number): object => ({ id: n, attributes: {} });
    answers(
      json(200, { data: [contact(1)], pagination: { more: true, next: `${stranger.url}/contacts?next=abc&x=1#y` } }),
      json(200, { data: [contact(2)] }, { link: `<${stranger.url}/contacts?next=d%20e>; rel="next"` }),
      json(200, { data: [contact(3)], next: 'f' }),
      json(200, { data: [] }),
    );
    expect(await allContacts(client)).toHaveLength(3);
    expect(targets()).toEqual([
      '/contacts?limit=100',
      '/contacts?limit=100&next=abc',
      '/contacts?limit=100&next=d+e',
      '/contacts?limit=100&next=f',
    ]);
    expect(stranger.received).toEqual([]);
    expect(server.received.every(({ authorization }) => authorization === `Bearer ${TOKEN}`)).toBe(true);
  });

  it('of accounts begin again when one went meanwhile, so that none is skipped', async () => {
    const part = (total: number, next: number | null, ...ids: readonly number[]): Answering =>
      json(200, {
        data: {
          accounts: ids.map((id) => ({ accountId: `${String(id)}_x`, ownerId: 1 })),
          total,
          ...(next === null ? {} : { next: `/accounts?index=${String(next)}&size=65` }),
        },
      });
    // The first one went after the first page: the third slipped into it, and the total fits all the same.
    answers(part(4, 2, 1, 2), part(3, null, 4), part(3, 2, 2, 3), part(3, null, 4));
    expect((await allAccounts(client, async () => true))?.map(({ accountId }) => accountId)).toEqual([
      '2_x',
      '3_x',
      '4_x',
    ]);
    server.received.length = 0;
    // One came: what was seen comes again.
    answers(part(3, 2, 1, 2), part(3, 4, 2, 3), part(4, 2, 0, 1), part(4, null, 2, 3));
    expect(await allAccounts(client, async () => true)).toHaveLength(4);
    server.received.length = 0;
    answers(...Array.from({ length: 6 }, (_, n) => part(9 - n, n % 2 === 0 ? 2 : 4, n, n + 10)));
    await expect(allAccounts(client, async () => true)).rejects.toEqual(UNREACHABLE);
  });

  it.each<[string, unknown]>([
    ['goes back', { accounts: [], next: '/accounts?index=0&size=65' }],
    ['has no index', { accounts: [], next: '/elsewhere' }],
    ['ends before its total', { accounts: [], total: 1 }],
  ])('of accounts fail when the list %s', async (_what, data) => {
    answers(json(200, { data }));
    await expect(allAccounts(client, async () => true)).rejects.toEqual(UNREACHABLE);
  });

  it.each<[string, readonly Answering[]]>([
    ['more but no cursor', [json(200, { data: [{ id: 1, attributes: {} }], pagination: { more: true } })]],
    [
      'a second page that is refused',
      [
        json(200, { data: [{ id: 1, attributes: {} }], pagination: { next: 'a' } }),
        json(400, { error: { type: 'CONTACT-10' } }),
      ],
    ],
    ['no answer at all', [json(500, {}), json(500, {}), json(500, {}), json(500, {})]],
  ])('of contacts fail when there is %s', async (_what, script) => {
    answers(...script);
    await expect(allContacts(client)).rejects.toEqual(UNREACHABLE);
  });

  it('read everybody at once where the filter is known not to work', async () => {
    answers(page(2, user(1), user(2)));
    const only = { userName: 'p2@example.com', filter: 'wrong' } as const;
    expect((await allScimUsers(client, only)).map(({ id }) => id)).toEqual(['2']);
    expect(targets()).toEqual(['/scim/Users?startIndex=1&count=100']);
  });

  it('of REST users hold one organisation', async () => {
    answers(
      json(200, {
        data: [
          { id: 1, orgId: 5 },
          { id: 2, orgId: 6 },
        ],
      }),
    );
    await expect(allRestUsers(client)).rejects.toEqual(UNREACHABLE);
  });
});
