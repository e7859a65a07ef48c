import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import { DomainError } from '../core/errors.ts';
import type { Schema } from './schema.ts';

export interface SecretKey {
  /** Stands in the header of everything sealed with it, so that an older key can still be told apart. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/** Seals with `current`; opens with it or with any of `older`. */
export interface SecretKeys {
  readonly current: SecretKey;
  readonly older?: readonly SecretKey[];
}

export interface SecretStore {
  set(name: string, value: string, at: string): Promise<void>;
  /** Throws DomainError `store.unavailable` where the stored text cannot be opened with the keys at hand. */
  get(name: string): Promise<string | null>;
  /** The value, and what `swap` must be told to replace this very value. Throws as `get` does. */
  read(name: string): Promise<{ readonly value: string; readonly revision: string } | null>;
  /**
   * Puts a value in the place of that revision; null: where nothing is yet. The new revision, or null where something else
   * stands there: of all that try at once, in any process, one succeeds.
   */
  swap(name: string, revision: string | null, value: string, at: string): Promise<string | null>;
  remove(name: string): Promise<boolean>;
  names(): Promise<readonly string[]>;
}

const VERSION = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Credentials at rest: AES-256-GCM, each bound to its tenant, table and name, so that no row opens in another's place. */
export function createSecretStore(db: Kysely<Schema>, tenantId: string, keys: SecretKeys): SecretStore {
  const all = [keys.current, ...(keys.older ?? [])];
  if (all.some(({ key }) => key.byteLength !== 32)) throw new Error('a secret key must have exactly 32 bytes');
  if (all.some(({ id }) => !/^[A-Za-z0-9_-]+$/.test(id)) || new Set(all.map(({ id }) => id)).size !== all.length) {
    throw new Error('ids of secret keys are words, each used once');
  }

  return {
    async set(name, value, at) {
      const row = { ciphertext: seal(keys.current, place(name, keys.current.id), value), key_id: keys.current.id };
      await db
        .insertInto('secret')
        .values({ tenant_id: tenantId, name, ...row, updated_at: at })
        .onConflict((conflict) => conflict.columns(['tenant_id', 'name']).doUpdateSet({ ...row, updated_at: at }))
        .execute();
    },

    async get(name) {
      return (await read(name))?.value ?? null;
    },
    read,

    async swap(name, revision, value, at) {
      const row = { ciphertext: seal(keys.current, place(name, keys.current.id), value), key_id: keys.current.id };
      if (revision === null) {
        const { numInsertedOrUpdatedRows } = await db
          .insertInto('secret')
          .values({ tenant_id: tenantId, name, ...row, updated_at: at })
          .onConflict((conflict) => conflict.columns(['tenant_id', 'name']).doNothing())
          .executeTakeFirstOrThrow();
        return numInsertedOrUpdatedRows === 1n ? row.ciphertext : null;
      }
      const { numUpdatedRows } = await db
        .updateTable('secret')
        .set({ ...row, updated_at: at })
        .where('tenant_id', '=', tenantId)
        .where('name', '=', name)
        .where('ciphertext', '=', revision)
        .executeTakeFirstOrThrow();
      return numUpdatedRows === 1n ? row.ciphertext : null;
    },

    async remove(name) {
      const { numDeletedRows } = await db
        .deleteFrom('secret')
        .where('tenant_id', '=', tenantId)
        .where('name', '=', name)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },

    async names() {
      const rows = await db
        .selectFrom('secret')
        .select('name')
        .where('tenant_id', '=', tenantId)
        .orderBy('name')
        .execute();
      return rows.map(({ name }) => name);
    },
  };

  /** No value is sealed alike twice, so the sealed text is a revision. */
  async function read(name: string): Promise<{ readonly value: string; readonly revision: string } | null> {
    const row = await db
      .selectFrom('secret')
      .select(['ciphertext', 'key_id'])
      .where('tenant_id', '=', tenantId)
      .where('name', '=', name)
      .executeTakeFirst();
    if (row === undefined) return null;
    const key = all.find(({ id }) => id === row.key_id);
    const opened = key === undefined ? null : open(key, place(name, key.id), row.ciphertext);
    if (opened !== null) return { value: opened, revision: row.ciphertext };
    throw new DomainError(
      'store.unavailable',
      `The stored secret "${name}" cannot be opened: BRIDGE_SECRET_KEY is not the one that sealed it, or the row was changed. Set the credentials again.`,
    );
  }

  /** Additional authenticated data: where the text belongs, and which key it names. */
  function place(name: string, keyId: string): string {
    return JSON.stringify([VERSION, tenantId, 'secret', name, keyId]);
  }
}

function seal(key: SecretKey, place: string, value: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key.key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(place));
  const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return [VERSION, key.id, nonce.toString('base64url'), sealed.toString('base64url')].join('.');
}

function open(key: SecretKey, place: string, text: string): string | null {
  const [version, keyId, nonceText, sealedText, rest] = text.split('.');
  if (version !== VERSION || keyId !== key.id || nonceText === undefined || sealedText === undefined) return null;
  const nonce = Buffer.from(nonceText, 'base64url');
  const sealed = Buffer.from(sealedText, 'base64url');
  // Only the one spelling that `seal` writes: base64 has spare bits that decode alike.
  if (rest !== undefined || nonce.toString('base64url') !== nonceText || sealed.toString('base64url') !== sealedText) {
    return null;
  }
  if (nonce.length !== NONCE_BYTES || sealed.length < TAG_BYTES) return null;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(place))
      .setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}
