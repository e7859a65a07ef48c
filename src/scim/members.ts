import { DomainError } from '../core/errors.ts';
import type { MemberChange } from '../core/membership.ts';
import type { Filter } from '../core/query.ts';
import type { Dialect } from './dialect.ts';
import { removesAll } from './patch-list.ts';
import type { PatchOperation } from './patch-message.ts';
import { invalidPath } from './patch-path.ts';
import { MEMBERS } from './schema-group.ts';
import { invalid, isObject, isUnassigned, readElement } from './value.ts';

/** Ids of the members that a body or an operation names, each once. Throws `scim.invalid_value`. */
export function readMembers(raw: unknown, where: string): readonly string[] {
  return memberIds(raw, where, (type, place) => {
    if (type.toLowerCase() !== 'user') throw invalid(place, 'is no user: groups within groups are not supported');
  });
}

function memberIds(raw: unknown, where: string, check: (type: string, place: string) => void): readonly string[] {
  if (isUnassigned(raw)) return [];
  const list: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
  const ids = list.map((each, at) => {
    const place = `${where}[${at}]`;
    const member = readElement(MEMBERS, each, place);
    const { value, type } = isObject(member) ? member : {};
    if (typeof value !== 'string') throw invalid(place, 'has no value');
    if (typeof type === 'string') check(type, place);
    return value;
  });
  return [...new Set(ids)];
}

/** An operation on `members` as a delta, so that its cost does not grow with the group. */
export function memberChange(operation: PatchOperation, dialect: Dialect): MemberChange {
  const { op, target, value, where } = operation;
  if (target.kind === 'elements') return selectedChange(operation, selectedIds(target.where));
  if (target.kind === 'attribute' && target.place.parent !== undefined && target.place.attribute.name !== 'value') {
    throw immutable(where);
  }
  if (op === 'remove') {
    // By the letter of RFC 7644 3.5.2.2 a remove with values empties the group: that has happened in the field.
    // Only the named go, whatever they are; an empty list names nobody.
    return removesAll(value, dialect)
      ? { kind: 'clear' }
      : { kind: 'remove', users: memberIds(value, `${where}.value`, () => undefined) };
  }
  const users = readMembers(value, `${where}.value`);
  const isWhole = op === 'replace' && (dialect.replaceMembers === 'whole' || users.length === 0);
  return { kind: isWhole ? 'set' : 'add', users };
}

function selectedChange({ op, target, value, where }: PatchOperation, users: readonly string[]): MemberChange {
  if (target.kind === 'elements' && target.sub !== undefined) throw immutable(where);
  if (op === 'remove') return { kind: 'remove', users };
  if (readMembers(value, `${where}.value`).some((id) => !users.includes(id))) throw immutable(where);
  return { kind: 'add', users };
}

/** RFC 7643 8.7.1: the parts of a member are immutable. */
function immutable(where: string): DomainError {
  return new DomainError('scim.mutability', `${where}: members are added and removed, not changed.`);
}

/**
 * The ids of `value eq "a"`, also of several joined by `or`, and beside `type eq "User"`, which says nothing here; other
 * filters would have to load every member.
 */
function selectedIds(where: Filter): readonly string[] {
  if (where.kind === 'or') return [...new Set(where.parts.flatMap(selectedIds))];
  if (where.kind === 'and') {
    const [part, ...others] = where.parts.filter((each) => !isOfUsers(each));
    if (part !== undefined && others.length === 0) return selectedIds(part);
  }
  if (where.kind === 'compare' && where.op === 'eq' && where.path.sub === 'value' && typeof where.value === 'string') {
    return [where.value];
  }
  throw invalidPath('members are selected by value eq "…", also several joined by or');
}

function isOfUsers(where: Filter): boolean {
  if (where.kind !== 'compare' || where.op !== 'eq' || where.path.sub !== 'type') return false;
  return typeof where.value === 'string' && where.value.toLowerCase() === 'user';
}
