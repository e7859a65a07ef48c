import type { Kysely } from 'kysely';
import { DomainError } from '../core/errors.ts';
import type { Policy } from '../core/reconcile/policy.ts';
import type { Clock, PolicyStore } from '../flows/ports.ts';
import type { DialectName } from './dialect.ts';
import type { Schema } from './schema.ts';
import { statement } from './statement.ts';

/**
 * What the documents last read say, by tenant. The text decides, not the version: a version can be rolled back and made
 * anew with other words. Every write of an identity provider asks for the policy, and it seldom changes.
 */
const parsed = new Map<string, { readonly doc: string; readonly policy: Policy }>();

const latestOf = statement((db, _dialect, tenantId: string) =>
  db
    .selectFrom('policy_version')
    .select(['version', 'doc'])
    .where('tenant_id', '=', tenantId)
    .orderBy('version', 'desc')
    .limit(1)
    .compile(),
);

/** Versions of the policy document; version 0 is `base`, which is stored nowhere. */
export function createPolicyStore(
  db: Kysely<Schema>,
  tenantId: string,
  ports: { readonly dialect: DialectName; readonly clock: Clock; readonly base: Policy },
): PolicyStore {
  const latest = async () => (await latestOf(db, ports.dialect, tenantId)).rows[0];

  return {
    async current() {
      const row = await latest();
      return row === undefined
        ? { version: 0, policy: ports.base }
        : { version: row.version, policy: read(tenantId, row.doc) };
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

function read(tenantId: string, doc: string): Policy {
  const known = parsed.get(tenantId);
  if (known?.doc === doc) return known.policy;
  const policy = JSON.parse(doc) as Policy;
  parsed.set(tenantId, { doc, policy });
  return policy;
}
