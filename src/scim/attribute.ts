/** Attributes and schemas with the characteristics of RFC 7643 2.2 and 7: one declaration serves validation, filters,
 * PATCH, projection and `/Schemas`. */

export type AttributeType =
  'string' | 'boolean' | 'decimal' | 'integer' | 'dateTime' | 'binary' | 'reference' | 'complex';

export interface Attribute {
  readonly name: string;
  readonly type: AttributeType;
  readonly description: string;
  readonly multiValued: boolean;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly';
  readonly returned: 'always' | 'never' | 'default' | 'request';
  readonly uniqueness: 'none' | 'server' | 'global';
  /** Suggestions, never enforced: IdPs send their own words. */
  readonly canonicalValues: readonly string[];
  readonly referenceTypes: readonly string[];
  readonly subAttributes: readonly Attribute[];
}

export interface SchemaDefinition {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
}

type Characteristics = Partial<Omit<Attribute, 'name' | 'type' | 'description' | 'subAttributes'>>;

const DEFAULTS: Omit<Attribute, 'name' | 'type' | 'description' | 'subAttributes'> = {
  multiValued: false,
  required: false,
  caseExact: false,
  mutability: 'readWrite',
  returned: 'default',
  uniqueness: 'none',
  canonicalValues: [],
  referenceTypes: [],
};

export function attribute(
  name: string,
  type: AttributeType,
  description: string,
  characteristics: Characteristics = {},
  subAttributes: readonly Attribute[] = [],
): Attribute {
  // References and binaries are compared as they are (RFC 7643 2.3.6, 2.3.7).
  const caseExact = type === 'reference' || type === 'binary';
  return { ...DEFAULTS, caseExact, ...characteristics, name, type, description, subAttributes };
}

/** A multi-valued attribute with the default sub-attributes of RFC 7643 2.4. */
export function plural(
  name: string,
  description: string,
  types: readonly string[],
  value: Characteristics & { readonly type?: AttributeType } = {},
): Attribute {
  const { type = 'string', ...characteristics } = value;
  return attribute(name, 'complex', description, { multiValued: true }, [
    attribute('value', type, `The value.`, characteristics),
    attribute('display', 'string', 'Text to show to people.'),
    attribute('type', 'string', 'What the value is for.', { canonicalValues: types }),
    attribute('primary', 'boolean', 'Whether this is the preferred value; true at most once.'),
  ]);
}
