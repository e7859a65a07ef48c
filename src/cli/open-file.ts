import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { CommandError } from './failure.ts';
import { type Terminal, progress } from './terminal.ts';

/** The file as it is read, with progress while somebody watches. */
export async function openedFile(path: string, terminal: Terminal): Promise<ReadableStream<Uint8Array>> {
  if (path === '-') return Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>;
  /** Null for a pipe, of which nobody knows. */
  let size: number | null;
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new CommandError(`${path} is a folder, not a file.`);
    size = found.isFile() ? found.size : null;
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
          size === null
            ? `${mebibytes(read)} sent`
            : `${String(Math.floor((read / Math.max(1, size)) * 100))} % of ${mebibytes(size)} sent`,
        );
        yield chunk;
      }
    } finally {
      line.end();
    }
  }
  return Readable.toWeb(Readable.from(counted(), { objectMode: false })) as ReadableStream<Uint8Array>;
}

const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;
