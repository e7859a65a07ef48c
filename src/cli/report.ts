import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { EntryAnswer, ExplanationAnswer, PersonAnswer, RunAnswer } from './answers.ts';
import type { Client } from './client.ts';
import { type Context, describe, printJson } from './context.ts';
import { CommandError, EXIT } from './failure.ts';
import { exitFor, renderRun } from './render-plan.ts';
import { grouped, renderTable, wrap } from './render-table.ts';
import type { Paint } from './terminal.ts';

const FORMATS = { html: 'text/html', csv: 'text/csv', ndjson: 'application/x-ndjson' } as const;
/** Entries that are listed unless told. */
const SHOWN = 50;
/** People that a question lists when it is not clear who is meant. */
const MOST_HITS = 20;

interface Options {
  readonly situation?: string;
  readonly format?: string;
  readonly out?: string;
  readonly limit: string;
  readonly json?: boolean;
}

export function addReport(program: Command, { terminal, client, paint, exit }: Context): void {
  describe(
    program.command('report <run>'),
    'Show what a run found. Exits with 2 when changes wait for an approval, 3 when a gate holds some.',
    [
      'bridge report run_0198c0de-7a2b-7000-8000-000000000001 --situation ORPHAN_IN_TARGET',
      'bridge report latest --format html --out report.html',
    ],
  )
    .option('--situation <code>', 'only entries in this situation')
    .option('--format <format>', 'html (a page to print), csv or ndjson (every entry)')
    .option('--out <file>', 'where to write it; standard output unless given')
    .option('--limit <number>', 'so many entries at the most', String(SHOWN))
    .action(async (id: string, options: Options) => {
      const bridge = client();
      const run = await found(bridge, id);
      if (options.format !== undefined) {
        const text = await formatted(bridge, run.id, options);
        if (options.out === undefined) terminal.out(text);
        else await writeFile(options.out, text);
        return;
      }
      const most = Number(options.limit);
      if (!Number.isInteger(most) || most < 1) throw new CommandError('--limit takes a number from 1 on.');
      const entries = await bridge.all<EntryAnswer>(`/runs/${run.id}/entries`, { situation: options.situation }, most);
      if (options.json === true) printJson(terminal, { ...run, entries });
      else terminal.out(`${renderRun(run, paint)}\n${listed(run, entries, options.situation, paint)}`);
      exit(run.state === 'failed' ? EXIT.error : exitFor(run.plan?.counts ?? {}));
    });

  describe(
    program.command('explain <person>'),
    'Say why things are as they are for a person (id, userName, e-mail or name), and what happens next.',
    ['bridge explain alex.example@example.com'],
  ).action(async (who: string, options: { json?: boolean }) => {
    const bridge = client();
    const path = `/people/${await personId(bridge, who)}/explain`;
    const answer = await bridge.call<ExplanationAnswer>('GET', path);
    if (options.json === true) printJson(terminal, answer);
    else terminal.out(explained(answer, paint));
  });
}

async function found(bridge: Client, id: string): Promise<RunAnswer> {
  if (id !== 'latest') return bridge.call<RunAnswer>('GET', `/runs/${encodeURIComponent(id)}`);
  const [latest] = await bridge.all<RunAnswer>('/runs', {}, 1);
  if (latest === undefined) throw new CommandError('There is no run yet: bridge reconcile');
  return latest;
}

async function formatted(bridge: Client, runId: string, { format, situation }: Options): Promise<string> {
  const accept = Object.entries(FORMATS).find(([name]) => name === format)?.[1];
  if (accept === undefined) throw new CommandError(`--format takes ${Object.keys(FORMATS).join(', ')}.`);
  return format === 'html'
    ? bridge.text('GET', `/runs/${runId}`, { headers: { accept } })
    : bridge.text('GET', `/runs/${runId}/entries`, { headers: { accept }, query: { situation } });
}

function listed(run: RunAnswer, entries: readonly EntryAnswer[], situation: string | undefined, paint: Paint): string {
  const rows = entries.map((entry) => [
    entry.situation,
    entry.person?.name ?? entry.person?.userName ?? null,
    entry.account?.userName ?? entry.account?.id ?? null,
    entry.reasons[0] ?? entry.disposition,
  ]);
  const all = situation === undefined ? run.population : (run.situations[situation] ?? 0);
  const more = all > entries.length ? `  … and ${grouped(all - entries.length)} more (--limit, --format csv)\n` : '';
  const columns = [{ title: 'Situation' }, { title: 'Person' }, { title: 'Account' }, { title: 'Why' }];
  return `${renderTable(columns, rows, paint, 34)}${more}`;
}

function explained({ person, situation, steps, next }: ExplanationAnswer, paint: Paint): string {
  const name = person.name ?? person.userName ?? 'Somebody without a name';
  const head = `${paint('bold', name)}  ${person.id}\n${paint('dim', person.emails.join(', '))}\n`;
  const road = steps.map(({ step, says }) => {
    const [first = '', ...rest] = says.map((each) => wrap(each, 11));
    return `  ${paint('cyan', step.padEnd(8))} ${first}\n${rest.map((each) => `           ${each}\n`).join('')}`;
  });
  return `${head}\n${situation ?? 'Not looked at yet'}\n${road.join('')}\n${paint('bold', 'Next')}  ${wrap(next, 6)}\n`;
}

/** People ask for people by what they know of them; more than one hit is a question, never a guess. */
async function personId(bridge: Client, who: string): Promise<string> {
  if (/^(per_)?[0-9a-f]{8}-[0-9a-f-]{27}$/.test(who)) return who;
  const wanted = who.trim().toLowerCase();
  const hits = await bridge.all<PersonAnswer>('/people', { search: who }, MOST_HITS);
  const exact = hits.filter(({ name, userName, emails }) =>
    [name, userName, ...emails].some((text) => text?.toLowerCase() === wanted),
  );
  const [first, ...others] = exact.length > 0 ? exact : hits;
  if (first === undefined) throw new CommandError(`Nobody is known as "${who}".`);
  if (others.length === 0) return first.id;
  throw new CommandError(
    'More than one person could be meant; name one by id:',
    [first, ...others].map(({ id, name, userName }) => `${id}  ${name ?? ''}  ${userName ?? ''}`),
  );
}
