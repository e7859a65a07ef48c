import { setTimeout as sleep } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import { DomainError } from '../core/errors.ts';
import type { Database } from './database.ts';
import { failureOf } from './dialect.ts';
import type { Schema } from './schema.ts';
import { answersDirectly } from './statement.ts';

/** About four seconds in all: another writer holds the store for some milliseconds. */
const TRIES = 40;

/**
 * One transaction on the write connection, or, where the database has one writer only, a part of one that commits with
 * others. `work` may run more than once, when the database asked for it (busy, deadlock): it must do nothing but talk to
 * this transaction. Throws DomainError `store.unavailable` when the database cannot be reached or stays busy; what became
 * of a commit whose answer was lost is not known and never repeated.
 */
export async function writeTransaction<T>(
  database: Database,
  work: (tx: Transaction<Schema>) => Promise<T>,
): Promise<T> {
  const alone = (): Promise<T> => inTurn(database, work);
  try {
    return await (database.grouped === undefined ? alone() : database.grouped(work, alone));
  } catch (error) {
    if (failureOf(error) === 'other') throw error;
    throw new DomainError('store.unavailable', 'The store cannot take a write now; try again.', { cause: error });
  }
}

async function inTurn<T>(database: Database, work: (tx: Transaction<Schema>) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await database.write.transaction().execute((tx) => work(answersDirectly(tx, database.directWrites)));
    } catch (error) {
      const failure = failureOf(error);
      if (failure !== 'contention' || attempt >= TRIES) throw error;
      await sleep(Math.min(200, 5 * attempt));
    }
  }
}
