import { beforeAll, expect, it } from '@jest/globals';
import { DRIFT, ENTERPRISE, USER, conformanceOnEach, expectError, idsOf, namesOf } from './conformance-world.ts';
import { createPeople } from './people.ts';

const ALL = 'ann Bob cyd dee eve';

conformanceOnEach('filters by type', (scim) => {
  beforeAll(() => createPeople(scim));

  const found = async (filter: string): Promise<string> =>
    namesOf(await scim.get('/Users', { filter, sortBy: 'userName' })).join(' ');

  it.each<[string, string]>([
    ['active eq true', 'ann cyd dee eve'],
    ['active eq false', 'Bob'],
    ['active ne true', 'Bob'],
    ['active eq "True"', 'ann cyd dee eve'],
    ['active eq "false"', 'Bob'],
    ['active pr', ALL],
    ['not (active eq true)', 'Bob'],
    ['emails[primary eq true]', 'ann dee'],
  ])('RFC 7643 2.3.2: booleans: %s', async (filter, names) => {
    expect(await found(filter)).toBe(names);
  });

  it.each<[string, string]>([
    [`${DRIFT}:ownedContacts eq 0`, ALL],
    [`${DRIFT}:ownedContacts ge 0`, ALL],
    [`${DRIFT}:ownedContacts gt 0`, ''],
    [`${DRIFT}:ownedContacts lt 1.5`, ALL],
    [`${DRIFT}:ownedContacts le -1`, ''],
    [`${DRIFT}:ownedContacts ne 7`, ALL],
    [`${DRIFT}:ownedContacts lt 1e3`, ALL],
  ])('RFC 7643 2.3.4: numbers: %s', async (filter, names) => {
    expect(await found(filter)).toBe(names);
  });

  it.each<[string, string]>([
    ['meta.created gt "2026-01-01T00:00:00Z"', ALL],
    ['meta.created lt "2026-01-01T00:00:00Z"', ''],
    ['meta.lastModified ge "2026-01-02T03:04:05.000Z"', ALL],
    ['meta.lastModified lt "2026-01-02T05:00:00+01:00"', ALL],
    ['meta.lastModified gt "2026-01-02T05:00:00+01:00"', ''],
    ['meta.created pr', ALL],
    ['meta.created sw "2026-01-02"', ALL],
  ])('RFC 7643 2.3.5: instants: %s', async (filter, names) => {
    expect(await found(filter)).toBe(names);
  });

  it.each(['eq', 'ge', 'le'])('RFC 7643 2.3.5: an instant %s itself, in another zone', async (op) => {
    const [{ id, meta } = { id: '', meta: { lastModified: '' } }] = (
      (await scim.get('/Users', { filter: 'userName eq "ann"' })).body as {
        Resources: { id: string; meta: { lastModified: string } }[];
      }
    ).Resources;
    const west = `${new Date(Date.parse(meta.lastModified) - 5 * 3_600_000).toISOString().slice(0, -1)}-05:00`;
    const reply = await scim.get('/Users', { filter: `meta.lastModified ${op} "${west}" and id eq "${id}"` });
    expect(idsOf(reply)).toEqual([id]);
  });

  it.each<[string, string]>([
    ['x509Certificates.value eq "TUlJQg=="', 'ann'],
    ['x509Certificates.value eq "tulJQg=="', ''],
    ['x509Certificates pr', 'ann'],
  ])('RFC 7643 2.3.6: binaries, with their case: %s', async (filter, names) => {
    expect(await found(filter)).toBe(names);
  });

  it.each<[string, string]>([
    ['profileUrl eq "https://example.com/Bob"', 'Bob'],
    ['profileUrl eq "https://example.com/bob"', ''],
    ['profileUrl sw "https://"', 'Bob'],
  ])('RFC 7643 2.3.7: references, with their case: %s', async (filter, names) => {
    expect(await found(filter)).toBe(names);
  });

  it.each<[string, string]>([
    ['externalId eq "Ext-A"', 'ann'],
    ['externalId eq "ext-a"', 'dee'],
    ['externalId eq "EXT-A"', ''],
    ['externalId sw "Ext"', 'ann'],
    ['externalId ne "Ext-A"', 'Bob cyd dee eve'],
    ['meta.version eq "W/\\"1\\""', ALL],
    ['meta.version eq "w/\\"1\\""', ''],
    ['meta.resourceType eq "User"', ALL],
    ['meta.resourceType eq "user"', ''],
    [`${DRIFT}:provisioning.state eq "accepted"`, ALL],
    [`${DRIFT}:provisioning.state eq "ACCEPTED"`, ''],
  ])('RFC 7643 2.2: with caseExact true, case counts: %s', async (filter, names) => {
    expect(await found(filter)).toBe(names);
  });

  it.each<[string, string]>([
    ['userName eq "BOB"', 'Bob'],
    ['displayName sw "ANN"', 'ann'],
    ['locale eq "EN-gb"', 'ann'],
    ['emails.type eq "WORK"', 'ann Bob cyd'],
    ['roles.value eq "Admin"', 'dee'],
  ])('RFC 7643 2.2: with caseExact false, case does not count: %s', async (filter, names) => {
    expect(await found(filter)).toBe(names);
  });

  it.each<[string, string]>([
    [`schemas eq "${ENTERPRISE}"`, 'ann cyd'],
    [`schemas eq "${USER}"`, ALL],
    [`not (schemas eq "${ENTERPRISE}")`, 'Bob dee eve'],
    ['id pr', ALL],
    ['id eq "nobody"', ''],
    ['externalId pr', 'ann dee'],
    ['externalId eq null', 'Bob cyd eve'],
    ['meta.location co "/scim/v2/Users/"', ALL],
    ['meta.location co "/scim/v2/Groups/"', ''],
  ])('RFC 7643 3.1: attributes that every resource has: %s', async (filter, names) => {
    expect(await found(filter)).toBe(names);
  });

  it.each([
    ['a boolean has no order', 'active gt true'],
    ['a boolean has no parts', 'active co "ru"'],
    ['a boolean is true or false', 'active eq "perhaps"'],
    ['a boolean is no number', 'active eq 1'],
    ['a binary has no order', 'x509Certificates.value gt "A"'],
    ['a number has no parts', `${DRIFT}:ownedContacts co 1`],
    ['a number is no text', `${DRIFT}:ownedContacts eq "many"`],
    ['an instant is none of a day', 'meta.created gt "2026-01-01"'],
    ['an instant is no boolean', 'meta.created eq true'],
  ])('RFC 7644 3.4.2.2: %s: 400 invalidFilter', async (_what, filter) => {
    expectError(await scim.get('/Users', { filter }), 400, 'invalidFilter');
  });
});
