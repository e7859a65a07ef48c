import { beforeAll, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import type { Aggregates, TenantStore } from '../../src/flows/ports.ts';
import { createAuditTrail } from '../../src/storage/audit.ts';
import { createSecretStore } from '../../src/storage/secrets.ts';
import { createTokenStore } from '../../src/storage/tokens.ts';
import { eachDatabase } from '../support/store.ts';
import {
  account,
  approval,
  change,
  draft,
  entry,
  hrSays,
  idpSays,
  importRecord,
  later,
  openWorld,
  operationBatch,
  plan,
  run,
  snapshot,
  START,
  type World,
} from './building.ts';

type Calls = { readonly [A in keyof Aggregates]: { readonly [M in keyof Aggregates[A]]: (of: Aggregates) => unknown } };

const PLAN = plan('plan-1');
const REMOVAL = change('change-1', PLAN.id, 1, {
  draft: draft({ op: 'deprovision', personId: 'person-1', accountId: '42' }),
  approvalId: 'approval-1',
});
const DONE = change('change-2', PLAN.id, 2, { draft: draft({ op: 'deprovision' }), state: 'done' });
const ERASURE = change('change-3', PLAN.id, 3, {
  op: 'erase',
  draft: draft({ op: 'erase', before: { email: 'visitor@example.com' } }),
  approvalId: 'approval-1',
});
const LINK = { personId: 'person-1', accountId: '42', confidence: 1, rule: 'r', pinned: false };
const USER = { id: 'user-1', type: 'User' as const, version: 1, createdAt: START, modifiedAt: START, createHash: '' };
const DOC = { userName: 'ann@example.com', externalId: 'e1' };
const JUDGE = { reads: new Set<never>(), matches: () => true, sortKey: () => undefined };

const REQUEST = { requestId: 'request-1', tokenId: 'token-1', method: 'GET', path: '/Users', durationMs: 1 };
const MARK = { kind: 'contact', by: 'id', key: '7' } as const;
const EVENT = { id: 'event-1', type: 'x', object: null, contentHash: 'h1', receivedAt: START, freshAfter: START };
const HINTS = { orgIds: [], marks: [MARK] };

const LOGGED = { ...REQUEST, at: START, status: 200, resourceId: 'user-1', changed: [] };

const BATCH = operationBatch('batch-1', { key: 'batch-key', respondTo: 'https://hook.example.org/' });
const INPUT = { params: {}, query: {} };
const LINES = [1, 2, 3].map((line) => ({ line, hash: 'h', work: { kind: 'call' as const, input: INPUT } }));
const SETTLED = { state: 'ok', code: null, detail: null, status: null, answer: null, calls: 1 } as const;

/** The person that the first tenant made. */
let ann = '';

/** What one tenant writes: every id of it is one that another tenant may name too. */
async function fill(of: Aggregates): Promise<void> {
  ann = (await of.people.accept(idpSays('user-1', { keys: [{ kind: 'employee', value: '7' }] }))).personId;
  await of.people.accept(hrSays('7'));
  await of.people.link({ ...LINK, evidence: [], decidedBy: 'policy', at: START });
  await of.people.addTombstone({ accountId: '42', personId: 'person-1', userNameHash: 'h', at: START, changeId: 'c' });
  await of.scim.insert({ ...USER, doc: DOC, personId: 'person-1' });
  await of.scim.insert({ ...USER, id: 'group-1', type: 'Group', doc: { displayName: 'Sales' } });
  await of.scim.changeMembers('group-1', { kind: 'add', users: ['user-1'] }, START);
  await of.accounts.putSnapshot(snapshot('snapshot-1'), {
    accounts: [account('42')],
    companies: [{ id: 'company-1', ownerId: '42', deleted: false }],
    contacts: [{ id: 'contact-1', ownerId: '42' }],
  });
  await of.accounts.putAccount(account('42'), { userName: 'ann@example.com' }, START);
  await of.imports.create(importRecord('import-1', { state: 'accepted', acceptedAt: START, sha256: 'bytes' }));
  await of.imports.addRows('import-1', [{ record: 1, line: 2, outcome: 'accepted', key: '7', problems: [] }]);
  await of.runs.create(run('run-1'));
  await of.runs.addEntries('run-1', [{ n: 1, entry: entry({ personId: 'person-1' }), changes: ['change-1'] }]);
  await of.plans.create(PLAN, [REMOVAL, DONE, ERASURE]);
  await of.plans.addApproval(approval('approval-1', PLAN, ['change-1', 'change-3']));
  await of.plans.claim(PLAN.id, { at: START, leaseUntil: later(1000), unknownBefore: START });
  await of.plans.claim(PLAN.id, { at: START, leaseUntil: later(1000), unknownBefore: START });
  for (const id of ['change-1', 'change-3']) await of.plans.checked(id, 1);
  await of.plans.intend({ id: 'attempt-1', changeId: 'change-1', step: 'remove', fence: 1, intentAt: START });
  await of.policy.put(DEFAULT_POLICY, 'maya', 0);
  await of.scimRequests.add([LOGGED]);
  await of.operations.create(BATCH);
  await of.operations.receive(BATCH.id, 'receipt');
  await of.operations.append(BATCH.id, 'receipt', LINES, START);
  await of.operations.release(BATCH.id, 'receipt', { line: 2, lines: 2 });
  await of.operations.take(BATCH.id, START);
  await of.operations.intend(BATCH.id, 1, 1);
  await of.operations.settle(BATCH.id, 1, 1, SETTLED, { responds: true, at: START });
  await of.events.add({ ...EVENT, hints: HINTS });
  await of.events.add({ ...EVENT, id: 'event-2', contentHash: 'h2', hints: HINTS });
  await of.events.settle(['event-2'], { state: 'done', why: null, at: START });
  await of.marks.add([MARK], START);
  await of.settings.set('colour', 'green');
  await of.jobs.enqueue({ kind: 'run', dedupeKey: 'k', payload: {} });
}

/** Every method that only asks, with ids that the first tenant has. */
const READS = {
  scim: {
    get: (of) => of.scim.get('User', 'user-1'),
    page: (of) => of.scim.page('User', { after: null, count: 10, counts: true, judge: JUDGE }),
    list: (of) => of.scim.list('User', { page: { startIndex: 1, count: 10 }, judge: JUDGE }),
    byUserName: (of) => of.scim.byUserName('ann@example.com'),
    byExternalId: (of) => of.scim.byExternalId('User', 'e1'),
    groupsOfMany: (of) => of.scim.groupsOfMany(['user-1']),
    membersOfMany: (of) => of.scim.membersOfMany(['group-1']),
    views: (of) => of.scim.views([ann]),
  },
  people: {
    hrRows: (of) => of.people.hrRows('hr', ['7']),
    presentKeys: (of) => of.people.presentKeys('hr'),
    states: (of) => of.people.states(),
    person: (of) => of.people.person(ann),
    list: (of) => of.people.list(null, 10),
    links: (of) => of.people.links(),
    cannotLinks: (of) => of.people.cannotLinks(),
    tombstones: (of) => of.people.tombstones(),
  },
  accounts: {
    latestSnapshot: (of) => of.accounts.latestSnapshot(),
    snapshot: (of) => of.accounts.snapshot('snapshot-1'),
    present: (of) => of.accounts.present(),
    find: (of) => of.accounts.find('42'),
    baselines: (of) => of.accounts.baselines(),
    owned: (of) => of.accounts.owned(),
    ownedOf: (of) => of.accounts.ownedOf('42'),
    knownContacts: (of) => of.accounts.knownContacts(10),
  },
  imports: {
    get: (of) => of.imports.get('import-1'),
    sameBytes: (of) => of.imports.sameBytes('hr', 'bytes', 'full'),
    list: (of) => of.imports.list(null, 10),
    rows: (of) => of.imports.rows('import-1', { after: 0, limit: 10 }),
    recentFull: (of) => of.imports.recentFull('hr'),
    anyAccepted: (of) => of.imports.anyAccepted(),
    lastAccepted: (of) => of.imports.lastAccepted('hr'),
  },
  runs: {
    get: (of) => of.runs.get('run-1'),
    list: (of) => of.runs.list(null, 10),
    latest: (of) => of.runs.latest(),
    entries: (of) => of.runs.entries('run-1', {}, 0, 10),
    latestEntry: (of) => of.runs.latestEntry('person-1'),
  },
  plans: {
    get: (of) => of.plans.get('plan-1'),
    list: (of) => of.plans.list(null, 10),
    changes: (of) => of.plans.changes('plan-1', { after: 0, limit: 10 }),
    change: (of) => of.plans.change('change-1'),
    counts: (of) => of.plans.counts('plan-1'),
    approvals: (of) => of.plans.approvals('plan-1'),
    attempts: (of) => of.plans.attempts('change-1'),
    mayErase: (of) => of.plans.mayErase({ changeId: 'change-3', fence: 1, email: 'visitor@example.com', at: START }),
    mayDeprovision: (of) => of.plans.mayDeprovision({ changeId: 'change-1', fence: 1, accountId: '42', at: START }),
    erasedSince: (of) => of.plans.erasedSince(later(-1)),
    deprovisionedSince: (of) => of.plans.deprovisionedSince(later(-1)),
    unfinished: (of) => of.plans.unfinished(),
  },
  policy: { current: (of) => of.policy.current() },
  scimRequests: { list: (of) => of.scimRequests.list({ resourceId: 'user-1' }, null, 10) },
  operations: {
    get: (of) => of.operations.get(BATCH.id),
    byKey: (of) => of.operations.byKey('batch-key'),
    list: (of) => of.operations.list(null, 10),
    hashes: (of) => of.operations.hashes(BATCH.id, 1, 9),
    next: (of) => of.operations.next(BATCH.id, 10),
    lines: (of) => of.operations.lines(BATCH.id, { after: 0, limit: 10 }),
    counts: (of) => of.operations.counts(BATCH.id),
    due: (of) => of.operations.due(BATCH.id, later(1), 10),
    nextDue: (of) => of.operations.nextDue(BATCH.id),
    oldest: (of) => of.operations.oldest(),
    bytes: (of) => of.operations.bytes(),
  },
  events: {
    areWaiting: (of) => of.events.areWaiting(1),
    list: (of) => of.events.list({}, null, 10),
    counts: (of) => of.events.counts(),
    lastReceivedAt: (of) => of.events.lastReceivedAt(),
    oldestSettled: (of) => of.events.oldestSettled(),
  },
  marks: { list: (of) => of.marks.list(10) },
  settings: { get: (of) => of.settings.get('colour') },
} satisfies { readonly [A in keyof Aggregates]?: Partial<Calls[A]> };

/** Every method that writes, aimed at what the first tenant has. */
const WRITES = {
  scim: {
    insert: (of) => of.scim.insert({ ...USER, doc: DOC }),
    replace: (of) => of.scim.replace({ ...USER, version: 2, doc: { ...DOC, title: 'x' } }, 1),
    changeMembers: (of) => of.scim.changeMembers('group-1', { kind: 'clear' }, later(1)),
    remove: (of) => of.scim.remove('User', 'user-1', later(1)),
  },
  people: {
    accept: (of) => of.people.accept(idpSays('user-1', { state: 'deleted', at: later(1) })),
    markMissing: (of) => of.people.markMissing('hr', ['7'], 'import-1', later(1)),
    link: (of) => of.people.link({ ...LINK, evidence: [], decidedBy: 'x', at: later(1) }),
    endLink: (of) => of.people.endLink('42', later(1)),
    addTombstone: (of) =>
      of.people.addTombstone({ accountId: '42', userNameHash: 'x', at: later(1), changeId: 'change-1' }),
  },
  accounts: {
    putBaselines: (of) => of.accounts.putBaselines([{ accountId: '42', values: {}, at: later(1) }]),
    markAbsent: (of) => of.accounts.markAbsent('42', later(1)),
    setCompanyOwner: (of) => of.accounts.setCompanyOwner('company-1', 'x'),
    setContactOwner: (of) => of.accounts.setContactOwner('contact-1', 'x'),
    putContacts: (of) => of.accounts.putContacts('snapshot-1', [{ id: 'contact-1', ownerId: 'x' }], ['contact-1']),
    putAccount: (of) => of.accounts.putAccount(account('42', { active: false }), {}, later(1)),
    putSnapshot: (of) =>
      of.accounts.putSnapshot(snapshot('snapshot-1', { startedAt: later(1) }), {
        accounts: [],
        companies: [],
        contacts: [],
      }),
  },
  imports: {
    update: (of) => of.imports.update('import-1', { state: 'rejected' }),
    discard: (of) => of.imports.discard('import-1'),
    create: (of) => of.imports.create(importRecord('import-1')),
    addRows: (of) => of.imports.addRows('import-1', [{ record: 1, line: 9, outcome: 'rejected', problems: [] }]),
  },
  runs: {
    update: (of) => of.runs.update('run-1', { state: 'failed' }),
    create: (of) => of.runs.create(run('run-1', { state: 'failed' })),
    takePlan: (of) => of.runs.takePlan('run-1', 'plan-9'),
    addEntries: (of) => of.runs.addEntries('run-1', [{ n: 1, entry: entry({ situation: 'IN_GRACE' }), changes: [] }]),
  },
  plans: {
    startApprovals: (of) => of.plans.startApprovals('plan-1', later(1)),
    setState: (of) => of.plans.setState('plan-1', ['applying'], 'cancelled'),
    moveChanges: (of) => of.plans.moveChanges('plan-1', ['change-1'], ['leased'], 'excluded', later(1)),
    renew: (of) => of.plans.renew('change-1', 1, later(9000)),
    checked: (of) => of.plans.checked('change-1', 1),
    intend: (of) =>
      of.plans.intend({ id: 'attempt-2', changeId: 'change-1', step: 'remove', fence: 1, intentAt: START }),
    settle: (of) => of.plans.settle('attempt-1', 'ok', later(1)),
    finish: (of) => of.plans.finish('change-1', 1, 'failed', { code: 'x', detail: '' }, 9, later(1)),
    claim: (of) => of.plans.claim('plan-1', { at: later(5000), leaseUntil: later(9000), unknownBefore: START }),
    create: (of) => of.plans.create(PLAN, [REMOVAL]),
    addApproval: (of) => of.plans.addApproval(approval('approval-1', PLAN, [])),
  },
  policy: { put: (of) => of.policy.put({ ...DEFAULT_POLICY, verifiedDomains: ['example.org'] }, 'x', 0) },
  scimRequests: {
    add: (of) => of.scimRequests.add([{ ...LOGGED, status: 500 }]),
    purge: (of) => of.scimRequests.purge(later(1), 10),
  },
  operations: {
    receive: (of) => of.operations.receive(BATCH.id, 'other'),
    append: (of) => of.operations.append(BATCH.id, 'receipt', LINES, later(1)),
    discard: (of) => of.operations.discard(BATCH.id, 'receipt', 10),
    remove: (of) => of.operations.remove(BATCH.id, 'receipt'),
    release: (of) => of.operations.release(BATCH.id, 'receipt', { line: 3, lines: 1 }),
    take: (of) => of.operations.take(BATCH.id, later(1)),
    intend: (of) => of.operations.intend(BATCH.id, 2, 1),
    unsend: (of) => of.operations.unsend(BATCH.id, 1, 1),
    settle: (of) => of.operations.settle(BATCH.id, 1, 1, SETTLED, { responds: false, at: later(1) }),
    setState: (of) => of.operations.setState(BATCH.id, 1, 'done', null, later(1)),
    delivered: (of) => of.operations.delivered(BATCH.id, 1, { state: 'given_up', tries: 4 }, null),
    cancel: (of) => of.operations.cancel(BATCH.id, later(1)),
    forget: (of) => of.operations.forget(BATCH.id, 1),
    empty: (of) => of.operations.empty(10),
    purge: (of) => of.operations.purge(later(1), 10),
    create: (of) => of.operations.create(BATCH),
    // It locks the tenant.
    open: (of) => of.operations.open('lines'),
  },
  events: {
    // Both are paused below, or neither is.
    isTenantPaused: (of) => of.events.isTenantPaused(),
    // It locks what it gives.
    pending: (of) => of.events.pending(10),
    add: (of) => of.events.add({ ...EVENT, hints: HINTS }),
    settle: (of) => of.events.settle(['event-1'], { state: 'ignored', why: 'x', at: START }),
    purge: (of) => of.events.purge({ upTo: later(1), most: 0, slice: 10 }),
    pauseTenant: (of) => of.events.pauseTenant(),
  },
  marks: {
    add: (of) => of.marks.add([MARK], later(1)),
    remove: (of) => of.marks.remove([1]),
  },
  settings: {
    set: (of) => of.settings.set('colour', 'red'),
    setOnce: (of) => of.settings.setOnce('colour', 'red'),
  },
  jobs: { enqueue: (of) => of.jobs.enqueue({ kind: 'apply', dedupeKey: 'k', payload: {} }) },
  audit: { append: (of) => of.audit.append({ actor: 'x', kind: 'x', subject: 'x', data: {} }) },
} satisfies { readonly [A in keyof Aggregates]?: Partial<Calls[A]> };

/** A count of commits over all tenants, with no data of any. */
const TELLS_NOTHING = ['scim.stamp'];

eachDatabase('two tenants', (testStore) => {
  let world: World;
  let first: TenantStore;
  let second: TenantStore;
  beforeAll(async () => {
    world = await openWorld(testStore);
    first = world.store.tenant('t1');
    second = world.store.tenant('t2');
    await first.write(fill);
    await world.database.write
      .insertInto('cannot_link')
      .values({ tenant_id: 't1', person_id: ann, account_id: '43', decided_by: 'maya', created_at: START })
      .execute();
  });

  const namesOf = (part: object): readonly string[] =>
    Object.entries(part).flatMap(([aggregate, methods]) =>
      Object.keys(methods as object).map((method) => `${aggregate}.${method}`),
    );

  it('are tried with every method that a tenant has', () => {
    const all = namesOf(Object.fromEntries(Object.entries(first).filter(([, part]) => typeof part === 'object')));
    expect([...namesOf(READS), ...namesOf(WRITES), ...TELLS_NOTHING].sort()).toEqual([...all].sort());
  });

  it('see nothing of each other', async () => {
    const stranger = world.store.tenant('never-written');
    for (const methods of Object.values(READS)) {
      for (const ask of Object.values(methods) as ((of: Aggregates) => unknown)[]) {
        expect(await ask(second)).toEqual(await ask(stranger));
        expect(await ask(first)).not.toEqual(await ask(stranger));
      }
    }
    const { database, crypto } = world;
    expect((await createAuditTrail(database.read, 't2', crypto).list(0, 10)).map(({ kind }) => kind)).toEqual([
      'tenant.created',
    ]);
  });

  it('change nothing of each other, whatever ids they name', async () => {
    const before = await dump('t1');
    expect(before.split('\n').length).toBeGreaterThan(20);
    for (const methods of Object.values(WRITES)) {
      for (const call of Object.values(methods) as ((of: Aggregates) => unknown)[]) {
        await second.write(async (tx) => call(tx));
      }
    }
    expect(await dump('t1')).toBe(before);
    expect(await createAuditTrail(world.database.read, 't1', world.crypto).verify()).toMatchObject({ ok: true });
    expect(await createAuditTrail(world.database.read, 't2', world.crypto).verify()).toMatchObject({ ok: true });
  });

  it('have tokens and secrets of their own', async () => {
    const tokens = createTokenStore(world);
    const event = { actor: 'x', kind: 'x', subject: 'x', data: {} };
    const record = {
      id: 'token-1',
      tenantId: 't1',
      audience: 'api',
      scopes: ['read'],
      subject: 'maya',
      name: 'n',
      hash: 'h1',
      createdBy: 'maya',
      createdAt: START,
      expiresAt: later(1000),
    } as const;
    await tokens.create(record, event);
    expect(await tokens.get('t2', 'token-1')).toBeNull();
    expect(await tokens.list('t2', null, 10)).toEqual([]);
    expect(await tokens.revoke('t2', 'token-1', START, event)).toBe(false);
    expect(await tokens.replace('token-1', { ...record, tenantId: 't2', hash: 'h2' }, START, event)).toBe(false);
    await tokens.touch('t2', 'token-1', START);
    expect(await tokens.get('t1', 'token-1')).toEqual(record);

    const keys = { current: { id: 'k1', key: Buffer.alloc(32, 1) } };
    await createSecretStore(world.database.write, 't1', keys).set('drift', 'value', START);
    const other = createSecretStore(world.database.write, 't2', keys);
    expect(await other.get('drift')).toBeNull();
    expect(await other.read('drift')).toBeNull();
    const revision = (await createSecretStore(world.database.write, 't1', keys).read('drift'))?.revision ?? '';
    expect(await other.swap('drift', revision, 'other', START)).toBeNull();
    expect(await other.names()).toEqual([]);
    expect(await other.remove('drift')).toBe(false);
  });

  /** All rows of a tenant, as text. */
  async function dump(tenantId: string): Promise<string> {
    const tables = await world.database.read.introspection.getTables();
    const lines: string[] = [];
    for (const { name, columns } of tables) {
      if (!columns.some((column) => column.name === 'tenant_id')) continue;
      const { rows } = await sql<object>`select * from ${sql.table(name)} where tenant_id = ${tenantId}`.execute(
        world.database.read,
      );
      lines.push(...rows.map((row) => `${name} ${JSON.stringify(row)}`).sort());
    }
    return lines.join('\n');
  }
});
