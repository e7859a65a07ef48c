import { DomainError } from '../core/errors.ts';
import { fold } from '../core/fold.ts';
import type { Filter } from '../core/query.ts';
import type { Attribute } from './attribute.ts';
import type { Dialect } from './dialect.ts';
import { elementMatches } from './match.ts';
import type { PatchOp } from './patch-message.ts';
import { type ResourceDefinition, subAttribute } from './schema.ts';
import { type JsonObject, invalid, isObject, isPrimary, ordered, readElement, readValue } from './value.ts';

/** A list of complex values before an operation, and what the operation is about. */
interface ListOperation {
  readonly op: PatchOp;
  readonly attribute: Attribute;
  readonly value: unknown;
  readonly where: string;
  readonly dialect: Dialect;
}

/** `add`, `replace` or `remove` of the list as a whole; a `remove` with values usually takes only those. */
export function changeList(list: readonly JsonObject[], operation: ListOperation): readonly JsonObject[] {
  const { op, attribute, value, where, dialect } = operation;
  if (op === 'remove' && removesAll(value, dialect)) return [];
  const given = ((readValue(attribute, value, where) ?? []) as readonly unknown[]).filter(isObject);
  if (op === 'replace') return given;
  if (op === 'add') return addToList(list, attribute, given);
  const named = Map.groupBy(given, (element) => keyOf(attribute, element));
  return list.filter((element) => {
    const sameValue = named.get(keyOf(attribute, element)) ?? [];
    return !sameValue.some(({ type }) => type === undefined || isSameType(element['type'], type));
  });
}

/** Whether a `remove` of a whole list empties it: RFC 7644 3.5.2.2 knows no value beside it. */
export function removesAll(value: unknown, dialect: Dialect): boolean {
  return value === undefined || value === null || dialect.removeWithValue === 'all';
}

/** What is there already for the same purpose is merged, not doubled (RFC 7644 3.5.2.1). */
function addToList(list: readonly JsonObject[], attribute: Attribute, given: readonly JsonObject[]) {
  const result = [...list];
  const touched = new Set<JsonObject>();
  const places = Map.groupBy(result.keys(), (at) => keyOf(attribute, result[at] ?? {}));
  for (const added of given) {
    const key = keyOf(attribute, added);
    const sameValue = places.get(key) ?? [];
    const at = sameValue.find((place) => {
      const type = result[place]?.['type'];
      return type === undefined || added['type'] === undefined || isSameType(type, added['type']);
    });
    const earlier = at === undefined ? undefined : result[at];
    const merged = tidy(attribute, { ...earlier, ...added });
    // One that was primary before, and is only named again, gives way to the one that is said to be.
    if (isPrimary(added) || (earlier !== undefined && touched.has(earlier))) touched.add(merged);
    if (at === undefined) places.set(key, [...sameValue, result.push(merged) - 1]);
    else result[at] = merged;
  }
  return distinct(onePrimary(result, touched));
}

/** One sub-attribute of all elements: `emails.type`. Without an element, one is made. */
export function changeEach(
  list: readonly JsonObject[],
  sub: Attribute,
  operation: ListOperation,
): readonly JsonObject[] {
  const value = operation.op === 'remove' ? undefined : readValue(sub, operation.value, operation.where);
  const elements = list.length === 0 && value !== undefined ? [{}] : list;
  return withSub(operation.attribute, elements, new Set(elements), sub, value);
}

/**
 * Elements selected by a filter, all of them. Where none matches, `add` and `replace` make one out of a filter of plain
 * `eq`: RFC 7644 3.5.2.3 says noTarget for `replace`, but then Entra's users never converge.
 */
export function changeSelected(
  definition: ResourceDefinition,
  list: readonly JsonObject[],
  selection: { readonly where: Filter; readonly sub?: Attribute },
  operation: ListOperation,
): readonly JsonObject[] {
  const { op, attribute, where, dialect } = operation;
  const template = equalParts(selection.where);
  // Not primary is what nothing is said of (RFC 7643 2.4).
  const unsaid = template !== undefined && subAttribute(attribute, 'primary') !== undefined ? { primary: false } : {};
  const fulfils = (element: JsonObject): boolean =>
    elementMatches(definition, selection.where, { ...unsaid, ...element });
  const selected = new Set(list.filter(fulfils));
  const { sub } = selection;
  if (op === 'remove') {
    if (selected.size === 0) {
      if (dialect.removeWithoutMatch === 'ignore') return list;
      throw noTarget(where);
    }
    return sub === undefined
      ? list.filter((element) => !selected.has(element))
      : withSub(attribute, list, selected, sub, undefined);
  }
  const value =
    sub === undefined ? readElement(attribute, operation.value, where) : readValue(sub, operation.value, where);
  if (value === undefined) {
    if (sub === undefined) return op === 'add' ? list : list.filter((element) => !selected.has(element));
    return withSub(attribute, list, selected, sub, undefined);
  }
  const parts = sub === undefined ? value : { [sub.name]: value };
  if (!isObject(parts)) throw invalid(where, 'takes an object');
  if (selected.size === 0) {
    const mayMake = op === 'add' || dialect.replaceWithoutMatch === 'create';
    const made = tidy(attribute, { ...readParts(attribute, template, where), ...parts });
    // One that the filter would not find again is not the missing one: repeated, it would be made once more.
    if (!mayMake || template === undefined || !fulfils(made)) throw noTarget(where);
    return onePrimary([...list, made], new Set([made]));
  }
  const touched = new Set<JsonObject>();
  const result = list.map((element) => {
    if (!selected.has(element)) return element;
    const whole = op === 'replace' && sub === undefined;
    const changed = tidy(attribute, { ...(whole ? readParts(attribute, template, where) : element), ...parts });
    touched.add(changed);
    return changed;
  });
  return onePrimary(distinct(result), touched);
}

function withSub(
  attribute: Attribute,
  list: readonly JsonObject[],
  selected: ReadonlySet<JsonObject>,
  sub: Attribute,
  value: unknown,
): readonly JsonObject[] {
  const touched = new Set<JsonObject>();
  const result = list.flatMap((element) => {
    if (!selected.has(element)) return [element];
    const changed = tidy(attribute, { ...element, [sub.name]: value });
    touched.add(changed);
    return Object.keys(changed).length === 0 ? [] : [changed];
  });
  return onePrimary(distinct(result), touched);
}

/** `{type: "work"}` of `type eq "work"`; undefined when the filter says more than plain equality. */
function equalParts(where: Filter): JsonObject | undefined {
  if (where.kind === 'compare') {
    const { sub } = where.path;
    return where.op === 'eq' && where.value !== null && sub !== undefined ? { [sub]: where.value } : undefined;
  }
  if (where.kind !== 'and') return undefined;
  let all: JsonObject = {};
  for (const part of where.parts.map(equalParts)) {
    if (part === undefined) return undefined;
    all = { ...all, ...part };
  }
  return all;
}

/** What a filter names becomes a value, and is read as one: nothing gets in by it that a body could not bring. */
function readParts(attribute: Attribute, parts: JsonObject | undefined, where: string): JsonObject {
  const read = Object.entries(parts ?? {}).map(([name, value]): [string, unknown] => {
    const sub = subAttribute(attribute, name);
    return [name, sub === undefined ? undefined : readValue(sub, value, where)];
  });
  return Object.fromEntries(read);
}

/** Keys in the order of the schema, without what is unassigned or not the client's to write. */
function tidy(attribute: Attribute, element: JsonObject): JsonObject {
  const writable = attribute.subAttributes.filter((sub) => sub.mutability !== 'readOnly').map((sub) => sub.name);
  const values = new Map(Object.entries(element).filter(([, value]) => value !== undefined));
  return ordered(writable, values) ?? {};
}

/** A new primary takes it from the old one (RFC 7643 2.4: true at most once). */
function onePrimary(list: readonly JsonObject[], touched: ReadonlySet<JsonObject>): readonly JsonObject[] {
  const newest = list.findLast((element) => touched.has(element) && isPrimary(element));
  if (newest === undefined) return list;
  return list.map((element) => (element !== newest && isPrimary(element) ? { ...element, primary: false } : element));
}

function distinct(list: readonly JsonObject[]): readonly JsonObject[] {
  return [...new Map(list.map((element) => [JSON.stringify(element), element])).values()];
}

/** Two elements of one key have the same value, or, without a value, are the same altogether. */
function keyOf(attribute: Attribute, element: JsonObject): string {
  const value = element['value'];
  if (typeof value !== 'string') return JSON.stringify(element);
  const isExact = subAttribute(attribute, 'value')?.caseExact === true;
  return `value ${isExact ? value : fold(value)}`;
}

function isSameType(left: unknown, right: unknown): boolean {
  return typeof left === 'string' && typeof right === 'string' && fold(left) === fold(right);
}

function noTarget(where: string): DomainError {
  return new DomainError('scim.no_target', `${where}: no value matches the filter of the path.`);
}
