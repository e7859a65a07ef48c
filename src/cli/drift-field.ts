import { flatSchema, inputForm } from '../drift/operations-input.ts';
import type { Operation } from '../drift/operations/operation.ts';

export type Json = Readonly<Record<string, unknown>>;

/** Attributes that every contact may have; others by --attribute (Drift API notes 2.4). */
const CONTACT_ATTRIBUTES = ['email', 'name', 'phone', 'externalId'] as const;

/** An option of the command line, and where its value goes in the one object that is sent. */
export interface Field {
  /** `--contact-id`. */
  readonly flag: string;
  /** As commander calls it. */
  readonly key: string;
  /** `attributes.email`, in parts. */
  readonly path: readonly string[];
  readonly schema: Json;
  readonly required: boolean;
  /** The one value that a member may have that is always sent: nobody has to type it. */
  readonly fixed?: unknown;
}

/** The options of a row: members of its path, its query and its body. */
export function fieldsOf(row: Operation): readonly Field[] {
  const { properties, required = [] } = flatSchema(row) as {
    properties: Readonly<Record<string, Json>>;
    required?: string[];
  };
  const own = Object.entries(properties).filter(([name]) => !hasAttributes(row) || name !== 'attributes');
  const fields = own.map(([name, schema]) => fieldFor([name], schema, required.includes(name)));
  if (!hasAttributes(row)) return fields;
  const known = (properties['attributes']?.['required'] ?? []) as readonly string[];
  return [
    ...fields,
    ...CONTACT_ATTRIBUTES.filter((name) => !Object.hasOwn(properties, name)).map((name) =>
      fieldFor(['attributes', name], { type: 'string' }, known.includes(name)),
    ),
  ];
}

/** Attributes of a contact, which are lifted to options of their own. */
export function hasAttributes(row: Operation): boolean {
  return inputForm(row).required.has('attributes');
}

function fieldFor(path: readonly string[], schema: Json, required: boolean): Field {
  const words = (path.at(-1) ?? '')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();
  const key = words.replaceAll(/-(\w)/g, (_all, letter: string) => letter.toUpperCase());
  const { const: fixed } = schema;
  if (required && fixed !== undefined) return { flag: `--${words}`, key, path, schema, required: false, fixed };
  return { flag: `--${words}`, key, path, schema, required };
}

export const formsOf = (schema: Json): readonly Json[] => (schema['anyOf'] ?? [schema]) as readonly Json[];
export const typesOf = (schema: Json): readonly unknown[] => formsOf(schema).map(({ type }) => type);

export function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
