import type { Kysely, Transaction } from 'kysely';
import { DomainError } from '../core/errors.ts';
import type { ScimStore, StoredResource } from '../flows/scim-port.ts';
import { type DialectName, lockRows } from './dialect.ts';
import type { Schema } from './schema.ts';
import { createScimKeyset } from './scim-keyset.ts';
import { createScimList } from './scim-list.ts';
import { createScimMembers } from './scim-members.ts';
import { STORED, columns, created, emailKeys, stored } from './scim-row.ts';
import { createScimScan } from './scim-scan.ts';
import { statement } from './statement.ts';

const resources = (db: Kysely<Schema>, tenantId: string) =>
  db.selectFrom('scim_resource').selectAll().where('tenant_id', '=', tenantId);

const oneOf = (db: Kysely<Schema>, tenantId: string, type: string, id: string) =>
  db
    .selectFrom('scim_resource')
    .select(STORED)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('type', '=', type);

const byId = statement((db, _dialect, tenantId: string, type: string, id: string) =>
  oneOf(db, tenantId, type, id).compile(),
);

const lockedById = statement((db, dialect, tenantId: string, type: string, id: string) =>
  lockRows(dialect, oneOf(db, tenantId, type, id)).compile(),
);

const byUserKey = statement((db, _dialect, tenantId: string, folded: string) =>
  resources(db, tenantId).where('user_key', '=', folded).compile(),
);

const emailsOf = statement((db, _dialect, tenantId: string, id: string) =>
  db
    .selectFrom('scim_email')
    .select('value_key')
    .where('tenant_id', '=', tenantId)
    .where('resource_id', '=', id)
    .compile(),
);

type Changeable = readonly (string | number | null)[];

/** The columns that a change may change, always in this order. */
const CHANGEABLE = [
  ...(['user_key', 'display_key', 'external_id', 'active', 'version', 'doc', 'modified_at', 'person_id'] as const),
];

function changeable(resource: StoredResource): Changeable {
  const row = columns(resource);
  return CHANGEABLE.map((name) => row[name]);
}

function named(values: Changeable): ReturnType<typeof columns> {
  return Object.fromEntries(CHANGEABLE.map((name, at) => [name, values[at]])) as ReturnType<typeof columns>;
}

const insertRow = statement(
  (db, _dialect, tenantId: string, id: string, type: string, at: string, createHash: string, ...values: Changeable) =>
    db
      .insertInto('scim_resource')
      .values({ tenant_id: tenantId, id, type, created_at: at, create_hash: createHash, ...named(values) })
      .compile(),
);

const replaceRow = statement((db, _dialect, tenantId: string, id: string, expected: number, ...values: Changeable) =>
  db
    .updateTable('scim_resource')
    .set(named(values))
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('version', '=', expected)
    .compile(),
);

const insertEmail = statement((db, _dialect, tenantId: string, id: string, key: string) =>
  db.insertInto('scim_email').values({ tenant_id: tenantId, resource_id: id, value_key: key }).compile(),
);

/** The tables that the answer with a resource is made of: the resource, its groups or members, its provisioning. */
export const SHOWN_TABLES = [
  ...['scim_resource', 'scim_member', 'source_record', 'link', 'account', 'tombstone'],
  ...['entry', 'run', 'change', 'company', 'contact'],
] as const;

/**
 * SCIM resources of one tenant: the document as JSON, beside it the keys by which IdPs look them up (Entra, Okta and
 * OneLogin ask for userName, externalId, displayName, id and e-mail). `views` comes from the runs.
 */
export function createScimStore(
  db: Kysely<Schema> | Transaction<Schema>,
  tenantId: string,
  dialect: DialectName,
  views: ScimStore['views'] = async () => new Map(),
  stamp: ScimStore['stamp'] = () => null,
): ScimStore {
  const members = createScimMembers(db, tenantId, dialect);
  const scan = createScimScan(db, tenantId, { views, members });

  return {
    stamp,
    views,
    ...createScimList(db, tenantId, dialect, scan),
    ...createScimKeyset(db, tenantId, dialect, scan),
    groupsOfMany: (ids) => members.groupsOfMany(ids),
    membersOfMany: (ids) => members.membersOfMany(ids),
    changeMembers: (groupId, change, at) => members.change(groupId, change, at),

    async get(type, id, options) {
      const one = options?.lock === true ? lockedById : byId;
      const {
        rows: [row],
      } = await one(db, dialect, tenantId, type, id);
      return row === undefined ? null : stored(row);
    },

    async byUserName(folded) {
      const {
        rows: [row],
      } = await byUserKey(db, dialect, tenantId, folded);
      return row === undefined ? null : created(row);
    },

    async byExternalId(type, externalId) {
      const found = await resources(db, tenantId)
        .where('external_id', '=', externalId)
        .where('type', '=', type)
        .execute();
      return found.map(created);
    },

    async insert(resource) {
      const { id, type, createdAt, createHash } = resource;
      await refuseDuplicates(async () =>
        insertRow(db, dialect, tenantId, id, type, createdAt, createHash, ...changeable(resource)),
      );
      await putEmails(resource);
    },

    async replace(resource, expectedVersion) {
      const { numAffectedRows } = await refuseDuplicates(async () =>
        replaceRow(db, dialect, tenantId, resource.id, expectedVersion, ...changeable(resource)),
      );
      if (numAffectedRows === 0n) return false;
      await changeEmails(resource);
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

  /** Most changes are not of the addresses: then one read is all it costs. */
  async function changeEmails(resource: StoredResource): Promise<void> {
    const { rows } = await emailsOf(db, dialect, tenantId, resource.id);
    const wanted = new Set(emailKeys(resource.doc));
    if (rows.length === wanted.size && rows.every((row) => wanted.has(row.value_key))) return;
    await deleteEmails(resource.id);
    await putEmails(resource);
  }

  async function putEmails(resource: StoredResource): Promise<void> {
    for (const key of emailKeys(resource.doc)) await insertEmail(db, dialect, tenantId, resource.id, key);
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
