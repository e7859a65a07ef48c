import type { Kysely, Selectable } from 'kysely';
import { DomainError } from '../core/errors.ts';
import type { HrRecord } from '../core/identity/hr-record.ts';
import type { Link } from '../core/identity/person.ts';
import type { HrRow, PeopleStore, PersonDetail } from '../flows/people-port.ts';
import type { AuditLog, Crypto } from '../flows/ports.ts';
import { type DialectName, isOneOf } from './dialect.ts';
import { createAccept } from './people-accept.ts';
import { createPersonStates } from './people-states.ts';
import type { Schema } from './schema.ts';

/** People of one tenant: what sources say of them, and how they hang together with accounts in Drift. */
export function createPeopleStore(
  db: Kysely<Schema>,
  tenantId: string,
  ports: { readonly dialect: DialectName; readonly crypto: Crypto; readonly audit: AuditLog },
): PeopleStore {
  const { dialect, crypto } = ports;
  const states = createPersonStates(db, tenantId, dialect);
  const records = (feed: string) =>
    db.selectFrom('source_record').where('tenant_id', '=', tenantId).where('source', '=', `hr:${feed}`);
  const liveLinks = () =>
    db.selectFrom('link').selectAll().where('tenant_id', '=', tenantId).where('ended_at', 'is', null);

  return {
    accept: createAccept(db, tenantId, ports),
    states,

    async hrRows(feed, keys) {
      const rows = await records(feed)
        .selectAll()
        .where((eb) => isOneOf(dialect, eb.ref('record_key'), keys))
        .execute();
      return new Map(rows.map((row) => [row.record_key, hrRow(row)]));
    },

    async presentKeys(feed) {
      const rows = await records(feed)
        .select('record_key')
        .where('state', 'in', ['present', 'quarantined'])
        .orderBy('record_key')
        .execute();
      return rows.map((row) => row.record_key);
    },

    async markMissing(feed, keys, importId, at) {
      const file = await db
        .selectFrom('import')
        .select('mode')
        .where('tenant_id', '=', tenantId)
        .where('id', '=', importId)
        .executeTakeFirst();
      // Rows that earlier files lacked and that this complete one lacks too: had it named them, they were present again.
      const again = file?.mode === 'full';
      await db
        .updateTable('source_record')
        .set((eb) => ({
          state: 'vanished',
          missing_files: eb('missing_files', '+', 1),
          missing_since: eb.fn.coalesce('missing_since', eb.val(at)),
          updated_at: at,
        }))
        .where('tenant_id', '=', tenantId)
        .where('source', '=', `hr:${feed}`)
        .where((eb) =>
          eb.or([isOneOf(dialect, eb.ref('record_key'), keys), ...(again ? [eb('state', '=', 'vanished')] : [])]),
        )
        .execute();
    },

    async person(personId) {
      const [detail] = await details([await current(personId)]);
      return detail ?? null;
    },

    async list(after, limit) {
      const rows = await db
        .selectFrom('person')
        .select('id')
        .where('tenant_id', '=', tenantId)
        .where('merged_into', 'is', null)
        .$if(after !== null, (query) => query.where('id', '>', after ?? ''))
        .orderBy('id')
        .limit(limit)
        .execute();
      return details(rows.map(({ id }) => id));
    },

    links: async () => (await liveLinks().orderBy('id').execute()).map(toLink),

    async cannotLinks() {
      const rows = await db
        .selectFrom('cannot_link')
        .select(['person_id', 'account_id'])
        .where('tenant_id', '=', tenantId)
        .execute();
      return rows.map((row) => ({ personId: row.person_id, accountId: row.account_id }));
    },

    async tombstones() {
      const rows = await db
        .selectFrom('tombstone')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .orderBy('account_id')
        .execute();
      return rows.map((row) => ({
        accountId: row.account_id,
        ...(row.person_id === null ? {} : { personId: row.person_id }),
        userNameHash: row.user_name_hash,
        at: row.at,
      }));
    },

    async link(input) {
      const id = crypto.uuid();
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('link')
        .values({
          tenant_id: tenantId,
          id,
          person_id: await current(input.personId),
          account_id: input.accountId,
          rule: input.rule,
          confidence: input.confidence,
          evidence: JSON.stringify(input.evidence),
          pinned: input.pinned ? 1 : 0,
          decided_by: input.decidedBy,
          created_at: input.at,
          ended_at: null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows !== 1n) {
        throw new DomainError('conflict', `The account ${input.accountId} is linked to a person already.`);
      }
      return id;
    },

    async endLink(accountId, at) {
      await db
        .updateTable('link')
        .set({ ended_at: at })
        .where('tenant_id', '=', tenantId)
        .where('account_id', '=', accountId)
        .where('ended_at', 'is', null)
        .execute();
    },

    async addTombstone(tombstone) {
      await db
        .insertInto('tombstone')
        .values({
          tenant_id: tenantId,
          account_id: tombstone.accountId,
          person_id: tombstone.personId === undefined ? null : await current(tombstone.personId),
          user_name_hash: tombstone.userNameHash,
          change_id: tombstone.changeId,
          at: tombstone.at,
        })
        // The first proof stands.
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
  };

  /** The person that this one became part of; a plan may still name it by its old id. */
  async function current(personId: string): Promise<string> {
    const row = await db
      .selectFrom('person')
      .select('merged_into')
      .where('tenant_id', '=', tenantId)
      .where('id', '=', personId)
      .executeTakeFirst();
    return row?.merged_into ?? personId;
  }

  async function details(ids: readonly string[]): Promise<readonly PersonDetail[]> {
    const persons = await db
      .selectFrom('person')
      .select(['id', 'created_at'])
      .where('tenant_id', '=', tenantId)
      .where((eb) => isOneOf(dialect, eb.ref('id'), ids))
      .execute();
    const created = new Map(persons.map((row) => [row.id, row.created_at]));
    const links = await liveLinks()
      .where((eb) => isOneOf(dialect, eb.ref('person_id'), ids))
      .orderBy('id')
      .execute();
    const byPerson = Map.groupBy(links.map(toLink), (link) => link.personId);
    return (await states(ids)).map((state) => ({
      id: state.id,
      createdAt: created.get(state.id) ?? '',
      state,
      links: byPerson.get(state.id) ?? [],
    }));
  }
}

function toLink(row: Selectable<Schema['link']>): Link {
  return {
    id: row.id,
    personId: row.person_id,
    accountId: row.account_id,
    confidence: row.confidence,
    rule: row.rule,
    pinned: row.pinned === 1,
  };
}

function hrRow(row: Selectable<Schema['source_record']>): HrRow {
  return {
    recordKey: row.record_key,
    personId: row.person_id,
    state: row.state === 'vanished' ? 'vanished' : row.state === 'quarantined' ? 'quarantined' : 'present',
    rowHash: row.row_hash,
    data: JSON.parse(row.data) as HrRecord,
    missingFiles: row.missing_files,
  };
}
