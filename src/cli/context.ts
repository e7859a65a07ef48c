import type { Command } from 'commander';
import type { Client } from './client.ts';
import type { ExitCode } from './failure.ts';
import type { Paint, Terminal } from './terminal.ts';

/** What a command of the client side works with. */
export interface Context {
  readonly terminal: Terminal;
  readonly client: () => Client;
  readonly paint: Paint;
  /** Ends the command with this code. */
  readonly exit: (code: ExitCode) => void;
}

/** A command with an example in its help and `--json` among its options. */
export function describe(command: Command, about: string, examples: readonly string[]): Command {
  return group(command, about, examples).option('--json', 'print the answer as JSON');
}

/** A command that only holds others. */
export function group(command: Command, about: string, examples: readonly string[]): Command {
  return command
    .description(about)
    .addHelpText('after', `\nExample:\n${examples.map((example) => `  ${example}`).join('\n')}\n`);
}

/** Collects an option that may be given several times. */
export function several(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

export function printJson(terminal: Terminal, value: unknown): void {
  terminal.out(`${JSON.stringify(value, null, 2)}\n`);
}
