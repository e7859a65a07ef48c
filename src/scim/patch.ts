import { DomainError } from '../core/errors.ts';
import type { MemberChange } from '../core/membership.ts';
import type { Attribute } from './attribute.ts';
import { type Document, complete } from './document.ts';
import { type Dialect, USUAL } from './dialect.ts';
import { memberChange } from './members.ts';
import { changeEach, changeList, changeSelected } from './patch-list.ts';
import { type PatchOperation, readPatch } from './patch-message.ts';
import { type Place, type ResourceDefinition, pathText, subAttribute } from './schema.ts';
import {
  type JsonObject,
  VALUES_LIMIT,
  invalid,
  isObject,
  isUnassigned,
  ordered,
  readValue,
  uniqueEntries,
} from './value.ts';

export interface PatchResult {
  readonly document: Document;
  readonly members: readonly MemberChange[];
}

/** Characters of a stored document; as large as a request body may be. */
export const DOCUMENT_LIMIT = 1_048_576;

/**
 * Applies a PATCH body to a document (RFC 7644 3.5.2): all of it or nothing, since the document given is left as it is.
 * Only attributes of the schema are touched, by own properties. Throws DomainError with the place of the mistake.
 */
export function applyPatch(
  definition: ResourceDefinition,
  id: string,
  before: Document,
  body: unknown,
  dialect: Dialect = USUAL,
): PatchResult {
  const state = new PatchState(definition, id, before, dialect);
  for (const operation of readPatch(definition, body, dialect)) state.apply(operation);
  return state.result();
}

class PatchState {
  readonly #definition: ResourceDefinition;
  readonly #id: string;
  readonly #dialect: Dialect;
  readonly #values: Map<string, unknown>;
  readonly #members: MemberChange[] = [];

  constructor(definition: ResourceDefinition, id: string, before: Document, dialect: Dialect) {
    this.#definition = definition;
    this.#id = id;
    this.#dialect = dialect;
    this.#values = new Map(Object.entries(before));
  }

  result(): PatchResult {
    const document = complete(this.#definition, this.#values);
    // Many small changes must not make what no single request could.
    if (JSON.stringify(document).length > DOCUMENT_LIMIT) {
      throw new DomainError('request.too_large', `A resource holds at most ${DOCUMENT_LIMIT} characters.`);
    }
    return { document, members: this.#members };
  }

  apply(operation: PatchOperation): void {
    const { target } = operation;
    if (target.kind === 'foreign') return;
    if (target.kind === 'schema') {
      const isOurs = isReadOnlySchema(target.schema.attributes);
      if (isOurs && operation.pathless) return;
      if (isOurs || target.schema === this.#definition.core) throw mutability(target.schema.id, 'is read-only');
      this.#values.delete(target.schema.id);
      return;
    }
    const { place } = target;
    const attribute = place.parent ?? place.attribute;
    if (attribute.name === 'members') {
      this.#members.push(memberChange(operation, this.#dialect));
      return;
    }
    if (isReadOnly(place)) {
      if (!this.#isRepetition(place, operation)) throw mutability(pathText(place.path), 'is read-only');
      return;
    }
    const change = { ...operation, attribute, dialect: this.#dialect };
    if (target.kind === 'elements') {
      this.#setList(place, changeSelected(this.#definition, this.#list(place), target, change));
    } else if (attribute.multiValued) {
      const list = this.#list(place);
      this.#setList(
        place,
        place.parent === undefined ? changeList(list, change) : changeEach(list, place.attribute, change),
      );
    } else if (place.parent !== undefined) {
      this.#setSub(place, place.parent, operation);
    } else if (attribute.type === 'complex') {
      this.#changeComplex(place, operation);
    } else {
      this.#setSimple(place, operation);
    }
  }

  /** Okta repeats the id on a rename, others add meta and schemas: equal or unspoken, they change nothing. */
  #isRepetition(place: Place, { pathless, value }: PatchOperation): boolean {
    const { attribute } = place.path;
    if (pathless && isUnassigned(value)) return true;
    if (attribute === 'id') return value === this.#id;
    return attribute === 'schemas' || (pathless && attribute === 'meta');
  }

  #setSimple(place: Place, { op, value, where }: PatchOperation): void {
    const { attribute } = place;
    // RFC 7644 3.5.2.2 has an error of its own for taking away what must be there.
    if (op === 'remove' && attribute.required) throw mutability(attribute.name, 'is required');
    const read = op === 'remove' ? undefined : readValue(attribute, value, `${where}.value`);
    // The password was looked at and is dropped here: nothing keeps it.
    if (attribute.mutability !== 'writeOnly') this.#set(place, read);
  }

  /** A complex value is merged: sub-attributes that are not named stay (RFC 7644 3.5.2.1, 3.5.2.3). */
  #changeComplex(place: Place, operation: PatchOperation): void {
    const { op, value, where } = operation;
    const { attribute } = place;
    const single: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
    if (op === 'remove' || !isObject(single)) {
      this.#set(place, op === 'remove' ? undefined : readValue(attribute, single, `${where}.value`));
      return;
    }
    if (Object.keys(single).length === 0) {
      if (op === 'replace') this.#set(place, undefined);
      return;
    }
    for (const [name, each] of valueFirst(uniqueEntries(single, where))) {
      const sub = subAttribute(attribute, name);
      if (sub === undefined || sub.mutability === 'readOnly') continue;
      this.#setSub({ path: { ...place.path, sub: sub.name }, attribute: sub, parent: attribute }, attribute, {
        ...operation,
        value: each,
      });
    }
  }

  #setSub(place: Place, parent: Attribute, { op, value, where }: PatchOperation): void {
    const read = op === 'remove' ? undefined : readValue(place.attribute, value, `${where}.value`);
    const current = this.#get(place);
    const values = new Map(isObject(current) ? Object.entries(current) : []);
    const names = parent.subAttributes.map((sub) => sub.name);
    // An address belongs to its value: that of the manager before is not the new one's.
    if (place.attribute.name === 'value' && read !== values.get('value')) values.delete('$ref');
    assign(values, place.attribute.name, read);
    this.#set({ path: withoutSub(place), attribute: parent }, ordered(names, values));
  }

  #list(place: Place): readonly JsonObject[] {
    const current = this.#get(place);
    return Array.isArray(current) ? current.filter(isObject) : [];
  }

  #setList(place: Place, list: readonly JsonObject[]): void {
    if (list.length > VALUES_LIMIT) throw invalid(place.path.attribute, `holds more than ${VALUES_LIMIT} values`);
    this.#set({ path: withoutSub(place), attribute: place.attribute }, list.length === 0 ? undefined : list);
  }

  #get(place: Place): unknown {
    const { schema, attribute } = place.path;
    if (schema === undefined) return this.#values.get(attribute);
    const extension = this.#values.get(schema);
    return isObject(extension) && Object.hasOwn(extension, attribute) ? extension[attribute] : undefined;
  }

  #set(place: Place, value: unknown): void {
    const { schema, attribute } = place.path;
    if (schema === undefined) {
      if (value === undefined && place.attribute.required) throw invalid(attribute, 'is required');
      assign(this.#values, attribute, value);
      return;
    }
    const current = this.#values.get(schema);
    const extension = new Map(isObject(current) ? Object.entries(current) : []);
    assign(extension, attribute, value);
    const names = this.#definition.extensions.find(({ id }) => id === schema)?.attributes.map(({ name }) => name) ?? [];
    assign(this.#values, schema, ordered(names, extension));
  }
}

function assign(values: Map<string, unknown>, name: string, value: unknown): void {
  if (value === undefined) values.delete(name);
  else values.set(name, value);
}

/** The value first, since an address may come with it. */
function valueFirst<T>(entries: readonly (readonly [string, T])[]): readonly (readonly [string, T])[] {
  const isValue = ([name]: readonly [string, T]): boolean => name.toLowerCase() === 'value';
  return entries.some(isValue) ? [...entries.filter(isValue), ...entries.filter((each) => !isValue(each))] : entries;
}

function withoutSub({ path }: Place): Place['path'] {
  return path.schema === undefined ? { attribute: path.attribute } : { schema: path.schema, attribute: path.attribute };
}

function isReadOnly(place: Place): boolean {
  return place.attribute.mutability === 'readOnly' || place.parent?.mutability === 'readOnly';
}

function isReadOnlySchema(attributes: readonly Attribute[]): boolean {
  return attributes.every((attribute) => attribute.mutability === 'readOnly');
}

function mutability(name: string, why: 'is read-only' | 'is required'): DomainError {
  return new DomainError('scim.mutability', `${name} ${why}.`, {
    places: [{ path: name, code: 'mutability', message: why }],
  });
}
