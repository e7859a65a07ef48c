import type { Attribute } from '../../src/scim/attribute.ts';
import type { ResourceDefinition } from '../../src/scim/schema.ts';

/** What is wrong with a stored document by its schema, read from the schema alone; empty where nothing is. */
export function documentFaults(definition: ResourceDefinition, document: unknown): readonly string[] {
  const faults: string[] = [];
  const attributes = definition.attributes.filter(isStored);
  const extensions = definition.extensions.map((schema) => [schema.id, schema.attributes] as const);
  if (!isPlain(document)) return ['is no plain object'];
  for (const [name, value] of ownEntries(document)) {
    const extension = extensions.find(([id]) => id === name);
    if (extension === undefined) checkNamed(attributes, name, value, name);
    else if (!isPlain(value) || Object.keys(value).length === 0) faults.push(`${name} is no object with content`);
    else
      for (const [inner, each] of ownEntries(value))
        checkNamed(extension[1].filter(isStored), inner, each, `${name}:${inner}`);
  }
  for (const { name, required } of attributes) {
    if (required && !Object.hasOwn(document, name)) faults.push(`${name} is missing`);
  }
  return faults;

  function checkNamed(of: readonly Attribute[], name: string, value: unknown, where: string): void {
    const attribute = of.find((each) => each.name === name);
    if (attribute === undefined) faults.push(`${where} is in no schema, or not to be stored`);
    else if (!attribute.multiValued) checkOne(attribute, value, where);
    else if (!Array.isArray(value) || value.length === 0) faults.push(`${where} is no list of values`);
    else {
      for (const [at, each] of value.entries()) checkOne(attribute, each, `${where}[${at}]`);
      const primaries = value.filter((each) => isPlain(each) && each['primary'] === true);
      if (primaries.length > 1) faults.push(`${where} has ${primaries.length} primaries`);
    }
  }

  function checkOne(attribute: Attribute, value: unknown, where: string): void {
    switch (attribute.type) {
      case 'complex':
        if (!isPlain(value) || Object.keys(value).length === 0) faults.push(`${where} is no object with content`);
        else
          for (const [sub, each] of ownEntries(value))
            checkNamed(attribute.subAttributes.filter(isStored), sub, each, `${where}.${sub}`);
        return;
      case 'boolean':
        if (typeof value !== 'boolean') faults.push(`${where} is no boolean`);
        return;
      case 'integer':
      case 'decimal':
        if (typeof value !== 'number') faults.push(`${where} is no number`);
        return;
      default:
        if (typeof value !== 'string' || value === '') faults.push(`${where} is no text`);
        else if (!value.isWellFormed() || value.includes('\u0000'))
          faults.push(`${where} is no text that can be stored`);
    }
  }
}

function isStored({ mutability, name }: Attribute): boolean {
  return mutability !== 'readOnly' && mutability !== 'writeOnly' && name !== 'members';
}

/** An object of ours: nothing of a client is its prototype. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function ownEntries(value: object): readonly (readonly [string, unknown])[] {
  return Reflect.ownKeys(value).map((key) => [String(key), (value as Record<PropertyKey, unknown>)[key]]);
}
