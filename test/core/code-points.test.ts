import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareCodePoints } from '../../src/core/code-points.ts';

it('texts stand in the order of their bytes in UTF-8', () => {
  const texts = ['', 'a', 'z', 'zz', 'é', 'Ａ', '\ufffd', '😀', '😀a', '😁'];
  const text = fc.oneof(fc.constantFrom(...texts), fc.string({ unit: 'binary', maxLength: 4 }));
  fc.assert(
    fc.property(text, text, (left, right) => {
      expect(Math.sign(compareCodePoints(left, right))).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
    }),
    { seed: 7644, numRuns: 2000 },
  );
});
