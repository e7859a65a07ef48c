import { beforeAll, expect, it } from '@jest/globals';
import { account, change, draft, entry, later, plan, run, snapshot } from '../contract/building.ts';
import { eachDatabase } from '../support/store.ts';
import type { Aggregates } from '../../src/flows/ports.ts';
import { createKeptAnswers } from '../../src/scim/facade/kept-answers.ts';
import { jsonReply } from '../../src/scim/facade/reply.ts';
import { type Client, bodyOf, clientOf } from './requests.ts';
import { type ScimWorld, createScimWorld } from './scim-world.ts';

eachDatabase('a resource that was read before', (testStore) => {
  let world: ScimWorld;
  let acme: Client;
  let ann: string;
  let person: string;
  beforeAll(async () => {
    world = await createScimWorld(await testStore.open());
    acme = clientOf(world);
    ann = await acme.user('ann@example.com', { displayName: 'Ann' });
    person = (await world.scim('acme').get('User', ann))?.personId ?? '';
  });

  const LINK = { confidence: 1, rule: 'r', pinned: false, evidence: [], decidedBy: 'x' };
  const companies = [{ id: 'c1', ownerId: '42', deleted: false }];

  /** Everything that the answer is made of, changed one after the other. */
  const CHANGES: Readonly<Record<string, () => Promise<unknown>>> = {
    'the user': async () => acme.patch(`/Users/${ann}`, { op: 'replace', path: 'displayName', value: 'Ann B.' }),
    'her groups': async () => acme.group('Sales', [ann]),
    'the name of a group': async () => {
      const [group] = (await world.scim('acme').groupsOfMany([ann])).get(ann) ?? [];
      await acme.patch(`/Groups/${group?.id ?? ''}`, { op: 'replace', path: 'displayName', value: 'Sales EU' });
    },
    'an account': () => write((tx) => tx.accounts.putAccount(account('42'), {}, later(1))),
    'the link to it': () => write((tx) => tx.people.link({ ...LINK, personId: person, accountId: '42', at: later(2) })),
    'what it owns': () =>
      write((tx) =>
        tx.accounts.putSnapshot(snapshot('s1'), {
          accounts: [account('42')],
          companies,
          contacts: [{ id: 'k1', ownerId: '42' }],
        }),
      ),
    'the owner of an account': () => write((tx) => tx.accounts.setCompanyOwner('c1', '43')),
    'the owner of a contact': () => write((tx) => tx.accounts.setContactOwner('k1', '43')),
    'a run with its entry': () =>
      write(async (tx) => {
        await tx.runs.create(run('r1', { startedAt: later(9_999_999_999) }));
        await tx.runs.addEntries('r1', [
          { n: 1, entry: entry({ situation: 'MISSING_IN_TARGET', personId: person }), changes: ['ch1'] },
        ]);
      }),
    'a change of the plan': () =>
      write((tx) =>
        tx.plans.create(plan('p1', { runId: 'r1' }), [
          change('ch1', 'p1', 1, { draft: draft({ op: 'update', personId: person }) }),
        ]),
      ),
    'the state of that change': () =>
      write((tx) => tx.plans.moveChanges('p1', ['ch1'], ['planned', 'held', 'approved'], 'excluded', later(5))),
    'the end of the link': () => write((tx) => tx.people.endLink('42', later(7))),
    'a tombstone': () =>
      write((tx) =>
        tx.people.addTombstone({
          ...{ accountId: '42', personId: person, userNameHash: 'h', changeId: 'ch1' },
          at: later(99_999_999_999),
        }),
      ),
    'the membership again': async () => {
      const [group] = (await world.scim('acme').groupsOfMany([ann])).get(ann) ?? [];
      await acme.patch(`/Groups/${group?.id ?? ''}`, { op: 'remove', path: 'members' });
    },
  };

  function write(work: (tx: Aggregates) => Promise<unknown>): Promise<unknown> {
    return world.store.tenant('acme').write(work);
  }

  /** A list is never kept. */
  async function fresh(): Promise<unknown> {
    return bodyOf(await acme.get('/Users', { filter: `id eq "${ann}"` })).Resources[0];
  }

  it.each(Object.keys(CHANGES))('is read anew after a change of %s', async (what) => {
    const before = (await acme.get(`/Users/${ann}`)).body as unknown;
    expect((await acme.get(`/Users/${ann}`)).body).toEqual(before);
    await CHANGES[what]?.();
    const after = (await acme.get(`/Users/${ann}`)).body as unknown;
    expect(after).toEqual(await fresh());
    if (!UNSEEN.has(what)) expect(after).not.toEqual(before);
  });

  it('is not there any more once it is removed, nor for another tenant', async () => {
    await acme.get(`/Users/${ann}`);
    expect((await clientOf(world, 'globex-writer').get(`/Users/${ann}`)).status).toBe(404);
    await acme.delete(`/Users/${ann}`);
    expect((await acme.get(`/Users/${ann}`)).status).toBe(404);
  });

  /** What changes nothing that a client sees: the account of nobody yet. */
  const UNSEEN = new Set(['an account']);
});

it('kept answers are limited in number', () => {
  const kept = createKeptAnswers(2);
  const answer = { stamp: 1, version: 1, reply: jsonReply(200, {}) };
  for (const id of ['a', 'b']) kept.put('acme', id, answer);
  expect([kept.get('acme', 'a', 1), kept.get('acme', 'a', 2), kept.get('globex', 'a', 1)]).toEqual([
    answer,
    undefined,
    undefined,
  ]);
  kept.put('acme', 'c', answer);
  expect(['a', 'b', 'c'].map((id) => kept.get('acme', id, 1))).toEqual([undefined, undefined, answer]);
});

it('and in characters, of all and of one', () => {
  const kept = createKeptAnswers(100, 40);
  const of = (length: number, stamp = 1) => ({ stamp, version: 1, reply: jsonReply(200, 'x'.repeat(length - 2)) });
  const found = (): string => ['a', 'b', 'c'].filter((id) => kept.get('acme', id, 1) !== undefined).join();
  kept.put('acme', 'a', of(20, 0));
  kept.put('acme', 'a', of(20));
  kept.put('acme', 'b', of(20));
  expect(found()).toBe('a,b');
  kept.put('acme', 'c', of(2));
  expect(found()).toBe('c');
  const large = createKeptAnswers();
  large.put('acme', 'group', of(1_000_001));
  expect(large.get('acme', 'group', 1)).toBeUndefined();
});
