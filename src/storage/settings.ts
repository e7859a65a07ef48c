import type { Kysely } from 'kysely';
import type { SettingStore } from '../flows/ports.ts';
import type { Schema } from './schema.ts';

export function createSettingStore(db: Kysely<Schema>, tenantId: string): SettingStore {
  return {
    async get(name) {
      const row = await db
        .selectFrom('setting')
        .select('value')
        .where('tenant_id', '=', tenantId)
        .where('name', '=', name)
        .executeTakeFirst();
      return row?.value ?? null;
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
