import { describe, expect, it } from '@jest/globals';
import { DomainError } from '../../src/core/errors.ts';
import { etag, namesVersion } from '../../src/scim/etag.ts';
import { PAGE, projectionOf, readListQuery } from '../../src/scim/list-query.ts';
import { isWanted, project } from '../../src/scim/projection.ts';
import { GROUP, USER } from '../../src/scim/schema.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

const ANN = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', ENTERPRISE],
  id: '1',
  userName: 'ann',
  name: { givenName: 'A', familyName: 'B' },
  emails: [{ value: 'x', type: 'work' }, { type: 'home' }],
  [ENTERPRISE]: { department: 'D', manager: { value: '7', displayName: 'M' } },
  meta: { version: 'W/"1"', created: 'C' },
};

const always = { schemas: ANN.schemas, id: '1' };

describe('projection (RFC 7644 3.9)', () => {
  const only = (attributes: string) => project(USER, projectionOf(USER, { attributes }), ANN);
  const without = (excludedAttributes: string) => project(USER, projectionOf(USER, { excludedAttributes }), ANN);

  it('gives what is asked for, and always schemas and id', () => {
    expect(only('USERNAME')).toEqual({ ...always, userName: 'ann' });
    expect(only('name.familyName, emails.value')).toEqual({
      ...always,
      name: { familyName: 'B' },
      emails: [{ value: 'x' }],
    });
    expect(only('name,name.familyName')).toEqual({ ...always, name: ANN.name });
    expect(only('urn:ietf:params:scim:schemas:core:2.0:User:userName')).toEqual({ ...always, userName: 'ann' });
    expect(only(`${ENTERPRISE}:manager.value`)).toEqual({ ...always, [ENTERPRISE]: { manager: { value: '7' } } });
    expect(only(ENTERPRISE)).toEqual({ ...always, [ENTERPRISE]: ANN[ENTERPRISE] });
    expect(only('meta.version,unknown,')).toEqual({ ...always, meta: { version: 'W/"1"' } });
    expect(only('urn:ietf:params:scim:schemas:core:2.0:User')).toEqual({ ...ANN, [ENTERPRISE]: undefined });
  });

  it('leaves out what is excluded, and never schemas and id', () => {
    expect(without('schemas,id,userName,emails,meta,name')).toEqual({ ...always, [ENTERPRISE]: ANN[ENTERPRISE] });
    expect(without('emails.type,name.givenName')).toMatchObject({
      emails: [{ value: 'x' }],
      name: { familyName: 'B' },
    });
    expect(without(ENTERPRISE)).not.toHaveProperty([ENTERPRISE]);
    expect(without(`${ENTERPRISE}:department`)[ENTERPRISE]).toEqual({ manager: ANN[ENTERPRISE].manager });
  });

  it('says what need not be loaded', () => {
    expect(isWanted(projectionOf(GROUP, {}), 'members')).toBe(true);
    expect(isWanted(projectionOf(GROUP, { excludedAttributes: 'members' }), 'members')).toBe(false);
    expect(isWanted(projectionOf(GROUP, { excludedAttributes: 'members.display' }), 'members')).toBe(true);
    expect(isWanted(projectionOf(GROUP, { attributes: 'displayName' }), 'members')).toBe(false);
    expect(isWanted(projectionOf(GROUP, { attributes: ['members.value'] }), 'members')).toBe(true);
    expect(isWanted(projectionOf(USER, { attributes: `${ENTERPRISE}:manager` }), ENTERPRISE)).toBe(true);
  });
});

describe('queries (RFC 7644 3.4.2)', () => {
  const page = (parameters: Record<string, unknown>) => readListQuery(USER, parameters).page;

  it('page from 1, by default a moderate number, at most what is advertised', () => {
    expect(page({})).toEqual({ startIndex: 1, count: PAGE.usual });
    expect(page({ startIndex: '0', count: '-1' })).toEqual({ startIndex: 1, count: 0 });
    expect(page({ startIndex: -5, count: 0 })).toEqual({ startIndex: 1, count: 0 });
    expect(page({ startIndex: '+7', count: String(PAGE.most - 1) })).toEqual({ startIndex: 7, count: PAGE.most - 1 });
    expect(page({ count: String(PAGE.most) })).toMatchObject({ count: PAGE.most });
    expect(page({ count: String(PAGE.most + 1) })).toMatchObject({ count: PAGE.most });
    expect(page({ count: '99999999999999999999', startIndex: '9'.repeat(20) })).toMatchObject({ count: PAGE.most });
  });

  it('sort by a value, ascending unless said otherwise', () => {
    expect(readListQuery(USER, { sortBy: 'name.familyName' }).sort).toEqual({
      path: { attribute: 'name', sub: 'familyName' },
      descending: false,
    });
    expect(readListQuery(USER, { sortBy: 'EMAILS', sortOrder: 'Descending' }).sort).toEqual({
      path: { attribute: 'emails', sub: 'value' },
      descending: true,
    });
  });

  it.each([
    { count: 'ten' },
    { count: 1.5 },
    { count: '1e3' },
    { startIndex: {} },
    { sortBy: 'nothing' },
    { sortBy: 'password' },
    { sortBy: 'userName', sortOrder: 'up' },
    { filter: '' },
    { filter: 7 },
    { attributes: [7] },
  ])('%j is refused', (parameters) => {
    expect(() => readListQuery(USER, parameters)).toThrow(DomainError);
  });
});

it('versions are named by weak or strong tags, lists and a star (RFC 7644 3.14)', () => {
  expect(etag(3)).toBe('W/"3"');
  for (const header of ['W/"3"', '"3"', '*', '"1", W/"3"']) expect(namesVersion(header, 3)).toBe(true);
  for (const header of ['W/"33"', '3', '', 'W/"2"']) expect(namesVersion(header, 3)).toBe(false);
});
