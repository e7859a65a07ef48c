import { describe, expect, it } from '@jest/globals';

import { csv, readAll, verdicts } from './reading.ts';

const HEADER = 'Employee ID,Position ID,Primary Position,Status,Worker Type,Job Title,Hire Date,Termination Date';
const read = (...rows: readonly string[]): ReturnType<typeof readAll> => readAll(csv(HEADER, ...rows));
const standing = async (...rows: readonly string[]): Promise<readonly unknown[]> =>
  (await read(...rows)).rows.flatMap(({ hr }) => (hr === undefined ? [] : [hr.title]));

describe('several rows of one person', () => {
  it('are employments: one stands for the person and lists all, the others point to it', async () => {
    const { rows, end } = await read(
      '1,P1,No,Active,,Tutor,2022-01-01,',
      '1,P2,Yes,Active,,AE,2020-01-06,',
      '2,P3,,Active,,SDR,,',
    );
    expect(verdicts(rows)).toEqual(['warned further_employment', 'accepted', 'accepted']);
    expect(rows.map(({ record }) => record)).toEqual([1, 2, 3]);
    expect(rows[0]).toMatchObject({ key: '1', furtherOf: 2 });
    expect(rows[0]).not.toHaveProperty('hr');
    expect(rows[1]?.employments).toEqual([
      {
        record: 2,
        employmentKey: 'P2',
        personKey: '1',
        workerType: 'employee',
        status: 'active',
        statusRaw: 'Active',
        start: '2020-01-06',
        title: 'AE',
      },
      {
        record: 1,
        employmentKey: 'P1',
        personKey: '1',
        workerType: 'employee',
        status: 'active',
        statusRaw: 'Active',
        start: '2022-01-01',
        title: 'Tutor',
      },
    ]);
    expect(rows[2]).not.toHaveProperty('employments');
    expect(end.conflictingKeys).toEqual([]);
  });

  it.each([
    [
      'who works before who worked, whatever is marked',
      '1,P1,Yes,Terminated,,old,2015-01-01,2019-01-01',
      '1,P2,No,Active,,now,2021-01-01,',
      'now',
    ],
    ['who works before who will', '1,P1,,Active,,now,2020-01-01,', '1,P2,,Active,,next,2026-06-01,', 'now'],
    [
      'who will work before who worked',
      '1,P1,,Terminated,,old,2015-01-01,2019-01-01',
      '1,P2,,Active,,next,2026-06-01,',
      'next',
    ],
    ['leave is not leaving', '1,P1,,On leave,,away,2015-01-01,', '1,P2,,Terminated,,old,2015-01-01,2019-01-01', 'away'],
    ['the one that is marked', '1,P1,,Active,,first,2020-01-01,', '1,P2,Yes,Active,,main,2019-01-01,', 'main'],
    [
      'not the one that is marked as another',
      '1,P1,No,Active,,other,2023-01-01,',
      '1,P2,,Active,,main,2019-01-01,',
      'main',
    ],
    [
      'an employee before a contractor',
      '1,P1,,Active,Contractor,freelance,2024-01-01,',
      '1,P2,,Active,Employee,staff,2019-01-01,',
      'staff',
    ],
    ['the latest start', '1,P1,,Active,,old,2019-01-01,', '1,P2,,Active,,new,2024-01-01,', 'new'],
    ['the lowest number, where nothing tells', '1,P2,,Active,,second,,', '1,P1,,Active,,first,,', 'first'],
  ])('stands for the person: %s', async (_, first, second, title) => {
    expect(await standing(first, second)).toEqual([title]);
  });

  it('of one employment contradict each other: neither is taken', async () => {
    const { rows, end } = await read('1,P1,,Active,,a,,', '1,P1,,Active,,b,,', '1,P2,,Active,,c,,');
    expect(verdicts(rows)).toEqual(['accepted', 'quarantined duplicate_key', 'quarantined duplicate_key']);
    expect(end.conflictingKeys).toEqual([{ key: '1', firstRecord: 1, rows: 3 }]);
  });

  it('say nothing of the person when one of them cannot be read', async () => {
    const { rows, end } = await read(
      '1,P1,,Terminated,,a,2015-01-01,2019-01-01',
      '1,P2,,Vanished,,b,,',
      '2,P3,,Active,,c,,',
    );
    expect(verdicts(rows)).toEqual(['quarantined employment_unclear', 'quarantined status_unknown', 'accepted']);
    expect(end.conflictingKeys).toEqual([]);
  });

  it('far apart: the one that counts stands for the person, in whatever order they come', async () => {
    const { rows, end } = await read(
      '1,P1,,Active,,a,,',
      '2,P2,,Terminated,,b,,2020-01-01',
      '3,P3,,Active,,c,,',
      '1,P4,,Terminated,,d,,2020-01-01',
      '2,P5,,Active,,e,,',
      '2,P6,,Active,,f,2020-01-01,',
      '4,P7,,Active,,g,,',
      '2,P8,Yes,Active,,h,,',
    );
    expect(verdicts(rows).slice(3)).toEqual([
      'warned further_employment',
      'warned further_employment',
      'accepted',
      'accepted',
      'accepted',
    ]);
    expect(rows.map(({ furtherOf }) => furtherOf)).toEqual([
      undefined,
      undefined,
      undefined,
      1,
      6,
      undefined,
      undefined,
      undefined,
    ]);
    expect(end.standing).toEqual([
      { key: '2', record: 8, instead: 2 },
      { key: '2', record: 8, instead: 6 },
    ]);
    expect(end.conflictingKeys).toEqual([]);
  });

  it('far apart: contradictions and rows that cannot be read take back the one that stands', async () => {
    const { rows, end } = await read(
      '1,P1,,Terminated,,a,,2020-01-01',
      '2,P2,,Active,,b,,',
      '1,P3,,Active,,c,,',
      '2,P4,,Vanished,,d,,',
      '1,P1,,Active,,e,,',
      '1,P5,Yes,Active,,f,,',
      '2,P6,Yes,Active,,g,,',
    );
    expect(verdicts(rows).slice(3)).toEqual([
      'quarantined status_unknown,duplicate_key',
      'quarantined duplicate_key',
      'quarantined duplicate_key',
      'quarantined duplicate_key',
    ]);
    expect(end.standing).toEqual([{ key: '1', record: 3, instead: 1 }]);
    expect(end.conflictingKeys).toEqual([
      { key: '2', firstRecord: 2, rows: 3 },
      { key: '1', firstRecord: 3, rows: 3 },
    ]);
  });

  it('cost nothing where each person has one', async () => {
    const { rows } = await read('1,P1,,Active,,a,,', '2,P1,,Active,,b,,', ',P3,,Active,,c,,', '3,,,Active,,d,,');
    expect(verdicts(rows)).toEqual(['accepted', 'accepted', 'rejected key_missing', 'accepted']);
  });
});

describe('beside the status', () => {
  it('"delete" is a statement that the person is gone; nothing and "update" are none', async () => {
    const { rows } = await readAll(
      csv(
        'Employee ID,Action,Hire Date,Termination Date',
        '1,delete,2020-01-01,',
        '2,update,2020-01-01,',
        '3,,2020-01-01,',
        '4,delete,2026-05-01,',
        '5,archive,2020-01-01,',
        '6,delete,2020-01-01,2026-05-01',
        '7,add,2020-01-01,',
      ),
    );
    expect(rows.map(({ hr }) => hr?.status)).toEqual([
      'ended',
      'active',
      'active',
      'rescinded',
      undefined,
      'active',
      'active',
    ]);
    expect(rows[4]?.problems[0]?.code).toBe('action_unknown');
  });

  it('an action column that speaks of something else is left alone, unless the feed maps it', async () => {
    const file = csv('Employee ID,Action,Status', '1,Hire,Active', '2,Transfer,Active', '3,delete,Active');
    const { rows, shape } = await readAll(file);
    expect(verdicts(rows)).toEqual(['accepted', 'accepted', 'accepted']);
    expect(shape.columns[1]).toMatchObject({ field: null, confidence: 0 });
    const mapped = await readAll(file, { columns: { Action: 'action' } });
    expect(verdicts(mapped.rows)).toEqual([
      'quarantined action_unknown',
      'quarantined action_unknown',
      'warned end_missing',
    ]);
  });

  it('"on leave" makes no end of an inactive person, but an end stays an end', async () => {
    const { rows } = await readAll(
      csv(
        'Employee ID,Status,On Leave,Termination Date',
        '1,Inactive,True,',
        '2,Inactive,False,',
        '3,Active,yes,',
        '4,Inactive,True,2025-01-31',
      ),
    );
    expect(rows.map(({ hr }) => hr?.status)).toEqual(['leave', 'ended', 'leave', 'ended']);
  });
});
