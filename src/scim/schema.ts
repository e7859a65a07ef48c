import type { AttributePath } from '../core/query.ts';
import { GROUP_SCHEMA } from './schema-group.ts';
import { DRIFT_SCHEMA, ENTERPRISE_SCHEMA, USER_SCHEMA } from './schema-user.ts';
import { type Attribute, type SchemaDefinition, attribute } from './attribute.ts';

/** Where a written attribute name leads: its canonical path and its characteristics. */
export interface Place {
  readonly path: AttributePath;
  readonly attribute: Attribute;
  /** The complex attribute around a sub-attribute. */
  readonly parent?: Attribute;
}

export interface ResourceDefinition {
  readonly type: 'User' | 'Group';
  readonly endpoint: '/Users' | '/Groups';
  readonly core: SchemaDefinition;
  readonly extensions: readonly SchemaDefinition[];
  /** Common attributes, then those of the core schema, in the order in which they are written out. */
  readonly attributes: readonly Attribute[];
  /** By lower-case name, as an own map: no name can lead to a prototype. */
  readonly places: ReadonlyMap<string, Place>;
}

/** Attributes of every resource (RFC 7643 3.1); they are part of no schema document. */
const COMMON: readonly Attribute[] = [
  attribute('schemas', 'reference', 'URNs of the schemas of this resource.', {
    multiValued: true,
    returned: 'always',
    referenceTypes: ['uri'],
    mutability: 'readOnly',
  }),
  attribute('id', 'string', 'Identifier of the resource, given by this service.', {
    caseExact: true,
    mutability: 'readOnly',
    returned: 'always',
    uniqueness: 'global',
  }),
  attribute('externalId', 'string', 'Identifier of the resource, given by the client.', { caseExact: true }),
];

const META = attribute('meta', 'complex', 'What the service knows of the resource.', { mutability: 'readOnly' }, [
  attribute('resourceType', 'string', 'Name of the resource type.', { caseExact: true, mutability: 'readOnly' }),
  attribute('created', 'dateTime', 'When the resource was created.', { mutability: 'readOnly' }),
  attribute('lastModified', 'dateTime', 'When the resource was last changed.', { mutability: 'readOnly' }),
  attribute('location', 'reference', 'Address of the resource.', { mutability: 'readOnly', referenceTypes: ['uri'] }),
  attribute('version', 'string', 'Version of the resource; equal to its ETag.', {
    caseExact: true,
    mutability: 'readOnly',
  }),
]);

function define(
  type: ResourceDefinition['type'],
  endpoint: ResourceDefinition['endpoint'],
  core: SchemaDefinition,
  extensions: readonly SchemaDefinition[],
): ResourceDefinition {
  const attributes = [...COMMON, ...core.attributes, META];
  const places = new Map<string, Place>();
  const add = (names: readonly string[], schema: string | undefined, list: readonly Attribute[]): void => {
    const urn = schema === undefined ? {} : { schema };
    for (const each of list) {
      const place: Place = { path: { ...urn, attribute: each.name }, attribute: each };
      for (const name of names) places.set((name + each.name).toLowerCase(), place);
      for (const sub of each.subAttributes) {
        const inner: Place = {
          path: { ...urn, attribute: each.name, sub: sub.name },
          attribute: sub,
          parent: each,
        };
        for (const name of names) places.set(`${name}${each.name}.${sub.name}`.toLowerCase(), inner);
      }
    }
  };
  add(['', `${core.id}:`], undefined, attributes);
  // Microsoft's reference tests put a dot between URN and attribute.
  for (const extension of extensions) add([`${extension.id}:`, `${extension.id}.`], extension.id, extension.attributes);
  return { type, endpoint, core, extensions, attributes, places };
}

export const USER = define('User', '/Users', USER_SCHEMA, [ENTERPRISE_SCHEMA, DRIFT_SCHEMA]);
export const GROUP = define('Group', '/Groups', GROUP_SCHEMA, []);

/** The place that a written name means, in any case, with or without its URN; undefined for unknown ones. */
export function resolvePlace(definition: ResourceDefinition, name: string): Place | undefined {
  return definition.places.get(name.toLowerCase());
}

/** The schema whose URN the text is, if it is one of this resource type. */
export function schemaNamed(definition: ResourceDefinition, text: string): SchemaDefinition | undefined {
  const urn = text.toLowerCase();
  return [definition.core, ...definition.extensions].find((schema) => schema.id.toLowerCase() === urn);
}

/** A name in a URN that is none of ours: an extension that we do not know, which must not break a write. */
export function isForeignUrn(definition: ResourceDefinition, text: string): boolean {
  const name = text.toLowerCase();
  if (!name.startsWith('urn:') && !name.startsWith('http:') && !name.startsWith('https:')) return false;
  return ![definition.core, ...definition.extensions].some((schema) => name.startsWith(schema.id.toLowerCase()));
}

/** How a path is written out. */
export function pathText(path: AttributePath): string {
  const name = path.sub === undefined ? path.attribute : `${path.attribute}.${path.sub}`;
  return path.schema === undefined ? name : `${path.schema}:${name}`;
}

/** The sub-attribute of that name, in any case. */
export function subAttribute(parent: Attribute, name: string): Attribute | undefined {
  const wanted = name.toLowerCase();
  return parent.subAttributes.find((sub) => sub.name.toLowerCase() === wanted);
}
