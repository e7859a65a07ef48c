import { describe, expect, it } from '@jest/globals';
import { faultRound } from '../support/fault-round.ts';

describe('a Drift that fails in a third of all calls', () => {
  // `npm run campaign:faults` goes on until ten thousand faults have struck; the seed names every one of them.
  it.each([301, 302])(
    'seed %i: nobody twice, nothing wrong, nobody removed who stays, no crash, every change decided',
    async (seed) => {
      const { faults, calls, runs, ...found } = await faultRound(seed, 16);
      expect(found).toEqual({ seed, twice: [], wrong: [], forbidden: [], crashes: [], undecided: [] });
      const struck = Object.values(faults).reduce((sum, n) => sum + n, 0);
      expect(struck).toBeGreaterThan(20);
      expect(calls).toBeGreaterThan(struck);
      expect(runs).toBeGreaterThan(3);
    },
    120_000,
  );
});
