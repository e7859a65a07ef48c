import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Command } from 'commander';
import type { ImportAnswer, ImportRowAnswer } from './answers.ts';
import type { Client } from './client.ts';
import { type Context, describe, printJson } from './context.ts';
import { CommandError, EXIT, type ExitCode } from './failure.ts';
import { renderImport } from './render-import.ts';
import { type Terminal, progress } from './terminal.ts';

/** Rows with problems that are shown; the fix file has them all. */
const SHOWN = 10;

interface Options {
  readonly feed: string;
  readonly mode?: string;
  readonly preview?: boolean;
  readonly json?: boolean;
}

export function addImport(program: Command, { terminal, client, paint, exit }: Context): void {
  describe(
    program.command('import <file>'),
    'Take an HR file (CSV; - reads standard input). Exits with 3 when the file is held, 1 when it is rejected.',
    ['bridge import people.csv --preview', 'bridge import people.csv --feed hr --mode upsert'],
  )
    .option('--feed <name>', 'feed that the policy declares', 'hr')
    .option('--mode <mode>', 'full, upsert or delta; never wider than the feed declares')
    .option('--preview', 'judge the file, store nothing')
    .action(async (path: string, options: Options) => {
      const bridge = client();
      const answer = await bridge.call<ImportAnswer>('POST', `/feeds/${encodeURIComponent(options.feed)}/imports`, {
        query: { mode: options.mode, preview: options.preview },
        file: await opened(path, terminal),
      });
      if (options.json === true) printJson(terminal, answer);
      else terminal.out(renderImport(answer, await badRows(bridge, answer), paint));
      exit(exitOf(answer));
    });
}

async function badRows(bridge: Client, { id, preview, rows }: ImportAnswer): Promise<readonly ImportRowAnswer[]> {
  if (preview || rows.quarantined + rows.rejected === 0) return [];
  const found: ImportRowAnswer[] = [];
  for (const outcome of ['rejected', 'quarantined']) {
    if (found.length < SHOWN) {
      found.push(...(await bridge.all<ImportRowAnswer>(`/imports/${id}/rows`, { outcome }, SHOWN - found.length)));
    }
  }
  return found;
}

function exitOf({ state, gates }: ImportAnswer): ExitCode {
  if (state === 'rejected') return EXIT.error;
  return state === 'held' || gates.length > 0 ? EXIT.held : EXIT.fine;
}

/** The file as it is read, with progress while somebody watches. */
async function opened(path: string, terminal: Terminal): Promise<ReadableStream<Uint8Array>> {
  if (path === '-') return Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>;
  let size: number;
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new CommandError(`${path} is not a file.`);
    ({ size } = found);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${path} cannot be read.`);
  }
  const line = progress(terminal);
  let read = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
        read += chunk.byteLength;
        line.show(
          `${String(Math.floor((read / Math.max(1, size)) * 100))} % of ${(size / 1_048_576).toFixed(1)} MiB sent`,
        );
        yield chunk;
      }
    } finally {
      line.end();
    }
  }
  return Readable.toWeb(Readable.from(counted(), { objectMode: false })) as ReadableStream<Uint8Array>;
}
