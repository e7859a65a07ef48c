import { describe, expect, it } from '@jest/globals';
import type { PersonState } from '../../../src/core/identity/person.ts';
import { type ReconcileInput, reconcile } from '../../../src/core/reconcile/reconcile.ts';
import {
  HR_VOTES,
  NOW,
  account,
  accountEntryOf,
  baseline,
  daysBefore,
  entryOf,
  hr,
  idp,
  link,
  mail,
  opsOf,
  owned,
  person,
  policy,
  seats,
  unassigned,
  world,
} from '../builders.ts';

const leftLongAgo = idp(1, { state: 'inactive', since: daysBefore(30) });
const tombstone = { accountId: '1001', personId: 'per-1', userNameHash: 'keyed:x', at: daysBefore(1) };
const withHr = { hrFeed: true, sources: [HR_VOTES] };

/** Person 1 with a linked account in sync, and whatever the case adds. */
function seated(who: PersonState, over: Partial<ReconcileInput> = {}): ReconcileInput {
  return seats(1, { persons: [who], ...over });
}

describe('the situation of a person', () => {
  it.each<[string, string, ReconcileInput]>([
    [
      'PROTECTED',
      'linked to the OWNER',
      seated(person(1, { idp: leftLongAgo }), { accounts: [account(1, { roles: ['OWNER'] })] }),
    ],
    ['PROTECTED', 'the address of a bot', world({ persons: [person(1)], accounts: [account(1, { bot: true })] })],
    [
      'UNDECIDED_SOURCE',
      'HR is stale and would decide',
      world({ persons: [person(1, { hr: hr(1) })], hrFeed: true, sources: [{ ...HR_VOTES, votes: false }] }),
    ],
    ['QUARANTINED', 'a bad row', seated(person(1, { hr: hr(1, {}, { state: 'quarantined' }) }), withHr)],
    ['DUPLICATE_SOURCE', 'two records claim the person', seated(person(1, { duplicates: ['idp', 'hr:hr'] }))],
    [
      'DUPLICATE_SOURCE',
      'two persons want one userName',
      world({ persons: [person(1), person(2, { idp: idp(2, { userName: mail(1) }) })] }),
    ],
    [
      'AMBIGUOUS',
      'two accounts fit',
      world({
        persons: [person(1, { hr: hr(1, { workEmail: mail(2) }) })],
        accounts: [account(1), account(2)],
        ...withHr,
      }),
    ],
    [
      'DISPUTED',
      'two persons fit',
      world({
        persons: [person(1), unassigned(2, { hr: hr(2, { workEmail: mail(1) }) })],
        accounts: [account(1)],
        ...withHr,
      }),
    ],
    ['DISPUTED', 'two persons are linked to one account', seated(person(1), { links: [link(1), link(9, 1)] })],
    [
      'MATCH_ALREADY_LINKED',
      'somebody else has the account',
      world({ persons: [person(1), unassigned(9)], accounts: [account(1)], links: [link(9, 1)] }),
    ],
    [
      'DUPLICATE_TARGET',
      'two accounts are linked',
      seated(person(1), { accounts: [account(1), account(2)], links: [link(1), link(1, 2)] }),
    ],
    ['UNLINKED_MATCH', 'one account fits', world({ persons: [person(1)], accounts: [account(1)] })],
    [
      'UNLINKED_MATCH',
      'of a leaver too',
      world({ persons: [person(1, { idp: leftLongAgo })], accounts: [account(1)] }),
    ],
    [
      'WEAK_MATCH',
      'one account may fit',
      world({ persons: [person(1)], accounts: [account(1)], policy: policy({ verifiedDomains: [] }) }),
    ],
    ['REPROVISION_REFUSED', 'a tombstone of the person', world({ persons: [person(1)], tombstones: [tombstone] })],
    [
      'REPROVISION_REFUSED',
      'a tombstone of the userName',
      world({ persons: [person(1)], tombstones: [{ accountId: '7', userNameHash: `keyed:${mail(1)}`, at: NOW }] }),
    ],
    [
      'REPROVISION_REFUSED',
      'a tombstone of the linked account',
      seated(person(1), { accounts: [], tombstones: [{ accountId: '1001', userNameHash: 'x', at: NOW }] }),
    ],
    ['MISSING_IN_TARGET', 'the linked account is gone', seated(person(1), { accounts: [] })],
    ['ABSENT_IN_TARGET', 'no account yet', world({ persons: [person(1)] })],
    [
      'SCHEDULED_JOINER',
      'starts later',
      world({ persons: [person(1, { hr: hr(1, { start: '2026-04-01' }) })], ...withHr }),
    ],
    ['SCHEDULED_LEAVER', 'leaves later', seated(person(1, { hr: hr(1, { end: '2026-04-01' }) }), withHr)],
    ['IN_GRACE', 'left yesterday', seated(person(1, { idp: idp(1, { state: 'deleted', since: daysBefore(1) }) }))],
    [
      'SOURCE_VANISHED',
      'missing from one file',
      seated(person(1, { hr: hr(1, {}, { state: 'vanished', missingFiles: 1 }) }), withHr),
    ],
    ['OUT_OF_SCOPE', 'grace is over', seated(person(1, { idp: leftLongAgo }))],
    ['SOURCES_DISAGREE', 'HR does not know the newcomer', world({ persons: [person(1)], ...withHr })],
    ['ACTIVE_MISMATCH', 'Drift shows it inactive', seated(person(1), { accounts: [account(1, { active: false })] })],
    [
      'ATTRIBUTE_CONFLICT',
      'both sides changed',
      seated(person(1), {
        accounts: [account(1, { plus: { displayName: 'X' } })],
        baselines: new Map([baseline(1, { ...account(1).values, displayName: 'Y' })]),
      }),
    ],
    ['ATTRIBUTE_DRIFT', 'Drift changed', seated(person(1), { accounts: [account(1, { plus: { displayName: 'X' } })] })],
    ['ATTRIBUTE_PENDING', 'the source changed', seated(person(1, { idp: idp(1, { displayName: 'New' }) }))],
    [
      'ATTRIBUTE_PENDING',
      'first contact',
      seated(person(1, { idp: idp(1, { displayName: 'New' }) }), { baselines: new Map() }),
    ],
    ['IN_SYNC', 'nothing to do', seated(person(1))],
    ['NOT_REQUIRED', 'in HR alone', world({ persons: [unassigned(1, { hr: hr(1) })], ...withHr })],
    [
      'NOT_REQUIRED',
      'inactive without a seat',
      world({ persons: [person(1, { idp: leftLongAgo })], tombstones: [tombstone] }),
    ],
    ['LINK_ONLY', 'both ends are gone', seated(person(1, { idp: leftLongAgo }), { accounts: [] })],
  ])('%s: %s', (situation, _, input) => {
    const result = reconcile(input);
    expect(entryOf(result, 1).situation).toBe(situation);
    expect(Object.values(result.situations).reduce((sum, n) => sum + n, 0)).toBe(result.population);
    expect(entryOf(result, 1).reasons.every((reason) => !reason.includes('@'))).toBe(true);
  });

  it('IDENTIFIER_SWAP: two people would exchange their userNames, and both wait', () => {
    const result = reconcile(
      seats(2, {
        persons: [person(1, { idp: idp(1, { userName: mail(2) }) }), person(2, { idp: idp(2, { userName: mail(1) }) })],
      }),
    );
    expect([entryOf(result, 1).situation, entryOf(result, 2).situation]).toEqual([
      'IDENTIFIER_SWAP',
      'IDENTIFIER_SWAP',
    ]);
    expect(result.changes).toEqual([]);
  });
});

it('does not match an account that is proven to be gone, though a listing still shows it', () => {
  const result = reconcile(
    world({
      persons: [person(1)],
      accounts: [account(1)],
      tombstones: [{ accountId: '1001', userNameHash: 'x', at: NOW }],
    }),
  );
  expect(result.changes).toEqual([]);
  expect(entryOf(result, 1)).toMatchObject({ situation: 'ABSENT_IN_TARGET', disposition: 'blocked' });
  expect(accountEntryOf(result, 1).situation).toBe('ORPHAN_IN_TARGET');
});

it('judges who is linked by that account alone, whatever protected account shares an address', () => {
  const who = person(1, { hr: hr(1, { workEmail: mail(2) }) });
  const result = reconcile(seated(who, { ...withHr, accounts: [account(1), account(2, { bot: true })] }));
  expect(result.situations).toEqual({ IN_SYNC: 1, PROTECTED: 1 });
});

describe('the situation of an account that nobody is linked to', () => {
  it('is PROTECTED, ORPHAN_IN_TARGET, or mirrors its candidate', () => {
    const result = reconcile(
      world({
        persons: [person(1), person(2, { idp: idp(2, { emails: [mail(3)] }) })],
        accounts: [account(1), account(3), account(4), account(5, { bot: true })],
      }),
    );
    expect(result.entries.map(({ situation, personId, accountId }) => [situation, personId ?? accountId])).toEqual([
      ['UNLINKED_MATCH', 'per-1'],
      ['WEAK_MATCH', 'per-2'],
      ['UNLINKED_MATCH', '1001'],
      ['WEAK_MATCH', '1003'],
      ['ORPHAN_IN_TARGET', '1004'],
      ['PROTECTED', '1005'],
    ]);
    expect(result.population).toBe(6);
    expect(accountEntryOf(result, 4).disposition).toBe('none');
  });
});

describe('the plan', () => {
  it('links on first contact and writes nothing else', () => {
    const result = reconcile(world({ persons: [person(1)], accounts: [account(1, { plus: { displayName: 'Old' } })] }));
    expect(result.changes).toEqual([
      expect.objectContaining({ op: 'link', personId: 'per-1', accountId: '1001', before: {}, after: {}, calls: 0 }),
    ]);
    expect(result.changes[0]?.evidence[0]).toMatchObject({ accountId: '1001', rule: 'email_verified' });
    expect(entryOf(result, 1).disposition).toBe('ready');
  });

  it('creates with everything that is known', () => {
    const result = reconcile(world({ persons: [person(1, { idp: idp(1, { phone: '+1 555', groups: ['Sales'] }) })] }));
    expect(result.changes).toEqual([
      expect.objectContaining({
        op: 'create',
        after: {
          userName: mail(1),
          email: mail(1),
          displayName: 'Given1 Family1',
          givenName: 'Given1',
          familyName: 'Family1',
          phone: '+1 555',
          role: 'MEMBER',
        },
        expected: { exists: false },
        reversibility: 'compensable',
      }),
    ]);
    expect(result.changes[0]).not.toHaveProperty('accountId');
  });

  it.each([
    ['no address to sign in with', world({ persons: [person(1, { idp: idp(1, { userName: 'jdoe', emails: [] }) })] })],
    [
      'the address is taken by who was said to be another',
      world({ persons: [person(1)], accounts: [account(1)], cannotLinks: [{ personId: 'per-1', accountId: '1001' }] }),
    ],
  ])('does not create: %s', (_, input) => {
    const result = reconcile(input);
    expect(result.changes).toEqual([]);
    expect(entryOf(result, 1)).toMatchObject({ situation: 'ABSENT_IN_TARGET', disposition: 'blocked' });
  });

  it('puts all profile attributes into one update, the rename and the role apart', () => {
    const groups = { roles: { default: 'MEMBER', groups: { Lite: 'role-ids=[208]' } } };
    const who = person(1, {
      idp: idp(1, { userName: 'new@example.com', displayName: 'N', family: 'F', phone: '+1 5', groups: ['Lite'] }),
    });
    const result = reconcile(seated(who, { policy: policy(groups) }));
    expect(result.changes.map(({ op, before, after }) => ({ op, before, after }))).toEqual([
      {
        op: 'update',
        before: { displayName: 'Given1 Family1', familyName: 'Family1' },
        after: { displayName: 'N', familyName: 'F', phone: '+1 5' },
      },
      { op: 'rename', before: { userName: mail(1) }, after: { userName: 'new@example.com' } },
      { op: 'role', before: { role: 'MEMBER' }, after: { role: 'role-ids=[208]' } },
    ]);
    expect(new Set(result.changes.map(({ expected }) => expected.hash)).size).toBe(3);
    expect(entryOf(result, 1).disposition).toBe('needs_approval');
  });

  it('never demotes by default', () => {
    const admin = account(1, { roles: ['ADMIN'], plus: { role: 'ADMIN' } });
    expect(reconcile(seated(person(1), { accounts: [admin] })).changes).toEqual([]);
  });

  it('reports drift and conflict and writes neither, beside what it does write', () => {
    const there = account(1, { plus: { displayName: 'X', givenName: 'Z' } });
    const result = reconcile(seated(person(1, { idp: idp(1, { family: 'New', given: 'W' }) }), { accounts: [there] }));
    expect(entryOf(result, 1).attributes.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual(
      expect.arrayContaining(['displayName drift', 'givenName conflict', 'familyName pending']),
    );
    expect(result.changes.map(({ op, after }) => ({ op, after }))).toEqual([
      { op: 'update', after: { familyName: 'New' } },
    ]);
  });

  it.each([
    ['the name is taken', { accounts: [account(1), account(2)], links: [link(1)] }],
    ['the views contradict each other', { accounts: [account(1, { disagreements: ['userName'] })] }],
  ])('does not rename when %s', (_, over) => {
    const result = reconcile(seated(person(1, { idp: idp(1, { userName: mail(2), emails: [mail(1)] }) }), over));
    expect(opsOf(result, 1)).toEqual([]);
    expect(entryOf(result, 1).disposition).toBe('blocked');
  });

  it('writes nothing to an inactive account, not even before a scheduled end', () => {
    const who = person(1, { idp: idp(1, { displayName: 'New' }), hr: hr(1, { end: '2026-04-01' }) });
    expect(reconcile(seated(who, { ...withHr, accounts: [account(1, { active: false })] })).changes).toEqual([]);
    expect(opsOf(reconcile(seated(who, withHr)), 1)).toEqual(['update']);
  });

  it('looks only at the people asked for, and judges them against everybody', () => {
    const all = world({
      persons: [person(1), person(2, { idp: idp(2, { userName: mail(1) }) }), person(3)],
      accounts: [account(9)],
    });
    const result = reconcile({ ...all, only: ['per-1', 'per-3'] });
    expect(result.entries.map(({ personId, situation }) => [personId, situation])).toEqual([
      ['per-1', 'DUPLICATE_SOURCE'],
      ['per-3', 'ABSENT_IN_TARGET'],
    ]);
    expect(result.population).toBe(2);
  });
});

describe('agreement', () => {
  it('is a baseline from first contact on, so that a later change can be attributed', () => {
    const first = reconcile(seats(1, { baselines: new Map() }));
    expect(first.situations).toEqual({ IN_SYNC: 1 });
    expect(first.agreed).toMatchObject([{ accountId: '1001', at: NOW, values: { displayName: 'Given1 Family1' } }]);
    const baselines = new Map(first.agreed.map((one) => [one.accountId, one]));
    expect(reconcile(seats(1, { baselines })).agreed).toEqual([]);
    const inDrift = [account(1, { plus: { displayName: 'Theirs' } })];
    expect(reconcile(seats(1, { baselines, accounts: inDrift })).situations).toEqual({ ATTRIBUTE_DRIFT: 1 });
  });

  it('of both sides on a new value is not a conflict of the next change', () => {
    const both = seats(1, {
      persons: [person(1, { idp: idp(1, { displayName: 'New' }) })],
      accounts: [account(1, { plus: { displayName: 'New' } })],
    });
    const { agreed } = reconcile(both);
    const next = seats(1, {
      persons: [person(1, { idp: idp(1, { displayName: 'Newer' }) })],
      accounts: both.accounts,
      baselines: new Map(agreed.map((one) => [one.accountId, one])),
    });
    expect(reconcile(next).situations).toEqual({ ATTRIBUTE_PENDING: 1 });
  });
});

describe('a leaver', () => {
  const leaver = person(1, { idp: leftLongAgo });
  const receiver = { to: '1002', successors: {} };
  const two = (over: Partial<ReconcileInput> = {}): ReconcileInput =>
    seats(2, { persons: [leaver, person(2)], policy: policy({ handover: receiver }), ...over });

  it('who owns nothing is removed, for good, when somebody approves', () => {
    const result = reconcile(two());
    expect(result.changes).toEqual([
      expect.objectContaining({
        op: 'deprovision',
        accountId: '1001',
        reversibility: 'irreversible',
        after: {},
        gates: [],
      }),
    ]);
    expect(entryOf(result, 1)).toMatchObject({ situation: 'OUT_OF_SCOPE', disposition: 'needs_approval' });
    expect(result.summary).toBe('Plan: 1 to deprovision (irreversible).');
  });

  it('hands over first', () => {
    const result = reconcile(two({ owned: new Map([owned(1, 3, 40)]) }));
    expect(opsOf(result, 1)).toEqual(['handover', 'deprovision']);
    expect(result.changes[0]).toMatchObject({
      handover: { from: '1001', to: '1002', accounts: 3, contacts: 40 },
      calls: 43,
    });
    expect(entryOf(result, 1).flags).toEqual(['OWNS_ACCOUNTS(3)', 'OWNS_CONTACTS(40)']);
  });

  it('says what the organisation cannot show', () => {
    const result = reconcile(two({ owned: new Map([owned(1, 0, 1240, false)]) }));
    expect(result.changes.at(-1)?.reasons.join(' ')).toContain('contacts: not listable, 1240 known');
  });

  it.each<[string, Partial<ReconcileInput>]>([
    ['nobody receives', { policy: policy() }],
    [
      'the receiver leaves too',
      { persons: [leaver, person(2, { idp: idp(2, { state: 'inactive', since: daysBefore(1) }) })] },
    ],
    [
      'the receiver is about to be linked to a leaver',
      { persons: [leaver, person(2, { idp: idp(2, { state: 'inactive', since: daysBefore(1) }) })], links: [link(1)] },
    ],
    ['the receiver is protected', { policy: policy({ handover: receiver, protected: ['1002'] }) }],
    ['the receiver is a bot', { accounts: [account(1), account(2, { bot: true })] }],
    ['the views contradict each other', { accounts: [account(1, { disagreements: ['email'] }), account(2)] }],
  ])('who owns something keeps the seat when %s', (_, over) => {
    const result = reconcile(two({ owned: new Map([owned(1, 1, 0)]), ...over }));
    expect(opsOf(result, 1)).toEqual([]);
    expect(entryOf(result, 1)).toMatchObject({ situation: 'OUT_OF_SCOPE', disposition: 'blocked' });
    expect(entryOf(result, 1).reasons[0]).toMatch(/\.$/);
  });

  it('may be succeeded by the OWNER where the policy names it', () => {
    const accounts = [account(1), account(2, { roles: ['OWNER'] })];
    const result = reconcile(two({ owned: new Map([owned(1, 1, 0)]), accounts }));
    expect(opsOf(result, 1)).toEqual(['handover', 'deprovision']);
    expect(opsOf(result, 2)).toEqual([]);
  });

  it('is not touched during grace, nor after coming back within it', () => {
    const inGrace = reconcile(
      two({ persons: [person(1, { idp: idp(1, { state: 'inactive', since: daysBefore(6) }) }), person(2)] }),
    );
    expect(inGrace.changes).toEqual([]);
    expect(entryOf(inGrace, 1)).toMatchObject({ disposition: 'not_due', lifecycle: { dueAt: daysBefore(-1) } });
    expect(reconcile(two({ persons: [person(1), person(2)] })).situations).toEqual({ IN_SYNC: 2 });
  });

  it('never comes back: the seat is refused', () => {
    const result = reconcile(world({ persons: [person(1)], tombstones: [tombstone] }));
    expect(result.changes).toEqual([]);
    expect(entryOf(result, 1)).toMatchObject({ situation: 'REPROVISION_REFUSED', disposition: 'blocked' });
  });
});
