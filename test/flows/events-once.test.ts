import { beforeAll, expect, it } from '@jest/globals';
import type { Job } from '../../src/flows/job-port.ts';
import type { Store } from '../../src/flows/ports.ts';
import { createReceiveEvent } from '../../src/flows/receive-event.ts';
import { createProcessEvents } from '../../src/flows/receive-event/process-events.ts';
import { createAuditTrail } from '../../src/storage/audit.ts';
import { type World, freshTenant, openWorld } from '../contract/building.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { eachDatabase } from '../support/store.ts';

const DISTINCT = 250;
const SENDERS = 8;

/** The store as a process sees it that may die in the middle of any transaction, or right behind it. */
function dying(store: Store, chance: () => boolean): Store {
  return {
    tenants: () => store.tenants(),
    tenant: (tenantId) => {
      const own = store.tenant(tenantId);
      return {
        ...own,
        async write(work) {
          const result = await own.write(async (tx) => {
            const made = await work(tx);
            if (chance()) throw new Error('the process died before the commit');
            return made;
          });
          if (chance()) throw new Error('the process died after the commit');
          return result;
        },
      };
    },
  };
}

eachDatabase('many deliveries, many workers, some of them dying', (testStore) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(testStore);
  });

  it.each([1, 2, 3])('seed %i: each distinct event has exactly one effect', async (seed) => {
    const tenantId = await freshTenant(world);
    const tenant = world.store.tenant(tenantId);
    const random = seededRandom(seed);
    const flaky = dying(world.store, () => random.chance(0.1));
    const flow = createReceiveEvent({ ...world, store: flaky, newAddress: () => '' });
    const process = createProcessEvents({ ...world, store: flaky, log: () => undefined });
    const work = () =>
      process({ ...{ id: 'j', tenantId, kind: 'event', payload: {}, attempts: 1, fence: 1 } } satisfies Job).catch(
        () => undefined,
      );

    // An erasure is on record once for each event that had its effect: what is done twice would be seen.
    const events = Array.from({ length: DISTINCT }, (_, n) => ({
      type: 'gdpr_delete_requested',
      orgId: 0,
      data: { contactId: 1 + (n % 40), timestamp: n },
    }));
    const deliveries = events.flatMap((event) => Array.from({ length: random.chance(0.3) ? 3 : 1 }, () => event));
    for (let at = deliveries.length - 1; at > 0; at -= 1) {
      const other = random.below(at + 1);
      const [here, there] = [deliveries[at], deliveries[other]];
      if (here !== undefined && there !== undefined) [deliveries[at], deliveries[other]] = [there, here];
    }
    const send = async (): Promise<void> => {
      for (let event = deliveries.pop(); event !== undefined; event = deliveries.pop()) {
        // Drift sends again what was not answered.
        for (let isTaken = false; !isTaken;) isTaken = await flow.receive(tenantId, event).then(...TAKEN);
        if (random.chance(0.05)) await work();
      }
    };
    await Promise.all([...Array.from({ length: SENDERS }, send), work(), work()]);
    while (await tenant.events.areWaiting(1)) await work();

    expect(await tenant.events.counts()).toEqual({ pending: 0, done: DISTINCT, ignored: 0 });
    const trail = createAuditTrail(world.database.read, tenantId, world.crypto);
    const erasures = (await trail.list(0, 1000)).filter(({ kind }) => kind === 'drift.erasure_requested');
    expect(erasures).toHaveLength(DISTINCT);
    expect(new Set(erasures.map(({ data }) => data['event'])).size).toBe(DISTINCT);
    expect(await trail.verify()).toMatchObject({ ok: true });
    expect(await tenant.marks.list(100)).toHaveLength(40);
  });
});

const TAKEN = [() => true, () => false] as const;
