import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CompiledQuery, sql } from 'kysely';
import { type Database, openDatabase } from '../../src/storage/database.ts';
import { createGroupCommit } from '../../src/storage/group-commit.ts';
import { writeTransaction } from '../../src/storage/write-transaction.ts';

describe('writes of SQLite that wait at the same time', () => {
  let dir: string;
  let database: Database;
  /** Grows once a commit that wrote a setting. */
  let commits: () => number;
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'bridge-group-'));
    database = await openDatabase({ url: join(dir, 'bridge.db') });
    commits = database.changes?.watch(['setting']) ?? (() => -1);
  });
  afterEach(async () => {
    await database.close();
    rmSync(dir, { recursive: true });
  });

  const set = (name: string, then?: (done: string) => Promise<unknown>): Promise<string> =>
    writeTransaction(database, async (tx) => {
      await tx.insertInto('setting').values({ tenant_id: 't', name, value: name }).execute();
      await then?.(name);
      return name;
    });

  const names = async (): Promise<readonly string[]> =>
    (await database.read.selectFrom('setting').select('name').orderBy('name').execute()).map(({ name }) => name);

  it('share one commit, and each has its own answer, in order', async () => {
    const order: string[] = [];
    const all = ['a', 'b', 'c', 'd'].map((name) => set(name).then((done) => order.push(done)));
    await Promise.all(all);
    expect(order).toEqual(['a', 'b', 'c', 'd']);
    // One, unless the machine was so busy that they took longer than a group may.
    expect(commits()).toBeLessThan(4);
    expect(await names()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('see each other, and one that fails takes nothing of the others with it', async () => {
    const answers = await Promise.allSettled([
      set('a'),
      set('b', async () => Promise.reject(new Error('refused'))),
      set('a'),
      set('c'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(answers[1]).toMatchObject({ reason: { message: 'refused' } });
    expect(await names()).toEqual(['a', 'c']);
  });

  it('are not told that they are done before the commit is', async () => {
    let seen: readonly string[] = ['?'];
    await Promise.all([
      set('a'),
      set('b', async () => {
        seen = await names();
      }),
    ]);
    expect(seen).toEqual([]);
  });

  it('are made alone where the whole transaction fell', async () => {
    let falls = 1;
    const answers = await Promise.allSettled([
      set('a'),
      writeTransaction(database, async (tx) => {
        await tx.insertInto('setting').values({ tenant_id: 't', name: 'b', value: '' }).execute();
        falls -= 1;
        if (falls === 0) await tx.executeQuery(CompiledQuery.raw('rollback'));
      }),
      set('c'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(await names()).toEqual(['a', 'b', 'c']);
    expect(commits()).toBe(3);
  });

  it('are all refused where the commit fails, but for those that were not made yet', async () => {
    await sql`create table parent (id integer primary key)`.execute(database.write);
    await sql`create table child (id integer references parent (id) deferrable initially deferred)`.execute(
      database.write,
    );
    const orphan = writeTransaction(database, async (tx) => {
      await sql`insert into child values (1)`.execute(tx);
      await new Promise((resolve) => setTimeout(resolve, 12));
    });
    const answers = await Promise.allSettled([orphan, set('a')]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(await names()).toEqual(['a']);
  });

  it('take turns of limited length', async () => {
    const slow = (name: string) => set(name, async () => new Promise((resolve) => setTimeout(resolve, 12)));
    await Promise.all(['a', 'b', 'c'].map(slow));
    expect(commits()).toBe(3);
    await Promise.all(Array.from({ length: 130 }, (_, n) => set(`n${String(n)}`)));
    expect(await names()).toHaveLength(133);
    expect(commits()).toBeGreaterThanOrEqual(3 + 3);
  });

  describe('when the disk is full', () => {
    const MUCH = 'x'.repeat(20_000);
    beforeEach(async () => {
      const { rows } = await sql<{ readonly page_count: number }>`pragma page_count`.execute(database.write);
      await sql.raw(`pragma max_page_count = ${String((rows[0]?.page_count ?? 0) + 3)}`).execute(database.write);
    });

    it('are told that the store takes none, and leave nothing; what has room is stored', async () => {
      const much = (name: string): Promise<void> =>
        writeTransaction(database, async (tx) => {
          await tx.insertInto('setting').values({ tenant_id: 't', name, value: '' }).execute();
          await tx
            .insertInto('setting')
            .values({ tenant_id: 't', name: `${name}2`, value: MUCH })
            .execute();
        });
      await expect(much('alone')).rejects.toMatchObject({ code: 'store.unavailable' });
      const answers = await Promise.allSettled([set('a'), much('b'), set('c'), much('d')]);
      expect(answers).toMatchObject([
        { value: 'a' },
        { reason: { code: 'store.unavailable' } },
        { value: 'c' },
        { reason: { code: 'store.unavailable' } },
      ]);
      expect(await names()).toEqual(['a', 'c']);
    });

    it('store nothing of a work that goes on after SQLite has rolled back', async () => {
      const goesOn = (name: string): Promise<void> =>
        writeTransaction(database, async (tx) => {
          const put = async (part: string, value: string) => {
            await tx
              .insertInto('setting')
              .values({ tenant_id: 't', name: name + part, value })
              .execute();
          };
          await put('1', '');
          await put('2', MUCH).catch(() => undefined);
          await put('3', '');
        });
      await expect(goesOn('alone')).rejects.toThrow('rolled back');
      const answers = await Promise.allSettled([goesOn('a'), set('b'), goesOn('c')]);
      expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
      expect(await names()).toEqual(['b']);
    });
  });

  describe('while another process holds the file', () => {
    let other: DatabaseSync;
    beforeEach(() => {
      other = new DatabaseSync(join(dir, 'bridge.db'));
      other.exec('begin immediate');
    });
    afterEach(() => other.close());

    it('wait for it together, and keep their order', async () => {
      const order: string[] = [];
      const all = ['a', 'b', 'c'].map((name) => set(name).then((done) => order.push(done)));
      setTimeout(() => other.exec('rollback'), 150);
      await Promise.all(all);
      expect(order).toEqual(['a', 'b', 'c']);
      expect(commits()).toBeLessThan(3);
    });

    it('do not wait one after the other for ever', async () => {
      const grouped = createGroupCommit(database.write, database.directWrites, 200);
      const begun = performance.now();
      const never = (): Promise<never> => Promise.reject(new Error('not alone'));
      const all = Array.from({ length: 200 }, () => grouped(async () => undefined as never, never));
      const answers = await Promise.allSettled(all);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['rejected']));
      expect(answers[199]).toMatchObject({ reason: { code: 'ERR_SQLITE_ERROR' } });
      expect(performance.now() - begun).toBeLessThan(20_000);
    });
  });
});
