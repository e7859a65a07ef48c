import type { MemberChange } from '../../core/membership.ts';
import type { StoredResource } from '../scim-port.ts';

type Document = StoredResource['doc'];

/** Members of one change that an audit entry lists by id; beyond that it counts. */
const AUDITED_MEMBERS = 100;

/** Names of the attributes that differ: names only, the values stay out of the audit. */
export function changedNames(before: Document, after: Document): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

/** Names of the attributes that a new document has. */
export function named(doc: Document): readonly string[] {
  return Object.keys(doc).filter((name) => name !== 'schemas');
}

export function audited(changes: readonly MemberChange[]): readonly Readonly<Record<string, unknown>>[] {
  return changes.map((change) =>
    change.kind === 'clear'
      ? { kind: change.kind }
      : { kind: change.kind, count: change.users.length, users: change.users.slice(0, AUDITED_MEMBERS) },
  );
}
