import { type Kysely, type Transaction, sql } from 'kysely';
import type { MemberChange } from '../core/membership.ts';
import type { Member, ResourceType, ScimStore } from '../flows/scim-port.ts';
import { type DialectName, lockRows } from './dialect.ts';
import type { Schema } from './schema.ts';
import { isInJson, statement } from './statement.ts';

/** Ids in one statement: far below the parameter limits of both databases. */
const SLICE = 500;

export interface ScimMembers {
  groupsOfMany: ScimStore['groupsOfMany'];
  membersOfMany: ScimStore['membersOfMany'];
  change: ScimStore['changeMembers'];
  leaveAll(type: ResourceType, id: string, at: string): Promise<void>;
}

/** Membership as rows, so that one member more costs one row, and parallel changes lose nothing. */
export function createScimMembers(
  db: Kysely<Schema> | Transaction<Schema>,
  tenantId: string,
  dialect: DialectName,
): ScimMembers {
  const memberships = () => db.selectFrom('scim_member').where('scim_member.tenant_id', '=', tenantId);

  async function add(groupId: string, users: readonly string[], at: string) {
    const unknown: string[] = [];
    let changed = 0;
    for (const slice of slices(users)) {
      const known = await db
        .selectFrom('scim_resource')
        .select('id')
        .where('tenant_id', '=', tenantId)
        .where('type', '=', 'User')
        .where('id', 'in', slice)
        .execute();
      const ids = new Set(known.map(({ id }) => id));
      unknown.push(...slice.filter((id) => !ids.has(id)));
      if (ids.size === 0) continue;
      const result = await db
        .insertInto('scim_member')
        .values(Array.from(ids, (id) => ({ tenant_id: tenantId, group_id: groupId, user_id: id, added_at: at })))
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      changed += Number(result.numInsertedOrUpdatedRows ?? 0n);
    }
    return { changed, unknown };
  }

  async function remove(groupId: string, users: readonly string[]): Promise<number> {
    let changed = 0;
    for (const slice of slices(users)) {
      const result = await db
        .deleteFrom('scim_member')
        .where('tenant_id', '=', tenantId)
        .where('group_id', '=', groupId)
        .where('user_id', 'in', slice)
        .executeTakeFirst();
      changed += Number(result.numDeletedRows);
    }
    return changed;
  }

  async function clear(groupId: string): Promise<number> {
    const result = await db
      .deleteFrom('scim_member')
      .where('tenant_id', '=', tenantId)
      .where('group_id', '=', groupId)
      .executeTakeFirst();
    return Number(result.numDeletedRows);
  }

  return {
    async change(groupId, change: MemberChange, at) {
      if (change.kind === 'clear') return { changed: await clear(groupId), unknown: [] };
      if (change.kind === 'add') return add(groupId, change.users, at);
      if (change.kind === 'remove') return { changed: await remove(groupId, change.users), unknown: [] };
      const wanted = new Set(change.users);
      const present = await memberships().select('user_id').where('group_id', '=', groupId).execute();
      const removed = await remove(
        groupId,
        present.flatMap(({ user_id }) => (wanted.has(user_id) ? [] : [user_id])),
      );
      for (const { user_id } of present) wanted.delete(user_id);
      const added = await add(groupId, [...wanted], at);
      return { changed: removed + added.changed, unknown: added.unknown };
    },

    async leaveAll(type, id, at) {
      if (type === 'Group') {
        await clear(id);
        return;
      }
      const groups = memberships().select('group_id').where('user_id', '=', id);
      // In one order, so that two users who leave the same groups at once do not wait for each other in a circle.
      const rows = db.selectFrom('scim_resource').select('id').where('tenant_id', '=', tenantId);
      await lockRows(dialect, rows.where('id', 'in', groups).orderBy('id')).execute();
      await db
        .updateTable('scim_resource')
        .set({ version: sql`version + 1`, modified_at: at })
        .where('tenant_id', '=', tenantId)
        .where('id', 'in', groups)
        .execute();
      await db.deleteFrom('scim_member').where('tenant_id', '=', tenantId).where('user_id', '=', id).execute();
    },

    async groupsOfMany(userIds) {
      const [one, ...others] = userIds;
      if (one === undefined) return new Map();
      const { rows } =
        others.length === 0
          ? await groupsOfOne(db, dialect, tenantId, one)
          : await groupsOfMany(db, dialect, tenantId, JSON.stringify(userIds));
      return byOwner(rows);
    },

    async membersOfMany(groupIds) {
      return groupIds.length === 0
        ? new Map()
        : byOwner((await membersOf(db, dialect, tenantId, JSON.stringify(groupIds))).rows);
    },
  };
}

/** The groups of users, by user. */
const groupsOf = (db: Kysely<Schema>, dialect: DialectName, tenantId: string) =>
  db
    .selectFrom('scim_member')
    .innerJoin('scim_resource', (join) =>
      join
        .onRef('scim_resource.tenant_id', '=', 'scim_member.tenant_id')
        .onRef('scim_resource.id', '=', 'scim_member.group_id'),
    )
    .select(['scim_member.user_id as of', 'scim_member.group_id as id', named(dialect, 'displayName').as('display')])
    .where('scim_member.tenant_id', '=', tenantId)
    .orderBy('scim_member.group_id');

const groupsOfMany = statement((db, dialect, tenantId: string, users: string) =>
  groupsOf(db, dialect, tenantId)
    .where((eb) => isInJson(dialect, eb.ref('scim_member.user_id'), users))
    .compile(),
);

const groupsOfOne = statement((db, dialect, tenantId: string, user: string) =>
  groupsOf(db, dialect, tenantId).where('scim_member.user_id', '=', user).compile(),
);

/** The members of groups, by group. */
const membersOf = statement((db, dialect, tenantId: string, groups: string) =>
  db
    .selectFrom('scim_member')
    .innerJoin('scim_resource', (join) =>
      join
        .onRef('scim_resource.tenant_id', '=', 'scim_member.tenant_id')
        .onRef('scim_resource.id', '=', 'scim_member.user_id'),
    )
    .select([
      'scim_member.group_id as of',
      'scim_member.user_id as id',
      sql<string | null>`coalesce(${named(dialect, 'displayName')}, ${named(dialect, 'userName')})`.as('display'),
    ])
    .where('scim_member.tenant_id', '=', tenantId)
    .where((eb) => isInJson(dialect, eb.ref('scim_member.group_id'), groups))
    .orderBy('scim_member.user_id')
    .compile(),
);

/** A text of the document. */
function named(dialect: DialectName, attribute: 'displayName' | 'userName') {
  return dialect === 'sqlite'
    ? sql<string | null>`json_extract(scim_resource.doc, ${sql.lit(`$.${attribute}`)})`
    : sql<string | null>`scim_resource.doc::json ->> ${sql.lit(attribute)}`;
}

function byOwner(rows: readonly { of: string; id: string; display: string | null }[]): ReadonlyMap<string, Member[]> {
  const found = new Map<string, Member[]>();
  for (const row of rows) push(found, row);
  return found;
}

function push(found: Map<string, Member[]>, row: { of: string; id: string; display: string | null }): void {
  const list = found.get(row.of) ?? [];
  list.push(row.display === null ? { id: row.id } : { id: row.id, display: row.display });
  found.set(row.of, list);
}

function* slices(ids: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < ids.length; at += SLICE) yield ids.slice(at, at + SLICE);
}
