import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '../../src/auth/tokens.ts';
import { ensureBootstrapTokens } from '../../src/compose/bootstrap.ts';
import { guardDemo } from '../../src/compose/demo-guard.ts';
import { systemClock } from '../../src/compose/system.ts';
import type { KeptTokens } from '../../src/compose/secrets.ts';
import type { TokenStore } from '../../src/flows/token-port.ts';
import { type Database, openDatabase } from '../../src/storage/database.ts';
import { createCrypto } from '../../src/storage/node-crypto.ts';
import { createStoreMeta } from '../../src/storage/store-meta.ts';
import { createTenants } from '../../src/storage/tenants.ts';
import { createTokenStore } from '../../src/storage/tokens.ts';

const pepper = Buffer.alloc(32, 5);
const crypto = createCrypto({ pepper });
const clock = systemClock;
const ENV = { admin: 'admin-of-the-environment-0123456789', scim: 'scim-of-the-environment-01234567890' };
const AUDIT = { actor: 'test', kind: 'token.revoked', subject: 'x', data: {} };

let database: Database;
let tokens: TokenStore;
let file: { admin?: string; scim?: string };

beforeEach(async () => {
  database = await openDatabase({ url: ':memory:' });
  tokens = createTokenStore({ database, clock, crypto });
  file = {};
});
afterEach(() => database.close());

const kept: KeptTokens = { read: () => file, write: (now) => void (file = now) };

async function start(given: { admin?: string; scim?: string } = {}): ReturnType<typeof ensureBootstrapTokens> {
  await createTenants({ database, clock, crypto }).ensureDefault();
  const meta = createStoreMeta(database);
  return ensureBootstrapTokens({ tokens, meta, clock, crypto, pepper, tenantId: 'default' }, given, kept);
}

const state = async (text: string): Promise<string> => {
  const record = await tokens.byHash(hashToken(text, pepper));
  return record === null ? 'unknown' : record.revokedAt === undefined ? 'live' : 'revoked';
};

describe('bootstrap tokens', () => {
  it('are minted once, kept, and found again at the next start', async () => {
    const first = await start();
    expect([first.admin.origin, first.scim.origin]).toEqual(['minted', 'minted']);
    const second = await start();
    expect(second).toEqual({
      admin: { text: first.admin.text, origin: 'kept' },
      scim: { text: first.scim.text, origin: 'kept' },
    });
  });

  it('of the environment are never kept in the file, and a changed one replaces the old', async () => {
    await start(ENV);
    expect(file).toEqual({});
    const other = { ...ENV, admin: 'another-admin-token-0123456789012345' };
    await start(other);
    expect([await state(ENV.admin), await state(other.admin), await state(ENV.scim)]).toEqual([
      'revoked',
      'live',
      'live',
    ]);
    await expect(start(ENV)).rejects.toThrow(/replaced/);
  });

  it('that an administrator revoked stay revoked, and the bridge still starts', async () => {
    const first = await start();
    const scim = await tokens.byHash(hashToken(first.scim.text, pepper));
    await tokens.revoke('default', scim?.id ?? '', clock.now(), AUDIT);
    const second = await start();
    expect(await state(first.scim.text)).toBe('revoked');
    expect(second.scim.origin).toBe('minted');
    expect(second.admin).toEqual({ text: first.admin.text, origin: 'kept' });
  });

  it('leave a token alone that only has the same name', async () => {
    const first = await start();
    const admin = await tokens.byHash(hashToken(first.admin.text, pepper));
    if (admin === null) throw new Error('no admin token');
    const rotated = 'rotated-by-an-administrator-012345678';
    const { tenantState, ...record } = admin;
    expect(tenantState).toBe('active');
    await tokens.replace(admin.id, { ...record, id: 'rotated', hash: hashToken(rotated, pepper) }, clock.now(), AUDIT);
    await start();
    expect(await state(rotated)).toBe('live');
  });
});

describe('the guard of demo data', () => {
  const demo = { url: 'http://127.0.0.1:9999', instanceId: 'simulator-1' };

  it('marks an empty store once, and opens it with that simulator alone', async () => {
    await guardDemo(database, demo.url, demo);
    await guardDemo(database, demo.url, demo);
    await expect(guardDemo(database, demo.url, null)).rejects.toThrow(/demo data/);
    await expect(guardDemo(database, 'https://driftapi.com', demo)).rejects.toThrow(/its own simulator/);
    await expect(guardDemo(database, demo.url, { ...demo, instanceId: 'another' })).rejects.toThrow(
      /another simulator/,
    );
  });

  it('never makes a demo of a store that was started for real, whatever is in it', async () => {
    await start(ENV);
    await expect(guardDemo(database, demo.url, demo)).rejects.toThrow(/cannot become a demo/);
  });
});
