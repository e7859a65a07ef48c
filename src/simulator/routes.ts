import type { Route } from './exchange.ts';

export interface FoundRoute {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the first route that fits a call. */
export function createRouter(routes: readonly Route[]): (method: string, path: string) => FoundRoute | undefined {
  const byShape = Map.groupBy(
    routes.map((route) => ({ route, pattern: route.path.split('/') })),
    ({ route, pattern }) => `${route.method} ${pattern.length}`,
  );
  return (method, path) => {
    const segments = path.split('/');
    for (const { route, pattern } of byShape.get(`${method} ${segments.length}`) ?? []) {
      const params = paramsOf(pattern, segments);
      if (params !== undefined) return { route, params };
    }
    return undefined;
  };
}

function paramsOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  const fits = pattern.every((part, index) => {
    const segment = segments[index] ?? '';
    if (!part.startsWith(':')) return part === segment;
    const value = decoded(segment);
    if (value === undefined || value === '') return false;
    params[part.slice(1)] = value;
    return true;
  });
  return fits ? params : undefined;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
