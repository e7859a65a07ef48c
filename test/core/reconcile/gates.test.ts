import { describe, expect, it } from '@jest/globals';
import { DEFAULT_POLICY, limitFor } from '../../../src/core/reconcile/policy.ts';
import { type ReconcileInput, reconcile } from '../../../src/core/reconcile/reconcile.ts';
import {
  HR_VOTES,
  account,
  changesOf,
  daysBefore,
  entryOf,
  hr,
  idp,
  owned,
  person,
  policy,
  seats,
  world,
} from '../builders.ts';

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** `total` seats, of which the first `leaving` are due to be removed. */
function leavers(total: number, leaving: number, over: Partial<ReconcileInput> = {}): ReconcileInput {
  return seats(total, {
    persons: range(1, total).map((n) =>
      n <= leaving ? person(n, { idp: idp(n, { state: 'inactive', since: daysBefore(30) }) }) : person(n),
    ),
    policy: policy({ handover: { to: String(1000 + total), successors: {} } }),
    ...over,
  });
}

function codes(input: ReconcileInput): readonly string[] {
  return reconcile(input).gates.map(({ code, window }) => `${code} ${window}`);
}

describe('a limit', () => {
  it.each([
    [3, 2, 99, 3],
    [3, 2, 100, 3],
    [3, 2, 149, 3],
    [3, 2, 150, 3],
    [3, 2, 200, 4],
    [10, 10, 99, 10],
    [10, 10, 100, 10],
    [10, 10, 110, 11],
    [3, 50, 99, 3],
    [3, 50, 100, 50],
    [3, 50, 101, 50],
  ])('absolute %d, %d %% of %d: %d', (absolute, percent, population, limit) => {
    expect(limitFor({ absolute, percent }, population)).toBe(limit);
  });
});

describe('creates', () => {
  it.each([
    [9, 0],
    [10, 0],
    [11, 11],
  ])('%d at once: %d held', (count, held) => {
    const result = reconcile(world({ persons: range(1, count).map((n) => person(n)) }));
    expect(changesOf(result, 'create')).toHaveLength(count);
    expect(changesOf(result, 'create').filter(({ gates }) => gates.includes('creates'))).toHaveLength(held);
  });

  it('counts the percentage from 100 seats on', () => {
    const grown = (total: number, more: number): ReconcileInput => {
      const base = seats(total);
      return { ...base, persons: [...base.persons, ...range(total + 1, total + more).map((n) => person(n))] };
    };
    expect(codes(grown(88, 11))).toEqual(['creates run']);
    expect(codes(grown(100, 11))).toEqual([]);
    expect(codes(grown(100, 12))).toEqual(['creates run']);
  });

  it('holds only creates, says who and how to go on, and names the first twenty', () => {
    const base = seats(1, { persons: [person(1, { idp: idp(1, { displayName: 'New' }) })] });
    const result = reconcile({ ...base, persons: [...base.persons, ...range(2, 31).map((n) => person(n))] });
    const [gate] = result.gates;
    expect(gate).toMatchObject({
      code: 'creates',
      limit: 10,
      value: 30,
      of: 31,
      window: 'run',
      op: 'create',
      held: 30,
      committed: 0,
    });
    expect(gate?.who).toHaveLength(20);
    expect(gate?.how).toMatch(/limit is 10.*None of it was committed.*expires.*override.*"creates".*30/s);
    expect(changesOf(result, 'update').map(({ gates }) => gates)).toEqual([[]]);
    expect(entryOf(result, 2)).toMatchObject({ disposition: 'held' });
    expect(entryOf(result, 2).reasons[0]).toBe('Held by gate creates.');
    expect(entryOf(result, 1).disposition).toBe('ready');
    expect(result.summary).toBe('Plan: 30 to create, 1 to update, 30 held.');
  });
});

describe('deprovisions', () => {
  it.each([
    [10, 2, []],
    [10, 3, []],
    [10, 4, ['deprovisions run', 'deprovisions 24h']],
    [99, 4, ['deprovisions run', 'deprovisions 24h']],
    [100, 4, ['deprovisions run']],
    [200, 4, []],
    [200, 5, ['deprovisions run']],
  ])('of %d seats %d at once: %j', (total, leaving, expected) => {
    expect(codes(leavers(total, leaving))).toEqual(expected);
  });

  it.each([
    [2, 0, []],
    [3, 3, ['deprovisions 24h']],
    [2, 5, ['deprovisions 24h']],
    [0, 5, []],
    [1, 6, ['deprovisions 24h']],
  ])('%d now, %d within 24 hours: %j', (now, last24h, expected) => {
    const input = leavers(20, now, { deprovisioned: { last24h, last7d: 0 } });
    expect(codes(input)).toEqual(expected);
  });

  it('count what was removed before as part of the population', () => {
    expect(codes(leavers(97, 1, { deprovisioned: { last24h: 3, last7d: 3 } }))).toEqual([]);
    expect(codes(leavers(96, 1, { deprovisioned: { last24h: 3, last7d: 3 } }))).toEqual(['deprovisions 24h']);
  });

  it.each([
    [1, 4, []],
    [1, 5, []],
    [1, 6, ['deprovisions 7d']],
  ])('%d now, %d within seven days: %j', (now, last7d, expected) => {
    expect(codes(leavers(20, now, { deprovisioned: { last24h: 0, last7d } }))).toEqual(expected);
  });

  it.each([
    [4, 'capped at 5', []],
    [5, 'capped at 5', []],
    [6, 'capped at 5', ['deprovisions run', 'deprovisions 24h', 'deprovisions 7d']],
  ])('%d of 600 seats %s: %j', (leaving, _, expected) => {
    const base = leavers(600, leaving);
    const gates = { ...DEFAULT_POLICY.gates, deprovisionCap: 5 };
    expect(codes({ ...base, policy: { ...base.policy, gates } })).toEqual(expected);
  });

  it('hold the handovers of the same people too', () => {
    const result = reconcile(leavers(10, 4, { owned: new Map([owned(1, 2, 3)]) }));
    expect(changesOf(result).map(({ op, gates }) => [op, gates])).toEqual([
      ['handover', ['deprovisions']],
      ...Array<unknown>(4).fill(['deprovision', ['deprovisions']]),
    ]);
    expect(result.gates[0]).toMatchObject({ held: 4, value: 4, limit: 3, of: 10 });
  });
});

describe('renames', () => {
  it.each([
    [2, []],
    [3, []],
    [4, ['renames run']],
  ])('%d at once: %j', (count, expected) => {
    const persons = range(1, 10).map((n) =>
      n <= count ? person(n, { idp: idp(n, { userName: `new${String(n)}@example.com` }) }) : person(n),
    );
    expect(codes(seats(10, { persons }))).toEqual(expected);
  });
});

describe('one attribute for many', () => {
  it.each([
    [19, []],
    [20, []],
    [21, ['mass_attribute run']],
  ])('%d at once: %j', (count, expected) => {
    const persons = range(1, 99).map((n) => (n <= count ? person(n, { idp: idp(n, { family: 'Same' }) }) : person(n)));
    const result = reconcile(seats(99, { persons }));
    expect(result.gates.map(({ code, window }) => `${code} ${window}`)).toEqual(expected);
    if (expected.length > 0) expect(result.gates[0]?.how).toContain('familyName');
  });
});

describe('people missing from HR', () => {
  const vanished = (missing: number, files = 1): ReconcileInput =>
    seats(20, {
      hrFeed: true,
      sources: [HR_VOTES],
      persons: range(1, 20).map((n) =>
        person(n, {
          hr: n <= missing ? hr(n, {}, { state: 'vanished', missingFiles: files, missingSince: daysBefore(9) }) : hr(n),
        }),
      ),
    });

  it.each([
    [2, []],
    [3, []],
    [4, ['missing_from_feed run']],
  ])('%d for the first time: %j', (missing, expected) => {
    expect(codes(vanished(missing))).toEqual(expected);
  });

  it('hold the removals that rest on missing rows, and no other', () => {
    const base = vanished(4);
    const persons = [
      ...base.persons.slice(0, 17),
      person(18, { hr: hr(18, {}, { state: 'vanished', missingFiles: 3, missingSince: daysBefore(9) }) }),
      person(19, { idp: idp(19, { state: 'inactive', since: daysBefore(9) }), hr: hr(19) }),
    ];
    const result = reconcile({ ...base, persons });
    expect(changesOf(result, 'deprovision').map(({ personId, gates }) => [personId, gates])).toEqual([
      ['per-18', ['missing_from_feed']],
      ['per-19', []],
    ]);
    expect(result.gates[0]).toMatchObject({ value: 4, limit: 3, held: 1, who: ['per-1', 'per-2', 'per-3', 'per-4'] });
  });
});

describe('contacts touched', () => {
  it.each([
    [4_999, []],
    [5_000, []],
    [5_001, ['contacts_touched run']],
  ])('%d: %j', (contacts, expected) => {
    expect(codes(leavers(5, 1, { owned: new Map([owned(1, 0, contacts)]) }))).toEqual(expected);
  });
});

describe('privilege', () => {
  const admins = policy({ roles: { default: 'MEMBER', groups: { Admins: 'ADMIN', Sales: 'MEMBER' } } });
  const grouped = (n: number, group: string): ReturnType<typeof person> =>
    person(n, { idp: idp(n, { groups: [group] }) });

  it('is never raised by policy alone, on an account or on a new one', () => {
    const base = seats(2, { policy: admins, persons: [grouped(1, 'Admins'), grouped(2, 'Sales')] });
    const result = reconcile({ ...base, persons: [...base.persons, grouped(3, 'Admins'), grouped(4, 'Sales')] });
    expect(result.changes.map(({ op, personId, gates }) => [op, personId, gates])).toEqual([
      ['role', 'per-1', ['privileged']],
      ['create', 'per-3', ['privileged']],
      ['create', 'per-4', []],
    ]);
  });

  it('that is there already is none', () => {
    const accounts = [account(1, { roles: ['ADMIN'], plus: { role: 'ADMIN' } })];
    expect(reconcile(seats(1, { policy: admins, persons: [grouped(1, 'Admins')], accounts })).changes).toEqual([]);
    const demoted = reconcile(
      seats(1, { policy: admins, persons: [grouped(1, 'Sales')], accounts, baselines: new Map() }),
    );
    expect(demoted.changes.map(({ op, gates }) => [op, gates])).toEqual([['role', []]]);
  });
});
