import type { Kysely, Selectable } from 'kysely';
import { employmentStatement } from '../core/identity/employment.ts';
import type { HrRecord } from '../core/identity/hr-record.ts';
import { type KnownPerson, resolvePerson } from '../core/identity/resolve-person.ts';
import type { PeopleStore, PersonKey, Statement } from '../flows/people-port.ts';
import type { AuditLog, Crypto } from '../flows/ports.ts';
import { type DialectName, isOneOf } from './dialect.ts';
import type { Schema } from './schema.ts';
import { isInJson, statement as compiled } from './statement.ts';
import { lockTenant } from './tenant-lock.ts';

type RecordRow = Selectable<Schema['source_record']>;
type KeyRow = Selectable<Schema['person_key']>;

/** States in which a source does not speak for its record any more. */
export const GONE = ['deleted', 'vanished'] as const;

const recordOf = compiled((db, _dialect, tenantId: string, source: string, recordKey: string) =>
  db
    .selectFrom('source_record')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('source', '=', source)
    .where('record_key', '=', recordKey)
    .compile(),
);

const keysLike = compiled((db, dialect, tenantId: string, kinds: string, values: string) =>
  db
    .selectFrom('person_key')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where((eb) => isInJson(dialect, eb.ref('kind'), kinds))
    .where((eb) => isInJson(dialect, eb.ref('value_key'), values))
    .compile(),
);

const keysOfPeople = compiled((db, dialect, tenantId: string, people: string) =>
  db
    .selectFrom('person_key')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where((eb) => isInJson(dialect, eb.ref('person_id'), people))
    .compile(),
);

const insertPerson = compiled((db, _dialect, tenantId: string, id: string, at: string) =>
  db.insertInto('person').values({ tenant_id: tenantId, id, created_at: at, merged_into: null }).compile(),
);

/** Stores what a source says of one person, and decides under the tenant's lock whose record it is. */
export function createAccept(
  db: Kysely<Schema>,
  tenantId: string,
  ports: { readonly dialect: DialectName; readonly crypto: Crypto; readonly audit: AuditLog },
): PeopleStore['accept'] {
  const { dialect, crypto, audit } = ports;

  /** One store of people lives in one transaction, and the lock lasts as long. */
  let locked = false;

  return async (statement) => {
    if (!locked) await lockTenant(db, tenantId, dialect);
    locked = true;
    const {
      rows: [known],
    } = await recordOf(db, dialect, tenantId, statement.source, statement.recordKey);
    const kept = known === undefined ? [] : await keysOf([known.person_id]);
    const ownKeys = kept.filter((key) => key.record_id === known?.id);
    // A source that takes its record back says nothing new about whose it was.
    const keys = statement.state === 'deleted' ? ownKeys.map(toKey) : statement.keys;
    const personId = await decide(statement, keys, known);
    // An IdP's record is known everywhere by the id of its SCIM resource.
    const recordId = known?.id ?? (statement.source === 'idp' ? statement.recordKey : crypto.uuid());
    await putRecord(recordId, personId, statement, known);
    if (!sameKeys(ownKeys, keys)) await putKeys(recordId, personId, keys, ownKeys.length > 0);
    return { recordId, personId };
  };

  async function decide(
    statement: Statement,
    keys: readonly PersonKey[],
    known: RecordRow | undefined,
  ): Promise<string> {
    const continues = statement.source === 'idp' ? undefined : statement.continues;
    if (known === undefined && continues !== undefined) {
      const { rows } = await recordOf(db, dialect, tenantId, statement.source, continues);
      if (rows[0] !== undefined) return rows[0].person_id;
    }
    const holders = keys.length === 0 ? [] : await holdersOf(keys);
    if (known !== undefined && holders.every((holder) => holder === known.person_id)) return known.person_id;
    const people = await loadPeople(known === undefined ? holders : [...holders, known.person_id]);
    const own = people.find((person) => person.id === known?.person_id);
    const resolution = resolvePerson({
      source: statement.source,
      keys,
      ...(own === undefined ? {} : { own }),
      others: people.filter((person) => person !== own),
    });
    switch (resolution.kind) {
      case 'keep':
      case 'join':
        return resolution.personId;
      case 'merge':
        await merge(resolution.from, resolution.to);
        await audit.append({
          actor: 'system',
          kind: 'person.merged',
          subject: resolution.to,
          data: { from: resolution.from, rule: resolution.rule },
        });
        return resolution.to;
      case 'new': {
        const id = crypto.uuid();
        await insertPerson(db, dialect, tenantId, id, statement.at);
        return id;
      }
    }
  }

  async function holdersOf(keys: readonly PersonKey[]): Promise<readonly string[]> {
    // Kinds and values apart keep to the index; what matches crosswise is left out here.
    const kinds = JSON.stringify([...new Set(keys.map(({ kind }) => kind))]);
    const values = JSON.stringify(keys.map(({ value }) => value));
    const { rows } = await keysLike(db, dialect, tenantId, kinds, values);
    const wanted = new Set(keys.map(nameOf));
    const holders = rows.filter((row) => wanted.has(nameOf(toKey(row)))).map((row) => row.person_id);
    return [...new Set(holders)];
  }

  async function loadPeople(ids: readonly string[]): Promise<readonly KnownPerson[]> {
    if (ids.length === 0) return [];
    const records = await db
      .selectFrom('source_record')
      .select(['id', 'source', 'state', 'person_id'])
      .where('tenant_id', '=', tenantId)
      .where((eb) => isOneOf(dialect, eb.ref('person_id'), ids))
      .orderBy('id')
      .execute();
    const keys = Map.groupBy(await keysOf(ids), (key) => key.record_id);
    const settled = await settledAmong(ids);
    return [...Map.groupBy(records, (record) => record.person_id)].map(([id, rows]) => ({
      id,
      settled: settled.has(id),
      records: rows.map((row) => ({
        id: row.id,
        source: row.source,
        live: !GONE.some((gone) => gone === row.state),
        keys: (keys.get(row.id) ?? []).map(toKey),
      })),
    }));
  }

  async function keysOf(personIds: readonly string[]): Promise<readonly KeyRow[]> {
    return (await keysOfPeople(db, dialect, tenantId, JSON.stringify(personIds))).rows;
  }

  /** Persons that a link, a tombstone or a decision names. */
  async function settledAmong(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await db
      .selectFrom('link')
      .select('person_id')
      .where('tenant_id', '=', tenantId)
      .where((eb) => isOneOf(dialect, eb.ref('person_id'), ids))
      .union(
        db
          .selectFrom('cannot_link')
          .select('person_id')
          .where('tenant_id', '=', tenantId)
          .where((eb) => isOneOf(dialect, eb.ref('person_id'), ids)),
      )
      .union(
        db
          .selectFrom('tombstone')
          .select((eb) => eb.fn.coalesce('person_id', eb.val('')).as('person_id'))
          .where('tenant_id', '=', tenantId)
          .where((eb) => isOneOf(dialect, eb.ref('person_id'), ids)),
      )
      .execute();
    return new Set(rows.map((row) => row.person_id));
  }

  async function merge(from: string, to: string): Promise<void> {
    const moved = { person_id: to };
    for (const table of ['source_record', 'person_key', 'scim_resource'] as const) {
      await db.updateTable(table).set(moved).where('tenant_id', '=', tenantId).where('person_id', '=', from).execute();
    }
    await db
      .updateTable('person')
      .set({ merged_into: to })
      .where('tenant_id', '=', tenantId)
      .where((eb) => eb.or([eb('id', '=', from), eb('merged_into', '=', from)]))
      .execute();
  }

  async function putRecord(
    id: string,
    personId: string,
    statement: Statement,
    known: RecordRow | undefined,
  ): Promise<void> {
    const row = {
      person_id: personId,
      state: statement.state,
      since: known === undefined || isNewStatement(statement, known) ? statement.at : known.since,
      data: JSON.stringify(statement.data),
      row_hash: 'rowHash' in statement ? statement.rowHash : '',
      missing_files: 0,
      missing_since: null,
      import_id: 'importId' in statement ? statement.importId : null,
      updated_at: statement.at,
    };
    const { source, recordKey } = statement;
    if (known === undefined) {
      await db
        .insertInto('source_record')
        .values({ tenant_id: tenantId, id, source, record_key: recordKey, ...row })
        .execute();
    } else {
      await db.updateTable('source_record').set(row).where('tenant_id', '=', tenantId).where('id', '=', id).execute();
    }
  }

  async function putKeys(
    recordId: string,
    personId: string,
    keys: readonly PersonKey[],
    stored: boolean,
  ): Promise<void> {
    if (stored) {
      await db.deleteFrom('person_key').where('tenant_id', '=', tenantId).where('record_id', '=', recordId).execute();
    }
    if (keys.length === 0) return;
    await db
      .insertInto('person_key')
      .values(
        keys.map(({ kind, value }) => ({
          tenant_id: tenantId,
          kind,
          value_key: value,
          person_id: personId,
          record_id: recordId,
        })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

function isNewStatement(statement: Statement, known: RecordRow): boolean {
  // Who was switched off and is then removed has left once: the second word does not begin the grace anew.
  if (statement.source === 'idp') return (statement.state === 'active') !== (known.state === 'active');
  return employmentStatement(statement.data) !== employmentStatement(JSON.parse(known.data) as HrRecord);
}

function toKey(row: KeyRow): PersonKey {
  return { kind: row.kind as PersonKey['kind'], value: row.value_key };
}

function nameOf({ kind, value }: PersonKey): string {
  return `${kind}:${value}`;
}

function sameKeys(rows: readonly KeyRow[], keys: readonly PersonKey[]): boolean {
  const stored = new Set(rows.map((row) => nameOf(toKey(row))));
  const wanted = new Set(keys.map(nameOf));
  return stored.size === wanted.size && [...wanted].every((key) => stored.has(key));
}
