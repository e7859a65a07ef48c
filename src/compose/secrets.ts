import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DomainError } from '../core/errors.ts';

/** Keys of an installation, 32 bytes each. */
export interface InstallationKeys {
  /** Opens Drift credentials; absent in a web process, which has nothing to open. */
  readonly secretKey?: Buffer;
  readonly pepper: Buffer;
}

/** Given by the environment (base64), else generated once in the data folder, readable by its owner only. */
export function loadKeys(
  dataDir: string,
  given: { readonly secretKey?: string; readonly pepper?: string; readonly needsSecretKey: boolean },
): InstallationKeys {
  const key = (text: string | undefined, name: string): Buffer =>
    text === undefined ? generated(dataDir, name) : Buffer.from(text, 'base64');
  return {
    pepper: key(given.pepper, 'token-pepper'),
    ...(given.needsSecretKey ? { secretKey: key(given.secretKey, 'secret-key') } : {}),
  };
}

function generated(dataDir: string, name: string): Buffer {
  const path = join(dataDir, name);
  if (!existsSync(path)) writeWhole(path, `${randomBytes(32).toString('base64')}\n`);
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
  if (key.byteLength === 32) return key;
  throw new DomainError('conflict', `${path} does not hold 32 bytes in base64; restore it from a backup.`);
}

/** `bootstrap-tokens` in the data folder (0600): the generated tokens, so that a second start can show where they are. */
export interface KeptTokens {
  read(): { readonly admin?: string; readonly scim?: string };
  write(tokens: { readonly admin?: string; readonly scim?: string }): void;
}

export function keptTokens(dataDir: string): KeptTokens {
  const path = join(dataDir, 'bootstrap-tokens');
  return {
    read: () => (existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as object) : {}),
    write: (tokens) => writeWhole(path, `${JSON.stringify(tokens, null, 2)}\n`),
  };
}

/** All of it or nothing, whenever the process dies. */
function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${String(process.pid)}.new`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, path);
}
