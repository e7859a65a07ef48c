import { z } from 'zod';
import { DRIFT_OPERATIONS, operationNamed } from './operations.ts';
import { nonBlank, type Operation } from './operations/operation.ts';

// How people and programs give the input of an operation: one flat object. Names of the path and of the query are taken out
// of it, everything else is the body; a body that is a list is given as the member `body`.

type Json = Readonly<Record<string, unknown>>;

export interface InputForm {
  readonly params: Json;
  readonly query: Json;
  /** `members`: each has its own name in the flat object; `whole`: under the name `body`. */
  readonly body: 'none' | 'members' | 'whole';
  /** JSON schema of each member. */
  readonly members: Json;
  readonly required: ReadonlySet<string>;
}

export type TakenInput =
  | { readonly ok: true; readonly input: { readonly params: Json; readonly query: Json; readonly body?: unknown } }
  | { readonly ok: false; readonly error: z.ZodError };

/** Any other path under the base URL. */
export const REQUEST = {
  name: 'request',
  summary: 'Asks any other path under the base URL; anything but GET needs the scope admin and yes=true.',
  source: 'Drift API notes 1.1: one host, no version in the path',
  input: z.strictObject({
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
    path: z
      .string()
      .max(2048)
      .regex(/^\/[^?#]*$/, 'must begin with / and hold no query: that is the member query'),
    query: z
      .record(nonBlank, z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()]))]))
      .optional(),
    body: z.json().optional(),
  }),
} as const;

export type RequestInput = z.output<typeof REQUEST.input>;

const forms = new WeakMap<Operation, InputForm>();

export function inputForm(row: Operation): InputForm {
  const known = forms.get(row);
  if (known !== undefined) return known;
  const [params, query, body] = [row.params, row.query, row.body].map(objectParts);
  const isNone = row.body instanceof z.ZodUndefined;
  const form: InputForm = {
    params: params?.members ?? {},
    query: query?.members ?? {},
    body: isNone ? 'none' : body === null ? 'whole' : 'members',
    members: body?.members ?? {},
    required: new Set([
      ...(params?.required ?? []),
      ...(query?.required ?? []),
      ...(body?.required ?? (isNone ? [] : ['body'])),
    ]),
  };
  forms.set(row, form);
  return form;
}

/** Names and schemas of the members, of all forms where there are several; null for what is no object. */
function objectParts(schema: z.ZodType): { readonly members: Json; readonly required: readonly string[] } | null {
  const json = inputSchema(schema);
  const parts = (json['anyOf'] ?? [json]) as readonly Json[];
  if (!parts.every(({ type }) => type === 'object')) return null;
  const [first = {}] = parts;
  return {
    members: Object.assign({}, ...parts.map(({ properties }) => properties)) as Json,
    required: parts.length === 1 && Array.isArray(first['required']) ? (first['required'] as readonly string[]) : [],
  };
}

/** JSON schema of what a caller gives. */
export function inputSchema(schema: z.ZodType): Json {
  return jsonSchema(schema, 'input');
}

/** JSON schema of what is answered. */
export function answerSchema(row: Operation): Json {
  return jsonSchema(row.answer, 'output');
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  return selfContained(z.toJSONSchema(schema, { io, unrepresentable: 'any' })) as Json;
}

/** Any JSON value refers to itself in its schema; here it is simply anything, so that a schema can stand anywhere. */
function selfContained(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(selfContained);
  if (typeof schema !== 'object' || schema === null) return schema;
  if ('$ref' in schema) return {};
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([name]) => !['$schema', '$defs'].includes(name))
      .map(([name, inner]) => [name, selfContained(inner)]),
  );
}

/** JSON schema of the flat object; secrets are not in it, since nobody gives them. */
export function flatSchema(row: Operation): Json {
  const { params, query, body, members, required } = inputForm(row);
  const isGiven = (name: string): boolean => !row.secrets.includes(name);
  const all = { ...params, ...query, ...members, ...(body === 'whole' ? { body: inputSchema(row.body) } : {}) };
  const needed = [...required].filter(isGiven);
  const isOpen = body === 'members' && inputSchema(row.body)['additionalProperties'] !== false;
  return {
    type: 'object',
    description: row.summary,
    properties: Object.fromEntries(Object.entries(all).filter(([name]) => isGiven(name))),
    ...(needed.length === 0 ? {} : { required: needed }),
    ...(isOpen ? {} : { additionalProperties: false }),
  };
}

/**
 * The flat object in the parts of the row, checked against its schemas; as it was given, since the schemas see it again
 * before the call. Secrets are never taken from a caller: the bridge puts its own in.
 */
export function takeInput(row: Operation, flat: Json): TakenInput {
  const form = inputForm(row);
  const secret = Object.keys(flat).filter((name) => row.secrets.includes(name));
  if (secret.length > 0) {
    const message = 'is a secret: it is taken from the stored credentials, never from a request';
    const issues = secret.map((name) => ({ code: 'custom' as const, path: [name], message, input: undefined }));
    return { ok: false, error: new z.ZodError(issues) };
  }
  const params = picked(flat, form.params);
  const query = picked(flat, form.query);
  const rest = Object.fromEntries(
    Object.entries(flat).filter(([name]) => !Object.hasOwn(form.params, name) && !Object.hasOwn(form.query, name)),
  );
  const { body: whole, ...more } = rest;
  const body = form.body === 'members' ? rest : form.body === 'whole' ? whole : undefined;
  const issues = [
    ...(form.body === 'members' ? [] : strangers(form.body === 'whole' ? more : rest)),
    ...found(row.params, withSecrets(row, form.params, params), []),
    ...found(row.query, withSecrets(row, form.query, query), []),
    ...found(
      row.body,
      form.body === 'members' ? withSecrets(row, form.members, rest) : body,
      form.body === 'whole' ? ['body'] : [],
    ),
  ];
  if (issues.length > 0) return { ok: false, error: new z.ZodError(issues) };
  return { ok: true, input: { params, query, ...(body === undefined ? {} : { body }) } };
}

const picked = (flat: Json, names: Json): Json =>
  Object.fromEntries(Object.entries(flat).filter(([name]) => Object.hasOwn(names, name)));

/** Something in place of each secret, so that the rest can be judged. */
const withSecrets = (row: Operation, names: Json, given: Json): Json => ({
  ...Object.fromEntries(row.secrets.filter((name) => Object.hasOwn(names, name)).map((name) => [name, 'secret'])),
  ...given,
});

function strangers(rest: Json): readonly z.core.$ZodIssue[] {
  const keys = Object.keys(rest);
  return keys.length === 0
    ? []
    : [{ code: 'unrecognized_keys', keys, path: [], message: 'is not known here', input: rest }];
}

function found(schema: z.ZodType, value: unknown, under: readonly string[]): readonly z.core.$ZodIssue[] {
  const result = schema.safeParse(value);
  if (result.success) return [];
  return result.error.issues.map((issue) => ({ ...issue, path: [...under, ...issue.path] }));
}

/** `GET` of the table, in words: what a token needs for it. */
export function needsAdmin(row: Operation): boolean {
  return row.reversibility !== 'read';
}

/** What the operation is about, for lists: the first word of its path. */
export function groupOf(row: Operation): string {
  const [first = ''] = row.path.split('/').filter((part) => part !== '');
  return row.api === 'scim' ? 'agents (SCIM)' : (GROUPS[first] ?? first);
}

const GROUPS: Readonly<Record<string, string>> = {
  users: 'agents',
  teams: 'agents',
  emails: 'contacts',
  attachments: 'conversations',
  gdpr: 'privacy',
};

/**
 * The row that a request must be asked for by: what it takes with it is shown there, its secrets are not typed, and what
 * makes a plan makes one. Every write of a SCIM user is such a row, below whatever path SCIM is. Null for every other path.
 */
export function reservedRow(method: string, path: string): Operation | null {
  return DRIFT_OPERATIONS.find((row) => row.method === method && isReserved(row) && pathOf(row).test(path)) ?? null;
}

function isReserved({ api, reversibility, secrets, use }: Operation): boolean {
  const isWrite = reversibility !== 'read';
  return secrets.length > 0 || reversibility === 'irreversible' || use === 'plan' || (api === 'scim' && isWrite);
}

function pathOf({ api, path }: Operation): RegExp {
  const pattern = path.replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${api === 'scim' ? '(?=.*scim).*' : ''}${pattern}$`, 'i');
}

/** A row or `request`; null for a name that is none. */
export function rowNamed(name: string): Operation | typeof REQUEST | null {
  return name === REQUEST.name ? REQUEST : (operationNamed(name) ?? null);
}

export const isRow = (row: Operation | typeof REQUEST): row is Operation => row !== REQUEST;
