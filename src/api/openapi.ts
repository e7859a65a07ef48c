import { z } from 'zod';
import { problemSchema } from './problem.ts';
import type { Answer, Route } from './route.ts';

type Json = Record<string, unknown>;

const DESCRIPTION =
  'Management and reports of the bridge that provisions people into Drift. Every call needs a bearer token of audience "api" with the scope that the operation names; the tenant comes from the token.';

/** Problems that every operation can answer beside its own. */
const PROBLEMS: Readonly<Record<string, string>> = {
  '4XX': 'The request cannot be done as it is; `code` and `errors` say why and where.',
  '5XX': 'The bridge, or what it needs, failed.',
};

/** OpenAPI 3.1 of the routes, from the declarations that also validate and guard them. */
export function openapiDocument(routes: readonly Route[], version: string): Json {
  const components: Json = {};
  const collect = (schema: z.ZodType, io: 'input' | 'output'): Json => collected(schema, io, components);
  const problem = collect(problemSchema, 'output');
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const responses = Object.fromEntries(
      Object.entries(route.answers).map(([status, answer]) => [status, response(answer, collect)]),
    );
    for (const [status, description] of Object.entries(PROBLEMS)) {
      responses[status] = { description, content: { 'application/problem+json': { schema: problem } } };
    }
    paths[route.path] = {
      ...paths[route.path],
      [route.method]: {
        operationId: operationId(route),
        tags: [route.tag],
        summary: route.summary,
        ...(route.scope === 'public'
          ? { security: [] }
          : { security: [{ bearer: [route.scope] }], 'x-scope': route.scope }),
        parameters: [...parameters('path', route.params, collect), ...parameters('query', route.query, collect)],
        ...requestBody(route, collect, components),
        responses,
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Drift SCIM bridge',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api/v1' }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(components).sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'dsb_api_… or the bootstrap admin token' },
      },
    },
  };
}

/** `GET /runs/{run}/entries` -> `getRunsEntries`; parameters in the middle tell nothing apart here. */
function operationId(route: Route): string {
  const words = route.path
    .split('/')
    .filter((part) => part !== '')
    .map((part) => (part.startsWith('{') ? `by-${part.slice(1, -1)}` : part))
    .flatMap((part) => part.split(/[-.]/));
  return [route.method, ...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join('');
}

function response(answer: Answer, collect: (schema: z.ZodType, io: 'output') => Json): Json {
  const content: Json = {};
  if (answer.schema !== undefined) content['application/json'] = { schema: collect(answer.schema, 'output') };
  for (const media of answer.media ?? []) content[media] = { schema: { type: 'string' } };
  return { description: answer.description, ...(Object.keys(content).length === 0 ? {} : { content }) };
}

function requestBody(route: Route, collect: (schema: z.ZodType, io: 'input') => Json, components: Json): Json {
  if (route.body === undefined) return {};
  if (route.takes !== undefined) {
    const { content, components: more } = route.takes();
    Object.assign(components, more);
    const media: Json = {};
    for (const [type, schema] of Object.entries(content)) media[type] = { schema };
    return { requestBody: { required: false, content: media } };
  }
  const content =
    route.body === 'bytes'
      ? { 'text/csv': { schema: { type: 'string', format: 'binary' } }, 'application/octet-stream': { schema: {} } }
      : { 'application/json': { schema: collect(route.body, 'input') } };
  const required = route.body === 'bytes' || !route.body.safeParse(undefined).success;
  return { requestBody: { required, content } };
}

function parameters(
  where: 'path' | 'query',
  schema: z.ZodType | undefined,
  collect: (schema: z.ZodType, io: 'input') => Json,
): readonly Json[] {
  if (schema === undefined) return [];
  const { properties, required } = collect(schema, 'input');
  const needed = new Set(Array.isArray(required) ? required : []);
  return Object.entries((properties ?? {}) as Readonly<Record<string, Json>>).map(
    ([name, { description, ...rest }]) => ({
      name,
      in: where,
      required: where === 'path' || needed.has(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    }),
  );
}

/** JSON Schema of one place; what has an id of its own goes to the components. */
function collected(schema: z.ZodType, io: 'input' | 'output', components: Json): Json {
  const { $defs, ...rest } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema }) => {
      // zod spells every calendar rule out; the format says it already.
      if (jsonSchema.format === 'date-time' || jsonSchema.format === 'date') delete jsonSchema.pattern;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  delete rest['$schema'];
  Object.assign(components, rewritten($defs ?? {}));
  return rewritten(rest) as Json;
}

function rewritten(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rewritten);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string'
        ? inner.replace('#/$defs/', '#/components/schemas/')
        : rewritten(inner),
    ]),
  );
}
