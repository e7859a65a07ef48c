import { type DatabaseConnection, type Dialect, PostgresDialect, PostgresDriver } from 'kysely';
import type pg from 'pg';
import { DomainError } from '../core/errors.ts';
import { failureOf } from './dialect.ts';

/** A read or a write that finds no server says so in the program's words, wherever it was asked. */
class ReachingDriver extends PostgresDriver {
  readonly #known = new WeakSet<DatabaseConnection>();

  override async acquireConnection(...options: Parameters<PostgresDriver['acquireConnection']>) {
    const connection = await told(() => super.acquireConnection(...options));
    if (!this.#known.has(connection)) {
      this.#known.add(connection);
      const execute = connection.executeQuery.bind(connection);
      connection.executeQuery = (...query) => told(() => execute(...query));
    }
    return connection;
  }
}

export function postgresDialect(pool: pg.Pool): Dialect {
  const dialect = new PostgresDialect({ pool });
  return {
    createDriver: () => new ReachingDriver({ pool }),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
  };
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (failureOf(error) !== 'unreachable') throw error;
    throw new DomainError('store.unavailable', 'The store cannot be reached now; try again.', { cause: error });
  }
}
