import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DriftClient, DriftClientOptions } from '../../src/drift/client.ts';
import { createConcealment } from '../../src/drift/concealment.ts';
import { getAccount, updateAccount } from '../../src/drift/operations/accounts.ts';
import { createContact, getContact, updateContact } from '../../src/drift/operations/contacts.ts';
import { createScimUser, deleteScimUser, getScimUser } from '../../src/drift/operations/scim.ts';
import { getUser, listUsers } from '../../src/drift/operations/users.ts';
import {
  type Answering,
  clientAt,
  fastClock,
  json,
  quickWorld,
  type RecordingServer,
  startRecording,
  TOKEN,
} from './recording-server.ts';

const BIG = '11751623441268737';
const raw =
  (status: number, text: string, type = 'application/json'): Answering =>
  (_call, response) => {
    response.writeHead(status, { 'content-type': type });
    response.end(text);
  };
const cut: Answering = (_call, response) => void response.socket?.destroy();
const cutBody: Answering = (_call, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"data":{"id":7');
  setTimeout(() => response.socket?.destroy(), 10);
};
const silence: Answering = () => undefined;

describe('the client', () => {
  let server: RecordingServer;
  let client: DriftClient;
  let world = quickWorld();
  const clients: DriftClient[] = [];

  /** A client of its own, with quick time. */
  const fresh = (options: Partial<DriftClientOptions> = {}): DriftClient => {
    world = quickWorld();
    client = clientAt(server.url, { ...world, ...options });
    clients.push(client);
    return client;
  };
  const answers = (...script: readonly Answering[]): void => {
    server.answer = (call, response, nth) => (script[Math.min(nth, script.length) - 1] ?? silence)(call, response, nth);
  };
  const read = (): ReturnType<typeof readUser> => readUser();
  const readUser = () => client.call(getUser, { params: { userId: '7' } });
  const write = () => client.call(updateAccount, { body: { accountId: '4_x.example', ownerId: '7' } });
  const USER = json(200, { data: { id: 7, name: 'Ann' } });
  const ACCOUNT = json(200, { data: { accountId: '4_x.example', ownerId: 7 } });

  beforeAll(async () => {
    server = await startRecording();
  });
  afterAll(async () => {
    await Promise.all(clients.map((one) => one.close()));
    await server.close();
  });
  beforeEach(() => {
    server.received.length = 0;
    fresh();
  });

  it('carries 64-bit ids to the digit, both ways', async () => {
    answers(raw(200, `{"data":{"id":${BIG},"createdAt":1,"attributes":{"ownerId":${BIG},"score":1.5}}}`));
    const contact = await client.call(getContact, { params: { contactId: BIG } });
    expect(contact).toMatchObject({ kind: 'ok', value: { data: { id: BIG } } });
    expect(server.received[0]?.target).toBe(`/contacts/${BIG}`);
    await client.call(updateAccount, { body: { accountId: '4_x.example', ownerId: BIG } });
    expect(server.received[1]?.body).toBe(`{"accountId":"4_x.example","ownerId":${BIG}}`);
    const attributes = contact.kind === 'ok' ? contact.value.data.attributes : {};
    await client.call(updateContact, { params: { contactId: BIG }, body: { attributes } });
    expect(server.received[2]?.body).toBe(`{"attributes":{"ownerId":${BIG},"score":1.5}}`);
  });

  it.each<[string, Answering, string]>([
    ['500', json(500, { error: { type: 'internal_error', message: 'oops' } }), 'internal_error'],
    ['502 in HTML', raw(502, '<html>', 'text/html'), 'http_502'],
    ['503 without body', raw(503, ''), 'http_503'],
    ['a cut before the answer', cut, 'cut'],
    ['a cut in the answer', cutBody, 'cut'],
    ['half an answer', raw(200, '{"data":{"accountId":"4_x.exa'), 'answer_unreadable'],
    [
      'bytes that are no text',
      (_c, response) => void response.end(Buffer.from([0x22, 0xff, 0x22])),
      'answer_unreadable',
    ],
    ['HTML with 200', raw(200, '<html>', 'text/html'), 'answer_unreadable'],
    ['another shape', json(200, { data: { ownerId: {} } }), 'answer_shape'],
    ['an error inside success', json(200, { error: { type: 'x_y', message: 'no' } }), 'error_in_success'],
    ['a redirect', json(307, {}, { location: 'http://127.0.0.1:9/accounts/update' }), 'redirect_refused'],
    ['a huge body', (_c, response) => void response.end('x'.repeat(2 * 1024 * 1024)), 'answer_too_large'],
  ])('leaves a write open after %s, and never repeats it', async (_what, answer, code) => {
    answers(answer);
    expect(await write()).toMatchObject({ kind: 'unknown', code });
    expect(server.received).toHaveLength(1);
  });

  it('leaves a write open when the answer does not come in time, and when nobody is there', async () => {
    answers(silence);
    fresh({ timeouts: { totalMs: 100 } });
    expect(await write()).toMatchObject({ kind: 'unknown', code: 'timeout' });
    const gone = await startRecording();
    await gone.close();
    client = clientAt(gone.url);
    clients.push(client);
    expect(await write()).toMatchObject({ kind: 'unknown', code: 'not_connected' });
  });

  it('asks a read again, with growing pauses, and not for ever', async () => {
    answers(json(500, {}), cut, raw(200, '{"da'), USER);
    expect(await read()).toMatchObject({ kind: 'ok', value: { data: { id: '7' } } });
    expect(world.slept).toEqual([200, 400, 800]);
    server.received.length = 0;
    answers(raw(502, '<html>', 'text/html'));
    fresh();
    expect(await read()).toMatchObject({ kind: 'unknown', code: 'http_502' });
    expect(server.received).toHaveLength(4);
  });

  it.each<[string, Answering]>([
    ['a redirect', json(302, {}, { location: 'https://example.org/' })],
    ['a huge body', (_c, response) => void response.end('x'.repeat(2 * 1024 * 1024))],
    ['another shape', json(200, { data: [] })],
  ])('does not ask again after %s', async (_what, answer) => {
    answers(answer);
    expect(await read()).toMatchObject({ kind: 'unknown' });
    expect(server.received).toHaveLength(1);
  });

  it('takes a list of up to 10 MB', async () => {
    const data = Array.from({ length: 20_000 }, (_, index) => ({ id: index + 1, name: 'x'.repeat(100) }));
    answers(json(200, { data }));
    expect(await client.call(listUsers)).toMatchObject({ kind: 'ok', value: { data: { length: 20_000 } } });
  });

  it('repeats a write after 429 only: the limit stands before the door', async () => {
    answers(json(429, { error: { type: 'rate_limit' } }), json(429, ''), ACCOUNT);
    expect(await write()).toMatchObject({ kind: 'ok' });
    expect(server.received.map(({ body }) => body)).toEqual(Array(3).fill('{"accountId":"4_x.example","ownerId":7}'));
    server.received.length = 0;
    answers(json(429, { error: { type: 'rate_limit' } }));
    fresh();
    expect(await write()).toMatchObject({ kind: 'refused', code: 'rate_limit', status: 429 });
    // Half a minute of pauses that grow: then it is given up, and it was never applied.
    expect(server.received.length).toBeGreaterThan(6);
    expect(server.received.length).toBeLessThan(13);
  });

  it('waits as long as a Retry-After says, in seconds or as a date', async () => {
    answers(json(429, {}, { 'retry-after': '7' }), USER);
    await read();
    expect(world.slept).toEqual([7000]);
    server.received.length = 0;
    fresh();
    answers(json(429, {}, { 'retry-after': 'Tue, 01 Jan 2030 00:00:09 GMT' }), USER);
    await read();
    expect(world.slept).toEqual([9000]);
    server.received.length = 0;
    fresh({ readWithinMs: 5_000 });
    answers(json(429, {}, { 'retry-after': '99999' }), USER);
    expect(await read()).toMatchObject({ kind: 'refused', code: 'rate_limit' });
    expect(server.received).toHaveLength(1);
  });

  it('sends no write that has waited so long that somebody else may have taken it over', async () => {
    answers(json(429, {}, { 'retry-after': '40' }), ACCOUNT);
    expect(await write()).toMatchObject({ kind: 'refused', code: 'rate_limit', status: 429 });
    expect(server.received).toHaveLength(1);
    fresh({
      permits: {
        deprovision: async () => {
          world.advance(31_000);
          return true;
        },
        erase: async () => false,
      },
    });
    const permit = { changeId: 'chg-1', fence: 1 };
    expect(await client.call(deleteScimUser, { params: { userId: '7' }, permit })).toMatchObject({
      code: 'rate_limit',
    });
    expect(server.received).toHaveLength(1);
  });

  it('takes a 401 of one contact for what it is', async () => {
    answers(json(401, { error: { type: 'authentication_error', message: 'CONTACT-2 not found, or not allowed' } }));
    expect(await client.call(getContact, { params: { contactId: '1' } })).toMatchObject({
      kind: 'refused',
      code: 'contact_2',
    });
    expect(server.received).toHaveLength(1);
    expect(await client.credential('rest')).toBe('good');
  });

  it('has a refused bearer confirmed, and then sends nothing more', async () => {
    const no = json(401, {
      error: { type: 'authentication_error', message: 'The access token is invalid or has expired' },
    });
    answers(no);
    expect(await read()).toMatchObject({ kind: 'refused', code: 'credential_dead' });
    expect(server.received.map(({ target }) => target)).toEqual(['/users/7', '/app/token_info']);
    expect(await client.credential('rest')).toBe('dead');
    expect(await write()).toMatchObject({ kind: 'refused', code: 'credential_dead' });
    expect(await client.call(getScimUser, { params: { userId: '7' } })).toMatchObject({ code: 'credential_dead' });
    expect(server.received).toHaveLength(2);
    expect(world.logged.map(({ code }) => code)).toContain('drift.credential_dead');
  });

  it('has one confirmation for all calls that are refused at once', async () => {
    answers(json(401, {}));
    const effects = await Promise.all([read(), read(), read()]);
    expect(effects).toMatchObject(Array(3).fill({ kind: 'refused', code: 'credential_dead' }));
    expect(server.received.filter(({ target }) => target === '/app/token_info')).toHaveLength(1);
  });

  it('sends nothing of what still waits for its turn when the bearer has died', async () => {
    answers(json(401, {}));
    fresh({ ratePerMinute: 60, clock: fastClock(20), writeWithinMs: 3_600_000 });
    const effects = await Promise.all(Array.from({ length: 100 }, () => write()));
    expect(effects.every((effect) => effect.kind === 'refused' && effect.code === 'credential_dead')).toBe(true);
    // The calls that went out together in the beginning, and the one that confirmed it.
    expect(server.received.length).toBeLessThanOrEqual(4);
  });

  it('does not give up a good bearer for a missing scope, nor for a confirmation that fails', async () => {
    const scope = json(403, {
      error: { type: 'authentication_error', message: 'The token lacks the scope user_read' },
    });
    answers(scope, json(200, { authenticated_userid: 'orgId:5' }), scope);
    expect(await read()).toMatchObject({ kind: 'refused', status: 403, code: 'authentication_error' });
    expect(await read()).toMatchObject({ kind: 'refused', status: 403 });
    // Confirmed a moment ago: not asked again.
    expect(server.received.map(({ target }) => target)).toEqual(['/users/7', '/app/token_info', '/users/7']);
    server.received.length = 0;
    // A clock that was set back says nothing of how long ago that was.
    world.advance(-3_600_000);
    expect(await read()).toMatchObject({ kind: 'refused', status: 403 });
    expect(server.received.map(({ target }) => target)).toEqual(['/users/7', '/app/token_info']);
    server.received.length = 0;
    fresh();
    answers(json(401, {}), json(500, {}), USER);
    expect(await read()).toMatchObject({ kind: 'refused', status: 401 });
    expect(await read()).toMatchObject({ kind: 'ok' });
  });

  it('confirms a SCIM bearer of its own by SCIM, and leaves REST alone', async () => {
    fresh({ scimToken: 'scim-token-for-tests-0002' });
    server.answer = (call, response, nth) =>
      (call.authorization === `Bearer ${TOKEN}` ? USER : json(401, {}))(call, response, nth);
    expect(await client.call(getScimUser, { params: { userId: '7' } })).toMatchObject({ code: 'credential_dead' });
    expect(server.received.map(({ target }) => target)).toEqual(['/scim/Users/7', '/scim/Users?count=1']);
    expect(await read()).toMatchObject({ kind: 'ok' });
    expect(await client.credential('scim')).toBe('dead');
    expect(await client.credential('rest')).toBe('good');
  });

  it('goes on with a renewed bearer, repeating a read but no write', async () => {
    let bearer = 'first-bearer-0001';
    const credentials = {
      conceal: createConcealment(),
      bearer: async () => bearer,
      refused: async () => {
        bearer = 'second-bearer-0002';
        return true;
      },
    };
    const by: Answering = (call, response, nth) =>
      (call.authorization === 'Bearer second-bearer-0002' ? USER : json(401, {}))(call, response, nth);
    fresh({ credentials, token: undefined });
    server.answer = by;
    expect(await read()).toMatchObject({ kind: 'ok' });
    bearer = 'first-bearer-0001';
    // Nothing was applied, and the next try has a bearer: no failure of the change.
    expect(await write()).toMatchObject({ kind: 'refused', status: 401, code: 'credential_renewed' });
    expect(server.received.filter(({ method }) => method === 'PATCH')).toHaveLength(1);
  });

  it('refuses unfit input before anything is sent, and says where it is wrong', async () => {
    await expect(client.call(createContact, { body: { attributes: { email: '' } } })).rejects.toMatchObject({
      code: 'request.invalid',
      places: [{ path: 'body.attributes.email' }],
    });
    await expect(client.call(getAccount, {})).rejects.toMatchObject({ code: 'request.invalid' });
    await expect(client.call(updateAccount, { body: { accountId: 'x', ownerId: 1.5 } })).rejects.toMatchObject({
      code: 'request.invalid',
    });
    await expect(client.request('GET', '/contacts', { query: { email: {} } })).rejects.toMatchObject({
      code: 'request.invalid',
    });
    expect(server.received).toEqual([]);
  });

  it.each([
    'http://drift.example.com',
    'ftp://127.0.0.1',
    'https://user:secret@drift.example.com',
    'https://drift.example.com/?x=1',
    'https://drift.example.com/scim',
    'drift.example.com',
    'http://127.0.0.1.example.com',
  ])('does not start with the base URL %s', (baseUrl) => {
    expect(() => clientAt(baseUrl)).toThrow(expect.objectContaining({ code: 'drift.not_configured' }));
  });

  it('keeps what people are called and what opens doors out of log and errors', async () => {
    const secrets = ['ann.private@example.com', 'Ann Private', TOKEN];
    const says = `User Ann Private <ann.private@example.com> exists, token ${TOKEN}, see boss@example.org`;
    const body = { userName: 'ann.private@example.com', displayName: 'Ann Private' };
    for (const status of [400, 403, 409, 500]) {
      answers(json(status, { schemas: [], detail: says }));
      const effect = await client.call(createScimUser, { body });
      expect(effect.kind).not.toBe('ok');
      const text = JSON.stringify([effect, world.logged]);
      for (const secret of [...secrets, 'boss@example.org']) expect(text).not.toContain(secret);
    }
    expect(world.logged.length).toBeGreaterThan(3);
  });

  it('counts what it sends, retries included', async () => {
    answers(json(500, {}), USER);
    await read();
    expect(client.takeCallCount()).toBe(2);
    expect(client.takeCallCount()).toBe(0);
  });
});
