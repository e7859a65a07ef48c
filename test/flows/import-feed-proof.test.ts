import { createHash } from 'node:crypto';
import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import { DEFAULT_POLICY, type FeedPolicy } from '../../src/core/reconcile/policy.ts';
import type { TenantStore } from '../../src/flows/ports.ts';
import { START, type World, freshTenant, later, openWorld } from '../contract/building.ts';
import { type FeedWorld, hrFile, openFeedWorld } from '../support/feed-world.ts';
import { eachDatabase } from '../support/store.ts';

const HOUR_MS = 3_600_000;

function manifest(text: string, more: { rows?: number; sha256?: string; asOf?: string } = {}) {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { proof: { manifest: { rows: text.split('\n').length - 2, sha256, ...more } } };
}

eachDatabase('the proof that an HR file is whole', (testStore) => {
  let world: World;
  let tenant: TenantStore;
  let hr: FeedWorld;
  beforeAll(async () => {
    world = await openWorld(testStore);
  });
  beforeEach(async () => {
    const { store, clock, crypto } = world;
    const tenantId = await freshTenant(world);
    tenant = store.tenant(tenantId);
    hr = openFeedWorld({ store, clock, crypto, tenantId });
  });

  async function policy(feed: Partial<FeedPolicy>, vanishedFiles = 3): Promise<void> {
    const declared: FeedPolicy = { mode: 'full', columns: {}, statusWords: {}, staleAfterDays: 7, ...feed };
    await tenant.write((tx) =>
      tx.policy.put(
        {
          ...DEFAULT_POLICY,
          sources: { ...DEFAULT_POLICY.sources, feeds: { hr: declared } },
          leavers: { ...DEFAULT_POLICY.leavers, vanishedFiles },
        },
        'test',
        0,
      ),
    );
  }

  it.each<[string, { rows?: number; sha256?: string }, string]>([
    ['right', {}, 'accepted'],
    ['one row too many', { rows: 21 }, 'held'],
    ['one row too few', { rows: 19 }, 'held'],
    ['other bytes', { sha256: 'ab'.repeat(32) }, 'held'],
  ])('a manifest that is %s', async (_, more, state) => {
    const file = await hr.send(hrFile(20), manifest(hrFile(20), more));
    expect(file.state).toBe(state);
    expect(file.gates.map(({ code }) => code)).toEqual(state === 'held' ? ['incomplete_file'] : []);
  });

  it('that came once is expected again, where people are missing', async () => {
    await hr.send(hrFile(20), manifest(hrFile(20)));
    expect((await hr.send(hrFile(21))).state).toBe('accepted');
    await hr.send(hrFile(22), manifest(hrFile(22)));
    const bare = await hr.send(hrFile(22, { without: [7] }));
    expect(bare).toMatchObject({ state: 'held', gates: [{ code: 'incomplete_file', who: ['7'] }] });
    const proven = hrFile(23, { without: [7] });
    expect((await hr.send(proven, manifest(proven))).state).toBe('accepted');
  });

  it.each<[FeedPolicy['proof'], object]>([
    ['manifest', manifest(hrFile(20))],
    ['done', { proof: { done: true } }],
  ])('that policy asks for (%s) holds the file that lacks it, and no narrower one', async (proof, right) => {
    await policy({ ...(proof === undefined ? {} : { proof }) });
    expect(await hr.send(hrFile(20))).toMatchObject({ state: 'held', gates: [{ code: 'incomplete_file' }] });
    expect((await hr.send(hrFile(20), { ...right, mode: 'upsert' })).state).toBe('accepted');
    expect((await hr.send(hrFile(3), { mode: 'upsert' })).state).toBe('accepted');
    expect((await hr.send(hrFile(20), right)).state).not.toBe('rejected');
  });

  it('of a trailer is expected once it was there, and says how many rows there are', async () => {
    const total = (n: number, of = n): string => hrFile(n, { rows: [`Total,${String(of)},,,,,,,`] });
    expect((await hr.send(total(20))).state).toBe('accepted');
    expect(await hr.send(hrFile(20))).toMatchObject({ state: 'held', gates: [{ code: 'incomplete_file' }] });
    expect(await hr.send(total(20, 21))).toMatchObject({ state: 'held', gates: [{ code: 'incomplete_file' }] });
    expect((await hr.send(total(21))).state).toBe('accepted');
    // Let through once without one, the feed has none any more.
    const without = await hr.send(hrFile(22));
    expect(without.state).toBe('held');
    await hr.release(without);
    expect((await hr.send(hrFile(23))).state).toBe('accepted');
  });

  it('is missing where the last rows of the file before are, and nothing else speaks for it', async () => {
    await hr.send(hrFile(40));
    const tail = await hr.send(hrFile(40, { without: [38, 39, 40] }));
    expect(tail).toMatchObject({ state: 'held', gates: [{ code: 'incomplete_file', who: ['38', '39', '40'] }] });
    // Two of them are people who left: it takes three files until that has an effect.
    expect((await hr.send(hrFile(40, { without: [39, 40] }))).state).toBe('accepted');
  });

  it('is missing with the last row where one file is enough', async () => {
    await policy({}, 1);
    await hr.send(hrFile(40));
    expect((await hr.send(hrFile(40, { without: [40] }))).state).toBe('held');
    expect((await hr.send(hrFile(40, { without: [39] }))).state).toBe('accepted');
    const proven = hrFile(39);
    expect((await hr.send(proven, manifest(proven))).state).toBe('accepted');
  });

  it('is missing where files of the feed end with a line end and this one does not', async () => {
    const open = hrFile(20).trimEnd();
    expect((await hr.send(open)).state).toBe('accepted');
    expect((await hr.send(hrFile(21).trimEnd())).state).toBe('accepted');
    await hr.send(hrFile(22));
    expect(await hr.send(hrFile(23).trimEnd())).toMatchObject({ state: 'held', gates: [{ code: 'incomplete_file' }] });
  });

  it('is no file that speaks of an earlier time: refused as a replay, also when it is released', async () => {
    const asOf = (n: number, hours: number) => manifest(hrFile(n), { asOf: later(hours * HOUR_MS, START) });
    world.clock.forward(10 * HOUR_MS);
    const held = await hr.send(hrFile(20), { proof: { manifest: { rows: 99, asOf: later(-HOUR_MS, START) } } });
    expect(held.state).toBe('held');
    expect((await hr.send(hrFile(21), asOf(21, 0))).state).toBe('accepted');
    for (const preview of [false, true]) {
      await expect(hr.send(hrFile(22), { ...asOf(22, -0.001), preview })).rejects.toMatchObject({
        code: 'conflict',
        places: [{ code: 'replay' }],
      });
    }
    await expect(hr.release(held)).rejects.toMatchObject({ code: expect.stringMatching(/conflict|import.not_held/) });
    expect((await hr.send(hrFile(22), asOf(22, 0))).state).toBe('accepted');
    // One without an as-of does not make the feed forget what it knows.
    expect((await hr.send(hrFile(23), manifest(hrFile(23)))).state).toBe('accepted');
    await expect(hr.send(hrFile(24), asOf(24, -1))).rejects.toMatchObject({ places: [{ code: 'replay' }] });
    expect(await tenant.imports.list(null, 10)).toHaveLength(4);
  });

  it.each(['yesterday', '2026-13-01', '2026-03-01T25:00Z', '9999-01-01', ''])('as of %j is nonsense', async (asOf) => {
    await expect(hr.send(hrFile(20), manifest(hrFile(20), { asOf }))).rejects.toMatchObject({
      code: 'request.invalid',
      places: [{ path: 'asOf' }],
    });
    expect(await tenant.imports.list(null, 10)).toEqual([]);
  });

  it('as of a later time makes the same bytes say the same again', async () => {
    await hr.send(hrFile(20));
    const again = hrFile(20, { without: [9] });
    const first = await hr.send(again, manifest(again, { asOf: world.clock.now() }));
    expect((await hr.send(again, manifest(again))).id).toBe(first.id);
    expect(await hr.person(9)).toMatchObject({ missingFiles: 1 });
    world.clock.forward(24 * HOUR_MS);
    const second = await hr.send(again, manifest(again, { asOf: world.clock.now() }));
    expect(second.id).not.toBe(first.id);
    expect(await hr.person(9)).toMatchObject({ missingFiles: 2 });
  });
});
