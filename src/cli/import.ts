import type { Command } from 'commander';
import type { ImportAnswer, ImportRowAnswer } from './answers.ts';
import type { Client } from './client.ts';
import { type Context, describe, printJson } from './context.ts';
import { EXIT, type ExitCode } from './failure.ts';
import { openedFile } from './open-file.ts';
import { renderImport } from './render-import.ts';
import { uploadHeaders } from './upload-headers.ts';

/** Rows with problems that are shown; the fix file has them all. */
const SHOWN = 10;

interface Options {
  readonly feed: string;
  readonly mode?: string;
  readonly preview?: boolean;
  readonly json?: boolean;
  readonly rows?: string;
  readonly sha256?: string;
  readonly asOf?: string;
  readonly done?: boolean;
  readonly manifest?: string;
}

export function addImport(program: Command, { terminal, client, paint, exit }: Context): void {
  describe(
    program.command('import <file>'),
    'Take an HR file (CSV; - reads standard input). Exits with 3 when the file is held, 1 when it is rejected.',
    [
      'bridge import people.csv --preview',
      'bridge import people.csv --feed hr --mode upsert',
      'bridge import people.csv --manifest people.json',
    ],
  )
    .option('--feed <name>', 'feed that the policy declares', 'hr')
    .option('--mode <mode>', 'full, upsert or delta; never wider than the feed declares')
    .option('--preview', 'judge the file, store nothing')
    .option('--rows <n>', 'proof that the file is whole: its number of data records')
    .option('--sha256 <hex>', 'proof: SHA-256 of its bytes')
    .option('--as-of <date>', 'date or instant that the file speaks of; an older one than that in force is refused')
    .option('--done', 'proof: the marker file that the sender writes last is there')
    .option('--manifest <file>', 'the first three from a JSON file: {"rows": 60, "sha256": "…", "asOf": "2026-03-01"}')
    .action(async (path: string, options: Options) => {
      const bridge = client();
      const answer = await bridge.call<ImportAnswer>('POST', `/feeds/${encodeURIComponent(options.feed)}/imports`, {
        query: { mode: options.mode, preview: options.preview },
        headers: await uploadHeaders(path, options),
        file: await openedFile(path, terminal),
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
