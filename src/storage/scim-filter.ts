import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import { fold } from '../core/fold.ts';
import type { AttributePath, Comparison, Filter, FilterValue } from '../core/query.ts';
import type { Schema } from './schema.ts';

type Builder = ExpressionBuilder<Schema, 'scim_resource'>;

/** A condition that every match fulfils; `exact`: and nothing else does, so no document need be looked at. */
export interface Condition {
  readonly expression: Expression<SqlBool>;
  readonly exact: boolean;
}

export type Column = 'id' | 'user_key' | 'display_key' | 'external_id' | 'created_at' | 'modified_at';

type Compares = 'exact' | 'folded' | 'instant';

/** Columns whose case does not count are stored folded; instants compare as text because they are UTC with ms. */
const COLUMNS: ReadonlyMap<string, { readonly column: Column; readonly compares: Compares }> = new Map([
  ['id', { column: 'id', compares: 'exact' }],
  ['externalId', { column: 'external_id', compares: 'exact' }],
  ['userName', { column: 'user_key', compares: 'folded' }],
  ['displayName', { column: 'display_key', compares: 'folded' }],
  ['meta.created', { column: 'created_at', compares: 'instant' }],
  ['meta.lastModified', { column: 'modified_at', compares: 'instant' }],
]);

/** The column that an attribute is sorted by. */
export function sortColumn(path: AttributePath): Column | undefined {
  return COLUMNS.get(nameOf(path))?.column;
}

/** The column and the value of a filter that asks for one value of one column, as most lookups of IdPs do. */
export function equality(filter: Filter): { readonly column: Column; readonly key: string } | undefined {
  if (filter.kind !== 'compare' || filter.op !== 'eq' || typeof filter.value !== 'string') return undefined;
  const place = COLUMNS.get(nameOf(filter.path));
  return place === undefined ? undefined : { column: place.column, key: keyOf(place.compares, filter.value) };
}

/** What of the filter the indexes can answer; null when that is nothing. Its depth is capped, so recursion is. */
export function compile(eb: Builder, tenantId: string, filter: Filter): Condition | null {
  switch (filter.kind) {
    case 'and': {
      const parts = filter.parts.map((part) => compile(eb, tenantId, part));
      const known = parts.filter((part) => part !== null);
      if (known.length === 0) return null;
      const exact = known.length === parts.length && known.every((part) => part.exact);
      return { expression: eb.and(known.map((part) => part.expression)), exact };
    }
    case 'or': {
      const parts = filter.parts.map((part) => compile(eb, tenantId, part));
      const known = parts.filter((part) => part !== null);
      if (known.length < parts.length) return null;
      return { expression: eb.or(known.map((part) => part.expression)), exact: known.every((part) => part.exact) };
    }
    case 'not': {
      const part = compile(eb, tenantId, filter.part);
      return part?.exact === true ? exactly(negated(part.expression)) : null;
    }
    case 'element': {
      const part = filter.path.schema === undefined ? compile(eb, tenantId, filter.where) : null;
      // One element must fulfil all of it: what the index finds is only a candidate.
      return part === null || hasNot(filter.where) ? null : { expression: part.expression, exact: false };
    }
    case 'present':
      return compilePresent(eb, tenantId, filter);
    case 'compare':
      return compileCompare(eb, tenantId, filter);
  }
}

function compilePresent(eb: Builder, tenantId: string, filter: Filter & { kind: 'present' }): Condition | null {
  const name = nameOf(filter.path);
  const column = COLUMNS.get(name)?.column;
  if (column !== undefined) return exactly(eb(column, 'is not', null));
  if (name === 'emails.value') return exactly(eb('id', 'in', emails(eb, tenantId).select('resource_id')));
  return null;
}

function compileCompare(eb: Builder, tenantId: string, filter: Filter & { kind: 'compare' }): Condition | null {
  const { op, value } = filter;
  const name = nameOf(filter.path);
  if (name === 'active' && typeof value === 'boolean' && (op === 'eq' || op === 'ne')) {
    return exactly(eb('active', '=', value === (op === 'eq') ? 1 : 0));
  }
  if (name === 'emails.value' && typeof value === 'string' && (op === 'eq' || isLike(op, fold(value)))) {
    const key = fold(value);
    const query = emails(eb, tenantId).select('resource_id');
    const found = op === 'eq' ? query.where('value_key', '=', key) : query.where(like('value_key', op, key));
    return exactly(eb('id', 'in', found));
  }
  if (name === 'members.value' && typeof value === 'string' && op === 'eq') {
    return exactly(eb('id', 'in', memberships(eb, tenantId).select('group_id').where('user_id', '=', value)));
  }
  if (name === 'groups.value' && typeof value === 'string' && op === 'eq') {
    return exactly(eb('id', 'in', memberships(eb, tenantId).select('user_id').where('group_id', '=', value)));
  }
  const place = COLUMNS.get(name);
  return place === undefined ? null : compareColumn(eb, place.column, place.compares, op, value);
}

function compareColumn(
  eb: Builder,
  column: Column,
  compares: Compares,
  op: Comparison,
  value: FilterValue,
): Condition | null {
  if (value === null) return exactly(eb(column, op === 'eq' ? 'is' : 'is not', null));
  if (typeof value !== 'string') return null;
  const key = keyOf(compares, value);
  switch (op) {
    case 'eq':
      return exactly(eb(column, '=', key));
    case 'ne':
      return exactly(negated(eb(column, '=', key)));
    case 'co':
    case 'sw':
    case 'ew':
      // LIKE folds ASCII letters on SQLite: harmless on folded keys only.
      return compares === 'folded' && isLike(op, key) ? exactly(like(column, op, key)) : null;
    case 'gt':
      return compares === 'instant' ? exactly(eb(column, '>', key)) : null;
    case 'ge':
      return compares === 'instant' ? exactly(eb(column, '>=', key)) : null;
    case 'lt':
      return compares === 'instant' ? exactly(eb(column, '<', key)) : null;
    case 'le':
      return compares === 'instant' ? exactly(eb(column, '<=', key)) : null;
  }
}

function keyOf(compares: Compares, value: string): string {
  return compares === 'folded' ? fold(value) : value;
}

function nameOf(path: AttributePath): string {
  const name = path.sub === undefined ? path.attribute : `${path.attribute}.${path.sub}`;
  return path.schema === undefined ? name : `${path.schema}:${name}`;
}

function emails(eb: Builder, tenantId: string) {
  return eb.selectFrom('scim_email').where('scim_email.tenant_id', '=', tenantId);
}

function memberships(eb: Builder, tenantId: string) {
  return eb.selectFrom('scim_member').where('scim_member.tenant_id', '=', tenantId);
}

/** A LIKE tries the pattern at every place of the text: beyond this length it could hold the whole process up. */
const LIKE_LIMIT = 64;

function isLike(op: Comparison, key: string): op is 'co' | 'sw' | 'ew' {
  return op === 'sw' || ((op === 'co' || op === 'ew') && key.length <= LIKE_LIMIT);
}

function like(column: string, op: 'co' | 'sw' | 'ew', key: string): Expression<SqlBool> {
  const escaped = key.replaceAll('\\', '\\\\').replaceAll('%', '\\%').replaceAll('_', '\\_');
  const pattern = `${op === 'sw' ? '' : '%'}${escaped}${op === 'ew' ? '' : '%'}`;
  return sql<SqlBool>`${sql.ref(column)} like ${pattern} escape '\\'`;
}

/** SQL knows a third truth for nulls, filters do not: what is not known to hold does not hold. */
function negated(expression: Expression<SqlBool>): Expression<SqlBool> {
  return sql<SqlBool>`not coalesce(${expression}, false)`;
}

function exactly(expression: Expression<SqlBool>): Condition {
  return { expression, exact: true };
}

/** Under `not`, what holds for some element says nothing about the one in question. */
function hasNot(filter: Filter): boolean {
  if (filter.kind === 'not') return true;
  if (filter.kind === 'and' || filter.kind === 'or') return filter.parts.some(hasNot);
  return false;
}
