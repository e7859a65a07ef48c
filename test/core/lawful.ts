import { it } from '@jest/globals';
import fc, { type IProperty } from 'fast-check';

/** Fixed unless FC_SEED says otherwise: a run is repeatable, and a campaign may choose its own. */
const SEED = Number(process.env['FC_SEED'] ?? 20260302);
const RUNS = Number(process.env['FC_RUNS'] ?? 300);

/** A law over generated worlds; the seed is in the name of the test and in the message of a failure. */
export function lawful<T>(law: string, property: () => IProperty<T>): void {
  it(`${law} (seed ${String(SEED)})`, () => {
    fc.assert(property(), { seed: SEED, numRuns: RUNS });
  });
}
