import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { TokenRecord, TokenStore } from '../../src/flows/token-port.ts';
import { createAuditTrail } from '../../src/storage/audit.ts';
import { createTokenStore } from '../../src/storage/tokens.ts';
import { eachDatabase } from '../support/store.ts';
import { freshTenant, later, openWorld, START, type World } from './building.ts';

eachDatabase('tokens', (testStore) => {
  let world: World;
  let tokens: TokenStore;
  let tenantId: string;
  beforeAll(async () => {
    world = await openWorld(testStore);
    tokens = createTokenStore(world);
  });
  beforeEach(async () => {
    tenantId = await freshTenant(world);
  });

  function token(id: string, more: Partial<TokenRecord> = {}): TokenRecord {
    return {
      id,
      tenantId,
      audience: 'scim',
      scopes: ['scim:read', 'scim:write'],
      subject: 'okta',
      name: 'Okta',
      hash: `hash of ${id} in ${tenantId}`,
      createdBy: 'maya',
      createdAt: START,
      expiresAt: later(100_000),
      ...more,
    };
  }

  const event = (kind: string) => ({ actor: 'maya', kind, subject: 'a', data: {} });

  async function auditKinds(): Promise<readonly string[]> {
    const trail = createAuditTrail(world.database.read, tenantId, world.crypto);
    return (await trail.list(1, 100)).map(({ kind }) => kind);
  }

  it('finds a token by its hash, with the state of its tenant', async () => {
    const record = token('a');
    await tokens.create(record, event('token.created'));
    expect(await tokens.byHash(record.hash)).toEqual({ ...record, tenantState: 'active' });
    await world.tenants.pause(tenantId, 'maya');
    expect(await tokens.byHash(record.hash)).toMatchObject({ tenantState: 'paused' });
    expect(await tokens.byHash('another')).toBeNull();
    expect(await auditKinds()).toEqual(['token.created', 'tenant.paused']);
  });

  it('lists tokens in pages', async () => {
    for (const id of ['a', 'b', 'c']) await tokens.create(token(id), event('token.created'));
    expect((await tokens.list(tenantId, null, 2)).map(({ id }) => id)).toEqual(['a', 'b']);
    expect((await tokens.list(tenantId, 'b', 2)).map(({ id }) => id)).toEqual(['c']);
  });

  it('revokes once, in one transaction with the audit entry', async () => {
    await tokens.create(token('a'), event('token.created'));
    expect(await tokens.revoke(tenantId, 'a', later(1), event('token.revoked'))).toBe(true);
    expect(await tokens.revoke(tenantId, 'a', later(2), event('token.revoked'))).toBe(false);
    expect(await tokens.get(tenantId, 'a')).toMatchObject({ revokedAt: later(1) });
    expect(await auditKinds()).toEqual(['token.created', 'token.revoked']);
  });

  it('rotates a live token and shortens its life, never lengthens it', async () => {
    await tokens.create(token('a'), event('token.created'));
    expect(await tokens.replace('a', token('b', { createdAt: later(10) }), later(50), event('token.rotated'))).toBe(
      true,
    );
    expect(await tokens.get(tenantId, 'a')).toMatchObject({ expiresAt: later(50) });
    expect(await tokens.get(tenantId, 'b')).toMatchObject({ expiresAt: later(100_000) });
    expect(await tokens.replace('a', token('c', { createdAt: later(20) }), later(900), event('token.rotated'))).toBe(
      true,
    );
    expect(await tokens.get(tenantId, 'a')).toMatchObject({ expiresAt: later(50) });
    expect(await tokens.replace('a', token('d', { createdAt: later(50) }), later(900), event('token.rotated'))).toBe(
      false,
    );
    await tokens.revoke(tenantId, 'b', later(1), event('token.revoked'));
    expect(await tokens.replace('b', token('e'), later(900), event('token.rotated'))).toBe(false);
    expect((await tokens.list(tenantId, null, 10)).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('pauses and resumes a token once each, in one transaction with the audit entry', async () => {
    const record = token('a');
    await tokens.create(record, event('token.created'));
    expect(await tokens.setPaused(tenantId, 'a', null, event('token.resumed'))).toBe(false);
    expect(await tokens.setPaused(tenantId, 'a', later(1), event('token.paused'))).toBe(true);
    expect(await tokens.setPaused(tenantId, 'a', later(2), event('token.paused'))).toBe(false);
    expect(await tokens.byHash(record.hash)).toEqual({ ...record, pausedAt: later(1), tenantState: 'active' });
    expect(await tokens.setPaused('t1', 'a', null, event('token.resumed'))).toBe(false);
    expect(await tokens.setPaused(tenantId, 'a', null, event('token.resumed'))).toBe(true);
    expect(await tokens.get(tenantId, 'a')).toEqual(record);
    await tokens.revoke(tenantId, 'a', later(3), event('token.revoked'));
    expect(await tokens.setPaused(tenantId, 'a', later(4), event('token.paused'))).toBe(false);
    expect(await auditKinds()).toEqual(['token.created', 'token.paused', 'token.resumed', 'token.revoked']);
  });

  it('lets the successor of a paused token rest, too', async () => {
    await tokens.create(token('a'), event('token.created'));
    await tokens.setPaused(tenantId, 'a', later(1), event('token.paused'));
    await tokens.replace('a', token('b', { createdAt: later(10) }), later(50), event('token.rotated'));
    expect(await tokens.get(tenantId, 'b')).toMatchObject({ pausedAt: later(1) });
  });

  it('knows with which token each connection of a tenant ends', async () => {
    const made = [
      token('a', { expiresAt: later(50) }),
      token('b', { expiresAt: later(90) }),
      token('other-audience', { audience: 'api', expiresAt: later(40) }),
      token('other-subject', { subject: 'entra', expiresAt: later(60) }),
      token('revoked', { subject: 'gone', expiresAt: later(70) }),
      token('ended', { subject: 'old', expiresAt: later(10) }),
    ];
    for (const one of made) await tokens.create(one, event('token.created'));
    await tokens.revoke(tenantId, 'revoked', later(1), event('token.revoked'));
    const last = (await tokens.lastOfEach(later(10))).filter((one) => one.tenantId === tenantId);
    expect(last).toEqual([
      { tenantId, id: 'other-audience', audience: 'api', expiresAt: later(40) },
      { tenantId, id: 'other-subject', audience: 'scim', expiresAt: later(60) },
      { tenantId, id: 'b', audience: 'scim', expiresAt: later(90) },
    ]);
  });

  it('notes the last use at most once a minute, whichever process saw it', async () => {
    await tokens.create(token('a'), event('token.created'));
    const lastUsed = async () => (await tokens.get(tenantId, 'a'))?.lastUsedAt;
    await tokens.touch(tenantId, 'a', later(0));
    await tokens.touch(tenantId, 'a', later(59_999));
    await createTokenStore(world).touch(tenantId, 'a', later(59_999));
    expect(await lastUsed()).toBe(later(0));
    await tokens.touch(tenantId, 'a', later(60_000));
    expect(await lastUsed()).toBe(later(60_000));
  });

  it('refuses two tokens with one hash', async () => {
    await tokens.create(token('a'), event('token.created'));
    await expect(tokens.create(token('b', { hash: token('a').hash }), event('token.created'))).rejects.toThrow();
    expect(await auditKinds()).toEqual(['token.created']);
  });
});
