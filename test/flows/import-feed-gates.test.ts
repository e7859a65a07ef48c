import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type World, freshTenant, openWorld } from '../contract/building.ts';
import { type FeedWorld, HR_HEADER, hrFile, hrRow, openFeedWorld } from '../support/feed-world.ts';
import { eachDatabase } from '../support/store.ts';

eachDatabase('a file that a gate holds', (testStore) => {
  let world: World;
  let hr: FeedWorld;
  beforeAll(async () => {
    world = await openWorld(testStore);
  });
  beforeEach(async () => {
    const { store, clock, crypto } = world;
    hr = openFeedWorld({ store, clock, crypto, tenantId: await freshTenant(world) });
  });

  const NORTH = [31, 32, 33, 34, 35, 36] as const;
  const inNorth = (id: number): { department?: string } =>
    NORTH.some((one) => one === id) ? { department: 'North' } : {};
  const other = (text: string): string => text.replaceAll('Work Email', 'E-Mail');

  /** What a gate is about, the file that it holds after people 1 to 40 were accepted, and who or what it names. */
  const HELD: readonly [string, string, RegExp][] = [
    ['incomplete_file', hrFile(40).slice(0, -30), /not whole/],
    ['row_shrink', hrFile(40, { without: NORTH }), /34 rows/],
    ['missing_from_feed', hrFile(40, { without: [1, 2, 3, 4] }), /Missing: Given1 Family1 \(1\), Given2 Family2/],
    ['unit_vanished', hrFile(40, { without: NORTH, row: inNorth }), /"North" with 6 people.*Given31 Family31 \(31\)/],
    ['bad_rows', hrFile(40, { row: (id) => (id < 6 ? { hired: 'soon' } : inNorth(id)) }), /5 of 40 rows/],
    ['unknown_status', hrFile(40, { row: (id) => (id < 3 ? { status: 'Gardening' } : inNorth(id)) }), /statusWords/],
    ['column_fingerprint', other(hrFile(40, { row: inNorth })), /workEmail was read from "Work Email".*"E-Mail"/],
    [
      'identifier_swap',
      hrFile(40, {
        row: (id) => ({
          ...inNorth(id),
          ...(id < 3 ? { given: `Given${String(3 - id)}`, family: `Family${String(3 - id)}` } : {}),
        }),
      }),
      /1 was Given1 Family1 and is Given2 Family2 now/,
    ],
  ];

  it.each(HELD)('%s: with names, for one release', async (code, text, says) => {
    expect((await hr.send(hrFile(40, { row: inNorth }))).state).toBe('accepted');
    const file = await hr.send(text);
    expect(file.state).toBe('held');
    const gate = file.gates.find((one) => one.code === code);
    expect(gate?.how).toMatch(says);
    expect(gate?.how).toMatch(/Nothing of it was accepted/);
    // What it says counts for nothing, however often it comes.
    expect(await hr.send(text)).toMatchObject({ id: file.id, state: 'held' });
    expect(await hr.person(31)).toMatchObject({ state: 'present', missingFiles: 0 });
    expect((await hr.release(file)).state).toBe('released');
    await expect(hr.release(file)).rejects.toMatchObject({ code: 'import.not_held' });
    for (const key of file.missing) expect(await hr.person(key)).toMatchObject({ state: 'vanished', missingFiles: 1 });
    // The release was for this file: the next one is judged anew, and what is the same as this one is usual now.
    const next = await hr.send(`${text}\n`);
    expect(next.state).toBe(['bad_rows', 'unknown_status', 'incomplete_file'].includes(code) ? 'held' : 'accepted');
  });

  it('is rejected for good where it has nobody', async () => {
    await hr.send(hrFile(10));
    const empty = await hr.send(`${HR_HEADER}\n`);
    expect(empty).toMatchObject({ state: 'rejected', gates: [{ code: 'empty_source' }] });
    await expect(hr.release(empty)).rejects.toMatchObject({ code: 'import.not_held' });
    const gone = await hr.send(hrFile(10, { row: () => ({ status: 'Terminated', ended: '2026-01-31' }) }));
    expect(gone.state).toBe('rejected');
  });

  it('names units only where their people are gone: who moved is still there', async () => {
    await hr.send(hrFile(60, { row: inNorth }));
    const renamed = hrFile(60, { row: (id) => (id > 30 ? { department: 'Northern' } : {}) });
    expect((await hr.send(renamed)).state).toBe('accepted');
    const four = hrFile(60, {
      without: [57, 58, 59],
      row: (id) => (id > 30 && id < 57 ? { department: 'Northern' } : {}),
    });
    expect((await hr.send(four)).state).not.toBe('rejected');
  });

  describe('keys', () => {
    it('given to somebody else are held; a marriage and a correction are not', async () => {
      await hr.send(hrFile(20));
      const married = hrFile(20, {
        row: (id) => (id === 3 ? { family: 'Newname' } : id === 4 ? { given: 'Givn4' } : {}),
      });
      expect((await hr.send(married)).state).toBe('accepted');
      const hired = { given: 'Robin', family: 'Someone', email: 'robin@example.com', hired: '2026-02-01' };
      const recycled = await hr.send(hrFile(20, { row: (id) => (id === 5 ? hired : {}) }));
      expect(recycled).toMatchObject({ state: 'held', gates: [{ code: 'identifier_swap', who: ['5'] }] });
      expect((await hr.person(5))?.data.given).toBe('Given5');
    });

    it('that all name other people are a shifted column', async () => {
      await hr.send(hrFile(40));
      const shifted = hrFile(40, {
        row: (id) => ({ given: `Given${String(id + 1)}`, family: `Family${String(id + 1)}` }),
      });
      const file = await hr.send(shifted);
      expect(file.gates.map(({ code }) => code)).toEqual(['column_fingerprint', 'identifier_swap']);
      expect(file.gates[0]?.how).toMatch(/40 of 40 known people have another name/);
    });
  });

  describe('columns', () => {
    it.each<[string, string, string]>([
      ['gone', hrFile(30).replaceAll('Termination Date', 'Remarks'), 'held'],
      ['that nobody reads renamed', hrFile(30).replaceAll('Employee ID', ' employee  id '), 'accepted'],
      ['filled far less', hrFile(30, { row: (id) => (id > 15 ? { department: '' } : {}) }), 'held'],
      ['filled a little less', hrFile(30, { row: (id) => (id > 20 ? { department: '' } : {}) }), 'accepted'],
    ])('%s', async (_, text, state) => {
      await hr.send(hrFile(30));
      expect(await hr.send(text)).toMatchObject({ state, ...(state === 'held' ? {} : { gates: [] }) });
    });

    it('of a narrower file matter only where they say who is employed', async () => {
      await hr.send(hrFile(30));
      const few = [
        'Employee ID,First Name,Last Name,Status,Hire Date,Termination Date',
        '7,Given7,Family7,Active,2020-01-15,',
        '',
      ];
      expect((await hr.send(few.join('\n'), { mode: 'upsert' })).state).toBe('accepted');
      const blind = ['Employee ID,First Name,Last Name', '7,Given7,Family7', ''].join('\n');
      expect(await hr.send(blind, { mode: 'upsert' })).toMatchObject({
        state: 'held',
        gates: [{ code: 'column_fingerprint' }],
      });
    });
  });

  it('does not hold a first file for what it cannot be compared with', async () => {
    expect((await hr.send([HR_HEADER, hrRow(1), hrRow(2)].join('\n'))).state).toBe('accepted');
  });
});
