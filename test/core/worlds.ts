import fc from 'fast-check';
import type { Account } from '../../src/core/identity/account.ts';
import type { HrStatement, IdpStatement, PersonState, Tombstone } from '../../src/core/identity/person.ts';
import type { ReconcileInput } from '../../src/core/reconcile/reconcile.ts';
import { account, baseline, daysBefore, hr, idp, link, mail, owned, person, policy, world } from './builders.ts';

/** Small numbers, so that people, addresses and accounts collide as often as they can. */
const number = fc.integer({ min: 1, max: 12 });
const days = fc.integer({ min: 0, max: 12 });
const date = fc.constantFrom('2020-01-15', '2026-02-01', '2026-02-28', '2026-03-02', '2026-03-03', '2026-09-01');
const perhaps = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const idpStatements: fc.Arbitrary<IdpStatement> = fc
  .record({
    n: number,
    state: fc.constantFrom<IdpStatement['state']>('active', 'active', 'active', 'inactive', 'deleted'),
    days,
    userName: fc.oneof(number.map(mail), number.map(mail), fc.constantFrom('jdoe', 'x@example.org', 'X@example.ORG')),
    emails: fc.array(number.map(mail), { maxLength: 2 }),
    groups: fc.subarray(['Admins', 'Sales', 'Other', '__proto__']),
    family: perhaps(fc.constantFrom('Family1', 'Family2', ' ')),
  })
  .map(({ n, days: ago, family, ...rest }) =>
    idp(n, { ...rest, since: daysBefore(ago), ...(family === undefined ? {} : { family }) }),
  );

const hrStatements: fc.Arbitrary<HrStatement> = fc
  .record({
    n: number,
    status: fc.constantFrom<HrStatement['record']['status']>('active', 'active', 'leave', 'pre', 'ended', 'rescinded'),
    start: date,
    end: perhaps(date),
    workEmail: perhaps(number.map(mail)),
    timeZone: perhaps(fc.constantFrom('Pacific/Auckland', 'America/Los_Angeles', 'Mars/Olympus')),
    state: fc.constantFrom<HrStatement['state']>('present', 'present', 'vanished', 'quarantined'),
    missingFiles: fc.integer({ min: 1, max: 4 }),
    feed: fc.constantFrom('hr', 'hr', 'other'),
    days,
  })
  .map(({ n, status, start, end, workEmail, timeZone, state, missingFiles, feed, days: ago }) =>
    hr(
      n,
      {
        status,
        start,
        ...(end === undefined ? {} : { end }),
        ...(workEmail === undefined ? {} : { workEmail }),
        ...(timeZone === undefined ? {} : { timeZone }),
      },
      {
        state,
        feed,
        since: daysBefore(ago),
        ...(state === 'vanished' ? { missingFiles, missingSince: daysBefore(ago) } : {}),
      },
    ),
  );

const persons: fc.Arbitrary<readonly PersonState[]> = fc
  .array(
    fc.record({
      idp: perhaps(idpStatements),
      hr: perhaps(hrStatements),
      duplicates: fc.constantFrom<readonly string[]>([], [], [], [], ['idp']),
    }),
    { maxLength: 14 },
  )
  .map((list) =>
    list.map(({ idp: fromIdp, hr: fromHr, duplicates }, index) => ({
      id: `per-${String(index + 1)}`,
      duplicates,
      ...(fromIdp === undefined ? {} : { idp: fromIdp }),
      ...(fromHr === undefined ? {} : { hr: fromHr }),
    })),
  );

const accounts: fc.Arbitrary<readonly Account[]> = fc.uniqueArray(
  fc
    .record({
      n: number,
      role: fc.constantFrom('MEMBER', 'MEMBER', 'MEMBER', 'ADMIN', 'OWNER'),
      active: fc.constantFrom(true, true, true, false),
      bot: fc.constantFrom(false, false, false, true),
      proven: fc.constantFrom(true, true, true, false),
      displayName: fc.constantFrom('Given1 Family1', 'Given2 Family2', 'Other Name'),
      disagreements: fc.constantFrom<readonly string[]>([], [], ['userName']),
    })
    .map(({ n, role, proven, displayName, ...rest }) => {
      const { restId, ...made } = account(n, { ...rest, roles: [role], plus: { role, displayName } });
      return proven && restId !== undefined ? { ...made, restId } : made;
    }),
  { selector: ({ id }) => id, maxLength: 12 },
);

const tombstones: fc.Arbitrary<readonly Tombstone[]> = fc.array(
  fc.record({ n: number, of: perhaps(number) }).map(({ n, of }) => ({
    accountId: String(1000 + n),
    ...(of === undefined ? {} : { personId: `per-${String(of)}` }),
    userNameHash: `keyed:${mail(n)}`,
    at: daysBefore(1),
  })),
  { maxLength: 2 },
);

/** Worlds of everything that a run may meet, contradictions included. */
export const worlds: fc.Arbitrary<ReconcileInput> = fc
  .record({
    persons,
    accounts,
    tombstones,
    links: fc.uniqueArray(fc.tuple(number, number), { selector: ([, to]) => to, maxLength: 12 }),
    cannotLinks: fc.array(fc.tuple(number, number), { maxLength: 2 }),
    baselines: fc.subarray([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
    owners: fc.array(fc.tuple(number, fc.nat(3), fc.nat(6000), fc.boolean()), { maxLength: 6 }),
    hrFeed: fc.boolean(),
    votes: fc.record({ hr: fc.boolean(), other: fc.boolean(), idp: fc.constantFrom(true, true, true, false) }),
    endedDays: fc.constantFrom(0, 7),
    to: perhaps(
      fc.oneof(
        number.map((n) => String(1000 + n)),
        number.map(mail),
      ),
    ),
    guarded: fc.array(
      number.map((n) => String(1000 + n)),
      { maxLength: 2 },
    ),
    verified: fc.boolean(),
    removed: fc.record({ last24h: fc.nat(4), last7d: fc.nat(8) }),
    creates: fc.constantFrom(0, 2, 10),
    crossed: fc.constantFrom(false, false, false, true),
  })
  .map((made) => {
    const base = policy();
    // Two people whose keys were crossed in the source: chance alone would hardly make them.
    const crossed: readonly PersonState[] = made.crossed
      ? [person(21, { idp: idp(21, { userName: mail(22) }) }), person(22, { idp: idp(22, { userName: mail(21) }) })]
      : [];
    return world({
      persons: [...made.persons, ...crossed],
      accounts: [...made.accounts, ...crossed.map((_, index) => account(21 + index))],
      tombstones: made.tombstones,
      links: [
        ...made.links.filter(([from]) => from <= made.persons.length).map(([from, to]) => link(from, to)),
        ...crossed.map((_, index) => link(21 + index)),
      ],
      cannotLinks: made.cannotLinks.map(([from, to]) => ({
        personId: `per-${String(from)}`,
        accountId: String(1000 + to),
      })),
      baselines: new Map(made.baselines.map((n) => baseline(n))),
      owned: new Map(made.owners.map((args) => owned(...args))),
      hrFeed: made.hrFeed,
      sources: [
        { source: 'hr:hr', votes: made.votes.hr },
        { source: 'hr:other', votes: made.votes.other },
        { source: 'idp', votes: made.votes.idp },
      ],
      deprovisioned: made.removed,
      policy: {
        ...base,
        verifiedDomains: made.verified ? ['example.com'] : [],
        protected: made.guarded,
        roles: { default: 'MEMBER', groups: { Admins: 'ADMIN', Sales: 'MEMBER', Other: 'OWNER' } },
        leavers: { ...base.leavers, endedDays: made.endedDays },
        handover: { successors: {}, ...(made.to === undefined ? {} : { to: made.to }) },
        gates: { ...base.gates, creates: { absolute: made.creates, percent: 10 } },
      },
    });
  });
