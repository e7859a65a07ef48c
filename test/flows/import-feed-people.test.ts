import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { HrRecord } from '../../src/core/identity/hr-record.ts';
import type { FeedRow } from '../../src/flows/feed-port.ts';
import { createImportFeed } from '../../src/flows/import-feed.ts';
import type { Database } from '../../src/storage/database.ts';
import { type World, freshTenant, openWorld } from '../contract/building.ts';
import { without } from '../core/builders.ts';
import { type FeedWorld, HR_HEADER, hrFile, hrRow, openFeedWorld } from '../support/feed-world.ts';
import { openFlowWorld } from '../support/flow-world.ts';
import { eachDatabase } from '../support/store.ts';

eachDatabase('people of an HR file', (testStore) => {
  let world: World;
  let hr: FeedWorld;
  let tenantId: string;
  beforeAll(async () => {
    world = await openWorld(testStore);
  });
  beforeEach(async () => {
    tenantId = await freshTenant(world);
    const { store, clock, crypto } = world;
    hr = openFeedWorld({ store, clock, crypto, tenantId });
  });

  /** `3 manager_cycle`: key and code of each row with a problem. */
  async function problems(text: string, more: Parameters<FeedWorld['send']>[1] = {}): Promise<readonly string[]> {
    const answer = await hr.send(text, more);
    const { read, accepted, warned, quarantined, rejected } = answer.rows;
    expect(read).toBe(accepted + warned + quarantined + rejected);
    expect(answer.gates).toEqual([]);
    const rows = await hr.rows(answer);
    expect(rows.filter(({ outcome }) => outcome === 'warned')).toHaveLength(warned);
    return rows.flatMap(({ key, problems: own }) => own.map(({ code }) => `${key ?? ''} ${String(code)}`));
  }

  describe('and their managers', () => {
    it('may stand below those who report to them; who is nowhere, or above themselves, is a warning', async () => {
      const managers: Readonly<Record<number, string>> = {
        1: '20',
        2: '1',
        3: '4',
        4: '5',
        5: '3',
        6: '3',
        7: '99',
        8: '8',
      };
      const text = hrFile(20, { row: (id) => ({ manager: managers[id] ?? '' }) });
      expect(await problems(text)).toEqual([
        '3 manager_cycle',
        '4 manager_cycle',
        '5 manager_cycle',
        '7 manager_not_found',
        '8 manager_self',
      ]);
      expect((await hr.person(7))?.data.managerKey).toBe('99');
      expect((await hr.person(6))?.data.managerKey).toBe('3');
    });

    it('of a narrower file are looked for among those who are known', async () => {
      await hr.send(hrFile(20, { row: (id) => (id === 1 ? { manager: '2' } : {}) }));
      const text = [
        HR_HEADER,
        hrRow(2, { manager: '1' }),
        hrRow(3, { manager: '19' }),
        hrRow(4, { manager: '77' }),
        '',
      ];
      expect(await problems(text.join('\n'), { mode: 'upsert' })).toEqual(['2 manager_cycle', '4 manager_not_found']);
    });
  });

  it('have all their employments kept with the one that stands for them', async () => {
    const twice = [hrRow(21, { status: 'Terminated', ended: '2025-01-31' }), hrRow(21, { hired: '2025-03-01' })];
    const header = HR_HEADER.replace('Department', 'Position ID');
    const positions = (text: string): string => text.replace(/,Sales,/g, () => `,P${String((position += 1))},`);
    let position = 0;
    const answer = await hr.send(positions(hrFile(20, { header, rows: twice })));
    expect(answer).toMatchObject({ state: 'accepted', rows: { read: 22, quarantined: 0 } });
    const person = await hr.person(21);
    expect(person?.data).toMatchObject({ status: 'active', start: '2025-03-01' });
    expect(person?.data.employments?.map(({ status, start }) => `${status} ${start ?? ''}`)).toEqual([
      'active 2025-03-01',
      'ended 2020-01-15',
    ]);
    // Where the rows stand says nothing of the person.
    position = 0;
    const moved = positions(hrFile(20, { header, rows: twice })).split('\n');
    const [head = '', first = '', ...others] = moved;
    await hr.send([head, ...others.slice(0, -1), first, ''].join('\n'));
    expect((await hr.person(21))?.rowHash).toBe(person?.rowHash);
  });

  it('are one person where a row further down stands for the others', async () => {
    const { store, clock, crypto } = world;
    const record = (status: 'active' | 'ended', start: string): HrRecord => {
      return { personKey: '1', workerType: 'employee', status, start };
    };
    const row = (at: number, hr: HrRecord, more: Partial<FeedRow> = {}): FeedRow => {
      return {
        record: at,
        line: at + 1,
        outcome: 'accepted',
        key: hr.personKey,
        hr,
        raw: [String(at)],
        problems: [],
        ...more,
      };
    };
    const [ended, active] = [record('ended', '2020-01-15'), record('active', '2025-03-01')];
    const employment = without(active, 'personKey');
    async function* rows(): AsyncGenerator<FeedRow> {
      yield row(1, ended);
      yield row(2, { ...active, personKey: '2' });
      yield row(3, active, {
        employments: [
          { ...employment, record: 3 },
          { ...employment, status: 'ended', record: 1 },
        ],
      });
    }
    const shape = {
      encoding: 'utf-8',
      delimiter: ',',
      headerLine: 1,
      preset: 'generic',
      confidence: 1,
      fixFile: false,
    };
    const feed = createImportFeed({
      ...{ store, clock, crypto, log: () => undefined },
      openFeed: async () => ({
        shape: { ...shape, columns: [] },
        rows: rows(),
        end: () => ({
          read: 3,
          skipped: 0,
          completeness: [],
          conflictingKeys: [],
          standing: [{ key: '1', record: 3, instead: 1 }],
        }),
        sha256: () => 'standing',
      }),
    });
    async function* nothing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('');
    }
    const answer = await feed.receive({ tenantId, feed: 'hr', preview: false, bytes: nothing(), by: 'maya' });
    expect(answer).toMatchObject({
      state: 'accepted',
      rows: { read: 3, accepted: 2, warned: 1, quarantined: 0 },
      changes: { joiners: 2, movers: 0, leavers: 0 },
    });
    expect((await hr.person(1))?.data).toMatchObject({
      status: 'active',
      employments: [{ status: 'active' }, { status: 'ended' }],
    });
    expect((await hr.rows(answer))[0]).not.toHaveProperty('hr');
  });

  it('are the one who works here, wherever in the file the row of that stands', async () => {
    const old = hrRow('A1', { status: 'Terminated', ended: '2025-01-31', department: 'P1' });
    const now = hrRow('A1', { hired: '2025-03-01', department: 'P2' });
    const header = HR_HEADER.replace('Department', 'Position ID');
    const others = (row: number): string => hrRow(row, { department: `Q${String(row)}` });
    const file = (...rows: readonly string[]): string => [header, ...rows, others(1), others(2), ''].join('\n');
    const first = await hr.send(file(old, others(3), others(4), now));
    expect(first).toMatchObject({ state: 'accepted', rows: { quarantined: 0 }, changes: { joiners: 5 } });
    const person = await hr.person('A1');
    expect(person?.data).toMatchObject({ status: 'active', start: '2025-03-01' });
    expect(await hr.send(file(now, others(4), others(3), old))).toMatchObject({
      state: 'accepted',
      changes: { leavers: 0 },
    });
    expect(await hr.person('A1')).toMatchObject({ personId: person?.personId, data: { status: 'active' } });
  });

  it('are the same person on leave, gone and hired again, by their key', async () => {
    const says = (row: Parameters<typeof hrRow>[1]) =>
      hr.send(hrFile(20, { row: (id) => (id === 5 ? (row ?? {}) : {}) }));
    await says({});
    const before = await hr.person(5);
    await says({ status: 'Leave' });
    expect((await hr.person(5))?.data.status).toBe('leave');
    await says({ status: 'Terminated', ended: '2026-02-27' });
    expect((await hr.person(5))?.data).toMatchObject({ status: 'ended', end: '2026-02-27' });
    const back = await says({ hired: '2026-03-01' });
    expect(back.state).toBe('accepted');
    expect(await hr.person(5)).toMatchObject({ personId: before?.personId, data: { status: 'active' } });
    await says({ hired: '2026-06-01' });
    expect((await hr.person(5))?.data).toMatchObject({ status: 'pre', start: '2026-06-01' });
  });
});

eachDatabase('a contractor who is hired', (testStore) => {
  let database: Database;
  beforeAll(async () => {
    database = await testStore.open();
  });

  const contract = { given: 'Ann', family: 'Lee', email: 'ann@example.com' };
  const hired = { ...contract, family: 'Lee-Ray', hired: '2026-03-01' };

  it.each<[string, string | null]>([
    ['whose contract ends in the same file', hrRow('C9', { ...contract, status: 'Terminated', ended: '2026-02-28' })],
    ['whose contract is not in the file any more', null],
  ])('%s, keeps the person and the seat', async (_, old) => {
    const world = await openFlowWorld(database, { leavers: { endedDays: 0, vanishedFiles: 1, vanishedDays: 0 } });
    const hr = openFeedWorld(world);
    world.drift.seed('ann@example.com');
    await world.joins('ann@example.com');
    await hr.send(hrFile(20, { rows: [hrRow('C9', contract), hrRow(99)] }));
    await world.work(await world.run());
    const before = await hr.person('C9');
    const next = [...(old === null ? [] : [old]), hrRow('E20', hired), hrRow(99)];
    expect((await hr.send(hrFile(20, { rows: next }))).state).toBe('accepted');
    expect((await hr.person('E20'))?.personId).toBe(before?.personId);
    const plan = await world.run();
    const changes = await world.tenant.plans.changes(plan.id, { after: 0, limit: 100 });
    expect(changes.filter(({ op }) => op === 'deprovision' || op === 'create')).toEqual([]);
    const [person] = await world.tenant.people.states([before?.personId ?? '']);
    expect(person).toMatchObject({ duplicates: [], hr: { record: { personKey: 'E20', status: 'active' } } });
  });

  it('is nobody else: another name, a long break, or two who could be meant', async () => {
    const world = await openFlowWorld(database);
    const hr = openFeedWorld(world);
    await hr.send(hrFile(20, { rows: [hrRow('C9', contract), hrRow(99)] }));
    const before = await hr.person('C9');
    const ended = hrRow('C9', { ...contract, status: 'Terminated', ended: '2025-11-30' });
    await hr.send(hrFile(20, { rows: [ended, hrRow('E20', hired), hrRow(99)] }));
    expect((await hr.person('E20'))?.personId).not.toBe(before?.personId);
  });
});

describe('an HR file of which little is new', () => {
  eachDatabase('20,000 rows', (testStore) => {
    it('writes the people who changed, and no other', async () => {
      const rows = testStore.dialect === 'sqlite' ? 20_000 : 2000;
      const world = await openWorld(testStore);
      const tenantId = await freshTenant(world);
      const { store, clock, crypto, database } = world;
      let accepted = 0;
      const counting = openFeedWorld({
        clock,
        crypto,
        tenantId,
        store: {
          ...store,
          tenant: (id) => {
            const own = store.tenant(id);
            return {
              ...own,
              write: (work) =>
                own.write((tx) =>
                  work({
                    ...tx,
                    people: {
                      ...tx.people,
                      accept: (statement) => {
                        accepted += 1;
                        return tx.people.accept(statement);
                      },
                    },
                  }),
                ),
            };
          },
        },
      });
      expect((await counting.send(hrFile(rows))).state).toBe('accepted');
      accepted = 0;
      const next = await counting.send(
        hrFile(rows, { row: (id) => (id % 100 === 0 ? { department: 'Support' } : {}) }),
      );
      expect(next).toMatchObject({ state: 'accepted', changes: { joiners: 0, movers: rows / 100, vanished: 0 } });
      const touched = await database.read
        .selectFrom('source_record')
        .select((eb) => eb.fn.countAll<string | number>().as('n'))
        .where('tenant_id', '=', tenantId)
        .where('import_id', '=', next.id)
        .executeTakeFirstOrThrow();
      expect([accepted, Number(touched.n)]).toEqual([rows / 100, rows / 100]);
    }, 120_000);
  });
});
