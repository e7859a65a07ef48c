import type { Command } from 'commander';
import type { Operation } from '../drift/operations/operation.ts';
import { several } from './context.ts';
import { type Field, type Json, formsOf, hasAttributes, textOf, typesOf } from './drift-field.ts';
import { aboutOf } from './drift-help.ts';
import { CommandError } from './failure.ts';

/** What every operation takes beside its own options. */
export interface InputOptions {
  readonly set?: readonly string[];
  readonly attribute?: readonly string[];
  readonly jsonBody?: string;
}

export function addFields(command: Command, row: Operation, fields: readonly Field[]): void {
  for (const field of fields) {
    const about = aboutOf(row, field);
    if (takesSeveral(field.schema))
      command.option(`${field.flag} <value>`, `${about} (may be repeated)`.trim(), several);
    else command.option(`${field.flag} <value>`, about);
  }
}

/** Flags of what was given for one call. */
export function givenFlags(
  fields: readonly Field[],
  given: Json,
  { set, attribute, jsonBody }: InputOptions,
): readonly string[] {
  return [
    ...fields.filter(({ key }) => given[key] !== undefined).map(({ flag }) => flag),
    ...(attribute === undefined ? [] : ['--attribute']),
    ...(set === undefined ? [] : ['--set']),
    ...(jsonBody === undefined ? [] : ['--json-body']),
  ];
}

/** Throws CommandError where something is missing that every call needs. */
export function checkNeeded(row: Operation, fields: readonly Field[], input: Json): void {
  const missing = fields.filter(({ required, path }) => required && valueAt(input, path) === undefined);
  if (missing.length > 0) {
    const flags = missing.map(({ flag }) => flag).join(' and ');
    throw new CommandError(`${flags} ${missing.length === 1 ? 'is' : 'are'} needed.`, howTo(row));
  }
  if (hasAttributes(row) && input['attributes'] === undefined) {
    throw new CommandError('Nothing is said that the contact should have: --name, --email, --attribute …', howTo(row));
  }
}

const howTo = ({ name }: Operation): readonly string[] => [`bridge drift ${name} --help says what it takes.`];

function valueAt(value: unknown, [name, ...more]: readonly string[]): unknown {
  if (name === undefined) return value;
  return typeof value === 'object' && value !== null ? valueAt((value as Json)[name], more) : undefined;
}

/** The object to send. Throws CommandError for what cannot be read. */
export function inputFrom(
  fields: readonly Field[],
  given: Json,
  { set = [], attribute = [], jsonBody }: InputOptions,
): Json {
  let input: Json = jsonBody === undefined ? {} : objectOf(jsonBody, '--json-body');
  for (const { flag, key, path, schema, fixed } of fields) {
    const value = given[key];
    if (value === undefined && fixed !== undefined && valueAt(input, path) === undefined) {
      input = withValue(input, path, fixed);
    }
    if (value !== undefined) input = withValue(input, path, converted(flag, value, schema));
  }
  for (const text of attribute) {
    const [name, value] = halves(text, '--attribute');
    input = withValue(input, ['attributes', name], value);
  }
  for (const text of set) {
    const [path, value] = halves(text, '--set');
    input = withValue(input, path.split('.'), orText(value));
  }
  return input;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** `--method`, `--path`, `--query name=value` of `request`. */
export function requestFrom(options: {
  readonly method?: string;
  readonly query?: readonly string[];
  readonly body?: string;
  readonly path: string;
}): Json {
  const query: Record<string, string | readonly string[]> = {};
  for (const text of options.query ?? []) {
    const [name, value] = halves(text, '--query');
    const before = query[name];
    query[name] = before === undefined ? value : [...(typeof before === 'string' ? [before] : before), value];
  }
  const method = (options.method ?? 'GET').toUpperCase();
  if (!METHODS.includes(method)) {
    throw new CommandError(`--method takes ${METHODS.join(', ')}, not "${options.method ?? ''}".`);
  }
  return {
    method,
    path: options.path,
    ...(Object.keys(query).length === 0 ? {} : { query }),
    ...(options.body === undefined ? {} : { body: parsed(options.body, '--body') }),
  };
}

function withValue(object: Json, [name = '', ...more]: readonly string[], value: unknown): Json {
  if (more.length === 0) return { ...object, [name]: value };
  const inner = object[name];
  const under = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as Json) : {};
  return { ...object, [name]: withValue(under, more, value) };
}

function halves(text: string, flag: string): readonly [string, string] {
  const cut = text.indexOf('=');
  if (cut < 1) throw new CommandError(`${flag} takes name=value, not "${text}".`);
  return [text.slice(0, cut), text.slice(cut + 1)];
}

const takesSeveral = (schema: Json): boolean => typesOf(schema).includes('array');

function converted(flag: string, value: unknown, schema: Json): unknown {
  if (!Array.isArray(value)) return one(flag, textOf(value), schema);
  const list = formsOf(schema).find(({ type }) => type === 'array');
  const items = value.map((item) => one(flag, textOf(item), (list?.['items'] ?? {}) as Json));
  // One value goes alone where that is a form of its own.
  return items.length === 1 && typesOf(schema).some((type) => type !== 'array') ? items[0] : items;
}

function one(flag: string, text: string, schema: Json): unknown {
  const types = typesOf(schema);
  // Ids of Drift are digits, and stay as they are typed.
  if (types.includes('string')) return text;
  if (types.includes('boolean')) {
    if (text !== 'true' && text !== 'false') throw new CommandError(`${flag} takes true or false.`);
    return text === 'true';
  }
  if (types.includes('integer') || types.includes('number')) {
    const number = Number(text);
    if (text.trim() === '' || !Number.isFinite(number))
      throw new CommandError(`${flag} takes a number, not "${text}".`);
    return number;
  }
  if (types.some((type) => type === 'object' || type === 'array')) return parsed(text, flag);
  return orText(text);
}

function orText(text: string): unknown {
  try {
    const value = JSON.parse(text) as unknown;
    // A long number would be rounded: as a text it keeps its digits.
    return typeof value === 'number' && !Number.isSafeInteger(value) && !/[.e]/i.test(text) ? text : value;
  } catch {
    return text;
  }
}

function parsed(text: string, flag: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new CommandError(`${flag} takes JSON.`);
  }
}

function objectOf(text: string, flag: string): Json {
  const value = parsed(text, flag);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new CommandError(`${flag} takes a JSON object.`);
}
