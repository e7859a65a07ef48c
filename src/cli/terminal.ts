import { type Env, loadClient } from '../config.ts';

/** Where a command writes to, and what it may assume of whoever reads. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Somebody watches: progress makes sense. */
  readonly isWatched: boolean;
  readonly hasColour: boolean;
  readonly env: Env | undefined;
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
  };
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
