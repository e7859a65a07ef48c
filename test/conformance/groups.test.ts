import { expect, it } from '@jest/globals';
import { type Json, bodyOf } from '../scim/requests.ts';
import { conformanceOnEach, expectError, idsOf } from './conformance-world.ts';

conformanceOnEach('groups', (scim) => {
  const users = async (count: number): Promise<readonly string[]> => {
    const ids: string[] = [];
    for (let at = 0; at < count; at += 1) ids.push(await scim.user(scim.unique()));
    return ids;
  };
  const members = async (group: string): Promise<readonly string[]> =>
    (bodyOf(await scim.get(`/Groups/${group}`)).members ?? []).map(({ value }) => value).toSorted();
  const groupsOf = async (user: string): Promise<readonly string[]> =>
    (bodyOf(await scim.get(`/Users/${user}`)).groups ?? []).map(({ value }) => value).toSorted();
  const patch = async (group: string, ...operations: readonly Json[]): Promise<void> => {
    expect((await scim.patch(`/Groups/${group}`, ...operations)).status).toBe(204);
  };

  it('RFC 7643 4.2: a member has value, $ref, type and display', async () => {
    const id = await scim.user(scim.unique(), { displayName: 'Ann Example' });
    const [member] = bodyOf(await scim.get(`/Groups/${await scim.group('G', [id])}`)).members ?? [];
    expect(member).toEqual({ value: id, $ref: expect.any(String), type: 'User', display: 'Ann Example' });
  });

  it('RFC 7643 4.1.2: groups of a user are those where it is a member, directly', async () => {
    const [ann = ''] = await users(1);
    const group = await scim.group('Team', [ann]);
    expect(await scim.read(`/Users/${ann}`)).toMatchObject({
      groups: [{ value: group, display: 'Team', type: 'direct' }],
    });
  });

  it('RFC 7643 4.1.2: a user in no group has none', async () => {
    expect(await scim.read(`/Users/${await scim.user(scim.unique())}`)).not.toHaveProperty('groups');
  });

  it('RFC 7643 4.1.2: groups of a user follow every change of the groups', async () => {
    const [ann = ''] = await users(1);
    const [one, two] = [await scim.group('one', [ann]), await scim.group('two')];
    await patch(two, { op: 'add', path: 'members', value: [{ value: ann }] });
    expect(await groupsOf(ann)).toEqual([one, two].toSorted());
    await patch(one, { op: 'remove', path: `members[value eq "${ann}"]` });
    expect(await groupsOf(ann)).toEqual([two]);
    await scim.delete(`/Groups/${two}`);
    expect(await groupsOf(ann)).toEqual([]);
  });

  it('RFC 7643 4.1.2: the name of a group is new for its members when it is renamed', async () => {
    const [ann = ''] = await users(1);
    const group = await scim.group('old', [ann]);
    await patch(group, { op: 'replace', path: 'displayName', value: 'new' });
    expect(bodyOf(await scim.get(`/Users/${ann}`)).groups?.[0]?.display).toBe('new');
  });

  it('RFC 7644 3.6: a user that is deleted is a member no longer', async () => {
    const [ann = '', bob = ''] = await users(2);
    const group = await scim.group('G', [ann, bob]);
    await scim.delete(`/Users/${ann}`);
    expect(await members(group)).toEqual([bob]);
  });

  it('RFC 7644 3.6: the members of a group that is deleted stay', async () => {
    const [ann = ''] = await users(1);
    await scim.delete(`/Groups/${await scim.group('G', [ann])}`);
    expect((await scim.get(`/Users/${ann}`)).status).toBe(200);
  });

  it.each<[string, (ids: readonly string[]) => readonly Json[], readonly number[]]>([
    ['add, by path', ([, , c]) => [{ op: 'add', path: 'members', value: [{ value: c }] }], [0, 1, 2]],
    ['add, one object', ([, , c]) => [{ op: 'add', path: 'members', value: { value: c } }], [0, 1, 2]],
    ['add, without a path', ([, , c]) => [{ op: 'add', value: { members: [{ value: c }] } }], [0, 1, 2]],
    ['add, one who is there', ([a]) => [{ op: 'add', path: 'members', value: [{ value: a }] }], [0, 1]],
    ['replace, by path', ([, , c]) => [{ op: 'replace', path: 'members', value: [{ value: c }] }], [2]],
    ['replace, without a path', ([, , c]) => [{ op: 'replace', value: { members: [{ value: c }] } }], [2]],
    ['replace, by nobody', () => [{ op: 'replace', path: 'members', value: [] }], []],
    ['replace, by nobody, without a path', () => [{ op: 'replace', value: { members: [] } }], []],
    ['remove all', () => [{ op: 'remove', path: 'members' }], []],
    ['remove one', ([a = '']) => [{ op: 'remove', path: `members[value eq "${a}"]` }], [1]],
    ['remove two', ([a = '', b = '']) => [{ op: 'remove', path: `members[value eq "${a}" or value eq "${b}"]` }], []],
    ['remove one who is none', ([, , c = '']) => [{ op: 'remove', path: `members[value eq "${c}"]` }], [0, 1]],
    ['remove, with a list, as Entra', ([a]) => [{ op: 'Remove', path: 'members', value: [{ value: a }] }], [1]],
    ['remove, with an object', ([a]) => [{ op: 'remove', path: 'members', value: { value: a } }], [1]],
    ['remove, with a list of nobody', () => [{ op: 'remove', path: 'members', value: [] }], [0, 1]],
    [
      'remove and add in one request, as Okta',
      ([a = '', , c]) => [
        { op: 'remove', path: `members[value eq "${a}"]` },
        { op: 'add', path: 'members', value: [{ value: c }] },
      ],
      [1, 2],
    ],
    ['another attribute', () => [{ op: 'replace', value: { displayName: 'H' } }], [0, 1]],
  ])('RFC 7644 3.5.2: members: %s', async (_what, operations, left) => {
    const ids = await users(3);
    const group = await scim.group('G', ids.slice(0, 2));
    await patch(group, ...operations(ids));
    expect(await members(group)).toEqual(left.map((at) => ids[at] ?? '').toSorted());
  });

  it('RFC 7644 3.5.2.1: the same member twice in one request is one', async () => {
    const [ann = ''] = await users(1);
    const group = await scim.group('G', [ann, ann]);
    expect(await members(group)).toEqual([ann]);
  });

  it.each<[string, Json]>([
    ['a user who is not there', { value: 'nobody' }],
    ['a member without value', { display: 'Ann' }],
  ])('RFC 7644 3.3: a group with %s is 400 invalidValue, and none is made', async (_what, member) => {
    const displayName = scim.unique('refused');
    expectError(await scim.post('/Groups', { displayName, members: [member] }), 400, 'invalidValue');
    expect(bodyOf(await scim.get('/Groups', { filter: `displayName eq "${displayName}"` })).totalResults).toBe(0);
  });

  it('RFC 7643 4.2: a user who is said to be a group is none: 400 invalidValue', async () => {
    const [value] = await users(1);
    expectError(
      await scim.post('/Groups', { displayName: 'G', members: [{ value, type: 'Group' }] }),
      400,
      'invalidValue',
    );
  });

  it('RFC 7643 4.2: a group is no member of a group: 400 invalidValue', async () => {
    const inner = await scim.group('inner');
    expectError(await scim.post('/Groups', { displayName: 'outer', members: [{ value: inner }] }), 400, 'invalidValue');
  });

  it.each(['add', 'replace'])('RFC 7644 3.5.2: %s of one who is not there changes nobody', async (op) => {
    const [ann = '', bob = ''] = await users(2);
    const group = await scim.group('G', [ann]);
    const value = [{ value: bob }, { value: 'nobody' }];
    expectError(await scim.patch(`/Groups/${group}`, { op, path: 'members', value }), 400, 'invalidValue');
    expect(await members(group)).toEqual([ann]);
  });

  it('RFC 7643 4.2: two groups may have one name', async () => {
    const ids = [await scim.group('same name'), await scim.group('same name')];
    expect(idsOf(await scim.get('/Groups', { filter: 'displayName eq "SAME name"' })).toSorted()).toEqual(
      ids.toSorted(),
    );
  });

  it.each<[string, (ann: string, group: string) => string]>([
    ['members.value', (ann) => `members.value eq "${ann}"`],
    ['members', (ann) => `members eq "${ann}"`],
    ['members[value]', (ann) => `members[value eq "${ann}"]`],
    ['id and members, as Entra checks', (ann, group) => `id eq "${group}" and members eq "${ann}"`],
    ['members.type', (_ann, group) => `id eq "${group}" and members.type eq "User"`],
    ['members pr', (_ann, group) => `id eq "${group}" and members pr`],
  ])('RFC 7644 3.4.2.2: groups are found by %s', async (_what, filter) => {
    const [ann = ''] = await users(1);
    const group = await scim.group(scim.unique('g'), [ann]);
    await scim.group(scim.unique('g'));
    expect(idsOf(await scim.get('/Groups', { filter: filter(ann, group) }))).toEqual([group]);
  });

  it.each<[string, (group: string, name: string) => string]>([
    ['groups.value', (group) => `groups.value eq "${group}"`],
    ['groups', (group) => `groups eq "${group}"`],
    ['groups.display', (_group, name) => `groups.display eq "${name}"`],
    ['groups[value and type]', (group) => `groups[value eq "${group}" and type eq "direct"]`],
  ])('RFC 7644 3.4.2.2: users are found by %s', async (_what, filter) => {
    const [ann = ''] = await users(2);
    const name = scim.unique('team');
    const group = await scim.group(name, [ann]);
    expect(idsOf(await scim.get('/Users', { filter: filter(group, name) }))).toEqual([ann]);
  });

  it('RFC 7644 3.4.2.2: groups without members are those of `not (members pr)`', async () => {
    const [ann = ''] = await users(1);
    const [full, empty] = [await scim.group('with', [ann]), await scim.group('without')];
    const found = idsOf(await scim.get('/Groups', { filter: 'not (members pr)' }));
    expect([found.includes(empty), found.includes(full)]).toEqual([true, false]);
  });

  it('RFC 7644 3.9: excludedAttributes=members leaves them out', async () => {
    const [ann = ''] = await users(1);
    const group = await scim.group('G', [ann]);
    expect((await scim.get(`/Groups/${group}`, { excludedAttributes: 'members' })).body).not.toHaveProperty('members');
  });

  it('RFC 7644 3.5.2: of many changes at one moment none is lost', async () => {
    const ids = await users(8);
    const group = await scim.group('G', ids.slice(0, 4));
    const operations = ids.map((value, at) =>
      at < 4
        ? { op: 'remove', path: `members[value eq "${value}"]` }
        : { op: 'add', path: 'members', value: [{ value }] },
    );
    await Promise.all(operations.map((operation) => patch(group, operation)));
    expect(await members(group)).toEqual(ids.slice(4).toSorted());
  });
});
