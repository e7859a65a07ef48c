import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type TestApi, as, testApi } from './world.ts';

const HR = [
  'Employee ID,First Name,Last Name,Work Email,Status,Hire Date',
  '00001,Alex,Example,alex.example@example.com,Active,2020-01-15',
  '00002,Sam,Sample,sam.sample@example.com,Active,2020-01-15',
  '',
].join('\n');
const SHA256 = createHash('sha256').update(HR).digest('hex');

let api: TestApi;
let call: ReturnType<typeof as>;
beforeEach(async () => {
  api = await testApi({ policy: { verifiedDomains: ['example.com'] } });
  call = as(api.app, await api.token());
});
afterEach(() => api.close());

async function send(
  headers: Readonly<Record<string, string>>,
  { bytes = Buffer.from(HR), preview = false } = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const path = `/feeds/hr/imports${preview ? '?preview=true' : ''}`;
  const answer = await call.post(path).set('content-type', 'text/csv').set(headers).send(bytes);
  return { status: answer.status, body: answer.body as Record<string, unknown> };
}

describe('the headers of an upload', () => {
  it.each<[Record<string, string>, string, string]>([
    [{ 'Bridge-Feed-Rows': '2' }, 'accepted', 'manifest'],
    [{ 'Bridge-Feed-Rows': '1' }, 'held', 'signs'],
    [{ 'Bridge-Feed-Rows': '3' }, 'held', 'signs'],
    [{ 'Bridge-Feed-Sha256': SHA256.toUpperCase() }, 'accepted', 'manifest'],
    [{ 'Bridge-Feed-Sha256': 'ab'.repeat(32) }, 'held', 'signs'],
    [{ 'Bridge-Feed-Rows': '2', 'Bridge-Feed-Sha256': SHA256, 'Bridge-Feed-Done': 'true' }, 'accepted', 'manifest'],
    [{ 'Bridge-Feed-Done': 'true' }, 'accepted', 'done'],
    [{ 'Bridge-Feed-As-Of': '2026-01-01' }, 'accepted', 'signs'],
    [{ 'Bridge-Feed-As-Of': '2026-01-01T06:00:00+02:00', 'Bridge-Feed-Name': 'hr.csv' }, 'accepted', 'signs'],
    [{}, 'accepted', 'signs'],
  ])('%j: the file is %s, proven by %s', async (headers, state, proof) => {
    const { status, body } = await send(headers);
    expect(status).toBe(201);
    expect(body).toMatchObject({ state, proof });
    expect((await call.get(`/imports/${String(body['id'])}`)).body).toEqual(body);
  });

  it.each([
    ['Bridge-Feed-Rows', '2.0'],
    ['Bridge-Feed-Rows', '-1'],
    ['Bridge-Feed-Rows', '1234567890'],
    ['Bridge-Feed-Sha256', 'a'.repeat(63)],
    ['Bridge-Feed-Sha256', 'a'.repeat(65)],
    ['Bridge-Feed-Sha256', 'g'.repeat(64)],
    ['Bridge-Feed-As-Of', 'yesterday'],
    ['Bridge-Feed-As-Of', '2026-02-30'],
    ['Bridge-Feed-As-Of', '2026-01-01T06:00:00'],
    ['Bridge-Feed-As-Of', '2199-01-01'],
    ['Bridge-Feed-Done', 'false'],
    ['Bridge-Feed-Done', 'yes'],
    ['Bridge-Feed-Name', ''],
    ['Bridge-Feed-Name', 'a'.repeat(256)],
    ['Bridge-Feed-Name', 'a\tb.csv'],
  ])('%s: "%s" is refused by its name, and nothing is stored', async (name, value) => {
    const { body } = await send({ [name]: value });
    expect(body).toMatchObject({ status: 400, code: 'request.invalid', errors: [{ path: `header.${name}` }] });
    expect(body['detail']).toContain(`${name}: `);
    expect((await call.get('/imports')).body).toMatchObject({ items: [] });
  });

  it('may name the file in any letters up to 255, and one that is still being written is refused', async () => {
    const bytesOf = (name: string): string => Buffer.from(name).toString('latin1');
    expect((await send({ 'Bridge-Feed-Name': 'a'.repeat(255) })).status).toBe(201);
    expect((await send({ 'Bridge-Feed-Name': bytesOf('Übersicht Größe.csv') })).status).toBe(201);
    expect((await send({ 'Bridge-Feed-Name': 'M\u00fcller.csv' })).status).toBe(201);
    const { body } = await send({ 'Bridge-Feed-Name': bytesOf('Übersicht.csv.filepart') });
    expect(body).toMatchObject({ status: 422, code: 'import.unreadable' });
  });

  it('refuse an older file than the one in force, and name the header', async () => {
    await send({ 'Bridge-Feed-As-Of': '2026-01-02' });
    const { body } = await send({ 'Bridge-Feed-As-Of': '2026-01-01' });
    expect(body).toMatchObject({ status: 409, code: 'conflict', errors: [{ path: 'header.Bridge-Feed-As-Of' }] });
  });
});

describe('the answer of an import', () => {
  it.each([true, false])('says what a person should know of the whole file (preview: %s)', async (preview) => {
    const bytes = Buffer.from(`Report of January\n${HR.replace('Sam,', 'Zo\u00eb,')}Total: 2\n`, 'latin1');
    const { body } = await send({}, { bytes, preview });
    expect(body).toMatchObject({
      preview,
      proof: 'trailer',
      detected: { encoding: 'windows-1252', quote: '"', delimiter: ',' },
      trailer: [{ line: 5, text: 'Total: 2' }],
    });
    expect(body['notes']).toMatchObject([
      { code: 'encoding_fallback', places: [{ record: 2, line: 4, header: 'First Name' }] },
      { code: 'preamble', places: [] },
    ]);
    // A name stays masked but for the letters in question.
    expect(JSON.stringify(body['notes'])).not.toContain('Zo\u00eb');
    expect(JSON.stringify(body['notes'])).toContain('\u00eb');
  });

  it('says nothing of them for an import of an earlier version', async () => {
    const { body } = await send({});
    const record = await api.store.imports.get(String(body['id']).replace('imp_', ''));
    const { encoding, delimiter, headerLine, preset, confidence, columns } = record?.shape ?? {};
    const shape = { encoding, delimiter, headerLine, preset, confidence, columns };
    await api.store.write((tx) => tx.imports.update(record?.id ?? '', { shape }));
    expect((await call.get(`/imports/${String(body['id'])}`)).body).toMatchObject({
      detected: { quote: null, encoding: 'utf-8' },
      notes: [],
      trailer: [],
      proof: null,
    });
  });
});
