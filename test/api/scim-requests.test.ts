import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Response } from 'supertest';
import type { ScimRequest } from '../../src/flows/scim-request-port.ts';
import { type TestApi, as, testApi } from './world.ts';

const PERSON = '0198c0de-0000-7000-8000-00000000000a';
const START = Date.parse('2026-03-02T09:00:00.000Z');

function row(n: number, more: Partial<ScimRequest> = {}): ScimRequest {
  return {
    at: new Date(START + n * 1000).toISOString(),
    requestId: `request-${String(n)}`,
    tokenId: 'tok',
    method: 'GET',
    path: '/Users?filter=userName eq …',
    status: 200,
    changed: [],
    durationMs: 0.75,
    ...more,
  };
}

interface Page {
  readonly items: readonly { readonly requestId: string }[];
  readonly next: string | null;
}

describe('GET /scim-requests', () => {
  let api: TestApi;
  let token: string;
  beforeAll(async () => {
    api = await testApi();
    token = await api.token({ scopes: ['read'] });
    await api.store.write((tx) =>
      tx.scimRequests.add([
        row(1),
        row(2, {
          method: 'PATCH',
          resourceId: 'user-1',
          personId: PERSON,
          before: 'b',
          after: 'a',
          changed: ['title'],
        }),
        row(3, { method: 'POST', path: '/Bulk' }),
        row(3, { method: 'POST', path: '/Users', operation: 0, status: 409, code: 'scim.uniqueness' }),
        row(4, { resourceId: 'user-1', personId: PERSON, status: 404, code: 'not_found', tokenId: 'other' }),
      ]),
    );
  });
  afterAll(() => api.close());

  const get = (query = ''): Promise<Response> => as(api.app, token).get(`/scim-requests${query}`);
  const found = async (query: string): Promise<readonly string[]> =>
    ((await get(query)).body as Page).items.map(({ requestId }) => requestId.slice('request-'.length));

  it('shows the newest first, with all that is known', async () => {
    const reply = await get('?limit=3');
    expect(reply.status).toBe(200);
    const nothing = { code: null, before: null, after: null, person: null, resource: null, changed: [] };
    expect((reply.body as Page).items).toEqual([
      expect.objectContaining({ requestId: 'request-4', person: `per_${PERSON}`, resource: 'user-1', token: 'other' }),
      expect.objectContaining({ requestId: 'request-3', operation: 0, code: 'scim.uniqueness', path: '/Users' }),
      {
        ...nothing,
        ...{ at: '2026-03-02T09:00:03.000Z', requestId: 'request-3', operation: null, token: 'tok', method: 'POST' },
        ...{ path: '/Bulk', status: 200, durationMs: 0.75 },
      },
    ]);
  });

  it('pages by cursor, and refuses one that it did not give', async () => {
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const { items, next } = (await get(`?limit=2${cursor}`)).body as Page;
      seen.push(...items.map(({ requestId }) => requestId));
      if (next === null) break;
      cursor = `&cursor=${next}`;
    }
    expect(seen.map((id) => id.slice('request-'.length))).toEqual(['4', '3', '3', '2', '1']);
    expect((await get('?cursor=eHh4')).status).toBe(400);
  });

  it('filters', async () => {
    expect(await found('?method=PATCH')).toEqual(['2']);
    expect(await found('?status=4xx')).toEqual(['4', '3']);
    expect(await found('?status=409')).toEqual(['3']);
    expect(await found('?code=not_found')).toEqual(['4']);
    expect(await found('?token=other')).toEqual(['4']);
    expect(await found('?resource=user-1')).toEqual(['4', '2']);
    expect(await found(`?person=per_${PERSON}`)).toEqual(['4', '2']);
    expect(await found(`?person=per_${PERSON}&writes=true`)).toEqual(['2']);
    expect(await found('?writes=true')).toEqual(['3', '3', '2']);
    expect(await found('?request=request-1')).toEqual(['1']);
    expect(await found('?since=2026-03-02T10:00:02%2B01:00&until=2026-03-02T09:00:04Z')).toEqual(['3', '3', '2']);
  });

  it.each(['status=4', 'status=6xx', 'method=BREW', 'since=yesterday', 'person=run_1', 'writes=yes', 'colour=red'])(
    'refuses ?%s',
    async (query) => {
      expect((await get(`?${query}`)).status).toBe(400);
    },
  );

  it('streams all of it as NDJSON, and as CSV', async () => {
    const lines = (await as(api.app, token).get('/scim-requests').set('accept', 'application/x-ndjson').buffer()).text;
    expect(
      lines
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { requestId: string }).requestId).length,
    ).toBe(5);
    const csv = (await as(api.app, token).get('/scim-requests').set('accept', 'text/csv')).text;
    expect(csv).toContain('at,requestId,operation,token,method,path,status,code');
  });

  it('needs the scope read', async () => {
    const other = await api.token({ scopes: ['plan'] });
    expect((await as(api.app, other).get('/scim-requests')).status).toBe(403);
  });
});
