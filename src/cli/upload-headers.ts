import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { CommandError } from './failure.ts';

interface Proof {
  readonly rows?: unknown;
  readonly sha256?: unknown;
  readonly asOf?: unknown;
}

/** What is said of an upload beside its bytes; the bridge checks it. */
export async function uploadHeaders(
  path: string,
  { manifest, done, ...given }: Proof & { readonly manifest?: string; readonly done?: boolean },
): Promise<Readonly<Record<string, string>>> {
  const written = manifest === undefined ? {} : await readManifest(manifest);
  const said: readonly (readonly [string, unknown])[] = [
    ['bridge-feed-name', path === '-' ? undefined : basename(path)],
    ['bridge-feed-rows', given.rows ?? written.rows],
    ['bridge-feed-sha256', given.sha256 ?? written.sha256],
    ['bridge-feed-as-of', given.asOf ?? written.asOf],
    ['bridge-feed-done', done],
  ];
  return Object.fromEntries(said.flatMap(([name, value]) => (value === undefined ? [] : [[name, headerText(value)]])));
}

async function readManifest(path: string): Promise<Proof> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new CommandError(`${path} cannot be read.`);
  });
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw new CommandError(`${path} is no JSON.`);
  }
  // A proof that proves nothing must not pass for one.
  if (typeof value === 'object' && value !== null && ('rows' in value || 'sha256' in value)) return value;
  throw new CommandError(`${path} is no manifest: it names neither "rows" nor "sha256".`);
}

/** UTF-8 bytes, as fetch wants them: a character for each. What no header can hold becomes "?". */
function headerText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return Buffer.from(text.replaceAll(/\p{Cc}/gu, '?')).toString('latin1');
}
