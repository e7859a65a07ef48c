import type { ChangeAnswer, Counts, GateAnswer, PlanAnswer, RunAnswer } from './answers.ts';
import { EXIT, type ExitCode } from './failure.ts';
import { grouped, renderTable, wrap } from './render-table.ts';
import type { Paint } from './terminal.ts';

/** What a class of changes looks like at the beginning of a line, as in other planning tools. */
const SIGNS: Readonly<Record<string, readonly [string, Parameters<Paint>[0]]>> = {
  link: ['=', 'cyan'],
  create: ['+', 'green'],
  update: ['~', 'yellow'],
  rename: ['~', 'yellow'],
  role: ['~', 'yellow'],
  handover: ['>', 'yellow'],
  deprovision: ['-', 'red'],
  erase: ['-', 'red'],
  accept_drift: ['=', 'cyan'],
};

const WORDS: Readonly<Record<string, string>> = {
  planned: 'waiting for an approval',
  held: 'held by a gate',
  leased: 'being applied',
  unknown: 'answer lost, being read back',
  verified: 'done and verified',
};

/** Situations in which nothing is to be done: listed last. */
const QUIET: ReadonlySet<string> = new Set(['IN_SYNC', 'NOT_REQUIRED', 'LINK_ONLY', 'PROTECTED']);

export function renderRun(run: RunAnswer, paint: Paint): string {
  const head = `${paint('bold', `Run ${run.id}`)}  ${run.state}${run.speculative ? ' (speculative: nothing is applied)' : ''}\n`;
  if (run.error !== null) return `${head}${paint('red', run.error)}\n`;
  const situations = Object.entries(run.situations)
    .sort(([a, n], [b, m]) => Number(QUIET.has(a)) - Number(QUIET.has(b)) || m - n)
    .map(([code, count]) => [code, count] as const);
  const table = renderTable(
    [{ title: 'Situation' }, { title: 'People', align: 'right' }],
    [...situations, ['together', run.population]],
    paint,
  );
  const calls = `Drift calls: ${grouped(run.drift.calls)} (fewest possible: ${grouped(run.drift.minimum)})`;
  const plan = run.plan === null ? '' : `\n${renderCounts(run.plan.summary, run.plan.counts, paint)}`;
  const next = run.plan === null || run.speculative ? '' : goOn(run.plan, run.gates, 'run', paint);
  return `${head}\n${table}${plan}${renderGates(run.gates, paint)}${next}\n${paint('dim', calls)}\n`;
}

export function renderCounts(summary: string, counts: Counts, paint: Paint): string {
  const lines = Object.entries(counts).map(([op, states]) => {
    const each = Object.entries(states).map(([state, count]) => `${grouped(count)} ${WORDS[state] ?? state}`);
    return `  ${sign(op, paint)} ${op.padEnd(12)} ${each.join(', ')}\n`;
  });
  return `${paint('bold', summary)}\n${lines.join('')}`;
}

export function renderGates(gates: readonly GateAnswer[], paint: Paint): string {
  return gates
    .map(({ code, value, limit, held, how }) => {
      const title = `\n${paint('yellow', `Gate ${code}`)}: ${grouped(value)}, limit ${grouped(limit)}, ${grouped(held)} held\n`;
      return `${title}  ${wrap(how)}\n`;
    })
    .join('');
}

/** `irreversibleUntil`: until when what nothing brings back may be approved; absent where nothing of that kind is in it. */
export function renderPlan(
  plan: PlanAnswer,
  changes: readonly ChangeAnswer[],
  { total, irreversibleUntil }: { readonly total: number; readonly irreversibleUntil?: string },
  paint: Paint,
): string {
  const head = `${paint('bold', `Plan ${plan.id}`)}  ${plan.state}, of ${plan.runId}, may be approved until ${plan.expiresAt}\n`;
  const sooner =
    irreversibleUntil === undefined ? '' : `What cannot be taken back may be approved until ${irreversibleUntil}.\n`;
  const hash = `${sooner}hash ${plan.hash}\n`;
  const table = changes.length === 0 ? '' : `\n${renderChanges(changes, paint)}`;
  const more = total > changes.length ? `  … and ${grouped(total - changes.length)} more (--limit)\n` : '';
  const counts = renderCounts(plan.summary, plan.counts, paint);
  return `${head}${hash}\n${counts}${table}${more}${renderGates(plan.gates, paint)}${goOn(plan, plan.gates, 'plan', paint)}`;
}

/** A line each; under what nothing brings back stands who asked for it, why, and what goes with it. */
export function renderChanges(changes: readonly ChangeAnswer[], paint: Paint): string {
  const rows = changes.map((change) => [
    `${SIGNS[change.op]?.[0] ?? '*'} ${change.op}`,
    change.person?.name ?? change.person?.userName ?? change.target.userName ?? change.before['email'] ?? null,
    change.target.accountId,
    WORDS[change.state] ?? change.state,
    detailOf(change),
  ]);
  const columns = [{ title: 'Change' }, { title: 'Who' }, { title: 'Account' }, { title: 'State' }, { title: 'What' }];
  const [head = '', ...lines] = renderTable(columns, rows, paint, 32).split('\n');
  const withReasons = changes.flatMap((change, at) => [
    lines[at] ?? '',
    ...(isIrreversible(change)
      ? change.reasons.map((reason) => `      ${wrap(reason.replaceAll(/\s+/g, ' '), 8)}`)
      : []),
  ]);
  return [head, ...withReasons].map((line) => `${line}\n`).join('');
}

export const isIrreversible = ({ reversibility }: ChangeAnswer): boolean => reversibility === 'irreversible';

function detailOf({ before, after, handover, gates, outcome, op }: ChangeAnswer): string {
  if (outcome !== null && outcome.code !== 'done') return `${outcome.code}: ${outcome.detail}`;
  const held = gates.length === 0 ? '' : ` [${gates.join(', ')}]`;
  if (handover !== null) {
    return `${grouped(handover.accounts)} accounts and ${grouped(handover.contacts)} contacts to ${handover.to}${held}`;
  }
  if (op === 'deprovision') return `one DELETE, which Drift never takes back${held}`;
  if (op === 'erase') {
    return `every contact with ${before['email'] ?? 'this e-mail'}, with all conversations; never taken back${held}`;
  }
  const values = Object.entries(after).map(([name, value]) => {
    const was = before[name];
    return was === undefined ? `${name}: ${value}` : `${name}: ${was} -> ${value}`;
  });
  return `${values.join(', ')}${held}`;
}

function sign(op: string, paint: Paint): string {
  const [mark, style] = SIGNS[op] ?? (['*', 'dim'] as const);
  return paint(style, mark);
}

/** The commands that go on from here, ready to be copied. */
function goOn(
  plan: { readonly id: string; readonly hash: string; readonly counts: Counts },
  gates: readonly GateAnswer[],
  from: 'run' | 'plan',
  paint: Paint,
): string {
  const waiting = countOf(plan.counts, 'planned');
  const held = countOf(plan.counts, 'held');
  if (waiting + held === 0) return '';
  const overrides = gates.filter((gate) => gate.held > 0).map((gate) => ` --override ${gate.code}=${gate.value}`);
  const approve = `bridge plan approve ${plan.id} --hash ${plan.hash} --reason "…" --apply`;
  return [
    `\n${paint('bold', 'Go on')}\n`,
    ...(from === 'run' ? [`  bridge plan show ${plan.id}\n`] : []),
    ...(waiting > 0 ? [`  ${approve}\n`] : []),
    ...(held > 0 && overrides.length > 0 ? [`  ${approve}${[...new Set(overrides)].join('')}\n`] : []),
  ].join('');
}

function countOf(counts: Counts, state: string): number {
  return Object.values(counts).reduce((sum, states) => sum + (states[state] ?? 0), 0);
}

/** 3 where a gate holds something, 2 where something waits for an approval, else 0. */
export function exitFor(counts: Counts): ExitCode {
  if (countOf(counts, 'held') > 0) return EXIT.held;
  return countOf(counts, 'planned') > 0 ? EXIT.planned : EXIT.fine;
}
