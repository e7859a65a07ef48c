import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

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
  if (!existsSync(path)) {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(path, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  }
  return Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
}

export interface BootstrapTokens {
  readonly admin: string;
  readonly scim: string;
  /** True when one of them was made now: then they are printed, once. */
  readonly fresh: boolean;
}

/** The environment's, else those in `bootstrap-tokens` (0600), made by `mint` the first time. */
export function loadBootstrapTokens(
  dataDir: string,
  given: { readonly admin?: string; readonly scim?: string },
  mint: (audience: 'api' | 'scim') => string,
): BootstrapTokens {
  const path = join(dataDir, 'bootstrap-tokens');
  const kept: { admin?: string; scim?: string } = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as object)
    : {};
  const admin = given.admin ?? kept.admin ?? mint('api');
  const scim = given.scim ?? kept.scim ?? mint('scim');
  const fresh = ![given.admin, kept.admin].includes(admin) || ![given.scim, kept.scim].includes(scim);
  if (fresh) {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const toKeep = { ...(given.admin === undefined ? { admin } : {}), ...(given.scim === undefined ? { scim } : {}) };
    writeFileSync(path, `${JSON.stringify(toKeep, null, 2)}\n`, { mode: 0o600 });
  }
  return { admin, scim, fresh };
}
