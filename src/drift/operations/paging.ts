import { DomainError } from '../../core/errors.ts';
import type { Operation } from './operation.ts';

type Query = Readonly<Record<string, unknown>>;

/**
 * The query of the page that follows an answer of a list, or null after the last one. `query` is what was asked for, `value`
 * the answer as the row gives it, `nextLink` what a `Link` header names. Of an address only its token is taken: the next call
 * goes to the configured origin like every other. Throws DomainError `drift.unreachable` for a list that says it goes on
 * without saying how, or that repeats itself.
 */
export function nextPage(
  row: Pick<Operation, 'name' | 'pager'>,
  query: Query,
  value: unknown,
  nextLink: string | null,
): Query | null {
  const answer = objectOf(value);
  switch (row.pager) {
    case 'scim': {
      const { Resources: users, totalResults: total } = answer;
      const received = Array.isArray(users) ? users.length : 0;
      const following = (typeof query['startIndex'] === 'number' ? query['startIndex'] : 1) + received;
      return received === 0 || following > Number(total) ? null : { ...query, startIndex: following };
    }
    case 'accounts': {
      const { next } = objectOf(answer['data']);
      if (next == null || next === '') return null;
      const index = Number(/^\d{1,9}$/.exec(tokenOf(next, 'index') ?? '')?.[0] ?? Number.NaN);
      const before = typeof query['index'] === 'number' ? query['index'] : 0;
      if (!(index > before)) throw endless(row.name, 'its next page is no later page');
      return { ...query, index };
    }
    case 'contacts':
      return byCursor(row.name, query, answer, answer['next'] ?? nextLink);
    case 'messages':
      return byCursor(row.name, query, answer, null);
    case 'conversations': {
      const { next } = objectOf(answer['links']);
      if (next == null || next === '') return byCursor(row.name, query, answer, null);
      return moved(row.name, query, 'page_token', tokenOf(next, 'page_token'));
    }
    case 'whole':
    case null:
      return null;
  }
}

function byCursor(name: string, query: Query, answer: Query, otherwise: unknown): Query | null {
  const { more, next } = objectOf(answer['pagination']);
  if (more === false) return null;
  const cursor = next ?? otherwise;
  if (cursor != null && cursor !== '') return moved(name, query, 'next', tokenOf(cursor, 'next'));
  if (more === true) throw endless(name, 'it has more, but no cursor for it');
  return null;
}

function moved(name: string, query: Query, member: string, token: string | null): Query {
  if (token === null || token === '') throw endless(name, 'its next page has no cursor');
  const before = query[member];
  if (token === (typeof before === 'number' ? String(before) : before)) throw endless(name, 'it repeats a cursor');
  return { ...query, [member]: token };
}

/** Of an address the member of its query, of anything else the whole text. */
function tokenOf(next: unknown, member: string): string | null {
  if (typeof next !== 'string') return typeof next === 'number' || typeof next === 'bigint' ? String(next) : null;
  if (!/^(https?:)?\//i.test(next)) return next;
  const cut = next.indexOf('?');
  return new URLSearchParams(cut < 0 ? '' : next.slice(cut + 1).split('#', 1)[0]).get(member);
}

function objectOf(value: unknown): Query {
  return typeof value === 'object' && value !== null ? (value as Query) : {};
}

function endless(name: string, why: string): DomainError {
  return new DomainError('drift.unreachable', `Drift could not be read (${name}): ${why}.`);
}
