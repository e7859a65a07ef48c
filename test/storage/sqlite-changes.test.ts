import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/storage/database.ts';
import { tableWritten } from '../../src/storage/sqlite-changes.ts';

const tenant = (id: string) => ({
  ...{ id, name: id, state: 'active', created_at: '2026-03-02T08:00:00.000Z', audit_seq: 0, audit_hash: '' },
});

describe('what is written to SQLite is counted', () => {
  it('by table, when it is committed, and only where a row changed', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'bridge-changes-'));
    const database = await openDatabase({ url: join(dir, 'bridge.db') });
    try {
      const tenants = database.changes?.watch(['tenant']) ?? (() => -1);
      const others = database.changes?.watch(['token', 'job']) ?? (() => -1);
      const before = { tenants: tenants(), others: others() };
      await database.write.insertInto('tenant').values(tenant('a')).execute();
      expect(tenants()).toBe(before.tenants + 1);
      await database.write.transaction().execute(async (tx) => {
        await tx.insertInto('tenant').values(tenant('b')).execute();
        expect(tenants()).toBe(before.tenants + 1);
      });
      expect(tenants()).toBe(before.tenants + 2);
      const undone = database.write.transaction().execute(async (tx) => {
        await tx.deleteFrom('tenant').execute();
        throw new Error('undone');
      });
      await expect(undone).rejects.toThrow('undone');
      await database.write.updateTable('tenant').set({ state: 'paused' }).where('id', '=', 'nobody').execute();
      expect(tenants()).toBe(before.tenants + 2);
      await database.write.updateTable('tenant').set({ state: 'paused' }).returning('id').execute();
      expect(tenants()).toBe(before.tenants + 3);
      expect(others()).toBe(before.others);
    } finally {
      await database.close();
      rmSync(dir, { recursive: true });
    }
  });

  it('and what cannot be read from a statement counts for every table', () => {
    expect(tableWritten('insert into "token" values (1)')).toBe('token');
    expect(tableWritten('INSERT OR IGNORE INTO job select 1')).toBe('job');
    expect(tableWritten('update "scim_resource" set a = 1')).toBe('scim_resource');
    expect(tableWritten('delete from scim_member')).toBe('scim_member');
    expect(tableWritten('DELETE FROM "Token"')).toBe('token');
    for (const text of [
      'update or replace token set a = 1',
      'update main.token set a = 1',
      'insert into "main"."token" values (1)',
      'delete from [token]',
      'replace into token values (1)',
      '-- a word on it\nupdate job set a = 1',
    ]) {
      expect(tableWritten(text)).toBeUndefined();
    }
    expect(tableWritten('with gone as (select 1) delete from token')).toBeUndefined();
    expect(tableWritten('alter table token add column x')).toBeUndefined();
    expect(tableWritten(' select 1')).toBeNull();
  });
});
