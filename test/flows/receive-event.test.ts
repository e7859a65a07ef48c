import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import { unknownCapabilities } from '../../src/core/capabilities.ts';
import type { Job } from '../../src/flows/job-port.ts';
import type { Aggregates, TenantStore } from '../../src/flows/ports.ts';
import { type ReceiveEvent, createReceiveEvent } from '../../src/flows/receive-event.ts';
import { createProcessEvents } from '../../src/flows/receive-event/process-events.ts';
import { createAuditTrail } from '../../src/storage/audit.ts';
import { createWebhookAddresses } from '../../src/storage/events.ts';
import { type World, START, freshTenant, openWorld } from '../contract/building.ts';
import { eachDatabase } from '../support/store.ts';

const CONTACT = 11_751_623_441_268_737n;
const DAY = 86_400_000;

eachDatabase('events of Drift, from the store to their effect', (testStore) => {
  let world: World;
  let tenant: TenantStore;
  let flow: ReceiveEvent;
  let logged: string[];
  beforeAll(async () => {
    world = await openWorld(testStore);
  });
  beforeEach(async () => {
    tenant = world.store.tenant(await freshTenant(world));
    flow = createReceiveEvent({ ...world, newAddress: () => `address-${tenant.tenantId}` });
    logged = [];
  });

  const receive = (type: string, data: object = {}, orgId: unknown = 7) =>
    flow.receive(tenant.tenantId, { type, orgId, data });
  const process = (mostKept?: number) =>
    createProcessEvents({ ...world, log: (_level, code) => void logged.push(code), ...(mostKept && { mostKept }) })({
      ...{ id: 'job', tenantId: tenant.tenantId, kind: 'event', payload: {}, attempts: 1, fence: 1 },
    } satisfies Job);
  const marks = async () => (await tenant.marks.list(1000)).map(({ kind, by, key }) => `${kind} ${by} ${key}`);
  const fates = async () =>
    (await tenant.events.list({}, null, 1000)).map(({ type, state, why }) => `${type} ${state} ${why ?? ''}`);
  const audit = async () =>
    (await createAuditTrail(world.database.read, tenant.tenantId, world.crypto).list(1, 100)).map(
      ({ kind, subject, data }) => ({ kind, subject, data }),
    );
  const jobs = async () =>
    (
      await world.database.read
        .selectFrom('job')
        .select(['dedupe_key', 'run_at'])
        .where('tenant_id', '=', tenant.tenantId)
        .orderBy('run_at')
        .execute()
    ).map((row) => `${row.dedupe_key ?? ''} ${row.run_at}`);
  const ourOrg = (orgId: string | null) =>
    tenant.write((tx) =>
      tx.settings.set('drift.capabilities', JSON.stringify({ ...unknownCapabilities(START, 'test'), orgId })),
    );

  it('puts aside an event that the store cannot take, after some tries, and goes on with those behind it', async () => {
    await receive('contact_updated', { endUserId: 5, timestamp: 1 });
    await receive('contact_updated', { endUserId: 6, timestamp: 1 });
    const choking = {
      ...world.store,
      tenant: (id: string) => ({
        ...world.store.tenant(id),
        write: <T>(work: (tx: Aggregates) => Promise<T>) =>
          world.store.tenant(id).write((tx) =>
            work({
              ...tx,
              marks: {
                ...tx.marks,
                add: async (found, at) => {
                  if (found.some(({ key }) => key === '5')) throw new Error('the database takes no such text');
                  return tx.marks.add(found, at);
                },
              },
            }),
          ),
      }),
    };
    const handle = createProcessEvents({ ...world, store: choking, log: (_level, code) => void logged.push(code) });
    const job = { id: 'job', tenantId: tenant.tenantId, kind: 'event', payload: {}, fence: 1 } as const;
    await expect(handle({ ...job, attempts: 3 })).rejects.toThrow('no such text');
    await handle({ ...job, attempts: 4 });
    expect((await fates()).toSorted()).toEqual(['contact_updated done marked', 'contact_updated ignored unreadable']);
    expect(await marks()).toEqual(['contact id 6']);
    expect(logged).toContain('drift.event_unreadable');
  });

  it('reads no address that no store keeps, and goes on with what is behind it', async () => {
    await receive('gdpr_delete_requested', { email: 'a\u0000b@example.org' });
    await receive('gdpr_delete_requested', { email: 'a\ud800@example.org' });
    await receive('contact_updated', { endUserId: 6, timestamp: 1 });
    await process();
    expect(await marks()).toEqual(['contact id 6']);
    expect((await fates()).filter((fate) => fate.includes('pending'))).toEqual([]);
  });

  it.each<[string, object, readonly string[], string | null]>([
    ['contact_updated', { endUserId: CONTACT, timestamp: 1 }, [`contact id ${CONTACT}`], `contact:${CONTACT}`],
    ['contact_identified', { contactId: CONTACT, email: 'A@example.com' }, [`contact id ${CONTACT}`], null],
    ['contact_identified', { email: ' Ann@Example.com ' }, ['contact email ann@example.com'], 'email:'],
    ['contact_identified', { attributes: { email: 'ann@example.com' } }, ['contact email ann@example.com'], 'email:'],
    ['phone_captured', { id: '42', phone: '555' }, ['contact id 42'], 'contact:42'],
    ['user_unsubscribed', { email: 'ann@example.com' }, ['contact email ann@example.com'], 'email:'],
    ['user_availability_updated', { id: 9, availability: 'OFFLINE' }, ['agent id 9'], 'agent:9'],
    ['new_conversation', { id: 5, contactId: CONTACT }, [`contact id ${CONTACT}`], 'conversation:5'],
    ['conversation_participant_added', { conversationId: 5, participantId: 9 }, ['agent id 9'], 'conversation:5'],
    ['conversation_participant_removed', { participants: [9, { id: 10 }] }, ['agent id 10', 'agent id 9'], null],
    ['conversation_push', { data: { conversationId: 5, userId: 9 } }, ['agent id 9'], 'conversation:5'],
    ['conversation_status_updated', { conversationId: 5, contactId: 6 }, ['contact id 6'], 'conversation:5'],
    ['meeting_booked', { agentId: 9, endUserId: 6 }, ['agent id 9', 'contact id 6'], null],
    ['new_meeting', { agentId: 9, schedulerId: 8 }, ['agent id 8', 'agent id 9'], null],
  ])('%s %j marks what it names', async (type, data, expected, object) => {
    expect(await receive(type, data)).toBe('stored');
    await process();
    expect((await marks()).toSorted()).toEqual(expected);
    expect(await fates()).toEqual([`${type} done marked`]);
    const [event] = await tenant.events.list({}, null, 10);
    if (object !== null) expect(event?.object).toMatch(new RegExp(`^${object}`));
    expect(JSON.stringify(event)).not.toContain('example.com');
  });

  it.each<[string, object, string]>([
    ['new_message', { id: 1, author: { id: 2, type: 'contact' }, body: 'hello' }, 'no_effect'],
    ['button_action', { conversationId: 1 }, 'no_effect'],
    ['playbook_goal_met', { contactId: 1 }, 'no_effect'],
    ['something_new', { contactId: 1, email: 'ann@example.com' }, 'unknown_type'],
    ['constructor', {}, 'unknown_type'],
    ['contact_updated', {}, 'names_nothing'],
    ['contact_updated', { endUserId: -1, contactId: 1.5, id: '99999999999999999999' }, 'names_nothing'],
    ['contact_identified', { email: `${'a'.repeat(320)}@example.com` }, 'names_nothing'],
  ])('%s %j is kept and ignored: %s', async (type, data, why) => {
    await receive(type, data);
    await process();
    expect(await fates()).toEqual([`${type} ignored ${why}`]);
    expect(await marks()).toEqual([]);
  });

  it.each<[unknown]>([
    [{}],
    [{ type: 1 }],
    [{ type: '' }],
    [{ type: 'x'.repeat(65) }],
    [{ type: 'a b' }],
    [{ type: 'x', data: [] }],
    [{ type: 'x', data: 'x' }],
    [{ type: 'x', orgId: 'seven' }],
    [{ type: 'x', orgId: -7 }],
    [{ type: 'x', data: { orgId: {} } }],
    [{ type: 'x', data: { n: Number.POSITIVE_INFINITY } }],
  ])('%j is no event', async (payload) => {
    const received = flow.receive(tenant.tenantId, payload as Readonly<Record<string, unknown>>);
    await expect(received).rejects.toMatchObject({ code: 'request.invalid' });
    expect(await fates()).toEqual([]);
  });

  it('takes a type of 64 letters, and marks 50 objects of one event at the most', async () => {
    await receive('x'.repeat(64));
    for (const count of [49, 50, 51]) {
      await receive('conversation_push', { participants: Array.from({ length: count }, (_, n) => 100 * count + n) });
    }
    await process();
    expect(await marks()).toHaveLength(49 + 50 + 50);
  });

  it('tells contents apart by every value in them, whatever the order of names', async () => {
    const data = { endUserId: CONTACT, timestamp: 1, diff: [{ name: 'a', previous: null, updated: 'x' }] };
    expect(await receive('contact_updated', data)).toBe('stored');
    expect(await receive('contact_updated', Object.fromEntries(Object.entries(data).reverse()))).toBe('duplicate');
    expect(await receive('contact_updated', { ...data, timestamp: 2 })).toBe('stored');
    expect(await receive('contact_updated', { ...data, endUserId: CONTACT - 1n })).toBe('stored');
    expect(await receive('contact_updated', { ...data, endUserId: Number(CONTACT) })).toBe('stored');
    expect(await receive('contact_identified', data)).toBe('stored');
    expect(await receive('contact_updated', data, 8)).toBe('stored');
    await process();
    expect(await receive('contact_updated', data)).toBe('duplicate');
    await process();
    expect(await tenant.events.counts()).toEqual({ pending: 0, done: 6, ignored: 0 });
  });

  it.each<[string, unknown, object, boolean]>([
    ['ours', 7, {}, true],
    ['ours, as text', '7', {}, true],
    ['not said', undefined, {}, true],
    ['0 at the top', 0, {}, true],
    ['0 at the top, ours in the data', 0, { orgId: 7 }, true],
    ['0 at the top, another in the data', 0, { orgId: 8 }, false],
    ['another', 8, {}, false],
    ['ours at the top, another in the data', 7, { orgId: 8 }, false],
  ])('organisation %s', async (_, orgId, data, isOurs) => {
    await ourOrg('7');
    const id = { endUserId: 1 };
    await receive('contact_updated', { ...id, ...data }, orgId);
    await receive('app_disconnected', data, orgId);
    await process();
    expect(await marks()).toEqual(isOurs ? ['contact id 1'] : []);
    expect(await tenant.events.isTenantPaused()).toBe(isOurs);
    if (!isOurs) expect(new Set((await fates()).map((fate) => fate.split(' ')[2]))).toEqual(new Set(['other_org']));
  });

  it('believes the token alone while the own organisation is not known', async () => {
    await ourOrg(null);
    await receive('contact_updated', { endUserId: 1 }, 8);
    await process();
    expect(await marks()).toEqual(['contact id 1']);
  });

  it('holds on to the organisation that was pinned, whatever was probed since', async () => {
    await tenant.write((tx) => tx.settings.set('drift.organisation', '7'));
    for (const probed of [null, '8']) {
      await ourOrg(probed);
      await receive('contact_updated', { endUserId: 1 }, 8);
      await process();
      expect(await marks()).toEqual([]);
    }
    await receive('contact_updated', { endUserId: 1 }, 7);
    await process();
    expect(await marks()).toEqual(['contact id 1']);
  });

  it('pauses the tenant once for a disconnected app, and says why', async () => {
    await receive('app_disconnected');
    await receive('app_disconnected', { orgId: 7 });
    await process();
    expect((await fates()).toSorted()).toEqual([
      'app_disconnected done tenant_paused',
      'app_disconnected ignored already_paused',
    ]);
    const [event] = (await tenant.events.list({}, null, 10)).filter(({ state }) => state === 'done');
    expect(await audit()).toEqual([
      {
        kind: 'tenant.paused',
        subject: tenant.tenantId,
        data: { reason: 'app_disconnected', event: event?.id },
      },
    ]);
    expect(logged).toEqual(['drift.app_disconnected']);
    expect(await tenant.settings.get('drift.disconnected_at')).toBe(world.clock.now());
  });

  it.each([
    [599_999, 'duplicate', false],
    [600_000, 'stored', true],
    [600_001, 'stored', true],
  ])('pauses again for the same event %i ms after the first: %s', async (ms, taken, isPaused) => {
    await receive('app_disconnected');
    await process();
    await world.tenants.resume(tenant.tenantId, 'maya');
    world.clock.forward(ms);
    expect(await receive('app_disconnected')).toBe(taken);
    await process();
    expect(await tenant.events.isTenantPaused()).toBe(isPaused);
  });

  it('takes the same event for one while it waits for its effect, however long', async () => {
    await receive('app_disconnected');
    world.clock.forward(2 * DAY);
    expect(await receive('app_disconnected')).toBe('duplicate');
  });

  it('does not pause a tenant that was resumed for what had been said before', async () => {
    await receive('app_disconnected', { n: 1 });
    await process();
    await receive('app_disconnected', { n: 2 });
    await world.tenants.resume(tenant.tenantId, 'maya');
    await receive('app_disconnected', { n: 1 });
    await process();
    expect(await tenant.events.isTenantPaused()).toBe(false);
    await receive('app_disconnected', { n: 3 });
    await process();
    expect(await tenant.events.isTenantPaused()).toBe(true);
  });

  it('marks everybody with the address of an erasure, and keeps it on record without the address', async () => {
    await receive('gdpr_delete_requested', { email: 'Ann@example.com', contactId: CONTACT });
    await receive('gdpr_delete_requested', { n: 1 });
    await process();
    expect(await marks()).toEqual([
      `contact id ${CONTACT}`,
      'contact email ann@example.com',
      'agent email ann@example.com',
    ]);
    const records = await audit();
    expect(records).toMatchObject([
      {
        kind: 'drift.erasure_requested',
        subject: `contact:${CONTACT}`,
        data: { contacts: [String(CONTACT)], emails: [expect.stringMatching(/^[0-9a-f]{32}$/)] },
      },
      { kind: 'drift.erasure_requested', data: { contacts: [], emails: [] } },
    ]);
    expect(JSON.stringify(records)).not.toContain('example.com');
  });

  it.each([
    [2, 'stored'],
    [3, 'stored'],
    [4, 'store.unavailable'],
  ])('the event that would be the %i. to wait where 3 may is %s', async (count, expected) => {
    flow = createReceiveEvent({ ...world, newAddress: () => '', mostPending: 3 });
    for (let n = 1; n < count; n += 1) await receive('contact_updated', { endUserId: n });
    const last = receive('contact_updated', { endUserId: count }).catch(
      (error: unknown) => (error as { code: string }).code,
    );
    expect(await last).toBe(expected);
    expect((await tenant.events.counts()).pending).toBe(Math.min(3, count));
    // Room is made by processing; what waits already is no new event.
    expect(await receive('contact_updated', { endUserId: 1 })).toBe('duplicate');
    await process();
    expect(await receive('contact_updated', { endUserId: 9 })).toBe('stored');
  });

  it('works off more than one slice, and looks once more and purges later', async () => {
    for (let n = 1; n <= 120; n += 1) await receive('contact_updated', { endUserId: n });
    expect(await jobs()).toEqual([`events ${world.clock.now()}`]);
    await process();
    expect(await tenant.events.counts()).toEqual({ pending: 0, done: 120, ignored: 0 });
    expect(await marks()).toHaveLength(120);
    const at = (ms: number) => new Date(Date.parse(world.clock.now()) + ms).toISOString();
    expect(await jobs()).toEqual([`events ${at(0)}`, `events:again ${at(2000)}`, `events:purge ${at(7 * DAY)}`]);
  });

  it('forgets events after 7 days, and the oldest when they are too many', async () => {
    for (let n = 1; n <= 5; n += 1) {
      world.clock.forward(1);
      await receive('contact_updated', { endUserId: n });
    }
    await process(4);
    expect((await tenant.events.list({}, null, 10)).map(({ object }) => object)).toEqual([
      ...['contact:5', 'contact:4', 'contact:3', 'contact:2'],
    ]);
    world.clock.forward(7 * DAY - 3);
    await process(4);
    expect(await fates()).toHaveLength(3);
    world.clock.forward(2);
    await process(4);
    expect(await fates()).toHaveLength(1);
    expect(await receive('contact_updated', { endUserId: 2 })).toBe('stored');
  });

  it('has one address for ever, also where an earlier release gave it none and several ask at the same time', async () => {
    const given = await flow.address(tenant.tenantId);
    expect(given).toMatch(/^[\w-]{32}$/);
    expect(await createWebhookAddresses(world.database).tenantOf(given)).toBe(tenant.tenantId);
    await world.database.write.deleteFrom('setting').where('tenant_id', '=', tenant.tenantId).execute();
    let made = 0;
    const each = Array.from({ length: 5 }, () =>
      createReceiveEvent({ ...world, newAddress: () => `address-${tenant.tenantId}-${String((made += 1))}` }),
    );
    const addresses = await Promise.all(each.map((one) => one.address(tenant.tenantId)));
    expect(new Set(addresses).size).toBe(1);
    expect(await flow.address(tenant.tenantId)).toBe(addresses[0]);
  });
});
