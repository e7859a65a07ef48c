import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { ScimRequest, ScimRequestKey } from '../../src/flows/scim-request-port.ts';
import { eachDatabase } from '../support/store.ts';
import { type World, later, openWorld } from './building.ts';

function request(n: number, more: Partial<ScimRequest> = {}): ScimRequest {
  return {
    at: later(n * 1000),
    requestId: `request-${String(n)}`,
    tokenId: 'token-1',
    method: 'GET',
    path: '/Users',
    status: 200,
    changed: [],
    durationMs: 1.25,
    ...more,
  };
}

const FULL = request(7, {
  operation: 3,
  code: 'scim.uniqueness',
  before: 'b',
  after: 'a',
  personId: 'person-1',
  resourceId: 'user-1',
  changed: ['title', 'urn:x:y'],
});

function keyOf({ at, requestId, operation = -1 }: ScimRequest): ScimRequestKey {
  return { at, requestId, operation };
}

eachDatabase('the log of SCIM requests', (testStore) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(testStore);
  });
  beforeEach(async () => {
    await world.database.write.deleteFrom('scim_request').execute();
  });

  const tenant = (id = 't1') => world.store.tenant(id);
  const add = (rows: readonly ScimRequest[], id = 't1') => tenant(id).write((tx) => tx.scimRequests.add(rows));
  const all = (id = 't1') => tenant(id).scimRequests.list({}, null, 10_000);

  it('gives back what was added', async () => {
    await add([FULL]);
    expect(await all()).toEqual([FULL]);
  });

  it.each([0, 1, 19, 20, 21, 199, 200, 221, 641])('adds %i rows, each once', async (count) => {
    const rows = Array.from({ length: count }, (_, n) => request(n));
    await add(rows);
    expect(await all()).toEqual(rows.toReversed());
  });

  it('keeps the first of two rows of one request', async () => {
    const first = request(1, { status: 201, after: 'a' });
    await add([first]);
    await add([request(0), request(1, { status: 503 }), request(2)]);
    expect(await all()).toEqual([request(2), first, request(0)]);
  });

  it('keeps a request and each of its operations', async () => {
    const at = later(0);
    const rows = [1, 0].map((operation) => request(0, { at, operation }));
    await add([...rows, request(0, { at })]);
    expect(await all()).toEqual([...rows, request(0, { at })]);
  });

  it('pages newest first, also where many came at one instant', async () => {
    const rows = Array.from({ length: 25 }, (_, n) =>
      request(n, { at: later(Math.floor(n / 10) * 1000), requestId: `r-${String(n).padStart(2, '0')}` }),
    );
    await add(rows);
    const seen: ScimRequest[] = [];
    for (let after: ScimRequestKey | null = null; ;) {
      const page: readonly ScimRequest[] = await tenant().scimRequests.list({}, after, 7);
      seen.push(...page);
      const last = page.at(-1);
      if (last === undefined) break;
      after = keyOf(last);
    }
    expect(seen).toEqual(rows.toReversed());
  });

  it('finds by each of its columns', async () => {
    await add([FULL, request(1), request(2, { method: 'POST', status: 404, tokenId: 'token-2' })]);
    const found = async (filter: Parameters<ReturnType<typeof tenant>['scimRequests']['list']>[0]) =>
      (await tenant().scimRequests.list(filter, null, 10)).map(({ requestId }) => requestId);
    expect(await found({ method: 'POST' })).toEqual(['request-2']);
    expect(await found({ status: [400, 499] })).toEqual(['request-2']);
    expect(await found({ status: [200, 200] })).toEqual(['request-7', 'request-1']);
    expect(await found({ tokenId: 'token-2' })).toEqual(['request-2']);
    expect(await found({ code: 'scim.uniqueness' })).toEqual(['request-7']);
    expect(await found({ resourceId: 'user-1' })).toEqual(['request-7']);
    expect(await found({ personId: 'person-1' })).toEqual(['request-7']);
    expect(await found({ requestId: 'request-1' })).toEqual(['request-1']);
    expect(await found({ since: later(2000), until: later(7000) })).toEqual(['request-2']);
    expect(await found({ personId: 'person-1', writes: true })).toEqual([]);
    await add([request(8, { method: 'PATCH', resourceId: 'user-1', personId: 'person-1' })]);
    expect(await found({ personId: 'person-1', writes: true })).toEqual(['request-8']);
    expect(await found({ resourceId: 'user-1', writes: true })).toEqual(['request-8']);
    expect(await found({ resourceId: 'user-1' })).toEqual(['request-8', 'request-7']);
    expect(await found({ method: 'GET', resourceId: 'user-1', status: [500, 599] })).toEqual([]);
  });

  it('finds what is rare among many, page by page', async () => {
    const rows = Array.from({ length: 5001 }, (_, n) => request(n, n % 1000 === 0 ? { status: 409 } : {}));
    await add(rows);
    const page = (after: ScimRequestKey | null) => tenant().scimRequests.list({ status: [400, 499] }, after, 4);
    const first = await page(null);
    expect(first.map(({ requestId }) => requestId)).toEqual([5000, 4000, 3000, 2000].map((n) => `request-${n}`));
    const last = first.at(-1);
    const second = await page(last === undefined ? null : keyOf(last));
    expect(second.map(({ requestId }) => requestId)).toEqual(['request-1000', 'request-0']);
  });

  it('forgets the oldest in slices, and nothing of another tenant', async () => {
    const rows = Array.from({ length: 25 }, (_, n) => request(n));
    await add(rows);
    await add(rows, 't2');
    const purge = () => tenant().write((tx) => tx.scimRequests.purge(later(20_000), 8));
    expect(await purge()).toBe(true);
    expect((await all()).length).toBe(17);
    expect(await purge()).toBe(true);
    expect(await purge()).toBe(false);
    expect(await all()).toEqual(rows.slice(20).toReversed());
    expect(await purge()).toBe(false);
    expect((await all('t2')).length).toBe(25);
  });

  it('leaves nothing of a transaction that is rolled back', async () => {
    const failed = tenant().write(async (tx) => {
      await tx.scimRequests.add([request(1)]);
      throw new Error('rolled back');
    });
    await expect(failed).rejects.toThrow('rolled back');
    expect(await all()).toEqual([]);
  });
});
