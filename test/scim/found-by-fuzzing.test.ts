import { beforeAll, describe, expect, it } from '@jest/globals';
import { applyPatch } from '../../src/scim/patch.ts';
import { instant } from '../../src/scim/instant.ts';
import { USER } from '../../src/scim/schema.ts';
import { eachDatabase } from '../support/store.ts';
import { type Client, bodyOf, clientOf } from './requests.ts';
import { createScimWorld } from './scim-world.ts';

const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

/** Each was an input of a fuzz campaign that had another answer. */
describe('RFC 7643 2.4: adding to a list', () => {
  const added = (emails: readonly unknown[], value: readonly unknown[]): readonly unknown[] => {
    const body = { schemas: [PATCH], Operations: [{ op: 'add', path: 'emails', value }] };
    return applyPatch(USER, '1', { userName: 'ann', emails }, body).document['emails'] as readonly unknown[];
  };

  it('leaves one primary where the new one is named twice', () => {
    const emails = added(
      [{ value: 'a@example.com', primary: true }],
      [
        { value: 'b@example.com', primary: true },
        { value: 'b@example.com', type: 'work' },
      ],
    );
    expect(emails).toEqual([
      { value: 'a@example.com', primary: false },
      { value: 'b@example.com', type: 'work', primary: true },
    ]);
  });

  it('leaves no two equal elements where a primary gives way', () => {
    const before = [
      { value: 'a@example.com', display: 'Ann', primary: true },
      { value: 'a@example.com', display: 'Ann', primary: false, type: 'work' },
    ];
    const value = [{ value: 'b@example.com', primary: true }];
    const once = added(before, value);
    expect(new Set(once.map((each) => JSON.stringify(each))).size).toBe(once.length);
    expect(added(once, value)).toEqual(once);
  });
});

describe('RFC 7643 2.3.5: an instant', () => {
  it('that is outside of the years 0 to 9999 in UTC is none', () => {
    expect(instant('9999-12-31T23:59:59Z')).toBe('9999-12-31T23:59:59.000Z');
    expect(instant('9999-12-31T23:59:59-01:00')).toBeUndefined();
    expect(instant('0000-01-01T00:00:00Z')).toBe('0000-01-01T00:00:00.000Z');
    expect(instant('0000-01-01T00:00:00+01:00')).toBeUndefined();
  });
});

eachDatabase('RFC 7644 3.4.2.3: sorting', (store) => {
  let acme: Client;
  beforeAll(async () => {
    acme = clientOf(await createScimWorld(await store.open()));
    for (const displayName of ['😀', 'zz', 'Ａ']) await acme.user(`user of ${displayName}`, { displayName });
  });

  it.each(['id pr', 'not (title eq "q")'])('has one order, whatever decides on %s', async (filter) => {
    const reply = await acme.get('/Users', { filter, sortBy: 'displayName' });
    expect(bodyOf(reply).Resources.map(({ displayName }) => displayName)).toEqual(['zz', 'Ａ', '😀']);
  });
});
