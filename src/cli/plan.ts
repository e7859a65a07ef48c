import type { Command } from 'commander';
import type { ChangeAnswer, PlanAnswer } from './answers.ts';
import type { Client } from './client.ts';
import { type Context, describe, group, printJson, several } from './context.ts';
import { CommandError } from './failure.ts';
import { exitFor, isIrreversible, renderChanges, renderCounts, renderPlan } from './render-plan.ts';
import { progress } from './terminal.ts';

const RUNNING: ReadonlySet<string> = new Set(['applying']);
const POLL_MS = 500;
/** Changes of these classes are gone for good. */
const IRREVERSIBLE = ['deprovision', 'erase'];
/** Of them so many are shown after an approval. */
const SHOWN = 20;
/** So many characters of a hash say which plan was read. */
const SHORT_HASH = 12;

interface ApproveOptions {
  readonly hash: string;
  readonly reason: string;
  readonly class?: readonly string[];
  readonly change?: readonly string[];
  readonly override?: readonly string[];
  readonly apply?: boolean;
  readonly wait?: boolean;
  readonly json?: boolean;
}

export function addPlan(program: Command, context: Context): void {
  const { terminal, client, paint, exit } = context;
  const plan = group(program.command('plan'), 'Read a plan and decide on it', ['bridge plan show pln_…']);

  describe(
    plan.command('show <plan>'),
    'Show a plan: hash, changes, gates. Exits with 2 when changes wait, 3 when a gate holds some.',
    ['bridge plan show pln_0198c0de-7a2b-7000-8000-000000000001 --op deprovision'],
  )
    .option('--op <class>', 'only changes of this class')
    .option('--state <state>', 'only changes in this state')
    .option('--limit <number>', 'so many changes at the most', '200')
    .action(async (id: string, options: { op?: string; state?: string; limit: string; json?: boolean }) => {
      const bridge = client();
      const found = await bridge.call<PlanAnswer>('GET', `/plans/${encodeURIComponent(id)}`);
      const query = { op: options.op, state: options.state };
      const most = Number(options.limit);
      if (!Number.isInteger(most) || most < 1) throw new CommandError('--limit takes a number from 1 on.');
      const changes = await bridge.all<ChangeAnswer>(`/plans/${found.id}/changes`, query, most);
      if (options.json === true) printJson(terminal, { ...found, changes });
      else {
        const until = changes.some(isIrreversible) ? await irreversibleUntil(bridge, found) : undefined;
        const more = { total: totalOf(found, options), ...(until === undefined ? {} : { irreversibleUntil: until }) };
        terminal.out(renderPlan(found, changes, more, paint));
      }
      exit(exitFor(found.counts));
    });

  describe(
    plan.command('approve <plan>'),
    'Approve changes of a plan: without --class or --change all that no gate holds.',
    [
      'bridge plan approve pln_0198c0de-7a2b-7000-8000-000000000001 --hash 3f9a… --reason "first rollout" --override creates=13 --apply',
    ],
  )
    .requiredOption('--hash <hash>', `hash of the plan as you read it (${SHORT_HASH} characters or more)`)
    .option('--reason <text>', 'kept with the approval', 'approved on the command line')
    .option('--class <class>', 'only changes of this class (several times)', several)
    .option('--change <id>', 'only this change (several times)', several)
    .option('--override <gate=number>', 'let through what a gate holds, with the number that it shows', several)
    .option('--apply', 'apply at once')
    .option('--wait', 'with --apply: wait for the end')
    .action(async (id: string, options: ApproveOptions) => {
      const bridge = client();
      const path = `/plans/${encodeURIComponent(id)}`;
      const approved = await bridge.call<PlanAnswer>('POST', `${path}/approve`, {
        json: {
          hash: await wholeHash(bridge, path, options.hash),
          reason: options.reason,
          ...(options.class === undefined ? {} : { classes: options.class }),
          ...(options.change === undefined ? {} : { changes: options.change }),
          override: (options.override ?? []).map((text) => overrideOf(text, options.reason)),
          apply: options.apply ?? false,
        },
      });
      const now = options.wait === true ? await applied(bridge, approved) : approved;
      await show(now, options.json);
      if (options.json !== true) await showIrreversible(bridge, now);
    });

  describe(plan.command('reject <plan>'), 'Put a plan aside for good.', [
    'bridge plan reject pln_… --reason "wrong file"',
  ])
    .requiredOption('--reason <text>', 'kept with the decision')
    .action(async (id: string, options: { reason: string; json?: boolean }) => {
      const path = `/plans/${encodeURIComponent(id)}/reject`;
      await show(await client().call<PlanAnswer>('POST', path, { json: { reason: options.reason } }), options.json);
    });

  for (const [name, about] of [
    ['apply', 'Apply what was approved; each change is checked again before its call.'],
    ['pause', 'Stop before the next change.'],
    ['resume', 'Go on with a paused plan.'],
    ['cancel', 'Give up what is not applied yet.'],
  ] as const) {
    describe(plan.command(`${name} <plan>`), about, [`bridge plan ${name} pln_0198c0de-7a2b-7000-8000-000000000001`])
      .option('--wait', 'wait for the end')
      .action(async (id: string, options: { wait?: boolean; json?: boolean }) => {
        const bridge = client();
        const moved = await bridge.call<PlanAnswer>('POST', `/plans/${encodeURIComponent(id)}/${name}`);
        await show(options.wait === true ? await applied(bridge, moved) : moved, options.json);
      });
  }

  async function show(shown: PlanAnswer, json: boolean | undefined): Promise<void> {
    if (json === true) printJson(terminal, shown);
    else
      terminal.out(
        `${paint('bold', `Plan ${shown.id}`)}  ${shown.state}\n${renderCounts(shown.summary, shown.counts, paint)}`,
      );
  }

  /** What was just approved and nothing brings back: once more who asked for it, why, and what goes with it. */
  async function showIrreversible(bridge: Client, { id, counts }: PlanAnswer): Promise<void> {
    const found: ChangeAnswer[] = [];
    for (const op of IRREVERSIBLE.filter((name) => counts[name] !== undefined)) {
      found.push(...(await bridge.all<ChangeAnswer>(`/plans/${id}/changes`, { op })));
    }
    const approved = found.filter(({ state }) => !['planned', 'held', 'excluded'].includes(state));
    if (approved.length === 0) return;
    terminal.out(`\n${paint('bold', 'Approved, and never taken back')}\n`);
    terminal.out(renderChanges(approved.slice(0, SHOWN), paint));
    const more = approved.length - SHOWN;
    if (more > 0) terminal.out(`  … and ${String(more)} more (bridge plan show ${id})\n`);
  }

  async function applied(bridge: Client, from: PlanAnswer): Promise<PlanAnswer> {
    const line = progress(terminal);
    let now = from;
    while (RUNNING.has(now.state)) {
      line.show(`applying: ${soFar(now)} …`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      now = await bridge.call<PlanAnswer>('GET', `/plans/${now.id}`);
    }
    line.end();
    return now;
  }
}

/** `create 3 of 12, update 1 of 1`: changes that need nothing more. */
function soFar({ counts }: PlanAnswer): string {
  const open = new Set(['planned', 'held', 'approved', 'leased', 'unknown']);
  return Object.entries(counts)
    .map(([op, states]) => {
      const all = Object.entries(states);
      const done = all.filter(([state]) => !open.has(state)).reduce((sum, [, count]) => sum + count, 0);
      return `${op} ${String(done)} of ${String(all.reduce((sum, [, count]) => sum + count, 0))}`;
    })
    .join(', ');
}

/** The policy of now counts, and never more than the plan's own time (policy "approval"). */
async function irreversibleUntil(bridge: Client, { createdAt, expiresAt }: PlanAnswer): Promise<string> {
  const { approval } = await bridge.call<{ readonly approval: { readonly irreversibleExpiresHours: number } }>(
    'GET',
    '/policy',
  );
  const end = Date.parse(createdAt) + approval.irreversibleExpiresHours * 3_600_000;
  return new Date(Math.min(end, Date.parse(expiresAt))).toISOString();
}

function totalOf(plan: PlanAnswer, { op, state }: { readonly op?: string; readonly state?: string }): number {
  return Object.entries(plan.counts)
    .filter(([own]) => op === undefined || own === op)
    .flatMap(([, states]) => Object.entries(states))
    .filter(([own]) => state === undefined || own === state)
    .reduce((sum, [, count]) => sum + count, 0);
}

function overrideOf(text: string, reason: string): { gate: string; count: number; reason: string } {
  const [, gate, count] = /^(\w+)=(\d+)$/.exec(text) ?? [];
  if (gate === undefined || count === undefined) {
    throw new CommandError(`--override takes a gate and its number, such as creates=13, not "${text}".`);
  }
  return { gate, count: Number(count), reason };
}

/** A hash is approved as it was read: the beginning is enough to type, and must be that of the plan as it is now. */
async function wholeHash(bridge: Client, path: string, typed: string): Promise<string> {
  const start = typed.replace(/(…|\.\.\.)$/, '').toLowerCase();
  if (start.length === 64) return start;
  if (!/^[0-9a-f]+$/.test(start) || start.length < SHORT_HASH) {
    throw new CommandError(`--hash takes ${SHORT_HASH} characters or more of the plan's hash.`);
  }
  const { hash } = await bridge.call<PlanAnswer>('GET', path);
  if (!hash.startsWith(start)) {
    throw new CommandError('The hash is not that of this plan; read the plan again (plan.hash_mismatch).');
  }
  return hash;
}
