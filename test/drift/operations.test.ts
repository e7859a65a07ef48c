import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { judge } from '../../src/drift/firewall.ts';
import { DRIFT_OPERATIONS } from '../../src/drift/operations.ts';

const rows = DRIFT_OPERATIONS.map((row) => [row.name, row] as const);
const namesIn = (path: string): readonly string[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);

describe('the table of operations', () => {
  it('names every call once, in kebab-case', () => {
    expect(new Set(rows.map(([name]) => name)).size).toBe(rows.length);
    expect(rows.filter(([name]) => !/^[a-z]+(-[a-z]+)+$/.test(name))).toEqual([]);
  });

  it.each(rows)('%s takes the parameters that its path names, and says where it comes from', (_name, row) => {
    const shape = row.params instanceof z.ZodObject ? Object.keys(row.params.shape) : ['?'];
    expect(shape.toSorted()).toEqual(namesIn(row.path).toSorted());
    expect(row.source).toMatch(/^Drift API notes \d/);
    expect(row.summary).toMatch(/^[A-Z].*\.$/);
    expect(row.path.startsWith('/scim')).toBe(false);
  });

  it.each(rows)('%s can be documented', (_name, row) => {
    for (const schema of [row.params, row.query, row.body]) {
      expect(() => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })).not.toThrow();
    }
  });

  it.each(rows)('%s changes nothing if it says so, and gets past the firewall only as what it is', (_name, row) => {
    const reads = row.method === 'GET' || row.name === 'token-info';
    expect(row.reversibility === 'read').toBe(reads);
    const path = (row.api === 'scim' ? '/scim' : '') + row.path.replaceAll(/\{\w+\}/g, '7');
    const verdict = judge({ method: row.method, path, query: '', body: undefined, scimPath: '/scim' });
    if (row.method === 'DELETE') expect(verdict.kind).toBe('needs_permit');
    expect(row.reversibility === 'irreversible').toBe(verdict.kind === 'needs_permit');
  });
});
