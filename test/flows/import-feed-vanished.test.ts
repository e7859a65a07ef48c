import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import type { Database } from '../../src/storage/database.ts';
import { type FeedWorld, hrFile, openFeedWorld } from '../support/feed-world.ts';
import { type FlowWorld, HOUR_MS, openFlowWorld } from '../support/flow-world.ts';
import { eachDatabase } from '../support/store.ts';

const N = 20;
const GONE = 7;

eachDatabase('somebody whom the HR files do not name any more', (testStore) => {
  let database: Database;
  let world: FlowWorld;
  let hr: FeedWorld;
  /** Makes the file of each day another one: the same bytes again are no news. */
  let day = 0;
  beforeAll(async () => {
    database = await testStore.open();
  });
  beforeEach(async () => {
    world = await openFlowWorld(database, { leavers: DEFAULT_POLICY.leavers });
    hr = openFeedWorld(world);
    day = 0;
    for (let n = 1; n <= 3; n += 1) await joins(n);
    await joins(GONE);
    await world.work(await world.run());
    await daily(hrFile(N));
  });

  async function joins(n: number): Promise<void> {
    world.drift.seed(`p${String(n)}@example.com`);
    await world.joins(`p${String(n)}@example.com`);
  }

  /** The file of the next day. */
  async function daily(text: string, more: Parameters<FeedWorld['send']>[1] = {}): Promise<string> {
    day += 1;
    world.clock.forward(24 * HOUR_MS);
    const dated = text.replace(',Sales,', `,Sales ${String(day)},`);
    return (await hr.send(dated, more)).state;
  }

  const without = (...keys: readonly number[]): string => hrFile(N, { without: keys });

  /** What a plan that is made now says of the person. */
  async function verdict(): Promise<string> {
    const { id } = await world.run();
    const { personId } = (await hr.person(GONE)) ?? { personId: '' };
    const entry = await world.tenant.runs.latestEntry(personId);
    const removes = (await world.tenant.plans.changes(id, { after: 0, limit: 1000 })).some(
      ({ op, draft }) => op === 'deprovision' && draft.personId === personId,
    );
    return `${entry?.entry.entry.lifecycle.expected ?? ''}${removes ? ', to be removed' : ''}`;
  }

  it('is reported with the first, in grace from the second, and leaves with the third and three days', async () => {
    expect(await verdict()).toBe('active');
    expect(await daily(without(GONE))).toBe('accepted');
    expect(await hr.person(GONE)).toMatchObject({ state: 'vanished', missingFiles: 1 });
    expect(await verdict()).toBe('active');
    expect(await daily(without(GONE))).toBe('accepted');
    expect(await verdict()).toBe('inactive');
    expect(await daily(without(GONE))).toBe('accepted');
    expect(await hr.person(GONE)).toMatchObject({ missingFiles: 3 });
    // Three files, but three days are over only tomorrow.
    expect(await verdict()).toBe('inactive');
    world.clock.forward(24 * HOUR_MS);
    expect(await verdict()).toBe('absent, to be removed');
  });

  it('does not leave by days alone, nor by files alone', async () => {
    await daily(without(GONE));
    await daily(without(GONE));
    world.clock.forward(4 * 24 * HOUR_MS);
    expect(await verdict()).toBe('inactive');
    for (let n = 0; n < 4; n += 1) await hr.send(without(GONE).replace('Sales', `Hourly ${String(n)}`));
    expect(await hr.person(GONE)).toMatchObject({ missingFiles: 6 });
    expect(await verdict()).toBe('absent, to be removed');
  });

  it('is not counted again by a held, a narrower, a stale or the same file', async () => {
    await daily(without(GONE));
    const held = without(GONE, 1, 2, 3, 4, 5);
    expect(await daily(held)).toBe('held');
    expect(await daily(without(GONE), { mode: 'upsert' })).toBe('accepted');
    expect(await daily(without(GONE), { mode: 'delta' })).toBe('accepted');
    expect(await hr.person(GONE)).toMatchObject({ state: 'vanished', missingFiles: 1 });
    const asOf = { proof: { manifest: { asOf: world.clock.now() } } };
    expect(await daily(without(GONE), asOf)).toBe('accepted');
    const stale = { proof: { manifest: { asOf: '2026-03-01' } } };
    await expect(daily(without(GONE), stale)).rejects.toMatchObject({ code: 'conflict' });
    const same = without(GONE).replace('Sales', 'Same');
    await hr.send(same);
    await hr.send(same);
    expect(await hr.person(GONE)).toMatchObject({ missingFiles: 3 });
  });

  it('has not gone while a bad row names the person, and is counted from one when away again', async () => {
    await daily(without(GONE));
    await daily(without(GONE));
    const bad = hrFile(N, { row: (id) => (id === GONE ? { hired: 'soon' } : {}) });
    expect(await daily(bad)).toBe('accepted');
    expect(await hr.person(GONE)).toMatchObject({ state: 'quarantined', missingFiles: 0 });
    expect(await verdict()).toBe('active');
    await daily(without(GONE));
    expect(await hr.person(GONE)).toMatchObject({ state: 'vanished', missingFiles: 1 });
    expect(await daily(hrFile(N))).toBe('accepted');
    expect(await hr.person(GONE)).toMatchObject({ state: 'present', missingFiles: 0 });
    expect(await verdict()).toBe('active');
    await daily(without(GONE));
    world.clock.forward(2 * 24 * HOUR_MS);
    expect(await hr.person(GONE)).toMatchObject({ missingFiles: 1 });
    expect(await verdict()).toBe('active');
  });
});
