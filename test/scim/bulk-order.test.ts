import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bulkOrder } from '../../src/scim/bulk-order.ts';
import { referencesIn, replaceReferences } from '../../src/scim/bulk-references.ts';
import { DomainError } from '../../src/core/errors.ts';
import { type BulkOperation, readBulk } from '../../src/scim/bulk.ts';
import { bestTime } from './best-time.ts';

/** Each operation creates what has its number, and refers to those of the numbers. */
function operations(references: readonly (readonly number[])[]): readonly BulkOperation[] {
  return references.map((each, at) => ({
    method: 'POST',
    bulkId: String(at),
    task: { method: 'POST', type: 'User', id: undefined, version: undefined, data: {} },
    references: new Set(each.map(String)),
  }));
}

const orderOf = (...references: readonly (readonly number[])[]) => {
  const { order, circular } = bulkOrder(operations(references));
  return [order, [...circular]];
};

describe('RFC 7644 3.7: the order of operations', () => {
  it('is that of the request', () => {
    expect(orderOf([], [], [])).toEqual([[0, 1, 2], []]);
    expect(orderOf([], [0], [1, 0])).toEqual([[0, 1, 2], []]);
  });

  it('has those that refer forward follow the last that they wait for', () => {
    expect(orderOf([2], [], [], [])).toEqual([[1, 2, 0, 3], []]);
    expect(orderOf([1], [2], [3], [])).toEqual([[3, 2, 1, 0], []]);
    expect(orderOf([1, 3], [], [0], [], [])).toEqual([[1, 3, 0, 2, 4], []]);
  });

  it('leaves circles, and who waits for them, where they stand', () => {
    expect(orderOf([0])).toEqual([[0], [0]]);
    expect(orderOf([], [2], [1], [2], [])).toEqual([
      [0, 1, 2, 3, 4],
      [1, 2, 3],
    ]);
    expect(orderOf([3, 1], [], [0], [0])).toEqual([
      [0, 1, 2, 3],
      [0, 2, 3],
    ]);
  });

  it('pays no heed to references to nothing', () => {
    expect(orderOf([7], [])).toEqual([[0, 1], []]);
  });

  it('holds all of them once, each after what it refers to, except in circles', () => {
    const graphs = fc
      .integer({ min: 1, max: 12 })
      .chain((size) =>
        fc.array(fc.uniqueArray(fc.nat({ max: size - 1 }), { maxLength: 3 }), { minLength: size, maxLength: size }),
      );
    fc.assert(
      fc.property(graphs, (references) => {
        const { order, circular } = bulkOrder(operations(references));
        expect([...order].sort((left, right) => left - right)).toEqual([...references.keys()]);
        const reach = (from: number): ReadonlySet<number> => {
          const seen = new Set<number>();
          const open = [...(references[from] ?? [])];
          for (const at of open) {
            if (seen.has(at)) continue;
            seen.add(at);
            open.push(...(references[at] ?? []));
          }
          return seen;
        };
        const inCircle = (at: number): boolean => reach(at).has(at);
        for (const [at, place] of order.entries()) {
          expect(circular.has(place)).toBe(inCircle(place) || [...reach(place)].some(inCircle));
          if (circular.has(place)) continue;
          for (const needed of references[place] ?? []) expect(order.indexOf(needed)).toBeLessThan(at);
        }
      }),
      { numRuns: 1000, seed: 37 },
    );
  });

  it('is found in linear time, whatever refers to what', () => {
    const size = 20_000;
    const chain = operations(Array.from({ length: size }, (_, at) => (at + 1 < size ? [at + 1] : [])));
    const star = operations(Array.from({ length: size }, (_, at) => (at === size - 1 ? [] : [size - 1])));
    const ring = operations(Array.from({ length: size }, (_, at) => [(at + 1) % size]));
    expect(bestTime(() => [chain, star, ring].map(bulkOrder), 500)).toBeLessThan(500);
  });
});

describe('RFC 7644 3.7.2: references', () => {
  const idOf = (bulkId: string): string => `<${bulkId}>`;

  it.each([
    [{ members: [{ value: 'bulkId:a' }, { value: 'x' }] }, { members: [{ value: '<a>' }, { value: 'x' }] }],
    [{ manager: 'bulkId:a' }, { manager: '<a>' }],
    [
      { $ref: '../Users/bulkId:a', displayName: '../Users/bulkId:a' },
      { $ref: '../Users/<a>', displayName: '../Users/bulkId:a' },
    ],
    [
      { path: 'members[value eq "bulkId:a" or value eq "bulkId:b c"].value' },
      { path: 'members[value eq "<a>" or value eq "<b c>"].value' },
    ],
    [{ path: 'members[value eq "bulkId:a' }, { path: 'members[value eq "bulkId:a' }],
    [
      { nickName: 'my bulkId:a', n: 1, b: null },
      { nickName: 'my bulkId:a', n: 1, b: null },
    ],
    ['bulkId:', '<>'],
  ])('%j', (before, after) => {
    expect(replaceReferences(before, idOf)).toEqual(after);
  });

  it('are each named once, and found without a trace on what is no own property', () => {
    expect([...referencesIn({ a: 'bulkId:a', b: ['bulkId:b', { c: 'bulkId:a' }] })]).toEqual(['a', 'b']);
    const hostile: unknown = JSON.parse('{"__proto__": {"polluted": "bulkId:a"}}');
    const clean = replaceReferences(hostile, idOf) as object;
    expect(Object.getPrototypeOf(clean)).toBe(Object.prototype);
    expect(JSON.stringify(clean)).toBe('{"__proto__":{"polluted":"<a>"}}');
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('RFC 7644 3.12: whatever comes', () => {
  const texts = fc.constantFrom('POST', 'delete', '/Users', '/Users/bulkId:a', 'bulkId:a', 'a', '/%', '__proto__', '');
  const names = fc.constantFrom('method', 'PATH', 'bulkId', 'data', 'version', 'members', '$ref', 'path', '__proto__');
  const { value } = fc.letrec<{ value: unknown; list: unknown[]; object: unknown }>((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, texts, fc.jsonValue({ maxDepth: 0 }), tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 4 }),
    object: fc.array(fc.tuple(names, tie('value')), { maxLength: 5 }).map(Object.fromEntries),
  }));

  it('is read, or refused with a reason', () => {
    const schemas = ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'];
    fc.assert(
      fc.property(fc.array(value, { maxLength: 5 }), value, fc.boolean(), (operations, failOnErrors, isUsual) => {
        const body = isUsual ? { schemas, Operations: operations } : { schemas, Operations: operations, failOnErrors };
        try {
          const read = readBulk(body, 4);
          expect(bulkOrder(read.operations).order).toHaveLength(operations.length);
        } catch (error) {
          expect(error).toBeInstanceOf(DomainError);
        }
      }),
      { numRuns: 5000, seed: 312 },
    );
    expect({}).not.toHaveProperty('method');
  });
});
