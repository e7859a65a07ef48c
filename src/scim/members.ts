import { DomainError } from '../core/errors.ts';
import type { MemberChange } from '../core/membership.ts';
import type { Filter } from '../core/query.ts';
import type { PatchOperation } from './patch-message.ts';
import { invalidPath } from './patch-path.ts';
import { MEMBERS } from './schema-group.ts';
import { invalid, isObject, isUnassigned, readElement } from './value.ts';

/** Ids of the members that a body or an operation names, each once. Throws `scim.invalid_value`. */
export function readMembers(raw: unknown, where: string): readonly string[] {
  if (isUnassigned(raw)) return [];
  const list: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
  return [...new Set(list.map((each, at) => memberId(each, `${where}[${at}]`)))];
}

function memberId(raw: unknown, where: string): string {
  const member = readElement(MEMBERS, raw, where);
  const { value, type } = isObject(member) ? member : {};
  if (typeof value !== 'string') throw invalid(where, 'has no value');
  if (typeof type === 'string' && type.toLowerCase() !== 'user') {
    throw invalid(where, 'is no user: groups within groups are not supported');
  }
  return value;
}

/** An operation on `members` as a delta, so that its cost does not grow with the group. */
export function memberChange(operation: PatchOperation): MemberChange {
  const { op, target, value, where } = operation;
  if (target.kind === 'elements') return selectedChange(operation, selectedIds(target.where));
  if (target.kind === 'attribute' && target.place.parent !== undefined && target.place.attribute.name !== 'value') {
    throw new DomainError('scim.mutability', `${where}: members are added and removed, not changed.`);
  }
  if (op === 'add') return { kind: 'add', users: readMembers(value, `${where}.value`) };
  if (op === 'replace') return { kind: 'set', users: readMembers(value, `${where}.value`) };
  // By the letter of RFC 7644 3.5.2.2 a remove with values empties the group: that has happened in the field
  //. Only the named go; an empty list names nobody.
  return value === undefined || value === null
    ? { kind: 'clear' }
    : { kind: 'remove', users: readMembers(value, `${where}.value`) };
}

function selectedChange({ op, target, where }: PatchOperation, users: readonly string[]): MemberChange {
  if (target.kind === 'elements' && target.sub !== undefined) {
    throw new DomainError('scim.mutability', `${where}: members are added and removed, not changed.`);
  }
  return { kind: op === 'remove' ? 'remove' : 'add', users };
}

/** The ids of `value eq "a"`, also of several joined by `or`; other filters would have to load every member. */
function selectedIds(where: Filter): readonly string[] {
  if (where.kind === 'or') return [...new Set(where.parts.flatMap(selectedIds))];
  if (where.kind === 'compare' && where.op === 'eq' && where.path.sub === 'value' && typeof where.value === 'string') {
    return [where.value];
  }
  throw invalidPath('members are selected by value eq "…", also several joined by or');
}
