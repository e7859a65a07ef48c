import { beforeAll, describe, expect, it } from '@jest/globals';
import { ENTERPRISE, USER, conformanceOnEach, namesOf } from './conformance-world.ts';
import { createPeople } from './people.ts';

type Asked = readonly [filter: string, found: string];

conformanceOnEach('filter operators', (scim) => {
  beforeAll(() => createPeople(scim));

  const found = async (filter: string): Promise<string> =>
    namesOf(await scim.get('/Users', { filter, sortBy: 'userName' })).join(' ');

  describe('on single values', () => {
    it.each<Asked>([
      ['userName eq "ann"', 'ann'],
      ['userName ne "ann"', 'Bob cyd dee eve'],
      ['userName co "e"', 'dee eve'],
      ['userName sw "b"', 'Bob'],
      ['userName ew "e"', 'dee eve'],
      ['userName gt "cyd"', 'dee eve'],
      ['userName ge "cyd"', 'cyd dee eve'],
      ['userName lt "cyd"', 'ann Bob'],
      ['userName le "cyd"', 'ann Bob cyd'],
      ['title pr', 'ann Bob dee'],
      ['title eq "AGENT"', 'ann dee'],
      ['title ne "agent"', 'Bob cyd eve'],
      ['title co "AGE"', 'ann Bob dee'],
      ['title sw "man"', 'Bob'],
      ['title ew "ER"', 'Bob'],
      ['title gt "agent"', 'Bob'],
      ['title le "agent"', 'ann dee'],
      ['displayName co "zo\u00c9"', 'dee'],
      ['name.familyName eq "ADAMS"', 'ann'],
      ['name.familyName gt "b"', 'Bob cyd'],
      ['name pr', 'ann Bob cyd'],
      ['name.givenName pr', 'ann Bob'],
      [`${USER}:userName eq "ann"`, 'ann'],
      [`${ENTERPRISE}:department eq "NORTH"`, 'ann'],
      [`${ENTERPRISE}:department pr`, 'ann cyd'],
      [`${ENTERPRISE}:manager.value eq "m-1"`, 'ann'],
      [`${ENTERPRISE}:employeeNumber sw "1"`, 'ann'],
    ])('RFC 7644 3.4.2.2: %s', async (filter, names) => {
      expect(await found(filter)).toBe(names);
    });
  });

  describe('on lists', () => {
    it.each<Asked>([
      ['emails.value eq "ANN@example.org"', 'ann'],
      ['emails.value ew "example.com"', 'ann Bob dee'],
      ['emails.type eq "work"', 'ann Bob cyd'],
      ['emails.primary eq true', 'ann dee'],
      ['emails pr', 'ann Bob cyd dee'],
      ['phoneNumbers pr', 'cyd'],
      ['emails.display pr', ''],
      ['emails co "example.net"', 'cyd'],
      ['emails eq "bob@example.com"', 'Bob'],
      ['roles.value eq "admin"', 'dee'],
    ])('RFC 7644 3.4.2.2: %s: one value that fulfils it is enough', async (filter, names) => {
      expect(await found(filter)).toBe(names);
    });

    it.each<Asked>([
      ['emails[type eq "work"]', 'ann Bob cyd'],
      ['emails[type eq "work" and value ew "example.com"]', 'ann'],
      ['emails[type eq "home" and value ew "example.com"]', 'Bob dee'],
      ['emails[type eq "home" or primary eq true]', 'ann Bob dee'],
      ['emails[not (type eq "work")]', 'ann Bob dee'],
      ['emails[type eq "work" and not (value co "org")]', 'ann cyd'],
      ['emails[type eq "home" and (primary eq true or value sw "bob")]', 'Bob dee'],
      ['emails[value pr]', 'ann Bob cyd dee'],
      ['roles[primary eq "True"]', 'dee'],
      ['not (emails[type eq "work"])', 'dee eve'],
      ['emails[type eq "work"] and emails[value ew "example.com"]', 'ann Bob'],
    ])('RFC 7644 3.4.2.2: %s: all of the brackets is asked of one value', async (filter, names) => {
      expect(await found(filter)).toBe(names);
    });

    it.each<Asked>([
      ['emails[type eq "work"].value eq "ann@example.com"', 'ann'],
      ['emails[type eq "work"].value eq "ann@example.org"', ''],
      ['emails[type eq "home"].value ew "example.com"', 'Bob dee'],
    ])('RFC 7644 3.4.2.2: %s, as Entra asks, is one value too', async (filter, names) => {
      expect(await found(filter)).toBe(names);
    });
  });

  describe('on what has no value', () => {
    it.each<Asked>([
      ['title eq null', 'cyd eve'],
      ['title ne null', 'ann Bob dee'],
      ['not (title pr)', 'cyd eve'],
      ['nickName ne "x"', 'ann Bob cyd dee eve'],
      ['nickName co ""', 'cyd'],
      ['nickName lt "z"', 'cyd'],
      ['not (nickName gt "a")', 'ann Bob dee eve'],
      ['emails.value eq null', 'eve'],
      [`${ENTERPRISE}:division pr`, ''],
    ])('RFC 7643 2.5: %s', async (filter, names) => {
      expect(await found(filter)).toBe(names);
    });
  });
});
