import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalText } from '../../../src/core/reconcile/canonical.ts';
import { lawful } from '../lawful.ts';

it('sorts keys at every depth, keeps the order of lists and drops what is undefined', () => {
  expect(canonicalText({ b: [{ d: 1, c: undefined }, 'x'], a: null, z: undefined })).toBe(
    '{"a":null,"b":[{"d":1},"x"]}',
  );
  expect(canonicalText([undefined, 1])).toBe('[null,1]');
});

it.each([Number.NaN, Infinity, 1n, () => 1, Symbol('x'), new Map(), new Date(0)])(
  'refuses what JSON cannot say: %p',
  (value) => {
    expect(() => canonicalText(value)).toThrow(TypeError);
    expect(() => canonicalText({ deep: [{ value }] })).toThrow(TypeError);
  },
);

lawful('says the same as JSON, whatever the order of keys', () =>
  fc.property(fc.jsonValue(), (value) => {
    const text = canonicalText(value);
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    expect(canonicalText(reversed(value))).toBe(text);
  }),
);

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}
