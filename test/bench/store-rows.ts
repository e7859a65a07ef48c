import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { randomUUID } from 'node:crypto';
import { fold } from '../../src/core/fold.ts';
import { createCrypto } from '../../src/storage/node-crypto.ts';
import { DEFAULT_TENANT } from '../../src/storage/tenants.ts';
import { type Employee, scimUser } from '../support/journey.ts';

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
}

/** The rows of one POST, with the values to bind. */
export type PostRows = readonly { readonly sql: string; readonly values: readonly SQLInputValue[] }[];

/**
 * Makes the rows that a POST of a user leaves in the store, in every table: copies of those that the template user left,
 * with the names, keys and ids of another. Hashes stay those of the template, and nothing is looked up: this is what the
 * rows cost, not what the bridge does to find out what they are.
 */
export function createRowMaker(database: DatabaseSync, template: Employee): (person: Employee) => PostRows {
  const found = database
    .prepare('select id, person_id, created_at from scim_resource where tenant_id = ? and user_key = ?')
    .get(DEFAULT_TENANT, fold(template.userName));
  if (found === undefined) throw new Error('the template user is not in the store');
  const [id, personId, createdAt] = [String(found['id']), String(found['person_id']), String(found['created_at'])];
  const crypto = createCrypto({ pepper: Buffer.alloc(32, 1) });
  const inserts = tablesOf(database).flatMap((table) => {
    const where = table.columns.map((column) => `"${column}" in (?1, ?2)`).join(' or ');
    const rows = database.prepare(`select * from "${table.name}" where ${where}`).all(id, personId);
    const places = table.columns.map(() => '?').join(', ');
    return rows.map((row) => ({
      table,
      sql: `insert into "${table.name}" values (${places})`,
      values: table.columns.map((column) => row[column] ?? null),
    }));
  });
  const names = [id, personId, createdAt, ...wordsOf(template)];
  const pattern = new RegExp(
    [...names]
      .sort((left, right) => right.length - left.length)
      .map((name) => name.replaceAll(/[.+]/g, String.raw`\$&`))
      .join('|'),
    'g',
  );
  let seq = auditSeq(database);

  return (person) => {
    const other = [crypto.uuid(), crypto.uuid(), new Date().toISOString(), ...wordsOf(person)];
    const byName = new Map(names.map((name, at) => [name, other[at] ?? '']));
    const renamed = (value: SQLInputValue): SQLInputValue =>
      typeof value === 'string' ? value.replace(pattern, (name) => byName.get(name) ?? name) : value;
    const request = randomUUID();
    seq += 1;
    const rows = inserts.map(({ table, sql, values }) => ({
      sql,
      values: values.map((value, at) => {
        if (table.name === 'audit' && table.columns[at] === 'seq') return seq;
        return table.columns[at] === 'request_id' ? request : renamed(value);
      }),
    }));
    const head = 'update tenant set audit_seq = ?, audit_hash = ? where id = ?';
    return [...rows, { sql: head, values: [seq, randomUUID().replaceAll('-', '').repeat(2), DEFAULT_TENANT] }];
  };
}

/** Runs statements by their text, each prepared once. */
export function createRunner(database: DatabaseSync): (rows: PostRows) => void {
  const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  return (rows) => {
    for (const { sql, values } of rows) {
      const statement = prepared.get(sql) ?? database.prepare(sql);
      prepared.set(sql, statement);
      statement.run(...values);
    }
  };
}

function tablesOf(database: DatabaseSync): readonly Table[] {
  const names = database.prepare(`select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`);
  return names.all().map((row) => {
    const name = String(row['name']);
    const columns = database.prepare(`select name from pragma_table_info(?)`).all(name);
    return { name, columns: columns.map((column) => String(column['name'])) };
  });
}

function auditSeq(database: DatabaseSync): number {
  const tenant = database.prepare('select audit_seq from tenant where id = ?').get(DEFAULT_TENANT);
  return Number(tenant?.['audit_seq'] ?? 0);
}

/** What names a person in a document and in keys, as written and folded. */
function wordsOf(person: Employee): readonly string[] {
  const user = scimUser(person);
  const words = [person.userName, user['externalId'], user['displayName'], person.given, person.family, person.number];
  const texts = words.map(String);
  return [...texts, ...texts.map(fold)];
}
