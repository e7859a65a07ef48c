import { expect, it } from '@jest/globals';
import type { ChangeOp, DraftChange, GateCode } from '../../../src/core/reconcile/plan.ts';
import { summarise } from '../../../src/core/reconcile/summary.ts';

function drafts(count: number, op: ChangeOp, over: Partial<DraftChange> = {}): readonly DraftChange[] {
  const gates: readonly GateCode[] = [];
  const one: DraftChange = {
    op,
    before: {},
    after: {},
    expected: { exists: true },
    reasons: [],
    evidence: [],
    reversibility: 'reversible',
    gates,
    calls: 1,
    ...over,
  };
  return Array.from({ length: count }, () => one);
}

it.each<[string, readonly DraftChange[]]>([
  ['Plan: nothing to do.', []],
  ['Plan: 1 to update.', drafts(1, 'update')],
  [
    'Plan: 2 to link, 12 to create, 40 to update, 1 to rename, 1 to give another role, 6 accounts and 2,408 contacts to reassign, 3 to deprovision (irreversible), 12 held.',
    [
      ...drafts(3, 'deprovision'),
      ...drafts(12, 'create', { gates: ['creates'] }),
      ...drafts(40, 'update'),
      ...drafts(2, 'link'),
      ...drafts(1, 'rename'),
      ...drafts(1, 'role'),
      ...drafts(2, 'handover', { handover: { from: '1', to: '2', accounts: 3, contacts: 1204 } }),
    ],
  ],
  [
    'Plan: 0 accounts and 1,234,567 contacts to reassign.',
    drafts(1, 'handover', { handover: { from: '1', to: '2', accounts: 0, contacts: 1_234_567 } }),
  ],
])('%s', (line, changes) => {
  expect(summarise(changes)).toBe(line);
});
