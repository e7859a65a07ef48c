import { describe, expect, it } from '@jest/globals';
import { filterShape, requestShape } from '../../src/scim/request-shape.ts';

const ID = '0198c0de-0000-7000-8000-000000000001';
const path = (url: string): string => requestShape(url).path;
const query = (parameters: Record<string, string>): string =>
  path(`/Users?${new URLSearchParams(parameters).toString()}`).slice('/Users?'.length);

describe('what the log keeps of an address', () => {
  it('is the route, and a resource id of ours', () => {
    expect(requestShape(`/Users/${ID}`)).toEqual({ path: `/Users/${ID}`, resourceId: ID });
    expect(requestShape(`/scim/v2/Groups/${ID}?count=1`)).toEqual({ path: `/Groups/${ID}?count=1`, resourceId: ID });
    expect(requestShape('/Users')).toEqual({ path: '/Users', resourceId: undefined });
    expect(path('/Users/')).toBe('/Users');
    expect(path('/Users/.search')).toBe('/Users/.search');
    expect(path('/Bulk')).toBe('/Bulk');
  });

  it('is nothing of other segments', () => {
    expect(path('/Users/ann@example.com')).toBe('/Users/{other}');
    expect(path(`/Users/${ID}/ann`)).toBe(`/Users/${ID}/{other}`);
    expect(path('/ann@example.com/x/y')).toBe('/{other}/{other}/{other}');
    expect(path('')).toBe('/{other}');
    expect(path(`/Users/${'x'.repeat(100_000)}`)).toBe('/Users/{other}');
    expect(path('/Users/%E0%A4%A')).toBe('/Users/{other}');
  });

  it('is names and operators of a filter, and no value', () => {
    expect(filterShape('userName eq "ann@example.com"')).toBe('userName eq …');
    expect(filterShape('USERNAME EQ "a\\"nn" AND not (active eq true or title pr)')).toBe(
      'userName eq … and not (active eq … or title pr)',
    );
    expect(filterShape('emails[type eq "work" and value co "@example.com"].value eq "x"')).toBe(
      'emails[type eq … and value co …].value eq …',
    );
    expect(filterShape('urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "7"')).toBe(
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq …',
    );
    expect(filterShape('meta.lastModified gt "2026-01-01T00:00:00Z"')).toBe('meta.lastModified gt …');
  });

  it('keeps no word of what is no filter', () => {
    expect(filterShape('ann@example.com')).toBe('…');
    expect(filterShape('userName eq ann')).toBe('userName eq …');
    expect(filterShape('userName eq title')).toBe('userName eq …');
    expect(filterShape('userName eq "ann')).toBe('userName eq …');
    expect(filterShape('secret eq "x')).toBe('… eq …');
    expect(filterShape('userName eq "ann" ann')).toBe('userName eq … …');
    expect(filterShape(')]ann[(')).toBe(')] …[(');
  });

  it('is the names of other parameters, and of attributes that exist', () => {
    expect(query({ attributes: 'username, ann@example.com,emails.value', excludedAttributes: 'groups' })).toBe(
      'attributes=userName,{other},emails.value&excludedAttributes=groups',
    );
    expect(query({ sortBy: 'name.familyName', sortOrder: 'descending', startIndex: '1', count: '100' })).toBe(
      'sortBy=name.familyName&sortOrder=descending&startIndex=1&count=100',
    );
    expect(query({ sortBy: 'ann', sortOrder: 'ann', startIndex: 'ann', count: '491512345678', cursor: 'abc' })).toBe(
      'sortBy={other}&sortOrder=…&startIndex=…&count=…&cursor=…',
    );
    expect(query({ 'ann@example.com': 'ann', token: 'secret' })).toBe('{other}&{other}');
    expect(path('/Users?filter=%E0%A4%A&ann')).toBe('/Users?filter={other}&{other}');
  });

  it('is short', () => {
    const many = Array.from({ length: 200 }, () => 'userName eq "ann"').join(' and ');
    expect(query({ filter: many }).length).toBeLessThanOrEqual(500);
    expect(path(`/Users?${'a=b&'.repeat(1000)}`).length).toBeLessThanOrEqual(500);
  });
});
