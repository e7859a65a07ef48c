import { describe, expect, it } from '@jest/globals';
import { type Json, bodyOf } from '../scim/requests.ts';
import { ENTERPRISE, USER, conformance } from './conformance-world.ts';

const WORK = { value: 'w@example.com', type: 'work' };
const HOME = { value: 'h@example.com', type: 'home' };

conformance('PATCH add', (scim) => {
  /** The user after one operation on it. */
  const after = async (before: Json, ...operations: readonly Json[]): Promise<Json> => {
    const path = `/Users/${await scim.user(scim.unique(), before)}`;
    const reply = await scim.patch(path, ...operations);
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual(await scim.read(path));
    return reply.body as Json;
  };
  const add = (path: string, value: unknown): Json => ({ op: 'add', path, value });

  describe('to what has no value', () => {
    it.each<[string, Json, string, unknown]>([
      ['a simple attribute', add('title', 'T'), 'title', 'T'],
      ['a boolean', add('active', false), 'active', false],
      ['a sub-attribute', add('name.givenName', 'Ann'), 'name', { givenName: 'Ann' }],
      ['a complex attribute', add('name', { givenName: 'Ann' }), 'name', { givenName: 'Ann' }],
      ['a list', add('emails', [WORK]), 'emails', [WORK]],
      ['one value of a list', add('emails', HOME), 'emails', [HOME]],
      ['a name with its URN', add(`${USER}:title`, 'T'), 'title', 'T'],
      ['an attribute of an extension', add(`${ENTERPRISE}:department`, 'N'), ENTERPRISE, { department: 'N' }],
      ['a manager', add(`${ENTERPRISE}:manager.value`, '7'), ENTERPRISE, { manager: { value: '7' } }],
      ['a whole extension', add(ENTERPRISE, { division: 'D' }), ENTERPRISE, { division: 'D' }],
    ])('RFC 7644 3.5.2.1: %s is added', async (_what, operation, name, value) => {
      expect((await after({}, operation))[name]).toEqual(value);
    });

    it('RFC 7644 3.5.2.1: without a path the value holds the attributes', async () => {
      const value = { title: 'T', emails: [WORK], name: { givenName: 'Ann' }, [ENTERPRISE]: { department: 'N' } };
      expect(await after({}, { op: 'add', value })).toMatchObject(value);
    });

    it.each(['emails[type eq "work"].value', 'emails[type eq "work" and primary eq true].value'])(
      'RFC 7644 3.5.2.1: %s that selects nothing makes the value that it describes',
      async (path) => {
        const { emails } = await after({ emails: [HOME] }, add(path, WORK.value));
        expect(emails).toEqual([HOME, expect.objectContaining(WORK)]);
      },
    );

    it('RFC 7644 3.5.2.1: two operations on one such selection fill one value', async () => {
      const operations = [
        add('addresses[type eq "work"].locality', 'X'),
        add('addresses[type eq "work"].country', 'US'),
      ];
      expect((await after({}, ...operations))['addresses']).toEqual([{ locality: 'X', country: 'US', type: 'work' }]);
    });
  });

  describe('to what has a value', () => {
    it('RFC 7644 3.5.2.1: a single value is replaced', async () => {
      expect((await after({ title: 'old' }, add('title', 'new')))['title']).toBe('new');
    });

    it('RFC 7644 3.5.2.1: a complex value keeps the parts that are not named', async () => {
      const { name } = await after({ name: { givenName: 'Ann', familyName: 'A' } }, add('name', { familyName: 'B' }));
      expect(name).toEqual({ givenName: 'Ann', familyName: 'B' });
    });

    it('RFC 7644 3.5.2.1: an extension keeps the attributes that are not named', async () => {
      const user = await after(
        { [ENTERPRISE]: { department: 'N', division: 'D' } },
        add(ENTERPRISE, { division: 'E' }),
      );
      expect(user[ENTERPRISE]).toEqual({ division: 'E', department: 'N' });
    });

    it.each([
      ['by a path', { op: 'add', path: 'emails', value: [HOME] }],
      ['without a path', { op: 'add', value: { emails: [HOME] } }],
    ])('RFC 7644 3.5.2.1: values of a list are added to the others, %s', async (_how, operation) => {
      expect((await after({ emails: [WORK] }, operation))['emails']).toEqual([WORK, HOME]);
    });

    it('RFC 7644 3.5.2.1: a value that is there already is not doubled', async () => {
      expect((await after({ emails: [WORK, HOME] }, add('emails', [WORK])))['emails']).toEqual([WORK, HOME]);
    });

    it('RFC 7644 3.5.2.1: a selected value gets the sub-attribute, the others stay', async () => {
      const { emails } = await after({ emails: [WORK, HOME] }, add('emails[type eq "home"].display', 'Home'));
      expect(emails).toEqual([WORK, { ...HOME, display: 'Home' }]);
    });

    it('RFC 7644 3.5.2.1: a sub-attribute of a list is set in every value', async () => {
      const { emails } = await after({ emails: [WORK, HOME] }, add('emails.display', 'D'));
      expect(emails).toEqual([
        { ...WORK, display: 'D' },
        { ...HOME, display: 'D' },
      ]);
    });

    it('RFC 7644 3.5.2.1: what changes nothing is no new version and no new lastModified', async () => {
      const path = `/Users/${await scim.user(scim.unique(), { title: 'T', emails: [WORK] })}`;
      const before = await scim.read(path);
      await scim.patch(path, add('title', 'T'), add('emails', [WORK]));
      expect(await scim.read(path)).toEqual(before);
    });

    it('RFC 7644 3.5.2: a new primary value takes it from the old one', async () => {
      const before = { emails: [{ ...WORK, primary: true }] };
      expect((await after(before, add('emails', [{ ...HOME, primary: true }])))['emails']).toEqual([
        { ...WORK, primary: false },
        { ...HOME, primary: true },
      ]);
    });
  });

  it('RFC 7644 3.5.2: operations are applied in their order, each to what the one before made', async () => {
    const user = await after(
      {},
      add('title', 'A'),
      { op: 'replace', path: 'title', value: 'B' },
      add('emails', [WORK]),
      { op: 'remove', path: 'emails[type eq "work"]' },
      add('emails', [HOME]),
    );
    expect([user['title'], user['emails']]).toEqual(['B', [HOME]]);
  });

  it.each(['Add', 'ADD'])('RFC 7644 3.5.2: the op %s is read without its case, as Entra writes it', async (op) => {
    expect(await after({}, { op, path: 'TITLE', value: 'T' })).toMatchObject({ title: 'T' });
  });

  it('RFC 7644 3.5.2: a changed resource has a new version and a later lastModified', async () => {
    const path = `/Users/${await scim.user(scim.unique())}`;
    const before = bodyOf(await scim.get(path)).meta;
    const { meta } = bodyOf(await scim.patch(path, add('title', 'T')));
    expect([before.version, meta.version]).toEqual(['W/"1"', 'W/"2"']);
    expect(Date.parse(meta.lastModified)).toBeGreaterThan(Date.parse(before.lastModified));
  });
});
