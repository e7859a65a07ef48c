import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { type Env, loadClient } from '../config.ts';
import { CommandError } from './failure.ts';

/** Where a command writes to, and what it may assume of whoever reads. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Somebody watches: progress makes sense. */
  readonly isWatched: boolean;
  readonly hasColour: boolean;
  readonly env: Env | undefined;
  /** Puts a question to a person; absent where nobody can answer. */
  readonly ask?: (question: string) => Promise<boolean>;
  /** One secret for each question: typed without being shown, or a line each of standard input. */
  readonly secrets?: (questions: readonly string[]) => Promise<readonly string[]>;
  /** Calls once at Ctrl-C instead of ending the process, until what is given back is called. */
  readonly onInterrupt?: (act: () => void) => () => void;
}

export function processTerminal(): Terminal {
  const { noColor } = loadClient();
  // Whoever reads a pipe may stop early (`| head`): that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isWatched: process.stderr.isTTY,
    hasColour: process.stdout.isTTY && !noColor,
    env: undefined,
    secrets: process.stdin.isTTY ? typedSecrets : pipedSecrets,
    onInterrupt(act) {
      process.once('SIGINT', act);
      return () => void process.off('SIGINT', act);
    },
    ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
  };
}

/** Work that Ctrl-C breaks off: then CommandError with what `says`, and nothing keeps the process alive. */
export async function interruptible<T>(
  terminal: Terminal,
  says: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const release = terminal.onInterrupt?.(() => stop.abort());
  try {
    return await work(stop.signal);
  } catch (error) {
    throw stop.signal.aborted ? new CommandError(says) : error;
  } finally {
    release?.();
  }
}

/** Only a whole `yes` is one. */
async function ask(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^\s*yes\s*$/i.test(await lines.question(question));
  } finally {
    lines.close();
  }
}

async function typedSecrets(questions: readonly string[]): Promise<readonly string[]> {
  const secrets: string[] = [];
  for (const question of questions) {
    process.stderr.write(`${question}: `);
    // What is typed is echoed into nothing.
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
    try {
      secrets.push(
        await new Promise<string>((resolve, reject) => {
          lines.on('SIGINT', () => reject(new CommandError('Nothing was done.')));
          lines.question('').then(resolve, reject);
        }),
      );
    } finally {
      lines.close();
      process.stderr.write('\n');
    }
  }
  return secrets;
}

async function pipedSecrets(questions: readonly string[]): Promise<readonly string[]> {
  const secrets: string[] = [];
  for await (const line of createInterface({ input: process.stdin })) secrets.push(line);
  return secrets.slice(0, questions.length);
}

export type Paint = (style: 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', text: string) => string;

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

export function painter(hasColour: boolean): Paint {
  return (style, text) => (hasColour ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text);
}

/** A line that is written over again, while somebody watches; nothing in a pipe. */
export function progress(terminal: Terminal): { show(text: string): void; end(): void } {
  let isShown = false;
  return {
    show(text) {
      if (!terminal.isWatched) return;
      terminal.err(`\r\u001b[2K${text}`);
      isShown = true;
    },
    end() {
      if (isShown) terminal.err('\r\u001b[2K');
      isShown = false;
    },
  };
}
