import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { DriftClient } from '../../src/drift/client.ts';
import { updateAccount } from '../../src/drift/operations/accounts.ts';
import { getContact, updateContact } from '../../src/drift/operations/contacts.ts';
import { NO_BODY, NOTHING, operation } from '../../src/drift/operations/operation.ts';
import { getUser, updateUser } from '../../src/drift/operations/users.ts';
import {
  type Answering,
  clientAt,
  json,
  quickWorld,
  type RecordingServer,
  startRecording,
  TOKEN,
} from './recording-server.ts';

const BIG = '11751623441268737';
const raw =
  (status: number, body: string | Buffer, type = 'application/json'): Answering =>
  (_call, response) => {
    response.writeHead(status, { 'content-type': type });
    response.end(body);
  };

const READ = { method: 'GET', api: 'rest', scope: null, rate: 'standard', params: NOTHING, query: NOTHING } as const;
const row = <A extends z.ZodType>(name: string, answer: A, answerAs: 'text' | 'bytes') =>
  operation({
    ...READ,
    name,
    summary: 'Reads.',
    path: '/conversations/1/transcript',
    body: NO_BODY,
    answer,
    answerAs,
    pager: null,
    reversibility: 'read',
    source: 'Drift API notes 2.6',
  });
const transcript = row('a-text', z.string(), 'text');
const attachment = row('a-file', z.unknown(), 'bytes');

describe('answers of Drift', () => {
  let server: RecordingServer;
  let client: DriftClient;
  const write = () => client.call(updateAccount, { body: { accountId: '4_x.example', ownerId: '7' } });

  beforeAll(async () => {
    server = await startRecording();
  });
  afterAll(() => server.close());
  beforeEach(() => {
    server.received.length = 0;
    client = clientAt(server.url, quickWorld());
  });
  afterEach(() => client.close());

  it.each<[string, Answering, string]>([
    ['{error}', json(404, { error: { type: 'not_found', message: 'No' } }), 'not_found'],
    ['{errors}', json(400, { errors: [{ type: 'validation_error', message: 'No', param: 'x' }] }), 'validation_error'],
    ['an empty {errors}', json(400, { errors: [] }), 'http_400'],
    [
      'CONTACT-n in the message',
      json(409, { error: { type: 'validation_error', message: 'CONTACT-6: exists' } }),
      'contact_6',
    ],
    ['CONTACT-n in the type', json(401, { error: { type: 'CONTACT-2', message: 'hidden' } }), 'contact_2'],
    ['CONTACT-n with a leading zero', json(404, { error: { type: 'CONTACT-01', message: '' } }), 'contact_1'],
    [
      'CONTACT-n in the second of {errors}',
      json(400, {
        errors: [
          { type: 'validation_error', message: 'bad' },
          { type: 'CONTACT-4', message: 'bad' },
        ],
      }),
      'contact_4',
    ],
    ['CONTACT-n of any two digits', json(400, { error: { type: 'x', message: 'CONTACT-11: custom' } }), 'contact_11'],
    ['SCIM', json(409, { schemas: [], detail: 'taken', scimType: 'uniqueness', status: '409' }), 'scim_uniqueness'],
    ['SCIM without a type', json(403, { schemas: [], detail: 'no seats', status: '403' }), 'http_403'],
    ['SCIM 1.1', json(404, { Errors: [{ description: 'not here', code: '404' }] }), 'http_404'],
    ['OAuth', json(400, { error: 'invalid_request', error_description: 'no' }), 'invalid_request'],
    ['a framework', json(404, { status: 404, error: 'Not Found', path: '/x' }), 'http_404'],
    ['words that are no code', json(400, { error: { type: 'Something Else!', message: 'no' } }), 'http_400'],
    ['HTML', raw(403, '<html>No</html>', 'text/html'), 'http_403'],
    ['nothing', raw(404, ''), 'http_404'],
    ['half an object', raw(400, '{"error":'), 'http_400'],
    ['another JSON', raw(400, '[1]'), 'http_400'],
    ['no text', raw(400, Buffer.from([0xff, 0xfe])), 'http_400'],
  ])('are read where an error has the form of %s', async (_form, answer, code) => {
    server.answer = answer;
    expect(await write()).toMatchObject({ kind: 'refused', code });
    expect(server.received).toHaveLength(1);
  });

  it.each([
    [400, 'validation_error'],
    [403, 'authentication_error'],
    [404, 'not_found'],
  ])('have the code that Drift gives them: %d %s', async (status, type) => {
    server.answer = (call, response, nth) =>
      (call.target === '/app/token_info' ? json(200, {}) : json(status, { error: { type, message: 'x' } }))(
        call,
        response,
        nth,
      );
    expect(await write()).toMatchObject({ kind: 'refused', status, code: type });
  });

  it('that say rate_limit were not applied, whatever their status', async () => {
    let nth = 0;
    server.answer = (call, response, n) => {
      nth += 1;
      const answer =
        nth === 1 ? json(403, { error: { type: 'rate_limit' } }) : json(200, { data: { accountId: '4_x.example' } });
      answer(call, response, n);
    };
    expect(await write()).toMatchObject({ kind: 'ok' });
    expect(nth).toBe(2);
  });

  it('with an empty list of errors, or errors beside data, are answers', async () => {
    server.answer = json(200, { errors: [], data: { id: 7, name: 'Ann' } });
    expect(await client.call(getUser, { params: { userId: '7' } })).toMatchObject({ kind: 'ok' });
    server.answer = json(200, { errors: [{ type: 'x', message: 'y' }], data: { id: 7, name: 'Ann' } });
    expect(await client.call(getUser, { params: { userId: '7' } })).toMatchObject({ kind: 'ok' });
    server.answer = json(200, { errors: [{ type: 'x', message: 'y' }] });
    expect(await client.call(getUser, { params: { userId: '7' } })).toMatchObject({ code: 'error_in_success' });
  });

  it('that repeat a secret as if it were a code have no code of their own', async () => {
    const token = 'abcdefghij_klmnopqrst_uvwxyz';
    client = clientAt(server.url, { ...quickWorld(), token });
    server.answer = json(400, { error: { type: token, message: `of ${token}` } });
    const effect = await write();
    expect(effect).toMatchObject({ kind: 'refused', code: 'http_400' });
    expect(JSON.stringify(effect)).not.toContain('klmnop');
  });

  it('are texts where the row says so, empty ones too', async () => {
    server.answer = raw(200, 'Ann: hello\n{"not": json', 'text/plain; charset=utf-8');
    expect(await client.call(transcript)).toMatchObject({ kind: 'ok', value: 'Ann: hello\n{"not": json' });
    server.answer = raw(200, '');
    expect(await client.call(transcript)).toMatchObject({ kind: 'ok', value: '' });
    server.answer = raw(200, Buffer.from([0x41, 0xff]));
    expect(await client.call(transcript)).toMatchObject({ kind: 'unknown', code: 'answer_unreadable' });
    server.answer = json(404, { error: { type: 'not_found', message: 'no' } });
    expect(await client.call(transcript)).toMatchObject({ kind: 'refused', code: 'not_found' });
  });

  it('are files where the row says so, to the byte, up to 10 MB', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    server.answer = raw(200, bytes, 'image/png');
    expect(await client.call(attachment)).toMatchObject({
      kind: 'ok',
      value: { mediaType: 'image/png', base64: bytes.toString('base64') },
    });
    const most = 10 * 1024 * 1024;
    server.answer = (_call, response) => void response.end(Buffer.alloc(most));
    expect(await client.call(attachment)).toMatchObject({ kind: 'ok', value: { mediaType: null } });
    server.answer = (_call, response) => void response.end(Buffer.alloc(most + 1));
    expect(await client.call(attachment)).toMatchObject({ kind: 'unknown', code: 'answer_too_large' });
    server.answer = raw(403, '<html>', 'text/html');
    expect(await client.call(attachment)).toMatchObject({ kind: 'refused', code: 'http_403' });
  });

  it('keep 64-bit ids to the digit, and so do paths, queries and bodies', async () => {
    server.answer = raw(200, `{"data":{"id":${BIG},"attributes":{"owner":${BIG},"score":1.5}}}`);
    const contact = await client.call(getContact, { params: { contactId: BIG } });
    expect(contact).toMatchObject({ kind: 'ok', value: { data: { id: BIG } } });
    await client.call(updateUser, { query: { userId: BIG }, body: { name: 'Ann' } });
    const attributes = contact.kind === 'ok' ? contact.value.data.attributes : {};
    await client.call(updateContact, { params: { contactId: BIG }, body: { attributes } });
    await client.request('GET', '/messages', { query: { after: BigInt(BIG), before: [BIG, 7] } });
    await client.request('POST', `/contacts/${BIG}/x`, { body: { id: BigInt(BIG), ids: [BigInt(BIG)] } });
    expect(server.received.map(({ target, body }) => [target, body])).toEqual([
      [`/contacts/${BIG}`, ''],
      [`/users/update?userId=${BIG}`, '{"name":"Ann"}'],
      [`/contacts/${BIG}`, `{"attributes":{"owner":${BIG},"score":1.5}}`],
      [`/messages?after=${BIG}&before=${BIG}&before=7`, ''],
      [`/contacts/${BIG}/x`, `{"id":${BIG},"ids":[${BIG}]}`],
    ]);
  });

  it.each([Number(BIG), Number.POSITIVE_INFINITY, Number.NaN])(
    'cannot be asked for by a number that has lost its digits: %d',
    async (number) => {
      await expect(client.request('GET', '/messages', { query: { after: number } })).rejects.toMatchObject({
        code: 'request.invalid',
      });
      expect(server.received).toEqual([]);
    },
  );

  it('do not tell the token, wherever Drift repeats it', async () => {
    server.answer = json(400, { error: { type: 'validation_error', message: `Bearer ${TOKEN.slice(0, 20)} is odd` } });
    expect(JSON.stringify(await write())).not.toContain(TOKEN.slice(0, 20));
  });

  it('do not tell a token with slashes that Drift repeats with escapes', async () => {
    const token = 'Zx9/cV8/bN7/mL6/kJ5/hG4';
    await client.close();
    client = clientAt(server.url, { token });
    for (const said of [token.replaceAll('/', String.raw`\/`), token.replaceAll('/', String.raw`\u002F`)]) {
      server.answer = raw(200, `{"data":{"said":"Bearer ${said}","Bearer ${said}":7}}`);
      expect(await client.request('GET', '/users/7')).toMatchObject({
        kind: 'ok',
        value: { data: { said: 'Bearer […]', 'Bearer […]': 7 } },
      });
    }
  });
});
