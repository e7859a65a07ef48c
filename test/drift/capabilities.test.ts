import { describe, expect, it } from '@jest/globals';
import { judgeCapabilities, withEarlier, type Capabilities } from '../../src/core/capabilities.ts';
import type { SimulatorSettings } from '../../src/simulator/settings.ts';
import { capable, drift, type DriftWorld } from './drift-world.ts';

const ALL_CONTACTS = { contactListing: 'cursor', contactOwnerId: 'stored' } as const;

async function probed(
  settings: Partial<SimulatorSettings> = {},
  options: Parameters<typeof drift>[1] & { readonly contacts?: number; readonly known?: boolean } = {},
): Promise<DriftWorld & { readonly found: Capabilities }> {
  const world = await drift(settings, options);
  world.simulator.seed({
    contacts: Array.from({ length: options.contacts ?? 3 }, (_, n) => ({
      attributes: { email: `c${String(n)}@example.net` },
      ownerEmail: 'mel.member@example.com',
    })),
  });
  const contactIds = options.known === true ? world.simulator.state().contacts.map(({ id }) => id) : [];
  return { ...world, found: await world.target.probe({ contactIds }) };
}

const state = (found: Capabilities, code: string): string | undefined =>
  judgeCapabilities(found).find((finding) => finding.code === code)?.state;

describe('a probe', () => {
  it('measures what the organisation can do', async () => {
    const { found } = await probed({ ...ALL_CONTACTS, scimPath: '/scim/v2' });
    expect(found).toEqual({
      probedAt: expect.stringMatching(/Z$/) as unknown,
      orgId: expect.stringMatching(/^\d+$/) as unknown,
      scimPath: '/scim/v2',
      scimEntitled: true,
      scopes: {
        granted: expect.arrayContaining(['user_read', 'gdpr_write']) as unknown,
        missing: [],
        excess: ['conversation_read', 'conversation_write', 'gdpr_read', 'gdpr_write'],
      },
      filter: 'honoured',
      activeName: 'active',
      contactListing: 'listed',
      contactOwnerId: true,
      accountListing: 'listed',
      attributes: expect.arrayContaining([{ name: 'account_manager', type: 'STRING' }]) as unknown,
      carrier: null,
      unknown: {},
    });
  });

  it.each<Partial<SimulatorSettings>>([
    {},
    ALL_CONTACTS,
    { scimPath: '/scim/v2' },
    { scimPath: 'both' },
    { scimEntitled: false },
    { scimEntitled: false, scimRefusalStatus: 404 },
    { filterHonoured: false },
    { contactListing: 'empty' },
    { scopes: [] },
    { errorStyle: 'errors', unauthorizedStatus: 403 },
    { scimContentType: 'scim+json', scimErrors: 'rest', scimIdSpace: 'different' },
    { serverPageCap: 1 },
  ])('sends nothing but GETs and the description of its own token (%j)', async (settings) => {
    const { simulator, found } = await probed(settings, { known: true });
    const sent = simulator.journal().map(({ method, path }) => (method === 'GET' ? 'GET' : `${method} ${path}`));
    expect([...new Set(sent)].toSorted()).toEqual(['GET', 'POST /app/token_info']);
    expect(simulator.journal().every(({ effect }) => effect === null)).toBe(true);
    expect(sent.length).toBeLessThanOrEqual(13);
    expect(JSON.stringify(judgeCapabilities(found))).not.toContain('example.com');
  });

  it.each([
    [{ filterHonoured: false }, 'ignored'],
    [{}, 'honoured'],
  ] as const)('tells whether the filter is honoured (%j)', async (settings, filter) => {
    const { found } = await probed(settings);
    expect(found.filter).toBe(filter);
    expect(state(found, 'drift.filter')).toBe(filter === 'honoured' ? 'ok' : 'warn');
  });

  it.each([
    [{ contactListing: 'off' }, 'refused', false],
    [{ contactListing: 'off', contactOwnerId: 'stored' }, 'refused', true],
    [{ contactListing: 'empty', contactOwnerId: 'stored' }, 'empty', true],
    [{ contactListing: 'cursor' }, 'listed', false],
  ] as const)(
    'looks at known contacts where none are listed (%j)',
    async (settings, contactListing, contactOwnerId) => {
      const { found } = await probed(settings, { known: true });
      expect(found).toMatchObject({ contactListing, contactOwnerId, unknown: {} });
      expect(state(found, 'drift.contacts')).toBe('warn');
    },
  );

  it('does not know what it cannot see', async () => {
    const { found } = await probed({ contactListing: 'off' });
    expect(found.contactOwnerId).toBeNull();
    expect(found.unknown).toEqual({ contactOwnerId: 'no contact can be seen' });
  });

  it.each(['off', 'cursor'] as const)('takes a declared ownerId for carried (listing %s)', async (contactListing) => {
    const world = await drift({ contactListing });
    world.simulator.seed({ attributes: [{ name: 'ownerId', displayName: 'Owner', type: 'NUMERIC' }] });
    const found = await world.target.probe({ contactIds: [] });
    expect(found).toMatchObject({ contactOwnerId: true, unknown: {} });
  });

  it('says what lacks a scope, and what is granted in excess', async () => {
    const { found } = await probed({ scopes: ['user_read', 'account_read', 'contact_read', 'playbook_read'] });
    expect(found.scopes?.missing).toEqual([
      { scope: 'user_write', operations: ['update-user'] },
      { scope: 'account_write', operations: ['update-account'] },
      { scope: 'contact_write', operations: ['update-contact'] },
      { scope: 'all_contact_read', operations: ['list-contact-attributes'] },
    ]);
    expect(found.scopes?.excess).toEqual(['playbook_read']);
    expect(found.attributes).toBeNull();
    expect(found.unknown['attributes']).toMatch(/403/);
    expect(state(found, 'drift.scopes')).toBe('warn');
    expect(state(found, 'drift.scopes_excess')).toBe('warn');
    const blind = await probed({ scopes: ['account_read'] });
    expect(state(blind.found, 'drift.scopes')).toBe('fail');
  });

  it.each([
    [{ scimEntitled: false }, false],
    [{ scimEntitled: false, scimRefusalStatus: 404 as const }, false],
    [{}, true],
  ])('tells whether SCIM is entitled (%j)', async (settings, scimEntitled) => {
    const { found } = await probed(settings);
    expect(found.scimEntitled).toBe(scimEntitled);
    expect(state(found, 'drift.scim')).toBe(scimEntitled ? 'ok' : 'fail');
  });

  it.each([
    ['account_manager', true, 'ok'],
    ['made_up', false, 'fail'],
  ] as const)('tells whether the owner attribute %s is declared', async (name, declared, verdict) => {
    const { found } = await probed({ contactListing: 'cursor' }, { target: { contactOwnerAttribute: name } });
    expect(found.carrier).toEqual({ name, declared });
    expect(state(found, 'drift.carrier')).toBe(verdict);
    // None carries ownerId, and none needs to.
    expect([found.contactOwnerId, state(found, 'drift.contacts')]).toEqual([false, 'ok']);
  });

  it('keeps each part for itself when Drift fails in one', async () => {
    const world = await drift(ALL_CONTACTS);
    world.simulator.fault({ kind: 'status', status: 503, path: '/accounts' });
    world.simulator.fault({ kind: 'truncate', path: '/app/token_info' });
    const found = await world.target.probe({ contactIds: [] });
    expect(found).toMatchObject({ orgId: null, scopes: null, accountListing: null, filter: 'honoured' });
    expect(Object.keys(found.unknown).toSorted()).toEqual(['accountListing', 'contactOwnerId', 'orgId', 'scopes']);
    expect(state(found, 'drift.org')).toBe('warn');
  });

  it('learns nothing where the credentials are dead', async () => {
    const world = await drift();
    world.simulator.revokeTokens();
    const found = await world.target.probe({ contactIds: [] });
    expect(found.unknown['orgId']).toMatch(/credential_dead/);
    expect(found).toMatchObject({ orgId: null, scimEntitled: null, filter: null, accountListing: null });
  });

  it('finds the SCIM path anew, while work that began stays with the old one', async () => {
    const remembered: string[] = [];
    const world = await drift(
      { scimPath: '/scim' },
      { client: { rememberedScimPath: '/scim', rememberScimPath: async (path) => void remembered.push(path) } },
    );
    const running = world.targetWith({});
    await running.findAccounts('nobody@example.com');
    world.simulator.set({ scimPath: '/scim/v2' });
    expect((await world.targetWith({}).probe({ contactIds: [] })).scimPath).toBe('/scim/v2');
    expect(remembered).toEqual(['/scim/v2']);
    await expect(running.listAccounts()).rejects.toMatchObject({ code: 'drift.unreachable' });
    expect(await world.targetWith({}).listAccounts()).toHaveLength(4);
  });

  it('asks nowhere else where the path is a setting', async () => {
    const world = await drift({ scimPath: '/scim/v2' }, { client: { scimPath: '/scim' } });
    expect(await world.target.probe({ contactIds: [] })).toMatchObject({ scimPath: '/scim', scimEntitled: false });
    expect(world.simulator.journal().some(({ path }) => path.startsWith('/scim/v2'))).toBe(false);
  });
});

describe('what an earlier probe knew', () => {
  const earlier = capable({ probedAt: '2029-01-01T00:00:00.000Z', orgId: '7', filter: 'honoured', unknown: {} });

  it('stays, dated, where this one could not learn it', () => {
    const now = capable({ filter: 'ignored', unknown: { orgId: 'Drift gave no answer (timeout)' } });
    const merged = withEarlier(now, earlier);
    expect(merged).toMatchObject({ orgId: '7', filter: 'ignored' });
    expect(merged.unknown['orgId']).toBe('Drift gave no answer (timeout); the value is of 2029-01-01T00:00:00.000Z');
    const again = withEarlier(capable({ unknown: {} }), merged);
    expect(again.unknown['orgId']).toBe('not probed; the value is of 2029-01-01T00:00:00.000Z');
    expect(withEarlier(now, null)).toBe(now);
    expect(judgeCapabilities(merged)[0]).toEqual({
      code: 'drift.probe',
      state: 'warn',
      detail: expect.stringContaining('known before: orgId.') as unknown,
    });
  });

  it('is one finding where nothing at all is known', () => {
    expect(judgeCapabilities(null)).toHaveLength(1);
    expect(judgeCapabilities(capable({}))).toEqual([
      { code: 'drift.probe', state: 'warn', detail: expect.stringContaining('not probed') as unknown },
    ]);
    expect(judgeCapabilities(capable({ orgId: '7' })).length).toBeGreaterThan(5);
  });
});
