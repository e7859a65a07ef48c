import { Command, CommanderError } from 'commander';
import { documents } from '../compose/documents.ts';
import { addAdministration, addToken } from './administration.ts';
import { createClient } from './client.ts';
import { type Context, group } from './context.ts';
import { CommandError, EXIT, type ExitCode } from './failure.ts';
import { addDrift } from './drift.ts';
import { addTenant } from './drift-service.ts';
import { addImport } from './import.ts';
import { addLocal } from './local.ts';
import { addPlan } from './plan.ts';
import { addReconcile } from './reconcile.ts';
import { addReport } from './report.ts';
import { addServe } from './serve.ts';
import { type Terminal, painter } from './terminal.ts';

const ABOUT = `Provisions people into Drift without losing a customer's owner or a seat by accident.

serve, worker, simulate, config and openapi work alone; the others call a running bridge:
BRIDGE_URL (http://127.0.0.1:8080 unless set) and BRIDGE_ADMIN_TOKEN.
Exit codes: 0 fine or nothing to do, 1 error, 2 changes planned, 3 held by a gate.`;

/** Runs one command line and gives its exit code. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = EXIT.fine;
  const context: Context = {
    terminal,
    client: () => createClient(terminal),
    paint: painter(terminal.hasColour),
    exit: (chosen) => (code = chosen),
  };
  const program = group(new Command('bridge'), ABOUT, ['bridge serve', 'bridge reconcile --speculative']).version(
    documents.version,
  );
  quiet(program, terminal);
  addServe(program, context);
  addLocal(program, context);
  addImport(program, context);
  addReconcile(program, context);
  addPlan(program, context);
  addReport(program, context);
  addDrift(program, context);
  addToken(program, context);
  addTenant(program, context);
  addAdministration(program, context);
  for (const command of everyCommand(program)) quiet(command, terminal);
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return failed(error, terminal);
  }
}

/** Commander writes to our terminal and never ends the process by itself. */
function quiet(command: Command, terminal: Terminal): void {
  command
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showHelpAfterError('(--help says what it takes)');
}

function everyCommand(program: Command): readonly Command[] {
  return program.commands.flatMap((command) => [command, ...everyCommand(command)]);
}

function failed(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.error;
  if (error instanceof CommandError) {
    terminal.err(`${error.message}\n${error.more.map((line) => `  ${line}\n`).join('')}`);
  } else if (error instanceof Error && error.name === 'DomainError') {
    terminal.err(`${error.message}\n`);
  } else {
    terminal.err(
      `Something went wrong: ${error instanceof Error ? (error.stack ?? error.message) : 'no reason given'}\n`,
    );
  }
  return EXIT.error;
}
