import express from 'express';
import { apiDocument } from '../../src/api/api.ts';
import { placeNamed } from '../../src/scim/facade/endpoints.ts';

/** A route as the composed app mounts it, with what its declaration says of who may use it. */
export interface MountedRoute {
  readonly surface: 'api' | 'scim' | 'web';
  readonly method: string;
  /** From the root, with parameters in braces: `/api/v1/runs/{run}`. */
  readonly path: string;
  /** What the token must be allowed to do; `any`: a good token of the audience is enough. */
  readonly scope: string;
}

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
}
type Stacked = ((...args: never[]) => unknown) & { readonly stack: readonly Layer[] };
type Mount = { readonly under: object; readonly path: string; readonly what: object };

/**
 * The addresses beside the API and SCIM (product contract 4); with HOST not on loopback the metrics take a token. Webhooks
 * prove themselves with tokens of Drift: none of ours opens or closes them.
 */
const WEB: Readonly<Record<string, string>> = {
  '/': 'public',
  '/healthz': 'public',
  '/readyz': 'public',
  '/metrics': 'read',
  '/webhooks/drift/{webhook}': 'public',
};

/**
 * Composes an app and gives every route that was mounted meanwhile: Express forgets the path of a mounted app, so the
 * calls of `use` are listened to. Throws for a route that no declaration speaks of.
 */
export async function withRoutes<T>(
  compose: () => Promise<T>,
): Promise<{ readonly made: T; readonly routes: readonly MountedRoute[] }> {
  const mounts: Mount[] = [];
  const restore = [listen(express.application, mounts), listen(express.Router.prototype as object, mounts)];
  try {
    const made = await compose();
    const { web, scim } = roots(mounts);
    return { made, routes: declared([...routesUnder(web, '', mounts), ...routesUnder(scim, '/scim/v2', mounts)]) };
  } finally {
    for (const each of restore) each();
  }
}

function listen(proto: object, mounts: Mount[]): () => void {
  const holder = proto as { use: (this: object, ...args: unknown[]) => unknown };
  const use = holder.use;
  holder.use = function (...args) {
    const path = typeof args[0] === 'string' ? args[0] : '/';
    for (const what of args.flat(Infinity)) {
      if (typeof what === 'function' && ('stack' in what || 'set' in what)) mounts.push({ under: this, path, what });
    }
    return use.apply(this, args);
  };
  return () => (holder.use = use);
}

/** What nothing mounts: the app of the process, and the router of SCIM, which stands behind steps of its own. */
function roots(mounts: readonly Mount[]): { readonly web: object; readonly scim: object } {
  const mounted = new Set<object>(mounts.map(({ what }) => what));
  const free = [...new Set(mounts.map(({ under }) => under))].filter((under) => !mounted.has(under));
  const apps = free.filter((each) => 'router' in each);
  const routers = free.filter((each) => 'stack' in each && !mountedBy(each, mounts));
  const [web, scim] = [apps[0], routers[0]];
  if (web === undefined || scim === undefined || apps.length > 1 || routers.length > 1) {
    throw new Error('the matrix cannot tell where an app or a router is mounted');
  }
  return { web, scim };
}

/** An app hands what it mounts to its own router. */
function mountedBy(router: object, mounts: readonly Mount[]): boolean {
  return mounts.some(({ under, what }) => [under, what].some((each) => 'router' in each && each.router === router));
}

interface Found {
  readonly methods: readonly string[];
  readonly path: string;
}

function routesUnder(app: object, prefix: string, mounts: readonly Mount[]): readonly Found[] {
  const router = ('router' in app ? app.router : app) as Stacked;
  const own = router.stack.flatMap(({ route }) =>
    route === undefined ? [] : [{ methods: methodsOf(route.methods), path: joined(prefix, route.path) }],
  );
  const inner = mounts
    .filter(({ under }) => under === app || under === router)
    .flatMap(({ path, what }) => routesUnder(what, joined(prefix, path), mounts));
  return [...own, ...inner];
}

/** `all` stands for every method that HTTP knows: what it serves is a refusal, or is declared elsewhere. */
function methodsOf(methods: Readonly<Record<string, boolean>>): readonly string[] {
  const names = Object.keys(methods).filter((name) => name !== '_all');
  return names.length > 10 ? [] : names;
}

function joined(prefix: string, path: string): string {
  return `${prefix}/${path}`
    .replaceAll(/\/{2,}/g, '/')
    .replace(/(?<=.)\/$/, '')
    .replaceAll(/:(\w+)/g, '{$1}');
}

function declared(found: readonly Found[]): readonly MountedRoute[] {
  const routes = new Map<string, MountedRoute>();
  for (const { path, methods } of found) {
    for (const route of routesAt(path, methods)) routes.set(`${route.method} ${route.path}`, route);
  }
  return [...routes.values()];
}

const withHead = (methods: readonly string[]): readonly string[] =>
  methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));

function routesAt(path: string, methods: readonly string[]): readonly MountedRoute[] {
  const upper = withHead(methods.map((method) => method.toUpperCase()));
  if (path.startsWith('/api/v1/')) {
    return upper.map((method) => {
      const scope = apiScope(path.slice('/api/v1'.length), method === 'HEAD' ? 'get' : method.toLowerCase());
      return { surface: 'api', method, path, scope };
    });
  }
  if (path.startsWith('/scim/v2/')) {
    const endpoint = placeNamed(path.slice('/scim/v2'.length))?.endpoint;
    if (endpoint === undefined) throw new Error(`${path} is mounted and no endpoint is declared for it`);
    return endpoint.methods.map((method) => {
      const reads = method === 'GET' || method === 'HEAD' || endpoint.name === 'search';
      return {
        surface: 'scim',
        method,
        path,
        scope: endpoint.isPublic ? 'public' : reads ? 'scim:read' : 'scim:write',
      };
    });
  }
  const scope = WEB[path];
  if (scope === undefined) throw new Error(`${path} is mounted and nothing declares who may use it`);
  return upper.map((method) => ({ surface: 'web', method, path, scope }));
}

/** What the matrix reads of the OpenAPI document, which is made from the declarations. */
export interface Operation {
  readonly security: readonly { readonly bearer?: readonly string[] }[];
  readonly parameters: readonly { readonly name: string; readonly in: 'path' | 'query'; readonly schema: unknown }[];
  readonly requestBody?: {
    readonly content: { readonly 'application/json'?: { readonly schema: Readonly<Record<string, unknown>> } };
  };
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
}

export const DOCUMENT = apiDocument('0.0.0') as unknown as Document;

function apiScope(path: string, method: string): string {
  const operation = DOCUMENT.paths[path]?.[method];
  if (operation === undefined) throw new Error(`${method} ${path} is mounted and not declared`);
  return operation.security[0]?.bearer?.[0] ?? 'public';
}
