import { describe, expect, it } from '@jest/globals';
import type { Pager } from '../../src/drift/operations/operation.ts';
import { nextPage } from '../../src/drift/operations/paging.ts';

type Query = Readonly<Record<string, unknown>>;

const next = (pager: Pager | null, query: Query, value: unknown, link: string | null = null): unknown =>
  nextPage({ name: 'a-list', pager }, query, value, link);

const ELSEWHERE = 'https://elsewhere.example.net';
const UNREACHABLE = expect.objectContaining({ code: 'drift.unreachable' }) as unknown;

describe('the next page', () => {
  it.each<[string, Pager | null, Query, unknown, unknown]>([
    ['SCIM goes on after what came', 'scim', { count: 2 }, { Resources: [1, 2], totalResults: 3 }, { startIndex: 3 }],
    [
      'SCIM goes on from where it was',
      'scim',
      { startIndex: 3 },
      { Resources: [1], totalResults: 9 },
      { startIndex: 4 },
    ],
    ['SCIM ends at its total', 'scim', { startIndex: 3 }, { Resources: [1], totalResults: 3 }, null],
    ['SCIM ends with an empty page', 'scim', {}, { Resources: [], totalResults: 3 }, null],
    ['accounts take the index', 'accounts', {}, { data: { next: '/accounts?index=65&size=65' } }, { index: 65 }],
    ['accounts end without next', 'accounts', { index: 65 }, { data: {} }, null],
    ['contacts take a cursor', 'contacts', {}, { pagination: { more: true, next: 'abc' } }, { next: 'abc' }],
    ['contacts take a plain next', 'contacts', {}, { next: 'abc' }, { next: 'abc' }],
    ['contacts end where no more is', 'contacts', {}, { pagination: { more: false, next: 'abc' } }, null],
    ['messages take a cursor', 'messages', {}, { pagination: { more: true, next: '50' } }, { next: '50' }],
    ['messages end without pagination', 'messages', { next: '50' }, { data: {} }, null],
    [
      'conversations in the older form',
      'conversations',
      {},
      { pagination: { more: true, next: '25' } },
      { next: '25' },
    ],
    ['conversations end without either', 'conversations', {}, { links: { self: '/x' } }, null],
    ['whole lists have none', 'whole', {}, { next: 'abc' }, null],
    ['single answers have none', null, {}, { next: 'abc' }, null],
  ])('%s', (_what, pager, query, value, expected) => {
    expect(next(pager, query, value)).toEqual(expected === null ? null : { ...query, ...(expected as Query) });
  });

  it('takes the token of an address, whatever the place, and keeps the rest of what was asked', () => {
    const links = { next: `${ELSEWHERE}/conversations/list?limit=2&page_token=a%2Bb&statusId=1#x` };
    expect(next('conversations', { limit: 50, page_token: '' }, { links })).toEqual({ limit: 50, page_token: 'a+b' });
    expect(next('contacts', { email: 'a@example.com' }, {}, `${ELSEWHERE}/contacts?next=d`)).toEqual({
      email: 'a@example.com',
      next: 'd',
    });
    expect(next('accounts', { index: 0 }, { data: { next: `${ELSEWHERE}/a?index=10` } })).toEqual({ index: 10 });
  });

  it.each<[string, Pager, Query, unknown]>([
    ['repeats a token', 'conversations', { page_token: 'a' }, { links: { next: '/x?page_token=a' } }],
    ['has an address without a token', 'conversations', {}, { links: { next: `${ELSEWHERE}/x` } }],
    ['repeats a cursor', 'messages', { next: '50' }, { pagination: { more: true, next: '50' } }],
    ['repeats a cursor that was given as a number', 'messages', { next: 50 }, { pagination: { next: '50' } }],
    ['goes on without a cursor', 'contacts', {}, { pagination: { more: true } }],
    ['goes back', 'accounts', { index: 65 }, { data: { next: '/accounts?index=65' } }],
    ['has no index', 'accounts', {}, { data: { next: '/elsewhere' } }],
  ])('fails when the list %s', (_what, pager, query, value) => {
    expect(() => next(pager, query, value)).toThrow(UNREACHABLE);
  });
});
