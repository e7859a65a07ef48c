import type { Database } from './database.ts';
import { writeTransaction } from './write-transaction.ts';

/** Facts about the store as a whole, such as the mark that it is a demo. */
export interface StoreMeta {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<void>;
}

export function createStoreMeta(database: Database): StoreMeta {
  return {
    async get(key) {
      const row = await database.read
        .selectFrom('store_meta')
        .select('value')
        .where('key', '=', key)
        .executeTakeFirst();
      return row?.value ?? null;
    },
    set: (key, value) =>
      writeTransaction(database, async (tx) => {
        await tx
          .insertInto('store_meta')
          .values({ key, value })
          .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
          .execute();
      }),
  };
}
