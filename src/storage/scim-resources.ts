import type { Kysely, Transaction } from 'kysely';
import { DomainError } from '../core/errors.ts';
import type { ScimStore, StoredResource } from '../flows/scim-port.ts';
import type { DialectName } from './database.ts';
import { lockRows } from './dialect.ts';
import type { Schema } from './schema.ts';
import { createScimList } from './scim-list.ts';
import { createScimMembers } from './scim-members.ts';
import { columns, created, emailKeys, stored } from './scim-row.ts';

/**
 * SCIM resources of one tenant: the document as JSON, beside it the keys by which IdPs look them up (Entra, Okta and
 * OneLogin ask for userName, externalId, displayName, id and e-mail). `views` comes from the runs.
 */
export function createScimStore(
  db: Kysely<Schema> | Transaction<Schema>,
  tenantId: string,
  dialect: DialectName,
  views: ScimStore['views'] = async () => new Map(),
): ScimStore {
  const members = createScimMembers(db, tenantId, dialect);
  const rows = () => db.selectFrom('scim_resource').selectAll().where('tenant_id', '=', tenantId);

  return {
    views,
    ...createScimList(db, tenantId, dialect, { views, members }),
    groupsOfMany: (ids) => members.groupsOfMany(ids),
    membersOfMany: (ids) => members.membersOfMany(ids),
    changeMembers: (groupId, change, at) => members.change(groupId, change, at),

    async get(type, id, options) {
      const query = rows().where('id', '=', id).where('type', '=', type);
      const row = await (options?.lock === true ? lockRows(dialect, query) : query).executeTakeFirst();
      return row === undefined ? null : stored(row);
    },

    async byUserName(folded) {
      const row = await rows().where('user_key', '=', folded).executeTakeFirst();
      return row === undefined ? null : created(row);
    },

    async byExternalId(type, externalId) {
      const found = await rows().where('external_id', '=', externalId).where('type', '=', type).execute();
      return found.map(created);
    },

    async insert(resource) {
      await refuseDuplicates(() =>
        db
          .insertInto('scim_resource')
          .values({
            tenant_id: tenantId,
            id: resource.id,
            type: resource.type,
            created_at: resource.createdAt,
            create_hash: resource.createHash,
            ...columns(resource),
          })
          .execute(),
      );
      await putEmails(resource);
    },

    async replace(resource, expectedVersion) {
      const result = await refuseDuplicates(() =>
        db
          .updateTable('scim_resource')
          .set(columns(resource))
          .where('tenant_id', '=', tenantId)
          .where('id', '=', resource.id)
          .where('version', '=', expectedVersion)
          .executeTakeFirst(),
      );
      if (result.numUpdatedRows === 0n) return false;
      await deleteEmails(resource.id);
      await putEmails(resource);
      return true;
    },

    async remove(type, id, at) {
      await members.leaveAll(type, id, at);
      await deleteEmails(id);
      const result = await db
        .deleteFrom('scim_resource')
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .where('type', '=', type)
        .executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
  };

  async function putEmails(resource: StoredResource): Promise<void> {
    const keys = emailKeys(resource.doc);
    if (keys.length === 0) return;
    await db
      .insertInto('scim_email')
      .values(keys.map((key) => ({ tenant_id: tenantId, resource_id: resource.id, value_key: key })))
      .execute();
  }

  async function deleteEmails(resourceId: string): Promise<void> {
    await db.deleteFrom('scim_email').where('tenant_id', '=', tenantId).where('resource_id', '=', resourceId).execute();
  }
}

/** The unique index decides a race of two creates: one wins, one is told so. */
async function refuseDuplicates<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isUniqueViolation(error)) throw new DomainError('scim.uniqueness', 'The userName is in use.', { cause: error });
    throw error;
  }
}

/** SQLSTATE 23505, or what SQLite says: its errors have one code for all. */
function isUniqueViolation(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  if (error.code !== 'ERR_SQLITE_ERROR') return error.code === '23505';
  return 'message' in error && String(error.message).includes('UNIQUE constraint failed');
}
