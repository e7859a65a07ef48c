import { describe, expect, it } from '@jest/globals';
import type { AttributeEntry } from '../../../src/core/reconcile/entry.ts';
import {
  CHANGE_TRANSITIONS,
  PLAN_TRANSITIONS,
  type ReadBack,
  baselineAfter,
  baselineByAgreement,
  judgeOutcome,
  mayTransition,
  terminalStates,
} from '../../../src/core/reconcile/outcome.ts';
import { account, mail } from '../builders.ts';

const sent = { userName: mail(1), email: mail(1), displayName: 'Given1 Family1', phone: '+1 555' };

describe('a create', () => {
  const create = (over: Partial<Extract<ReadBack, { op: 'create' }>>): ReturnType<typeof judgeOutcome> =>
    judgeOutcome({ op: 'create', answered: 'unknown', settled: true, sent, found: [], ...over });

  it.each([
    ['unknown', false, 'still-unknown'],
    ['unknown', true, 'absent-safe-to-retry'],
    // It was answered, so it may still come: made again it could be there twice.
    ['ok', false, 'still-unknown'],
    ['ok', true, 'still-unknown'],
  ] as const)('answered %s, settled %s, nothing there: %s', (answered, settled, kind) => {
    expect(create({ answered, settled })).toEqual({ kind });
  });

  it('is not mistaken for somebody else where the filter was ignored', () => {
    expect(create({ found: [account(2), account(3)] })).toEqual({ kind: 'absent-safe-to-retry' });
    expect(create({ found: [account(2), account(1)] })).toMatchObject({ kind: 'done', accountId: '1001' });
  });

  it('adopts the value as Drift returns it', () => {
    const echo = account(1, { plus: { userName: mail(1).toUpperCase(), locale: 'en' } });
    expect(create({ found: [echo] })).toEqual({
      kind: 'done',
      accountId: '1001',
      baseline: { ...echo.values, phone: '+1 555' },
    });
  });

  it('that left two accounts is a duplicate', () => {
    expect(create({ found: [account(1), account(1, { id: '77' })] })).toEqual({
      kind: 'duplicate',
      accountIds: ['1001', '77'],
    });
  });

  it('that shows another name diverged', () => {
    expect(create({ found: [account(1, { plus: { displayName: 'Else' } })] })).toMatchObject({
      kind: 'diverged',
      attributes: ['displayName'],
      baseline: { displayName: 'Else' },
    });
  });
});

describe('a change', () => {
  const before = { displayName: 'Given1 Family1' };
  const after = { displayName: 'New' };
  const shows = (displayName: string): ReturnType<typeof account> => account(1, { plus: { displayName } });

  it.each([
    ['unknown', true, 'new', 'done'],
    ['unknown', false, 'new', 'done'],
    ['ok', true, 'new', 'done'],
    ['unknown', false, 'old', 'still-unknown'],
    ['unknown', true, 'old', 'absent-safe-to-retry'],
    ['ok', false, 'old', 'still-unknown'],
    ['ok', true, 'old', 'diverged'],
    ['unknown', true, 'third', 'diverged'],
    ['unknown', false, 'third', 'still-unknown'],
    ['unknown', false, 'gone', 'still-unknown'],
    ['unknown', true, 'gone', 'diverged'],
  ] as const)('answered %s, settled %s, shows the %s value: %s', (answered, settled, what, kind) => {
    const read = { old: shows('Given1 Family1'), new: shows(' New '), third: shows('Third'), gone: null }[what];
    expect(judgeOutcome({ op: 'update', answered, settled, before, sent: after, account: read }).kind).toBe(kind);
  });

  it('keeps what was sent and is not shown, so that it is not sent again', () => {
    expect(baselineAfter(account(1), { locale: 'en' })).toEqual({ ...account(1).values, locale: 'en' });
  });
});

describe('a baseline', () => {
  it('moves only for what was sent: a drift beside it stays a drift', () => {
    const previous = { ...account(1).values, displayName: 'Ours', locale: 'en' };
    const there = account(1, { plus: { displayName: 'Theirs', familyName: 'SENT' } });
    expect(baselineAfter(there, { familyName: 'Sent', phone: '+1' }, previous)).toEqual({
      ...previous,
      familyName: 'SENT',
      phone: '+1',
    });
  });

  it('comes of agreement too, and of nothing else', () => {
    const attributes: readonly AttributeEntry[] = [
      { name: 'displayName', desired: 'A', actual: 'A', baseline: 'Z', verdict: 'converged' },
      { name: 'givenName', desired: 'B', actual: 'b', verdict: 'in_sync' },
      { name: 'familyName', desired: 'C', actual: 'C', baseline: 'C', verdict: 'in_sync' },
      { name: 'role', desired: 'ADMIN', actual: 'MEMBER', verdict: 'unattributed' },
    ];
    expect(baselineByAgreement(attributes, { familyName: 'C', locale: 'en' })).toEqual({
      displayName: 'A',
      givenName: 'b',
      familyName: 'C',
      locale: 'en',
    });
    expect(baselineByAgreement(attributes.slice(2), undefined)).toBeNull();
  });
});

describe('a removal', () => {
  it.each([
    ['ok', true, null, 'done'],
    ['unknown', false, null, 'done'],
    ['ok', false, account(1), 'still-unknown'],
    ['unknown', false, account(1), 'still-unknown'],
    ['unknown', true, account(1), 'absent-safe-to-retry'],
    ['ok', true, account(1), 'diverged'],
  ] as const)('answered %s, settled %s: %#', (answered, settled, read, kind) => {
    expect(judgeOutcome({ op: 'deprovision', answered, settled, account: read }).kind).toBe(kind);
  });
});

describe('states', () => {
  it('end where nothing leads out', () => {
    expect(terminalStates(CHANGE_TRANSITIONS)).toEqual(['excluded', 'verified', 'stale', 'failed', 'skipped']);
    expect(terminalStates(PLAN_TRANSITIONS)).toEqual(['done', 'rejected', 'expired', 'cancelled']);
  });

  it('let nothing be applied that was not approved and leased', () => {
    for (const from of ['planned', 'held', 'excluded', 'stale', 'failed', 'skipped', 'verified'] as const) {
      expect(mayTransition(CHANGE_TRANSITIONS, from, 'leased')).toBe(false);
      expect(mayTransition(CHANGE_TRANSITIONS, from, 'done')).toBe(false);
    }
    expect(mayTransition(CHANGE_TRANSITIONS, 'approved', 'leased')).toBe(true);
    expect(mayTransition(CHANGE_TRANSITIONS, 'unknown', 'approved')).toBe(false);
    expect(mayTransition(PLAN_TRANSITIONS, 'ready', 'applying')).toBe(false);
    expect(mayTransition(PLAN_TRANSITIONS, 'held', 'applying')).toBe(false);
  });

  it('are all reached, and every open one has a way to an end', () => {
    for (const table of [CHANGE_TRANSITIONS, PLAN_TRANSITIONS]) {
      const states = Object.keys(table);
      const targets = new Set(Object.values(table).flat());
      expect(states.filter((state) => !targets.has(state as never))).toEqual(
        table === CHANGE_TRANSITIONS ? ['planned', 'held'] : [],
      );
    }
  });
});
