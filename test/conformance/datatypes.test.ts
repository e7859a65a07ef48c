import { expect, it } from '@jest/globals';
import { bodyOf } from '../scim/requests.ts';
import { ENTERPRISE, conformance, expectError } from './conformance-world.ts';

conformance('data types', (scim) => {
  const post = async (more: Readonly<Record<string, unknown>>) =>
    scim.post('/Users', { userName: scim.unique(), ...more });

  it.each<[string, string, Readonly<Record<string, unknown>>]>([
    ['2.3.1', 'a number is no string', { title: 7 }],
    ['2.3.1', 'a boolean is no string', { title: true }],
    ['2.3.1', 'an object is no string', { title: { value: 'x' } }],
    ['2.3.1', 'a list of two is no string', { title: ['a', 'b'] }],
    ['2.3.2', 'a number is no boolean', { active: 1 }],
    ['2.3.2', 'another word is no boolean', { active: 'yes' }],
    ['2.3.2', 'primary is a boolean', { emails: [{ value: 'a@example.com', primary: 'first' }] }],
    ['2.3.6', 'a number is no binary', { x509Certificates: [{ value: 7 }] }],
    ['2.3.7', 'a number is no reference', { profileUrl: 7 }],
    ['2.3.8', 'a number is no complex value', { name: 7 }],
    ['2.3.8', 'a text is no name', { name: 'Ann Example' }],
    ['2.3.8', 'an extension is an object', { [ENTERPRISE]: 'Sales' }],
    ['2.3.8', 'a sub-attribute has its own type', { name: { givenName: 7 } }],
    ['2.4', 'an element of a list is an object', { addresses: ['1 Way'] }],
    ['2.4', 'a number is no element', { emails: [7] }],
  ])('RFC 7643 %s: %s: 400 invalidValue', async (_clause, _what, more) => {
    expectError(await post(more), 400, 'invalidValue');
  });

  it('RFC 7643 2.3.1: a string of any script comes back as it was', async () => {
    const title = 'Größe 漢字 \u{1F600} "quoted" \\ /';
    expect((await post({ title })).body).toMatchObject({ title });
  });

  it.each([
    ['NUL', 'a\u0000b'],
    ['half of a surrogate pair', 'a\ud800b'],
  ])('RFC 7643 2.3.1: %s is no character of a string: 400 invalidValue', async (_what, title) => {
    expectError(await post({ title }), 400, 'invalidValue');
  });

  it.each([
    ['"True"', true],
    ['"false"', false],
    ['"FALSE"', false],
  ])('RFC 7643 2.3.2: the text %s, as some clients write, is read as the boolean', async (text, active) => {
    expect((await post({ active: JSON.parse(text) as unknown })).body).toHaveProperty('active', active);
  });

  it('RFC 7643 2.3.5: instants of meta are in UTC, of xsd:dateTime', async () => {
    const { meta } = bodyOf(await post({}));
    expect(meta.lastModified).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it.each([
    '2026-01-02T04:00:00+01:00',
    '2026-01-02T03:00:00Z',
    '2026-01-02T03:00:00.000Z',
    '2026-01-01T22:00:00-05:00',
  ])('RFC 7643 2.3.5: %s is compared as the instant that it is', async (instant) => {
    const id = bodyOf(await post({})).id;
    const found = async (op: string) =>
      bodyOf(await scim.get('/Users', { filter: `id eq "${id}" and meta.created ${op} "${instant}"` })).totalResults;
    expect([await found('gt'), await found('lt')]).toEqual([1, 0]);
  });

  it.each([
    'yesterday',
    '2026-01-02',
    '2026-13-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '02/01/2026',
    '2026-01-02T00:00:00 PST',
  ])('RFC 7643 2.3.5: %s is no instant: 400 invalidFilter', async (text) => {
    expectError(await scim.get('/Users', { filter: `meta.created gt "${text}"` }), 400, 'invalidFilter');
  });

  it('RFC 7643 2.4: one value without a list is taken as a list of one', async () => {
    expect((await post({ emails: { value: 'a@example.com' } })).body).toMatchObject({
      emails: [{ value: 'a@example.com' }],
    });
  });

  it('RFC 7643 2.4: two values of one type are both kept', async () => {
    const emails = [
      { value: 'a@example.com', type: 'work' },
      { value: 'b@example.com', type: 'work' },
    ];
    expect((await post({ emails })).body).toMatchObject({ emails });
  });

  it('RFC 7643 2.4: the same value of the same type twice is one', async () => {
    const email = { value: 'a@example.com', type: 'work' };
    expect((await post({ emails: [email, email] })).body).toHaveProperty('emails', [email]);
  });

  it('RFC 7643 2.4: the same value of two types is two', async () => {
    const emails = [
      { value: 'a@example.com', type: 'work' },
      { value: 'a@example.com', type: 'home' },
    ];
    expect((await post({ emails })).body).toHaveProperty('emails', emails);
  });

  it.each(['post', 'put'] as const)('RFC 7643 2.4: two primary values by %s: 400 invalidValue', async (method) => {
    const emails = ['a', 'b'].map((name) => ({ value: `${name}@example.com`, primary: true }));
    const body = { userName: scim.unique(), emails };
    const id = method === 'put' ? await scim.user(scim.unique()) : '';
    const reply = method === 'put' ? await scim.put(`/Users/${id}`, body) : await scim.post('/Users', body);
    expectError(reply, 400, 'invalidValue');
  });

  it.each([
    ['emails', 'Private'],
    ['phoneNumbers', 'satellite'],
    ['roles', 'anything'],
  ])('RFC 7643 7: canonical values are suggestions: %s of type %s is kept', async (attribute, type) => {
    const values = [{ value: 'x', type }];
    expect((await post({ [attribute]: values })).body).toHaveProperty(attribute, values);
  });
});
