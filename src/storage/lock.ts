import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DomainError } from '../core/errors.ts';
import { failureOf } from './dialect.ts';

export interface DataDirLock {
  release(): void;
}

/** A lock lasts as long as its process: one that nobody refers to must not be let go by the garbage collector. */
const held = new Set<DatabaseSync>();

/**
 * Keeps a second process out of a data directory: an exclusive transaction held on `lock.db`, which is a lock of the
 * operating system. It ends with the process, however that ends. Throws DomainError `conflict` when it is taken.
 */
export function lockDataDir(dataDir: string): DataDirLock {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(join(dataDir, 'lock.db'), { timeout: 0 });
  try {
    database.exec('begin exclusive');
  } catch (error) {
    database.close();
    if (failureOf(error) !== 'contention') throw error;
    throw new DomainError(
      'conflict',
      `Another bridge is running with the data directory ${dataDir}; stop it, or give this one a BRIDGE_DATA_DIR of its own.`,
      { cause: error },
    );
  }
  held.add(database);
  return {
    release: () => {
      held.delete(database);
      database.close();
    },
  };
}
