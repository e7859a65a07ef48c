import { timingSafeEqual } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createVerificationTokens } from '../../src/auth/verification-tokens.ts';

const OLD = 'old-verification-token';
const NEW = 'new-verification-token';

/** Tokens, and every comparison that is made: of what length, and whether it was right. */
function watched(...tokens: readonly string[]) {
  const compared: { readonly lengths: readonly [number, number]; readonly isSame: boolean }[] = [];
  const made = createVerificationTokens(tokens, (left, right) => {
    const isSame = timingSafeEqual(left, right);
    compared.push({ lengths: [left.byteLength, right.byteLength], isSame });
    return isSame;
  });
  return { made, compared };
}

describe('verification tokens', () => {
  it.each([
    [OLD, true],
    [NEW, true],
    ['', false],
    [OLD.slice(0, -1), false],
    [`${OLD}x`, false],
    [`${OLD}, ${OLD}`, false],
    ['x'.repeat(8192), false],
  ])('%j is one of two: %j; both are compared, as hashes of one length', (text, isOne) => {
    const { made, compared } = watched(OLD, NEW);
    expect(made.isOne(text)).toBe(isOne);
    expect(compared.map(({ lengths }) => lengths)).toEqual([
      [32, 32],
      [32, 32],
    ]);
    expect(compared.filter(({ isSame }) => isSame)).toHaveLength(isOne ? 1 : 0);
  });

  it.each([
    [OLD, OLD, true],
    [NEW, NEW, true],
    [OLD, NEW, false],
    [NEW, OLD, false],
    ['guess', 'guess', false],
    [OLD, 'guess', false],
    ['guess', OLD, false],
  ])('of %j and %j both are the same one: %j; nothing is left out, whatever is wrong', (first, second, areOne) => {
    const { made, compared } = watched(OLD, NEW);
    expect(made.areOne(first, second)).toBe(areOne);
    expect(compared).toHaveLength(3);
  });

  it('are none where none is given', () => {
    const { made } = watched();
    expect(made.count).toBe(0);
    expect([made.isOne(''), made.areOne('', '')]).toEqual([false, false]);
  });
});
