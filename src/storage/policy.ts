import type { Kysely } from 'kysely';
import { DomainError } from '../core/errors.ts';
import type { Policy } from '../core/reconcile/policy.ts';
import type { Clock, PolicyStore } from '../flows/ports.ts';
import type { Schema } from './schema.ts';

/** Versions of the policy document; version 0 is `base`, which is stored nowhere. */
export function createPolicyStore(
  db: Kysely<Schema>,
  tenantId: string,
  ports: { readonly clock: Clock; readonly base: Policy },
): PolicyStore {
  const latest = () =>
    db
      .selectFrom('policy_version')
      .select(['version', 'doc'])
      .where('tenant_id', '=', tenantId)
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst();

  return {
    async current() {
      const row = await latest();
      return row === undefined
        ? { version: 0, policy: ports.base }
        : { version: row.version, policy: JSON.parse(row.doc) as Policy };
    },

    async put(policy, by, ifVersion) {
      const version = (await latest())?.version ?? 0;
      if (version === ifVersion) {
        const { numInsertedOrUpdatedRows } = await db
          .insertInto('policy_version')
          .values({
            tenant_id: tenantId,
            version: version + 1,
            doc: JSON.stringify(policy),
            created_at: ports.clock.now(),
            created_by: by,
          })
          // Somebody else made the same version at the same moment: one of the two has read what it replaces.
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        if (numInsertedOrUpdatedRows === 1n) return version + 1;
      }
      throw new DomainError(
        'policy.version',
        `The policy is not at version ${String(ifVersion)} any more; read it again and repeat the change.`,
      );
    },
  };
}
