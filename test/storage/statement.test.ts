import { beforeAll, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import type { Database } from '../../src/storage/database.ts';
import { isInJson, statement } from '../../src/storage/statement.ts';
import { eachDatabase } from '../support/store.ts';

let built = 0;

const tenantsOf = statement((db, dialect, names: string, not: string, most: number) => {
  built += 1;
  return db
    .selectFrom('tenant')
    .select(['id', 'name'])
    .where('state', '=', 'active')
    .where((eb) => isInJson(dialect, eb.ref('name'), names))
    .where('id', '!=', not)
    .where('name', '!=', not)
    .orderBy('id')
    .limit(most)
    .compile();
});

const insertTenant = statement((db, _dialect, id: string, name: string) =>
  db
    .insertInto('tenant')
    .values({ id, name, state: 'active', created_at: '2026-03-02T08:00:00.000Z', audit_seq: 0, audit_hash: '' })
    .compile(),
);

eachDatabase('a statement that is compiled once', (testStore) => {
  let database: Database;
  const names = ['plain', 'with "quotes" and \\', "o'clock", 'žluťoučký'];
  beforeAll(async () => {
    database = await testStore.open();
    for (const [n, name] of names.entries())
      await insertTenant(database.write, database.dialect, `t${String(n)}`, name);
  });

  const ids = async (...[list, not, most]: [readonly string[], string, number]) =>
    (await tenantsOf(database.read, database.dialect, JSON.stringify(list), not, most)).rows.map(({ id }) => id);

  it('takes its parameters anew each time, each in all its places', async () => {
    built = 0;
    expect(await ids(names, '', 10)).toEqual(['t0', 't1', 't2', 't3']);
    expect(await ids(names, 't1', 10)).toEqual(['t0', 't2', 't3']);
    expect(await ids(names, 'plain', 2)).toEqual(['t1', 't2']);
    expect(await ids([], '', 10)).toEqual([]);
    expect(built).toBeLessThanOrEqual(1);
  });

  it('tells how many rows it changed, inside a transaction too', async () => {
    await expect(
      database.write.transaction().execute(async (tx) => {
        const { numAffectedRows } = await insertTenant(tx, database.dialect, 'gone', 'gone');
        expect(numAffectedRows).toBe(1n);
        expect((await tenantsOf(tx, database.dialect, '["gone"]', '', 1)).rows).toEqual([{ id: 'gone', name: 'gone' }]);
        throw new Error('enough');
      }),
    ).rejects.toThrow('enough');
    expect(await ids(['gone'], '', 1)).toEqual([]);
  });

  it('gives every value under its own name after another process added a column', async () => {
    const all = () =>
      database.read
        .selectFrom('policy_version')
        .selectAll('policy_version')
        .select(sql<string>`'last'`.as('behind'))
        .execute();
    await database.write
      .insertInto('policy_version')
      .values({ tenant_id: 't0', version: 1, doc: '{}', created_at: 'c', created_by: 'b' })
      .execute();
    expect(await all()).toMatchObject([{ doc: '{}', behind: 'last' }]);
    await (await testStore.open()).write.schema.alterTable('policy_version').addColumn('newer', 'text').execute();
    expect(await all()).toMatchObject([{ doc: '{}', newer: null, behind: 'last' }]);
  });
});
