import { describe, expect, it } from '@jest/globals';
import type { Account } from '../../../src/core/identity/account.ts';
import { type HandoverChoice, chooseReceiver } from '../../../src/core/ownership/handover.ts';
import { account, mail, without } from '../builders.ts';

type Input = Parameters<typeof chooseReceiver>[0];

function choose(
  over: Partial<Input>,
  accounts: readonly Account[] = [account(1), account(2), account(3)],
): HandoverChoice {
  return chooseReceiver({
    from: account(1),
    owned: { accounts: 2, contacts: 7, contactsListable: true },
    rules: { successors: {} },
    find: (name) => accounts.filter(({ id, values }) => id === name || values.userName === name),
    unfit: () => null,
    ...over,
  });
}

function withoutRestId(n: number): Account {
  return without(account(n), 'restId');
}

describe('handover', () => {
  it('is not needed by whom owns nothing', () => {
    expect(choose({ owned: { accounts: 0, contacts: 0, contactsListable: false } })).toEqual({ kind: 'nothing_owned' });
  });

  it.each<[string, Input['rules'], string, string]>([
    ['the agent that the policy names, by id', { to: '1002', successors: {} }, '1002', 'handover.to'],
    ['by userName', { to: mail(2), successors: {} }, '1002', 'handover.to'],
    ['the successor before it', { to: '1002', successors: { '1001': '1003' } }, '1003', 'handover.successors'],
    [
      'the successor by userName',
      { successors: { 'GIVEN1.family1@example.com': mail(3) } },
      '1003',
      'handover.successors',
    ],
    ['not the successor of another', { to: '1002', successors: { '1009': '1003' } }, '1002', 'handover.to'],
  ])('goes to %s', (_, rules, to, rule) => {
    const choice = choose({ rules });
    expect(choice).toMatchObject({ kind: 'chosen', rule, shares: [{ to: { id: to }, accounts: 2, contacts: 7 }] });
  });

  it.each<[string, Partial<Input>, readonly Account[] | undefined, RegExp]>([
    ['nobody is named', {}, undefined, /names nobody/],
    ['the receiver is not in Drift', { rules: { to: '1009', successors: {} } }, undefined, /not in Drift/],
    ['the receiver is the leaver', { rules: { to: '1001', successors: {} } }, undefined, /is the leaver/],
    [
      'the receiver is inactive',
      { rules: { to: '1002', successors: {} } },
      [account(2, { active: false })],
      /not active/,
    ],
    ['the receiver is a bot', { rules: { to: '1002', successors: {} } }, [account(2, { bot: true })], /is a bot/],
    ['the receiver cannot own', { rules: { to: '1002', successors: {} } }, [withoutRestId(2)], /no confirmed REST id/],
    [
      'the name fits two',
      { rules: { to: mail(2), successors: {} } },
      [account(2), account(2, { id: '77' })],
      /more than one/,
    ],
    [
      'the receiver is unfit',
      { rules: { to: '1002', successors: {} }, unfit: () => 'is leaving itself' },
      undefined,
      /is leaving itself/,
    ],
    [
      'a named successor is unfit: no silent second choice',
      { rules: { to: '1002', successors: { '1001': '1009' } } },
      undefined,
      /handover.successors names is not in Drift/,
    ],
    [
      'what is owned cannot be proven',
      { from: withoutRestId(1), owned: { accounts: 0, contacts: 0, contactsListable: true } },
      undefined,
      /cannot be proven/,
    ],
  ])('is blocked when %s', (_, over, accounts, reason) => {
    const choice = choose(over, accounts);
    expect(choice.kind).toBe('blocked');
    expect(choice.kind === 'blocked' && choice.reasons.join(' ')).toMatch(reason);
    expect(JSON.stringify(choice)).not.toContain('@');
  });
});
