import { afterEach, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { type Bridge, type Home, makeHome, startBridge } from '../support/bridge-process.ts';
import { driver, type RunBody } from '../support/journey.ts';

const cleanup: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const undo of cleanup.splice(0).reverse()) await undo();
});

async function home(): Promise<Home> {
  const made = await makeHome('sqlite');
  cleanup.push(() => made.remove());
  return made;
}

/** Waits until the summary of the demo was printed. */
async function shown(bridge: Bridge): Promise<string> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (bridge.output().includes('Go on')) return bridge.output();
    if (bridge.child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no summary was printed:\n${bridge.output()}`);
}

describe('demo mode', () => {
  it('reaches its summary from nothing, with applied, held and waiting changes, and goes on at the next start', async () => {
    const place = await home();
    const first = await startBridge(place, {});
    const text = await shown(first);
    expect(text).toContain('demo mode');
    expect(text).toContain('13 to create');
    expect(text).toContain('held by a gate');
    expect(text).toContain('applied and verified');
    expect(text).toContain('waiting for your approval');
    const { api } = driver(first.url);
    const runs = (await api<{ items: readonly RunBody[] }>('GET', '/runs')).body.items;
    expect(runs).toHaveLength(2);
    for (const { situations, population } of runs) {
      expect(Object.values(situations).reduce((sum, n) => sum + n, 0)).toBe(population);
    }
    const rows = (await api<{ items: readonly { rows: { read: number } }[] }>('GET', '/imports')).body.items;
    expect(rows).toHaveLength(1);
    expect(await first.stop()).toBe(0);

    const second = await startBridge(place, {});
    cleanup.push(() => second.stop());
    const again = await shown(second);
    expect(again).toContain('started before');
    const later = (await driver(second.url).api<{ items: readonly RunBody[] }>('GET', '/runs')).body.items;
    expect(later.map(({ id }) => id)).toEqual(runs.map(({ id }) => id));
  }, 90_000);

  it('keeps its data from any other Drift: the store of a demo refuses to start with one', async () => {
    const place = await home();
    const demo = await startBridge(place, {});
    await shown(demo);
    await demo.stop();
    const other = await startSimulator({});
    cleanup.push(() => other.close());
    const store: Home = { ...place, dir: join(place.dir, 'demo') };
    await expect(startBridge(store, { DRIFT_BASE_URL: other.url, DRIFT_TOKEN: other.token })).rejects.toThrow(
      /demo data/,
    );
    expect(other.journal()).toEqual([]);
  }, 90_000);

  it('never makes a demo of a store that holds real data', async () => {
    const place = await home();
    const real = await startSimulator({});
    cleanup.push(() => real.close());
    const store: Home = { ...place, dir: join(place.dir, 'demo') };
    const bridge = await startBridge(store, { DRIFT_BASE_URL: real.url, DRIFT_TOKEN: real.token });
    const { scim } = driver(bridge.url);
    expect(
      (
        await scim('POST', '/Users', {
          schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
          userName: 'real@example.com',
        })
      ).status,
    ).toBe(201);
    await bridge.stop();
    await expect(startBridge(place, {})).rejects.toThrow(/cannot become a demo/);
  }, 90_000);

  it('does not start beside a real store that has lost its credentials', async () => {
    const place = await home();
    const real = await startSimulator({});
    cleanup.push(() => real.close());
    const bridge = await startBridge(place, { DRIFT_BASE_URL: real.url, DRIFT_TOKEN: real.token });
    await bridge.stop();
    await expect(startBridge(place, {})).rejects.toThrow(/real installation/);
  }, 90_000);
});
