import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

/** What belongs to the machine or is generated, not to the house. */
const LEFT_OUT = new Set(['node_modules', '.git', 'data', 'coverage', 'package-lock.json']);

export interface HouseFile {
  /** From the root, with forward slashes. */
  readonly path: string;
  /** One character per byte, so that files in any encoding can be searched for ASCII. */
  readonly text: string;
}

/** Every file of the repository, or of one of its folders. */
export function filesOf(folder?: string): readonly HouseFile[] {
  return readdirSync(join(ROOT, folder ?? ''), { withFileTypes: true }).flatMap((entry) => {
    if (LEFT_OUT.has(entry.name)) return [];
    const path = folder === undefined ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesOf(path);
    return entry.isFile() ? [{ path, text: readFileSync(join(ROOT, path), 'latin1') }] : [];
  });
}

/** `path:line` and what stands there, for every match: what a failing test prints. */
export function findings(files: readonly HouseFile[], pattern: RegExp): readonly string[] {
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].map(
      (match) => `${path}:${String(text.slice(0, match.index).split('\n').length)} ${match[0].trim()}`,
    ),
  );
}
