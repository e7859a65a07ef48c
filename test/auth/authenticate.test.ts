import { expect, it } from '@jest/globals';
import { createAuthenticate } from '../../src/auth/authenticate.ts';
import { createTokenDesk } from '../../src/auth/token-desk.ts';
import { hashToken, mintToken } from '../../src/auth/tokens.ts';
import type { Principal } from '../../src/flows/principal.ts';
import type { TokenStore } from '../../src/flows/token-port.ts';
import { createCrypto } from '../../src/storage/node-crypto.ts';
import { createTenants } from '../../src/storage/tenants.ts';
import { createTokenStore } from '../../src/storage/tokens.ts';
import { testClock } from '../api/world.ts';
import { eachDatabase } from '../support/store.ts';

const PEPPER = new Uint8Array(32).fill(5);
const ADMIN: Principal = {
  tenantId: 'default',
  tokenId: 'setup',
  subject: 'alex',
  audience: 'api',
  scopes: ['admin'],
};

eachDatabase('tokens', (suite) => {
  async function world() {
    const database = await suite.open();
    const clock = testClock();
    const crypto = createCrypto({ pepper: PEPPER });
    const tenants = createTenants({ database, clock, crypto });
    await tenants.ensureDefault();
    const stored = createTokenStore({ database, clock, crypto });
    let reads = 0;
    const tokens: TokenStore = { ...stored, byHash: (hash) => ((reads += 1), stored.byHash(hash)) };
    return {
      clock,
      tenants,
      tokens,
      reads: () => reads,
      desk: createTokenDesk({ tokens, clock, pepper: PEPPER }),
      authenticate: createAuthenticate({ tokens, clock, pepper: PEPPER }),
    };
  }
  const wanted = {
    by: ADMIN,
    audience: 'api' as const,
    scopes: ['read'],
    subject: 'robin',
    name: 'n',
    expiresInDays: 30,
  };

  it('know their tenant, scopes and subject', async () => {
    const { desk, authenticate, clock } = await world();
    const { token, record } = await desk.create(wanted);
    clock.pass(25 * 3_600_000);
    expect(await authenticate(token, 'api')).toEqual({
      ok: true,
      principal: {
        ...{ tenantId: 'default', tokenId: record.id, subject: 'robin', connection: 'robin', audience: 'api' },
        scopes: ['read'],
      },
    });
  });

  it('count as their creator for 24 hours, and a token made by a young one counts as the first creator too', async () => {
    const { desk, authenticate, clock } = await world();
    const { token } = await desk.create({ ...wanted, scopes: ['admin'] });
    const young = await authenticate(token, 'api');
    expect(young).toMatchObject({ principal: { subject: 'alex' } });
    if (!young.ok) return;
    const next = await desk.create({ ...wanted, by: young.principal, subject: 'kim' });
    expect(await authenticate(next.token, 'api')).toMatchObject({ principal: { subject: 'alex', connection: 'kim' } });
    clock.pass(24 * 3_600_000);
    expect(await authenticate(token, 'api')).toMatchObject({ principal: { subject: 'robin' } });
    expect(await authenticate(next.token, 'api')).toMatchObject({ principal: { subject: 'kim' } });
    const rotated = await desk.rotate({ by: ADMIN, id: next.record.id, overlapSeconds: 0 });
    expect(await authenticate(rotated.token, 'api')).toMatchObject({ principal: { subject: 'alex' } });
  });

  it('are refused with a reason, and what cannot be a token never reaches the store', async () => {
    const { desk, authenticate, clock, reads } = await world();
    const { token, record } = await desk.create(wanted);
    const damaged = `${token.slice(0, -1)}${token.endsWith('a') ? 'b' : 'a'}`;
    expect(await authenticate(damaged, 'api')).toEqual({ ok: false, reason: 'malformed' });
    expect(await authenticate('short', 'api')).toEqual({ ok: false, reason: 'malformed' });
    expect(await authenticate(token, 'scim')).toEqual({ ok: false, reason: 'audience' });
    expect(reads()).toBe(0);
    expect(await authenticate(mintToken('api').text, 'api')).toEqual({ ok: false, reason: 'unknown' });
    expect(await authenticate('a bootstrap token that nobody ever set', 'api')).toEqual({
      ok: false,
      reason: 'unknown',
    });
    clock.pass(30 * 86_400_000);
    expect(await authenticate(token, 'api')).toEqual({ ok: false, reason: 'expired' });
    const other = await desk.create(wanted);
    await desk.revoke(ADMIN, other.record.id);
    expect(await authenticate(other.token, 'api')).toEqual({ ok: false, reason: 'revoked' });
    expect(record.hash).not.toContain(token);
  });

  it('may be any long text where an installation sets it, for its own audience only', async () => {
    const { authenticate, tokens, clock } = await world();
    const text = 'an installation chose this text itself';
    await tokens.create(
      {
        ...{ id: 'bootstrap-scim', tenantId: 'default', audience: 'scim', scopes: ['scim:read'], subject: 'bootstrap' },
        ...{ name: 'bootstrap', hash: hashToken(text, PEPPER), createdBy: 'bootstrap', createdAt: clock.now() },
        expiresAt: new Date(Date.parse(clock.now()) + 86_400_000).toISOString(),
      },
      { actor: 'system', kind: 'token.created', subject: 'bootstrap-scim', data: {} },
    );
    expect(await authenticate(text, 'scim')).toMatchObject({ ok: true, principal: { subject: 'bootstrap' } });
    expect(await authenticate(text, 'api')).toEqual({ ok: false, reason: 'audience' });
  });

  it('are refused while they are paused, at once, and so are their successors', async () => {
    const { desk, authenticate } = await world();
    const { token, record } = await desk.create(wanted);
    expect(await desk.pause(ADMIN, record.id)).toMatchObject({ id: record.id, pausedAt: expect.any(String) });
    await expect(authenticate(token, 'api')).rejects.toMatchObject({
      code: 'auth.paused',
      message: expect.stringContaining(`bridge token resume ${record.id}`),
    });
    // Of another audience it is refused as ever: who holds it learns nothing of its state.
    expect(await authenticate(token, 'scim')).toEqual({ ok: false, reason: 'audience' });
    await desk.pause(ADMIN, record.id);
    const successor = await desk.rotate({ by: ADMIN, id: record.id, overlapSeconds: 60 });
    expect(successor.record.pausedAt).toBeDefined();
    await expect(authenticate(successor.token, 'api')).rejects.toMatchObject({ code: 'auth.paused' });
    await desk.resume(ADMIN, successor.record.id);
    expect(await authenticate(successor.token, 'api')).toMatchObject({ ok: true });
    await desk.revoke(ADMIN, record.id);
    expect(await authenticate(token, 'api')).toEqual({ ok: false, reason: 'revoked' });
    await expect(desk.resume(ADMIN, record.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(desk.pause(ADMIN, 'nobody')).rejects.toMatchObject({ code: 'not_found' });
    await expect(desk.pause({ ...ADMIN, tokenId: successor.record.id }, successor.record.id)).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  it('of a paused tenant are refused, but for administrators', async () => {
    const { desk, authenticate, tenants } = await world();
    const reader = await desk.create(wanted);
    const admin = await desk.create({ ...wanted, scopes: ['admin'] });
    const provider = await desk.create({ ...wanted, audience: 'scim', scopes: ['scim:read', 'scim:write'] });
    await tenants.pause('default', 'setup');
    await expect(authenticate(provider.token, 'scim')).rejects.toMatchObject({ code: 'auth.paused' });
    await expect(authenticate(reader.token, 'api')).rejects.toMatchObject({ code: 'auth.paused' });
    expect(await authenticate(admin.token, 'api')).toMatchObject({ ok: true });
    await tenants.resume('default', 'setup');
    expect(await authenticate(reader.token, 'api')).toMatchObject({ ok: true });
  });
});
