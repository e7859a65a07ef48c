import type { Account } from '../identity/account.ts';
import { type HashScope, accountHash } from './account-hash.ts';
import type { ChangeOp, DraftChange } from './plan.ts';
import type { World } from './world.ts';

const REVERSIBILITY: Readonly<Record<ChangeOp, DraftChange['reversibility']>> = {
  link: 'reversible',
  // A seat can only be taken back by a removal, which uses the identity up (Drift API notes 4.3).
  create: 'compensable',
  update: 'reversible',
  rename: 'reversible',
  role: 'reversible',
  handover: 'compensable',
  deprovision: 'irreversible',
  erase: 'irreversible',
  accept_drift: 'reversible',
};

/** Calls that a change needs at the least: a look-up and a write; its read-back is a page of a list at best. */
const LEAST_CALLS: Readonly<Record<ChangeOp, number>> = {
  link: 0,
  create: 2,
  update: 2,
  rename: 2,
  role: 2,
  handover: 0,
  deprovision: 2,
  erase: 2,
  accept_drift: 0,
};

/** A change that nothing is said of yet. */
export function draftFor(op: ChangeOp, personId: string | undefined, account: Account | undefined): DraftChange {
  return {
    op,
    ...(personId === undefined ? {} : { personId }),
    ...(account === undefined ? {} : { accountId: account.id }),
    before: {},
    after: {},
    expected: { exists: account !== undefined },
    reasons: [],
    evidence: [],
    reversibility: REVERSIBILITY[op],
    gates: [],
    calls: LEAST_CALLS[op],
  };
}

export function expectedOf(world: World, account: Account, scope: HashScope): DraftChange['expected'] {
  return { exists: true, hash: accountHash(account, world.input.hash, scope) };
}
