import { CHANGE_OPS, type ChangeOp, type DraftChange } from './plan.ts';

const WORDS: Readonly<Partial<Record<ChangeOp, string>>> = {
  link: 'to link',
  create: 'to create',
  update: 'to update',
  rename: 'to rename',
  role: 'to give another role',
  deprovision: 'to deprovision (irreversible)',
  erase: 'to erase (irreversible)',
  accept_drift: 'to accept as they are',
};

/** One line, as plain as Terraform's: how many of each, what moves to another owner, how many of all wait for a gate. */
export function summarise(changes: readonly DraftChange[]): string {
  if (changes.length === 0) return 'Plan: nothing to do.';
  const parts: string[] = [];
  for (const op of CHANGE_OPS) {
    const these = changes.filter((change) => change.op === op);
    if (these.length === 0) continue;
    parts.push(op === 'handover' ? handedOver(these) : `${grouped(these.length)} ${WORDS[op] ?? op}`);
  }
  const held = changes.filter(({ gates }) => gates.length > 0).length;
  if (held > 0) parts.push(`${grouped(held)} held`);
  return `Plan: ${parts.join(', ')}.`;
}

function handedOver(handovers: readonly DraftChange[]): string {
  const sum = (of: 'accounts' | 'contacts'): number =>
    handovers.reduce((total, { handover }) => total + (handover?.[of] ?? 0), 0);
  return `${grouped(sum('accounts'))} accounts and ${grouped(sum('contacts'))} contacts to reassign`;
}

/** Thousands apart, the same in every locale: 1,204. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}
