import { createHash } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { type Json, bodyOf } from '../scim/requests.ts';
import { BULK_REQUEST, ENTERPRISE, conformance, conformanceOnEach, expectError } from './conformance-world.ts';

/** A text of that many characters that no database can make shorter. */
function noise(length: number, seed: string): string {
  let text = '';
  for (let at = 0; text.length < length; at += 1)
    text += createHash('sha512').update(`${seed} ${at}`).digest('base64url');
  return text.slice(0, length);
}

conformanceOnEach('limits', (scim) => {
  const KEYS: readonly (readonly [string, string, (text: string) => Json])[] = [
    ['userName', '/Users', (text) => ({ userName: text })],
    ['externalId', '/Users', (text) => ({ userName: scim.unique(), externalId: text })],
    ['displayName', '/Users', (text) => ({ userName: scim.unique(), displayName: text })],
    ['emails.value', '/Users', (text) => ({ userName: scim.unique(), emails: [{ value: text }] })],
    ['employeeNumber', '/Users', (text) => ({ userName: scim.unique(), [ENTERPRISE]: { employeeNumber: text } })],
    ['displayName', '/Groups', (text) => ({ displayName: text })],
    ['externalId', '/Groups', (text) => ({ displayName: 'G', externalId: text })],
  ];

  it.each(KEYS)(
    'RFC 7644 3.12: %s of %s, of 2,000 bytes, is kept; of one more is 400 invalidValue',
    async (_name, path, body) => {
      const most = noise(2000, scim.unique());
      const reply = await scim.post(path, body(most));
      expect(reply.status).toBe(201);
      expect((await scim.get(`${path}/${bodyOf(reply).id}`)).text).toContain(most);
      expectError(await scim.post(path, body(`${most}x`)), 400, 'invalidValue');
      expectError(await scim.put(`${path}/${bodyOf(reply).id}`, body(`${most}x`)), 400, 'invalidValue');
    },
  );

  it('RFC 7644 3.12: bytes are counted, not characters', async () => {
    expect((await scim.post('/Users', { userName: '\u6f22'.repeat(666) })).status).toBe(201);
    expectError(await scim.post('/Users', { userName: '\u6f22'.repeat(667) }), 400, 'invalidValue');
  });

  it('RFC 7644 3.5.2: a PATCH to a longer one is 400 invalidValue', async () => {
    const id = await scim.user(scim.unique());
    const value = noise(2001, scim.unique());
    for (const path of ['userName', 'displayName', 'emails[type eq "work"].value']) {
      expectError(await scim.patch(`/Users/${id}`, { op: 'replace', path, value }), 400, 'invalidValue');
    }
  });

  it('RFC 7644 3.5.2: the filter of a path makes no value that a body could not', async () => {
    const id = await scim.user(scim.unique());
    const path = `emails[value eq "${noise(3000, scim.unique())}"].type`;
    expectError(await scim.patch(`/Users/${id}`, { op: 'add', path, value: 'work' }), 400, 'invalidValue');
    expect(await scim.read(`/Users/${id}`)).not.toHaveProperty('emails');
  });

  it('RFC 7644 3.12: other texts may be of 65,536 characters, and no more', async () => {
    const title = noise(65_536, scim.unique());
    expect((await scim.post('/Users', { userName: scim.unique(), title })).status).toBe(201);
    expectError(await scim.post('/Users', { userName: scim.unique(), title: `${title}x` }), 400, 'invalidValue');
  });

  it('RFC 7644 3.12: an attribute may have 1,000 values, and no more', async () => {
    const emails = Array.from({ length: 1001 }, (_, at) => ({ value: `m${at}@example.com` }));
    expect((await scim.post('/Users', { userName: scim.unique(), emails: emails.slice(1) })).status).toBe(201);
    expectError(await scim.post('/Users', { userName: scim.unique(), emails }), 400, 'invalidValue');
  });

  it('RFC 7644 3.5.2: a PATCH may have 100 operations; one more is 413', async () => {
    const id = await scim.user(scim.unique());
    const operations = Array.from({ length: 101 }, (_, at) => ({ op: 'replace', path: 'title', value: `T${at}` }));
    expect((await scim.patch(`/Users/${id}`, ...operations.slice(1))).status).toBe(200);
    expectError(await scim.patch(`/Users/${id}`, ...operations), 413);
  });

  it('RFC 7644 3.4.2.2: a filter may ask for a text that is too long to be stored', async () => {
    for (const name of ['userName', 'externalId', 'displayName', 'emails.value']) {
      const reply = await scim.get('/Users', { filter: `${name} eq "${noise(6000, name)}"` });
      expect([reply.status, bodyOf(reply).totalResults]).toEqual([200, 0]);
    }
  });
});

conformance('maxResults', (scim) => {
  it('RFC 7643 5, RFC 7644 3.4.2.4: a page holds 200 when nothing is said, and 1,000 at most', async () => {
    const Operations = Array.from({ length: 1001 }, (_, at) => ({
      method: 'POST',
      path: '/Users',
      bulkId: `b${at}`,
      data: { userName: `m${at}` },
    }));
    expect((await scim.post('/Bulk', { schemas: [BULK_REQUEST], Operations })).status).toBe(200);
    const size = async (query: Record<string, string>) => {
      const { totalResults, itemsPerPage, Resources } = bodyOf(
        await scim.get('/Users', { attributes: 'id', ...query }),
      );
      return [totalResults, itemsPerPage, Resources.length];
    };
    expect(await size({})).toEqual([1001, 200, 200]);
    expect(await size({ count: '1000' })).toEqual([1001, 1000, 1000]);
    expect(await size({ count: '1001' })).toEqual([1001, 1000, 1000]);
    expect(await size({ cursor: '', count: '5000' })).toEqual([1001, 1000, 1000]);
  });
});
