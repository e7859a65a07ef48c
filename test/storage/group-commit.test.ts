import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompiledQuery } from 'kysely';
import { type Database, openDatabase } from '../../src/storage/database.ts';
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
    expect(commits()).toBe(1);
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

  it('take turns of limited length', async () => {
    const slow = (name: string) => set(name, async () => new Promise((resolve) => setTimeout(resolve, 12)));
    await Promise.all(['a', 'b', 'c'].map(slow));
    expect(commits()).toBe(3);
    await Promise.all(Array.from({ length: 130 }, (_, n) => set(`n${String(n)}`)));
    expect(await names()).toHaveLength(133);
    expect(commits()).toBeGreaterThanOrEqual(3 + 3);
  });
});
