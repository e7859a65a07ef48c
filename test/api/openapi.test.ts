import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { documents } from '../../src/compose/documents.ts';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security: readonly unknown[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, unknown>>;
}

const document = documents.openapi();
const paths = document['paths'] as Readonly<Record<string, Readonly<Record<string, Operation>>>>;
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
);

describe('openapi/bridge.json', () => {
  it('is what the routes declare (npm run openapi writes it anew)', () => {
    const written = JSON.parse(readFileSync(new URL('../../openapi/bridge.json', import.meta.url), 'utf8')) as unknown;
    expect(written).toEqual(JSON.parse(JSON.stringify(document)));
  });

  it('names every operation once, with a scope, and every parameter of its path', () => {
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const { path, security, summary, parameters, responses } of operations) {
      expect(summary).toMatch(/\.$/);
      expect(security.length).toBe(path === '/openapi.json' ? 0 : 1);
      const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => `{${name}}`);
      expect(inPath).toEqual(path.match(/\{\w+\}/g) ?? []);
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['4XX', '5XX']));
    }
  });

  it('has no reference that leads nowhere', () => {
    const { schemas } = document['components'] as { schemas: Readonly<Record<string, unknown>> };
    const references = JSON.stringify(document).match(/#\/components\/schemas\/\w+/g) ?? [];
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) expect(schemas).toHaveProperty(reference.split('/').at(-1) ?? '');
    expect(JSON.stringify(document)).not.toContain('$defs');
  });

  it('has the routes that this release promises', () => {
    const named = operations.map(({ method, path }) => `${method} ${path}`);
    expect(named).toEqual(
      expect.arrayContaining([
        'post /feeds/{feed}/imports',
        'get /imports',
        'get /imports/{import}',
        'get /imports/{import}/rows',
        'get /imports/{import}/fix-file',
        'post /imports/{import}/release',
        'post /runs',
        'get /runs',
        'get /runs/{run}',
        'get /runs/{run}/entries',
        'get /runs/{run}/compare/{other}',
        'get /plans/{plan}',
        'get /plans/{plan}/changes',
        'post /plans/{plan}/approve',
        'post /plans/{plan}/reject',
        'post /plans/{plan}/apply',
        'post /plans/{plan}/pause',
        'post /plans/{plan}/resume',
        'post /plans/{plan}/cancel',
        'get /people',
        'get /people/{person}',
        'get /people/{person}/explain',
        'get /agents',
        'get /agents/{agent}/impact',
        'get /agents/{agent}/owned',
        'get /policy',
        'put /policy',
        'get /doctor',
        'get /tokens',
        'post /tokens',
        'post /tokens/{token}/rotate',
        'delete /tokens/{token}',
        'get /audit',
        'get /audit/verify',
      ]),
    );
  });
});
