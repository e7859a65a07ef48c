import { describe, expect, it } from '@jest/globals';
import {
  type KnownPerson,
  type KnownRecord,
  type RecordKey,
  resolvePerson,
} from '../../../src/core/identity/resolve-person.ts';

const employee = (value: string): RecordKey => ({ kind: 'employee', value });
const email = (value: string): RecordKey => ({ kind: 'email', value });
const userName = (value: string): RecordKey => ({ kind: 'user_name', value });

function record(source: string, keys: readonly RecordKey[], live = true): KnownRecord {
  return { id: `${source} ${JSON.stringify(keys)}`, source, live, keys };
}

function person(id: string, records: readonly KnownRecord[], settled = false): KnownPerson {
  return { id, records, settled };
}

describe('a record that is new', () => {
  it('makes a new person when nobody has an equal key', () => {
    const stranger = person('p1', [record('hr:hr', [employee('7')])]);
    expect(resolvePerson({ source: 'idp', keys: [employee('8')], others: [stranger] })).toEqual({
      kind: 'new',
      contested: false,
    });
  });

  it.each([
    ['idp', 'hr:hr'],
    ['hr:hr', 'idp'],
  ])('of %s joins the one person of %s with the same employee number', (source, other) => {
    const known = person('p1', [record(other, [employee('7')])]);
    expect(resolvePerson({ source, keys: [employee('7')], others: [known] })).toEqual({
      kind: 'join',
      personId: 'p1',
      rule: 'employee',
    });
  });

  it('takes the employee number before the e-mail', () => {
    const others = [
      person('by mail', [record('hr:hr', [email('a@example.com')])]),
      person('by number', [record('hr:hr', [employee('7')])]),
    ];
    const keys = [employee('7'), email('a@example.com')];
    expect(resolvePerson({ source: 'idp', keys, others })).toMatchObject({ personId: 'by number', rule: 'employee' });
  });

  it('joins by e-mail where no number says otherwise', () => {
    const known = person('p1', [record('hr:hr', [employee('7'), email('a@example.com')])]);
    expect(resolvePerson({ source: 'idp', keys: [email('a@example.com')], others: [known] })).toMatchObject({
      kind: 'join',
      rule: 'email',
    });
  });

  it('does not join by e-mail when the employee numbers differ', () => {
    const known = person('p1', [record('hr:hr', [employee('7'), email('a@example.com')])]);
    const keys = [employee('8'), email('a@example.com')];
    expect(resolvePerson({ source: 'idp', keys, others: [known] })).toEqual({ kind: 'new', contested: true });
  });

  it('is contested when two people have the key', () => {
    const others = ['p1', 'p2'].map((id) => person(id, [record('hr:hr', [email('shared@example.com')])]));
    expect(resolvePerson({ source: 'idp', keys: [email('shared@example.com')], others })).toEqual({
      kind: 'new',
      contested: true,
    });
  });

  it('is contested when the person has a live record of this source', () => {
    const taken = person('p1', [record('hr:hr', [employee('7')]), record('idp', [employee('7')])]);
    expect(resolvePerson({ source: 'idp', keys: [employee('7')], others: [taken] })).toEqual({
      kind: 'new',
      contested: true,
    });
  });

  it('does not fall through to a weaker key when a stronger one is contested', () => {
    const others = [
      person('p1', [record('hr:hr', [employee('7')]), record('idp', [employee('7')])]),
      person('p2', [record('hr:hr', [email('a@example.com')])]),
    ];
    const keys = [employee('7'), email('a@example.com')];
    expect(resolvePerson({ source: 'idp', keys, others })).toEqual({ kind: 'new', contested: true });
  });

  it('does not take an employee number of another feed for the same person', () => {
    const known = person('p1', [record('hr:uk', [employee('7')])]);
    expect(resolvePerson({ source: 'hr:de', keys: [employee('7')], others: [known] })).toMatchObject({ kind: 'new' });
  });

  it('joins people of two feeds by e-mail', () => {
    const known = person('p1', [record('hr:uk', [employee('7'), email('a@example.com')])]);
    const keys = [employee('900'), email('a@example.com')];
    expect(resolvePerson({ source: 'hr:de', keys, others: [known] })).toMatchObject({ kind: 'join', rule: 'email' });
  });
});

describe('a record that came back', () => {
  it('belongs to the person of the deleted user with the same userName', () => {
    const left = person('p1', [record('idp', [userName('ann')], false)], true);
    expect(resolvePerson({ source: 'idp', keys: [userName('ann')], others: [left] })).toEqual({
      kind: 'join',
      personId: 'p1',
      rule: 'returned',
    });
  });

  it('belongs to the person of the deleted user with the same employee number', () => {
    const left = person('p1', [record('idp', [userName('ann'), employee('7')], false)]);
    const keys = [userName('ann.new'), employee('7')];
    expect(resolvePerson({ source: 'idp', keys, others: [left] })).toMatchObject({ personId: 'p1', rule: 'returned' });
  });

  it('is somebody else when a name was given to a new employee number', () => {
    const left = person('p1', [record('idp', [userName('ann'), employee('7')], false)]);
    const keys = [userName('ann'), employee('8')];
    expect(resolvePerson({ source: 'idp', keys, others: [left] })).toMatchObject({ kind: 'new' });
  });

  it('is somebody else while the name is in use', () => {
    const active = person('p1', [record('idp', [userName('ann')])]);
    expect(resolvePerson({ source: 'idp', keys: [userName('ann')], others: [active] })).toMatchObject({ kind: 'new' });
  });
});

describe('a record that has a person', () => {
  const alone = person('own', [record('idp', [])]);
  const worker = person('p1', [record('hr:hr', [employee('7')]), record('hr:old', [employee('70')], false)]);

  it('stays when nothing else has an equal key', () => {
    expect(resolvePerson({ source: 'idp', keys: [employee('7')], own: alone, others: [] })).toEqual({
      kind: 'keep',
      personId: 'own',
    });
  });

  it('moves to the one match when its person has nothing else', () => {
    expect(resolvePerson({ source: 'idp', keys: [employee('7')], own: alone, others: [worker] })).toEqual({
      kind: 'merge',
      from: 'own',
      to: 'p1',
      rule: 'employee',
    });
  });

  it('draws the match to itself when its own person is settled and the other has nothing else', () => {
    const settled = person('own', [record('idp', [])], true);
    const lone = person('p1', [record('hr:hr', [employee('7')])]);
    expect(resolvePerson({ source: 'idp', keys: [employee('7')], own: settled, others: [lone] })).toEqual({
      kind: 'merge',
      from: 'p1',
      to: 'own',
      rule: 'employee',
    });
  });

  it('stays when both people have more to them', () => {
    const settled = person('own', [record('idp', [])], true);
    expect(resolvePerson({ source: 'idp', keys: [employee('7')], own: settled, others: [worker] })).toEqual({
      kind: 'keep',
      personId: 'own',
    });
  });

  it('stays when the key is contested', () => {
    const others = ['p1', 'p2'].map((id) => person(id, [record('hr:hr', [employee('7')])]));
    expect(resolvePerson({ source: 'idp', keys: [employee('7')], own: alone, others })).toMatchObject({ kind: 'keep' });
  });

  it('draws no second record of a source that it has already', () => {
    const own = person('own', [record('idp', []), record('hr:hr', [employee('1')])]);
    const lone = person('p1', [record('hr:hr', [email('a@example.com')])]);
    expect(resolvePerson({ source: 'idp', keys: [email('a@example.com')], own, others: [lone] })).toMatchObject({
      kind: 'keep',
    });
  });
});
