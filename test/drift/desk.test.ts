import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createOperationDesk } from '../../src/drift/desk.ts';
import { DRIFT_OPERATIONS } from '../../src/drift/operations.ts';
import { flatSchema, inputForm, inputSchema, reservedRow, takeInput } from '../../src/drift/operations-input.ts';
import type { Operation } from '../../src/drift/operations/operation.ts';
import { testClock } from '../contract/building.ts';
import { type RecordingServer, clientAt, json, startRecording, TOKEN } from './recording-server.ts';

let server: RecordingServer;
beforeEach(async () => {
  server = await startRecording();
});
afterEach(() => server.close());

const desk = () => createOperationDesk({ client: clientAt(server.url), clock, secrets: async () => null });
const clock = testClock();
const input = { params: {}, query: {} };
const all = (operation: string, query: object = {}) =>
  desk().call({ operation, input: { params: {}, query: { ...query } }, dryRun: false, all: true });

describe('all pages of a list', () => {
  it('take nothing of a link but its token, and the bearer goes nowhere else', async () => {
    server.answer = (call, response, nth) =>
      json(200, {
        data: [{ id: nth }],
        links: nth < 3 ? { next: `https://evil.example.org/steal?page_token=t${String(nth)}&x=1` } : {},
      })(call, response, nth);
    const found = await all('list-conversations');
    expect(found).toMatchObject({ kind: 'ok', answer: { pages: 3, complete: true, next: null } });
    expect(server.received.map(({ target }) => target)).toEqual([
      '/conversations/list?page_token=',
      '/conversations/list?page_token=t1',
      '/conversations/list?page_token=t2',
    ]);
    expect(server.received.every(({ authorization }) => authorization === `Bearer ${TOKEN}`)).toBe(true);
  });

  it.each([
    ['a cursor at once', () => 'same'],
    ['a cursor after a while', (nth: number) => (nth % 2 === 0 ? 'a' : 'b')],
  ])('end where %s comes again', async (_what, cursor) => {
    server.answer = (call, response, nth) =>
      json(200, { data: [{ id: nth, attributes: {} }], pagination: { more: true, next: cursor(nth) } })(
        call,
        response,
        nth,
      );
    expect(await all('list-contacts')).toMatchObject({ kind: 'refused', code: 'list_unreadable', status: 502 });
    expect(server.received.length).toBeLessThan(5);
  });

  it.each([
    [199, { pages: 199, complete: true, next: null }],
    [200, { pages: 200, complete: true, next: null }],
    [201, { pages: 200, complete: false, next: { limit: 1, next: 'c200' } }],
  ])('of %i pages end after 200, and say how to go on', async (pages, expected) => {
    server.answer = (call, response, nth) =>
      json(200, {
        data: [{ id: nth, attributes: {} }],
        pagination: nth < pages ? { more: true, next: `c${String(nth)}` } : { more: false },
      })(call, response, nth);
    const found = await all('list-contacts', { limit: 1 });
    expect(found).toMatchObject({ answer: expected });
    expect((found as { answer: { items: readonly unknown[] } }).answer.items.length).toBe(expected.pages);
  });
});

describe('a write of attributes', () => {
  const write = (kept: Record<string, unknown>) => {
    server.answer = json(200, { data: { id: 7, attributes: kept } });
    const body = { attributes: { email: 'a@example.org', plan: 'gold', seats: 3, gone: null } };
    return desk().call({
      operation: 'update-contact',
      input: { params: { contactId: '7' }, query: {}, body },
      dryRun: false,
      all: false,
    });
  };

  it('says which of them Drift did not keep, though it answered with success', async () => {
    expect(await write({ email: 'a@example.org', seats: 4 })).toMatchObject({
      kind: 'ok',
      answer: { notStored: ['attributes.plan', 'attributes.seats'] },
    });
  });

  it('says nothing where all of them came back, as numbers or as texts', async () => {
    const done = await write({ email: 'a@example.org', plan: 'gold', seats: '3', more: true });
    expect(done).toMatchObject({ kind: 'ok', answer: { data: { id: '7' } } });
    expect(done).not.toHaveProperty('answer.notStored');
  });
});

describe('a walk', () => {
  it.each([
    [59_999, { pages: 3, complete: true, next: null }],
    [60_000, { pages: 2, complete: false, next: { limit: 1, next: 'c2' } }],
    [60_001, { pages: 2, complete: false, next: { limit: 1, next: 'c2' } }],
  ])('asks for no page after %i ms, and says how to go on', async (ms, expected) => {
    server.answer = (call, response, nth) => {
      if (nth === 2) clock.forward(ms);
      json(200, {
        data: [{ id: nth, attributes: {} }],
        pagination: nth < 3 ? { more: true, next: `c${String(nth)}` } : { more: false },
      })(call, response, nth);
    };
    expect(await all('list-contacts', { limit: 1 })).toMatchObject({ answer: expected });
  });

  it('of a conversation holds each message, not each page', async () => {
    const message = (id: number) => ({
      id,
      conversationId: 5,
      body: 'x',
      type: 'chat',
      createdAt: 1,
      author: { id: 1 },
    });
    server.answer = (call, response, nth) =>
      json(200, {
        data: { messages: Array.from({ length: nth < 3 ? 50 : 1 }, (_, n) => message(nth * 100 + n)) },
        pagination: nth < 3 ? { more: true, next: `c${String(nth)}` } : { more: false },
      })(call, response, nth);
    const asked = { params: { conversationId: '5' }, query: {} };
    const found = await desk().call({ operation: 'list-messages', input: asked, dryRun: false, all: true });
    expect(found).toMatchObject({ answer: { pages: 3, complete: true } });
    const { items } = (found as unknown as { answer: { items: readonly { id: string }[] } }).answer;
    expect(items.map(({ id }) => id)).toHaveLength(101);
    expect(items[100]?.id).toBe('300');
  });
});

describe('an answer', () => {
  it('has integers beyond 2^53 as texts, and smaller ones as they came', async () => {
    server.answer = json(200, '{"data":[{"deep":[9007199254740993,-9007199254740993,5]}]}');
    const operation = 'request';
    const asked = { params: {}, query: {}, body: { method: 'GET', path: '/anything' } };
    expect(await desk().call({ operation, input: asked, dryRun: false, all: false })).toEqual({
      kind: 'ok',
      answer: { data: [{ deep: ['9007199254740993', '-9007199254740993', 5] }] },
    });
  });
});

describe('what is planned', () => {
  it.each(DRIFT_OPERATIONS.filter(({ use }) => use === 'plan').map(({ name }) => name))(
    'never goes out by the desk: %s',
    async (operation) => {
      const call = desk().call({ operation, input, dryRun: false, all: false });
      await expect(call).rejects.toMatchObject({ code: 'drift.firewall' });
      expect(server.received).toEqual([]);
    },
  );
});

describe('the flat input', () => {
  const named = (name: string): Operation => {
    const row = DRIFT_OPERATIONS.find((each) => each.name === name);
    if (row === undefined) throw new Error(name);
    return row;
  };

  it.each(DRIFT_OPERATIONS.map((row) => [row.name, row] as const))('of %s has each name once', (_name, row) => {
    const { params, query, members, body, required } = inputForm(row);
    const names = [params, query, members]
      .flatMap((part) => Object.keys(part))
      .concat(body === 'whole' ? ['body'] : []);
    expect(new Set(names).size).toBe(names.length);
    for (const name of required) expect(names).toContain(name);
    expect(JSON.stringify(flatSchema(row))).not.toMatch(/\$ref|\$defs|\$schema/);
    for (const secret of row.secrets) expect(names).toContain(secret);
  });

  it('is put into the parts of the row, and judged by its schemas', () => {
    const attributes = { name: 'A' };
    expect(takeInput(named('update-contact'), { contactId: '7', attributes })).toEqual({
      ok: true,
      input: { params: { contactId: '7' }, query: {}, body: { attributes } },
    });
    expect(takeInput(named('add-contact-tags'), { contactId: '7', body: [{ name: 'vip' }] })).toMatchObject({
      input: { body: [{ name: 'vip' }] },
    });
    expect(takeInput(named('list-users'), {})).toEqual({ ok: true, input: { params: {}, query: {} } });
    // As it was given: the row's own schema turns it into digits when it goes out.
    expect(takeInput(named('update-user'), { userId: '7', name: 'A' })).toMatchObject({
      input: { query: { userId: '7' }, body: { name: 'A' } },
    });
    expect(takeInput(named('get-contact'), JSON.parse('{"contactId":"1","__proto__":{}}') as object as never).ok).toBe(
      false,
    );
  });

  it('never holds a secret', () => {
    expect(takeInput(named('uninstall-app'), {})).toEqual({ ok: true, input: { params: {}, query: {} } });
    expect(takeInput(named('uninstall-app'), { clientSecret: 'x' }).ok).toBe(false);
    expect(inputSchema(named('uninstall-app').query)).toMatchObject({ required: ['clientId', 'clientSecret'] });
  });
});

describe('a request', () => {
  it.each([
    ['PUT', '/scim/Users/7'],
    ['PATCH', '/scim/v2/Users/7'],
    ['PATCH', '/SCIM/users/7'],
    ['DELETE', '/scim/Users/7'],
    ['POST', '/scim/Users'],
    ['POST', '/gdpr/delete'],
  ])('never writes an agent past the plans: %s %s', (method, path) => {
    expect(reservedRow(method, path)).not.toBeNull();
  });

  it('must be asked for by its name where it cannot be taken back or has secrets', () => {
    expect(reservedRow('POST', '/app/uninstall')?.name).toBe('uninstall-app');
    expect(reservedRow('POST', '/App/Token_Info')?.name).toBe('token-info');
    for (const row of DRIFT_OPERATIONS) {
      if (row.api === 'scim' || row.use === 'plan') continue;
      const isReserved = row.reversibility === 'irreversible' || row.secrets.length > 0;
      const path = row.path.replaceAll(/\{\w+\}/g, '7');
      if (isReserved) expect(reservedRow(row.method, path)).not.toBeNull();
    }
    expect(reservedRow('GET', '/users/list')).toBeNull();
    expect(reservedRow('POST', '/contacts')).toBeNull();
  });
});
