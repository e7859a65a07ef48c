import { randomBytes } from 'node:crypto';
import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createSecretStore, type SecretStore } from '../../src/storage/secrets.ts';
import { eachDatabase } from '../support/store.ts';
import { later, openWorld, START, type World } from './building.ts';

const KEY = { id: 'k1', key: randomBytes(32) };
const VALUE = JSON.stringify({ token: 'not a real one', note: 'ünïcode' });

eachDatabase('secrets', (testStore) => {
  let world: World;
  let secrets: SecretStore;
  beforeAll(async () => {
    world = await openWorld(testStore);
  });
  beforeEach(async () => {
    secrets = createSecretStore(world.database.write, 't1', { current: KEY });
    await world.database.write.deleteFrom('secret').execute();
    await secrets.set('drift', VALUE, START);
  });

  const stored = () => world.database.read.selectFrom('secret').selectAll().executeTakeFirstOrThrow();

  async function tamper(change: (row: Awaited<ReturnType<typeof stored>>) => object): Promise<void> {
    await world.database.write
      .updateTable('secret')
      .set(change(await stored()))
      .execute();
  }

  it('opens what was sealed, and holds none of it in the clear', async () => {
    expect(await secrets.get('drift')).toBe(VALUE);
    expect(await secrets.get('other')).toBeNull();
    expect(await secrets.names()).toEqual(['drift']);
    expect(JSON.stringify(await stored())).not.toContain('not a real one');
    expect((await stored()).ciphertext).toMatch(/^v1\.k1\.[\w-]{16}\.[\w-]+$/);
  });

  it('never seals alike twice, and replaces what was there', async () => {
    const before = await stored();
    await secrets.set('drift', VALUE, later(1));
    const after = await stored();
    expect(after.ciphertext).not.toBe(before.ciphertext);
    expect(after.updated_at).toBe(later(1));
    await secrets.set('drift', '', later(2));
    expect(await secrets.get('drift')).toBe('');
    expect(await secrets.remove('drift')).toBe(true);
    expect(await secrets.remove('drift')).toBe(false);
  });

  it('lets one of all take the place of a value, and nobody the place of another one', async () => {
    const { value, revision } = (await secrets.read('drift')) ?? { value: '', revision: '' };
    expect(value).toBe(VALUE);
    const others = [secrets, createSecretStore((await testStore.open()).write, 't1', { current: KEY })];
    const swapped = await Promise.all(
      Array.from({ length: 10 }, async (_, n) =>
        (others[n % 2] ?? secrets).swap('drift', revision, `value ${String(n)}`, later(n)),
      ),
    );
    const winners = swapped.flatMap((one, n) => (one === null ? [] : [n]));
    expect(winners).toHaveLength(1);
    expect(await secrets.read('drift')).toEqual({
      value: `value ${String(winners[0])}`,
      revision: swapped[winners[0] ?? 0],
    });
    expect(await secrets.swap('drift', revision, 'late', later(20))).toBeNull();
    expect(await secrets.swap('drift', null, 'first', later(20))).toBeNull();
    expect(await secrets.read('other')).toBeNull();
    const first = await Promise.all(['a', 'b'].map((text) => secrets.swap('other', null, text, later(21))));
    expect(first.filter((one) => one !== null)).toHaveLength(1);
    expect(await secrets.get('other')).toBe(first[0] === null ? 'b' : 'a');
  });

  it('opens in no other row, tenant or table place', async () => {
    await tamper(() => ({ name: 'other' }));
    await expect(secrets.get('other')).rejects.toMatchObject({ code: 'store.unavailable' });
    await tamper(() => ({ name: 'drift', tenant_id: 't2' }));
    const other = createSecretStore(world.database.write, 't2', { current: KEY });
    await expect(other.get('drift')).rejects.toMatchObject({ code: 'store.unavailable' });
  });

  it('opens with no other key, not even one of the same name', async () => {
    for (const current of [
      { id: 'k1', key: randomBytes(32) },
      { id: 'k2', key: KEY.key },
    ]) {
      const other = createSecretStore(world.database.write, 't1', { current });
      await expect(other.get('drift')).rejects.toThrow(/BRIDGE_SECRET_KEY/);
    }
    await tamper((row) => ({ key_id: 'k2', ciphertext: row.ciphertext.replace('.k1.', '.k2.') }));
    const renamed = createSecretStore(world.database.write, 't1', { current: { id: 'k2', key: KEY.key } });
    await expect(renamed.get('drift')).rejects.toThrow(/BRIDGE_SECRET_KEY/);
  });

  it('opens with an older key, and seals with the present one', async () => {
    const rotated = createSecretStore(world.database.write, 't1', {
      current: { id: 'k2', key: randomBytes(32) },
      older: [KEY],
    });
    expect(await rotated.get('drift')).toBe(VALUE);
    await rotated.set('drift', VALUE, later(1));
    expect((await stored()).key_id).toBe('k2');
    await expect(secrets.get('drift')).rejects.toMatchObject({ code: 'store.unavailable' });
  });

  it('opens with no bit of it changed', async () => {
    const { ciphertext } = await stored();
    const [version = '', key = '', nonce = '', sealed = ''] = ciphertext.split('.');
    const flips: string[] = [];
    for (const [part, text] of [nonce, sealed].entries()) {
      const bytes = Buffer.from(text, 'base64url');
      for (let bit = 0; bit < bytes.length * 8; bit += 5) {
        const flipped = Buffer.from(bytes);
        flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        const encoded = flipped.toString('base64url');
        flips.push([version, key, ...(part === 0 ? [encoded, sealed] : [nonce, encoded])].join('.'));
      }
    }
    const broken = ['', 'v1', `v2${ciphertext.slice(2)}`, `${ciphertext}.x`, `${ciphertext}A`, ciphertext.slice(0, -1)];
    for (const forged of [...flips, ...broken]) {
      await tamper(() => ({ ciphertext: forged }));
      await expect(secrets.get('drift')).rejects.toMatchObject({ code: 'store.unavailable' });
    }
    await tamper(() => ({ ciphertext }));
    expect(await secrets.get('drift')).toBe(VALUE);
  });

  it('takes no key of another length, and no name that would not stay in the header', () => {
    const make = (id: string, bytes: number) => () =>
      createSecretStore(world.database.write, 't1', { current: { id, key: randomBytes(bytes) } });
    expect(make('k1', 16)).toThrow(/32 bytes/);
    expect(make('a.b', 32)).toThrow(/words/);
    expect(make('', 32)).toThrow(/words/);
  });
});
