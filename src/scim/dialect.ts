import { DomainError } from '../core/errors.ts';
import type { ConnectionPolicy, Policy } from '../core/reconcile/policy.ts';
import type { Attribute } from './attribute.ts';
import { type ResourceDefinition, schemaNamed, subAttribute } from './schema.ts';
import { isObject } from './value.ts';

/**
 * How one connection means the shapes that two clients mean differently: every setting of it has a value. All other
 * shapes are read for what they are, whoever sends them.
 */
export type Dialect = Required<Omit<ConnectionPolicy, 'patchAnswer'>> & Pick<ConnectionPolicy, 'patchAnswer'>;

/** What a connection without settings means (docs/idp-setup.md). */
export const USUAL: Dialect = {
  removeWithValue: 'named',
  replaceMembers: 'whole',
  replaceWithoutMatch: 'create',
  removeWithoutMatch: 'noTarget',
  missingActive: 'keep',
  unknownAttributes: 'ignore',
  unknownPath: 'invalidPath',
};

/** The settings of a connection, named as policy names it; a connection that policy does not name is the usual one. */
export function dialectOf({ sources: { connections = {} } }: Policy, connection: string): Dialect {
  const settings = Object.hasOwn(connections, connection) ? connections[connection] : undefined;
  return settings === undefined ? USUAL : { ...USUAL, ...settings };
}

/** Throws `scim.invalid_syntax` for the first attribute, sub-attribute or extension of a body that the schemas lack. */
export function refuseUnknown(definition: ResourceDefinition, body: unknown): void {
  if (!isObject(body)) return;
  for (const [name, value] of Object.entries(body)) {
    const schema = schemaNamed(definition, name);
    if (schema === undefined) refuseUnknownIn(definition.attributes, name, value, '');
    else if (isObject(value)) {
      for (const [inner, each] of Object.entries(value)) {
        refuseUnknownIn(schema.attributes, inner, each, `${schema.id}:`);
      }
    }
  }
}

/** The same for the sub-attributes in a value of a complex attribute, or in a list of them. */
export function refuseUnknownSubs(attribute: Attribute, value: unknown, where: string): void {
  if (attribute.type !== 'complex') return;
  for (const element of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
    if (!isObject(element)) continue;
    const unknown = Object.keys(element).find((name) => subAttribute(attribute, name) === undefined);
    if (unknown !== undefined) throw unknownName(`${where}.${unknown.slice(0, 64)}`);
  }
}

function refuseUnknownIn(attributes: readonly Attribute[], name: string, value: unknown, prefix: string): void {
  const key = name.toLowerCase();
  const attribute = attributes.find((each) => each.name.toLowerCase() === key);
  if (attribute === undefined) throw unknownName(`${prefix}${name.slice(0, 128)}`);
  refuseUnknownSubs(attribute, value, prefix + attribute.name);
}

function unknownName(where: string): DomainError {
  return new DomainError('scim.invalid_syntax', `${where} is in no schema of this resource.`, {
    places: [{ path: where, code: 'unknown_attribute', message: 'is in no schema of this resource' }],
  });
}
