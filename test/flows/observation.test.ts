import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import { DomainError } from '../../src/core/errors.ts';
import type { DriftTarget, RecalledContacts } from '../../src/flows/drift-port.ts';
import type { Mark } from '../../src/flows/mark-port.ts';
import { MARKS_AT_ONCE } from '../../src/flows/observe-drift.ts';
import type { Database } from '../../src/storage/database.ts';
import { openFlowWorld, type FlowWorld } from '../support/flow-world.ts';
import { eachDatabase } from '../support/store.ts';

eachDatabase('an observation', (testStore) => {
  let database: Database;
  let world: FlowWorld;
  beforeAll(async () => {
    database = await testStore.open();
  });
  beforeEach(async () => {
    world = await openFlowWorld(database);
  });

  /** Drift that lists no contacts, and answers for those that are asked for by name. */
  function unlisted(answers: Readonly<Record<string, RecalledContacts | Error>>): DriftTarget & { asked: string[] } {
    const asked: string[] = [];
    return {
      ...world.drift,
      asked,
      listContacts: async () => null,
      recallContacts: async (by, key) => {
        asked.push(`${by} ${key}`);
        const answer = answers[key] ?? { kind: 'gone' };
        if (answer instanceof Error) throw answer;
        return answer;
      },
    };
  }

  const contact = (key: string, by: Mark['by'] = 'id'): Mark => ({ kind: 'contact', by, key });
  const mark = (...marks: readonly Mark[]): Promise<unknown> =>
    world.tenant.write((tx) => tx.marks.add(marks, world.clock.now()));
  const observe = (drift: DriftTarget): ReturnType<FlowWorld['observe']['observe']> =>
    world.observe.observe(world.tenantId, drift, async () => undefined);
  const waiting = async (): Promise<readonly string[]> => (await world.tenant.marks.list(1000)).map(({ key }) => key);
  const known = (): Promise<readonly string[]> => world.tenant.accounts.knownContacts(100);

  it('looks again at contacts that were marked, and believes only what Drift says of them', async () => {
    await mark(
      contact('1'),
      contact('2'),
      contact('3'),
      contact('a@example.net', 'email'),
      contact('x1', 'external_id'),
    );
    const drift = unlisted({
      '1': { kind: 'seen', contacts: [{ id: '1', ownerId: '100' }] },
      '2': { kind: 'hidden' },
      'a@example.net': { kind: 'seen', contacts: [{ id: '4', ownerId: '100' }, { id: '5' }] },
      x1: { kind: 'seen', contacts: [] },
    });
    const snapshot = await observe(drift);
    expect(drift.asked).toEqual(['id 1', 'id 2', 'id 3', 'email a@example.net', 'external_id x1']);
    expect(snapshot).toMatchObject({ contacts: null, complete: { accounts: true, companies: true, contacts: false } });
    expect(await known()).toEqual(['1', '4', '5']);
    expect((await world.tenant.accounts.ownedOf('100')).contacts).toEqual(['1', '4']);
    expect(await waiting()).toEqual([]);
    // Gone since: 404 says so; what is hidden says nothing.
    await mark(contact('1'), contact('4'));
    await observe(unlisted({ '4': { kind: 'hidden' } }));
    expect(await known()).toEqual(['4', '5']);
  });

  it.each([MARKS_AT_ONCE - 1, MARKS_AT_ONCE, MARKS_AT_ONCE + 1])(
    'looks at %d marked contacts as far as one observation goes',
    async (count) => {
      await mark(...Array.from({ length: count }, (_, n) => contact(String(1000 + n))));
      const drift = unlisted({});
      await observe(drift);
      expect(drift.asked).toHaveLength(Math.min(count, MARKS_AT_ONCE));
      expect(await waiting()).toHaveLength(Math.max(0, count - MARKS_AT_ONCE));
    },
  );

  it('lets what Drift does not answer line up again, and marks of the meantime stay', async () => {
    await mark(contact('1'), contact('2'));
    const drift = unlisted({
      '1': new DomainError('drift.unreachable', 'no answer'),
      '2': { kind: 'seen', contacts: [{ id: '2' }] },
    });
    await observe({
      ...drift,
      listCompanies: async () => {
        await mark(contact('9'));
        return [];
      },
    });
    expect([...(await waiting())].sort()).toEqual(['1', '9']);
    expect(await known()).toEqual(['2']);
  });

  it('asks for none where the list has them all, nor for what is listed anyway', async () => {
    await mark(
      contact('1'),
      { kind: 'account', by: 'id', key: 'c1' },
      { kind: 'agent', by: 'email', key: 'x@example.com' },
    );
    const drift = unlisted({});
    await observe({ ...drift, listContacts: async () => [{ id: '1', ownerId: '100' }] });
    expect(drift.asked).toEqual([]);
    expect(await waiting()).toEqual([]);
    expect(await known()).toEqual(['1']);
  });

  it('is a whole one of agents where the organisation has no accounts, and the plan says what it lacks', async () => {
    const { seat } = await world.leaver('lee@example.com');
    const { id } = await world.queueRun();
    const snapshot = await observe({ ...world.drift, listCompanies: async () => null });
    expect(snapshot).toMatchObject({ companies: null, complete: { accounts: true, companies: false } });
    expect(await world.tenant.accounts.latestSnapshot()).toEqual(snapshot);
    expect((await world.tenant.accounts.owned()).get(seat.id)).toMatchObject({ accountsListable: false });
    const { plan } = await world.make.plan(world.tenantId, id);
    const [removal] = await world.tenant.plans.changes(plan.id, { op: 'deprovision', after: 0, limit: 10 });
    expect(removal?.draft.reasons.join()).toContain('accounts: not listable, 0 known');
  });

  it('stores nothing where agents could not be seen whole', async () => {
    await mark(contact('1'));
    const failing = {
      ...unlisted({}),
      listAccounts: () => Promise.reject(new DomainError('drift.unreachable', 'the list ends before its total')),
    };
    await expect(observe(failing)).rejects.toMatchObject({ code: 'drift.unreachable' });
    expect(await world.tenant.accounts.latestSnapshot()).toBeNull();
    expect(await waiting()).toEqual(['1']);
  });
});
