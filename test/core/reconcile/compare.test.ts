import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ATTRIBUTE_RULES, type Strength } from '../../../src/core/identity/attributes.ts';
import { compareAttributes, verdictOf } from '../../../src/core/reconcile/compare.ts';
import { account, without } from '../builders.ts';
import { lawful } from '../lawful.ts';

const rule = (strength: Strength): { strength: Strength; normalise: (value: string) => string } => ({
  strength,
  normalise: (value) => value.trim().toLowerCase(),
});

describe('three-way verdict', () => {
  it.each([
    // desired, baseline, actual
    ['a', 'a', 'a', 'in_sync'],
    ['a', 'a', ' A ', 'in_sync'],
    ['a', undefined, 'a', 'in_sync'],
    ['a', 'b', 'a', 'converged'],
    ['b', 'a', 'a', 'pending'],
    ['b', undefined, undefined, 'pending'],
    ['a', 'a', 'b', 'drift'],
    ['a', 'a', undefined, 'drift'],
    ['a', 'b', 'c', 'conflict'],
    ['a', undefined, 'b', 'unattributed'],
    [undefined, 'a', 'b', 'unmanaged'],
    [undefined, undefined, undefined, 'unmanaged'],
  ])('D %s, B %s, A %s: %s', (desired, baseline, actual, verdict) => {
    expect(verdictOf(rule('enforce'), { desired, baseline, actual, known: true, shown: true })).toBe(verdict);
  });

  it('cannot say who changed what before anything was written', () => {
    const first = { desired: 'a', baseline: undefined, known: false, shown: true };
    expect(verdictOf(rule('enforce'), { ...first, actual: 'b' })).toBe('unattributed');
    expect(verdictOf(rule('enforce'), { ...first, actual: undefined })).toBe('unattributed');
    expect(verdictOf(rule('enforce'), { ...first, actual: 'a' })).toBe('in_sync');
  });

  it('does not compare what no view shows', () => {
    const unseen = { desired: 'a', baseline: 'a', actual: undefined, known: true, shown: false };
    expect(verdictOf(rule('enforce'), unseen)).toBe('not_comparable');
  });

  it.each([
    ['a', undefined, undefined, 'pending'],
    ['a', undefined, 'b', 'unmanaged'],
    ['a', undefined, 'a', 'in_sync'],
    // Written once and not shown: not sent again on every run.
    ['a', 'a', undefined, 'not_comparable'],
  ])('if_blank: D %s, B %s, A %s: %s', (desired, baseline, actual, verdict) => {
    for (const known of [true, false]) {
      expect(verdictOf(rule('if_blank'), { desired, baseline, actual, known, shown: true })).toBe(verdict);
    }
  });

  it.each(['initial_only', 'ignore'] as const)('%s is left to Drift', (strength) => {
    expect(verdictOf(rule(strength), { desired: 'a', baseline: 'a', actual: 'b', known: true, shown: true })).toBe(
      'unmanaged',
    );
  });

  lawful('is total', () => {
    const value = fc.option(fc.constantFrom('a', 'A', 'b', 'c', ' a'), { nil: undefined });
    return fc.property(
      fc.constantFrom<Strength>('enforce', 'initial_only', 'if_blank', 'report_only', 'ignore'),
      value,
      value,
      value,
      fc.boolean(),
      fc.boolean(),
      (strength, desired, baseline, actual, known, shown) => {
        const verdict = verdictOf(rule(strength), { desired, baseline, actual, known, shown });
        expect(typeof verdict).toBe('string');
        if (desired === undefined) expect(verdict).toBe('unmanaged');
        if (verdict === 'in_sync') expect(desired?.trim().toLowerCase()).toBe(actual?.trim().toLowerCase());
        if (verdict === 'pending') expect(desired).toBeDefined();
      },
    );
  });
});

describe('the attributes of an account', () => {
  it('are listed in the order of the table, with who said what', () => {
    const entries = compareAttributes({
      desired: { displayName: 'New Name', phone: '+1 555', role: 'ADMIN' },
      origins: { displayName: 'idp', phone: 'hr:hr', role: 'idp' },
      baseline: { ...account(1).values, role: 'ADMIN' },
      account: account(1),
    });
    expect(entries.map(({ name, verdict, attribution }) => [name, verdict, attribution])).toEqual([
      ['userName', 'unmanaged', undefined],
      ['email', 'unmanaged', undefined],
      ['displayName', 'pending', 'idp'],
      ['givenName', 'unmanaged', undefined],
      ['familyName', 'unmanaged', undefined],
      ['phone', 'pending', 'hr:hr'],
      ['role', 'drift', 'outside change'],
    ]);
  });

  it('are not compared where the view that shows them was not read', () => {
    const restOnly = account(1, { views: { scim: false, rest: true }, plus: { displayName: 'Other Name' } });
    const values = without(restOnly.values, 'givenName', 'familyName');
    const entries = compareAttributes({
      desired: { givenName: 'Given1', displayName: 'Given1 Family1' },
      origins: {},
      baseline: undefined,
      account: { ...restOnly, values },
    });
    expect(entries.find(({ name }) => name === 'givenName')?.verdict).toBe('not_comparable');
    expect(entries.find(({ name }) => name === 'displayName')?.verdict).toBe('unattributed');
  });

  it('follow each attribute’s own way of comparing', () => {
    const pairs = {
      phone: ['0044 20-7946', '+44 (20) 7946'],
      locale: ['en-GB', 'EN-gb'],
      role: ['role-ids=[208]', 'ROLE-IDS=[208]'],
      displayName: ['A  B', 'A B'],
    } as const;
    for (const [name, [left, right]] of Object.entries(pairs)) {
      const normalise = ATTRIBUTE_RULES.find((one) => one.name === name)?.normalise ?? ((value: string) => value);
      expect(normalise(left)).toBe(normalise(right));
    }
  });
});
