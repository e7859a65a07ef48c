import { compareCodePoints } from '../core/code-points.ts';
import { fold } from '../core/fold.ts';
import type { AttributePath, Comparison, Filter, FilterValue } from '../core/query.ts';
import type { Attribute } from './attribute.ts';
import { instant } from './instant.ts';
import { type ResourceDefinition, pathText, resolvePlace } from './schema.ts';

type Json = Readonly<Record<string, unknown>>;

/** Whether a document, as it is rendered for the client, fulfils a filter. */
export function matches(definition: ResourceDefinition, filter: Filter, document: Json): boolean {
  return holds(definition, filter, (path) => valuesAt(document, path));
}

/** Whether one element of the multi-valued attribute fulfils the filter of its brackets. */
export function elementMatches(definition: ResourceDefinition, where: Filter, element: unknown): boolean {
  return holds(definition, where, (path) => (path.sub === undefined ? [element] : subValues(element, path.sub)));
}

/** The filter's own depth is capped, so recursion is. */
function holds(
  definition: ResourceDefinition,
  filter: Filter,
  read: (path: AttributePath) => readonly unknown[],
): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.parts.every((part) => holds(definition, part, read));
    case 'or':
      return filter.parts.some((part) => holds(definition, part, read));
    case 'not':
      return !holds(definition, filter.part, read);
    case 'present':
      return read(filter.path).some(isPresent);
    case 'element':
      return read(filter.path).some((element) => elementMatches(definition, filter.where, element));
    case 'compare': {
      const comparison = knownOf(definition, filter);
      const values = read(filter.path).filter(isPresent);
      // An attribute without a value is compared as null (RFC 7643 2.5); of several values one is enough.
      if (values.length === 0) return compare(comparison, filter.op, null);
      return values.some((value) => compare(comparison, filter.op, value));
    }
  }
}

/** The values at a path, elements of lists one by one; own properties only. */
export function valuesAt(document: Json, path: AttributePath): readonly unknown[] {
  const container = path.schema === undefined ? document : own(document, path.schema);
  const value = own(container, path.attribute);
  if (value === undefined) return [];
  const elements: readonly unknown[] = Array.isArray(value) ? value : [value];
  const { sub } = path;
  return sub === undefined ? elements : elements.flatMap((element) => subValues(element, sub));
}

function subValues(element: unknown, sub: string): readonly unknown[] {
  const value = own(element, sub);
  return value === undefined ? [] : [value];
}

function own(container: unknown, name: string): unknown {
  if (typeof container !== 'object' || container === null || !Object.hasOwn(container, name)) return undefined;
  return (container as Json)[name];
}

/** "A non-empty or non-null value, or a non-empty node for complex attributes" (RFC 7644 3.4.2.2, `pr`). */
function isPresent(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

type CompareFilter = Extract<Filter, { readonly kind: 'compare' }>;

interface Known {
  readonly definition: ResourceDefinition;
  readonly attribute: Attribute | undefined;
  /** What is looked for, as it is compared. */
  readonly wanted: FilterValue;
}

/** Found once for each comparison of a filter, and not for each of the many values that it is held against. */
const known = new WeakMap<CompareFilter, Known>();

function knownOf(definition: ResourceDefinition, filter: CompareFilter): Known {
  const last = known.get(filter);
  if (last?.definition === definition) return last;
  const attribute = resolvePlace(definition, pathText(filter.path))?.attribute;
  const { value } = filter;
  const found = { definition, attribute, wanted: typeof value === 'string' ? comparable(attribute, value) : value };
  known.set(filter, found);
  return found;
}

function compare({ attribute, wanted }: Known, op: Comparison, value: unknown): boolean {
  const actual = typeof value === 'string' && typeof wanted === 'string' ? comparable(attribute, value) : value;
  if (op === 'eq') return actual === wanted;
  if (op === 'ne') return actual !== wanted;
  if (typeof actual === 'number' && typeof wanted === 'number') return isOrder(op) && fits(op, actual - wanted);
  if (typeof actual !== 'string' || typeof wanted !== 'string') return false;
  switch (op) {
    case 'co':
      return contains(actual, wanted);
    case 'sw':
      return actual.startsWith(wanted);
    case 'ew':
      return actual.endsWith(wanted);
    case 'gt':
    case 'ge':
    case 'lt':
    case 'le':
      return fits(op, compareCodePoints(actual, wanted));
  }
}

type Order = 'gt' | 'ge' | 'lt' | 'le';

function isOrder(op: Comparison): op is Order {
  return op === 'gt' || op === 'ge' || op === 'lt' || op === 'le';
}

/** Whether values stand so to each other; `sign` is above 0 where the first is greater. */
function fits(op: Order, sign: number): boolean {
  if (op === 'gt') return sign > 0;
  if (op === 'ge') return sign >= 0;
  return op === 'lt' ? sign < 0 : sign <= 0;
}

function comparable(attribute: Attribute | undefined, text: string): string {
  if (attribute?.type === 'dateTime') return instant(text) ?? text;
  return attribute?.caseExact === true ? text : fold(text);
}

/** Parts up to this length are left to `includes`, which is quick, but tries a long part at every place of the text. */
const SHORT = 64;

/** Whether the text has the part in it, in time linear in both (Knuth, Morris, Pratt): both come from clients. */
function contains(text: string, part: string): boolean {
  if (part.length <= SHORT || part.length > text.length) return text.includes(part);
  // How many units of the part's beginning also end at each of its units.
  const borders = new Uint16Array(part.length);
  for (let at = 1, border = 0; at < part.length; at += 1) {
    border = extended(part, borders, border, part.charCodeAt(at));
    borders[at] = border;
  }
  for (let at = 0, matched = 0; at < text.length; at += 1) {
    matched = extended(part, borders, matched, text.charCodeAt(at));
    if (matched === part.length) return true;
  }
  return false;
}

/** How much of the part's beginning is matched once the unit comes behind what was. */
function extended(part: string, borders: Uint16Array, matched: number, unit: number): number {
  let length = matched;
  while (length > 0 && part.charCodeAt(length) !== unit) length = borders[length - 1] ?? 0;
  return part.charCodeAt(length) === unit ? length + 1 : 0;
}
