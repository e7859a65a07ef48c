import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { documents } from '../../src/compose/documents.ts';
import { DRIFT_OPERATIONS } from '../../src/drift/operations.ts';
import { openDatabase, type Database } from '../../src/storage/database.ts';
import { account, snapshot } from '../contract/building.ts';
import { type DriftWorld, driftWorld } from './drift-world.ts';
import { as } from './world.ts';

let database: Database;
let world: DriftWorld;
let admin: ReturnType<typeof as>;
let reader: ReturnType<typeof as>;
beforeAll(async () => {
  database = await openDatabase({ url: ':memory:' });
  world = await driftWorld(database, { contactListing: 'cursor' });
  world.simulator.seed({
    users: [
      { email: 'owner@example.com', name: 'Olive Owner', role: 'OWNER' },
      { email: 'alex@example.com', name: 'Alex Agent', role: 'MEMBER' },
    ],
  });
  admin = as(world.app, await world.token());
  reader = as(world.app, await world.token(['read']));
  world.work();
});
beforeEach(() => world.simulator.clearJournal());
afterAll(async () => {
  await world.close();
  await database.close();
});

const calls = (): readonly string[] => world.simulator.journal().map(({ method, path }) => `${method} ${path}`);
const writes = (): readonly string[] => calls().filter((call) => !call.startsWith('GET'));
const post = (name: string, body?: object, query = '') =>
  admin.post(`/drift/operations/${name}${query}`).send(body ?? {});

describe('GET /drift/operations', () => {
  it('shows every row of the table with the schemas of its input and answer, and the request for anything else', async () => {
    const { items } = (await reader.get('/drift/operations?limit=500')).body as { items: Record<string, unknown>[] };
    expect(items.map(({ name }) => name)).toEqual([...DRIFT_OPERATIONS.map(({ name }) => name), 'request']);
    expect(items.find(({ name }) => name === 'update-contact')).toMatchObject({
      method: 'PATCH',
      path: '/contacts/{contactId}',
      needs: 'admin',
      scope: 'contact_write',
      rateClass: 'standard',
      reversibility: 'reversible',
      use: 'direct',
      input: { type: 'object', required: ['contactId', 'attributes'], additionalProperties: false },
      answer: { type: 'object' },
    });
    expect(items.find(({ name }) => name === 'uninstall-app')).toMatchObject({
      secrets: ['clientId', 'clientSecret'],
      input: { properties: {} },
    });
    const csv = (await reader.get('/drift/operations').set('accept', 'text/csv')).text.split('\r\n');
    expect(csv.length).toBe(DRIFT_OPERATIONS.length + 3);
  });
});

describe('the description of the API', () => {
  it('has the input of every operation', () => {
    const { paths, components } = documents.openapi() as {
      paths: Record<
        string,
        { post: { requestBody: { content: Record<string, { schema: { oneOf: { $ref: string }[] } }> } } }
      >;
      components: { schemas: Record<string, { properties?: object }> };
    };
    const content = paths['/drift/operations/{operation}']?.post.requestBody.content ?? {};
    const names = (content['application/json']?.schema.oneOf ?? []).map(({ $ref }) => $ref.split('/').at(-1) ?? '');
    expect(names.length).toBe(DRIFT_OPERATIONS.length + 1);
    for (const name of names) expect(components.schemas).toHaveProperty(name);
    expect(Object.keys(components.schemas['DriftUpdateContactInput']?.properties ?? {})).toEqual([
      'contactId',
      'attributes',
    ]);
    expect(content).toHaveProperty(['application/x-ndjson']);
  });
});

describe('POST /drift/operations/{name}', () => {
  it('creates a contact and reads it back, ids beyond 2^53 as texts', async () => {
    const made = await post('create-contact', { attributes: { email: 'ann@example.org', name: 'Ann' } });
    expect(made.status).toBe(200);
    const body = made.body as { state: string; calls: number; batch: string; answer: { data: { id: string } } };
    expect(body).toMatchObject({ state: 'ok', calls: 1, batch: expect.stringMatching(/^opb_/) });
    const { id } = body.answer.data;
    expect(typeof id).toBe('string');
    expect(Number(id)).toBeGreaterThan(2 ** 53);
    const read = await reader.post('/drift/operations/get-contact').send({ contactId: id });
    expect(read.body).toMatchObject({
      state: 'ok',
      answer: { data: { id, attributes: { email: 'ann@example.org' } } },
    });
    expect((await reader.get(`/drift/batches/${body.batch}`)).body).toMatchObject({
      operation: 'create-contact',
      state: 'done',
      counts: { ok: 1 },
    });
  });

  it('takes reads from a token with the scope read, and writes only with the scope admin', async () => {
    const refused = await reader
      .post('/drift/operations/create-contact')
      .send({ attributes: { email: 'x@example.org' } });
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({ code: 'auth.scope' });
    const request = await reader
      .post('/drift/operations/request?yes=true')
      .send({ method: 'DELETE', path: '/contacts/1' });
    expect(request.status).toBe(409);
    expect(request.body).toMatchObject({ code: 'drift.confirm' });
    expect(calls()).toEqual([]);
  });

  it.each([
    ['a name that is none', 'no-such-operation', {}, 404, /There is no operation/],
    ['what is not known', 'get-contact', { contactId: '1', colour: 'red' }, 400, /^body\.colour: is not known here/],
    ['what is missing', 'get-contact', {}, 400, /^body\.contactId: /],
    ['a wrong value', 'update-contact', { contactId: '1', attributes: 'x' }, 400, /^body\.attributes: /],
    ['all pages of no list', 'get-contact?all=true', { contactId: '1' }, 400, /^query\.all: /],
    ['no object', 'get-contact', [1], 400, /^body: must be an object/],
    ['a secret', 'token-info', { access_token: 'a-token-of-somebody' }, 400, /^body\.access_token: is a secret/],
  ])('refuses %s before anything is sent', async (_what, name, body, status, detail) => {
    const refused = await post(name, body);
    expect(refused.status).toBe(status);
    expect((refused.body as { detail: string }).detail).toMatch(detail);
    expect(refused.text).not.toContain('a-token-of-somebody');
    expect(calls()).toEqual([]);
  });

  it('refuses a number that JavaScript would round, media that it does not know, and bytes that are no text', async () => {
    const send = (type: string, body: string | Buffer) =>
      admin.post('/drift/operations/get-contact').set('content-type', type).serialize(String).send(body);
    const rounded = await send('application/json', '{"contactId": 9007199254740993}');
    expect(rounded.status).toBe(400);
    expect(rounded.body).toMatchObject({ detail: expect.stringMatching(/contactId is beyond 2\^53/) });
    expect((await send('text/csv', 'contactId\n1')).status).toBe(415);
    expect((await send('application/json', '{"contactId": ')).status).toBe(400);
    const deep = await send('application/json', `{"a":${'['.repeat(60_000)}${']'.repeat(60_000)}}`);
    expect(deep.body).toMatchObject({ status: 400, detail: 'body: is nested too deep.' });
    expect(calls()).toEqual([]);
  });

  it('says what Drift refuses as a problem with its stable code and status', async () => {
    const none = await post('get-account', { accountId: 'nobody-has-this' });
    expect(none.status).toBe(404);
    expect(none.body).toMatchObject({
      code: 'drift.refused',
      drift: { status: 404 },
      batch: expect.stringMatching(/^opb_/),
    });
    world.simulator.fault({ method: 'POST', path: '/contacts', kind: 'status', status: 422, times: 1 });
    const taken = await post('create-contact', { attributes: { email: 'five@example.org' } });
    expect(taken.status).toBe(422);
    expect(taken.body).toMatchObject({ code: 'drift.refused', drift: { status: 422 } });
  });

  it('says of a lost answer to a write that it may have happened, and sends it once', async () => {
    world.simulator.fault({ method: 'POST', path: '/contacts', kind: 'cut-after', times: 1 });
    const lost = await post('create-contact', { attributes: { email: 'lost@example.org' } });
    expect(lost.status).toBe(502);
    expect(lost.body).toMatchObject({ code: 'drift.unknown', drift: { code: 'cut', status: null } });
    expect((lost.body as { detail: string }).detail).toMatch(/It may have happened; look with find-contacts\.$/);
    expect(writes()).toEqual(['POST /contacts']);
  });

  it('asks before what cannot be taken back, and shows what it takes with it', async () => {
    const asked = await post('unsubscribe-emails', { body: ['ann@example.org'] });
    expect(asked.status).toBe(409);
    expect(asked.body).toMatchObject({ code: 'drift.confirm', blastRadius: expect.stringMatching(/\.$/) });
    expect(calls()).toEqual([]);
    expect((await post('unsubscribe-emails', { body: ['ann@example.org'] }, '?yes=true')).status).toBe(200);
    expect(writes()).toEqual(['POST /emails/unsubscribe']);
  });

  it('answers the same request with the same key again from the store, and refuses another with it', async () => {
    const send = (email: string, query = '') =>
      admin
        .post(`/drift/operations/create-contact${query}`)
        .set('idempotency-key', 'one-ann')
        .send({ attributes: { email } });
    const first = await send('key@example.org');
    const again = await send('key@example.org');
    expect(again.body).toEqual(first.body);
    expect(writes()).toEqual(['POST /contacts']);
    expect((await send('other@example.org')).status).toBe(409);
    expect((await send('key@example.org', '?dryRun=true')).status).toBe(409);
    expect(writes()).toEqual(['POST /contacts']);
  });

  it('sends answers elsewhere only for the scope admin', async () => {
    const query = `?respondTo=${encodeURIComponent('http://127.0.0.1:9/')}`;
    const refused = await reader.post(`/drift/operations/list-users${query}`).send({});
    expect(refused.body).toMatchObject({ status: 403, code: 'auth.scope' });
    expect(calls()).toEqual([]);
  });

  it('answers 202 with a place to look when it takes longer than one waits', async () => {
    world.simulator.fault({ method: 'GET', path: '/users/list', kind: 'slow-first-byte', delayMs: 700, times: 1 });
    const later = await post('list-users', {}, '?wait=0');
    expect(later.status).toBe(202);
    const location = later.headers['location'] ?? '';
    expect(location).toMatch(/^\/api\/v1\/drift\/batches\/opb_/);
    for (let tries = 0; tries < 100; tries += 1) {
      const { state } = (await reader.get(location.replace('/api/v1', ''))).body as { state: string };
      if (state === 'done') break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { items } = (await reader.get(`${location.replace('/api/v1', '')}/lines`)).body as { items: object[] };
    expect(items).toEqual([expect.objectContaining({ line: 1, state: 'ok', calls: 1 })]);
  });

  it('does not wait for a long batch', async () => {
    world.simulator.fault({ method: 'POST', path: '/contacts', kind: 'slow-first-byte', delayMs: 150, times: 40 });
    const lines = Array.from({ length: 40 }, (_, n) => `{"attributes":{"email":"long${String(n)}@example.org"}}\n`);
    const long = await admin
      .post('/drift/operations/create-contact?wait=0')
      .set('content-type', 'application/x-ndjson')
      .send(lines.join(''));
    const { batch } = long.body as { batch: string };
    expect((await post('list-users')).status).toBe(200);
    expect((await reader.get(`/drift/batches/${batch}`)).body).toMatchObject({ state: 'running' });
    await admin.post(`/drift/batches/${batch}/cancel`);
    world.simulator.clearFaults();
  });

  it('asks who the token is with the token that is stored, and never answers it', async () => {
    const info = await post('token-info');
    expect(info.status).toBe(200);
    expect(info.text).not.toContain(world.simulator.token);
    expect((await post('uninstall-app', {}, '?yes=true')).body).toMatchObject({
      status: 409,
      code: 'drift.not_configured',
    });
  });
});

describe('dry run', () => {
  it('looks up what is there, shows what would be sent and what would change, and sends nothing else', async () => {
    const made = await post('create-contact', { attributes: { email: 'dry@example.org', name: 'Before' } });
    const { id } = (made.body as { answer: { data: { id: string } } }).answer.data;
    world.simulator.clearJournal();
    const dry = await post('update-contact', { contactId: id, attributes: { name: 'After' } }, '?dryRun=true');
    expect(dry.body).toMatchObject({
      state: 'ok',
      answer: {
        dryRun: true,
        would: { method: 'PATCH', path: `/contacts/${id}`, body: { attributes: { name: 'After' } } },
        there: { operation: 'get-contact', answer: { data: { id, attributes: { name: 'Before' } } } },
        changes: [{ path: 'attributes.name', is: 'Before', wouldBe: 'After' }],
        reversibility: 'reversible',
      },
    });
    expect(calls()).toEqual([`GET /contacts/${id}`]);
  });

  it.each([
    ['delete-scim-user', { userId: '4711' }],
    ['replace-scim-user', { userId: '4711', userName: 'a@example.com', displayName: 'A', active: true }],
    ['gdpr-delete', { email: 'a@example.com' }],
    ['unsubscribe-emails', { body: ['ann@example.org'] }],
    ['request', { method: 'POST', path: '/contacts', body: { attributes: {} } }],
    ['uninstall-app', {}],
  ])('of %s writes nothing', async (name, body) => {
    const dry = await post(name, body, '?dryRun=true&yes=true');
    expect(dry.body).toMatchObject({ state: 'ok', answer: { dryRun: true } });
    expect(writes()).toEqual([]);
  });

  it('blanks secrets in what it shows', async () => {
    const dry = await post('uninstall-app', {}, '?dryRun=true');
    expect(dry.body).toMatchObject({
      answer: { would: { query: { clientId: '[secret]', clientSecret: '[secret]' } }, blastRadius: expect.any(String) },
    });
  });
});

describe('what is planned', () => {
  it.each([
    ['delete-scim-user', { userId: '4711' }, /never observed/],
    ['gdpr-delete', { email: 'somebody@example.org' }, /never observed/],
  ])('%s waits until Drift was observed', async (name, body, detail) => {
    const refused = await post(name, body, '?yes=true');
    expect(refused.body).toMatchObject({ status: 409, code: 'conflict', detail: expect.stringMatching(detail) });
    expect(calls()).toEqual([]);
  });

  describe('once Drift was observed', () => {
    beforeAll(async () => {
      const values = { userName: 'alex@example.com', email: 'alex@example.com' };
      const accounts = [account('4711', { values }), account('4712', { values: { userName: 'kim@example.com' } })];
      const seen = { accounts, companies: [], contacts: null };
      await world.store.write((tx) => tx.accounts.putSnapshot(snapshot('snapshot-1', { accounts: 2 }), seen));
    });

    it('refuses the erasure of an e-mail that belongs to an agent', async () => {
      const refused = await post('gdpr-delete', { email: ' Alex@Example.com '.trim() });
      expect(refused.body).toMatchObject({
        status: 409,
        code: 'conflict',
        detail: expect.stringMatching(/agent 4711/),
      });
    });

    it('makes one plan for one key, and no plan for something else with it', async () => {
      const keyed = (userId: string) =>
        admin.post('/drift/operations/delete-scim-user').set('idempotency-key', 'one-plan').send({ userId });
      const first = await keyed('4712');
      const again = await keyed('4712');
      expect([first.status, again.status]).toEqual([202, 202]);
      expect(again.body).toEqual(first.body);
      expect((await keyed('4711')).status).toBe(409);
      const other = await post('delete-scim-user', { userId: '4712' });
      expect((other.body as { plan: string }).plan).not.toBe((first.body as { plan: string }).plan);
    });

    it.each([
      ['delete-scim-user', { userId: '4712' }],
      ['replace-scim-user', { userId: '4712', userName: 'kim@example.com', displayName: 'Kim K', active: true }],
      ['gdpr-delete', { email: 'somebody@example.org' }],
    ])('%s makes a plan, answers 202 with its place, and never reaches Drift', async (name, body) => {
      const made = await post(name, body, '?reason=asked%20by%20letter');
      expect(made.status).toBe(202);
      expect(made.body).toEqual({ state: 'planned', plan: expect.stringMatching(/^pln_/) });
      const { plan } = made.body as { plan: string };
      expect(made.headers['location']).toBe(`/api/v1/plans/${plan}`);
      expect(await world.store.plans.get(plan.slice(4))).toMatchObject({ kind: 'operation' });
      expect(calls()).toEqual([]);
    });
  });

  it('takes no lines', async () => {
    const lines = await admin
      .post('/drift/operations/delete-scim-user?yes=true')
      .set('content-type', 'application/x-ndjson')
      .send('{"userId":"1"}\n{"userId":"2"}\n');
    expect(lines.body).toMatchObject({ status: 409, code: 'conflict' });
    expect(calls()).toEqual([]);
  });
});

describe('request', () => {
  it('reads any other path with the scope read', async () => {
    const got = await reader.post('/drift/operations/request').send({ path: '/users/list', query: { limit: 5 } });
    expect(got.body).toMatchObject({ state: 'ok', answer: { data: expect.any(Array) } });
    expect(calls()).toEqual(['GET /users/list']);
  });

  it.each([
    ['DELETE', '/scim/Users/4711', undefined],
    ['DELETE', '/scim/v2/Users/4711', undefined],
    ['DELETE', '/SCIM/Users/4711', undefined],
    ['PATCH', '/scim/Users/4711', { active: false }],
    ['PATCH', '/scim/Users/4711', { displayName: 'Somebody Else' }],
    ['PUT', '/scim/v2/Users/4711', { userName: 'a@example.com', displayName: 'a', active: true }],
    ['POST', '/scim/Users', { userName: 'a@example.com', displayName: 'a' }],
    ['PUT', '/scim/Users/4711', { userName: 'a', displayName: 'a', active: false }],
    ['POST', '/gdpr/delete', { email: 'alex@example.com' }],
    ['DELETE', '/users/4711', undefined],
    ['POST', '/contacts/../scim/Users/4711', {}],
    ['DELETE', '/%75sers/4711', undefined],
    ['PATCH', '/users/update', { role: 'ADMIN' }],
    ['GET', '//evil.example.org/', undefined],
  ])('does not get round the firewall: %s %s', async (method, path, body) => {
    const refused = await post('request', { method, path, ...(body === undefined ? {} : { body }) }, '?yes=true');
    // What has a row of its own is asked for by its name; the rest stops at the firewall.
    const hasRow = /^\/scim(\/v2)?\/users/i.test(path) || path === '/gdpr/delete';
    expect(refused.status).toBe(hasRow ? 400 : 409);
    expect(refused.body).toMatchObject({ code: hasRow ? 'request.invalid' : 'drift.firewall' });
    expect(calls().filter((call) => !call.startsWith('GET /scim'))).toEqual([]);
  });

  it.each([
    ['POST', '/app/uninstall', 'uninstall-app'],
    ['POST', '/app/token_info', 'token-info'],
    ['POST', '/gdpr/retrieve', 'gdpr-retrieve'],
    ['POST', '/EMAILS/unsubscribe', 'unsubscribe-emails'],
  ])('does not stand for an operation that shows what it takes with it: %s %s', async (method, path, name) => {
    const refused = await post('request', { method, path }, '?yes=true');
    expect(refused.body).toMatchObject({
      status: 400,
      detail: `body.path: is the operation ${name}: call it by its name.`,
    });
    expect(calls()).toEqual([]);
  });

  it('is judged in a dry run as it would be then', async () => {
    const dry = await post('request', { method: 'POST', path: '/playbooks', body: {} }, '?dryRun=true&yes=true');
    expect(dry.body).toMatchObject({ status: 409, code: 'drift.firewall' });
  });

  it('takes no address of another host, and no query in the path', async () => {
    for (const path of ['https://evil.example.org/', '/users?x=1', 'users/list', '/users#x']) {
      expect((await post('request', { path })).status).toBe(400);
    }
    expect(calls()).toEqual([]);
  });
});

describe('all pages', () => {
  it('of a list come in one answer, by received items and in their order', async () => {
    world.simulator.seed({
      accounts: Array.from({ length: 130 }, (_, n) => ({
        domain: `all${String(n)}.example.org`,
        ownerEmail: 'alex@example.com',
      })),
    });
    const one = await reader.post('/drift/operations/list-accounts').send({ size: 50 });
    expect((one.body as { answer: { data: { accounts: unknown[] } } }).answer.data.accounts.length).toBe(50);
    const all = await reader.post('/drift/operations/list-accounts?all=true').send({ size: 50 });
    const { answer, calls: made } = all.body as { calls: number; answer: { items: { accountId: string }[] } };
    expect(answer).toMatchObject({ complete: true, next: null, pages: 3 });
    expect(new Set(answer.items.map(({ accountId }) => accountId)).size).toBe(130);
    expect(made).toBe(3);
  });
});
