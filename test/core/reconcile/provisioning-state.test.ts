import { describe, expect, it } from '@jest/globals';
import { type ChangeView, type PersonStanding, standingOf } from '../../../src/core/reconcile/provisioning-state.ts';

type Found = NonNullable<PersonStanding['entry']>;

const ENTRY: Found = {
  situation: 'MISSING_IN_TARGET',
  disposition: 'none',
  leaving: false,
  at: '2026-03-02T08:00:00.000Z',
  changes: [],
};

function person(entry: Partial<Found> | undefined, more: Partial<PersonStanding> = {}): PersonStanding {
  return {
    switchedOff: false,
    statedAt: '2026-03-01T08:00:00.000Z',
    linked: false,
    ...(entry === undefined ? {} : { entry: { ...ENTRY, ...entry } }),
    ...more,
  };
}

function change(op: ChangeView['op'], state: ChangeView['state'], more: Partial<ChangeView> = {}): ChangeView {
  return { op, state, at: '2026-03-02T09:00:00.000Z', ...more };
}

describe('the word for where a person stands', () => {
  it('is the most telling of several changes', () => {
    const changes = [
      change('update', 'verified'),
      change('rename', 'held'),
      change('role', 'planned'),
      change('create', 'approved'),
    ];
    expect(standingOf(person({ changes }))).toMatchObject({ state: 'held' });
    expect(standingOf(person({ changes: [...changes, change('link', 'failed', { code: 'failed.x' })] }))).toEqual({
      state: 'failed',
      since: '2026-03-02T09:00:00.000Z',
      detail: 'failed.x',
    });
  });

  it('says that an unknown outcome is being read back', () => {
    expect(standingOf(person({ changes: [change('create', 'unknown')] }))).toMatchObject({
      state: 'planned',
      detail: 'the outcome is being read back',
    });
  });

  it.each([
    ['IN_SYNC', 'none', 'verified'],
    ['LINK_ONLY', 'none', 'verified'],
    ['REPROVISION_REFUSED', 'blocked', 'refused'],
    ['AMBIGUOUS', 'needs_approval', 'waiting_approval'],
    ['QUARANTINED', 'held', 'held'],
    ['PROTECTED', 'blocked', 'held'],
    ['NOT_REQUIRED', 'none', 'accepted'],
    ['SCHEDULED_JOINER', 'not_due', 'accepted'],
  ] as const)('is, for %s with nothing under way (%s), "%s"', (situation, disposition, state) => {
    expect(standingOf(person({ situation, disposition })).state).toBe(state);
  });

  it('is "leaving" while a seat waits for its end, and "accepted" where there is none', () => {
    const found = { situation: 'IN_GRACE', disposition: 'not_due', leaving: true } as const;
    expect(standingOf(person(found, { linked: true })).state).toBe('leaving');
    expect(standingOf(person(found)).state).toBe('accepted');
  });

  it('is "removed" once the removal is done, before and after the tombstone is seen', () => {
    const changes = [change('handover', 'verified'), change('deprovision', 'done')];
    expect(standingOf(person({ changes }, { linked: true })).state).toBe('removed');
    const buriedAt = '2026-03-02T09:00:00.000Z';
    expect(standingOf(person({ changes }, { switchedOff: true, buriedAt })).state).toBe('removed');
    expect(standingOf(person({ changes }, { buriedAt }))).toMatchObject({ state: 'refused', since: buriedAt });
  });

  it('is of the new seat when a person with a tombstone is linked again', () => {
    const again = person({ situation: 'IN_SYNC' }, { linked: true, buriedAt: '2026-02-01T00:00:00.000Z' });
    expect(standingOf(again).state).toBe('verified');
  });
});
