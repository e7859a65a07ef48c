import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Client } from './client.ts';
import { type Context, printJson } from './context.ts';
import { CommandError, EXIT, type ExitCode } from './failure.ts';
import { openedFile } from './open-file.ts';
import { renderDryLine } from './render-drift.ts';
import { grouped, renderTable } from './render-table.ts';
import { type Terminal, interruptible, progress } from './terminal.ts';

const POLL_MS = 500;
/** Lines that did not go well, and are shown. */
const SHOWN = 10;
/** Lines of which the rate is told. */
const SETTLED = ['ok', 'refused', 'unknown', 'invalid', 'skipped'] as const;
const STATES = [...SETTLED, 'sent', 'queued'] as const;

export interface BatchOptions {
  readonly batch?: string;
  readonly json?: boolean;
}

interface Batch {
  readonly batch: string;
  readonly operation: string;
  readonly state: string;
  readonly code?: string;
  readonly dryRun: boolean;
  readonly createdAt: string;
  readonly lines: number;
  readonly counts: Readonly<Partial<Record<string, number>>>;
}

interface Line {
  readonly line: number;
  readonly state: string;
  readonly code?: string;
  readonly detail?: string;
  readonly answer?: unknown;
}

/** Sends the lines of a file, and stays until the last is settled; what was sent goes on without us. */
export async function sendFile(
  context: Context,
  what: {
    readonly path: string;
    readonly file: string;
    readonly query: Readonly<Record<string, string | boolean>>;
    readonly options: BatchOptions;
  },
): Promise<ExitCode> {
  const { terminal } = context;
  const bridge = context.client();
  const key = what.options.batch ?? randomUUID();
  if (what.options.batch === undefined) {
    terminal.err(`Batch ${key}: after an interruption the same command with --batch ${key} goes on.\n`);
  }
  const sent = await bridge.call<Batch>('POST', what.path, {
    query: { ...what.query, wait: 0 },
    file: await openedFile(what.file, terminal),
    headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': key },
  });
  if (sent.state === 'running') terminal.err(`Accepted as ${sent.batch}.\n`);
  const batch = await ended(bridge, sent, terminal);
  await render(context, bridge, batch, what.options);
  if (batch.state === 'waiting') {
    terminal.err(`It waits (${batch.code ?? 'no reason given'}) and goes on by itself; --batch ${key} looks again.\n`);
  }
  return exitOf(batch);
}

/** One batch as it stands. */
export async function showBatch(context: Context, id: string, options: BatchOptions): Promise<ExitCode> {
  const bridge = context.client();
  const batch = await bridge.call<Batch>('GET', addressOf(id));
  await render(context, bridge, batch, options);
  return exitOf(batch);
}

export async function listBatches(
  { terminal, client, paint }: Context,
  { state, limit, json }: { readonly state?: string; readonly limit: string; readonly json?: boolean },
): Promise<void> {
  const most = Number(limit);
  if (!Number.isInteger(most) || most < 1) throw new CommandError('--limit takes a number from 1 on.');
  const batches = await client().all<Batch>('/drift/batches', { state }, most);
  if (json === true) {
    printJson(terminal, batches);
    return;
  }
  const columns = ['Batch', 'Operation', 'State', 'Since', 'Lines'].map((title) => ({ title }));
  const rows = batches.map((batch) => [
    ...[batch.batch, batch.operation, `${batch.state}${batch.dryRun ? ' (dry run)' : ''}`],
    ...[batch.createdAt.slice(0, 19), countsOf(batch)],
  ]);
  terminal.out(rows.length === 0 ? 'No batch.\n' : renderTable(columns, rows, paint));
}

/** What is done stays done; the line that is on its way is not called back. */
export async function cancelBatch(context: Context, id: string, options: BatchOptions): Promise<void> {
  const bridge = context.client();
  const batch = await bridge.call<Batch>('POST', `${addressOf(id)}/cancel`);
  if (options.json === true) printJson(context.terminal, batch);
  else await render(context, bridge, batch, options);
}

/** Throws CommandError for what is no id of a batch. */
function addressOf(id: string): string {
  if (!/^(?:opb_)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) {
    throw new CommandError(`${id} is not the id of a batch; "bridge drift batches" lists them.`);
  }
  return `/drift/batches/${id}`;
}

/** With `--json` every line; else how many fared how, and the first that did not go well. */
async function render(
  { terminal, paint }: Context,
  bridge: Client,
  batch: Batch,
  { json }: BatchOptions,
): Promise<void> {
  const address = `/drift/batches/${batch.batch}/lines`;
  if (json === true) {
    terminal.out(await bridge.text('GET', address, { headers: { accept: 'application/x-ndjson' } }));
    return;
  }
  const { counts } = batch;
  if (batch.dryRun) {
    terminal.out(`${paint('bold', 'dry run, nothing was sent')}\n`);
    for (const { line, state, code, detail, answer } of await bridge.all<Line>(address)) {
      const says =
        state === 'ok' ? renderDryLine(answer) : `${paint('red', state)} ${code ?? ''} ${detail ?? ''}`.trimEnd();
      terminal.out(`  line ${String(line)}: ${says}\n`);
    }
  }
  terminal.out(`${paint('bold', batch.batch)}  ${batch.state}  ${countsOf(batch)}\n`);
  if (batch.dryRun) return;
  for (const state of ['refused', 'unknown', 'invalid'] as const) {
    if (counts[state] === undefined) continue;
    for (const { line, code, detail } of await bridge.all<Line>(address, { state }, SHOWN)) {
      terminal.out(
        `  line ${String(line)}: ${paint('red', state)} ${code ?? ''} ${detail ?? ''}`.trimEnd().concat('\n'),
      );
    }
  }
}

function countsOf({ counts }: Batch): string {
  const parts = STATES.flatMap((state) => (counts[state] === undefined ? [] : [`${grouped(counts[state])} ${state}`]));
  return parts.join(', ') || 'no line';
}

const exitOf = ({ state, counts, lines }: Batch): ExitCode =>
  state === 'done' && (counts['ok'] ?? 0) === lines ? EXIT.fine : EXIT.error;

/** The batch when nothing of it is under way any more. Throws CommandError at Ctrl-C. */
async function ended(bridge: Client, sent: Batch, terminal: Terminal): Promise<Batch> {
  const line = progress(terminal);
  const since = performance.now();
  const before = settled(sent);
  const says = `It goes on in the bridge. Stop it: bridge drift cancel ${sent.batch}`;
  return interruptible(terminal, says, async (signal) => {
    let now = sent;
    try {
      while (now.state === 'running') {
        line.show(soFar(now, settled(now) - before, (performance.now() - since) / 1000));
        await setTimeout(POLL_MS, undefined, { signal });
        now = await bridge.call<Batch>('GET', `/drift/batches/${sent.batch}`, { signal });
      }
    } finally {
      line.end();
    }
    return now;
  });
}

const settled = ({ counts }: Batch): number => SETTLED.reduce((sum, state) => sum + (counts[state] ?? 0), 0);

function soFar(batch: Batch, done: number, seconds: number): string {
  const rate = seconds === 0 ? 0 : done / seconds;
  const left = rate === 0 ? '' : `, ${timeText((batch.lines - settled(batch)) / rate)} left`;
  return `${grouped(settled(batch))} of ${grouped(batch.lines)} lines, ${rate.toFixed(1)} a second${left} …`;
}

/** `49 min`, to the unit that matters. */
function timeText(seconds: number): string {
  if (seconds < 90) return `${String(Math.ceil(seconds))} s`;
  return seconds < 5400 ? `${String(Math.ceil(seconds / 60))} min` : `${(seconds / 3600).toFixed(1)} h`;
}
