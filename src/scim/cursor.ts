import { DomainError } from '../core/errors.ts';
import type { Position } from '../core/query.ts';

/** Seconds that a cursor may lie; each page brings a new one. Advertised as `cursorTimeout` (RFC 9865 4). */
export const CURSOR_SECONDS = 3600;

/** Characters of a cursor, far more than one of ours has. */
const TEXT_LIMIT = 8192;

/** Of a sort key that is longer the cursor says no more than whose it is: a cursor travels in a URL. */
const KEY_LIMIT = 1000;

/** Where the next page begins: in which of the lists that are paged as one, and behind what of it. */
export interface CursorPlace {
  readonly list: number;
  readonly after: Position | null;
  /** As counted for the first page. */
  readonly total: number;
}

export interface Cursors {
  /** `scope`: all that the place belongs to (tenant, types, filter, sort); the cursor is worth nothing outside of it. */
  write(scope: string, place: CursorPlace): string;
  /** Throws DomainError `scim.invalid_cursor` or `scim.expired_cursor`. */
  read(scope: string, cursor: string): CursorPlace;
}

/**
 * Cursors without a memory: the place itself, signed together with its scope and its end of life, in unreserved
 * characters (RFC 9865 2, RFC 3986 2.3). Any process can read what another wrote, and nobody else can write one.
 */
export function createCursors(world: {
  /** A keyed hash of the text, in hex. */
  readonly sign: (text: string) => string;
  readonly clock: { now(): string };
}): Cursors {
  const { sign, clock } = world;
  const seconds = (): number => Math.floor(Date.parse(clock.now()) / 1000);
  const signature = (scope: string, payload: string): string => sign(JSON.stringify(['scim.cursor.1', scope, payload]));

  return {
    write(scope, { list, after, total }) {
      const place = after === null ? [] : isLong(after.key) ? [after.id] : [after.id, after.key];
      const text = JSON.stringify([seconds() + CURSOR_SECONDS, total, list, ...place]);
      const payload = Buffer.from(text, 'utf8').toString('base64url');
      return `${payload}.${signature(scope, payload)}`;
    },

    read(scope, cursor) {
      const [payload = '', given = '', ...rest] = cursor.length > TEXT_LIMIT ? [] : cursor.split('.');
      if (rest.length > 0 || !isSame(given, signature(scope, payload))) throw invalidCursor();
      const place: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
      if (!Array.isArray(place)) throw invalidCursor();
      const [end, total, list, id, key] = place as readonly unknown[];
      if (typeof end !== 'number' || typeof total !== 'number' || typeof list !== 'number') throw invalidCursor();
      if (end < seconds()) {
        throw new DomainError('scim.expired_cursor', 'The cursor has expired: begin again with an empty cursor.');
      }
      return { list, total, after: typeof id === 'string' ? { id, ...keyOf(key) } : null };
    },
  };
}

function keyOf(key: unknown): Pick<Position, 'key'> {
  return typeof key === 'string' || typeof key === 'number' || key === null ? { key } : {};
}

function isLong(key: Position['key']): boolean {
  return key === undefined || (typeof key === 'string' && key.length > KEY_LIMIT);
}

/** Takes the same time wherever the texts differ. */
function isSame(given: string, right: string): boolean {
  let difference = given.length ^ right.length;
  for (let at = 0; at < right.length; at += 1) difference |= given.charCodeAt(at) ^ right.charCodeAt(at);
  return difference === 0;
}

function invalidCursor(): DomainError {
  return new DomainError(
    'scim.invalid_cursor',
    'The cursor is none of this query: it comes with the filter and the sort that it was given for.',
  );
}
