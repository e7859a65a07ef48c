import type { Kysely } from 'kysely';
import type { SettingStore } from '../flows/ports.ts';
import type { Schema } from './schema.ts';

export function createSettingStore(db: Kysely<Schema>, tenantId: string): SettingStore {
  async function get(name: string): Promise<string | null> {
    const row = await db
      .selectFrom('setting')
      .select('value')
      .where('tenant_id', '=', tenantId)
      .where('name', '=', name)
      .executeTakeFirst();
    return row?.value ?? null;
  }

  return {
    get,

    async setOnce(name, value) {
      // Waits for whoever inserts the same right now, so that what is read after it is what stands.
      await db
        .insertInto('setting')
        .values({ tenant_id: tenantId, name, value })
        .onConflict((conflict) => conflict.columns(['tenant_id', 'name']).doNothing())
        .execute();
      return (await get(name)) ?? value;
    },

    async set(name, value) {
      await db
        .insertInto('setting')
        .values({ tenant_id: tenantId, name, value })
        .onConflict((conflict) => conflict.columns(['tenant_id', 'name']).doUpdateSet({ value }))
        .execute();
    },
  };
}
