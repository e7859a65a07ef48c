import type { Command } from 'commander';
import { DRIFT_OPERATIONS } from '../drift/operations.ts';
import { REQUEST, groupOf } from '../drift/operations-input.ts';
import type { Operation } from '../drift/operations/operation.ts';
import type { Json } from './client.ts';
import { type Context, describe, group, printJson, several } from './context.ts';
import { type BatchOptions, cancelBatch, listBatches, sendFile, showBatch } from './drift-batch.ts';
import { fieldsOf, hasAttributes } from './drift-field.ts';
import { exampleFor } from './drift-help.ts';
import { type InputOptions, addFields, checkNeeded, givenFlags, inputFrom, requestFrom } from './drift-options.ts';
import { addDriftService } from './drift-service.ts';
import { printTable } from './drift-table.ts';
import { CommandError, EXIT } from './failure.ts';
import { renderDryRun } from './render-drift.ts';
import { wrap } from './render-table.ts';
import { interruptible } from './terminal.ts';

interface Options extends InputOptions, BatchOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly all?: boolean;
  readonly respondTo?: string;
  readonly reason?: string;
  readonly file?: string;
  readonly json?: boolean;
}

type Answer =
  | { readonly state: 'ok'; readonly answer: unknown; readonly calls: number; readonly batch: string }
  | { readonly state: 'planned'; readonly plan: string }
  | { readonly state: 'running' | 'waiting'; readonly batch: string };

/** Seconds that a person waits for one answer before being told where to look. */
const WAIT_SECONDS = 120;

const ABOUT = `Call Drift by the names of its operations; "bridge drift <operation> --help" says what each takes.
What changes something needs the scope admin; what cannot be taken back shows what it takes with it and asks.
Removing or replacing an agent, and erasing a person, make a plan that is approved (exit code 2).`;

export function addDrift(program: Command, context: Context): void {
  const drift = group(program.command('drift'), ABOUT, [
    'bridge drift get-contact --contact-id 4711',
    'bridge drift create-contact --email ann@example.org --name "Ann Example" --dry-run',
    'bridge drift update-contact --file changes.ndjson',
  ]);
  describe(drift.command('operations'), 'Print every operation: what it does, and what it may do.', [
    'bridge drift operations',
  ])
    .helpGroup('The table:')
    .action(({ json }: { json?: boolean }) => printTable(context, json === true));
  describe(
    drift.command('batch <batch>'),
    'Show a batch of lines, or a call that took long, with what did not go well.',
    ['bridge drift batch opb_0198c0de-7a2b-7000-8000-000000000001'],
  )
    .helpGroup('The table:')
    .action(async (id: string, options: { json?: boolean }) => context.exit(await showBatch(context, id, options)));
  describe(drift.command('batches'), 'List batches and single calls of the last seven days, newest first.', [
    'bridge drift batches --state running',
  ])
    .helpGroup('The table:')
    .option('--state <state>', 'receiving, running, waiting, done or cancelled')
    .option('--limit <number>', 'so many at the most', '20')
    .action((options: { state?: string; limit: string; json?: boolean }) => listBatches(context, options));
  describe(drift.command('cancel <batch>'), 'Give up the lines of a batch that are not done yet.', [
    'bridge drift cancel opb_0198c0de-7a2b-7000-8000-000000000001',
  ])
    .helpGroup('The table:')
    .action((id: string, options: { json?: boolean }) => cancelBatch(context, id, options));
  addDriftService(drift, context);
  for (const row of DRIFT_OPERATIONS) addOperation(drift, row, context);
  addRequest(drift, context);
}

function addOperation(drift: Command, row: Operation, context: Context): void {
  const fields = fieldsOf(row);
  const marks = [
    ...(row.use === 'plan' ? ['makes a plan'] : []),
    ...(row.use === 'direct' && row.reversibility === 'irreversible' ? ['cannot be taken back'] : []),
  ];
  const about = marks.length === 0 ? row.summary : `${row.summary} (${marks.join(', ')})`;
  const command = describe(drift.command(row.name), about, [
    exampleFor(row, fields),
    ...(row.use === 'direct' && row.secrets.length === 0
      ? [`bridge drift ${row.name} --file lines.ndjson --batch monday-1`]
      : []),
  ]).helpGroup(`${groupOf(row)}:`);
  addFields(command, row, fields);
  if (hasAttributes(row)) command.option('--attribute <name=value>', 'another attribute (may be repeated)', several);
  if (row.pager !== null && row.pager !== 'whole') command.option('--all', 'walk every page');
  if (row.use === 'plan') command.option('--reason <text>', 'kept with the plan');
  const confirm =
    row.reversibility === 'irreversible' && row.use === 'direct' ? (row.blastRadius ?? row.summary) : null;
  common(command, confirm !== null).action(async (options: Options & Json) => {
    const flags = options.file === undefined ? [] : givenFlags(fields, options, options);
    if (flags.length > 0) {
      throw new CommandError(`Options for one call do not go with --file: ${flags.join(', ')}.`, [
        'Each line of the file is one whole input.',
      ]);
    }
    await run(context, row.name, options, confirm, () => {
      const input = inputFrom(fields, options, options);
      checkNeeded(row, fields, input);
      return input;
    });
  });
}

function addRequest(drift: Command, context: Context): void {
  const command = describe(
    drift.command(`${REQUEST.name} <path>`),
    `${REQUEST.summary}
The firewall refuses writes outside contacts, accounts, conversations, emails, reports, app and agents,
and whatever could remove an agent.`,
    [
      'bridge drift request /users/list',
      'bridge drift request /contacts --query email=ann@example.org',
      'bridge drift request /contacts --method POST --body \'{"attributes":{"email":"ann@example.org"}}\' --yes',
    ],
  )
    .helpGroup('anything else:')
    .option('--method <method>', 'GET, POST, PUT, PATCH or DELETE', 'GET')
    .option('--query <name=value>', 'a member of the query (may be repeated)', several)
    .option('--body <json>', 'the body, such as \'{"attributes":{"email":"ann@example.org"}}\'');
  withDryRun(command, true).action(
    async (path: string, options: Options & { method?: string; query?: readonly string[]; body?: string }) => {
      const input = requestFrom({ ...options, path });
      const confirm =
        input['method'] === 'GET' ? null : `${String(input['method'])} ${path}: nobody knows what it takes with it.`;
      await run(context, REQUEST.name, options, confirm, () => input);
    },
  );
}

function withDryRun(command: Command, asks: boolean): Command {
  command.option('--dry-run', 'look up and show what would be sent; send nothing else');
  return asks ? command.option('--yes', 'do not ask; needed in a pipe for what cannot be taken back') : command;
}

function common(command: Command, asks: boolean): Command {
  return withDryRun(command, asks)
    .option(
      '--set <key=value>',
      'any member of the input, JSON or text, a.b for inner ones, such as attributes.name=Ann (may be repeated)',
      several,
    )
    .option('--json-body <json>', 'the whole input as one JSON object, as a line of --file; options lie over it')
    .option('--file <path>', 'one whole input a line (NDJSON; - reads standard input); no other input beside it')
    .option('--batch <key>', 'name of the batch: the same file with the same key goes on where it was')
    .option('--respond-to <url>', 'post each answer there, too');
}

async function run(
  context: Context,
  name: string,
  options: Options,
  blastRadius: string | null,
  input: () => Json,
): Promise<void> {
  const { terminal, client, paint, exit } = context;
  const dryRun = options.dryRun === true;
  // What is typed wrong is said before anybody is asked.
  const body = options.file === undefined ? input() : {};
  const yes =
    blastRadius === null || dryRun ? options.yes === true : await confirmed(context, name, blastRadius, options);
  const query = {
    ...(dryRun ? { dryRun } : {}),
    ...(yes ? { yes } : {}),
    ...(options.all === true ? { all: true } : {}),
    ...(options.respondTo === undefined ? {} : { respondTo: options.respondTo }),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
  };
  const path = `/drift/operations/${name}`;
  if (options.file !== undefined) {
    exit(await sendFile(context, { path, file: options.file, query, options }));
    return;
  }
  const headers = options.batch === undefined ? {} : { 'idempotency-key': options.batch };
  const bridge = client();
  const says = 'It goes on in the bridge, if it was taken already: "bridge drift batches" lists it.';
  const answer = await interruptible(terminal, says, (signal) =>
    bridge.call<Answer>('POST', path, { query: { ...query, wait: WAIT_SECONDS }, json: body, headers, signal }),
  );
  if (options.json === true) printJson(terminal, answer);
  switch (answer.state) {
    case 'ok':
      if (options.json === true) break;
      if (dryRun) terminal.out(renderDryRun(answer.answer, paint));
      else printJson(terminal, answer.answer);
      break;
    case 'planned':
      if (options.json !== true) {
        terminal.out(`Planned as ${answer.plan}; nothing happened yet.\n  bridge plan show ${answer.plan}\n`);
      }
      exit(EXIT.planned);
      break;
    case 'running':
    case 'waiting':
      throw new CommandError(`No answer yet (${answer.state}); it goes on: bridge drift batch ${answer.batch}`);
  }
}

/** Shows what goes with it, and asks where somebody can answer. */
async function confirmed(
  { terminal, paint }: Context,
  name: string,
  blastRadius: string,
  options: Options,
): Promise<true> {
  terminal.err(`${paint('yellow', name)} cannot be taken back.\n  ${wrap(blastRadius)}\n`);
  if (options.yes === true) return true;
  if (terminal.ask === undefined) throw new CommandError('Say --yes to do it; nothing was done.');
  if (!(await terminal.ask('Do it? (yes/no) '))) throw new CommandError('Nothing was done.');
  return true;
}
